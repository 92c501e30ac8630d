"""The forms of accounts, recipients and settings, made from what a provider declares."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    ConversationAgentSelector,
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
    TimeSelector,
)
from homeassistant.util.network import is_ip_address

from ..const import (
    CONF_ACCOUNTS,
    CONF_ADVANCED,
    CONF_CONFIRM_WITHIN,
    CONF_GROUP,
    CONF_MAY_COMMAND,
    CONF_NUMBERS,
    CONF_PIN,
    CONF_QUIET_FROM,
    CONF_QUIET_TO,
    CONF_SENDER,
    CONF_TYPE,
    DEFAULT_BALANCE_INTERVAL,
    DEFAULT_DAILY_LIMIT,
    DEFAULT_IF_UNSURE,
    DEFAULT_INCOMING_INTERVAL,
    DEFAULT_KEEP_DAYS,
    DEFAULT_LOW_CREDIT,
    DEFAULT_REPLY_WITHIN,
    IF_UNSURE,
    LONGEST_REPLY_WITHIN,
    OPTION_ADD_STOP_MENTION,
    OPTION_AGENT,
    OPTION_BALANCE_INTERVAL,
    OPTION_DAILY_LIMIT,
    OPTION_IF_UNSURE,
    OPTION_INCOMING_INTERVAL,
    OPTION_KEEP_DAYS,
    OPTION_LOG_TEXTS,
    OPTION_LOW_CREDIT,
    OPTION_REPLACE_CHARACTERS,
    OPTION_REPLY_WITHIN,
)
from ..gateway.capabilities import Capability, MessageType
from ..gateway.provider import AccountField, ProviderInfo

# The fields of an account that hold addresses of its gateway.
ADDRESSES = ("url", "backup_url")
_MANY = 1_000_000_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# The selector lets NaN through, the range does not.
_AMOUNT = vol.All(
    NumberSelector(NumberSelectorConfig(min=0, max=_MANY, step="any", mode=NumberSelectorMode.BOX)), vol.Range(min=0)
)
_PIN = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
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


def other_host(info: ProviderInfo, values: Mapping[str, Any]) -> str | None:
    """The site's name where an account is at none of its provider's, without www. and app.; an IP address is none."""
    host = urlsplit(values["url"]).hostname or ""
    short = host.removeprefix("www.").removeprefix("app.")
    short = short if "." in short else host
    if is_ip_address(host) or not {host, short}.isdisjoint(_own_hosts(info)):
        return None
    return short


def sender_error(info: ProviderInfo) -> str:
    """What a form says of a sender that the provider does not take."""
    return "invalid_sender_or_number" if info.number_senders else "invalid_sender"


def _own_hosts(info: ProviderInfo) -> set[str]:
    """The hosts of the provider's gateways, and the domains they are in."""
    fields = [field.default for field in info.fields if field.name in ADDRESSES and field.default]
    hosts = {urlsplit(address).hostname or "" for address in fields}
    return hosts | {host.partition(".")[2] for host in hosts if host.count(".") > 1}


def route_schema(choices: Mapping[str, str]) -> vol.Schema:
    """The route form, with a choice among {entry id: title}."""
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_ACCOUNTS, default=[]): SelectSelector(
                SelectSelectorConfig(options=_options(choices), multiple=True, mode=SelectSelectorMode.DROPDOWN)
            ),
            vol.Required(CONF_CONFIRM_WITHIN, default=0): _whole(0, 1440, UnitOfTime.MINUTES),
        }
    )


def recipient_schema(info: ProviderInfo | None, groups: Mapping[str, str] | None = None) -> vol.Schema:
    """The recipient form, with a choice among {group id: label} where there are any; a route has no provider."""
    numbers = TextSelector(TextSelectorConfig(type=TextSelectorType.TEL, multiple=True))
    fields: dict[vol.Marker, Any] = {vol.Required(CONF_NAME): TextSelector()}
    if groups is None:
        fields[vol.Required(CONF_NUMBERS)] = numbers
    else:
        fields[vol.Optional(CONF_NUMBERS)] = numbers
        fields[vol.Optional(CONF_GROUP)] = suggest(groups)
    # An MMS needs a picture of its own each time.
    types = tuple(kind for kind in (info.message_types if info else ()) if kind is not MessageType.MMS)
    if len(types) > 1:
        fields[vol.Optional(CONF_TYPE, default=MessageType.SMS.value)] = select(types, CONF_TYPE)
    if info and Capability.SENDER in info.capabilities:
        fields[vol.Optional(CONF_SENDER)] = TextSelector()
    fields[vol.Optional(CONF_QUIET_FROM)] = TimeSelector()
    fields[vol.Optional(CONF_QUIET_TO)] = TimeSelector()
    if info and info.receives:
        fields[vol.Optional(CONF_MAY_COMMAND, default=False)] = BooleanSelector()
        fields[vol.Optional(CONF_PIN)] = _PIN
    return vol.Schema(fields)


def settings_schema(info: ProviderInfo | None) -> vol.Schema:
    """The form of an account's settings, as far as the provider has use for them, or of a route's."""
    keep_days: dict[vol.Marker, Any] = {
        vol.Required(OPTION_KEEP_DAYS, default=DEFAULT_KEEP_DAYS): _whole(1, 365, UnitOfTime.DAYS),
        vol.Required(OPTION_LOG_TEXTS, default=False): BooleanSelector(),
    }
    if info is None:
        return vol.Schema(keep_days)
    fields: dict[vol.Marker, Any] = {
        vol.Required(OPTION_BALANCE_INTERVAL, default=DEFAULT_BALANCE_INTERVAL): _whole(1, 1440, UnitOfTime.MINUTES)
    }
    if Capability.INCOMING_POLL in info.capabilities:
        fields[vol.Required(OPTION_INCOMING_INTERVAL, default=DEFAULT_INCOMING_INTERVAL)] = _whole(
            5, 3600, UnitOfTime.SECONDS
        )
    fields |= {
        vol.Required(OPTION_LOW_CREDIT, default=DEFAULT_LOW_CREDIT): _AMOUNT,
        vol.Required(OPTION_DAILY_LIMIT, default=DEFAULT_DAILY_LIMIT): _whole(0, _MANY),
        vol.Required(OPTION_IF_UNSURE, default=DEFAULT_IF_UNSURE): select(IF_UNSURE, OPTION_IF_UNSURE),
        **keep_days,
    }
    if Capability.REPLACE_CHARACTERS in info.capabilities:
        fields[vol.Required(OPTION_REPLACE_CHARACTERS, default=False)] = BooleanSelector()
    if Capability.WEBHOOK_REPLY in info.capabilities:
        fields[vol.Required(OPTION_REPLY_WITHIN, default=DEFAULT_REPLY_WITHIN)] = _whole(
            0, LONGEST_REPLY_WITHIN, UnitOfTime.SECONDS
        )
    if info.receives:
        fields[vol.Optional(OPTION_AGENT)] = ConversationAgentSelector()
    if Capability.COMMERCIAL in info.capabilities:
        fields[vol.Required(OPTION_ADD_STOP_MENTION, default=False)] = BooleanSelector()
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
            options=_options(values),
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _options(values: Mapping[str, str]) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=value, label=label) for value, label in values.items()]


def _marker(field: AccountField, known: Mapping[str, Any] | None) -> vol.Marker:
    if field.default is not None:
        return vol.Required(field.name, default=field.default)
    if not field.required or (field.secret and known):
        return vol.Optional(field.name)
    return vol.Required(field.name)


def _whole(least: int, most: int, unit: str | None = None) -> Any:
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return vol.All(NumberSelector(config), vol.Coerce(int))


def _selector(field: AccountField) -> Any:
    if field.secret:
        return _SECRET
    if field.choices:
        return select(field.choices, field.name)
    if field.name.endswith("url"):
        return TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    return TextSelector()
