"""The daily totals count each message exactly once, whatever happens to its row."""

from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.sqlite_file import SqliteFile
from custom_components.texting.delivery.totals import Totals
from custom_components.texting.gateway.errors import MessageRejected
from custom_components.texting.gateway.message import DeliveryReport, SendResult
from custom_components.texting.gateway.status import Status
from tests.support.clock import Clocks
from tests.support.records import ACCOUNT, OTHER, UpdateLog, copy, ended, erase, full_disk, numbers, opened, record

DAY, NEXT_DAY = "2026-11-21", "2026-11-22"
LONG = "Water in the cellar" * 500


def accepted(number: int, status: Status = Status.ACCEPTED, **changes: Any) -> MessageRecord:
    """Return a message that the provider accepted on DAY."""
    values: dict[str, Any] = {"phase": Phase.TRACKED, "accepted_at": 5.0, "day": DAY} | changes
    return record(number, status=status, **values)


async def all_totals(database: MessageDatabase, entry_id: str = ACCOUNT) -> Totals:
    return await database.totals(entry_id, "")


def stored(path: Path) -> list[tuple[Any, ...]]:
    """Return the totals in the file, without the sums of money."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT entry_id, day, recipient_id, texts, segments, delivered, failed FROM daily_total"
        return connection.execute(sql).fetchall()


async def test_a_text_counts_once_it_was_accepted(database: MessageDatabase) -> None:
    await database.write([record(1, segments=2)])
    await database.write([record(1, segments=2, phase=Phase.SENDING)])
    assert await all_totals(database) == Totals(0, 0, 0, 0)
    for _ in range(3):
        await database.write([accepted(1, segments=2)])
    assert await all_totals(database) == Totals(1, 2, 0, 0)


@pytest.mark.parametrize(
    ("status", "delivered", "failed"),
    [
        (Status.SENT, 0, 0),
        (Status.UNCERTAIN, 0, 0),
        (Status.DELIVERED, 1, 0),
        (Status.UNDELIVERED, 0, 1),
        (Status.EXPIRED, 0, 1),
        (Status.REJECTED, 0, 1),
    ],
)
async def test_a_later_status_moves_the_sums(
    database: MessageDatabase, status: Status, delivered: int, failed: int
) -> None:
    await database.write([accepted(1)])
    for _ in range(2):
        await database.write([accepted(1, status, phase=Phase.DONE)])
        assert await all_totals(database) == Totals(1, 1, delivered, failed)


async def test_other_segments_move_the_sums(database: MessageDatabase) -> None:
    """A route's message takes over the segments of its attempt."""
    await database.write([accepted(1, segments=2)])
    await database.write([accepted(1, segments=3), accepted(2, segments=4)])
    assert await all_totals(database) == Totals(2, 7, 0, 0)
    await database.write([accepted(1, segments=1)])
    assert await all_totals(database) == Totals(2, 5, 0, 0)


async def test_a_message_that_was_refused_is_no_text(database: MessageDatabase) -> None:
    await database.write([ended(1, status=Status.REJECTED, segments=3, day=DAY)])
    assert await all_totals(database) == Totals(0, 0, 0, 1)


async def test_each_entry_day_and_recipient_has_its_sums(database: MessageDatabase) -> None:
    await database.write(
        [
            accepted(1, recipient_id="anna", segments=2),
            accepted(2, recipient_id="ben"),
            accepted(3),
            accepted(4, day=NEXT_DAY, segments=5),
            accepted(5, entry_id=OTHER, segments=7),
        ]
    )
    assert stored(database.path) == [
        (ACCOUNT, DAY, "", 1, 1, 0, 0),
        (ACCOUNT, DAY, "anna", 1, 2, 0, 0),
        (ACCOUNT, DAY, "ben", 1, 1, 0, 0),
        (ACCOUNT, NEXT_DAY, "", 1, 5, 0, 0),
        (OTHER, DAY, "", 1, 7, 0, 0),
    ]
    assert await database.segments_on(ACCOUNT, DAY) == (4, 0)
    assert await database.segments_on(ACCOUNT, "2026-11-20") == (0, 0)
    assert await database.totals(ACCOUNT, NEXT_DAY) == Totals(1, 5, 0, 0)
    assert await all_totals(database) == Totals(4, 9, 0, 0)


async def test_the_sums_outlive_the_messages(database: MessageDatabase) -> None:
    await database.write([accepted(1, Status.DELIVERED, phase=Phase.DONE)])
    assert await database.purge(10.0, ACCOUNT) == 1
    assert await all_totals(database) == Totals(1, 1, 1, 0)


async def test_the_day_of_the_acceptance_counts(database: MessageDatabase, clocks: Clocks) -> None:
    today = DAY
    outbox = Outbox(ACCOUNT, database, UpdateLog(), now=clocks.now, time=clocks.time, today=lambda: today)
    sent, refused = record(1), record(2)
    await outbox.add([sent, refused])
    outbox.apply_result(sent, SendResult(message=sent.message, status=Status.ACCEPTED, message_id="17"))
    await outbox.save([sent])
    today = NEXT_DAY
    outbox.fail(refused, Status.REJECTED, MessageRejected("no"))
    await outbox.save([refused])
    await outbox.apply_reports([DeliveryReport(message_id="17", provider_status="3", status=Status.DELIVERED)] * 2)
    assert [(row[1], *row[3:]) for row in stored(database.path)] == [(DAY, 1, 1, 1, 0), (NEXT_DAY, 0, 0, 0, 1)]


async def test_a_late_report_counts_on_the_first_day(database: MessageDatabase, clocks: Clocks) -> None:
    """The provider may deny later that it took a text, or the outcome was uncertain at first."""
    await database.write([accepted(1, Status.UNCERTAIN, phase=Phase.DONE, message_id="17")])
    outbox = Outbox(ACCOUNT, database, UpdateLog(), now=clocks.now, time=clocks.time, today=lambda: NEXT_DAY)
    await outbox.apply_reports([DeliveryReport(message_id="17", provider_status="4", status=Status.UNDELIVERED)])
    assert [(row[1], *row[3:]) for row in stored(database.path)] == [(DAY, 1, 1, 0, 1)]


async def test_a_crash_and_a_reload_count_nothing_again(database: MessageDatabase, tmp_path: Path) -> None:
    await database.write([accepted(1), record(2)])
    crashed = MessageDatabase(copy(database.path, tmp_path / "crashed"))
    await crashed.open()
    loaded = await crashed.load(ACCOUNT)
    await crashed.write(loaded)
    assert await all_totals(crashed) == Totals(1, 1, 0, 0)
    await crashed.close()


async def test_a_full_disk_counts_nothing_twice(database: MessageDatabase) -> None:
    await database.write([accepted(1), record(2), accepted(3, Status.DELIVERED, phase=Phase.DONE)])
    with full_disk():
        with pytest.raises(DatabaseError):
            await database.write([accepted(1, Status.DELIVERED), accepted(2), record(4, text=LONG)])
        assert await all_totals(database) == Totals(3, 3, 2, 0)
        with pytest.raises(DatabaseError):
            await database.write([accepted(4, text=LONG)])
        assert await all_totals(database) == Totals(4, 4, 2, 0)
        assert await database.segments_on(ACCOUNT, DAY) == (4, 0)
    await database.write([accepted(5)])
    assert not database.failing
    assert await all_totals(database) == Totals(5, 5, 2, 0)


async def test_a_removed_file_is_written_again_with_its_sums(database: MessageDatabase) -> None:
    await database.write([accepted(1), accepted(2, Status.DELIVERED, phase=Phase.DONE)])
    await database.purge(10.0, ACCOUNT)
    for file in database.path.parent.iterdir():
        file.unlink()
    await database.write([accepted(1, Status.DELIVERED), accepted(3)])
    assert await all_totals(database) == Totals(3, 3, 2, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with three counted messages. The first is deleted."""
    sqlite = SqliteFile(tmp_path / "texting.db")
    sqlite.open()
    sqlite.write([accepted(1, Status.DELIVERED, phase=Phase.DONE), accepted(2), accepted(3, day=NEXT_DAY)])
    sqlite.delete("DELETE FROM message WHERE created_at < ?", (2.0,))
    sqlite.close()
    return sqlite.path


def test_a_recovered_file_keeps_the_sums_of_deleted_messages(path: Path) -> None:
    before = stored(path)
    erase(path, "message_number")
    damaged, found = opened(path)
    assert damaged
    assert found == [2, 3]
    assert stored(path) == before == [(ACCOUNT, DAY, "", 2, 2, 1, 0), (ACCOUNT, NEXT_DAY, "", 1, 1, 0, 0)]


def test_lost_sums_are_counted_from_the_messages(path: Path) -> None:
    erase(path, "daily_total")
    damaged, found = opened(path)
    assert damaged
    assert found == [2, 3]
    assert stored(path) == [(ACCOUNT, DAY, "", 1, 1, 0, 0), (ACCOUNT, NEXT_DAY, "", 1, 1, 0, 0)]


async def test_what_is_written_after_a_recovery_counts_once(path: Path) -> None:
    erase(path, "message_number")
    database = MessageDatabase(path)
    await database.open()
    loaded = await database.load(ACCOUNT)
    assert numbers(loaded) == [2, 3]
    loaded[0].status = Status.DELIVERED
    await database.write(loaded)
    assert await all_totals(database) == Totals(3, 3, 2, 0)
    await database.close()
