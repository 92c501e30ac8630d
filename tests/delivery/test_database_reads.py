"""Reads and writes while the database's thread commits."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import threading

import pytest

from custom_components.texting.delivery import inbound_rows
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.inbound_rows import InboundRows
from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import ACCOUNT, incoming, incoming_numbers, look_up, record, reply_code


@contextmanager
def slow_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[int], asyncio.Event]]:
    """Hold the next commit until the end of the block. Return the sizes of commits, and what is set at the first."""
    sizes: list[int] = []
    begun, go, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    write = SqliteFile.write

    def held(file: SqliteFile, records: list[MessageRecord], inbound: InboundRows, *, syncs: bool) -> None:
        sizes.append(len(records) + len(inbound.incoming))
        loop.call_soon_threadsafe(begun.set)
        assert go.wait(20)
        write(file, records, inbound, syncs=syncs)

    monkeypatch.setattr(SqliteFile, "write", held)
    yield sizes, begun
    go.set()


async def test_texts_that_are_looked_up_and_written_during_a_commit_are_one_more(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of texts must not hold back the home's own messages."""
    with slow_commit(monkeypatch) as (sizes, begun):
        saved = [database.write((), incoming=[incoming(0)])]
        await begun.wait()
        found = []
        for number in range(1, 50):
            saved.append(database.write((), incoming=[incoming(number)]))
            found.append(asyncio.create_task(look_up(database)))
            await asyncio.sleep(0)
        saved.append(database.write([record(1)]))
    await asyncio.gather(*saved, *found)
    assert sizes == [1, 50]
    # Only what was given to the thread before.
    assert {tuple(incoming_numbers(each.result().known)) for each in found} == {(0,)}
    assert len((await look_up(database)).known) == 50


async def test_other_reads_during_a_commit_wait_for_what_was_written_before(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_commit(monkeypatch) as (sizes, begun):
        first = database.write((), incoming=[incoming(0)])
        await begun.wait()
        reads = []
        for number in range(1, 50):
            database.write((), incoming=[incoming(number)])
            reads.append(asyncio.create_task(database.find_incoming(incoming(number).id)))
            await asyncio.sleep(0)
        reads.pop().cancel()
        assert not first.done()
    found = [await each for each in reads]
    assert incoming_numbers([each for each in found if each]) == list(range(1, 49))
    assert sizes == [1, 49]


async def test_a_read_that_waits_for_a_commit_fails_if_the_database_is_closed(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_commit(monkeypatch) as (_sizes, begun):
        database.write((), incoming=[incoming(0)])
        await begun.wait()
        saved = database.write((), incoming=[incoming(1)])
        read = asyncio.create_task(database.find_incoming(incoming(1).id))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
    with pytest.raises(DatabaseError, match="closed"):
        await read
    await saved
    await closing


@pytest.mark.parametrize("limit", ["MAX_MEMORY_ROWS", "MAX_MEMORY_SIZE"])
async def test_too_many_texts_during_a_commit_are_refused(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A disk may hang for minutes while strangers send texts. The home's own messages are never refused."""
    monkeypatch.setattr(inbound_rows, limit, 3 if limit.endswith("ROWS") else 3 * 1000)
    with slow_commit(monkeypatch) as (_sizes, begun):
        saved = [database.write((), incoming=[incoming(0)])]
        await begun.wait()
        saved += [database.write((), incoming=[incoming(number, text="x" * 1000)]) for number in range(1, 4)]
        called: list[str] = []
        refused = database.write((), incoming=[incoming(4)], then=lambda: called.append("then"))
        with pytest.raises(DatabaseError, match="busy"):
            await refused
        await asyncio.sleep(0)
        assert called == ["then"]
        saved += [
            database.write([record(1)], incoming=[incoming(5)]),
            database.write((), codes=[reply_code(10)]),
            *(database.hand_on(incoming(number).id) for number in (1, 2, 5)),
        ]
        assert not any(each.done() for each in saved)
        if limit == "MAX_MEMORY_ROWS":
            with pytest.raises(DatabaseError, match="busy"):
                await database.hand_on(incoming(3).id)
    await asyncio.gather(*saved)
    assert await database.load(ACCOUNT)
    assert await database.reply_codes(0.0) == [reply_code(10)]
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [0, 3]
    await database.write((), incoming=[incoming(4)])
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [0, 3, 4]
