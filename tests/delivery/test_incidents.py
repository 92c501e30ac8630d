"""Incidents of alerts in the database."""

from collections.abc import Awaitable
from contextlib import closing
from dataclasses import replace
import json
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.texting.alerting.model import Alert, Incident
from custom_components.texting.alerting.stored import to_content
from custom_components.texting.delivery import database as module, inbound_rows, schema
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.serialization import to_row
from tests.support.records import (
    ACCOUNT,
    OTHER,
    commits,
    copy,
    count,
    delivered,
    full_disk,
    incident,
    incoming,
    incoming_numbers,
    numbers,
    opened,
    record,
    reply_code,
    wal,
)

LONG = "Water in the cellar" * 500


async def reopened(database: MessageDatabase) -> None:
    await database.close()
    await database.open()
    assert not database.failing


async def ids(database: MessageDatabase) -> list[str]:
    """Return the ids of all incidents of ACCOUNT."""
    rows = [*await database.open_incidents(ACCOUNT), *await database.incidents(ACCOUNT, 0.0)]
    return sorted(row.id for row in rows)


async def test_all_rows_of_one_call_are_one_commit(database: MessageDatabase) -> None:
    before = commits(database.path)
    await database.write([record(1)], incoming=[incoming(2)], codes=[reply_code(10)], incidents=[incident(3)])
    assert commits(database.path) == before + 1
    await reopened(database)
    assert numbers(await database.load(ACCOUNT)) == [1]
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [2]
    assert await database.reply_codes(0.0) == [reply_code(10)]
    assert await database.open_incidents(ACCOUNT) == [incident(3)]


async def test_the_row_that_is_written_last_counts(database: MessageDatabase) -> None:
    """Also of those that become one commit."""
    database.write((), incidents=[incident(1), incident(1, content="[1]")])
    database.write((), incidents=[incident(1, content="[2]")])
    assert await database.open_incidents(ACCOUNT) == [incident(1, content="[2]")]
    await database.write((), incidents=[incident(1, content="[3]", ended_at=9.5)])
    assert await database.open_incidents(ACCOUNT) == []
    assert await database.incidents(ACCOUNT, 9.5) == [incident(1, content="[3]", ended_at=9.5)]


async def test_each_read_finds_what_it_should(database: MessageDatabase) -> None:
    written = [
        incident(3),
        incident(1),
        incident(2, ended_at=100.0),
        incident(4, ended_at=99.0),
        incident(5, ended_at=101.0),
        incident(6, entry_id=OTHER, ended_at=200.0),
        incident(7, entry_id=OTHER),
    ]
    await database.write((), incidents=written)
    assert await database.open_incidents(ACCOUNT) == [incident(1), incident(3)]
    assert await database.open_incidents(OTHER) == [incident(7, entry_id=OTHER)]
    assert await database.incidents(ACCOUNT, 100.0) == [incident(2, ended_at=100.0), incident(5, ended_at=101.0)]
    assert await database.open_incidents("unknown") == await database.incidents("unknown", 0.0) == []
    assert await database.find_incident(incident(6).id) == incident(6, entry_id=OTHER, ended_at=200.0)
    assert await database.find_incident("\ud800\0' OR 1=1 --") is None


async def test_a_read_is_bounded(database: MessageDatabase) -> None:
    await database.write((), incidents=[incident(number, ended_at=float(number)) for number in range(1100)])
    found = await database.incidents(ACCOUNT, 0.0)
    assert found == [incident(number, ended_at=float(number)) for number in range(100, 1100)]


@pytest.mark.parametrize("change", ["content = CAST(x'ff' AS TEXT)", "ended_at = -1", "ended_at = 1e99"])
async def test_a_row_that_holds_no_incident_is_skipped_and_counted(database: MessageDatabase, change: str) -> None:
    await database.write((), incidents=[incident(1), incident(2), incident(3, ended_at=5.0)])
    await database.close()
    with closing(sqlite3.connect(database.path)) as outside, outside:
        outside.execute(f"UPDATE incident SET {change} WHERE id = ?", (incident(1).id,))  # noqa: S608  our own names
    await database.open()
    for _ in range(2):
        assert await database.open_incidents(ACCOUNT) == [incident(2)]
        assert await database.incidents(ACCOUNT, -2.0) == [incident(3, ended_at=5.0)]
        assert database.skipped == 1
    assert not database.failing


async def test_odd_characters_are_replaced(database: MessageDatabase) -> None:
    await database.write((), incidents=[incident(1, content='["\ud83d Keller \U0001f6b0 \0"]')])
    await reopened(database)
    assert await database.open_incidents(ACCOUNT) == [incident(1, content='["? Keller \U0001f6b0 \0"]')]


async def test_old_ones_are_purged_in_pieces(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PURGE_LONG", 7)
    ended = [incident(number, ended_at=float(number), content='["Water"]') for number in range(50)]
    await database.write((), incidents=[*ended, incident(50), incident(1, entry_id=OTHER, ended_at=1.0)])
    delete, pieces = database._file.delete, list[int]()

    def count(*arguments: Any) -> int:
        pieces.append(delete(*arguments))
        return pieces[-1]

    monkeypatch.setattr(database._file, "delete", count)
    await database.purge_incidents(ACCOUNT, 40.0)
    # Between two pieces, others may write.
    assert pieces == [7, 7, 7, 7, 7, 5, 0]
    assert await database.incidents(ACCOUNT, 0.0) == ended[40:]
    assert await database.open_incidents(ACCOUNT) == [incident(50)]
    assert len(await database.incidents(OTHER, 0.0)) == 1
    assert wal(database.path).stat().st_size == 0


async def test_the_last_drill_is_found_and_kept(database: MessageDatabase) -> None:
    drill = Incident(id="", alert=Alert(id=ACCOUNT, name="Leak"), is_drill=True, what="Leak")
    drills = [incident(number, ended_at=float(number), content=to_content(drill, 0.0)) for number in (1, 2)]
    quoted = to_content(replace(drill, is_drill=False, what='","is_drill":true,"'), 0.0)
    others = [
        incident(3, ended_at=3.0, content=quoted),
        incident(4, content=to_content(drill, 0.0)),  # not over
        incident(5, entry_id=OTHER, ended_at=5.0, content=to_content(drill, 0.0)),
    ]
    assert await database.last_drill(ACCOUNT) is None
    await database.write((), incidents=[*drills, *others])
    assert await database.last_drill(ACCOUNT) == drills[1]
    await database.purge_incidents(ACCOUNT, 100.0)
    assert await database.incidents(ACCOUNT, 0.0) == [drills[1]]
    assert await database.last_drill(OTHER) == others[2]


async def test_incidents_of_a_removed_entry_are_deleted(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMOVE", 7)
    await database.write([record(1)], incidents=[*(incident(number) for number in range(20)), incident(30)])
    await database.write((), incidents=[incident(1, entry_id=OTHER)])
    await database.remove(ACCOUNT)
    await database.write((), incidents=[incident(40), incident(2, entry_id=OTHER)])
    assert await ids(database) == []
    assert await database.open_incidents(OTHER) == [incident(1, entry_id=OTHER), incident(2, entry_id=OTHER)]


async def test_after_a_crash_what_was_committed_is_there(database: MessageDatabase, tmp_path: Path) -> None:
    """Each change is there as a whole, or not at all."""
    await database.write([record(1)], codes=[reply_code(10, item=incident(1).id)], incidents=[incident(1)])
    saved = database.write([record(2)], incoming=[incoming(2)], incidents=[incident(1, content="[2]")])
    crashed = MessageDatabase(copy(database.path, tmp_path / "before"))
    await saved
    later = MessageDatabase(copy(database.path, tmp_path / "after"))
    for after, expected in ((crashed, incident(1)), (later, incident(1, content="[2]"))):
        await after.open()
        assert await after.open_incidents(ACCOUNT) == [expected]
        assert await after.reply_codes(0.0) == [reply_code(10, item=incident(1).id)]
        known = [1] if after is crashed else [1, 2]
        assert numbers(await after.load(ACCOUNT)) == known
        assert incoming_numbers(await after.not_handed_on(ACCOUNT, 0.0)) == known[1:]
        await after.close()


async def test_a_full_disk_loses_no_incident(database: MessageDatabase) -> None:
    ended = incident(2, ended_at=50.0)
    await database.write((), incidents=[incident(1), ended])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(2, text=LONG)], incidents=[incident(3, content=LONG)])
        assert database.failing
        database.write((), incidents=[incident(1, content="[2]"), incident(3, content="[3]", ended_at=60.0)])
        # Every read finds it as if it were in the file.
        assert await database.open_incidents(ACCOUNT) == [incident(1, content="[2]")]
        expected = [ended, incident(3, content="[3]", ended_at=60.0)]
        assert await database.incidents(ACCOUNT, 0.0) == expected
        assert await database.find_incident(ended.id) == ended
    await database.write(())
    assert not database.failing
    await reopened(database)
    assert await database.open_incidents(ACCOUNT) == [incident(1, content="[2]")]
    assert await database.incidents(ACCOUNT, 0.0) == expected


async def test_a_full_disk_keeps_open_incidents_and_those_that_ended_last(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_INCIDENTS", 5)
    with full_disk():
        for number in range(20):
            ended_at = None if number == 3 else float(number)
            with pytest.raises(DatabaseError):
                await database.write([record(number, text=LONG)], incidents=[incident(number, ended_at=ended_at)])
            assert await count(database, "incident") <= 6
    await database.write(())
    await reopened(database)
    assert await database.open_incidents(ACCOUNT) == [incident(3)]
    found = await database.incidents(ACCOUNT, 0.0)
    assert found == [incident(number, ended_at=float(number)) for number in range(16, 20)]


async def test_what_could_not_be_written_of_a_removed_entry_does_not_come_back(database: MessageDatabase) -> None:
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([record(1, text=LONG)], incidents=[incident(1), incident(2, entry_id=OTHER)])
        await database.remove(ACCOUNT)
    await database.write([record(2, entry_id=OTHER)])
    assert not database.failing
    assert await ids(database) == []
    assert await database.open_incidents(OTHER) == [incident(2, entry_id=OTHER)]


async def test_a_flood_of_texts_holds_back_no_incident(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_ROWS", 3)
    database.write((), incoming=[incoming(number) for number in range(3)])
    with pytest.raises(DatabaseError, match="busy"):
        await database.write((), incoming=[incoming(4)])
    await database.write((), incoming=[incoming(5)], incidents=[incident(1)])
    assert await ids(database) == [incident(1).id]


async def test_a_file_of_script_5_is_upgraded(tmp_path: Path) -> None:
    """Its totals go on, since the triggers mean the same as before."""
    path = tmp_path / "texting.db"
    with closing(sqlite3.connect(path)) as connection:
        schema.migrate(connection, 5)
        schema.insert(connection, [to_row(delivered(1, price=0.07, currency="EUR"))])
        connection.execute("PRAGMA journal_mode = WAL")
    database = MessageDatabase(path)
    await database.open()
    assert (database.failing, database.damaged) == (False, None)
    # Its message has another price and currency now.
    await database.write([delivered(1, price=0.05, currency="USD"), delivered(2)], incidents=[incident(1)])
    assert (await database.totals(ACCOUNT, "2026-11-21")).texts == 2
    spent = {currency: float(cost) for currency, cost in (await database.spent(ACCOUNT, "2026-11-21")).items()}
    assert spent == {"EUR": 0.0, "USD": 0.05}
    await reopened(database)
    assert await ids(database) == [incident(1).id]
    await database.close()
    assert opened(path) == (None, [1, 2])


async def test_a_damaged_file_of_script_5_can_hold_incidents(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    with closing(sqlite3.connect(path)) as connection:
        schema.migrate(connection, 5)
        schema.insert(connection, [to_row(record(1))])
        connection.executescript("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'message_parent'")
    database = MessageDatabase(path)
    await database.open()
    assert (database.failing, database.damaged is not None) == (False, True)
    await database.write((), incidents=[incident(1)])
    await reopened(database)
    assert await ids(database) == [incident(1).id]
    assert numbers(await database.load(ACCOUNT)) == [1]
    await database.close()


async def test_damage_while_the_file_is_open(database: MessageDatabase) -> None:
    """Incidents that can be read are found at once in the new file, and the one that is being written is too."""
    content = json.dumps(["Water" * 600])
    # More than SQLite caches.
    await database.write((), incidents=[incident(number, content=content) for number in range(2000)])
    await database.close()
    await database.open()
    with closing(sqlite3.connect(database.path)) as connection:
        sql = "SELECT pageno FROM dbstat WHERE name = 'incident' AND pagetype = 'leaf' ORDER BY path"
        leaves = [page for (page,) in connection.execute(sql)]
    with database.path.open("r+b") as file:
        file.seek(4096 * (leaves[len(leaves) // 2] - 1))
        file.write(bytes(4096))
    found = await database.open_incidents(ACCOUNT)
    assert (database.failing, database.damaged is not None) == (False, True)
    assert 1900 < len(found) < 2000
    database.write((), incidents=[incident(5000)])
    await reopened(database)
    assert await database.open_incidents(ACCOUNT) == [*found, incident(5000)]


async def test_a_closed_database_raises(database: MessageDatabase) -> None:
    await database.close()
    reads: list[Awaitable[object]] = [
        database.open_incidents(ACCOUNT),
        database.last_drill(ACCOUNT),
        database.incidents(ACCOUNT, 0.0),
        database.find_incident("01JD"),
        database.purge_incidents(ACCOUNT, 0.0),
        database.write((), incidents=[incident(1)]),
    ]
    for read in reads:
        with pytest.raises(DatabaseError, match="closed"):
            await read
