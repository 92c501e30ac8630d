"""What happens to the state and the messages of an entry that is removed."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..delivery.database import MessageDatabase
from ..delivery.record import Phase
from ..gateway.errors import MessageRejected
from .entry_state import EntryState, async_cancel_record, async_get_state, async_pop_state
from .open_database import async_open, async_remove_leftovers, async_remove_messages


async def async_remove_state(hass: HomeAssistant, entry: ConfigEntry) -> int:
    """Delete the state and the messages of a removed entry. Return how many texts were waiting; they are never sent.

    Requests under way finish first. Then nothing is left of their messages either.
    """
    database = await async_open(hass, entry.entry_id)
    state = async_pop_state(hass, entry.entry_id)
    if state is None:
        # Its file is not read, since that may fail.
        state = EntryState(hass, entry, database, None)
        await state.outbox.load()
    state.loaded = True
    outbox = state.outbox
    waiting = await outbox.abandon()
    requests = set(state.worker.requests) if state.worker else set()
    requests |= await _async_cancel_attempts(hass, database, entry.entry_id)

    async def finish() -> None:
        if requests:
            await asyncio.wait(requests)
            await outbox.abandon()
            await _async_cancel_attempts(hass, database, entry.entry_id)
        await async_remove_messages(hass, entry.entry_id)

    try:
        await state.store.async_remove()
    finally:
        if requests:
            if not hass.config_entries.async_entries(DOMAIN):
                # Texting does not run after a crash, so nothing would delete the messages then.
                await async_remove_leftovers(hass)
            hass.async_create_task(finish(), "texting removed account")
        else:
            await finish()
    return waiting


async def _async_cancel_attempts(
    hass: HomeAssistant, database: MessageDatabase, route_id: str
) -> set[asyncio.Task[None]]:
    """End what accounts still do for messages of a removed route. Return the requests that are sending some of them."""
    requests: set[asyncio.Task[None]] = set()
    for attempt in await database.pending_attempts(route_id):
        await async_cancel_record(hass, database, attempt, MessageRejected(code="account_removed"))
        state = async_get_state(hass, attempt.entry_id)
        known = state.outbox.get(attempt.reference) if state else None
        if state and state.worker and known and known.is_in_flight:
            requests |= state.worker.requests
        elif state and known:  # no report is awaited any more
            state.outbox.finish(known)
            await state.outbox.save([known], changed=())
        elif state is None and attempt.phase is not Phase.WAITING:
            attempt.phase = Phase.DONE
            await asyncio.wait([database.write([attempt])])
    return requests
