"""InboundReader: what the database is asked about incoming messages and reply codes."""

from collections.abc import Callable, Iterable, Iterator

from . import incoming, queries, reply_codes
from .incoming import IncomingRecord, LookUp, TextQuery, lowest_id
from .record import MessageRecord
from .reply_codes import ReplyCode
from .serialization import Row, read_rows, to_text, valid_records
from .sqlite_file import SqliteFile


class InboundReader:
    """Every method blocks. Only the database's thread may call them."""

    def __init__(self, file: SqliteFile, on_invalid: Callable[[object], object]) -> None:
        """on_invalid gets the key of each row that cannot be read. Such rows are skipped."""
        self._file = file
        self._on_invalid = on_invalid

    def look_up(self, text: TextQuery) -> LookUp:
        """Find what MessageDatabase.look_up returns."""
        entry_id, number = text.entry_id, to_text(text.number)
        known = self._known(text.fingerprint, lowest_id(text.since), text.own_id)
        latest = self._file.read(queries.LATEST_INCOMING, (entry_id, number))
        by_reference, by_message_id, by_number = queries.REPLIED
        last = self._file.read(by_number, (entry_id, number, text.accepted_since))
        return LookUp(
            known=known,
            latest=next(self._incoming(latest), None),
            named=self._message(by_reference, entry_id, text.reference)
            or self._message(by_message_id, entry_id, text.message_id),
            last=next(self._messages(last), None),
        )

    def find(self, incoming_id: str) -> IncomingRecord | None:
        """Return the text with this id of ours."""
        return next(self._incoming(self._file.read(queries.FIND_INCOMING, (to_text(incoming_id),))), None)

    def not_handed_on(self, entry_id: str, since: float) -> list[IncomingRecord]:
        """Return the newest texts of an entry that came in since a moment and were not handed on, oldest first."""
        return list(self._incoming(reversed(self._file.read(queries.NOT_HANDED_ON, (entry_id, lowest_id(since))))))

    def reply_codes(self, since: float) -> list[ReplyCode]:
        """Return the codes that are open, or were closed since a moment."""
        rows = self._file.read(queries.REPLY_CODES, (since,))
        return list(read_rows(rows, reply_codes.from_row, self._on_invalid, keys=2))  # number and code

    def _known(self, fingerprint: str, lowest: str, own_id: str | None) -> list[IncomingRecord]:
        """Return the texts with a fingerprint that may be the one with an id of the provider, newest first."""
        found = self._file.read(queries.KNOWN_WITHOUT_ID, (fingerprint, lowest))
        found += self._file.read(queries.KNOWN_WITH_ID, (fingerprint, lowest, own_id and to_text(own_id)))
        known = sorted(self._incoming(found), key=lambda each: each.id, reverse=True)
        return known if own_id else known[: queries.MAX_KNOWN]

    def _message(self, sql: str, entry_id: str, value: str | None) -> MessageRecord | None:
        """Return the message that an id names, if there is one."""
        return next(self._messages(self._file.read(sql, (entry_id, to_text(value)))), None) if value else None

    def _messages(self, rows: Iterable[Row]) -> Iterator[MessageRecord]:
        return valid_records(rows, self._on_invalid)

    def _incoming(self, rows: Iterable[Row]) -> Iterator[IncomingRecord]:
        return read_rows(rows, incoming.from_row, self._on_invalid)
