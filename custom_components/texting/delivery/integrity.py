"""Whether the database file is intact: quick checks at opening, and a full check of a large file in the background."""

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
import sqlite3

# A file of at most this many bytes is checked in full whenever it is opened. That takes less than 20 ms of CPU time.
FULL_CHECK_SIZE = 2 * 2**20
# A larger file is checked in full this often, in seconds, and if there is a reason to doubt it.
FULL_CHECK_INTERVAL = 30 * 24 * 3600

# The first bytes of every SQLite file.
MAGIC = b"SQLite format 3\0"


class Damaged(sqlite3.DatabaseError):
    """The file, or a part of it, is not a database of a version that we know."""


def is_damage(error: Exception) -> bool:
    """Return True if an error says that the file is damaged, not that it cannot be used now."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return isinstance(error, Damaged) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def page_size(header: bytes) -> int:
    """Return the bytes of a page from the file's first 100 bytes; raise Damaged if they are no header."""
    size = int.from_bytes(header[16:18])
    if not header.startswith(MAGIC) or not size:
        raise Damaged
    return 65536 if size == 1 else size


def check_length(path: Path) -> None:
    """Raise Damaged if the file ends within a page, or is not as long as its header says.

    SQLite would read the missing bytes of a page as zeros. While there is a -wal, the header may be outdated.
    """
    try:
        with path.open("rb") as file:
            header, length = file.read(100), path.stat().st_size
    except FileNotFoundError:
        raise Damaged from None
    pages, rest = divmod(length, page_size(header))
    if rest or (not wal_size(path) and pages != int.from_bytes(header[28:32])):
        raise Damaged


def is_small(path: Path) -> bool:
    """Return True if the file is checked in full whenever it is opened."""
    size = path.stat().st_size if path.exists() else 0
    return size + wal_size(path) <= FULL_CHECK_SIZE


def wal_size(path: Path) -> int:
    """Return the bytes of the -wal. It holds commits that are not in the main file if the last run was killed."""
    wal = Path(f"{path}-wal")
    return wal.stat().st_size if wal.exists() else 0


def check_schema(connection: sqlite3.Connection, model: sqlite3.Connection) -> None:
    """Raise Damaged if a table, column, index or trigger of a model is missing or different."""
    # As bytes, since damaged names may be no text.
    sql = "SELECT CAST(type AS BLOB), CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema"
    if not set(model.execute(sql)) <= set(connection.execute(sql)):
        raise Damaged


def is_intact(connection: sqlite3.Connection) -> bool:
    """Check everything. quick_check would not see an index that disagrees with its table."""
    return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]


@dataclass(frozen=True, slots=True)
class LastClose:
    """What the files say of how they were closed, before they are opened again."""

    # Whether the file is checked in full at opening.
    is_small: bool
    # The size of the -wal in bytes.
    wal_size: int
    # When the main file was changed, in Unix seconds.
    changed_at: float

    @classmethod
    def read(cls, path: Path) -> LastClose:
        """Look at the files."""
        changed_at = path.stat().st_mtime if path.exists() else 0.0
        return cls(is_small(path), wal_size(path), changed_at)

    def leaves_doubt(self, connection: sqlite3.Connection, now: float) -> bool:
        """Return True if a full check is due.

        The last run was killed, or somebody else changed the file since, or the last full check is too long ago.
        """
        if self.is_small:
            return False
        row = connection.execute("SELECT closed_at, checked_at FROM state").fetchone()
        closed_at, checked_at = row or (None, None)
        is_checked = checked_at is not None and 0 <= now - checked_at < FULL_CHECK_INTERVAL
        return self.wal_size > 0 or closed_at != self.changed_at or not is_checked


class FullCheck:
    """A full check of a file that is in use. It reads through a connection of its own and writes nothing."""

    def __init__(self, path: Path) -> None:
        """Do not read yet."""
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def run(self) -> bool | None:
        """Return whether the file is intact, or None if that cannot be told. This blocks for seconds."""
        try:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as self._connection:
                return is_intact(self._connection)
        except sqlite3.Error as error:
            return False if is_damage(error) else None

    def interrupt(self) -> None:
        """Stop reading, if it reads at this moment. Any thread may call this."""
        with suppress(sqlite3.ProgrammingError):  # it was closed
            if self._connection:
                self._connection.interrupt()
