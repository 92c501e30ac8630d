"""SqliteFile: the database as its thread uses it. While the file cannot be written, a copy in memory replaces it."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
import os
from pathlib import Path
import sqlite3
import time

from . import inbound_rows, integrity, queries, recovery, schema
from .inbound_rows import InboundRows, keep_newest, keep_size, merge_inbound
from .record import MessageRecord, Phase
from .serialization import COLUMNS, Row, to_changes, to_row
from .totals import merge_totals

# In pages. This is SQLite's own default.
_AUTOCHECKPOINT = 1000
# How many of the newest rows are kept in memory while the file cannot be written, besides the pending ones.
MAX_MEMORY_ROWS = 10_000
_PHASE = COLUMNS.index("phase")
_ENTRY_ID = COLUMNS.index("entry_id")


class DatabaseError(Exception):
    """The file cannot be written. The text is the kind of failure and holds no contents."""


class SqliteFile:
    """Every method blocks. Only one thread may call them; the attributes may be read anywhere."""

    # Where a damaged file was moved to, None if there was none.
    damaged: Path | None = None
    # How many messages of the damaged file were intact.
    recovered: int = 0
    # The full check that the file needs, None if there is no reason to doubt it.
    due_check: integrity.FullCheck | None = None

    def __init__(self, path: Path) -> None:
        """Do not touch the file yet."""
        self.path = path
        self._file: sqlite3.Connection | None = None
        # The device and inode of the open file.
        self._inode: tuple[int, int] | None = None
        self._memory: sqlite3.Connection | None = None
        # The bytes of texts that came into it since they were counted.
        self._memory_growth = 0
        # Rows that are not in the file, by reference.
        self._unwritten: dict[str, Row] = {}
        self._unwritten_inbound = InboundRows()
        # Records that a power failure may take back.
        self._unsynced: list[MessageRecord] = []
        self._unsynced_inbound = InboundRows()
        # Whether the main file stays as it is.
        self.is_paused = False
        # Whether damage was found while the file was open.
        self._is_damaged = False
        # When all of the file was checked, in Unix seconds. None: not in this run.
        self._checked_at: int | None = None

    @property
    def failing(self) -> bool:
        """Return True while memory replaces the file."""
        return self._memory is not None

    def open(self) -> None:
        """Open or create the file. This never raises."""
        with suppress(OSError):
            recovery.delete_copy(self.path)
        try:
            self._connect()
        except sqlite3.Error, OSError:
            self._use_memory()
        if self._unwritten or self._unwritten_inbound:  # since it was closed
            with suppress(DatabaseError):
                self.write(())

    def write(
        self, records: Iterable[MessageRecord], inbound: InboundRows | None = None, *, syncs: bool = True
    ) -> None:
        """Commit these records and rows, and those that could not be written before.

        If syncs is false, the commit survives the end of the process, and a power failure only after sync. If it fails,
        remember the records and raise DatabaseError.
        """
        records, inbound = list(records), inbound or InboundRows()
        try:
            self._commit(records, inbound, syncs=syncs)
        except sqlite3.IntegrityError:
            raise  # one row is wrong, and trying again would not help
        except (sqlite3.Error, OSError) as error:
            self._unwritten |= {record.reference: to_row(record) for record in records}
            self._unwritten_inbound.update(inbound)
            self._write_to_memory(inbound)
            if not self._recover(error):
                raise DatabaseError(_kind(error)) from None

    def sync(self) -> None:
        """Let what was committed without that survive a power failure. This never raises."""
        unsynced, self._unsynced = self._unsynced, []
        inbound, self._unsynced_inbound = self._unsynced_inbound, InboundRows()
        if not (unsynced or inbound) or not self._file:
            return
        try:
            schema.sync(Path(f"{self.path}-wal"))
        except OSError as error:
            self._unwritten |= {record.reference: to_row(record) for record in unsynced}
            self._unwritten_inbound.update(inbound)
            self._recover(error)

    def read(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        """Return the rows that a query finds."""
        try:
            return self._current().execute(sql, parameters).fetchall()
        except (sqlite3.Error, OSError) as error:
            self._recover(error)
            return self._current().execute(sql, parameters).fetchall()

    def pending(self, entry_id: str) -> list[Row]:
        """Return the rows of an entry's pending messages. If one of them is done, its index is damaged."""
        rows = self.read(queries.PENDING, (entry_id,))
        if any(row[_PHASE] == Phase.DONE for row in rows):
            self._recover(integrity.Damaged())
            rows = self.read(queries.PENDING, (entry_id,))
        return [row for row in rows if row[_PHASE] != Phase.DONE]

    def delete(self, sql: str, parameters: Sequence[object]) -> int:
        """Delete rows and return how many were deleted; raise DatabaseError."""
        try:
            with self._current() as connection:
                return connection.execute(sql, parameters).rowcount
        except (sqlite3.Error, OSError) as error:
            self._recover(error)
            raise DatabaseError(_kind(error)) from None

    def forget(self, entry_id: str) -> None:
        """Do not write any more what could not be written yet of a removed entry."""
        self._unwritten = {key: row for key, row in self._unwritten.items() if row[_ENTRY_ID] != entry_id}
        self._unsynced = [record for record in self._unsynced if record.entry_id != entry_id]
        self._unwritten_inbound.forget(entry_id)
        self._unsynced_inbound.forget(entry_id)

    def remove(self, entry_id: str, count: int) -> int:
        """Delete at most so many rows of a removed entry, and the attempts for those that are messages.

        Return how many of its own rows were deleted; raise DatabaseError.
        """
        try:
            with self._current() as connection:
                found = connection.execute(queries.REMOVABLE, (entry_id, count)).fetchall()
                connection.executemany(queries.REMOVE_ATTEMPTS, [(reference,) for _, reference in found])
                connection.executemany(queries.REMOVE, [(number,) for number, _ in found])
                if found:
                    return len(found)
                # The other tables follow once there are no messages.
                return sum(connection.execute(sql, (entry_id, count)).rowcount for sql in queries.REMOVE_OTHERS)
        except (sqlite3.Error, OSError) as error:
            self._recover(error)
            raise DatabaseError(_kind(error)) from None

    def empty_wal(self) -> None:
        """Move everything to the main file and empty the -wal, which still holds what was deleted. Never raises.

        While the file is copied or checked, this waits for the next time.
        """
        if self._file and not (self.is_paused or self.due_check):
            with suppress(sqlite3.Error):
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def erase(self) -> None:
        """Delete the closed database, with all that damage or a crash left of it; raise OSError."""
        self._unwritten, self._unsynced, self._is_damaged = {}, [], False
        self._unwritten_inbound, self._unsynced_inbound = InboundRows(), InboundRows()
        self.damaged, self.recovered = None, 0
        recovery.delete_files(self.path)

    def finish_check(self, check: integrity.FullCheck, *, is_intact: bool | None) -> None:
        """Take the result of a full check: None if it came to no end. Another file may have been opened meanwhile."""
        if check is not self.due_check or is_intact is None:
            return
        if is_intact:
            self.due_check, self._checked_at = None, int(time.time())
            self.empty_wal()  # which it did not during the check
        else:
            self._recover(integrity.Damaged())

    def pause_checkpoints(self, *, pause: bool) -> None:
        """Leave the main file as it is, so that commits only append to the -wal; or end that."""
        self.is_paused = pause
        if self._file:
            with suppress(sqlite3.Error):
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._set_checkpoints(self._file)

    def close(self) -> None:
        """Try once more to write what could not be written, then release the file."""
        if self.failing:
            with suppress(DatabaseError):
                self.write(())
        if self._file and not self.is_paused:
            with suppress(sqlite3.Error, OSError):
                self._mark_closed(self._file)
        for connection in (self._file, self._memory):
            if connection:
                connection.close()
        self._file = self._memory = self.due_check = None

    def _mark_closed(self, file: sqlite3.Connection) -> None:
        """Note the time in the file and as the time of its last change. A file in doubt gets none."""
        now = None if self.due_check else int(time.time())
        with file:
            sql = "UPDATE state SET closed_at = ?, checked_at = coalesce(?, checked_at)"
            file.execute(sql, (now, self._checked_at))
        file.close()
        if now is not None and self._inode == _inode(self.path):
            os.utime(self.path, (now, now))

    def _current(self) -> sqlite3.Connection:
        return self._memory or self._file or self._connect()

    def _commit(self, records: Sequence[MessageRecord], inbound: InboundRows, *, syncs: bool = True) -> None:
        """Write to the file, and use it again if memory replaced it."""
        file = self._writable_file()
        # What could not be written before is not remembered a second time.
        syncs = syncs or bool(self._unwritten or self._unwritten_inbound)
        file.execute(f"PRAGMA synchronous = {'FULL' if syncs else 'NORMAL'}")
        with file:
            # A new file needs more than the latest rows.
            file.executemany(schema.UPSERT, self._unwritten.values())
            _write(file, records)
            self._unwritten_inbound.write(file)
            inbound.write(file)
        self._unwritten, self._unwritten_inbound = {}, InboundRows()
        # Syncing a commit syncs all earlier ones.
        if syncs:
            self._unsynced, self._unsynced_inbound = [], InboundRows()
        else:
            self._unsynced += records
            self._unsynced_inbound.update(inbound)
        if self._memory:
            self._memory.close()
            self._memory = None

    def _recover(self, error: Exception) -> bool:
        """Continue in memory. If the file is damaged, try to replace it at once; return True if that worked."""
        is_damage = integrity.is_damage(error)
        if is_damage and self._file:
            # Closing a damaged file must not write to it.
            self._file.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003  takes no keyword
        self._use_memory()
        if not is_damage:
            return False
        self._is_damaged = True
        try:
            self._commit((), InboundRows())
        except sqlite3.Error, OSError:
            self._use_memory()
            return False
        return True

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
            schema.create(self.path, self._copy_memory)
        last_close = integrity.LastClose.read(self.path)
        try:
            if self._is_damaged and not (damaged or is_new):
                raise integrity.Damaged  # noqa: TRY301  as a check would
            file = schema.connect(self.path)
        except integrity.Damaged:
            damaged = recovery.restore(self.path, self._memory)
            file = schema.connect(self.path)
        self._set_checkpoints(file)
        if damaged:
            (self.recovered,) = file.execute("SELECT count(*) FROM message").fetchone()
            self.damaged = damaged
        is_checked = is_new or damaged or last_close.is_small
        self._checked_at = int(time.time()) if is_checked else None
        in_doubt = not is_checked and last_close.leaves_doubt(file, time.time())
        self.due_check = integrity.FullCheck(self.path) if in_doubt else None
        self._file, self._inode, self._is_damaged = file, _inode(self.path), False
        return file

    def _copy_memory(self, file: sqlite3.Connection) -> None:
        """Fill a new file with what was kept in memory."""
        if self._memory:
            schema.insert(file, recovery.readable_rows(self._memory))
            merge_totals(self._memory, file)
            merge_inbound(self._memory, file)

    def _use_memory(self) -> None:
        """Release the file and continue in memory. The next write opens the file again.

        The memory holds the pending messages, the newest others, those that are not written yet, the totals, the newest
        incoming messages and incidents, and the reply codes.
        """
        if self._memory is None:
            self._memory = sqlite3.connect(":memory:")
            schema.migrate(self._memory)
            with (
                suppress(OSError, sqlite3.Error),
                nullcontext(self._file) if self._file else recovery.readable_copy(self.path) as source,
            ):
                recovery.copy_recent(source, self._memory, self._unwritten, MAX_MEMORY_ROWS)
            self._write_to_memory(self._unwritten_inbound)
        schema.insert(self._memory, self._unwritten.values())
        if self._file:
            self._file.close()
            self._file = None

    def _write_to_memory(self, inbound: InboundRows) -> None:
        """Let reads find rows, if memory replaces the file."""
        if self._memory and inbound:
            with self._memory:
                inbound.write(self._memory)
            keep_newest(self._memory)
            # Counting takes 10 ms.
            self._memory_growth += inbound.size
            if self._memory_growth >= inbound_rows.MAX_MEMORY_SIZE // 10:
                keep_size(self._memory)
                self._memory_growth = 0

    def _set_checkpoints(self, file: sqlite3.Connection) -> None:
        file.execute(f"PRAGMA wal_autocheckpoint = {0 if self.is_paused else _AUTOCHECKPOINT}")
        file.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self.is_paused)


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
