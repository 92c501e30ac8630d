"""DatabaseReads: what the message database is asked. The reads wait for what was written before."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
import json

from . import queries
from .history import HistoryQuery, HistoryReader, Page
from .inbound_reader import InboundReader
from .incident_reader import IncidentReader
from .incidents import IncidentRow
from .incoming import IncomingRecord
from .money import sums_by_currency, sums_by_month
from .record import MessageRecord
from .reply_codes import ReplyCode
from .serialization import Row, to_text, valid_records
from .sqlite_file import SqliteFile
from .totals import LAST_DAY, Totals


class DatabaseReads(ABC):
    """The reads of MessageDatabase. Each of them raises DatabaseError if the database is closed."""

    def __init__(self, file: SqliteFile) -> None:
        """Do not touch the file yet."""
        self._file = file
        # The keys of rows that hold nothing that can be read.
        self._skipped: set[object] = set()
        self._reader = InboundReader(file, self._skipped.add)
        self._incidents = IncidentReader(file, self._skipped.add)
        self._history = HistoryReader(file, self._skipped.add)

    @abstractmethod
    async def _run[*Arguments, Result](self, job: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Run a job in the thread of the file, after everything that was written before."""

    @property
    def skipped(self) -> int:
        """How many rows that were read in this run hold nothing that can be read. Each counts once."""
        return len(self._skipped)

    async def load(self, entry_id: str) -> list[MessageRecord]:
        """Return the pending messages of an entry, oldest first."""
        return list(self._valid(await self._run(self._file.pending, entry_id)))

    async def find(
        self, *, reference: str | None = None, message_id: str | None = None, entry_id: str | None = None
    ) -> MessageRecord | None:
        """Return the message with this reference, else the newest with this message id. Without an entry, of any."""
        for sql, value in ((queries.FIND_BY_REFERENCE, reference), (queries.FIND_BY_MESSAGE_ID, message_id)):
            if value and (found := await self._read(sql, to_text(value), entry_id)):
                return next(self._valid(found), None)
        return None

    async def find_incoming(self, incoming_id: str) -> IncomingRecord | None:
        """Return the incoming message with this id of ours."""
        return await self._run(self._reader.find, incoming_id)

    async def not_handed_on(self, entry_id: str, since: float) -> list[IncomingRecord]:
        """Return the newest 1,000 incoming messages that were not handed on, oldest first.

        They came in since a moment, in Unix seconds.
        """
        return await self._run(self._reader.not_handed_on, entry_id, since)

    async def reply_codes(self, since: float) -> list[ReplyCode]:
        """Return the codes of all entries that are open, or were closed since a moment, in Unix seconds."""
        return await self._run(self._reader.reply_codes, since)

    async def open_incidents(self, entry_id: str) -> list[IncidentRow]:
        """Return the incidents of an alert that are not over, oldest first."""
        return await self._run(self._incidents.open, entry_id)

    async def incidents(self, entry_id: str, since: float) -> list[IncidentRow]:
        """Return the newest 1,000 incidents of an alert that ended since a moment, in Unix seconds, oldest first."""
        return await self._run(self._incidents.ended, entry_id, since)

    async def find_incident(self, incident_id: str) -> IncidentRow | None:
        """Return the incident with this id."""
        return await self._run(self._incidents.find, incident_id)

    async def last_drill(self, entry_id: str) -> IncidentRow | None:
        """Return the last drill of an alert that is over."""
        return await self._run(self._incidents.last_drill, entry_id)

    async def latest(self, entry_id: str) -> MessageRecord | None:
        """Return the newest message of an entry."""
        return await self._run(self._history.latest, entry_id)

    async def history(self, query: HistoryQuery) -> Page:
        """Return a page of sent and received messages, newest first. It takes the same time with any history."""
        return await self._run(self._history.page, query)

    async def attempts(self, parents: Sequence[str]) -> list[MessageRecord]:
        """Return the attempts for these messages of a route, oldest first."""
        return list(self._valid(await self._read(queries.ATTEMPTS, json.dumps(list(parents)))))

    async def segments_on(self, entry_id: str, day: str) -> tuple[int, int]:
        """Return how many segments the provider accepted on a day of the home, in ISO format: all, and urgent ones."""
        ((segments, urgent),) = await self._read(queries.SEGMENTS_ON, entry_id, day)
        return int(segments or 0), int(urgent or 0)

    async def totals(self, entry_id: str, first_day: str, last_day: str = LAST_DAY) -> Totals:
        """Return the sums of an entry over some days of the home, in ISO format."""
        (sums,) = await self._read(queries.TOTALS, entry_id, first_day, last_day)
        return Totals(*(int(each or 0) for each in sums))

    async def spent(self, entry_id: str, first_day: str, last_day: str = LAST_DAY) -> dict[str, Decimal]:
        """Return what messages of some days cost, by the ISO code of the currency."""
        return sums_by_currency(await self._read(queries.SPENT, entry_id, first_day, last_day))

    async def spent_by_month(self, entry_id: str, since: str) -> dict[str, dict[str, Decimal]]:
        """Return what messages cost, by the month of the home in ISO format, then by the ISO code of the currency."""
        return sums_by_month(await self._read(queries.SPENT_BY_MONTH, entry_id, since))

    async def first_day(self, entry_id: str, currency: str | None = None) -> str | None:
        """Return the first day of the home that counts a message, or one with a price in a currency, in ISO format."""
        return next((str(day) for (day,) in await self._read(queries.FIRST_DAY, entry_id, currency)), None)

    async def pending_attempts(self, entry_id: str) -> list[MessageRecord]:
        """Return what accounts still do for messages of a route."""
        return list(self._valid(await self._read(queries.PENDING_ATTEMPTS, entry_id)))

    def _valid(self, rows: Iterable[Row]) -> Iterator[MessageRecord]:
        """Return the records of rows. Rows that hold none are skipped and counted."""
        return valid_records(rows, self._skipped.add)

    async def _read(self, sql: str, *parameters: object) -> list[Row]:
        return await self._run(self._file.read, sql, parameters)
