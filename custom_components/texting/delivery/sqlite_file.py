"""SqliteFile: the database as its thread uses it. While the file cannot be written, a copy in memory replaces it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
import sqlite3

from . import recovery, schema
from .record import MessageRecord
from .serialization import Row, to_changes, to_row

# In pages. This is SQLite's own default.
_AUTOCHECKPOINT = 1000


class DatabaseError(Exception):
    """The file cannot be written. The text is the kind of failure and holds no contents."""


class SqliteFile:
    """Every method blocks. Only one thread may call them; the attributes may be read anywhere."""

    # Where a damaged file was moved to, None if there was none.
    damaged: Path | None = None
    # How many messages of the damaged file were intact.
    recovered: int = 0

    def __init__(self, path: Path) -> None:
        """Do not touch the file yet."""
        self.path = path
        self._file: sqlite3.Connection | None = None
        # The device and inode of the open file.
        self._inode: tuple[int, int] | None = None
        self._memory: sqlite3.Connection | None = None
        # Rows that are not in the file, by reference.
        self._unwritten: dict[str, Row] = {}
        self._is_paused = False

    @property
    def failing(self) -> bool:
        """Return True while memory replaces the file."""
        return self._memory is not None

    def open(self) -> None:
        """Open or create the file. This never raises."""
        try:
            self._connect()
        except sqlite3.Error, OSError:
            self._use_memory()
        if self._unwritten:  # since it was closed
            with suppress(DatabaseError):
                self.write(())

    def write(self, records: Iterable[MessageRecord]) -> None:
        """Commit these records, and those that could not be written before.

        If that fails, remember them and raise DatabaseError.
        """
        records = list(records)
        try:
            file = self._writable_file()
            with file:
                # A new file needs more than the latest rows.
                file.executemany(schema.UPSERT, self._unwritten.values())
                _write(file, records)
        except sqlite3.IntegrityError:
            raise  # one row is wrong, and trying again would not help
        except (sqlite3.Error, OSError) as error:
            self._unwritten |= {record.reference: to_row(record) for record in records}
            self._use_memory()
            raise DatabaseError(_kind(error)) from None
        self._unwritten = {}
        if self._memory:
            self._memory.close()
            self._memory = None

    def read(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        """Return the rows that a query finds."""
        try:
            return self._current().execute(sql, parameters).fetchall()
        except sqlite3.Error, OSError:
            self._use_memory()
            return self._current().execute(sql, parameters).fetchall()

    def delete(self, sql: str, parameters: Sequence[object]) -> int:
        """Delete rows and return how many were deleted; raise DatabaseError."""
        try:
            with self._current() as connection:
                return connection.execute(sql, parameters).rowcount
        except (sqlite3.Error, OSError) as error:
            self._use_memory()
            raise DatabaseError(_kind(error)) from None

    def pause_checkpoints(self, *, pause: bool) -> None:
        """Leave the main file as it is, so that commits only append to the -wal; or end that."""
        self._is_paused = pause
        if self._file:
            with suppress(sqlite3.Error):
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._set_checkpoints(self._file)

    def close(self) -> None:
        """Try once more to write what could not be written, then release the file."""
        if self.failing:
            with suppress(DatabaseError):
                self.write(())
        for connection in (self._file, self._memory):
            if connection:
                connection.close()
        self._file = self._memory = None

    def _current(self) -> sqlite3.Connection:
        return self._memory or self._file or self._connect()

    def _writable_file(self) -> sqlite3.Connection:
        """Return the file. Open it again if it was released, or if it was replaced or removed."""
        if self._file and self._inode != _inode(self.path):
            with suppress(sqlite3.Error):
                # If this -wal stays, SQLite takes it for that of the other file.
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._use_memory()
        return self._file or self._connect()

    def _connect(self) -> sqlite3.Connection:
        """Open the file. A missing file is created. A damaged one is replaced by one with the intact rows."""
        damaged = recovery.finish_restore(self.path)
        if is_new := schema.is_missing(self.path):
            schema.create(self.path, ())
        try:
            file = schema.connect(self.path)
        except schema.Damaged:
            damaged = recovery.restore(self.path)
            file = schema.connect(self.path)
        self._set_checkpoints(file)
        if damaged:
            self.damaged = damaged
            (self.recovered,) = file.execute("SELECT count(*) FROM message").fetchone()
        if (is_new or damaged) and self._memory:
            self._unwritten = {str(row[0]): row for row in recovery.readable_rows(self._memory)}
        self._file, self._inode = file, _inode(self.path)
        return file

    def _use_memory(self) -> None:
        """Release the file and continue in memory with all rows. The next write opens the file again."""
        if self._memory is None:
            self._memory = sqlite3.connect(":memory:")
            schema.migrate(self._memory)
            with suppress(OSError):
                rows = recovery.readable_rows(self._file) if self._file else recovery.read_intact(self.path)
                schema.insert(self._memory, rows)
        schema.insert(self._memory, self._unwritten.values())
        if self._file:
            self._file.close()
            self._file = None

    def _set_checkpoints(self, file: sqlite3.Connection) -> None:
        file.execute(f"PRAGMA wal_autocheckpoint = {0 if self._is_paused else _AUTOCHECKPOINT}")
        file.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self._is_paused)


def _write(file: sqlite3.Connection, records: Sequence[MessageRecord]) -> None:
    """Write only the changes of records with a result, since their rows were written before they were sent.

    If a damaged file lost such a row, write whole rows.
    """
    changes = [to_changes(record) for record in records if record.has_result]
    whole = [record for record in records if not record.has_result]
    if changes and file.executemany(schema.UPDATE, changes).rowcount < len(changes):
        whole = list(records)
    file.executemany(schema.UPSERT, [to_row(record) for record in whole])


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _kind(error: Exception) -> str:
    """Return what went wrong, without a path or a value."""
    return getattr(error, "sqlite_errorname", type(error).__name__)
