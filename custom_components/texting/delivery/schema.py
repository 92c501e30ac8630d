"""The database file: its table, and how the file is created, checked and upgraded."""

from collections.abc import Iterable
from contextlib import closing, suppress
import os
from pathlib import Path
import sqlite3

from .serialization import CHANGING_COLUMNS, COLUMNS, Row

# Script n upgrades version n to version n + 1. Never change a script that was released; add one.
# A new column and its index belong in two scripts: in a damaged file, only the column can be added.
MIGRATIONS = (
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT NOT NULL UNIQUE,
        entry_id TEXT NOT NULL,
        parent TEXT,
        number TEXT NOT NULL,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        content TEXT NOT NULL,
        phase TEXT NOT NULL,
        status TEXT NOT NULL,
        not_before REAL NOT NULL,
        accepted_at REAL,
        segments INTEGER NOT NULL,
        message_id TEXT,
        progress TEXT NOT NULL
    ) STRICT;
    CREATE INDEX message_phase ON message (entry_id, phase);
    CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;
    CREATE INDEX message_created_at ON message (created_at);
    CREATE INDEX message_number ON message (entry_id, number, accepted_at) WHERE accepted_at IS NOT NULL;
    """,
)
VERSION = len(MIGRATIONS)

_FIELDS = ", ".join(COLUMNS)
SELECT = f"SELECT {_FIELDS} FROM message"  # noqa: S608  our own names
_PLACES = ", ".join("?" * len(COLUMNS))
_NEW_VALUES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
# Takes a whole row.
UPSERT = f"INSERT INTO message ({_FIELDS}) VALUES ({_PLACES}) ON CONFLICT (reference) DO UPDATE SET {_NEW_VALUES}"  # noqa: S608  our own names
_CHANGES = ", ".join(f"{name} = ?" for name in CHANGING_COLUMNS)
# Takes the changing columns, then the reference. It updates only the indexes of these columns.
UPDATE = f"UPDATE message SET {_CHANGES} WHERE reference = ?"  # noqa: S608  our own names

# The first bytes of every SQLite file.
MAGIC = b"SQLite format 3\0"
_DAMAGE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class Damaged(sqlite3.DatabaseError):
    """The file, or a part of it, is not a database of a version that we know."""


def database_files(path: Path) -> list[Path]:
    """Return the files of one database. The -wal holds the latest commits, so the main file comes last."""
    return [Path(f"{path}{suffix}") for suffix in ("-shm", "-wal", "")]


def is_missing(path: Path) -> bool:
    """Return True if there is no database. A -wal with content is the rest of one."""
    wal = Path(f"{path}-wal")
    return not path.exists() and not (wal.exists() and wal.stat().st_size)


def create(path: Path, rows: Iterable[Row]) -> None:
    """Create a database with these rows. It appears under its name only when it is complete."""
    unfinished = Path(f"{path}.new")
    for leftover in (*database_files(unfinished), Path(f"{unfinished}-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
        insert(connection, rows)
        connection.execute("PRAGMA journal_mode = WAL")
    unfinished.replace(path)
    sync_folder(path)


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Insert rows that may be damaged. Rows that the table refuses are skipped."""
    with connection:
        for row in rows:
            with suppress(sqlite3.IntegrityError):
                connection.execute(UPSERT, row)


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing database in the thread that will use it, and upgrade it.

    Raise Damaged, sqlite3.Error or OSError. A damaged file is not changed.
    """
    _check_length(path)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    try:
        # Closing a damaged file must not write to it.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003  takes no keyword
        _check_and_migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # noqa: FBT003  takes no keyword
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Upgrade the table to the present version. Each step is one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")


def page_size(header: bytes) -> int:
    """Return the bytes of a page from the file's first 100 bytes; raise Damaged if they are no header."""
    size = int.from_bytes(header[16:18])
    if not header.startswith(MAGIC) or not size:
        raise Damaged
    return 65536 if size == 1 else size


def sync_folder(path: Path) -> None:
    """Write the file's new name to the disk, if the system allows to open folders."""
    with suppress(PermissionError):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_length(path: Path) -> None:
    """Raise Damaged if the file ends within a page. SQLite would read the missing bytes as zeros."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size % page_size(file.read(100)):
                raise Damaged
    except FileNotFoundError:
        raise Damaged from None


def _check_and_migrate(connection: sqlite3.Connection) -> None:
    """Raise Damaged if the file is not intact, or of a newer version."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not 0 < version <= VERSION:
            raise Damaged
        # quick_check would not see an index that disagrees with its table.
        if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
            raise Damaged
        migrate(connection)
        connection.execute(f"{SELECT} ORDER BY id LIMIT 0")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGE_CODES:
            raise Damaged from None
        raise
