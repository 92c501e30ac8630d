"""IncidentReader: what the database is asked about incidents of alerts."""

from collections.abc import Callable

from . import incidents, queries
from .incidents import IncidentRow
from .serialization import read_rows, to_text
from .sqlite_file import SqliteFile


class IncidentReader:
    """Every method blocks. Only the database's thread may call them."""

    def __init__(self, file: SqliteFile, on_invalid: Callable[[object], object]) -> None:
        """on_invalid gets the key of each row that cannot be read. Such rows are skipped."""
        self._file = file
        self._on_invalid = on_invalid

    def open(self, entry_id: str) -> list[IncidentRow]:
        """Return the incidents of an entry that are not over, oldest first."""
        return self._read(queries.OPEN_INCIDENTS, entry_id)

    def ended(self, entry_id: str, since: float) -> list[IncidentRow]:
        """Return the newest 1,000 incidents of an entry that ended since a moment, oldest first."""
        return self._read(queries.ENDED_INCIDENTS, entry_id, since)[::-1]

    def find(self, incident_id: str) -> IncidentRow | None:
        """Return the incident with this id, of any entry."""
        return next(iter(self._read(queries.FIND_INCIDENT, to_text(incident_id))), None)

    def last_drill(self, entry_id: str) -> IncidentRow | None:
        """Return the last drill of an entry that is over."""
        return next(iter(self._read(queries.LAST_DRILL, entry_id)), None)

    def _read(self, sql: str, *parameters: object) -> list[IncidentRow]:
        rows = self._file.read(sql, parameters)
        return list(read_rows(rows, incidents.from_row, self._on_invalid, keys=2))  # entry_id and id
