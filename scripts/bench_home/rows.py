"""Measure the message database with a short and a long history: old messages must not make it slower."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
import os
from pathlib import Path
import sqlite3
from statistics import median
import threading
import time

from custom_components.texting.delivery import incoming, schema
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.history import HistoryQuery, ReceivedBy, SentBy
from custom_components.texting.delivery.incoming import IncomingRecord, TextQuery, fingerprint, lowest_id
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.serialization import Row, to_row
from custom_components.texting.gateway.message import IncomingMessage, Message
from custom_components.texting.gateway.status import Status

from .loop_monitor import MonitoredSelector
from .table import Limit, Table

ROWS = (1_000, 100_000, 1_000_000)
# A home with one route, whose texts leave through four accounts.
ROUTE, *ACCOUNTS = (f"01JD00000000000000000000E{number}" for number in range(5))
RECIPIENTS = 12
TEXT = "Water in the cellar: the sensor beside the washing machine has been wet for 5 minutes."
# A year of messages.
HISTORY = 365 * 24 * 3600.0
# The newest messages are not done yet.
PENDING = 60
# A file with as many rows is checked in the background.
LARGE = 10_000
OPENINGS = 9
REPEATS = 50
# Messages that are purged at most.
PURGED = 20_000
MAX_OPEN = Limit(50, " ms")
MAX_QUERY = Limit(2, " ms")
MAX_PIECE = Limit(20, " ms")
MAX_PAGE = Limit(20, " ms")
MAX_BLOCKED = Limit(20, " ms")
HEADINGS = {"cpu": 8, "cpu, worst": 14, "wall": 10, "wall, worst": 14}


@dataclass(slots=True)
class Times:
    """How long an operation took, each time in milliseconds."""

    # CPU time of the database's thread.
    cpu: list[float] = field(default_factory=list)
    # From the call to the result.
    wall: list[float] = field(default_factory=list)

    async def measure(self, operation: Callable[[], Awaitable[object]]) -> None:
        """Measure an operation once. It may start the thread."""
        cpu, wall = _thread_time(), time.perf_counter()
        await operation()
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.cpu.append((_thread_time() - cpu) * 1000)

    def add_to(self, table: Table, name: str, limit: Limit, *, worst: bool = False) -> None:
        """Print the times. The limit is for the median of the CPU time, or for the worst."""
        cells = (median(self.cpu), max(self.cpu), median(self.wall), max(self.wall))
        table.add_cells(name, [f"{each:.2f}" for each in cells], cells[worst], limit)


async def measure_rows(folder: Path, loop: MonitoredSelector, table: Table) -> None:
    """Build a file for each number of rows, and measure what Texting does with it."""
    for rows in ROWS:
        path, now = folder / f"{rows}.db", time.time()
        _build(path, rows, now)
        await asyncio.sleep(0)  # the turn of the loop that built the file is not measured
        with loop.monitor() as measured:
            await _measure(path, rows, now, table)
        table.add_value(f"{rows:,} rows: loop blocked", measured.longest * 1000, MAX_BLOCKED)
        path.unlink()


async def _measure(path: Path, rows: int, now: float, table: Table) -> None:
    """Open the file several times, then call each operation."""
    opening = Times()
    for _ in range(OPENINGS):
        database = MessageDatabase(path)
        await opening.measure(database.open)
        await database.close()
    opening.add_to(table, f"{rows:,} rows: open", MAX_OPEN)
    await database.open()
    for name, operation in _operations(database, rows, now).items():
        times = Times()
        for _ in range(REPEATS):
            await times.measure(operation)
        times.add_to(table, f"{rows:,} rows: {name}", MAX_QUERY)
    for name, query in _histories(now).items():
        times = Times()
        for _ in range(REPEATS):
            await times.measure(lambda query=query: database.history(query))  # type: ignore[misc]
        times.add_to(table, f"{rows:,} rows: history, {name}", MAX_PAGE)
    before = now - HISTORY + HISTORY * min(rows // 2, PURGED) / rows
    await _measure_purge(database, before, f"{rows:,} rows: read during a purge", table)
    await database.close()
    if rows >= LARGE:
        os.utime(path)  # a change from outside is a reason for a full check
        database, times = MessageDatabase(path), Times()
        await database.open()
        for _ in range(REPEATS):
            await times.measure(lambda: database.latest(ACCOUNTS[0]))
        times.add_to(table, f"{rows:,} rows: latest during a full check", MAX_QUERY)
        await database.close()


def _operations(database: MessageDatabase, rows: int, now: float) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return what is called, with other messages each time."""
    numbers = count()
    account, today = ACCOUNTS[0], _day(now)

    def some() -> int:
        # A step that is prime to the number of rows spreads the calls over all of them.
        return next(numbers) * 7919 % rows

    async def look_up(reference: str | None = None, message_id: str | None = None) -> None:
        text = _incoming(some(), rows, now)
        await database.look_up(
            TextQuery(
                entry_id=text.entry_id,
                number=text.message.sender,
                fingerprint=text.fingerprint,
                since=now - HISTORY,
                accepted_since=now - HISTORY,
                reference=reference,
                message_id=message_id,
                own_id=text.message.message_id,
            )
        )

    async def receive() -> None:
        text = _incoming(rows + next(numbers), rows, now)
        await database.write((), incoming=[text])
        await database.hand_on(text.id)

    return {
        "load": lambda: database.load(account),
        "latest": lambda: database.latest(account),
        "segments_on": lambda: database.segments_on(account, today),
        "totals of 30 days": lambda: database.totals(account, _day(now - 29 * 24 * 3600)),
        "find by reference": lambda: database.find(reference=_reference(some()), entry_id=account),
        "find by message id": lambda: database.find(message_id=_message_id(some()), entry_id=account),
        "look_up of a text": look_up,
        "look_up with a reference": lambda: look_up(reference=_reference(some())),
        "look_up with a message id": lambda: look_up(message_id=_message_id(some())),
        "write and mark an incoming text": receive,
        "attempts of 10": lambda: database.attempts([_reference(some() // 10 * 10) for _ in range(10)]),
        "write one": lambda: database.write([_record(rows + next(numbers), rows, now)]),
    }


def _histories(now: float) -> dict[str, HistoryQuery]:
    """Return what people ask for, each time the first 200 messages."""
    entries, month = (ROUTE, *ACCOUNTS), 30 * 24 * 3600.0
    everybody = HistoryQuery(
        sent=frozenset(map(SentBy, entries)), received=frozenset(map(ReceivedBy, entries)), limit=200
    )
    person = HistoryQuery(
        sent=frozenset(SentBy(each, _recipient(3)) for each in entries),
        received=frozenset(ReceivedBy(each, _number(3)) for each in entries),
        limit=200,
    )
    failed = frozenset({Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED, Status.UNCERTAIN})
    return {
        "everybody": everybody,
        "a person": person,
        "an account with its attempts": HistoryQuery(
            sent=frozenset(SentBy(ACCOUNTS[1], attempts=attempts) for attempts in (False, True)),
            received=frozenset({ReceivedBy(ACCOUNTS[1])}),
            limit=200,
        ),
        "only attempts": replace(everybody, sent=frozenset(SentBy(each, attempts=True) for each in ACCOUNTS)),
        "failed": replace(everybody, statuses=failed, received=frozenset()),
        "a status that does not occur": replace(everybody, statuses=frozenset({Status.EXPIRED}), received=frozenset()),
        "a person, ten months ago": replace(person, since=now - 11 * month, until=now - 10 * month),
        "a period without messages": replace(everybody, until=now - 2 * HISTORY),
    }


async def _measure_purge(database: MessageDatabase, before: float, name: str, table: Table) -> None:
    """Measure reads while old messages are deleted. Each waits for one piece of the purge at most."""
    times, deleted = Times(), 0

    async def purge() -> None:
        nonlocal deleted
        for account in (ROUTE, *ACCOUNTS):
            deleted += await database.purge(before, account)
            await database.purge_incoming(account, before, before)

    async with asyncio.TaskGroup() as tasks:
        purging = tasks.create_task(purge())
        while not purging.done():
            await times.measure(lambda: database.latest(ACCOUNTS[0]))
    times.add_to(table, name, MAX_PIECE, worst=True)
    table.add_note(f"{deleted:,} messages deleted, and as many incoming ones")


# -- the messages ------------------------------------------------------------------------------------------------------


def _build(path: Path, rows: int, now: float) -> None:
    """Write a file as a home leaves it that sent these messages within a year, got as many, and closed it."""
    schema.create(path, lambda connection: schema.insert(connection, _rows(rows, now)))
    with closing(sqlite3.connect(path)) as connection, connection:
        texts = (incoming.to_row(_incoming(number, rows, now)) for number in range(rows))
        connection.executemany(schema.UPSERT_INCOMING, texts)
        connection.execute("UPDATE state SET closed_at = ?1, checked_at = ?1", (int(now),))
    os.utime(path, (int(now), int(now)))


def _rows(rows: int, now: float) -> Iterator[Row]:
    return (to_row(_record(number, rows, now)) for number in range(rows))


def _record(number: int, rows: int, now: float) -> MessageRecord:
    """Return a message. Every tenth is a route's, and the next one its attempt."""
    created_at = now - HISTORY + HISTORY * min(number, rows) / rows
    is_pending = rows - PENDING <= number < rows
    status = Status.ACCEPTED if is_pending else Status.UNDELIVERED if number % 37 == 0 else Status.DELIVERED
    return MessageRecord(
        message=Message(reference=_reference(number), to=_number(number), text=TEXT, title="Home"),
        entry_id=ROUTE if number % 10 == 0 else ACCOUNTS[number % len(ACCOUNTS)],
        created_at=created_at,
        expires_at=created_at + 3600,
        accepted_at=created_at + 0.5,
        day=_day(created_at),
        recipient_name="Anna",
        recipient_id=_recipient(number),
        parent=_reference(number - 1) if number % 10 == 1 else None,
        phase=Phase.TRACKED if is_pending else Phase.DONE,
        status=status,
        message_id=None if number % 10 == 0 else _message_id(number),
        provider_status="DELIVRD",
    )


def _incoming(number: int, rows: int, now: float) -> IncomingRecord:
    """Return an incoming text. It was handed on."""
    received_at = now - HISTORY + HISTORY * min(number, rows) / rows
    account, sender, text = ACCOUNTS[number % len(ACCOUNTS)], _number(number), f"Yes please, {number}"
    return IncomingRecord(
        id=f"{lowest_id(received_at)}{number:016}",
        entry_id=account,
        message=IncomingMessage(sender=sender, text=text, message_id=_message_id(number)),
        received_at=received_at,
        fingerprint=fingerprint("key", account, sender, text),
        is_handed_on=number < rows,
    )


def _reference(number: int) -> str:
    return f"01JD{number:022}"


def _message_id(number: int) -> str:
    """Return an id as a provider might make it: without an order."""
    return f"{number * 2654435761 % 2**32:08x}-{number:07}"


def _recipient(number: int) -> str:
    return f"01JD0000000000000000R{number % RECIPIENTS:05}"


def _number(number: int) -> str:
    return f"+3361234{number % RECIPIENTS:04}"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _thread_time() -> float:
    """Return the CPU time of the database's thread in seconds, 0 if it does not run."""
    for thread in threading.enumerate():
        if thread.name.startswith("texting database") and thread.ident:
            return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return 0.0
