"""Faults of the database file: texts are still sent, intact messages are kept, and the user gets a repair issue."""

from collections.abc import AsyncIterator
from contextlib import closing
import os
from pathlib import Path
import shutil
import sqlite3

import aiohttp
import pytest

from custom_components.texting.delivery import integrity
from custom_components.texting.delivery.database import RETRY_DELAY
from custom_components.texting.gateway.provider import Provider
from tests.conftest import Connect
from tests.support.engine import HOUSE, POINT, TAKEN, House
from tests.support.home import record_changes, told, until
from tests.support.processes import crash
from tests.support.records import erase, full_disk

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def open_database(home: House) -> Path:
    return Path(home.hass.config.path("texting.db"))


async def wait(home: House, count: int) -> None:
    """Send this number of messages to a busy gateway, so that all of them are queued."""
    home.fail("rate_limited", None, seconds=0)
    for number in range(count):
        assert (await home.send_late(f"Water {number}")).status == "queued"


async def test_a_torn_file_is_told_of_and_what_is_intact_goes_on(enter: Enter, tmp_path: Path) -> None:
    home = await enter(HOUSE)
    await wait(home, 5)

    def tear(path: Path) -> None:
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - 100)

    await crash(home, change=tear)
    issue = home.issue("database_damaged", of_account=False)
    assert issue is not None
    assert issue.translation_placeholders is not None
    intact = int(issue.translation_placeholders["count"])
    assert (tmp_path / issue.translation_placeholders["file"]).exists()
    await home.simulator.restore()
    await until(lambda: home.held >= intact and home.sensor("pending_messages") == str(intact))
    texts = [message.text for message in home.simulator.messages()]
    assert len(texts) == len(set(texts)) == intact <= 5
    assert (await home.send("Dry again")).status in TAKEN


async def test_garbage_in_its_place_is_told_of(enter: Enter) -> None:
    home = await enter(HOUSE)
    await wait(home, 1)
    await crash(home, change=lambda path: path.write_bytes(b"\0garbage" * 1000))
    issue = home.issue("database_damaged", of_account=False)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == "0"
    await home.simulator.restore()
    assert (await home.send("Dry again")).status in TAKEN
    assert home.held == 1


async def test_damage_that_is_found_later_is_told_of(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file counts as a large one, so it is checked after it was opened."""
    monkeypatch.setattr(integrity, "FULL_CHECK_SIZE", 0)
    home = await enter(HOUSE)
    assert (await home.send()).status in TAKEN

    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        erase(path, "message_number")
        os.utime(path)

    await crash(home, change=damage)
    await until(lambda: home.issue("database_damaged", of_account=False))
    assert not home.issue("database_unwritable", of_account=False)
    assert (await home.send("Dry again")).status in TAKEN
    assert on_disk(home) == home.held == 2
    assert home.sensor("segments_today") == "2"


@EVERY_PROVIDER
async def test_a_full_disk_keeps_no_text_back(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    with full_disk():
        assert (await home.send("Water " * 20)).status in TAKEN
        assert home.issue("database_unwritable", of_account=False)
        assert home.sensor("segments_today") != "0"
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert (await home.send("Dry again")).status in TAKEN
    assert not home.issue("database_unwritable", of_account=False)
    assert (home.held, home.tries) == (2, 2)
    # The message that could not be saved is on disk now.
    assert on_disk(home) == 2


def on_disk(home: House) -> int:
    """Return the number of accepted messages in the file."""
    with closing(sqlite3.connect(open_database(home))) as file:
        return len(file.execute("SELECT 1 FROM message WHERE accepted_at IS NOT NULL").fetchall())


async def test_a_folder_in_place_of_the_file_keeps_no_text_back(enter: Enter) -> None:
    home = await enter(POINT)
    path = open_database(home)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    path.unlink()
    path.mkdir()
    (path / "x").touch()
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert home.issue("database_unwritable", of_account=False)
    assert (await home.send()).status in TAKEN
    shutil.rmtree(path)
    assert (await home.send("Dry again")).status in TAKEN
    assert not home.issue("database_unwritable", of_account=False)
    assert on_disk(home) == home.held == 2


async def test_a_report_that_cannot_be_kept_is_not_acknowledged(
    enter: Enter, connect: Connect, session: aiohttp.ClientSession
) -> None:
    home = await enter(HOUSE)
    home.simulator.sent_after = None
    url = await connect(home.entry)
    assert (await home.send()).status == "accepted"
    (message,) = home.simulator.messages()
    report = {"apimsgid": message.id, "climsgid": message.client_id or "", "status": "3"}
    reports = record_changes(home.hass, "event.textinghouse_delivery_report")

    async def call() -> int:
        async with session.post(url, json=report) as response:
            return response.status

    with full_disk():
        assert await call() == 503
        assert await call() == 503
    await home.pass_time(RETRY_DELAY)
    await told(home.hass)
    assert await call() == 200
    assert home.shown == "delivered"
    assert [state.attributes["event_type"] for state in reports] == ["delivered"]
    await crash(home)
    assert home.sensor("pending_messages") == "0"
