"""What the database holds of a removed entry is deleted in pieces, and the whole database with all its files."""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery import database as module
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.record import MessageRecord, Phase
from tests.support.records import (
    ACCOUNT,
    OTHER,
    copy,
    delivered,
    ended,
    full_disk,
    names,
    numbers,
    record,
    wal,
)

DAY = "2026-11-21"
LONG = "Water in the cellar" * 500


async def rows(database: MessageDatabase) -> list[tuple[str, str]]:
    """Return the entry and the reference of each message, and the entry and the day of each total."""
    sql = "SELECT entry_id, reference FROM message UNION ALL SELECT entry_id, day FROM daily_total"
    return [(str(entry), str(key)) for entry, key in await database._read(sql)]


async def test_messages_and_totals_of_one_entry_are_deleted(database: MessageDatabase) -> None:
    await database.write([delivered(1), record(2), record(3, phase=Phase.TRACKED), delivered(4, entry_id=OTHER)])
    await database.remove(ACCOUNT)
    assert await rows(database) == [(OTHER, record(4).reference), (OTHER, DAY)]


async def test_its_attempts_at_accounts_are_deleted_and_their_totals_stay(database: MessageDatabase) -> None:
    await database.write(
        [ended(1), delivered(2, entry_id=OTHER, parent=record(1).reference), delivered(3, entry_id=OTHER)]
    )
    await database.remove(ACCOUNT)
    assert await rows(database) == [(OTHER, record(3).reference), (OTHER, DAY)]
    assert (await database.totals(OTHER, DAY)).texts == 2


@pytest.mark.parametrize(
    ("own", "other"),
    [
        # The route would send it again if it did not know of the attempt.
        (delivered(1, parent=record(2).reference), record(2, entry_id=OTHER)),
        # The attempt goes on.
        (ended(1), record(2, entry_id=OTHER, parent=record(1).reference, phase=Phase.TRACKED)),
    ],
)
async def test_a_message_stays_while_a_pending_one_of_another_entry_belongs_to_it(
    database: MessageDatabase, own: MessageRecord, other: MessageRecord
) -> None:
    await database.write([own, other])
    await database.remove(ACCOUNT)
    assert await database.find(reference=own.reference)
    other.phase = Phase.DONE
    await database.write([other])
    await database.remove_others([OTHER])
    assert await database.find(reference=own.reference) is None


async def test_a_text_is_written_between_the_pieces(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REMOVE", 10)
    await database.write([delivered(number) for number in range(200)])
    removing = asyncio.create_task(database.remove(ACCOUNT))
    for number in range(3):
        await asyncio.sleep(0)
        await database.write([record(1000 + number, entry_id=OTHER)])
        assert not removing.done()
    await removing
    assert numbers(await database.load(OTHER)) == [1000, 1001, 1002]
    assert {entry_id for entry_id, _ in await rows(database)} == {OTHER}


async def test_what_comes_late_is_not_written(database: MessageDatabase) -> None:
    await database.write([record(1)])
    await database.remove(ACCOUNT)
    await database.write([delivered(1), delivered(2), record(3, entry_id=OTHER)])
    assert await rows(database) == [(OTHER, record(3).reference)]


async def test_nothing_stays_in_the_wal(database: MessageDatabase) -> None:
    await database.write([ended(1, text="Water in the cellar"), record(2, entry_id=OTHER, text="Wind")])
    await database.remove(ACCOUNT)
    assert wal(database.path).stat().st_size == 0


async def test_a_backup_is_not_disturbed(database: MessageDatabase) -> None:
    await database.write([ended(number) for number in range(500)])
    await database.pause_checkpoints()
    before = database.path.read_bytes()
    await database.remove(ACCOUNT)
    assert database.path.read_bytes() == before
    await database.resume_checkpoints()
    assert wal(database.path).stat().st_size == 0
    assert await rows(database) == []


async def test_the_rest_is_deleted_after_a_crash(
    database: MessageDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMOVE", 10)
    await database.write([delivered(number) for number in range(100)] + [record(100, entry_id=OTHER)])
    removing = asyncio.create_task(database.remove(ACCOUNT))
    left = 100
    while left == 100:
        await asyncio.sleep(0)
        ((left,),) = await database._read("SELECT count(*) FROM message WHERE entry_id = ?", ACCOUNT)
    crashed = MessageDatabase(copy(database.path, tmp_path / "crashed"))
    assert not removing.done()
    await removing
    await crashed.open()
    assert {entry_id for entry_id, _ in await rows(crashed)} == {ACCOUNT, OTHER}
    await crashed.remove_others({OTHER})
    assert await rows(crashed) == [(OTHER, record(100).reference)]
    await crashed.close()


async def test_while_the_disk_is_full(database: MessageDatabase) -> None:
    """The file keeps the messages until it can be written."""
    await database.write([delivered(1), record(2, entry_id=OTHER)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(3, text=LONG)])
        await database.remove(ACCOUNT)
        assert await rows(database) == [(OTHER, record(2).reference)]
    await database.write(())
    assert not database.failing
    await database.remove_others({OTHER})
    assert await rows(database) == [(OTHER, record(2).reference)]


async def test_what_is_refused_by_the_disk_is_raised(database: MessageDatabase) -> None:
    await database.write([delivered(1, text=LONG)])
    with full_disk(), pytest.raises(DatabaseError):
        await database.remove(ACCOUNT)


async def test_all_files_are_deleted(database: MessageDatabase) -> None:
    await database.write([record(1)])
    folder, name = database.path.parent, database.path.name
    aside = "damaged-20261121-080000"
    for suffix in (
        *(f".{aside}", f".{aside}-wal", f".{aside}-shm", f".{aside}-1", f".{aside}-1-wal", f".{aside}.recovered"),
        *(".new", ".new-journal", ".new-wal", ".copy", ".copy-wal", ".recovered", ".recovered.new"),
    ):
        (folder / f"{name}{suffix}").write_text("Water")
    others = {"texting.db.bak", "texting.dbx", "my texting.db", "texting.db.damaged"}
    for other in others:
        (folder / other).write_text("mine")
    await database.close()
    await database.erase()
    assert set(names(folder)) == others
    # A new one can follow.
    await database.open()
    await database.write([record(2)])
    assert numbers(await database.load(ACCOUNT)) == [2]


async def test_what_could_not_be_written_does_not_come_back(database: MessageDatabase) -> None:
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(1, text=LONG)])
        await database.close()
    await database.erase()
    assert not database.failing
    await database.open()
    with closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (0,)
