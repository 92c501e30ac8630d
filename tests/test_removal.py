"""Removed accounts and routes leave nothing of theirs on the disk, and the last one leaves nothing at all."""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.texting import backup
from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.record import Phase
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.storage.entry_state import _STATES
from custom_components.texting.storage.open_database import _OPEN
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import new_entry
from tests.support.home import notify, notify_entities, restart, send, told, tried, until
from tests.support.records import ACCOUNT, delivered, erase, names
from tests.support.routes import ANNA, disconnect, sent, set_up_route
from tests.test_cloud import (
    Cloud,
    cloud as cloud,  # noqa: PLC0414  a fixture
)

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING


def files(hass: HomeAssistant) -> list[str]:
    """Return the names of the database's files."""
    return [name for name in names(Path(hass.config.config_dir)) if name.startswith("texting.db")]


def held(hass: HomeAssistant) -> set[str]:
    """Return the ids of the entries that the database holds messages or totals of."""
    path = Path(hass.config.path("texting.db"))
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return {
            entry_id
            for table in ("message", "daily_total")
            for (entry_id,) in connection.execute(f"SELECT entry_id FROM {table}")  # noqa: S608  our own names
        }


def texts(hass: HomeAssistant) -> list[str]:
    """Return the contents of all messages in the database, as JSON."""
    with closing(sqlite3.connect(hass.config.path("texting.db"))) as connection:
        return [content for (content,) in connection.execute("SELECT content FROM message")]


async def remove(hass: HomeAssistant, *entries: ConfigEntry) -> None:
    for entry in entries:
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


# -- one of several entries ----------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_a_removed_account_takes_its_messages_with_it(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    stays = await set_up(PRO if provider is HOUSE else HOUSE)
    entry = await set_up(provider)
    for each in (stays, entry):
        recipient = next(iter(each.get_subentries_of_type("recipient"))).title
        await send(hass, "Water", account=each.entry_id, to=recipient)
    await told(hass)
    assert held(hass) == {stays.entry_id, entry.entry_id}
    await remove(hass, entry)
    assert held(hass) == {stays.entry_id}


async def test_an_account_that_is_disabled_keeps_everything(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    disabled, entry = await set_up(HOUSE), await set_up(CLUB)
    await notify(hass, "notify.anna", "Water")
    await hass.config_entries.async_set_disabled_by(disabled.entry_id, ConfigEntryDisabler.USER)
    await remove(hass, entry)
    assert held(hass) == {disabled.entry_id}
    again = await set_up(CLUB)
    await remove(hass, again)
    await hass.config_entries.async_set_disabled_by(disabled.entry_id, None)
    await told(hass)
    assert disabled.runtime_data.state.counters.segments_today == 1


async def test_nothing_is_left_of_a_request_that_was_under_way(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    stays, entry = await set_up(CLUB), await set_up(HOUSE)
    simulator.latency = 1
    sending = asyncio.create_task(notify(hass, "notify.anna", "Water"))
    await until(simulator.messages)
    await hass.config_entries.async_remove(entry.entry_id)
    await pass_time(1, wait=False)
    await asyncio.wait([sending])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(simulator.messages()) == 1
    assert held(hass) <= {stays.entry_id}


async def test_the_next_start_deletes_what_a_crash_left(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await entry.runtime_data.outbox.database.write([delivered(number) for number in range(300)])
    assert held(hass) == {entry.entry_id, ACCOUNT}
    await restart(hass, entry)
    assert held(hass) == {entry.entry_id}


async def test_the_texts_that_waited_are_in_repairs(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    await disconnect(simulator, "club_texting")
    sending = asyncio.create_task(send(hass, "Water", account=entry.entry_id, to="+12125550142"))
    await tried(hass, sending)
    await pass_time(10.1)
    await sending
    await remove(hass, entry)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"account_removed_{entry.entry_id}")
    assert issue
    assert issue.translation_placeholders == {"account": "Club Texting", "count": "1"}
    assert files(hass) == []


# -- routes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reported", [False, True])
async def test_a_removed_route_takes_its_attempts_with_it(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, reported: bool
) -> None:
    """Its account still waits for the delivery report, or it has come. The account counts the text further on."""
    simulator.delivered_after = 0 if reported else None
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    await send(hass, "Water in the cellar", account=route.entry_id, to=ANNA)
    await send(hass, "Wind", account=house.entry_id, to=ANNA)
    await pass_time(16)
    await remove(hass, route)
    assert [text for text in texts(hass) if "Water" in text] == []
    assert len(texts(hass)) == 1
    assert held(hass) == {house.entry_id}
    database = house.runtime_data.outbox.database
    assert (await database.totals(house.entry_id, "")).texts == 2
    await pass_time(600)
    assert len(texts(hass)) == 1


async def test_a_removed_route_waits_for_the_request_of_its_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    simulator.latency = 1
    sending = asyncio.create_task(send(hass, "Water", account=route.entry_id, to=ANNA))
    await until(simulator.messages)
    await hass.config_entries.async_remove(route.entry_id)
    await pass_time(1, wait=False)
    with pytest.raises(HomeAssistantError, match="was removed"):
        await sending
    await hass.async_block_till_done(wait_background_tasks=True)
    await told(hass)
    assert texts(hass) == []
    assert house.runtime_data.state.counters.segments_today == 1
    assert not list(house.runtime_data.outbox)


async def test_the_attempts_at_an_account_that_is_not_loaded(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.delivered_after = None
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    await hass.config_entries.async_unload(house.entry_id)
    del hass.data[_STATES][house.entry_id]
    await remove(hass, route)
    assert texts(hass) == []


async def test_a_route_that_is_not_loaded_does_not_send_again_what_a_removed_account_sent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    simulator.delivered_after = None
    house, club = await set_up(HOUSE), await set_up(CLUB)
    route = await set_up_route(hass, [house, club])
    await send(hass, "Water", account=route.entry_id, to="+12125550142")
    assert sent(simulator) == [HOUSE]
    (message,) = route.runtime_data.outbox
    assert message.phase is Phase.TRACKED
    await hass.config_entries.async_unload(route.entry_id)
    del hass.data[_STATES][route.entry_id]
    await remove(hass, house)
    await hass.config_entries.async_setup(route.entry_id)
    await told(hass)
    assert sent(simulator) == [HOUSE]
    # Now that the route's message is done, the attempt is not needed any more.
    await hass.config_entries.async_reload(route.entry_id)
    await told(hass)
    assert house.entry_id not in held(hass)


# -- the last entry ------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_the_last_account_takes_the_database_with_it(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    assert files(hass) == ["texting.db", "texting.db-shm", "texting.db-wal"]
    await remove(hass, entry)
    assert files(hass) == []


async def test_the_last_entry_is_a_route(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    await remove(hass, house)
    assert held(hass) <= {route.entry_id}
    await remove(hass, route)
    assert files(hass) == []


async def test_the_last_entry_never_loaded(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, data={"password": "wrong"})
    await remove(hass, entry)
    assert files(hass) == []


async def test_the_last_entries_are_removed_at_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entries = [await set_up(HOUSE), await set_up(CLUB), await set_up(PRO)]
    await notify(hass, "notify.anna", "Water")
    await asyncio.gather(*(hass.config_entries.async_remove(entry.entry_id) for entry in entries))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert files(hass) == []


async def test_damaged_files_are_deleted_too(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    path = Path(hass.config.path("texting.db"))
    await hass.config_entries.async_unload(entry.entry_id)
    erase(path, "message")
    await asyncio.to_thread(Path(f"{path}.new").write_text, "Water")
    await restart_loaded(hass, entry)
    assert any(".damaged-" in name for name in files(hass))
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, "database_damaged")
    await remove(hass, entry)
    assert files(hass) == []
    assert issues.async_get_issue(DOMAIN, "database_damaged") is None


async def restart_loaded(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Load an account that was unloaded."""
    hass.data.pop(_STATES)
    await hass.config_entries.async_setup(entry.entry_id)
    await told(hass)


async def test_the_database_stays_until_the_last_request_has_ended(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    simulator.latency = 1
    sending = asyncio.create_task(notify(hass, "notify.anna", "Water"))
    await until(simulator.messages)
    await hass.config_entries.async_remove(entry.entry_id)
    assert "texting.db" in files(hass)
    await pass_time(1, wait=False)
    await asyncio.wait([sending])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert files(hass) == []


async def test_a_crash_while_the_last_request_is_under_way_leaves_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """Texting does not run after that, so nothing would delete it."""
    entry = await set_up(HOUSE)
    await notify(hass, "notify.ben", "Wind")
    fault = simulator.faults.add("textinghouse", "hold", params={"cmd": "sendsms"})
    sending = asyncio.create_task(notify(hass, "notify.anna", "Water"))
    await fault.reached.wait()
    assert any("Water" in text for text in texts(hass))
    await hass.config_entries.async_remove(entry.entry_id)
    assert files(hass)
    contents = [await asyncio.to_thread(Path(hass.config.path(name)).read_bytes) for name in files(hass)]
    assert not [each for each in contents if b"Water" in each or b"Wind" in each]
    fault.release()
    await asyncio.wait([sending])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert files(hass) == []


@pytest.mark.parametrize("stays", [False, True])
async def test_an_account_whose_file_is_of_a_later_version(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, hass_storage: dict[str, Any], cloud: Cloud, stays: bool
) -> None:
    """It cannot be loaded, and can be removed completely."""
    other = await set_up(CLUB) if stays else None
    entry = new_entry(HOUSE, simulator)
    key = f"texting.{entry.entry_id}"
    hass_storage[key] = {"version": 2, "minor_version": 1, "key": key, "data": {}}
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert hass.data[_OPEN].users == ({other.entry_id} if other else set())
    await remove(hass, entry)
    assert key not in hass_storage
    assert hass.data[_OPEN].users == ({other.entry_id} if other else set())
    assert bool(files(hass)) is stays
    cloud.async_delete_cloudhook.assert_awaited_once_with(hass, entry.data["webhook_id"])


async def test_a_file_that_cannot_be_deleted_keeps_nothing_else(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, cloud: Cloud
) -> None:
    entry = await set_up(HOUSE)
    with patch.object(Store, "async_remove", AsyncMock(side_effect=PermissionError)):
        await remove(hass, entry)
    assert files(hass) == []
    cloud.async_delete_cloudhook.assert_awaited_once_with(hass, entry.data["webhook_id"])


async def test_an_account_of_an_unknown_provider(
    hass: HomeAssistant, simulator: Simulator, hass_client_no_auth: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one of a later version. The other accounts load, and its texts are not acknowledged."""
    good, bad = new_entry(HOUSE, simulator), new_entry(CLUB, simulator, data={"provider": "sixth"})
    good.add_to_hass(hass)
    bad.add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert (good.state, bad.state) == (ConfigEntryState.LOADED, ConfigEntryState.SETUP_ERROR)
    await notify(hass, "notify.anna", "Water")
    client = await hass_client_no_auth()
    response = await client.post(f"/api/webhook/{bad.data['webhook_id']}", data={"from": "1"})
    assert response.status == 503
    await remove(hass, bad)
    assert held(hass) == {good.entry_id}
    own = [record.getMessage() for record in caplog.records if "texting" in record.name]
    assert not [line for line in own if bad.data["webhook_id"] in line]


@pytest.mark.parametrize("loads_first", [False, True])
async def test_an_account_that_is_added_at_the_same_moment_loses_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, loads_first: bool
) -> None:
    old = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    new = new_entry(CLUB, simulator)

    async def add() -> None:
        new.add_to_hass(hass)
        await hass.config_entries.async_setup(new.entry_id)
        await send(hass, "Wind", account=new.entry_id, to="+12125550142")

    steps = [add(), hass.config_entries.async_remove(old.entry_id)]
    await asyncio.gather(*(steps if loads_first else reversed(steps)))
    await told(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sent(simulator) == [HOUSE, CLUB]
    assert held(hass) == {new.entry_id}
    assert len(texts(hass)) == 1


@pytest.mark.parametrize("turns", range(12))
async def test_an_account_that_is_added_within_the_removal_loses_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, turns: int
) -> None:
    """It comes a few turns of the event loop later each time."""
    old = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    new = new_entry(CLUB, simulator)
    removing = asyncio.create_task(hass.config_entries.async_remove(old.entry_id))
    for _ in range(turns * 3):
        await asyncio.sleep(0)
    new.add_to_hass(hass)
    await hass.config_entries.async_setup(new.entry_id)
    await send(hass, "Wind", account=new.entry_id, to="+12125550142")
    await removing
    await hass.async_block_till_done(wait_background_tasks=True)
    assert held(hass) == {new.entry_id}
    assert len(texts(hass)) == 1


# -- backups -------------------------------------------------------------------------------------------------------


async def test_a_backup_that_is_running_keeps_its_files(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await backup.async_pre_backup(hass)
    before = files(hass)
    await remove(hass, entry)
    assert set(files(hass)) >= {"texting.db"}
    assert set(files(hass)) <= set(before)
    await backup.async_post_backup(hass)
    assert files(hass) == []


async def test_an_account_that_is_added_within_the_backup(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await backup.async_pre_backup(hass)
    await remove(hass, entry)
    new = await set_up(CLUB)
    await send(hass, "Wind", account=new.entry_id, to="+12125550142")
    await backup.async_post_backup(hass)
    assert held(hass) == {new.entry_id}


async def test_a_backup_that_never_ends(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await backup.async_pre_backup(hass)
    await remove(hass, entry)
    assert files(hass)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_CLOSE)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert files(hass) == []


async def test_files_that_cannot_be_deleted_keep_nobody_from_removing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await set_up(HOUSE)
    # A folder cannot be deleted as a file is.
    folder = Path(hass.config.path("texting.db.new"))
    await asyncio.to_thread(folder.mkdir)
    await remove(hass, entry)
    assert "texting.db cannot be deleted" in caplog.text
    assert hass.config_entries.async_entries(DOMAIN) == []
