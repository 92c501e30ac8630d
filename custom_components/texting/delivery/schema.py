"""The outbox's file: its table, and how it is made, checked and brought up to date."""

from collections.abc import Iterable
from contextlib import closing, suppress
import os
from pathlib import Path
import sqlite3

from .record import CHANGING, COLUMNS, Row

# Script n brings version n to version n + 1.
MIGRATIONS = (
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL,
        parent TEXT,
        number TEXT NOT NULL,
        phase TEXT NOT NULL,
        status TEXT NOT NULL,
        asked_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        due_at REAL NOT NULL,
        taken_at REAL,
        segments INTEGER NOT NULL,
        message_id TEXT,
        body TEXT NOT NULL,
        news TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE INDEX message_phase ON message (account, phase);
    CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;
    CREATE INDEX message_asked_at ON message (asked_at);
    """,
    """
    CREATE INDEX message_number ON message (account, number, taken_at) WHERE taken_at IS NOT NULL;
    """,
)
VERSION = len(MIGRATIONS)

_FIELDS = ", ".join(COLUMNS)
SELECT = f"SELECT {_FIELDS} FROM message"  # noqa: S608  our own names
_PLACES = ", ".join("?" * len(COLUMNS))
_NEW_VALUES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
UPSERT = f"INSERT INTO message ({_FIELDS}) VALUES ({_PLACES}) ON CONFLICT (reference) DO UPDATE SET {_NEW_VALUES}"  # noqa: S608  our own names
_PLACES_OF_CHANGES = ", ".join(f"{name} = ?" for name in CHANGING)
# Takes the changing columns, then the reference; touches the indexes of these columns only.
UPDATE = f"UPDATE message SET {_PLACES_OF_CHANGES} WHERE reference = ?"  # noqa: S608  our own names

MAGIC = b"SQLite format 3\0"
_NOT_OURS = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class Damaged(sqlite3.DatabaseError):
    """The file is not, or not wholly, a file that this version made."""


def family(path: Path) -> list[Path]:
    """All files that SQLite keeps for one; what was committed last stands in -wal."""
    return [Path(f"{path}{suffix}") for suffix in ("-shm", "-wal", "")]


def is_missing(path: Path) -> bool:
    """Whether there is nothing: a -wal alone is what is left of a file."""
    wal = Path(f"{path}-wal")
    return not path.exists() and not (wal.exists() and wal.stat().st_size)


def create(path: Path, rows: Iterable[Row]) -> None:
    """Make a file with these rows; it appears whole or not at all."""
    unfinished = Path(f"{path}.new")
    for leftover in (*family(unfinished), Path(f"{unfinished}-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
        fill(connection, rows)
        connection.execute("PRAGMA journal_mode = WAL")
    unfinished.replace(path)
    sync_folder(path)


def fill(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Add rows of doubtful origin, leaving out what the table does not take."""
    with connection:
        for row in rows:
            with suppress(sqlite3.IntegrityError):
                connection.execute(UPSERT, row)


def connect(path: Path) -> sqlite3.Connection:
    """Open a file that exists, in the thread that will use it; raises Damaged, or sqlite3.Error or OSError.

    A damaged file is left as it is, to the byte.
    """
    _check_length(path)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    try:
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003  takes no keyword
        _check(connection)
        migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # noqa: FBT003  takes no keyword
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, each step whole or not at all."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")


def page_size(header: bytes) -> int:
    """Bytes a page has by the file's header; raises Damaged where it is none."""
    size = int.from_bytes(header[16:18])
    if not header.startswith(MAGIC) or not size:
        raise Damaged
    return 65536 if size == 1 else size


def sync_folder(path: Path) -> None:
    """Have the file's name on the disk too, where folders can be opened."""
    with suppress(PermissionError):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_length(path: Path) -> None:
    """Refuse a file cut within a page, whose missing bytes SQLite would read as zeros."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size % page_size(file.read(100)):
                raise Damaged
    except FileNotFoundError:
        raise Damaged from None


def _check(connection: sqlite3.Connection) -> None:
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not 0 < version <= VERSION:
            raise Damaged
        connection.execute(f"{SELECT} ORDER BY id LIMIT 0")
        # Not quick_check: it does not see an index that disagrees with its table.
        if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
            raise Damaged
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _NOT_OURS:
            raise Damaged from None
        raise
