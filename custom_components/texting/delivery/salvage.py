"""What to do with a damaged outbox: take over what is intact, and put the file aside."""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import datetime
import glob
from itertools import count
from pathlib import Path
import shutil
import sqlite3
from tempfile import TemporaryDirectory

from .record import Record, Row, from_row
from .schema import SELECT, Damaged, create, family, page_size, sync_folder

_SALVAGED = ".salvaged"
_ROWS_A_PAGE = 64  # more than fit


def restore(path: Path) -> Path | None:
    """Put a new file with the rows that are intact in the place of a damaged one; where that is now.

    Nothing is moved before the new file is on the disk, and its name tells where the damaged one goes to.
    """
    salvaged = Path(f"{path}{_SALVAGED}")
    create(salvaged, read(path))
    salvaged.rename(f"{_free_name(path)}{_SALVAGED}")
    return exchange(path)


def exchange(path: Path) -> Path | None:
    """Complete what restore began, perhaps before a crash; where the damaged file is now, None if there is none."""
    for salvaged in path.parent.glob(f"{glob.escape(path.name)}.damaged-*{_SALVAGED}"):
        aside = salvaged.with_suffix("")
        for old, new in zip(family(path), family(aside), strict=True):
            with suppress(FileNotFoundError):
                old.rename(new)
        sync_folder(path)
        salvaged.replace(path)
        sync_folder(path)
        return aside
    return None


def read(path: Path) -> list[Row]:
    """Every row of a file that can be read and holds a message. Works on a copy: SQLite writes where it mends."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        for old, new in zip(family(path), family(copy), strict=True):
            if old.exists() and not old.name.endswith("-shm"):
                shutil.copyfile(old, new)
        _mend(copy)
        with closing(sqlite3.connect(copy)) as connection:
            return [row for row in rows(connection) if list(records([row]))]


def rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Every row that can be read, oldest first: halves what cannot until single rows are left out."""
    ranges = [(1, _last_id(connection))]
    while ranges:
        first, last = ranges.pop()
        try:
            # The limit keeps SQLite from reaching for the page after the last row, which may be bad.
            sql = f"{SELECT} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
            found = connection.execute(sql, (first, last, last - first + 1)).fetchall()
        except sqlite3.Error:
            if first < last:
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)]
        else:
            yield from found


def records(rows: Iterable[Row]) -> Iterator[Record]:
    """The records of rows, without those that hold none."""
    for row in rows:
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            yield from_row(row)


def _last_id(connection: sqlite3.Connection) -> int:
    """The highest id there may be, 0 where there is no table."""
    try:
        connection.execute(f"{SELECT} LIMIT 0")
    except sqlite3.Error:
        return 0
    with suppress(sqlite3.Error, TypeError):
        (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
        return int(last)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return int(pages) * _ROWS_A_PAGE


def _mend(path: Path) -> None:
    """Make the file one of whole pages, as many as it has: SQLite reads nothing of one shorter than its header says."""
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
    """Where to put a damaged file."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    names = (Path(f"{path}.damaged-{stamp}{f'-{number}' if number else ''}") for number in count())
    return next(name for name in names if not any(file.exists() for file in family(name)))
