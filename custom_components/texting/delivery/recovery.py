"""Recovery of a damaged database: take over the intact rows, and move the damaged file aside."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
import glob
from itertools import count
from pathlib import Path
import shutil
import sqlite3
from tempfile import TemporaryDirectory

from .schema import SELECT, Damaged, create, database_files, migrate, page_size, sync_folder
from .serialization import Row, valid_records

_RECOVERED = ".recovered"
# More rows than one page can hold.
_MAX_ROWS_PER_PAGE = 64


def restore(path: Path) -> Path | None:
    """Replace a damaged database by a new one with the intact rows. Return where the damaged file is now.

    Nothing is moved before the new file is on the disk. The new file's name tells where the damaged one goes, so that
    finish_restore can complete this after a crash.
    """
    recovered = Path(f"{path}{_RECOVERED}")
    create(recovered, read_intact(path))
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


def read_intact(path: Path) -> list[Row]:
    """Return every row of a damaged database that can be read and holds a message.

    This works on a copy, since SQLite writes to a file that it repairs.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        for old, new in zip(database_files(path), database_files(copy), strict=True):
            if old.exists() and not old.name.endswith("-shm"):
                shutil.copyfile(old, new)
        _repair_length(copy)
        with closing(sqlite3.connect(copy)) as connection:
            with suppress(sqlite3.Error):
                migrate(connection)
            connection.rollback()
            return [row for row in readable_rows(connection) if list(valid_records([row]))]


def readable_rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Return every row that can be read, oldest first.

    A range that cannot be read is split in halves, until only single rows are skipped.
    """
    ranges = [(1, _last_id(connection))]
    while ranges:
        first, last = ranges.pop()
        try:
            # The limit stops SQLite from reading the page after the last row, which may be damaged.
            sql = f"{SELECT} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
            found = connection.execute(sql, (first, last, last - first + 1)).fetchall()
        except sqlite3.Error:
            if first < last:
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)]
        else:
            yield from found


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
    path.touch()
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
