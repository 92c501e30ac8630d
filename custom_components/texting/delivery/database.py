"""The outbox's database, as its thread uses it: the file, and memory in its stead while it cannot be written."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
import sqlite3

from . import salvage, schema
from .record import Record, Row, to_changes, to_row

_AUTOCHECKPOINT = 1000  # pages, SQLite's own default


class OutboxError(Exception):
    """The file cannot be written. The text is the kind of failure, never contents."""


class Database:
    """Everything blocks, and nothing but the attributes may be used outside of one thread.

    damaged is where a damaged file was put aside, None if there was none; salvaged how many messages of it were intact.
    """

    damaged: Path | None = None
    salvaged: int = 0

    def __init__(self, path: Path) -> None:
        """Touch nothing yet."""
        self.path = path
        self._file: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._memory: sqlite3.Connection | None = None
        self._unwritten: dict[str, Row] = {}
        self._paused = False

    @property
    def failing(self) -> bool:
        """Whether memory stands in for the file."""
        return self._memory is not None

    def open(self) -> None:
        """Open or make the file; never raises."""
        try:
            self._connect()
        except sqlite3.Error, OSError:
            self._stand_in()
        if self._unwritten:  # since it was closed
            with suppress(OutboxError):
                self.write(())

    def write(self, records: Iterable[Record]) -> None:
        """Commit these and what could not be written before; raises OutboxError and remembers them where that fails."""
        records = list(records)
        try:
            file = self._writable()
            with file:
                # A file that was made anew needs more than the latest rows.
                file.executemany(schema.UPSERT, self._unwritten.values())
                _put(file, records)
        except sqlite3.IntegrityError:
            raise  # the fault of a row, which no repetition mends
        except (sqlite3.Error, OSError) as error:
            self._unwritten |= {record.reference: to_row(record) for record in records}
            self._stand_in()
            raise OutboxError(_kind(error)) from None
        self._unwritten = {}
        if self._memory:
            self._memory.close()
            self._memory = None

    def read(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        """The rows that a query finds."""
        try:
            return self._current().execute(sql, parameters).fetchall()
        except sqlite3.Error, OSError:
            self._stand_in()
            return self._current().execute(sql, parameters).fetchall()

    def delete(self, sql: str, parameters: Sequence[object]) -> int:
        """How many rows a DELETE took; raises OutboxError."""
        try:
            with self._current() as connection:
                return connection.execute(sql, parameters).rowcount
        except (sqlite3.Error, OSError) as error:
            self._stand_in()
            raise OutboxError(_kind(error)) from None

    def pause_checkpoints(self, *, pause: bool) -> None:
        """Leave the main file alone, so that what is committed grows the -wal only; or no longer."""
        self._paused = pause
        if self._file:
            with suppress(sqlite3.Error):
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._set_checkpoints(self._file)

    def close(self) -> None:
        """Try a last time to write what could not be, and let go of the file."""
        if self.failing:
            with suppress(OutboxError):
                self.write(())
        for connection in (self._file, self._memory):
            if connection:
                connection.close()
        self._file = self._memory = None

    def _current(self) -> sqlite3.Connection:
        return self._memory or self._file or self._connect()

    def _writable(self) -> sqlite3.Connection:
        """The file, opened again where it was let go of, or where another one or none is in its place."""
        if self._file and self._inode != _inode(self.path):
            with suppress(sqlite3.Error):
                # Else SQLite would take this -wal for that of the other file.
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._stand_in()
        return self._file or self._connect()

    def _connect(self) -> sqlite3.Connection:
        """Open the file: a new one where there is none, and one with what is intact in the place of a damaged one."""
        damaged = salvage.exchange(self.path)
        if new := schema.is_missing(self.path):
            schema.create(self.path, ())
        try:
            file = schema.connect(self.path)
        except schema.Damaged:
            damaged = salvage.restore(self.path)
            file = schema.connect(self.path)
        self._set_checkpoints(file)
        if damaged:
            self.damaged = damaged
            (self.salvaged,) = file.execute("SELECT count(*) FROM message").fetchone()
        if (new or damaged) and self._memory:
            self._unwritten = {str(row[0]): row for row in salvage.rows(self._memory)}
        self._file, self._inode = file, _inode(self.path)
        return file

    def _stand_in(self) -> None:
        """Let go of the file, and go on in memory with all that is known; the next write opens the file again."""
        if self._memory is None:
            self._memory = sqlite3.connect(":memory:")
            schema.migrate(self._memory)
            with suppress(OSError):
                schema.fill(self._memory, salvage.rows(self._file) if self._file else salvage.read(self.path))
        schema.fill(self._memory, self._unwritten.values())
        if self._file:
            self._file.close()
            self._file = None

    def _set_checkpoints(self, file: sqlite3.Connection) -> None:
        file.execute(f"PRAGMA wal_autocheckpoint = {0 if self._paused else _AUTOCHECKPOINT}")
        file.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self._paused)


def _put(file: sqlite3.Connection, records: Sequence[Record]) -> None:
    """What is answered was written before it was sent: its changes will do, unless it was lost with a damaged file."""
    known = [to_changes(record) for record in records if record.is_answered]
    whole = [record for record in records if not record.is_answered]
    if known and file.executemany(schema.UPDATE, known).rowcount < len(known):
        whole = list(records)
    file.executemany(schema.UPSERT, [to_row(record) for record in whole])


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _kind(error: Exception) -> str:
    """What went wrong, without a path or a value."""
    return getattr(error, "sqlite_errorname", type(error).__name__)
