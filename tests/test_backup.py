"""Test that a backup contains a complete database, even if it is made while texts are saved."""

import asyncio
from pathlib import Path

import pytest

from custom_components.texting import backup
from custom_components.texting.gateway.provider import Provider
from homeassistant.components.backup import DOMAIN as BACKUP
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.records import copy, opened, record, wal

HOUSE = Provider.TEXTINGHOUSE


async def test_a_backup_before_any_account(hass: HomeAssistant) -> None:
    await backup.async_pre_backup(hass)
    await backup.async_post_backup(hass)
    assert not await asyncio.to_thread(Path(hass.config.path("texting.db")).exists)


async def test_what_is_copied_while_texts_are_kept_is_whole(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, tmp_path: Path
) -> None:
    database = (await set_up(HOUSE)).runtime_data.outbox.database
    await database.write([record(number) for number in range(10)])
    await backup.async_pre_backup(hass)
    before = database.path.stat()
    # This is enough data for SQLite to make a checkpoint.
    await database.write([record(10, text="Water in the cellar" * 300_000)])
    copied = await asyncio.to_thread(copy, database.path, tmp_path / "copied")
    await database.write([record(11)])
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    await backup.async_post_backup(hass)
    assert database.path.stat().st_mtime_ns > before.st_mtime_ns
    assert wal(copied).exists()
    assert await asyncio.to_thread(opened, copied) == (None, list(range(11)))


@pytest.mark.parametrize("loaded_again", [False, True])
async def test_an_account_may_come_and_go_within_a_backup(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, loaded_again: bool
) -> None:
    entry = await set_up(HOUSE)
    database = entry.runtime_data.outbox.database
    if loaded_again:
        await hass.config_entries.async_unload(entry.entry_id)
    await backup.async_pre_backup(hass)
    before = database.path.stat()
    if loaded_again:
        await hass.config_entries.async_setup(entry.entry_id)
        await database.write([record(number) for number in range(10_000)])
    else:
        await database.write([record(1)])
        await hass.config_entries.async_unload(entry.entry_id)
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    await backup.async_post_backup(hass)


async def test_home_assistants_backup_calls_ours(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    assert await async_setup_component(hass, BACKUP, {})
    database = (await set_up(HOUSE)).runtime_data.outbox.database
    await hass.async_block_till_done()
    manager = hass.data[BACKUP]
    await manager.async_pre_backup_actions()
    before = database.path.stat()
    await database.write([record(number) for number in range(10_000)])
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    await manager.async_post_backup_actions()
    assert database.path.stat().st_mtime_ns > before.st_mtime_ns
