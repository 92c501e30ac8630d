"""A database whose file cannot be written: nothing is lost, and the file is written as soon as that works."""

import asyncio
from contextlib import closing
import errno
import gc
from pathlib import Path
import shutil
import sqlite3
from typing import Any

import pytest

from custom_components.texting.delivery import schema
from custom_components.texting.delivery.database import RETRY_DELAY, DatabaseError, MessageDatabase
from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.simulator.loop_clock import LoopClock
from tests.support.records import ACCOUNT, ended, full_disk, names, numbers, record

FULL = 2  # PRAGMA synchronous
LONG = "Water in the cellar" * 500


class Watched:
    """A database that remembers each change that it tells of: failing, and whether a file was damaged."""

    def __init__(self, path: Path) -> None:
        self.database = MessageDatabase(path, self._remember)
        self.changes: list[bool] = []
        self.damages = 0
        # Set when the file can be written again.
        self.writable = asyncio.Event()

    def _remember(self) -> None:
        self.changes.append(self.database.failing)
        self.damages += self.database.damaged is not None
        if not self.database.failing:
            self.writable.set()


async def numbers_on_disk(path: Path) -> list[int]:
    """Return what a database that is opened now finds."""
    database = MessageDatabase(path)
    await database.open()
    assert (database.failing, database.damaged) == (False, None)
    found = numbers(await database.load(ACCOUNT))
    await database.close()
    return found


async def test_a_full_disk_is_reported_and_loses_nothing(tmp_path: Path, noise: list[dict[str, Any]]) -> None:
    watched = Watched(tmp_path / "texting.db")
    database = watched.database
    await database.open()
    await database.write([record(1), record(2, message_id="17"), record(3, parent="a")])
    with full_disk():
        with pytest.raises(DatabaseError, match=r"^SQLITE_(IOERR_WRITE|FULL)$") as raised:
            await database.write([record(4, text=LONG, parent="a"), record(1, phase=Phase.SENDING, accepted_at=5.0)])
        assert raised.value.__cause__ is None
        assert (database.failing, watched.changes) == (True, [True])
        database.write([ended(2, message_id="18")])  # nobody awaits this
        # Every read finds it as if it were in the file.
        assert numbers(await database.load(ACCOUNT)) == [1, 3, 4]
        assert numbers(await database.attempts(["a"])) == [3, 4]
        assert await database.find(message_id="17") is None
        assert await database.find(message_id="18")
        assert await database.purge(3.0, ACCOUNT) == 1
    await database.write([record(5)])
    assert (database.failing, watched.changes) == (False, [True, False])
    assert {each.phase for each in await database.load(ACCOUNT)} == {Phase.SENDING, Phase.WAITING}
    await database.close()
    assert await numbers_on_disk(database.path) == [1, 3, 4, 5]
    gc.collect()
    assert noise == []


async def test_the_file_is_tried_again_after_a_while(tmp_path: Path, loop_clock: LoopClock) -> None:
    watched = Watched(tmp_path / "texting.db")
    await watched.database.open()
    with full_disk():
        with pytest.raises(DatabaseError):
            await watched.database.write([record(1)])
        for _ in range(3):
            loop_clock.advance(RETRY_DELAY)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await watched.database.load(ACCOUNT)  # after the try that was due
        assert watched.changes == [True]
    loop_clock.advance(RETRY_DELAY)
    await watched.writable.wait()
    assert watched.changes == [True, False]
    await watched.database.close()
    assert await numbers_on_disk(watched.database.path) == [1]


async def test_what_is_synced_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that syncs nothing is synced next, unless a later commit syncs both."""
    synced: list[str] = []
    sync = schema.sync

    def note(path: Path) -> None:
        synced.append(path.name)
        sync(path)

    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    await database.write([record(1)])
    monkeypatch.setattr(schema, "sync", note)
    await database.write([record(1, phase=Phase.SENDING)])
    assert synced == []
    await database.write([ended(1)], syncs=False)
    await database.load(ACCOUNT)  # after that
    assert synced == ["texting.db-wal"]
    database.write([ended(2)], syncs=False)
    await database.write([record(3)])
    await database.load(ACCOUNT)
    assert synced == ["texting.db-wal"]
    await database.close()
    assert await numbers_on_disk(database.path) == [3]


async def test_what_cannot_be_synced_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "a broken card", path)

    watched = Watched(tmp_path / "texting.db")
    database = watched.database
    await database.open()
    await database.write([record(1, message_id="17")])
    with monkeypatch.context() as broken:
        broken.setattr(schema, "sync", fail)
        await database.write([record(1, message_id="18", phase=Phase.TRACKED)], syncs=False)
        assert await database.find(message_id="18")
    assert (database.failing, watched.changes) == (True, [True])
    # The disk never got it.
    with closing(sqlite3.connect(database.path)) as disk, disk:
        disk.execute("UPDATE message SET message_id = '17'")
    await database.write([record(2)])
    assert (database.failing, watched.changes) == (False, [True, False])
    assert await database.find(message_id="18")
    await database.close()


async def test_what_could_not_be_written_is_synced_with_the_next_commit(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that is not synced cannot tell whether the disk has it."""
    synced: list[bool] = []
    writing = SqliteFile.write

    def noted(file: SqliteFile, *rows: object, syncs: bool) -> None:
        writing(file, *rows, syncs=syncs)
        synced.append(file.read("PRAGMA synchronous", ()) == [(FULL,)])

    await database.write([record(1)])
    monkeypatch.setattr(SqliteFile, "write", noted)
    with full_disk(), pytest.raises(DatabaseError):
        await database.write([record(2, text=LONG)])
    await database.write((), syncs=False)
    await database.write((), syncs=False)
    assert not database.failing
    assert synced == [True, False]


async def test_closing_tries_once_more(tmp_path: Path) -> None:
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    with full_disk(), pytest.raises(DatabaseError):
        await database.write([record(1)])
    await database.close()
    assert await numbers_on_disk(database.path) == [1]


async def test_an_invalid_row_stops_no_other(database: MessageDatabase) -> None:
    with pytest.raises(DatabaseError, match=r"^OverflowError$"):
        await database.write([record(1, segments=2**70)])
    with pytest.raises(DatabaseError, match=r"^IntegrityError$"):
        await database.write([record(1, segments=1.5)])
    assert not database.failing
    await database.write([record(2)])
    assert numbers(await database.load(ACCOUNT)) == [2]


async def test_a_missing_folder_is_reported_and_used_later(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "folder" / "texting.db")
    database = watched.database
    await database.open()
    assert (database.failing, watched.changes, database.damaged) == (True, [True], None)
    with pytest.raises(DatabaseError, match=r"^FileNotFoundError$"):
        await database.write([record(1)])
    assert numbers(await database.load(ACCOUNT)) == [1]
    database.path.parent.mkdir()
    await database.write([record(2)])
    assert watched.changes == [True, False]
    await database.close()
    assert await numbers_on_disk(database.path) == [1, 2]


async def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "texting.db").mkdir()
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    assert database.failing
    with pytest.raises(DatabaseError, match=r"^IsADirectoryError$"):
        await database.write([record(1)])
    await database.close()
    assert names(tmp_path) == ["texting.db"]


async def test_a_removed_file_is_written_again_with_all_rows(database: MessageDatabase) -> None:
    await database.write([record(1)])
    for file in database.path.parent.iterdir():
        file.unlink()
    await database.write([record(2)])
    assert not database.failing
    await database.close()
    assert await numbers_on_disk(database.path) == [1, 2]


async def test_a_removed_folder_is_awaited(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "folder" / "texting.db")
    database = watched.database
    database.path.parent.mkdir()
    await database.open()
    await database.write([record(1)])
    shutil.rmtree(database.path.parent)
    with pytest.raises(DatabaseError):
        await database.write([record(2)])
    assert numbers(await database.load(ACCOUNT)) == [1, 2]
    database.path.parent.mkdir()
    await database.write([record(3)])
    assert watched.changes == [True, False]
    await database.close()
    assert await numbers_on_disk(database.path) == [1, 2, 3]


async def test_a_replaced_file_is_used(database: MessageDatabase, tmp_path: Path) -> None:
    other = MessageDatabase(tmp_path / "other.db")
    await other.open()
    await other.write([record(9)])
    await other.close()
    await database.write([record(1)])
    other.path.replace(database.path)
    answered = [record(number, phase=Phase.TRACKED, message_id=str(number)) for number in (1, 9)]
    await database.write([record(2), *answered])
    found = await database.load(ACCOUNT)
    assert [each.message_id for each in found] == ["1", None, "9"]
    assert numbers(found) == [1, 2, 9]


async def test_a_file_that_is_damaged_while_open_is_moved_aside(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "texting.db")
    database = watched.database
    await database.open()
    await database.write([record(number, text=LONG[:3000]) for number in range(2000)])  # more than SQLite caches
    await database.close()
    await database.open()
    with database.path.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(bytes(4096 * 100))
    loaded = numbers(await database.load(ACCOUNT))
    assert 500 < len(loaded) < 2000
    assert (watched.changes, watched.damages) == ([False], 1)
    await database.write([record(3000)])
    assert (watched.changes, watched.damages) == ([False], 1)
    assert database.damaged
    assert database.recovered == len(loaded)
    await database.close()
    assert await numbers_on_disk(database.path) == [*loaded, 3000]
