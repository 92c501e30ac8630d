"""Measure the event loop and the memory while texts wait because the gateway refuses connections."""

import asyncio
from contextlib import suppress
import gc

import psutil

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from scripts.demo_home.waiting import WaitTimeout, until

from .home import Account, account
from .loop_monitor import LoopMeasurement, MonitoredSelector
from .simulator import SimulatorProcess
from .table import Limit, Table

PROVIDER = Provider.TEXTINGHOUSE
SITES = ("textinghouse", "textinghouse_backup")
TEXTS = 10_000
# Numbers in one action.
ACTION_SIZE = 100
# Seconds between the starts of two actions.
ACTION_INTERVAL = 0.05
# Seconds that the texts wait.
WAIT = 5.0
# Seconds until all texts must have left.
FLUSH_TIMEOUT = 60.0
MEGABYTE = 1_000_000
MAX_BLOCKED = Limit(20, " ms")
MAX_GROWTH = Limit(20, " MB")


async def measure_outbox(
    hass: HomeAssistant, simulator: SimulatorProcess, loop: MonitoredSelector, table: Table
) -> None:
    """Send texts while the gateway refuses connections, wait, and then let the texts leave."""
    numbers = [f"+336123{number:05}" for number in range(TEXTS)]
    async with account(hass, PROVIDER, simulator) as sender:
        await sender.send(numbers[:ACTION_SIZE], "Warm up")
        before, accepted = _memory(), await simulator.count_texts(PROVIDER)
        # Exclude the objects of Home Assistant and the test kit: collecting them takes longer than the limit.
        gc.freeze()
        await simulator.refuse(*SITES)
        with loop.monitor() as adding:
            await _send_all(sender, numbers)
        with loop.monitor() as waiting:
            await asyncio.sleep(WAIT)
        growth = (_memory() - before) / MEGABYTE
        await simulator.restore()
        with loop.monitor() as leaving:
            # A reload makes the account try at once. Without it, the account would wait for its next attempt.
            await hass.config_entries.async_reload(sender.entry.entry_id)
            unsent = await _count_unsent(simulator, accepted + TEXTS)
        gc.unfreeze()
    _add_blocked(table, f"{TEXTS} texts requested, {ACTION_SIZE} at a time: loop blocked", adding)
    _add_blocked(table, f"{TEXTS} texts waiting: loop blocked", waiting)
    _add_blocked(table, f"{TEXTS} texts leaving: loop blocked", leaving)
    table.add_value(f"{TEXTS} texts waiting: growth of the resident memory", growth, MAX_GROWTH)
    table.add_value(f"{TEXTS} texts not sent {FLUSH_TIMEOUT:.0f} s after the gateway is back", unsent, Limit(0))


async def _send_all(sender: Account, numbers: list[str]) -> None:
    """Send texts. An action waits for a result that does not come, so start each action before the others end."""
    async with asyncio.TaskGroup() as actions:
        for begin in range(0, len(numbers), ACTION_SIZE):
            actions.create_task(sender.send(numbers[begin : begin + ACTION_SIZE], "Wait", ("queued",)))
            await asyncio.sleep(ACTION_INTERVAL)


async def _count_unsent(simulator: SimulatorProcess, expected: int) -> int:
    """Return how many texts have not arrived before the timeout."""

    async def all_arrived() -> bool:
        return await simulator.count_texts(PROVIDER) == expected

    with suppress(WaitTimeout):
        await until(all_arrived, "Some texts did not arrive", FLUSH_TIMEOUT)
    return expected - await simulator.count_texts(PROVIDER)


def _add_blocked(table: Table, name: str, measured: LoopMeasurement) -> None:
    table.add_value(name, measured.longest * 1000, MAX_BLOCKED)
    if measured.longest * 1000 > MAX_BLOCKED.maximum:
        for place, samples in measured.places.most_common(3):
            table.add_note(f"{samples / measured.places.total():.0%} in {place}")
        table.add_note(f"longest garbage collection {measured.garbage * 1000:.0f} ms")


def _memory() -> int:
    """Return the bytes of resident memory after a garbage collection."""
    gc.collect()
    size: int = psutil.Process().memory_info().rss
    return size
