"""The open message database of the home: opened for the first entry, closed after the last, deleted with the last."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
import logging
from pathlib import Path

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..delivery.database import DatabaseError, MessageDatabase
from ..delivery.record import MessageRecord
from ..issues import Issue, async_database_damaged, async_database_unwritable, async_delete

_LOGGER = logging.getLogger(__name__)

FILE = "texting.db"


@dataclass(slots=True)
class _OpenDatabase:
    # The one database of the home.
    database: MessageDatabase
    # The damaged file that the user was told of.
    damaged: Path | None = None
    # Entry ids that use it.
    users: set[str] = field(default_factory=set)
    # It is opened or closed, never both at once.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_OPEN: HassKey[_OpenDatabase] = HassKey(f"{DOMAIN}_database")


async def async_open(hass: HomeAssistant, entry_id: str) -> MessageDatabase:
    """Return the database, for an entry to use until it releases it."""
    if _OPEN not in hass.data:

        @callback
        def changed() -> None:
            if database.failing:
                async_database_unwritable(hass)
            else:
                async_delete(hass, Issue.DATABASE_UNWRITABLE)
                _async_remove_soon(hass)  # what could not be removed from the file
            if database.damaged and database.damaged != opened.damaged:
                opened.damaged = database.damaged
                async_database_damaged(hass, database.damaged.name, database.recovered)

        database = MessageDatabase(Path(hass.config.path(FILE)), changed)
        hass.data[_OPEN] = opened = _OpenDatabase(database)

        async def close(_event: Event) -> None:
            await database.close()
            await _async_erase(hass, opened)

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, close)
    opened = hass.data[_OPEN]
    async with opened.lock:
        if not opened.users:
            await opened.database.open()
            _async_remove_soon(hass)
        opened.users.add(entry_id)
    return opened.database


@callback
def open_database(hass: HomeAssistant) -> MessageDatabase | None:
    """Return the database if an entry was loaded in this run."""
    opened = hass.data.get(_OPEN)
    return opened.database if opened else None


async def async_find_message(
    hass: HomeAssistant, *, reference: str | None, message_id: str | None, entry_id: str | None
) -> MessageRecord | None:
    """Return a message by our id or the provider's. None if there is none, or if no account is loaded."""
    if database := open_database(hass):
        with suppress(DatabaseError):
            return await database.find(reference=reference, message_id=message_id, entry_id=entry_id)
    return None


async def async_find_whole_message(hass: HomeAssistant, reference: str) -> MessageRecord | None:
    """Return a message by our id. If it is an attempt for a route's message, return that one."""
    find = partial(async_find_message, hass, message_id=None, entry_id=None)
    record = await find(reference=reference)
    return await find(reference=record.parent) if record and record.parent else record


@callback
def _async_remove_soon(hass: HomeAssistant) -> None:
    hass.async_create_background_task(async_remove_leftovers(hass), "texting removed entries")


async def async_remove_leftovers(hass: HomeAssistant) -> None:
    """Delete what is left of entries that do not exist any more, such as after a crash."""
    existing = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)}
    with suppress(DatabaseError):
        await hass.data[_OPEN].database.remove_others(existing)


async def async_remove_messages(hass: HomeAssistant, entry_id: str) -> None:
    """Delete all that the database holds of a removed entry, and let it use the database no more.

    The domain's last entry takes the whole database with it.
    """
    opened = hass.data[_OPEN]
    if hass.config_entries.async_entries(DOMAIN):
        with suppress(DatabaseError):  # the next start deletes the rest
            await opened.database.remove(entry_id)
    await async_release(hass, entry_id)
    if opened.users:  # an entry that was added meanwhile
        await async_remove_leftovers(hass)


async def async_pause_checkpoints(hass: HomeAssistant) -> None:
    """Leave the main file as it is while a backup copies it."""
    if opened := hass.data.get(_OPEN):
        await opened.database.pause_checkpoints()


async def async_resume_checkpoints(hass: HomeAssistant) -> None:
    """Change the main file again. Delete it if the last entry was removed meanwhile."""
    if opened := hass.data.get(_OPEN):
        await opened.database.resume_checkpoints()
        async with opened.lock:
            if not opened.users:
                await _async_erase(hass, opened)


async def async_release(hass: HomeAssistant, entry_id: str) -> None:
    """Let an entry use the database no more. The last one closes it, and deletes it if there is no entry any more."""
    opened = hass.data[_OPEN]
    opened.users.discard(entry_id)
    async with opened.lock:
        if not opened.users:
            await opened.database.close()
            if not opened.database.is_paused:  # a backup that misses a file fails
                await _async_erase(hass, opened)


async def _async_erase(hass: HomeAssistant, opened: _OpenDatabase) -> None:
    """Delete the closed database if the domain has no entry any more, also no disabled one."""
    if hass.config_entries.async_entries(DOMAIN):
        return
    try:
        await opened.database.erase()
    except OSError as err:
        _LOGGER.warning("%s cannot be deleted: %s", FILE, type(err).__name__)
    async_delete(hass, Issue.DATABASE_DAMAGED)
