"""Helpers that end a home as kill -9 does and start it again with the files of that moment."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import tempfile
from typing import Any

from custom_components.texting.delivery.record import Phase
from custom_components.texting.storage import entry_state as state, open_database

from .engine import House
from .records import copy


async def until_on_disk(home: House, phase: Phase, count: int = 1) -> None:
    """Wait until at least this number of messages on disk are in this phase."""
    database = home.entry.runtime_data.outbox.database
    while sum(record.phase is phase for record in await database.load(home.entry.entry_id)) < count:
        pass  # each look lets the loop run


async def crash(home: House, change: Callable[[Path], Any] = lambda _path: None) -> None:
    """End the home and start it again with the current database files.

    If `change` is given, it can damage the files before the start.
    """
    hass, entry_id = home.hass, home.entry.entry_id
    path = Path(hass.config.path(open_database.FILE))
    with tempfile.TemporaryDirectory() as folder:
        copied = copy(path, Path(folder))
        await _end(home)
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        change(copied)
        copy(copied, path.parent)
    assert await hass.config_entries.async_setup(entry_id)
    await hass.async_block_till_done()


async def _end(home: House) -> None:
    """Stop the account at once. Its requests are canceled, and their responses are lost."""
    hass = home.hass
    workers = [entry_state.worker for entry_state in hass.data[state._STATES].values()]
    requests = [request for worker in workers for request in worker.requests]
    for worker in workers:
        worker.stop()
    for request in requests:
        request.cancel()
    if requests:  # or the end of one would close the database of the next home
        await asyncio.wait(requests)
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    await hass.async_block_till_done()
    await hass.data[open_database._OPEN].database.close()
    del hass.data[open_database._OPEN], hass.data[state._STATES]
