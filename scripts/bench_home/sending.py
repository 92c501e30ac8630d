"""Sending, in turn with the other ways to make the same requests; the median of the ratios is what counts."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
import sqlite3
from statistics import median
from time import perf_counter

import aiohttp

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant

from .home import NotAccepted, account
from .simulator import SimulatorProcess
from .table import COLUMNS, Limit, Table
from .ways import Way, by_requests, by_rest_command, in_batch, in_loop
from .wire import Wire, wires

MANY = 100
WARM_UP = 3
LATENCIES = (0.05, 0.0)
# Rounds by recipients; those of ways that work one after another at 50 ms take long.
ROUNDS = {1: 25, 10: 7, MANY: 5}
SLOW_ROUNDS = 1
TITLES = {
    Provider.TEXTINGHOUSE: "TextingHouse",
    Provider.TEXTIOPRO: "TextioPro",
    Provider.THESMSPOINT: "TheSMSPoint",
}
# By recipients and latency; of providers that take batches, and of the one that does not.
ONE_BY_ONE = {(1, 0.05): 1.15, (MANY, 0.05): 1.25, (1, 0.0): 4.0}
IN_BATCHES = {(1, 0.05): 1.15, (MANY, 0.05): 1.2, (1, 0.0): 4.0}

_sent: Counter[str] = Counter()  # recipients by text; no two texts are the same


@dataclass(frozen=True, slots=True)
class Case:
    """One provider's ways: ours by name, the others by column."""

    provider: Provider
    ours: dict[str, Way]
    others: dict[str, Way]

    def limit(self, recipients: int, latency: float) -> Limit | None:
        """The most that ours may take of the bare way's time."""
        limits = ONE_BY_ONE if self.provider is Provider.TEXTINGHOUSE else IN_BATCHES
        most = limits.get((recipients, latency))
        return Limit(most, "") if most else None


async def measure_sending(hass: HomeAssistant, simulator: SimulatorProcess, folder: Path, table: Table) -> None:
    """Print a row for each provider, latency, number of recipients and way of ours; folder is on the outbox's disk."""
    known = wires(simulator)
    rest = await by_rest_command(hass, known)
    with closing(sqlite3.connect(folder / "disk.db", autocommit=True)) as disk:
        disk.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = full; CREATE TABLE text (at REAL)")
        for provider, wire in known.items():
            requests = await by_requests(hass, wire)
            for latency, recipients in product(LATENCIES, ROUNDS):
                await simulator.answer_after(latency)
                async with _case(hass, simulator, wire) as case:
                    case.others.update(rest_command=rest[provider], requests=requests)
                    await _measure(case, recipients, latency, disk, table)
    await simulator.answer_after(0)


def _write(disk: sqlite3.Connection) -> float:
    """The seconds of one durable write."""
    started = perf_counter()
    disk.execute("INSERT INTO text VALUES (?)", (started,))
    return perf_counter() - started


@asynccontextmanager
async def _case(hass: HomeAssistant, simulator: SimulatorProcess, wire: Wire) -> AsyncIterator[Case]:
    """An account of its own, so that nobody asks during one measurement what became of another's texts."""
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=wire.in_flight)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        ours = await stack.enter_async_context(account(hass, wire.provider, simulator, wire.numbers(MANY)))
        bare = in_batch(session, wire) if wire.batch else in_loop(session, wire)
        before, asked = await simulator.texts(wire.provider), _sent.total()
        yield Case(
            wire.provider,
            {"notify entities": ours.through_entities, "texting.send_message": ours.through_action},
            {"bare": bare},
        )
        asked, accepted = _sent.total() - asked, await simulator.texts(wire.provider) - before
        if asked != accepted:
            raise NotAccepted(f"{accepted} of {asked} texts through {TITLES[wire.provider]} were accepted")


async def _measure(case: Case, recipients: int, latency: float, disk: sqlite3.Connection, table: Table) -> None:
    ratios: dict[str, dict[str, list[float]]] = {name: {other: [] for other in COLUMNS} for name in case.ours}
    for way in (*case.ours.values(), *case.others.values()) * WARM_UP:
        await _seconds(way, 1)
    for turn in range(ROUNDS[recipients]):
        # Each of ours beside the bare way; the others once a round.
        others = {
            name: await _seconds(way, recipients)
            for name, way in case.others.items()
            if name != "bare" and (turn < SLOW_ROUNDS or name != "requests" or recipients * latency < 1)
        }
        for name, way in case.ours.items():
            taken, bare = await _seconds(way, recipients), await _seconds(case.others["bare"], recipients)
            for other, seconds in (others | {"bare": bare, "durable": bare + _write(disk)}).items():
                ratios[name][other].append(taken / seconds)
    for name in case.ours:
        what = f"{TITLES[case.provider]}, {name}, {recipients}, {latency * 1000:.0f} ms"
        medians = {other: median(found) for other, found in ratios[name].items()}
        table.ratios(what, medians, case.limit(recipients, latency))


async def _seconds(way: Way, recipients: int) -> float:
    text = f"Home alert: number {len(_sent)}"
    _sent[text] = recipients
    started = perf_counter()
    await way(recipients, text)
    return perf_counter() - started
