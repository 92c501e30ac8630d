"""The forms of accounts, senders, routes and options, built from what a provider declares."""

from collections.abc import Mapping, Sequence
import re
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util.network import is_ip_address

from ..const import (
    CONF_ACCOUNTS,
    CONF_ADVANCED,
    CONF_CONFIRM_WITHIN,
)
from ..gateway.errors import MessageRejected
from ..gateway.message import Sender, Template
from ..gateway.phone_number import to_e164
from ..gateway.provider import AccountField, ProviderInfo
from ..text.single_line import single_line

# The step that asks for an account's sender, after its credentials were checked.
SENDER_STEP = "sender"
# The fields of an account that hold addresses of its provider.
ADDRESSES = ("url", "backup_url")
_SHORT_CODE = re.compile(r"[0-9]{3,8}", re.ASCII)
# The fewest digits of a number that is no short code.
_MIN_NUMBER = 7
# The most characters of a template's name, and of its words, in a list.
_MAX_LABEL = 60
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password"))


def account_schema(info: ProviderInfo, known: Mapping[str, Any] | None = None, *, opened: bool = False) -> vol.Schema:
    """Return the form of an account. If its values are known, a secret that is left empty stays as it is.

    opened tells whether the section is open.
    """
    plain, advanced = (
        {
            _marker(field, known): _selector(field)
            for field in info.fields
            if field.advanced is is_advanced and not field.step
        }
        for is_advanced in (False, True)
    )
    return vol.Schema({**plain, vol.Required(CONF_ADVANCED): section(vol.Schema(advanced), {"collapsed": not opened})})


def suggestions(info: ProviderInfo) -> dict[str, Any]:
    """Return what the form of a new account suggests, in its shape. Unlike a default, it can be emptied."""
    suggested = {field.name: field.suggested for field in info.fields if field.suggested is not None}
    return nest(info, suggested) if suggested else {}


def secrets_schema(info: ProviderInfo) -> vol.Schema:
    """Return the form that asks for the secrets again."""
    return vol.Schema({vol.Required(field.name): _SECRET for field in info.fields if field.secret})


def flatten(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values without its sections, stripped, and without empty ones."""
    values: dict[str, Any] = {}
    for name, value in user_input.items():
        values |= value if isinstance(value, Mapping) else {name: value}
    return {
        name: value.strip() if isinstance(value, str) else value
        for name, value in values.items()
        if not isinstance(value, str) or value.strip()
    }


def nest(info: ProviderInfo, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's values in the shape of its form, without its secrets."""
    fields = [field for field in info.fields if not field.secret and field.name in values]
    return {
        **{field.name: values[field.name] for field in fields if not field.advanced},
        CONF_ADVANCED: {field.name: values[field.name] for field in fields if field.advanced},
    }


def url_error(values: dict[str, Any]) -> str | None:
    """Strip slashes from the ends of the addresses, and return an error if one is not https or not an address."""
    for name in ADDRESSES:
        if name not in values:
            continue
        values[name] = values[name].rstrip("/")
        try:
            parts = urlsplit(values[name])
            host = parts.hostname
        except ValueError:
            return "invalid_url"
        secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
        if not host or not secure or parts.username is not None or parts.query or parts.fragment:
            return "invalid_url"
    return None


def numbers_error(info: ProviderInfo, values: dict[str, Any], region: str | None) -> dict[str, str]:
    """Write the phone numbers of fields in E.164, and return the errors of fields with anything else.

    region is the country of national numbers. A short code of up to eight digits stays as it is. In some countries a
    whole number has only seven or eight digits. If such digits can be a number of the region, they count as one.
    """
    errors = {}
    for field in info.fields:
        if field.numbers and field.name in values:
            parts = filter(None, map(str.strip, values[field.name].split(",")))
            try:
                values[field.name] = ", ".join(_number_or_short_code(part, region) for part in parts)
            except MessageRejected:
                errors[field.name] = "invalid_own_number"
    return errors


def _number_or_short_code(text: str, region: str | None) -> str:
    try:
        return text if len(text) < _MIN_NUMBER and _SHORT_CODE.fullmatch(text) else to_e164(text, region)
    except MessageRejected:
        if _SHORT_CODE.fullmatch(text):
            return text
        raise


def other_host(info: ProviderInfo, values: Mapping[str, Any]) -> str | None:
    """Return the short name of a site that is not the provider's own, or None. An IP address has no name."""
    host = urlsplit(values["url"]).hostname or ""
    short = host.removeprefix("www.").removeprefix("app.")
    short = short if "." in short else host
    if is_ip_address(host) or not {host, short}.isdisjoint(_own_hosts(info)):
        return None
    return short


def sender_error(info: ProviderInfo) -> str:
    """Return the error of a sender that the provider does not take."""
    return "invalid_sender_or_number" if info.number_senders else "invalid_sender"


def _own_hosts(info: ProviderInfo) -> set[str]:
    """Return the provider's own hosts, and their domains."""
    fields = [field.default or field.suggested for field in info.fields if field.name in ADDRESSES]
    hosts = {urlsplit(address).hostname or "" for address in fields if address}
    return hosts | {host.partition(".")[2] for host in hosts if host.count(".") > 1}


def sender_schema(
    info: ProviderInfo, senders: Sequence[Sender], templates: Sequence[Template], texts: Mapping[str, str]
) -> vol.Schema:
    """Return the form of the sender and the template. texts mark those that are not approved yet."""
    choices = {
        "sender_id": {
            each.sender_id: _label(each.sender_id, each.type, "" if each.approved else texts["pending"])
            for each in senders
        },
        "template_id": template_labels(templates, texts),
    }
    return vol.Schema(
        {
            vol.Required(field.name, default=field.default or vol.UNDEFINED): suggest(choices[field.name])
            if field.name in choices
            else select(field.choices, field.name)
            for field in info.fields
            if field.step == SENDER_STEP
        }
    )


def template_labels(templates: Sequence[Template], texts: Mapping[str, str]) -> dict[str, str]:
    """Return the names of templates by their ids. texts mark those that are not approved."""
    return {
        each.template_id: _label(_quoted(each), each.type, "" if each.approved else texts["not_approved"])
        for each in templates
    }


def _label(name: str, *details: str) -> str:
    in_brackets = ", ".join(filter(None, details))
    return f"{name} ({in_brackets})" if in_brackets else name


def _quoted(template: Template) -> str:
    """Return the name of a template and the beginning of its words. Both are the provider's."""
    name, words = single_line(template.name, _MAX_LABEL), single_line(template.message, _MAX_LABEL)
    return ": ".join(filter(None, (name, f"“{words}”" if words else "")))


def route_schema(choices: Mapping[str, str]) -> vol.Schema:
    """Return the form of a route. choices are {entry id: title}."""
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_ACCOUNTS, default=[]): SelectSelector(
                SelectSelectorConfig(options=as_options(choices), multiple=True, mode=SelectSelectorMode.DROPDOWN)
            ),
            vol.Required(CONF_CONFIRM_WITHIN, default=0): whole(0, 1440, UnitOfTime.MINUTES),
        }
    )


def select(values: tuple[str, ...], translation_key: str) -> SelectSelector:
    """Return a choice among values with translated names."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(value) for value in values],
            translation_key=translation_key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def suggest(values: Mapping[str, str]) -> SelectSelector:
    """Return a choice among {value: label} that takes other values too."""
    return SelectSelector(
        SelectSelectorConfig(
            options=as_options(values),
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def as_options(values: Mapping[str, str]) -> list[SelectOptionDict]:
    """Return {value: label} as the options of a choice."""
    return [SelectOptionDict(value=value, label=label) for value, label in values.items()]


def _marker(field: AccountField, known: Mapping[str, Any] | None) -> vol.Marker:
    if field.default is not None:
        return vol.Required(field.name, default=field.default)
    if not field.required or (field.secret and known):
        return vol.Optional(field.name)
    return vol.Required(field.name)


def whole(minimum: int, maximum: int, unit: str | None = None) -> Any:
    """Return a whole number."""
    config = NumberSelectorConfig(min=minimum, max=maximum, step=1, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return vol.All(NumberSelector(config), vol.Coerce(int))


def _selector(field: AccountField) -> Any:
    if field.secret:
        return _SECRET
    if field.switch:
        return BooleanSelector()
    if field.choices:
        return select(field.choices, field.name)
    if field.name.endswith("url"):
        return TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    return TextSelector()
