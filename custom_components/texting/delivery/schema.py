"""The database file: its tables, and how the file is created, opened and upgraded."""

from collections.abc import Callable, Iterable
from contextlib import closing, suppress
import os
from pathlib import Path
import re
import sqlite3

from . import incidents, incoming, integrity, reply_codes
from .integrity import Damaged
from .serialization import CHANGING_COLUMNS, COLUMNS, Row


def _short(script: str) -> str:
    """Return a script without line breaks and indents, which SQLite would store."""
    return " ".join(script.split())


def _shorter(script: str) -> str:
    """Return a script without any space that SQLite does not need. Its texts have no space beside a sign."""
    return re.sub(r" ?([(),;=*+]) ?", r"\1", _short(script))


# Script n upgrades version n to version n + 1. Never change a script that was released; add one.
# A new column and its index belong in two scripts: in a damaged file, only the column can be added.
# The schema must fit into the first page of the file. On a page of its own it could be lost, and all rows with it.
#
# daily_total: what was sent and what became of it, by the day that counts a message. It outlives the messages. The two
# triggers keep it. A message's day is set once, so an update adds the differences; a row without a day was not counted.
# state: one row with the time when the file was closed without a doubt, and when all of it was checked.
# incoming: its ids are ULIDs, so the table is in the order of time, and so are the rows of one key in each index: an
# index of a table without rowid ends with the primary key. text and keyword are NULL if they are not kept.
# message_id is empty if the provider gave none: keys of an index are compared, and NULL compares with nothing.
# Script 2 lets the update trigger count a new message too, since two full triggers leave no room on the first page.
# Script 3 says the same as that trigger in fewer words, which makes room for two indexes: in each, the messages of one
# status, and of a route's attempts or not, are in the order of time. So no filter of the history has to pass over rows.
# Scripts 4 and 5 add what a message costs. Each currency has totals of its own; without a known price it is empty.
# Script 6 writes both triggers shorter, which makes room for the table of incidents. Its key finds the incidents of one
# alert in the order of time, without an index.
MIGRATIONS = (
    _short("""
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT NOT NULL UNIQUE,
        entry_id TEXT NOT NULL,
        recipient_id TEXT,
        parent TEXT,
        number TEXT NOT NULL,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        urgent INTEGER NOT NULL,
        content TEXT NOT NULL,
        phase TEXT NOT NULL,
        status TEXT NOT NULL,
        not_before REAL NOT NULL,
        accepted_at REAL,
        day TEXT,
        segments INTEGER NOT NULL,
        message_id TEXT,
        progress TEXT NOT NULL
    ) STRICT;
    CREATE INDEX message_pending ON message (entry_id, created_at) WHERE phase != 'done';
    CREATE INDEX message_created_at ON message (entry_id, created_at);
    CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;
    CREATE INDEX message_number ON message (entry_id, number, accepted_at) WHERE accepted_at IS NOT NULL;
    CREATE TABLE daily_total (
        entry_id TEXT NOT NULL,
        day TEXT NOT NULL,
        recipient_id TEXT NOT NULL,
        currency TEXT NOT NULL,
        texts INTEGER NOT NULL,
        segments INTEGER NOT NULL,
        urgent_segments INTEGER NOT NULL,
        cost REAL NOT NULL,
        delivered INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        PRIMARY KEY (entry_id, day, recipient_id, currency)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN NEW.day IS NOT NULL BEGIN
        INSERT INTO daily_total VALUES (
            NEW.entry_id, NEW.day, coalesce(NEW.recipient_id, ''), '',
            NEW.accepted_at IS NOT NULL,
            iif(NEW.accepted_at IS NULL, 0, NEW.segments),
            iif(NEW.accepted_at IS NULL, 0, NEW.segments) * NEW.urgent,
            0,
            NEW.status = 'delivered',
            NEW.status IN ('undelivered', 'expired', 'rejected')
        ) ON CONFLICT DO UPDATE SET
            texts = texts + excluded.texts,
            segments = segments + excluded.segments,
            urgent_segments = urgent_segments + excluded.urgent_segments,
            delivered = delivered + excluded.delivered,
            failed = failed + excluded.failed;
    END;
    CREATE TRIGGER message_updated AFTER UPDATE ON message WHEN NEW.day IS NOT NULL AND
        (OLD.day, OLD.accepted_at IS NULL, OLD.segments, OLD.status) IS NOT
        (NEW.day, NEW.accepted_at IS NULL, NEW.segments, NEW.status)
    BEGIN
        INSERT INTO daily_total VALUES (
            NEW.entry_id, NEW.day, coalesce(NEW.recipient_id, ''), '',
            (NEW.accepted_at IS NOT NULL) - (OLD.day IS NOT NULL AND OLD.accepted_at IS NOT NULL),
            iif(NEW.accepted_at IS NULL, 0, NEW.segments)
                - iif(OLD.day IS NULL OR OLD.accepted_at IS NULL, 0, OLD.segments),
            (iif(NEW.accepted_at IS NULL, 0, NEW.segments)
                - iif(OLD.day IS NULL OR OLD.accepted_at IS NULL, 0, OLD.segments)) * NEW.urgent,
            0,
            (NEW.status = 'delivered') - (OLD.day IS NOT NULL AND OLD.status = 'delivered'),
            (NEW.status IN ('undelivered', 'expired', 'rejected'))
                - (OLD.day IS NOT NULL AND OLD.status IN ('undelivered', 'expired', 'rejected'))
        ) ON CONFLICT DO UPDATE SET
            texts = texts + excluded.texts,
            segments = segments + excluded.segments,
            urgent_segments = urgent_segments + excluded.urgent_segments,
            delivered = delivered + excluded.delivered,
            failed = failed + excluded.failed;
    END;
    CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), closed_at INTEGER, checked_at INTEGER) STRICT;
    INSERT INTO state VALUES (1, NULL, NULL);
    """),
    _short("""
    DROP TRIGGER message_inserted;
    CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN NEW.day IS NOT NULL BEGIN
        UPDATE message SET day = NULL WHERE id = NEW.id;
        UPDATE message SET day = NEW.day WHERE id = NEW.id;
    END;
    CREATE TABLE incoming (
        id TEXT PRIMARY KEY,
        entry_id TEXT,
        number TEXT,
        fingerprint TEXT,
        message_id TEXT,
        handed_on INTEGER,
        text TEXT,
        keyword TEXT,
        content TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX incoming_fingerprint ON incoming (fingerprint, message_id);
    CREATE INDEX incoming_number ON incoming (entry_id, number);
    CREATE INDEX incoming_entry ON incoming (entry_id);
    CREATE INDEX incoming_text ON incoming (entry_id) WHERE text IS NOT NULL;
    CREATE TABLE reply_code (
        number TEXT,
        code INTEGER,
        entry_id TEXT,
        item TEXT,
        opened_at REAL,
        closed_at REAL,
        PRIMARY KEY (number, code)
    ) STRICT, WITHOUT ROWID;
    """),
    _short("""
    DROP TRIGGER message_updated;
    CREATE TRIGGER message_updated AFTER UPDATE ON message WHEN NEW.day NOTNULL AND
        (OLD.day, OLD.accepted_at ISNULL, OLD.segments, OLD.status) IS NOT
        (NEW.day, NEW.accepted_at ISNULL, NEW.segments, NEW.status)
    BEGIN
        INSERT INTO daily_total
        SELECT NEW.entry_id, NEW.day, coalesce(NEW.recipient_id, ''), '',
            sum(n * a), sum(n * a * s), sum(n * a * s) * NEW.urgent, 0,
            sum(n * (t = 'delivered')), sum(n * (t IN ('undelivered', 'expired', 'rejected')))
        FROM (
            SELECT 1 n, NEW.accepted_at NOTNULL a, NEW.segments s, NEW.status t
            UNION ALL SELECT -1, OLD.accepted_at NOTNULL, OLD.segments, OLD.status WHERE OLD.day NOTNULL
        ) WHERE 1
        ON CONFLICT DO UPDATE SET
            texts = texts + excluded.texts,
            segments = segments + excluded.segments,
            urgent_segments = urgent_segments + excluded.urgent_segments,
            delivered = delivered + excluded.delivered,
            failed = failed + excluded.failed;
    END;
    DROP INDEX message_created_at;
    CREATE INDEX message_history ON message (entry_id, status, parent ISNULL, created_at);
    CREATE INDEX message_recipient ON message (recipient_id, entry_id, status, parent ISNULL, created_at)
        WHERE recipient_id NOTNULL;
    """),
    _short("""
    ALTER TABLE message ADD COLUMN price REAL;
    ALTER TABLE message ADD COLUMN currency TEXT;
    """),
    _short("""
    DROP TRIGGER message_updated;
    CREATE TRIGGER message_updated AFTER UPDATE ON message WHEN NEW.day NOTNULL BEGIN
        INSERT INTO daily_total
        SELECT NEW.entry_id, NEW.day, coalesce(NEW.recipient_id, ''), ifnull(c, ''),
            sum(n * a), sum(n * a * s), sum(n * a * s) * NEW.urgent, total(n * a * p),
            sum(n * (t = 'delivered')), sum(n * (t IN ('undelivered', 'expired', 'rejected')))
        FROM (
            SELECT 1 n, NEW.accepted_at NOTNULL a, NEW.segments s, NEW.status t, NEW.price p, NEW.currency c
            UNION ALL
            SELECT -1, OLD.accepted_at NOTNULL, OLD.segments, OLD.status, OLD.price, OLD.currency WHERE OLD.day NOTNULL
        ) GROUP BY c
        ON CONFLICT DO UPDATE SET
            texts = texts + excluded.texts,
            segments = segments + excluded.segments,
            urgent_segments = urgent_segments + excluded.urgent_segments,
            cost = cost + excluded.cost,
            delivered = delivered + excluded.delivered,
            failed = failed + excluded.failed;
    END;
    """),
    _shorter("""
    DROP TRIGGER message_updated;
    CREATE TRIGGER message_updated AFTER UPDATE ON message WHEN NEW.day NOTNULL BEGIN
        INSERT INTO daily_total
        SELECT NEW.entry_id, NEW.day, ifnull(NEW.recipient_id, ''), ifnull(c, ''),
            sum(a), sum(a * s), sum(a * s) * NEW.urgent, total(a * p),
            sum(n * (t = 'delivered')), sum(n * (t IN ('undelivered', 'expired', 'rejected')))
        FROM (
            SELECT 1 n, NEW.accepted_at NOTNULL a, NEW.segments s, NEW.status t, NEW.price p, NEW.currency c
            UNION ALL
            SELECT -1, -(OLD.accepted_at NOTNULL), OLD.segments, OLD.status, OLD.price, OLD.currency
            WHERE OLD.day NOTNULL
        ) GROUP BY c
        ON CONFLICT DO UPDATE SET
            texts = texts + excluded.texts,
            segments = segments + excluded.segments,
            urgent_segments = urgent_segments + excluded.urgent_segments,
            cost = cost + excluded.cost,
            delivered = delivered + excluded.delivered,
            failed = failed + excluded.failed;
    END;
    DROP TRIGGER message_inserted;
    CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN NEW.day NOTNULL BEGIN
        UPDATE message SET day = NULL WHERE id = NEW.id;
        UPDATE message SET day = NEW.day WHERE id = NEW.id;
    END;
    CREATE TABLE incident (
        entry_id TEXT,
        id TEXT,
        ended_at REAL,
        content TEXT,
        PRIMARY KEY (entry_id, id)
    ) STRICT, WITHOUT ROWID;
    """),
)
VERSION = len(MIGRATIONS)

FIELDS = ", ".join(COLUMNS)
SELECT = f"SELECT {FIELDS} FROM message"  # noqa: S608  our own names
_PLACES = ", ".join("?" * len(COLUMNS))
_NEW_VALUES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
# Takes a whole row.
UPSERT = f"INSERT INTO message ({FIELDS}) VALUES ({_PLACES}) ON CONFLICT (reference) DO UPDATE SET {_NEW_VALUES}"  # noqa: S608  our own names
_CHANGES = ", ".join(f"{name} = ?" for name in CHANGING_COLUMNS)
# Takes the changing columns, then the reference. It updates only the indexes of these columns.
UPDATE = f"UPDATE message SET {_CHANGES} WHERE reference = ?"  # noqa: S608  our own names

# Of the other tables.
SELECT_INCOMING = f"SELECT {', '.join(incoming.COLUMNS)} FROM incoming"  # noqa: S608  our own names
SELECT_CODE = f"SELECT {', '.join(reply_codes.COLUMNS)} FROM reply_code"  # noqa: S608  our own names
SELECT_INCIDENT = f"SELECT {', '.join(incidents.COLUMNS)} FROM incident"  # noqa: S608  our own names
_COMMAND_REMOVED = (
    "iif(instr({0}, '\"command\"') AND json_valid({0}), json_remove({0}, '$.command'), {0})"  # a damaged row is no JSON
)
# The content of an incoming message without its command.
WITHOUT_COMMAND = _COMMAND_REMOVED.format("content")
# Takes a whole row. Only these columns change. A text that was deleted does not come back, nor a command that began.
UPSERT_INCOMING = (
    f"INSERT INTO incoming VALUES ({', '.join('?' * len(incoming.COLUMNS))}) ON CONFLICT DO UPDATE SET "  # noqa: S608  our own names
    "handed_on = max(handed_on, excluded.handed_on), "
    f"content = iif(handed_on OR text IS NULL, {_COMMAND_REMOVED.format('excluded.content')}, excluded.content), "
    "text = iif(text IS NULL, NULL, excluded.text), keyword = iif(text IS NULL, NULL, excluded.keyword)"
)
# Takes the id of an incoming message.
HAND_ON = f"UPDATE incoming SET handed_on = 1, content = {WITHOUT_COMMAND} WHERE id = ? AND NOT handed_on"  # noqa: S608  our own names
UPSERT_CODE = f"INSERT OR REPLACE INTO reply_code VALUES ({', '.join('?' * len(reply_codes.COLUMNS))})"  # noqa: S608  our own names
UPSERT_INCIDENT = f"INSERT OR REPLACE INTO incident VALUES ({', '.join('?' * len(incidents.COLUMNS))})"  # noqa: S608  our own names


def database_files(path: Path) -> list[Path]:
    """Return the files of one database. The -wal holds the latest commits, so the main file comes last."""
    return [Path(f"{path}{suffix}") for suffix in ("-shm", "-wal", "")]


def is_missing(path: Path) -> bool:
    """Return True if there is no database. A -wal with content is the rest of one."""
    wal = Path(f"{path}-wal")
    return not path.exists() and not (wal.exists() and wal.stat().st_size)


def create(path: Path, fill: Callable[[sqlite3.Connection], None] = lambda _connection: None) -> None:
    """Create a database, and let a function fill it. It appears under its name only when it is complete."""
    unfinished = Path(f"{path}.new")
    for leftover in (*database_files(unfinished), Path(f"{unfinished}-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
        fill(connection)
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
    integrity.check_length(path)
    is_small = integrity.is_small(path)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    try:
        # Closing a damaged file must not write to it.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003  takes no keyword
        _check_and_migrate(connection, is_small=is_small)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Deleted texts are overwritten.
        connection.execute("PRAGMA secure_delete = ON")
        connection.text_factory = read_text
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # noqa: FBT003  takes no keyword
    except BaseException:
        connection.close()
        raise
    return connection


def read_text(stored: bytes) -> str | bytes:
    """Return a stored text, or its bytes if they are no UTF-8, so that only its own row holds no message."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def migrate(connection: sqlite3.Connection, version: int | None = None) -> None:
    """Upgrade the tables to a version (default: the present one). Each step is one transaction."""
    (before,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[before:version], before + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")


def sync(path: Path) -> None:
    """Let a file or folder survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Write the file's new name to the disk, if the system allows to open folders."""
    with suppress(PermissionError):
        sync(path.parent)


def _check_and_migrate(connection: sqlite3.Connection, *, is_small: bool) -> None:
    """Raise Damaged if the file is not intact, or of a newer version. Of a large file, only the schema is checked."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not 0 < version <= VERSION:
            raise Damaged
        with closing(sqlite3.connect(":memory:")) as model:
            migrate(model, version)
            integrity.check_schema(connection, model)
        if is_small and not integrity.is_intact(connection):
            raise Damaged
        migrate(connection)
    except sqlite3.DatabaseError as error:
        # A table that SQLite cannot find is damage too.
        if integrity.is_damage(error) or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise Damaged from None
        raise
