"""How incoming messages are marked as handed on, and what is left of their commands then."""

import asyncio
from contextlib import closing
import errno
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery import schema
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.incoming import IncomingRecord
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import ACCOUNT, commits, copy, full_disk, incoming, incoming_numbers, record

COMMAND = "Open the garage"
LONG = "Water in the cellar" * 500


def command(number: int) -> IncomingRecord:
    """Return a text that is a command."""
    return incoming(number, text=COMMAND, command=COMMAND)


async def waiting(database: MessageDatabase) -> list[int]:
    """Return the texts that were not handed on."""
    return incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0))


async def assert_marked(database: MessageDatabase, number: int) -> None:
    """Check that a text is marked and keeps everything but its command."""
    found = await database.find_incoming(incoming(number).id)
    assert found
    assert (found.is_handed_on, found.command, found.message.text) == (True, None, COMMAND)
    ((content,),) = await database._read("SELECT content FROM incoming WHERE id = ?", found.id)
    assert COMMAND not in str(content)


async def test_a_text_is_marked_by_its_id(database: MessageDatabase) -> None:
    await database.write((), incoming=[command(1), command(2)])
    before = commits(database.path)
    marks = [database.hand_on(incoming(1).id), database.hand_on("01JDUNKNOWN"), database.hand_on(incoming(1).id)]
    await asyncio.gather(*marks, database.write([record(1)]))
    assert commits(database.path) == before + 1
    assert await waiting(database) == [2]
    await assert_marked(database, 1)
    left = await database.find_incoming(incoming(2).id)
    assert left
    assert left.command == COMMAND


async def test_what_is_in_a_text_does_not_count(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(1, text='{"command"}', message={"in_reply_to": '"command"'})])
    await database.hand_on(incoming(1).id)
    found = await database.find_incoming(incoming(1).id)
    assert found
    assert (found.is_handed_on, found.message.text, found.message.in_reply_to) == (True, '{"command"}', '"command"')


async def test_a_text_is_marked_that_is_not_committed_yet(database: MessageDatabase) -> None:
    """Its own snapshots are older than the mark, in whichever order they are written."""
    database.write((), incoming=[command(1)])
    await database.hand_on(incoming(1).id)
    await assert_marked(database, 1)
    database.hand_on(incoming(2).id)
    await database.write((), incoming=[command(2)])
    await assert_marked(database, 2)
    database.write((), incoming=[command(3)])
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # its commit has begun
    await database.hand_on(incoming(3).id)
    await assert_marked(database, 3)


async def test_a_mark_stays(database: MessageDatabase) -> None:
    await database.write((), incoming=[command(1)])
    await database.hand_on(incoming(1).id)
    answered = command(1)
    answered.was_answered = True
    await database.write((), incoming=[answered])
    await assert_marked(database, 1)
    found = await database.find_incoming(incoming(1).id)
    assert found
    assert found.was_answered


async def test_a_text_of_a_full_disk_is_marked(database: MessageDatabase) -> None:
    """Also one that is only in the file, and one that is only in memory."""
    await database.write([record(1)], incoming=[command(1), command(2)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(2, text=LONG)], incoming=[command(3), command(4)])
        for number in (1, 3):
            with pytest.raises(DatabaseError):
                await database.hand_on(incoming(number).id)
        assert database.failing
        assert await waiting(database) == [2, 4]
        await assert_marked(database, 3)
    await database.write(())
    assert not database.failing
    for _ in range(2):
        assert await waiting(database) == [2, 4]
        await assert_marked(database, 1)
        await assert_marked(database, 3)
        await database.close()
        await database.open()


async def test_a_new_file_has_the_marks(tmp_path: Path) -> None:
    database = MessageDatabase(tmp_path / "folder" / "texting.db")
    database.path.parent.mkdir()
    await database.open()
    await database.write((), incoming=[command(1), command(2)])
    for path in database.path.parent.iterdir():
        path.unlink()
    await database.hand_on(incoming(1).id)
    await database.close()
    await database.open()
    assert await waiting(database) == [2]
    await assert_marked(database, 1)
    await database.close()


async def test_a_mark_that_cannot_be_synced_is_written_again(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "a broken card", path)

    await database.write((), incoming=[command(1)])
    with monkeypatch.context() as broken:
        broken.setattr(schema, "sync", fail)
        # A mark alone is synced with the next row.
        database.hand_on(incoming(1).id)
        await database.write((), incoming=[incoming(2, is_handed_on=True)], syncs=False)
        assert await waiting(database) == []
    assert database.failing
    # The disk never got it.
    with closing(sqlite3.connect(database.path)) as disk, disk:
        disk.execute("UPDATE incoming SET handed_on = 0")
    await database.write(())
    assert not database.failing
    assert await waiting(database) == []


@pytest.mark.parametrize("syncs", [True, False])
async def test_a_mark_is_synced_if_that_is_asked_for(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch, *, syncs: bool
) -> None:
    seen: list[bool] = []
    write = SqliteFile.write

    def noted(file: SqliteFile, *rows: object, syncs: bool) -> None:
        seen.append(syncs)
        write(file, *rows, syncs=syncs)

    monkeypatch.setattr(SqliteFile, "write", noted)
    await database.write((), incoming=[command(1)])
    await database.hand_on(incoming(1).id, syncs=syncs)
    assert seen == [True, syncs]


async def test_a_mark_survives_a_kill(database: MessageDatabase, tmp_path: Path) -> None:
    await database.write((), incoming=[command(1), command(2)])
    await database.hand_on(incoming(1).id)
    killed = MessageDatabase(copy(database.path, tmp_path / "killed"))
    await killed.open()
    assert await waiting(killed) == [2]
    await assert_marked(killed, 1)
    await killed.close()


async def test_a_row_that_holds_no_text_is_marked_too(database: MessageDatabase) -> None:
    """It must not make the commit of the others fail."""
    await database.write((), incoming=[incoming(1), incoming(2)])
    with closing(sqlite3.connect(database.path)) as outside, outside:
        outside.execute("""UPDATE incoming SET content = '{"command"' WHERE id = ?""", (incoming(1).id,))
    await asyncio.gather(database.hand_on(incoming(1).id), database.hand_on(incoming(2).id))
    assert await waiting(database) == []
    assert not database.failing


async def test_marks_of_a_closed_database_fail(database: MessageDatabase) -> None:
    await database.write((), incoming=[command(1)])
    await database.close()
    with pytest.raises(DatabaseError, match="closed"):
        await database.hand_on(incoming(1).id)
    await database.open()
    await database.write(())
    assert await waiting(database) == [1]


# -- What is read at start ---------------------------------------------------------------------------------------------


async def test_at_most_the_newest_1000_are_handed_on_at_start(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(number) for number in range(1500)])
    await database.write((), incoming=[incoming(number, is_handed_on=True) for number in range(1500, 1600)])
    assert await waiting(database) == list(range(500, 1500))


# -- What is purged ----------------------------------------------------------------------------------------------------


async def test_a_command_is_purged_with_its_text(database: MessageDatabase) -> None:
    """Also if it never ran, and if it is written once more."""
    await database.write((), incoming=[command(1), command(2)])
    for _ in range(2):
        await database.purge_incoming(ACCOUNT, 0.0, 2.0)
        found = await database.find_incoming(incoming(1).id)
        assert found
        assert (found.message.text, found.command, found.is_handed_on) == ("", None, False)
        await database.write((), incoming=[command(1)])
    await database.purge_incoming(ACCOUNT, 0.0, 3.0)
    assert not any(COMMAND.encode() in path.read_bytes() for path in database.path.parent.iterdir())
