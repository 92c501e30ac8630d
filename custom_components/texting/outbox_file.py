"""The outbox in Home Assistant's config folder: opened for the first account, closed after the last."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .delivery.outbox import Outbox, OutboxError
from .issues import Issue, async_delete, async_outbox_damaged, async_outbox_unwritable

FILE = "texting.db"
# What is left of accounts that are gone.
KEPT_FOR = timedelta(days=365)


@dataclass(slots=True)
class _File:
    """The file and the entries that use it."""

    outbox: Outbox
    users: set[str] = field(default_factory=set)
    # It is opened or closed, never both at once.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_FILE: HassKey[_File] = HassKey(f"{DOMAIN}_outbox")


async def async_open(hass: HomeAssistant, entry_id: str) -> Outbox:
    """The outbox, for an entry to use until it lets go of it."""
    if _FILE not in hass.data:

        @callback
        def tell() -> None:
            if outbox.failing:
                async_outbox_unwritable(hass)
            else:
                async_delete(hass, Issue.OUTBOX_UNWRITABLE)

        outbox = Outbox(Path(hass.config.path(FILE)), tell)
        hass.data[_FILE] = _File(outbox)

        async def close(_event: Event) -> None:
            await outbox.close()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, close)
    file = hass.data[_FILE]
    async with file.lock:
        if not file.users:
            await file.outbox.open()
            if file.outbox.damaged:
                async_outbox_damaged(hass, file.outbox.damaged.name, file.outbox.salvaged)
            with suppress(OutboxError):
                await file.outbox.purge((dt_util.utcnow() - KEPT_FOR).timestamp())
        file.users.add(entry_id)
    return file.outbox


def known_outbox(hass: HomeAssistant) -> Outbox | None:
    """The outbox, open or closed again; None where there was no account yet."""
    file = hass.data.get(_FILE)
    return file.outbox if file else None


async def async_let_go(hass: HomeAssistant, entry_id: str) -> None:
    """The entry uses it no more; the last one closes it."""
    file = hass.data[_FILE]
    file.users.discard(entry_id)
    async with file.lock:
        if not file.users:
            await file.outbox.close()
