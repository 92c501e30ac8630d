"""The open message database of the home: opened for the first entry, closed after the last."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..delivery.database import DatabaseError, MessageDatabase
from ..issues import Issue, async_database_damaged, async_database_unwritable, async_delete

FILE = "texting.db"
# How long messages of removed entries are kept.
KEEP_FOR = timedelta(days=365)


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
            if database.damaged and database.damaged != opened.damaged:
                opened.damaged = database.damaged
                async_database_damaged(hass, database.damaged.name, database.recovered)

        database = MessageDatabase(Path(hass.config.path(FILE)), changed)
        hass.data[_OPEN] = opened = _OpenDatabase(database)

        async def close(_event: Event) -> None:
            await database.close()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, close)
    opened = hass.data[_OPEN]
    async with opened.lock:
        if not opened.users:
            await opened.database.open()
            hass.async_create_background_task(_purge(opened.database), "texting purge of removed entries")
        opened.users.add(entry_id)
    return opened.database


async def _purge(database: MessageDatabase) -> None:
    """Delete what is left of removed entries after a year."""
    with suppress(DatabaseError):
        await database.purge((dt_util.utcnow() - KEEP_FOR).timestamp())


def known_database(hass: HomeAssistant) -> MessageDatabase | None:
    """Return the database, open or closed again; None if no entry was loaded yet."""
    opened = hass.data.get(_OPEN)
    return opened.database if opened else None


async def async_release(hass: HomeAssistant, entry_id: str) -> None:
    """Let an entry use the database no more. The last one closes it."""
    opened = hass.data[_OPEN]
    opened.users.discard(entry_id)
    async with opened.lock:
        if not opened.users:
            await opened.database.close()
