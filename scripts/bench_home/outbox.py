"""Texts that wait because the gateway refuses connections: what they cost the event loop and the memory."""

import asyncio
from contextlib import suppress
import gc

import psutil

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from scripts.demo_home.waiting import NotInTime, until

from .home import Account, account
from .simulator import SimulatorProcess
from .table import Limit, Table
from .watch import Watch, WatchedSelector

PROVIDER = Provider.TEXTINGHOUSE
SITES = ("textinghouse", "textinghouse_backup")
TEXTS = 10_000
AT_ONCE = 100
APART = 0.05
WAITS = 5.0
FLUSHED_WITHIN = 60.0
MEGABYTE = 1_000_000
BLOCKED = Limit(20, " ms")
GROWTH = Limit(20, " MB")


async def measure_outbox(hass: HomeAssistant, simulator: SimulatorProcess, loop: WatchedSelector, table: Table) -> None:
    """Ask for texts, let them wait, and let them go."""
    numbers = [f"+336123{number:05}" for number in range(TEXTS)]
    async with account(hass, PROVIDER, simulator) as ours:
        await ours.send(numbers[:AT_ONCE], "Warm up")
        before, accepted = _memory(), await simulator.texts(PROVIDER)
        # To look through all that Home Assistant and the test kit hold takes longer than the limit, whoever causes it.
        gc.freeze()
        await simulator.refuse(*SITES)
        with loop.watching() as asking:
            await _ask(ours, numbers)
        with loop.watching() as waiting:
            await asyncio.sleep(WAITS)
        grown = (_memory() - before) / MEGABYTE
        await simulator.restore()
        with loop.watching() as leaving:
            # Loading it again, it tries at once; else it would wait for its next try.
            await hass.config_entries.async_reload(ours.entry.entry_id)
            left = await _left(simulator, accepted + TEXTS)
        gc.unfreeze()
    _blocked(table, f"{TEXTS} texts asked for, {AT_ONCE} at a time: loop blocked", asking)
    _blocked(table, f"{TEXTS} texts waiting: loop blocked", waiting)
    _blocked(table, f"{TEXTS} texts leaving: loop blocked", leaving)
    table.figure(f"{TEXTS} texts waiting: resident memory grown by", grown, GROWTH)
    table.figure(f"{TEXTS} texts not sent {FLUSHED_WITHIN:.0f} s after the gateway is back", left, Limit(0))


async def _ask(ours: Account, numbers: list[str]) -> None:
    """Ask for texts; actions wait a while for an answer that does not come, so that each begins before others end."""
    async with asyncio.TaskGroup() as actions:
        for begin in range(0, len(numbers), AT_ONCE):
            actions.create_task(ours.send(numbers[begin : begin + AT_ONCE], "Wait", ("queued",)))
            await asyncio.sleep(APART)


async def _left(simulator: SimulatorProcess, wanted: int) -> int:
    """How many have not arrived when they should have."""

    async def all_have() -> bool:
        return await simulator.texts(PROVIDER) == wanted

    with suppress(NotInTime):
        await until(all_have, "Texts still wait", FLUSHED_WITHIN)
    return wanted - await simulator.texts(PROVIDER)


def _blocked(table: Table, what: str, watch: Watch) -> None:
    table.figure(what, watch.longest * 1000, BLOCKED)
    if watch.longest * 1000 > BLOCKED.most:
        for place, looks in watch.at.most_common(3):
            table.note(f"{looks / watch.at.total():.0%} in {place}")
        table.note(f"longest garbage collection {watch.garbage * 1000:.0f} ms")


def _memory() -> int:
    """Bytes that are resident after a garbage collection."""
    gc.collect()
    size: int = psutil.Process().memory_info().rss
    return size
