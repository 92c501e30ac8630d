"""The forms of accounts and recipients, made from what a provider declares."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .const import CONF_ADVANCED, CONF_NUMBERS, CONF_SENDER, CONF_TYPE
from .gateway.capabilities import Capability, MessageType
from .gateway.provider import AccountField, ProviderInfo

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password"))


def account_schema(info: ProviderInfo, known: Mapping[str, Any] | None = None) -> vol.Schema:
    """The account form; with what is known, secrets may be left empty to keep them."""
    plain, advanced = (
        {
            _marker(field, known): _selector(field)
            for field in info.fields
            if field.advanced is wanted and not field.step
        }
        for wanted in (False, True)
    )
    return vol.Schema({**plain, vol.Required(CONF_ADVANCED): section(vol.Schema(advanced), {"collapsed": True})})


def secrets_schema(info: ProviderInfo) -> vol.Schema:
    """The form that asks for the secrets anew."""
    return vol.Schema({vol.Required(field.name): _SECRET for field in info.fields if field.secret})


def flatten(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """A form's values without its section, empty ones left out."""
    values = {**user_input, **user_input.get(CONF_ADVANCED, {})}
    values.pop(CONF_ADVANCED, None)
    return {
        name: value.strip() if isinstance(value, str) else value
        for name, value in values.items()
        if not isinstance(value, str) or value.strip()
    }


def nest(info: ProviderInfo, values: Mapping[str, Any]) -> dict[str, Any]:
    """An account's values as the form holds them, without its secrets."""
    fields = [field for field in info.fields if not field.secret and field.name in values]
    return {
        **{field.name: values[field.name] for field in fields if not field.advanced},
        CONF_ADVANCED: {field.name: values[field.name] for field in fields if field.advanced},
    }


def url_error(values: dict[str, Any]) -> str | None:
    """What is wrong with the addresses, which lose their last slash: credentials travel by https, or not at all."""
    for name in ("url", "backup_url"):
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


def recipient_schema(info: ProviderInfo) -> vol.Schema:
    """The recipient form."""
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_NUMBERS): TextSelector(TextSelectorConfig(type=TextSelectorType.TEL, multiple=True)),
    }
    # An MMS needs a picture of its own each time.
    types = tuple(kind for kind in info.message_types if kind is not MessageType.MMS)
    if len(types) > 1:
        fields[vol.Optional(CONF_TYPE, default=MessageType.SMS.value)] = select(types, CONF_TYPE)
    if Capability.SENDER in info.capabilities:
        fields[vol.Optional(CONF_SENDER)] = TextSelector()
    return vol.Schema(fields)


def select(values: tuple[str, ...], translation_key: str) -> SelectSelector:
    """A choice among values with translated names."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(value) for value in values],
            translation_key=translation_key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def suggest(values: Mapping[str, str]) -> SelectSelector:
    """A choice among {value: label} that takes other values too."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=label) for value, label in values.items()],
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _marker(field: AccountField, known: Mapping[str, Any] | None) -> vol.Marker:
    if field.default is not None:
        return vol.Required(field.name, default=field.default)
    if not field.required or (field.secret and known):
        return vol.Optional(field.name)
    return vol.Required(field.name)


def _selector(field: AccountField) -> Any:
    if field.secret:
        return _SECRET
    if field.choices:
        return select(field.choices, field.name)
    if field.name.endswith("url"):
        return TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    return TextSelector()
