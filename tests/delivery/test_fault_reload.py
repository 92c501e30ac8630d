"""Reload, new options and unload while hundreds of messages wait.

No message is lost or sent twice. After an unload, no file, thread or task remains.
"""

import asyncio
from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path
import threading

import pytest

from custom_components.texting.gateway.provider import Provider
from tests.support.engine import HOUSE, POINT, PRO, TAKEN, House
from tests.support.home import until
from tests.support.processes import crash
from tests.support.records import open_files
from tests.support.samples import PREFIXES

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
MANY = 500
UNLIMITED = {"daily_limit": 0}


async def fill(home: House, many: int = MANY) -> None:
    """Send this number of messages to a busy gateway, so that all of them are queued."""
    account = home.simulator.accounts[home.provider]
    account.credit = dict.fromkeys(account.credit, Decimal(9999)) if home.provider is POINT else Decimal(9999)
    await home.entry.runtime_data.balance.async_refresh()
    home.fail("rate_limited", None, seconds=0)
    sent = await home.send_late(to=[f"{PREFIXES[home.provider]}{number:04}" for number in range(1000, 1000 + many)])
    assert {message["status"] for message in sent.messages} == {"queued"}
    assert home.sensor("pending_messages") == str(many)


async def empty(home: House, many: int = MANY) -> None:
    """Let the gateway recover, and check that each message arrives once."""
    await home.simulator.restore()
    await until(lambda: home.held >= many)
    await home.until_shown(*TAKEN)
    assert max(Counter(message.to for message in home.simulator.messages()).values()) == 1
    assert home.held == many


def left() -> tuple[list[Path], list[str], list[str]]:
    """Return the integration's open database files, threads and tasks."""
    files = [path for path in open_files() if path.name.startswith("texting.db")]
    threads = [thread.name for thread in threading.enumerate() if "texting" in thread.name]
    tasks = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("texting")]
    return files, threads, tasks


@pytest.mark.parametrize("provider", [HOUSE, PRO])
async def test_a_reload_loses_and_doubles_nothing(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options=UNLIMITED)
    await fill(home)
    for _ in range(3):
        await home.reload()
        assert home.sensor("pending_messages") == str(MANY)
    await empty(home)


@pytest.mark.parametrize("provider", [PRO, POINT])
async def test_new_options_lose_and_double_nothing(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options=UNLIMITED)
    await fill(home)
    home.hass.config_entries.async_update_entry(home.entry, options={"daily_limit": 10_000})
    await home.hass.async_block_till_done()
    assert home.entry.runtime_data.options.daily_limit == 10_000
    await empty(home)


def holds(home: House, many: int) -> bool:
    """Return True if the gateway has accepted at least this number of messages."""
    return home.held >= many


async def test_a_reload_in_the_middle_loses_and_doubles_nothing(enter: Enter) -> None:
    home = await enter(HOUSE, options=UNLIMITED)
    await fill(home, 150)
    await home.simulator.restore()
    for held in (10, 30, 50, 70):
        await until(partial(holds, home, held))
        await home.reload()
    await empty(home, 150)


async def test_a_crash_in_the_middle_loses_and_doubles_nothing(enter: Enter) -> None:
    home = await enter(HOUSE, options=UNLIMITED)
    await fill(home, 150)
    await home.simulator.restore()
    for held in (30, 60):
        await until(partial(holds, home, held))
        await crash(home)
    await empty(home, 150)


async def nothing_left() -> None:
    """Wait until no file, thread or task remains. Requests in progress finish first."""
    await until(lambda: left() == ([], [], []))


@EVERY_PROVIDER
async def test_an_unload_leaves_nothing(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options=UNLIMITED)
    many = MANY if home.entry.runtime_data.info.batch_size > 1 else 50
    await fill(home, many)
    files, threads, _ = left()
    assert files
    assert threads
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await nothing_left()
    await home.simulator.restore()
    await home.pass_time(600)
    assert home.held == 0
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await empty(home, many)


async def test_an_unload_waits_for_the_answer_that_is_under_way(enter: Enter) -> None:
    home = await enter(HOUSE, options=UNLIMITED)
    held = home.fail("hold")
    sending = asyncio.create_task(home.ask())
    await held.reached.wait()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert left()[0]
    held.release()
    await sending
    await nothing_left()
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert (home.held, home.tries, home.sensor("segments_today")) == (1, 1, "1")


async def test_an_answer_that_comes_while_the_account_is_set_up_closes_no_file(enter: Enter) -> None:
    home = await enter(HOUSE, options=UNLIMITED)
    held = home.fail("hold")
    set_up = home.simulator.faults.add(HOUSE, "hold", params={"cmd": "getcredit"})
    sending = asyncio.create_task(home.ask())
    await held.reached.wait()
    reloading = asyncio.create_task(home.reload())
    await set_up.reached.wait()
    held.release()
    await sending
    set_up.release()
    await reloading
    await home.hass.async_block_till_done()
    assert (await home.send("Dry again")).status in TAKEN
    assert left()[0]
    await crash(home)
    assert (home.held, home.tries, home.sensor("segments_today")) == (2, 2, "2")


async def test_two_accounts_share_the_file_until_the_last_is_unloaded(enter: Enter) -> None:
    home, other = await enter(HOUSE, options=UNLIMITED), await enter(PRO, options=UNLIMITED)
    for _ in range(3):
        await asyncio.gather(home.reload(), other.reload())
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert (await other.send()).status in TAKEN
    assert left()[0]
    assert await home.hass.config_entries.async_unload(other.entry.entry_id)
    await nothing_left()
