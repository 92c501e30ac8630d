"""Find a text that came in lately, by its id: to reply to it, and to know what it causes."""

from contextlib import suppress
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback

from ..delivery.database import DatabaseError
from ..delivery.incoming import IncomingRecord
from ..entries import messenger_entries
from ..inbound.inbox import MAX_AGE
from .entry_state import async_get_state
from .open_database import open_database


async def async_find_received(hass: HomeAssistant, incoming_id: str) -> tuple[ConfigEntry, IncomingRecord] | None:
    """Return a text that came in lately, also in an earlier run, and its account's entry, loaded or not."""
    if found := _find_recent(hass, incoming_id):
        return found
    if (opened := open_database(hass)) is None:
        return None
    with suppress(DatabaseError):
        record = await opened.find_incoming(incoming_id)
        entry = hass.config_entries.async_get_entry(record.entry_id) if record else None
        if record and entry and time.time() - record.received_at < MAX_AGE:
            return entry, record
    return None


@callback
def _find_recent(hass: HomeAssistant, incoming_id: str) -> tuple[ConfigEntry, IncomingRecord] | None:
    for entry in messenger_entries(hass):
        state = async_get_state(hass, entry.entry_id)
        if state and (received := state.inbox.find(incoming_id)):
            return entry, received.record
    return None


@callback
def async_cause(hass: HomeAssistant, context: Context | None) -> str | None:
    """Return the number whose text caused what has this context. The context of a text that came in has its id."""
    for incoming_id in (context.id, context.parent_id) if context else ():
        if incoming_id and (found := _find_recent(hass, incoming_id)):
            return found[1].message.sender
    return None
