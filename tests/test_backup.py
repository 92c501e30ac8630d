"""A backup that is made while texts are kept holds an outbox that is whole."""

import asyncio
from pathlib import Path

import pytest

from custom_components.texting import backup
from custom_components.texting.gateway.provider import Provider
from homeassistant.components.backup import DOMAIN as BACKUP
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.delivery.messages import copy, opened, record, wal
from tests.simulator import Simulator

HOUSE = Provider.TEXTINGHOUSE


async def test_a_backup_before_any_account(hass: HomeAssistant) -> None:
    await backup.async_pre_backup(hass)
    await backup.async_post_backup(hass)
    assert not await asyncio.to_thread(Path(hass.config.path("texting.db")).exists)


async def test_what_is_copied_while_texts_are_kept_is_whole(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, tmp_path: Path
) -> None:
    outbox = (await set_up(HOUSE)).runtime_data.desk.outbox
    await outbox.write([record(number) for number in range(10)])
    await backup.async_pre_backup(hass)
    before = outbox.path.stat()
    # So much that SQLite would make a checkpoint of it.
    await outbox.write([record(10, text="Water in the cellar" * 300_000)])
    copied = await asyncio.to_thread(copy, outbox.path, tmp_path / "copied")
    await outbox.write([record(11)])
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    await backup.async_post_backup(hass)
    assert outbox.path.stat().st_mtime_ns > before.st_mtime_ns
    assert wal(copied).exists()
    assert await asyncio.to_thread(opened, copied) == (None, list(range(11)))


@pytest.mark.parametrize("loaded_again", [False, True])
async def test_an_account_may_come_and_go_within_a_backup(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, loaded_again: bool
) -> None:
    entry = await set_up(HOUSE)
    outbox = entry.runtime_data.desk.outbox
    if loaded_again:
        await hass.config_entries.async_unload(entry.entry_id)
    await backup.async_pre_backup(hass)
    before = outbox.path.stat()
    if loaded_again:
        await hass.config_entries.async_setup(entry.entry_id)
        await outbox.write([record(number) for number in range(10_000)])
    else:
        await outbox.write([record(1)])
        await hass.config_entries.async_unload(entry.entry_id)
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    await backup.async_post_backup(hass)


async def test_home_assistants_backup_calls_ours(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    assert await async_setup_component(hass, BACKUP, {})
    outbox = (await set_up(HOUSE)).runtime_data.desk.outbox
    await hass.async_block_till_done()
    manager = hass.data[BACKUP]
    await manager.async_pre_backup_actions()
    before = outbox.path.stat()
    await outbox.write([record(number) for number in range(10_000)])
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    await manager.async_post_backup_actions()
    assert outbox.path.stat().st_mtime_ns > before.st_mtime_ns
