"""What triggers and conditions share: how they hear of signals, and the options that they take."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, CoreState, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.template import is_template_string
from homeassistant.util.signal_type import SignalType

from .const import CONF_PROVIDER, ROUTE
from .entries import alert_entries, messenger_entry
from .people import is_person, recipient_entity, recipients_named, selected_entities
from .signals import ALERT_TOLD, COMMAND, MESSAGE_RECEIVED, MESSAGES_UPDATED
from .targets import named_alerts

# Automations begin to listen when Home Assistant has started. Signals from before are passed on after these seconds.
AUTOMATIONS_DELAY = 5.0
# How the entity ids of groups begin.
_GROUPS = "group."


@callback
def async_setup_automations(hass: HomeAssistant) -> None:
    """Pass signals on to automations from now on, as long as Home Assistant runs."""
    _relay(hass, MESSAGES_UPDATED)
    _relay(hass, MESSAGE_RECEIVED)
    _relay(hass, COMMAND)
    _relay(hass, ALERT_TOLD)


@callback
def async_listen[*Ts](hass: HomeAssistant, signal: SignalType[*Ts], target: Callable[[*Ts], None]) -> CALLBACK_TYPE:
    """Call a target for each signal once Home Assistant has started, and for those from before."""
    return async_dispatcher_connect(hass, _relayed(signal), target)


def _relayed[*Ts](signal: SignalType[*Ts]) -> SignalType[*Ts]:
    return SignalType(f"{signal}_relayed")


def _relay[*Ts](hass: HomeAssistant, signal: SignalType[*Ts]) -> None:
    @callback
    def relay(*data: *Ts) -> None:
        if hass.state is CoreState.running:
            async_dispatcher_send(hass, _relayed(signal), *data)
            return

        @callback
        def send(_now: datetime) -> None:
            async_dispatcher_send(hass, _relayed(signal), *data)

        @callback
        def started(_hass: HomeAssistant) -> None:
            async_call_later(hass, AUTOMATIONS_DELAY, HassJob(send, cancel_on_shutdown=True))

        async_at_started(hass, started)

    async_dispatcher_connect(hass, signal, relay)


def text_option(value: Any) -> str:
    """Validate an option that is a text. YAML's bare yes and no are none, and templates cannot be used."""
    if isinstance(value, bool):
        raise vol.Invalid("put it in quotes, as yes, no, on and off mean true and false without them")
    text: str = cv.string(value)
    if is_template_string(text):
        raise vol.Invalid("templates cannot be used here")
    return text


def entry_option(hass: HomeAssistant, entry_id: str) -> ConfigEntry:
    """Return the account or the route of an option; raise vol.Invalid if there is none."""
    entry = messenger_entry(hass, entry_id)
    if entry is None:
        raise invalid_option("account", "there is no such account")
    return entry


def is_route(entry: ConfigEntry) -> bool:
    """Return True for a route. It receives no texts and has no credit."""
    return bool(entry.data[CONF_PROVIDER] == ROUTE)


def check_target(hass: HomeAssistant, target: Mapping[str, Any]) -> None:
    """Raise vol.Invalid if a target names nobody, or an entity that is neither a recipient nor a person.

    Devices, areas, floors and labels may be made later, and a group's members may change.
    """
    if target and not TargetSelection(dict(target)).has_any_target:
        raise vol.Invalid("nobody is chosen", path=[CONF_TARGET])
    registry = er.async_get(hass)
    for entity_id in target.get(ATTR_ENTITY_ID, ()):
        is_known_person = is_person(entity_id) and registry.async_get(entity_id)
        if not (is_known_person or recipient_entity(registry, entity_id) or entity_id.startswith(_GROUPS)):
            reason = f"{entity_id} is neither the notify entity of a recipient nor a person"
            raise vol.Invalid(reason, path=[CONF_TARGET, ATTR_ENTITY_ID])


def is_in_target(hass: HomeAssistant, target: Mapping[str, Any], number: str, recipient_id: str | None) -> bool:
    """Return True if a recipient whom a target names now has this id or this number."""
    selected = selected_entities(hass, target)
    named = recipients_named(hass, selected.referenced | selected.indirectly_referenced)
    return any(recipient.id == recipient_id or number in recipient.numbers for _, recipient in named)


def check_alert_target(hass: HomeAssistant, target: Mapping[str, Any]) -> None:
    """Raise vol.Invalid if a target names nothing, or an entity that belongs to no alert.

    Devices, areas, floors and labels may be made later, and a group's members may change.
    """
    if target and not TargetSelection(dict(target)).has_any_target:
        raise vol.Invalid("no alert is chosen", path=[CONF_TARGET])
    for entity_id in target.get(ATTR_ENTITY_ID, ()):
        known = named_alerts(hass, {ATTR_ENTITY_ID: [entity_id]})
        if not entity_id.startswith(_GROUPS) and not any(each.entry for each in known):
            raise vol.Invalid(f"{entity_id} belongs to no alert", path=[CONF_TARGET, ATTR_ENTITY_ID])


def alerts_in_target(hass: HomeAssistant, target: Mapping[str, Any]) -> list[ConfigEntry]:
    """Return the entries of the alerts that a target names now. Without a target, of all alerts."""
    if not target:
        return alert_entries(hass)
    return [each.entry for each in named_alerts(hass, target) if each.entry]


def invalid_option(option: str, reason: str) -> vol.Invalid:
    """Return the error of an option."""
    return vol.Invalid(reason, path=[CONF_OPTIONS, option])
