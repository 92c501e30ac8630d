"""Incoming messages and reply codes in a file that cannot be written, and after a crash."""

from contextlib import closing
import errno
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.texting.delivery import inbound_rows, schema
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from tests.support.records import (
    ACCOUNT,
    OTHER,
    copy,
    count,
    full_disk,
    incoming,
    incoming_numbers,
    look_up,
    names,
    record,
    reply_code,
)

LONG = "Water in the cellar" * 500


async def test_a_full_disk_loses_no_text(database: MessageDatabase) -> None:
    await database.write([record(1)], incoming=[incoming(1), incoming(2)], codes=[reply_code(10)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(2, text=LONG)], incoming=[incoming(3)], codes=[reply_code(11)])
        assert database.failing
        database.write((), incoming=[incoming(1, is_handed_on=True)], codes=[reply_code(10, closed_at=50.0)])
        # Every read finds it as if it were in the file.
        assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [2, 3]
        assert incoming_numbers((await look_up(database)).known) == [3, 2, 1]
        expected = [reply_code(10, closed_at=50.0), reply_code(11)]
        assert await database.reply_codes(0.0) == expected
    await database.write(())
    assert not database.failing
    await _reopened(database, [3, 2, 1], [2, 3])
    assert await database.reply_codes(0.0) == expected


async def test_a_full_disk_keeps_the_newest_texts(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers may send any number of texts."""
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_ROWS", 5)
    await database.write((), incoming=[incoming(number) for number in range(10)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(1, text=LONG)], incoming=[incoming(10)])
        assert incoming_numbers((await look_up(database)).known) == [10, 9, 8, 7, 6]
        for number in range(11, 18):
            with pytest.raises(DatabaseError):
                await database.write((), incoming=[incoming(number)])
            assert len((await look_up(database)).known) == 5
        assert incoming_numbers((await look_up(database)).known) == [17, 16, 15, 14, 13]
    await database.write(())
    await _reopened(database, [17, 16, 15, 14, 13, *range(9, -1, -1)], [*range(10), *range(13, 18)])


async def test_a_full_disk_keeps_as_many_texts_as_fit_into_memory(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be as long as a webhook takes."""
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_SIZE", 20_000)
    for number in range(30):
        await database.write((), incoming=[incoming(number, text="x" * 1000)])
    with full_disk():
        for number in range(30, 70):
            with pytest.raises(DatabaseError):
                await database.write((), incoming=[incoming(number, text="x" * 1000)])
            # Memory holds a tenth more, since not each commit counts it.
            assert 18 <= await count(database, "incoming") <= 22
        assert incoming_numbers((await look_up(database, text="x" * 1000)).known)[:18] == list(range(69, 51, -1))
    await database.write(())
    await database.close()
    await database.open()
    found = incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0))
    assert found[:30] == list(range(30))
    assert found[30:] == list(range(70 - len(found[30:]), 70))
    assert 18 <= len(found[30:]) <= 20


async def test_a_text_that_is_written_again_counts_once(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_SIZE", 20_000)
    with full_disk():
        for number in range(5):
            for _ in range(20):
                with pytest.raises(DatabaseError):
                    await database.write((), incoming=[incoming(number, text="x" * 1000)])
    await database.write(())
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == list(range(5))


async def test_what_could_not_be_written_of_a_removed_entry_does_not_come_back(database: MessageDatabase) -> None:
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(1, text=LONG)], incoming=[incoming(1)], codes=[reply_code(10)])
        await database.remove(ACCOUNT)
    await database.write([record(2, entry_id=OTHER)])
    assert not database.failing
    assert await count(database, "incoming") == await count(database, "reply_code") == 0


async def test_what_could_not_be_written_is_gone_after_erasing(database: MessageDatabase) -> None:
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(1, text=LONG)], incoming=[incoming(1)])
        await database.close()
    await database.erase()
    await database.open()
    assert await count(database, "incoming") == 0


async def test_closing_tries_once_more(database: MessageDatabase) -> None:
    with full_disk(), pytest.raises(DatabaseError):
        await database.write([record(1, text=LONG)], incoming=[incoming(1)])
    await _reopened(database, [1], [1])


async def test_a_mark_that_cannot_be_synced_is_written_again(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "a broken card", path)

    await database.write((), incoming=[incoming(1)])
    with monkeypatch.context() as broken:
        broken.setattr(schema, "sync", fail)
        await database.write((), incoming=[incoming(1, is_handed_on=True)], syncs=False)
        assert await database.not_handed_on(ACCOUNT, 0.0) == []
    assert database.failing
    # The disk never got it.
    with closing(sqlite3.connect(database.path)) as disk, disk:
        disk.execute("UPDATE incoming SET handed_on = 0")
    await database.write(())
    assert not database.failing
    assert await database.not_handed_on(ACCOUNT, 0.0) == []


@pytest.mark.parametrize("is_folder", [True, False])
async def test_a_removed_file_is_written_again_with_all_texts(tmp_path: Path, *, is_folder: bool) -> None:
    database = MessageDatabase(tmp_path / "folder" / "texting.db")
    database.path.parent.mkdir()
    await database.open()
    await database.write([record(1)], incoming=[incoming(1)], codes=[reply_code(10)])
    for name in names(database.path.parent):
        (database.path.parent / name).unlink()
    if is_folder:
        shutil.rmtree(database.path.parent)
        with pytest.raises(DatabaseError):
            await database.write((), incoming=[incoming(2)])
        database.path.parent.mkdir()
    await database.write((), incoming=[incoming(2)], codes=[reply_code(11)])
    await _reopened(database, [2, 1], [1, 2])
    assert await database.reply_codes(0.0) == [reply_code(10), reply_code(11)]
    await database.close()


async def test_a_copy_that_a_crash_left_has_all_that_was_saved(database: MessageDatabase, tmp_path: Path) -> None:
    await database.write((), incoming=[incoming(1)], codes=[reply_code(10)])
    await database.write((), incoming=[incoming(1, is_handed_on=True), incoming(2)], syncs=False)
    crashed = MessageDatabase(copy(database.path, tmp_path / "crashed"))
    await crashed.open()
    assert incoming_numbers(await crashed.not_handed_on(ACCOUNT, 0.0)) == [2]
    assert await crashed.reply_codes(0.0) == [reply_code(10)]
    await crashed.close()


async def _reopened(database: MessageDatabase, known: list[int], waiting: list[int]) -> None:
    """Open the database again. Check which texts it knows, and which of them were not handed on."""
    await database.close()
    await database.open()
    assert (database.failing, database.damaged) == (False, None)
    assert incoming_numbers((await look_up(database)).known) == known
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == waiting
