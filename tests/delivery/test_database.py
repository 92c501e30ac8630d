"""A database without trouble: what it stores, finds, deletes, and commits together."""

import asyncio
from dataclasses import fields
from datetime import UTC, datetime
import gc
from pathlib import Path
import threading
from typing import Any

import pytest

from custom_components.texting.delivery import database as module
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.sqlite_file import SqliteFile
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.records import ACCOUNT, OTHER, commits, ended, names, numbers, open_files, record


def values(record: MessageRecord) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


async def test_a_record_comes_back_as_it_was(database: MessageDatabase) -> None:
    message = Message(
        reference="01JD",
        to="+33612345678",
        text="À bientôt 🚰\0\ud800",
        title="Cellar",
        type=MessageType.SMS,
        send_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
        express=False,
        channel=0,
    )
    kept = MessageRecord(
        message=message,
        entry_id=ACCOUNT,
        created_at=1.5,
        expires_at=2.5,
        not_before=2.0,
        accepted_at=1.75,
        recipient_name="Anna",
        recipient_id="01JE",
        day="2026-11-21",
        parent="01JC",
        urgent=True,
        segments=3,
        phase=Phase.TRACKED,
        status=Status.SENT,
        message_id="17",
        batch_id="4",
        provider_status="enroute",
        reason=FailureReason.OTHER,
        status_on_timeout=Status.UNCERTAIN,
    )
    await database.write([kept])
    (found,) = await database.load(ACCOUNT)
    assert values(found) == values(kept)


async def test_a_record_is_stored_once_with_its_latest_state(database: MessageDatabase) -> None:
    await database.write([record(1)])
    await database.write([record(1, phase=Phase.SENDING), record(1, phase=Phase.TRACKED, message_id="17")])
    (found,) = await database.load(ACCOUNT)
    assert (found.phase, found.message_id) == (Phase.TRACKED, "17")


async def test_load_returns_pending_messages_oldest_first(database: MessageDatabase) -> None:
    await database.write([record(3), record(1, phase=Phase.TRACKED), ended(2), record(4, entry_id=OTHER)])
    await database.write([record(6, created_at=0.0), record(5, created_at=0.0, phase=Phase.SENDING)])
    assert numbers(await database.load(ACCOUNT)) == [6, 5, 1, 3]


async def test_find_returns_the_newest(database: MessageDatabase) -> None:
    await database.write(
        [record(1, message_id="17"), ended(2, message_id="17"), record(3, message_id="17", entry_id=OTHER)]
    )

    async def found(**by: str) -> int | None:
        record = await database.find(**by)
        return numbers([record])[0] if record else None

    assert await found(reference=record(1).reference) == 1
    assert await found(message_id="17") == 3
    assert await found(message_id="17", entry_id=ACCOUNT) == 2
    assert await found(message_id="18") is None
    assert await found() is None


async def test_an_odd_message_id_is_found(database: MessageDatabase) -> None:
    await database.write([record(1, message_id="17\ud800")])
    assert await database.find(message_id="17\ud800")
    assert not database.failing


async def test_attempts_are_found_by_their_parents(database: MessageDatabase) -> None:
    await database.write(
        [record(3, parent="a"), record(1, parent="b"), ended(2, parent="a"), record(4, parent="c"), record(5)]
    )
    assert numbers(await database.attempts(["a", "b"])) == [1, 2, 3]
    assert await database.attempts([]) == []


async def test_purge_deletes_messages_that_are_done(database: MessageDatabase) -> None:
    await database.write([ended(1), record(2), ended(3, entry_id=OTHER), ended(10)])
    assert await database.purge(10.0, ACCOUNT) == 1
    assert await database.purge(10.0, OTHER) == 1
    assert await database.find(reference=record(1).reference) is None
    assert await database.find(reference=record(10).reference)
    assert numbers(await database.load(ACCOUNT)) == [2]


async def test_what_was_purged_is_in_no_file(database: MessageDatabase) -> None:
    """SQLite only unlinks deleted rows unless it is told to overwrite them, and the -wal keeps what was in them."""
    secret = "Nobody reads this any more"
    await database.write([ended(number, text=f"{secret} {number}" * 20) for number in range(200)])
    await database.write([record(1000, text="What is kept")])
    folder = database.path.parent

    def holds(text: str) -> bool:
        return any(text.encode() in path.read_bytes() for path in folder.iterdir())

    assert holds(secret)
    assert await database.purge(1000.0, ACCOUNT) == 200
    assert holds("What is kept")
    assert not holds(secret)
    await database.close()
    assert not holds(secret)


async def test_what_was_purged_while_the_file_is_copied_is_gone_after_the_next_purge(database: MessageDatabase) -> None:
    await database.write([ended(1, text="The first text"), ended(20, text="The second text")])
    await database.pause_checkpoints()
    assert await database.purge(10.0, ACCOUNT) == 1
    await database.resume_checkpoints()
    assert await database.purge(1000.0, ACCOUNT) == 1
    contents = [path.read_bytes() for path in database.path.parent.iterdir()]
    assert not [each for each in contents if b"first text" in each or b"second text" in each]


async def test_a_purge_that_deletes_nothing_empties_the_wal_too(database: MessageDatabase) -> None:
    """What was removed before may still be in it, such as after a backup."""
    await database.write([ended(1, text="The first text")])
    await database._run(database._file.delete, "DELETE FROM message", ())
    assert await database.purge(1000.0, ACCOUNT) == 0
    assert not [path for path in database.path.parent.iterdir() if b"first text" in path.read_bytes()]


async def test_a_text_is_written_between_the_pieces_of_a_purge(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PURGE", 10)
    # The -wal stays, so that its commits can be counted.
    monkeypatch.setattr(SqliteFile, "empty_wal", lambda _file: None)
    await database.write([ended(number) for number in range(200)])
    before = commits(database.path)
    purging = asyncio.create_task(database.purge(150.0, ACCOUNT))
    for number in range(3):
        await asyncio.sleep(0)
        await database.write([record(1000 + number)])
        assert not purging.done()
    assert await purging == 150
    # The messages are deleted in 15 pieces. Another one finds nothing, so it is no commit.
    assert commits(database.path) == before + 3 + 15
    assert numbers(await database.load(ACCOUNT)) == [1000, 1001, 1002]


async def test_writes_of_one_turn_are_one_commit(database: MessageDatabase) -> None:
    before = commits(database.path)
    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(_write(database, number))
    assert commits(database.path) == before + 1


async def test_writes_during_a_commit_are_one_more_commit(database: MessageDatabase) -> None:
    before = commits(database.path)
    first = database.write([record(number) for number in range(10, 3000)])
    await asyncio.sleep(0)
    others = []
    for number in range(4):
        others.append(database.write([record(number)]))
        await asyncio.sleep(0)
        assert not first.done()
    await asyncio.gather(first, *others)
    assert commits(database.path) == before + 2


async def test_a_read_sees_earlier_writes(database: MessageDatabase) -> None:
    database.write([record(1)])
    await asyncio.sleep(0)
    database.write([record(2)])
    assert numbers(await database.load(ACCOUNT)) == [1, 2]


async def test_a_cancelled_write_cancels_no_other(database: MessageDatabase) -> None:
    leaver, stayer = asyncio.ensure_future(_write(database, 1)), asyncio.ensure_future(_write(database, 2))
    await asyncio.sleep(0)
    leaver.cancel()
    await stayer
    assert numbers(await database.load(ACCOUNT)) == [1, 2]


async def test_only_the_owner_can_read_the_file_and_it_stays_after_close(tmp_path: Path) -> None:
    path = tmp_path / "odd ?#%41 näme" / "texting.db"
    path.parent.mkdir()
    for number in range(3):
        database = MessageDatabase(path)
        await database.open()
        assert numbers(await database.load(ACCOUNT)) == list(range(number))
        await database.write([record(number)])
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
        await database.close()
        assert names(path.parent) == ["texting.db"]
        assert not database.failing
        assert database.damaged is None


async def test_nothing_is_left_after_close(tmp_path: Path, noise: list[dict[str, Any]]) -> None:
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    last = database.write([record(1)])
    await database.close()
    await database.close()
    await last
    assert not [thread for thread in threading.enumerate() if "texting database" in thread.name]
    assert not [file for file in open_files() if tmp_path in file.parents]

    database.write([record(2)])  # nobody awaits this
    with pytest.raises(DatabaseError, match="closed"):
        await database.write([record(2)])
    with pytest.raises(DatabaseError, match="closed"):
        await database.load(ACCOUNT)
    gc.collect()
    assert noise == []


async def test_each_commit_is_synced(database: MessageDatabase) -> None:
    """SQLite syncs each commit only with synchronous = FULL, which is 2."""
    read = database._file.read
    assert await database._run(lambda: (read("PRAGMA journal_mode", ()), read("PRAGMA synchronous", ()))) == (
        [("wal",)],
        [(2,)],
    )


async def _write(database: MessageDatabase, number: int) -> None:
    await database.write([record(number)])
