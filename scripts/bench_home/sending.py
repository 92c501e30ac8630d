"""Measure sending in turn with the other methods that make the same requests. The result is the median ratio."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
import sqlite3
from time import perf_counter

import aiohttp

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant

from .home import NotAccepted, account
from .methods import SendFunction, batch_method, loop_method, requests_method, rest_command_methods
from .simulator import SimulatorProcess
from .table import COLUMNS, Limit, Table
from .wire import Wire, wires

RECIPIENTS = 100
# Calls before a measurement.
WARM_UP = 3
# Seconds before each response.
LATENCIES = (0.05, 0.0)
# The number of rounds by the number of recipients.
ROUNDS = {1: 61, 10: 9, RECIPIENTS: 5}
# The number of rounds of a slow method, which makes one request after another.
SLOW_ROUNDS = 1
TITLES = {
    Provider.TEXTINGHOUSE: "TextingHouse",
    Provider.TEXTIOPRO: "TextioPro",
    Provider.THESMSPOINT: "TheSMSPoint",
}
# The maximum ratios by recipients and latency, for the provider that takes one text in each request.
MAX_SINGLE_RATIOS = {(1, 0.05): 1.08, (RECIPIENTS, 0.05): 1.1, (1, 0.0): 3.5}
# The same for the providers that take many texts in each request.
MAX_BATCH_RATIOS = {(1, 0.05): 1.08, (RECIPIENTS, 0.05): 1.2, (1, 0.0): 3.5}

_recipients_by_text: Counter[str] = Counter()  # each measurement has a different text


@dataclass(frozen=True, slots=True)
class Case:
    """The methods that are compared for one provider."""

    # The provider.
    provider: Provider
    # The methods of the integration by name.
    integration: dict[str, SendFunction]
    # The other methods by column of the table.
    others: dict[str, SendFunction]

    def limit(self, recipients: int, latency: float) -> Limit | None:
        """Return the maximum ratio to the bare method."""
        limits = MAX_SINGLE_RATIOS if self.provider is Provider.TEXTINGHOUSE else MAX_BATCH_RATIOS
        maximum = limits.get((recipients, latency))
        return Limit(maximum) if maximum else None


async def measure_sending(hass: HomeAssistant, simulator: SimulatorProcess, folder: Path, table: Table) -> None:
    """Add a row for each provider, latency, number of recipients and method of the integration.

    `folder` is on the same disk as the database.
    """
    wire_by_provider = wires(simulator)
    rest_command = await rest_command_methods(hass, wire_by_provider)
    with closing(sqlite3.connect(folder / "disk.db", autocommit=True)) as disk:
        disk.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = full; CREATE TABLE text (at REAL)")
        for provider, wire in wire_by_provider.items():
            requests = await requests_method(hass, wire)
            for latency, recipients in product(LATENCIES, ROUNDS):
                await simulator.set_latency(latency)
                async with _open_case(hass, simulator, wire) as case:
                    case.others.update(rest_command=rest_command[provider], requests=requests)
                    await _measure(case, recipients, latency, disk, table)
    await simulator.set_latency(0)


def _write(disk: sqlite3.Connection) -> float:
    """Return the seconds of one durable write."""
    started = perf_counter()
    disk.execute("INSERT INTO text VALUES (?)", (started,))
    return perf_counter() - started


@asynccontextmanager
async def _open_case(hass: HomeAssistant, simulator: SimulatorProcess, wire: Wire) -> AsyncIterator[Case]:
    """Add an account for one case, so that no case is disturbed by status requests for the texts of another."""
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=wire.in_flight)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        sender = await stack.enter_async_context(account(hass, wire.provider, simulator, wire.numbers(RECIPIENTS)))
        bare = batch_method(session, wire) if wire.batch else loop_method(session, wire)
        accepted_before, sent_before = await simulator.count_texts(wire.provider), _recipients_by_text.total()
        yield Case(
            wire.provider,
            {"notify entities": sender.send_to_entities, "texting.send_message": sender.send_to_numbers},
            {"bare": bare},
        )
        sent = _recipients_by_text.total() - sent_before
        accepted = await simulator.count_texts(wire.provider) - accepted_before
        if sent != accepted:
            raise NotAccepted(f"{accepted} of {sent} texts through {TITLES[wire.provider]} were accepted")


async def _measure(case: Case, recipients: int, latency: float, disk: sqlite3.Connection, table: Table) -> None:
    ratios: dict[str, dict[str, list[float]]] = {name: {other: [] for other in COLUMNS} for name in case.integration}
    for method in (*case.integration.values(), *case.others.values()) * WARM_UP:
        await _seconds(method, 1)
    for round_number in range(ROUNDS[recipients]):
        # Measure the bare method after each method of the integration, and the others once in each round.
        others = {
            name: await _seconds(method, recipients)
            for name, method in case.others.items()
            if name != "bare" and (round_number < SLOW_ROUNDS or name != "requests" or recipients * latency < 1)
        }
        for name, method in case.integration.items():
            seconds, bare = await _seconds(method, recipients), await _seconds(case.others["bare"], recipients)
            for other, other_seconds in (others | {"bare": bare, "durable": bare + _write(disk)}).items():
                ratios[name][other].append(seconds / other_seconds)
    for name in case.integration:
        row = f"{TITLES[case.provider]}, {name}, {recipients}, {latency * 1000:.0f} ms"
        table.add_ratios(row, ratios[name], case.limit(recipients, latency))


async def _seconds(method: SendFunction, recipients: int) -> float:
    text = f"Home alert: number {len(_recipients_by_text)}"
    _recipients_by_text[text] = recipients
    started = perf_counter()
    await method(recipients, text)
    return perf_counter() - started
