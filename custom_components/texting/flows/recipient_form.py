"""The form of a recipient: few fields that everybody needs, and the others in closed sections."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)

from ..const import (
    CONF_ADVANCED,
    CONF_ALLOW_COMMANDS,
    CONF_GROUP,
    CONF_NUMBER,
    CONF_NUMBERS,
    CONF_OPTED_OUT,
    CONF_ORIGINAL,
    CONF_PERSON,
    CONF_PIN,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_REMOVE_PIN,
    CONF_SENDER,
    CONF_TYPE,
    CONF_URGENT_AFTER_STOP,
    PERSON,
)
from ..gateway.capabilities import Capability, MessageType
from ..gateway.provider import ProviderInfo
from .forms import as_options, select, suggest

# The sections with their fields. All other fields are visible at once.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "more_numbers": (CONF_NUMBERS,),
    "quiet_hours": (CONF_QUIET_START, CONF_QUIET_END),
    "commands": (CONF_ALLOW_COMMANDS, CONF_PIN, CONF_REMOVE_PIN),
    CONF_ADVANCED: (CONF_TYPE, CONF_SENDER, CONF_URGENT_AFTER_STOP),
}
_SECTION_OF = {field: name for name, fields in SECTIONS.items() for field in fields}
# What a field has if nobody entered anything.
_NOTHING: tuple[object, ...] = (None, "", [], [""], False, MessageType.SMS.value)
_NUMBER = TextSelectorConfig(type=TextSelectorType.TEL)
_PIN = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


def recipient_schema(  # noqa: PLR0913  each is one fact about the form
    info: ProviderInfo | None,
    groups: Mapping[str, str] | None,
    originals: Mapping[str, str],
    *,
    opened: Collection[str] = (),
    has_pin: bool = False,
    opted_out: bool = False,
) -> vol.Schema:
    """Return the form of a recipient. A route has no info.

    groups are {group id: label}, None if there are none. originals are {recipient id: label}: those that it may be.
    opened are the sections that are open. The form can remove a PIN and an opt-out that exist.
    """
    fields: dict[vol.Marker, Any] = {}
    if originals:
        fields[vol.Optional(CONF_ORIGINAL)] = SelectSelector(
            SelectSelectorConfig(options=as_options(originals), mode=SelectSelectorMode.DROPDOWN)
        )
    fields[vol.Optional(CONF_NAME)] = TextSelector()
    number = vol.Required if groups is None and not originals else vol.Optional
    fields[number(CONF_NUMBER)] = TextSelector(_NUMBER)
    if groups is not None:
        fields[vol.Optional(CONF_GROUP)] = suggest(groups)
    fields[vol.Optional(CONF_PERSON)] = EntitySelector(EntitySelectorConfig(domain=PERSON))
    if opted_out:
        fields[vol.Required(CONF_OPTED_OUT, default=True)] = BooleanSelector()
    fields[vol.Optional(CONF_NUMBERS)] = TextSelector({**_NUMBER, "multiple": True})
    fields[vol.Optional(CONF_QUIET_START)] = TimeSelector()
    fields[vol.Optional(CONF_QUIET_END)] = TimeSelector()
    return _in_sections(fields | _commands(info, has_pin=has_pin) | _advanced(info), opened)


def _commands(info: ProviderInfo | None, *, has_pin: bool) -> dict[vol.Marker, Any]:
    fields: dict[vol.Marker, Any] = {}
    if info and info.receives:
        fields[vol.Optional(CONF_ALLOW_COMMANDS, default=False)] = BooleanSelector()
        fields[vol.Optional(CONF_PIN)] = _PIN
    if has_pin:
        fields[vol.Required(CONF_REMOVE_PIN, default=False)] = BooleanSelector()
    return fields


def _advanced(info: ProviderInfo | None) -> dict[vol.Marker, Any]:
    fields: dict[vol.Marker, Any] = {}
    # Each MMS needs its own picture, so it cannot be what a recipient usually gets.
    types = tuple(kind for kind in (info.message_types if info else ()) if kind is not MessageType.MMS)
    if len(types) > 1:
        fields[vol.Optional(CONF_TYPE, default=MessageType.SMS.value)] = select(types, CONF_TYPE)
    if info and Capability.SENDER in info.capabilities:
        fields[vol.Optional(CONF_SENDER)] = TextSelector()
    # A provider that refuses texts after a STOP refuses urgent ones too.
    if info is None or not info.blocks_opt_outs:
        fields[vol.Optional(CONF_URGENT_AFTER_STOP, default=False)] = BooleanSelector()
    return fields


def _in_sections(fields: Mapping[vol.Marker, Any], opened: Collection[str]) -> vol.Schema:
    """Return a form with the fields of each section inside it. A section without fields is left out."""
    schema: dict[vol.Marker, Any] = {field: selector for field, selector in fields.items() if field not in _SECTION_OF}
    for name, inner in SECTIONS.items():
        if own := {field: selector for field, selector in fields.items() if field in inner}:
            schema[vol.Optional(name)] = section(vol.Schema(own), {"collapsed": name not in opened})
    return vol.Schema(schema)


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a recipient in the shape of its form: the first number by itself, the others below."""
    flat = {name: value for name, value in values.items() if name != CONF_NUMBERS}
    first, *others = values.get(CONF_NUMBERS) or [""]
    flat |= {name: value for name, value in ((CONF_NUMBER, first), (CONF_NUMBERS, others)) if value}
    nested: dict[str, Any] = {name: value for name, value in flat.items() if name not in _SECTION_OF}
    for name, inner in SECTIONS.items():
        if own := {field: flat[field] for field in inner if field in flat}:
            nested[name] = own
    return nested


def filled_sections(values: Mapping[str, Any]) -> set[str]:
    """Return the sections in which a recipient's or a form's flat values have something that somebody entered."""
    return sections_of(name for name, value in values.items() if value not in _NOTHING)


def sections_of(fields: Iterable[str]) -> set[str]:
    """Return the sections that have any of these fields."""
    return {_SECTION_OF[field] for field in fields if field in _SECTION_OF}


def as_shown(errors: Mapping[str, str]) -> dict[str, str]:
    """Return the errors of fields as a form shows them. It shows that of a field in a section only at the top."""
    return {"base" if field in _SECTION_OF else field: error for field, error in errors.items()}
