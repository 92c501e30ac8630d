"""A large file is checked in full in the background if there is a reason, and damage is mended while it is open."""

import asyncio
from contextlib import closing
import os
from pathlib import Path
import sqlite3
import threading
import time

import pytest

from custom_components.texting.delivery import integrity, sqlite_file
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import ACCOUNT, copy, ended, erase, full_disk, numbers, record

# An index that is not read when messages are loaded.
INDEX = "message_number"


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every file a large one."""
    monkeypatch.setattr(integrity, "FULL_CHECK_SIZE", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that was closed. Messages 1 and 2 are pending, and message 3 is done."""
    sqlite = SqliteFile(tmp_path / "texting.db")
    sqlite.open()
    sqlite.write([record(1, accepted_at=1.0), record(2, accepted_at=2.0), ended(3, accepted_at=3.0)])
    sqlite.close()
    return sqlite.path


class Watched:
    """A database, and an event for each change that it tells of."""

    def __init__(self, path: Path) -> None:
        self.changed = asyncio.Event()
        self.database = MessageDatabase(path, self.changed.set)


def is_due(path: Path) -> bool:
    """Open a file and return whether a full check is due. The file is left as it is then."""
    sqlite = SqliteFile(path)
    sqlite.open()
    assert not sqlite.failing
    found = sqlite.due_check is not None
    if sqlite._file:
        sqlite._file.close()
    return found


def change_state(path: Path, sql: str) -> None:
    """Change the row of state, and keep the time of the last change."""
    stat = path.stat()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE state SET {sql}")  # noqa: S608  our own words
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def doubt(path: Path) -> None:
    """Change a file from outside."""
    os.utime(path)


# -- when it is due ----------------------------------------------------------------------------------------------------


def test_it_is_not_due_after_a_clean_close(path: Path) -> None:
    assert not is_due(path)
    assert not is_due(path)


def test_it_is_due_after_a_kill(path: Path, tmp_path: Path) -> None:
    sqlite = SqliteFile(path)
    sqlite.open()
    sqlite.write([record(4)])
    assert is_due(copy(path, tmp_path / "killed"))
    sqlite.close()
    assert not is_due(path)


def test_it_is_due_after_a_change_from_outside(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET number = '+1'")
    assert is_due(path)


def test_it_is_due_every_month(path: Path) -> None:
    month = integrity.FULL_CHECK_INTERVAL
    for age, expected in ((month - 60, False), (month + 60, True), (-60, True)):
        change_state(path, f"checked_at = {int(time.time()) - age}")
        assert is_due(path) is expected


def test_it_is_due_if_nothing_is_known(path: Path) -> None:
    change_state(path, "checked_at = NULL")
    assert is_due(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM state")
    assert is_due(path)


def test_a_small_file_is_checked_at_opening(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "FULL_CHECK_SIZE", 2**20)
    doubt(path)
    assert not is_due(path)
    erase(path, INDEX)
    sqlite = SqliteFile(path)
    sqlite.open()
    assert sqlite.damaged
    sqlite.close()


# -- what it does ------------------------------------------------------------------------------------------------------


async def test_an_intact_file_is_checked_once(path: Path) -> None:
    doubt(path)
    database = MessageDatabase(path)
    await database.open()
    assert database._checks.task
    await database._checks.task
    await database.close()
    assert database.damaged is None
    assert not is_due(path)


async def test_what_was_removed_during_it_is_in_no_file_afterwards(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The -wal keeps what was deleted until it is emptied, which would disturb the check."""
    removed, check = threading.Event(), integrity.is_intact

    def wait_and_check(connection: sqlite3.Connection) -> bool:
        assert removed.wait(30)
        return check(connection)

    monkeypatch.setattr(integrity, "is_intact", wait_and_check)
    doubt(path)
    database = MessageDatabase(path)
    await database.open()
    await database.write([record(4, text="Nobody reads this any more")])
    await database.remove(ACCOUNT)

    def holds() -> bool:
        return any(b"Nobody reads" in file.read_bytes() for file in path.parent.iterdir())

    assert holds()
    removed.set()
    assert database._checks.task
    await database._checks.task
    assert not holds()
    await database.close()


async def test_damage_is_found_and_what_was_written_meanwhile_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check waits until more was written, which shows that it holds nothing up."""
    written, check = threading.Event(), integrity.is_intact

    def wait_and_check(connection: sqlite3.Connection) -> bool:
        assert written.wait(30)
        return check(connection)

    monkeypatch.setattr(integrity, "is_intact", wait_and_check)
    erase(path, INDEX)
    doubt(path)
    watched = Watched(path)
    database = watched.database
    await database.open()
    await database.write([record(4)])
    assert database.damaged is None
    written.set()
    await watched.changed.wait()
    assert database.damaged
    assert not database.failing
    assert database.recovered == 4
    assert numbers(await database.load(ACCOUNT)) == [1, 2, 4]
    await database.write([record(5, accepted_at=5.0)])
    await database.close()
    assert database.damaged.exists()
    assert not is_due(path)


async def test_closing_interrupts_it_and_it_stays_due(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_for_ever(connection: sqlite3.Connection) -> bool:
        sql = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT max(n) FROM number"
        return bool(connection.execute(sql).fetchall())

    doubt(path)
    with monkeypatch.context() as patch:
        patch.setattr(integrity, "is_intact", read_for_ever)
        database = MessageDatabase(path)
        await database.open()
        await database.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("texting")]
    assert is_due(path)


async def test_a_check_that_cannot_read_proves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connection: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("busy")

    doubt(path)
    with monkeypatch.context() as patch:
        patch.setattr(integrity, "is_intact", fail)
        database = MessageDatabase(path)
        await database.open()
        assert database._checks.task
        await database._checks.task
        await database.write([record(4)])
        await database.close()
    assert database.damaged is None
    assert is_due(path)


# -- damage that is found otherwise ------------------------------------------------------------------------------------


async def test_a_write_that_meets_damage_is_kept(path: Path) -> None:
    erase(path, INDEX)
    watched = Watched(path)
    database = watched.database
    await database.open()
    assert (database._checks.task, database.damaged) == (None, None)
    await database.write([record(4, accepted_at=4.0)])
    assert watched.changed.is_set()
    assert database.damaged
    assert not database.failing
    assert numbers(await database.load(ACCOUNT)) == [1, 2, 4]
    assert await database.find(reference=record(3).reference)
    await database.close()


async def test_a_write_that_meets_damage_on_a_full_disk_is_kept_in_memory(path: Path) -> None:
    erase(path, INDEX)
    watched = Watched(path)
    database = watched.database
    await database.open()
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(4, accepted_at=4.0)])
        assert database.failing
        assert numbers(await database.load(ACCOUNT)) == [1, 2, 4]
    await database.write([record(5)])
    assert (database.failing, database.damaged is None) == (False, False)
    assert numbers(await database.load(ACCOUNT)) == [1, 2, 4, 5]
    assert await database.find(reference=record(3).reference)
    await database.close()


def break_pending(path: Path, condition: str) -> None:
    """Let the index of pending messages hold other rows than it says."""
    stat = path.stat()
    with closing(sqlite3.connect(path)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'message_pending'").fetchone()
        connection.execute("DROP INDEX message_pending")
        connection.execute(f"CREATE INDEX message_pending ON message (entry_id, created_at) WHERE {condition}")
        connection.execute("PRAGMA writable_schema = ON")
        with connection:
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'message_pending'", (sql,))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


async def test_a_message_that_is_done_is_never_loaded(path: Path) -> None:
    break_pending(path, "phase != 'no'")
    database = MessageDatabase(path)
    await database.open()
    assert numbers(await database.load(ACCOUNT)) == [1, 2]
    assert database.damaged
    assert not database.failing
    await database.close()


async def test_a_pending_message_that_its_index_lacks_is_found_by_the_check(path: Path) -> None:
    break_pending(path, f"phase != '{Phase.DONE}' AND created_at > 1")
    doubt(path)
    watched = Watched(path)
    await watched.database.open()
    await watched.changed.wait()
    assert watched.database.damaged
    assert numbers(await watched.database.load(ACCOUNT)) == [1, 2]
    await watched.database.close()


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TRIGGER message_updated",
        "DROP TABLE daily_total",
        "DROP TABLE state",
        "DROP INDEX message_parent",
        "ALTER TABLE message DROP COLUMN content",
    ],
)
def test_a_missing_part_is_noticed_at_opening(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    sqlite = SqliteFile(path)
    sqlite.open()
    assert sqlite.damaged
    sqlite.close()


# -- the copy in memory ------------------------------------------------------------------------------------------------


async def test_memory_holds_the_pending_and_the_newest_messages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "MAX_MEMORY_ROWS", 5)
    database = MessageDatabase(path)
    await database.open()
    await database.write([ended(number, message_id=str(number)) for number in range(10, 20)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([ended(11, text="Water in the cellar" * 500, message_id="changed")])
        assert numbers(await database.load(ACCOUNT)) == [1, 2]
        here = [number for number in range(10, 20) if await database.find(message_id=str(number))]
        assert here == list(range(15, 20))
        assert await database.find(message_id="changed")
    await database.write([record(30)])
    assert not database.failing
    here = [number for number in range(10, 20) if await database.find(reference=record(number).reference)]
    assert here == list(range(10, 20))
    assert await database.find(message_id="changed")
    await database.close()
