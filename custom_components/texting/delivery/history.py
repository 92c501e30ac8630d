"""History: sent and received messages of several entries in one order, newest first, page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import nlargest
import json
import math
from typing import NamedTuple

from ..gateway.status import Status
from . import incoming, queries
from .incoming import IncomingRecord, lowest_id, time_of_id
from .record import MessageRecord
from .serialization import INVALID, Row, read_rows, to_text, valid_records
from .sqlite_file import SqliteFile

SENT, RECEIVED = 0, 1

# No row has a higher id.
_MAX_ROW = 2**63 - 1
# No moment is later. In Unix seconds.
_END = 2.0**63
# No ULID is higher.
_MAX_ULID = "~"


class Position(NamedTuple):
    """The place of a message in the history. A higher position is newer, and no two messages have the same one."""

    # When the message was created or came in, in Unix seconds.
    time: float
    # SENT or RECEIVED.
    kind: int
    # The id of the row: a number of a sent message, a ULID of a received one.
    id: int | str


@dataclass(frozen=True, slots=True)
class SentBy:
    """Messages that an entry sent."""

    # The id of an account or a route.
    entry_id: str
    # The recipient that they went to, by the subentry's id. None: all of them.
    recipient_id: str | None = None
    # False: the entry's own messages. True: attempts for messages of a route.
    attempts: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedBy:
    """Messages that came in through an account."""

    entry_id: str
    # The number that they came from. None: all of them.
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which messages are wanted, newest first."""

    # A message belongs to one of them at most.
    sent: frozenset[SentBy] = frozenset()
    received: frozenset[ReceivedBy] = frozenset()
    # Only sent messages with one of these.
    statuses: frozenset[Status] = frozenset(Status)
    # Only sent messages that are done.
    only_done: bool = False
    # From this moment on, in Unix seconds.
    since: float = 0.0
    # Before this moment, in Unix seconds.
    until: float = _END
    # Only messages before this one, the last of the page before.
    before: Position | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of a history, newest first."""

    messages: list[MessageRecord | IncomingRecord] = field(default_factory=list)
    # Where the next page begins. None: there are no more messages.
    next: Position | None = None


class HistoryReader:
    """Every method blocks. Only the database's thread may call them.

    The positions of a page are found in indexes, and only the rows of the page are read. So a page takes the same time
    with any history, also if a filter finds nothing in it.
    """

    def __init__(self, file: SqliteFile, on_invalid: Callable[[object], object]) -> None:
        """on_invalid gets the key of each row that cannot be read. Such rows are skipped."""
        self._file = file
        self._on_invalid = on_invalid

    def page(self, query: HistoryQuery) -> Page:
        """Return a page of the history."""
        wanted = query.limit + 1
        found: list[Position] = []
        for search in (*_sent(query), *_received(query)):
            # What is older than all of a full page is not read.
            since = max(query.since, found[-1].time) if len(found) == wanted else query.since
            found = nlargest(wanted, [*found, *search(self._file, since, wanted)])
        shown, has_more = found[: query.limit], len(found) == wanted
        messages = self._messages([each.id for each in shown if each.kind == SENT])
        texts = self._texts([each.id for each in shown if each.kind == RECEIVED])
        known = ((messages if each.kind == SENT else texts).get(each.id) for each in shown)
        return Page([each for each in known if each], shown[-1] if has_more else None)

    def latest(self, entry_id: str) -> MessageRecord | None:
        """Return the newest message of an entry. An attempt for a route's message is the route's."""
        newest = self.page(HistoryQuery(sent=frozenset({SentBy(entry_id)}), limit=1)).messages
        return next((each for each in newest if isinstance(each, MessageRecord)), None)

    def _messages(self, ids: list[int | str]) -> dict[int | str, MessageRecord]:
        rows = {row[1]: (row[0], row[1:]) for row in self._file.read(queries.MESSAGES_BY_ID, (json.dumps(ids),))}
        records = valid_records((row for _, row in rows.values()), self._on_invalid)
        return {_row_id(rows[each.reference][0]): each for each in records}

    def _texts(self, ids: list[int | str]) -> dict[int | str, IncomingRecord]:
        rows = self._file.read(queries.TEXTS_BY_ID, (json.dumps(ids),))
        return {each.id: each for each in read_rows(rows, incoming.from_row, self._on_invalid)}


# Takes the file, the first moment in Unix seconds, and the most positions to find.
type _Search = Callable[[SqliteFile, float, int], Iterator[Position]]


def _sent(query: HistoryQuery) -> Iterator[_Search]:
    """Yield the searches for sent messages, one for each part of an index in which they are in the order of time."""
    upper_time, upper_row = query.until, 0
    if (before := query.before) and before.time < query.until:
        # At the same moment, received messages come first.
        upper_time, upper_row = before.time, before.id if isinstance(before.id, int) else _MAX_ROW
    for source in query.sent:
        sql = queries.history_of_sent(by_recipient=source.recipient_id is not None, only_done=query.only_done)
        key = (*([] if source.recipient_id is None else [source.recipient_id]), source.entry_id)
        for status in query.statuses:

            def search(
                file: SqliteFile,
                since: float,
                wanted: int,
                sql: str = sql,
                key: tuple[object, ...] = (*key, status.value, not source.attempts),
            ) -> Iterator[Position]:
                rows = file.read(sql, (*key, since, upper_time, upper_row, wanted))
                return (Position(float(str(time)), SENT, _row_id(row)) for time, row in rows)

            yield search


def _received(query: HistoryQuery) -> Iterator[_Search]:
    """Yield the searches for received messages."""
    upper = _first_ulid(query.until)
    if before := query.before:
        upper = min(upper, before.id if isinstance(before.id, str) else _first_ulid(before.time))
    for source in query.received:
        sql = queries.HISTORY_OF_RECEIVED[source.number is not None]
        key = (source.entry_id, *(() if source.number is None else (to_text(source.number),)))

        def search(
            file: SqliteFile, since: float, wanted: int, sql: str = sql, key: tuple[str, ...] = key
        ) -> Iterator[Position]:
            return _positions(file.read(sql, (*key, _first_ulid(since), upper, wanted)))

        yield search


def _positions(rows: list[Row]) -> Iterator[Position]:
    for (found,) in rows:
        try:
            yield Position(time_of_id(str(found)), RECEIVED, str(found))
        except INVALID:  # a damaged row
            continue


def _first_ulid(moment: float) -> str:
    """Return the beginning of the first ULID whose time is not before a moment in Unix seconds."""
    if moment >= _END:
        return _MAX_ULID
    milliseconds = math.ceil(moment * 1000)
    # The product is not exact.
    while milliseconds / 1000 < moment:
        milliseconds += 1
    while (milliseconds - 1) / 1000 >= moment:
        milliseconds -= 1
    return lowest_id(milliseconds=milliseconds)


def _row_id(stored: str | float | None) -> int:
    return int(stored or 0)
