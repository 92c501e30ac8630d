"""The outbox where nothing goes wrong: what is kept, found, forgotten and committed together."""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
import gc
from pathlib import Path
import sqlite3
import threading
from typing import Any

import pytest

from custom_components.texting.delivery import schema
from custom_components.texting.delivery.outbox import Outbox, OutboxError
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import FailureReason, Status
from tests.delivery.messages import ACCOUNT, OTHER, commits, ended, names, numbers, open_files, record


def values(record: Record) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


async def test_a_record_comes_back_as_it_was(outbox: Outbox) -> None:
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
    kept = Record(
        message=message,
        account=ACCOUNT,
        asked_at=1.5,
        expires_at=2.5,
        due_at=2.0,
        taken_at=1.75,
        recipient="Anna",
        recipient_id="01JE",
        parent="01JC",
        urgent=True,
        segments=3,
        phase=Phase.FOLLOWED,
        status=Status.SENT,
        message_id="17",
        batch_id="4",
        provider_status="enroute",
        reason=FailureReason.OTHER,
        otherwise=Status.UNKNOWN,
    )
    await outbox.write([kept])
    (found,) = await outbox.load(ACCOUNT)
    assert values(found) == values(kept)


async def test_the_latest_state_is_kept_once(outbox: Outbox) -> None:
    await outbox.write([record(1)])
    await outbox.write([record(1, phase=Phase.SENDING), record(1, phase=Phase.FOLLOWED, message_id="17")])
    (found,) = await outbox.load(ACCOUNT)
    assert (found.phase, found.message_id) == (Phase.FOLLOWED, "17")


async def test_load_finds_what_is_to_be_done_oldest_first(outbox: Outbox) -> None:
    await outbox.write([record(3), record(1, phase=Phase.FOLLOWED), ended(2), record(4, account=OTHER)])
    await outbox.write([record(6, asked_at=0.0), record(5, asked_at=0.0, phase=Phase.SENDING)])
    assert numbers(await outbox.load(ACCOUNT)) == [6, 5, 1, 3]


async def test_find_finds_the_newest(outbox: Outbox) -> None:
    await outbox.write(
        [record(1, message_id="17"), ended(2, message_id="17"), record(3, message_id="17", account=OTHER)]
    )

    async def found(**by: str) -> int | None:
        record = await outbox.find(**by)
        return numbers([record])[0] if record else None

    assert await found(reference=record(1).reference) == 1
    assert await found(message_id="17") == 3
    assert await found(message_id="17", account=ACCOUNT) == 2
    assert await found(message_id="18") is None
    assert await found() is None


async def test_an_odd_message_id_is_found_again(outbox: Outbox) -> None:
    await outbox.write([record(1, message_id="17\ud800")])
    assert await outbox.find(message_id="17\ud800")
    assert not outbox.failing


async def test_children(outbox: Outbox) -> None:
    await outbox.write(
        [record(3, parent="a"), record(1, parent="b"), ended(2, parent="a"), record(4, parent="c"), record(5)]
    )
    assert numbers(await outbox.children(["a", "b"])) == [1, 2, 3]
    assert await outbox.children([]) == []


async def test_segments_are_counted_from_when_they_were_accepted(outbox: Outbox) -> None:
    assert await outbox.segments_since(ACCOUNT, 0.0) == 0
    await outbox.write(
        [ended(1, taken_at=10.0, segments=2), record(2, taken_at=20.0, segments=3), record(3, segments=5)]
    )
    await outbox.write([record(4, taken_at=20.0, segments=7, account=OTHER)])
    assert await outbox.segments_since(ACCOUNT, 10.0) == 5
    assert await outbox.segments_since(ACCOUNT, 11.0) == 3


async def test_purge_forgets_what_has_ended(outbox: Outbox) -> None:
    await outbox.write([ended(1), record(2), ended(3, account=OTHER), ended(10)])
    assert await outbox.purge(10.0, ACCOUNT) == 1
    assert await outbox.purge(10.0) == 1
    assert await outbox.find(reference=record(1).reference) is None
    assert await outbox.find(reference=record(10).reference)
    assert numbers(await outbox.load(ACCOUNT)) == [2]


async def test_what_comes_together_is_one_commit(outbox: Outbox) -> None:
    before = commits(outbox.path)
    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(_write(outbox, number))
    assert commits(outbox.path) == before + 1


async def test_what_comes_while_a_commit_is_running_is_one_more(outbox: Outbox) -> None:
    before = commits(outbox.path)
    first = outbox.write([record(number) for number in range(10, 3000)])
    await asyncio.sleep(0)
    others = []
    for number in range(4):
        others.append(outbox.write([record(number)]))
        await asyncio.sleep(0)
        assert not first.done()
    await asyncio.gather(first, *others)
    assert commits(outbox.path) == before + 2


async def test_a_read_sees_what_was_written_before_it(outbox: Outbox) -> None:
    outbox.write([record(1)])
    await asyncio.sleep(0)
    outbox.write([record(2)])
    assert numbers(await outbox.load(ACCOUNT)) == [1, 2]


async def test_a_caller_that_is_cancelled_takes_nobody_along(outbox: Outbox) -> None:
    leaver, stayer = asyncio.ensure_future(_write(outbox, 1)), asyncio.ensure_future(_write(outbox, 2))
    await asyncio.sleep(0)
    leaver.cancel()
    await stayer
    assert numbers(await outbox.load(ACCOUNT)) == [1, 2]


async def test_the_file_is_the_owners_alone_and_outlives_the_outbox(tmp_path: Path) -> None:
    path = tmp_path / "odd ?#%41 näme" / "texting.db"
    path.parent.mkdir()
    for number in range(3):
        outbox = Outbox(path)
        await outbox.open()
        assert numbers(await outbox.load(ACCOUNT)) == list(range(number))
        await outbox.write([record(number)])
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
        await outbox.close()
        assert names(path.parent) == ["texting.db"]
        assert not outbox.failing
        assert outbox.damaged is None


async def test_nothing_is_left_after_close(tmp_path: Path, noise: list[dict[str, Any]]) -> None:
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    last = outbox.write([record(1)])
    await outbox.close()
    await outbox.close()
    await last
    assert not [thread for thread in threading.enumerate() if "outbox" in thread.name]
    assert not [file for file in open_files() if tmp_path in file.parents]

    outbox.write([record(2)])  # nobody waits for it
    with pytest.raises(OutboxError, match="closed"):
        await outbox.write([record(2)])
    with pytest.raises(OutboxError, match="closed"):
        await outbox.load(ACCOUNT)
    gc.collect()
    assert noise == []


async def test_a_file_of_version_1_gets_its_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "texting.db"
    with monkeypatch.context() as old:
        old.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        old.setattr(schema, "VERSION", 1)
        await _session(path, lambda outbox: outbox.write([record(1)]))
    assert _version_and_indexes(path) == (1, 0)
    await _session(path, lambda outbox: outbox.write([record(2)]))
    assert _version_and_indexes(path) == (schema.VERSION, 5)
    outbox = await _session(path, lambda outbox: outbox.load(ACCOUNT))
    assert outbox.damaged is None


async def test_each_commit_is_synced(outbox: Outbox) -> None:
    """SQLite syncs at each commit with synchronous = FULL (2) only."""
    read = outbox._database.read
    assert await outbox._run(lambda: (read("PRAGMA journal_mode", ()), read("PRAGMA synchronous", ()))) == (
        [("wal",)],
        [(2,)],
    )


async def test_queries_use_the_indexes(outbox: Outbox) -> None:
    await outbox.write([record(1)])
    plans = {
        "account = ? AND phase IN ('waiting', 'sending')": "message_phase",
        "message_id = ?": "message_message_id",
        "parent IN (SELECT value FROM json_each(?))": "message_parent",
        "asked_at < ?": "message_asked_at",
    }
    with sqlite3.connect(outbox.path) as connection:
        for where, index in plans.items():
            sql = f"EXPLAIN QUERY PLAN {schema.SELECT} WHERE {where}"
            plan = connection.execute(sql, ["1"] * where.count("?")).fetchall()
            assert any(f"USING INDEX {index} " in row[3] for row in plan), plan
    connection.close()


async def _write(outbox: Outbox, number: int) -> None:
    await outbox.write([record(number)])


async def _session(path: Path, act: Callable[[Outbox], Any]) -> Outbox:
    outbox = Outbox(path)
    await outbox.open()
    await act(outbox)
    await outbox.close()
    return outbox


def _version_and_indexes(path: Path) -> tuple[int, int]:
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (indexes,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE INDEX%'").fetchone()
    connection.close()
    return version, indexes
