"""Ends a home as kill -9 does, and begins it again with the files as they were at that moment."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import tempfile
from typing import Any

from custom_components.texting import outbox_file, state
from custom_components.texting.delivery.record import Phase

from .messages import copy
from .through import House


async def until_on_disk(home: House, phase: Phase, count: int = 1) -> None:
    """Wait until so many messages stand on the disk like this."""
    outbox = home.entry.runtime_data.desk.outbox
    async with asyncio.timeout(5):
        while sum(record.phase is phase for record in await outbox.load(home.entry.entry_id)) < count:  # noqa: ASYNC110  it is no event of ours
            await asyncio.sleep(0.002)


async def crash(home: House, change: Callable[[Path], Any] = lambda _path: None) -> None:
    """Take the outbox's files as they are, forget all else, and start with them; change may damage the copy."""
    hass, entry_id = home.hass, home.entry.entry_id
    path = Path(hass.config.path(outbox_file.FILE))
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
    """Let go of everything at once: requests are cut off, and what they would have said is not heard."""
    hass = home.hass
    for line in hass.data[state._STATES].values():
        line.worker.stop()
        for request in line.worker.requests:
            request.cancel()
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    await hass.async_block_till_done()
    await hass.data[outbox_file._FILE].outbox.close()
    del hass.data[outbox_file._FILE], hass.data[state._STATES]
