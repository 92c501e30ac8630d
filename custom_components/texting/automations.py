"""What triggers and conditions share: the options they take, and how they are told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_OPTIONS, Platform
from homeassistant.core import CoreState, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.template import is_template_string
from homeassistant.util.signal_type import SignalType

from .const import CONF_PROVIDER, DOMAIN, ROUTE
from .recipient import recipient_by_id

# When Home Assistant has started, automations begin to listen; until they do, nothing is told.
LISTENING_AFTER = 5.0


@callback
def async_tell_automations[*Ts](hass: HomeAssistant, signal: SignalType[*Ts], *news: *Ts) -> None:
    """Tell automations, once they listen."""
    if hass.state is CoreState.running:
        async_dispatcher_send(hass, signal, *news)
        return

    @callback
    def tell(_now: datetime) -> None:
        async_dispatcher_send(hass, signal, *news)

    @callback
    def started(_hass: HomeAssistant) -> None:
        async_call_later(hass, LISTENING_AFTER, HassJob(tell, cancel_on_shutdown=True))

    async_at_started(hass, started)


def words(value: Any) -> str:
    """An option that is a text; YAML's bare yes and no, and templates, are none."""
    if isinstance(value, bool):
        raise vol.Invalid("put it in quotes, as yes, no, on and off mean true and false without them")
    text: str = cv.string(value)
    if is_template_string(text):
        raise vol.Invalid("templates cannot be used here")
    return text


def account_of(hass: HomeAssistant, entry_id: str) -> ConfigEntry:
    """The account or the route of an option; raises vol.Invalid where there is none."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise wrong("account", "there is no such account")
    return entry


def is_route(entry: ConfigEntry) -> bool:
    """Whether it is a route, which neither hears nor pays."""
    return bool(entry.data[CONF_PROVIDER] == ROUTE)


def check_recipients(hass: HomeAssistant, entity_ids: Iterable[str]) -> None:
    """Raise vol.Invalid where one is not a recipient's notify entity."""
    for entity_id in entity_ids:
        entity = er.async_get(hass).async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.domain != Platform.NOTIFY:
            raise wrong("recipient", f"{entity_id} is not the notify entity of a recipient")


def is_recipient(hass: HomeAssistant, entity_ids: Iterable[str], number: str, recipient_id: str | None) -> bool:
    """Whether one of these notify entities is of the recipient with this id, or of one who has this number now."""
    for entity_id in entity_ids:
        entity = er.async_get(hass).async_get(entity_id)
        entry = hass.config_entries.async_get_entry(entity.config_entry_id or "") if entity else None
        recipient = recipient_by_id(entry, entity.config_subentry_id or "") if entity and entry else None
        if recipient and (recipient.id == recipient_id or number in recipient.numbers):
            return True
    return False


def wrong(option: str, why: str) -> vol.Invalid:
    """What is wrong with an option."""
    return vol.Invalid(why, path=[CONF_OPTIONS, option])
