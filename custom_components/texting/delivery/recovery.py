"""Recovery of a damaged database: take over the intact rows, and move the damaged file aside."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
import glob
from itertools import count
import os
from pathlib import Path
import re
import shutil
import sqlite3

from .inbound_rows import merge_inbound
from .integrity import Damaged, page_size
from .queries import ALL_PENDING, FIND_BY_REFERENCE
from .record import Phase
from .schema import FIELDS, SELECT, create, database_files, insert, migrate, read_text, sync_folder
from .serialization import COLUMNS, Row, valid_records
from .totals import merge_totals

_RECOVERED = ".recovered"
# What follows the name of the database in the names of all files that can be made of it.
_LEFTOVER = rf"(\.damaged-[0-9-]+)?({re.escape(_RECOVERED)})?(\.new|\.copy)?(-wal|-shm|-journal)?"
# More rows than one page can hold.
_MAX_ROWS_PER_PAGE = 64
# Rows that are read at a time.
_MAX_READ = 1000
_RANGE = f"SELECT id, {FIELDS} FROM message WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"  # noqa: S608  our own names
_PHASE = COLUMNS.index("phase")


def restore(path: Path, memory: sqlite3.Connection | None) -> Path | None:
    """Replace a damaged database by a new one with its intact rows, and those in memory, which are newer.

    Return where the damaged file is now. Nothing is moved before the new file is on the disk. The new file's name tells
    where the damaged one goes, so that finish_restore can complete this after a crash.
    """
    recovered = Path(f"{path}{_RECOVERED}")

    def fill(connection: sqlite3.Connection) -> None:
        with readable_copy(path) as damaged:
            insert(connection, intact_rows(damaged))
            if memory:
                insert(connection, readable_rows(memory))
            for source in (damaged, memory):
                if source:
                    merge_totals(source, connection)
                    merge_inbound(source, connection)

    create(recovered, fill)
    recovered.rename(f"{_free_name(path)}{_RECOVERED}")
    return finish_restore(path)


def finish_restore(path: Path) -> Path | None:
    """Finish what restore began, perhaps before a crash. Return where the damaged file is now, or None."""
    for recovered in path.parent.glob(f"{glob.escape(path.name)}.damaged-*{_RECOVERED}"):
        aside = recovered.with_suffix("")
        for old, new in zip(database_files(path), database_files(aside), strict=True):
            with suppress(FileNotFoundError):
                old.rename(new)
        sync_folder(path)
        recovered.replace(path)
        sync_folder(path)
        return aside
    return None


def delete_files(path: Path) -> None:
    """Delete a database, the damaged files that were moved aside, and unfinished files; raise OSError.

    The main file goes last: while it is there, it is known that something may be left.
    """
    leftover = re.compile(rf"{re.escape(path.name)}{_LEFTOVER}")
    for file in sorted((file for file in path.parent.iterdir() if leftover.fullmatch(file.name)), reverse=True):
        file.unlink(missing_ok=True)
    sync_folder(path)


@contextmanager
def readable_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """Copy a damaged database and open the copy, since SQLite writes to a file that it repairs."""
    copy = _copy_of(path)
    try:
        delete_copy(path)
        for old, new in zip(database_files(path), database_files(copy), strict=True):
            if old.exists() and not old.name.endswith("-shm"):
                _create_private(new)
                shutil.copyfile(old, new)
        if not copy.exists():
            _create_private(copy)
        _repair_length(copy)
        with closing(sqlite3.connect(copy)) as connection:
            with suppress(sqlite3.Error):
                migrate(connection)
            connection.rollback()
            with suppress(sqlite3.Error):
                _add_columns(connection)
            connection.rollback()
            connection.text_factory = read_text
            yield connection
    finally:
        delete_copy(path)


def _add_columns(connection: sqlite3.Connection) -> None:
    """Let the table of messages have all columns. ADD COLUMN reads all rows of a strict table, and stops at damage."""
    with closing(sqlite3.connect(":memory:")) as model:
        migrate(model)
        (sql,) = model.execute("SELECT sql FROM sqlite_schema WHERE name = 'message'").fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'message'", (sql,))
    connection.commit()
    connection.execute("PRAGMA writable_schema = RESET")


def delete_copy(path: Path) -> None:
    """Delete the copy of a damaged database, if a crash left one; raise OSError."""
    copy = _copy_of(path)
    for file in (*database_files(copy), Path(f"{copy}-journal")):
        file.unlink(missing_ok=True)


def _copy_of(path: Path) -> Path:
    return Path(f"{path}.copy")


def _create_private(path: Path) -> None:
    """Create a file that only its owner can read. Copying into it does not change that."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def copy_recent(source: sqlite3.Connection, target: sqlite3.Connection, references: Iterable[str], rows: int) -> None:
    """Copy what is needed to continue without the file, as far as it can be read.

    These are the pending messages, the newest rows, the messages with these references, the totals, the newest incoming
    messages and incidents, and the reply codes.
    """
    first = _last_id(source) - rows + 1
    insert(target, _older_pending(source, first))
    for reference in references:
        with suppress(sqlite3.Error):
            insert(target, source.execute(FIND_BY_REFERENCE, (reference, None)).fetchall())
    insert(target, intact_rows(source, first))
    merge_totals(source, target)
    merge_inbound(source, target, only_newest=True)


def intact_rows(connection: sqlite3.Connection, first: int = 1) -> Iterator[Row]:
    """Return every row from an id on that can be read and holds a message, oldest first."""
    return _valid(readable_rows(connection, first))


def readable_rows(connection: sqlite3.Connection, first: int = 1) -> Iterator[Row]:
    """Return every row from an id on that can be read, oldest first.

    A range that cannot be read is split in halves, until only single rows are skipped.
    """
    ranges = [(max(first, 1), _last_id(connection))]
    while ranges:
        first, last = ranges.pop()
        # The limit also stops SQLite from reading the page after the last row, which may be damaged.
        limit = min(last - first + 1, _MAX_READ)
        try:
            found = connection.execute(_RANGE, (first, last, limit)).fetchall()
        except sqlite3.Error:
            if first < last:
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)]
        else:
            yield from (row[1:] for row in found)
            # A damaged page may hold any id, so go on behind as many ids at least.
            if found and len(found) == limit and (following := max(found[-1][0] + 1, first + limit)) <= last:
                ranges.append((following, last))


def _older_pending(connection: sqlite3.Connection, before: int) -> Iterator[Row]:
    """Return the rows of pending messages below an id. If their index cannot be read, all rows are."""
    found: Iterable[Row]
    try:
        found = [row[1:] for row in sorted(connection.execute(ALL_PENDING)) if row[0] < before]
    except sqlite3.Error:
        found = readable_rows(connection)
    return (row for row in _valid(found) if row[_PHASE] != Phase.DONE)


def _valid(rows: Iterable[Row]) -> Iterator[Row]:
    """Return the rows that hold a message."""
    return (row for row in rows if list(valid_records([row])))


def _last_id(connection: sqlite3.Connection) -> int:
    """Return the highest id that is possible, 0 if there is no table."""
    try:
        connection.execute(f"{SELECT} LIMIT 0")
    except sqlite3.Error:
        return 0
    with suppress(sqlite3.Error, TypeError):
        (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
        return int(last)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return int(pages) * _MAX_ROWS_PER_PAGE


def _repair_length(path: Path) -> None:
    """Fill up the last page, and remove the page count from the header.

    SQLite reads nothing from a file that is shorter than its header says.
    """
    with path.open("r+b") as file:
        try:
            size = page_size(file.read(100))
        except Damaged:
            size = 4096
        else:
            file.seek(28)
            file.write(bytes(4))
        pages = -(-file.seek(0, 2) // size)
        file.truncate(max(pages, 1) * size)


def _free_name(path: Path) -> Path:
    """Return a name for a damaged file that no file has."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    names = (Path(f"{path}.damaged-{stamp}{f'-{number}' if number else ''}") for number in count())
    return next(name for name in names if not any(file.exists() for file in database_files(name)))
