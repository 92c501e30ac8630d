"""What is written beside messages, on its way to a file: incoming messages, reply codes and incidents."""

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice
from math import inf
import sqlite3
import sys

from . import incidents, incoming, queries, reply_codes, schema
from .incidents import IncidentRow
from .incoming import IncomingRecord
from .reply_codes import ReplyCode
from .salvage import read_both_ends, read_end
from .serialization import Row, read_rows

# Incoming messages that are kept in memory while the file cannot be written. Strangers can send any number.
MAX_MEMORY_ROWS = 10_000
# The bytes of their texts.
MAX_MEMORY_SIZE = 10_000_000
# Incidents that are kept too. Open ones come first.
MAX_MEMORY_INCIDENTS = 1000
_TEXT = incoming.COLUMNS.index("text")
_ENTRY_ID = incoming.COLUMNS.index("entry_id")
_CODE_ENTRY_ID = reply_codes.COLUMNS.index("entry_id")
_INCIDENT_ENTRY_ID = incidents.COLUMNS.index("entry_id")
_ENDED_AT = incidents.COLUMNS.index("ended_at")


@dataclass(slots=True)
class InboundRows:
    """Rows that are to be written. A later row replaces an earlier one with the same key."""

    # By id, oldest first.
    incoming: dict[object, Row] = field(default_factory=dict)
    # By number and code.
    codes: dict[tuple[object, object], Row] = field(default_factory=dict)
    # By entry and id.
    incidents: dict[tuple[object, object], Row] = field(default_factory=dict)
    # The ids of incoming messages that are to be marked, in the order in which they were handed on.
    handed_on: dict[object, None] = field(default_factory=dict)
    # The bytes of the texts.
    size: int = 0

    def __bool__(self) -> bool:
        """Return True if there is something to write."""
        return bool(self.incoming or self.codes or self.incidents or self.handed_on)

    @property
    def is_full(self) -> bool:
        """Return True if there is no room for more incoming messages."""
        return len(self.incoming) >= MAX_MEMORY_ROWS or self.size >= MAX_MEMORY_SIZE

    def add(
        self,
        records: Iterable[IncomingRecord],
        codes: Iterable[ReplyCode],
        changed: Iterable[IncidentRow],
        removed: Container[str],
    ) -> None:
        """Add the rows of these as they are now, except those of removed entries."""
        self._put(incoming.to_row(each) for each in records if each.entry_id not in removed)
        kept = (each for each in codes if each.entry_id not in removed)
        self.codes |= {(each.number, each.code): reply_codes.to_row(each) for each in kept}
        self.incidents |= _by_key(incidents.to_row(each) for each in changed if each.entry_id not in removed)

    def update(self, newer: InboundRows) -> None:
        """Add rows that are newer. Only the newest incoming messages and incidents are kept."""
        self._put(newer.incoming.values())
        self.codes |= newer.codes
        self.incidents |= newer.incidents
        if len(self.incidents) > MAX_MEMORY_INCIDENTS:
            self.incidents = _by_key(_newest_incidents(self.incidents.values()))
        self.handed_on |= newer.handed_on
        for key in list(islice(self.handed_on, max(len(self.handed_on) - MAX_MEMORY_ROWS, 0))):
            del self.handed_on[key]
        for key in list(self.incoming) if self.is_full else ():
            if len(self.incoming) <= MAX_MEMORY_ROWS and self.size <= MAX_MEMORY_SIZE:
                return
            self.size -= _size(self.incoming.pop(key))

    def forget(self, entry_id: str) -> None:
        """Do not write rows of an entry."""
        self.incoming = {key: row for key, row in self.incoming.items() if row[_ENTRY_ID] != entry_id}
        self.size = sum(map(_size, self.incoming.values()))
        self.codes = {key: row for key, row in self.codes.items() if row[_CODE_ENTRY_ID] != entry_id}
        self.incidents = {key: row for key, row in self.incidents.items() if row[_INCIDENT_ENTRY_ID] != entry_id}

    def write(self, connection: sqlite3.Connection) -> None:
        """Write the rows within the present transaction."""
        if self.incoming:
            connection.executemany(schema.UPSERT_INCOMING, self.incoming.values())
        if self.codes:
            connection.executemany(schema.UPSERT_CODE, self.codes.values())
        if self.incidents:
            connection.executemany(schema.UPSERT_INCIDENT, self.incidents.values())
        if self.handed_on:
            connection.executemany(schema.HAND_ON, ((incoming_id,) for incoming_id in self.handed_on))

    def _put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if older := self.incoming.get(row[0]):
                self.size -= _size(older)
            self.size += _size(row)
            self.incoming[row[0]] = row


def merge_inbound(source: sqlite3.Connection, target: sqlite3.Connection, *, only_newest: bool = False) -> None:
    """Take over the rows that can be read. They replace those of the target.

    Of the texts and incidents, only_newest takes as many as memory may hold.
    """
    texts = _newest(_incoming(source, MAX_MEMORY_ROWS)) if only_newest else _incoming(source)
    codes = read_both_ends(source, schema.SELECT_CODE, ("number", "code"))
    found = _intact(read_both_ends(source, schema.SELECT_INCIDENT, ("entry_id", "id")), incidents.from_row)
    with target:
        for sql, rows in (
            (schema.UPSERT_INCOMING, _intact(texts, incoming.from_row)),
            (schema.UPSERT_CODE, _intact(codes, reply_codes.from_row)),
            (schema.UPSERT_INCIDENT, _newest_incidents(found) if only_newest else found),
        ):
            for row in rows:
                with suppress(sqlite3.IntegrityError):
                    target.execute(sql, row)


def keep_newest(connection: sqlite3.Connection) -> None:
    """Delete all but the newest incoming messages and incidents of a copy in memory."""
    with connection:
        connection.execute(queries.TRIM_INCOMING, (MAX_MEMORY_ROWS,))
        connection.execute(queries.TRIM_INCIDENTS, (MAX_MEMORY_INCIDENTS,))


def keep_size(connection: sqlite3.Connection) -> None:
    """Delete the oldest incoming messages of a copy in memory, until their texts are small enough."""
    with connection:
        connection.execute(queries.TRIM_TEXTS, (MAX_MEMORY_SIZE,))


def _size(row: Row) -> int:
    """Return the bytes of a row's text."""
    return sys.getsizeof(row[_TEXT])


def _newest(rows: Iterable[Row]) -> Iterator[Row]:
    """Return rows, newest first, until their texts are as large as memory may hold."""
    size = 0
    for row in rows:
        size += _size(row)
        if size > MAX_MEMORY_SIZE:
            return
        yield row


def _by_key(rows: Iterable[Row]) -> dict[tuple[object, object], Row]:
    return {(row[0], row[1]): row for row in rows}


def _newest_incidents(rows: Iterable[Row]) -> Iterator[Row]:
    """Return the incidents that are kept in memory, those that ended first before others."""

    def ended_at(row: Row) -> float:
        return inf if (moment := row[_ENDED_AT]) is None else float(moment)

    return reversed(nlargest(MAX_MEMORY_INCIDENTS, rows, key=ended_at))


def _intact(rows: Iterable[Row], read: Callable[[Row], object]) -> Iterator[Row]:
    """Return the rows that hold what they should. Rows of a damaged file may hold anything."""
    return (row for row in rows if list(read_rows([row], read, lambda _key: None)))


def _incoming(connection: sqlite3.Connection, limit: int | None = None) -> Iterator[Row]:
    """Read from both ends, each time up to the first page that cannot be read, then what is between.

    The indexes tell which texts are between. A row may come twice. With a limit, read the newest rows, newest first.
    """
    first, last, found = "", "~", 0  # all ids are between first and last
    try:
        for row in read_end(connection, schema.SELECT_INCOMING, ("id",), descending=True, limit=limit):
            last, found = str(row[0]), found + 1
            yield row
    except sqlite3.Error:
        if limit is None:
            with suppress(sqlite3.Error):
                for row in read_end(connection, schema.SELECT_INCOMING, ("id",)):
                    first = str(row[0])
                    yield row
        between = sorted(_ids(connection, first, last), reverse=True)
        for key in between if limit is None else between[: limit - found]:
            for sql in queries.SALVAGE_INCOMING:
                with suppress(sqlite3.Error):
                    yield from connection.execute(sql, (key,))


def _ids(connection: sqlite3.Connection, first: str, last: str) -> set[str]:
    """Return the ids between two that can be read from an index."""
    found = set()
    for name, key in queries.INCOMING_INDEXES.items():
        select = f"SELECT {', '.join(key)} FROM incoming INDEXED BY {name}"  # noqa: S608  our own names
        for *_, incoming_id in read_both_ends(connection, select, key):
            if first < str(incoming_id) < last:
                found.add(str(incoming_id))
    return found
