"""What is written down before it is told, and who is told when."""

import asyncio
from pathlib import Path

import pytest

from custom_components.texting.delivery.book import Book
from custom_components.texting.delivery.desk import AT_ONCE, MANY, Desk
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.gateway.errors import MessageRejected
from custom_components.texting.gateway.message import DeliveryReport
from custom_components.texting.gateway.status import Status

from .clock import ACCOUNT, Clocks, report, result
from .messages import full_disk


@pytest.fixture
def desk(outbox: Outbox, book: Book) -> Desk:
    return Desk(ACCOUNT, outbox, book)


@pytest.fixture
def told(desk: Desk) -> list[Record]:
    news: list[Record] = []
    desk.on_news = news.append
    return news


async def accepted(desk: Desk, record: Record, message_id: str | None = None) -> None:
    """The gateway has answered."""
    record.phase = Phase.SENDING
    desk.book.settle(record, result(record, message_id=message_id))
    await desk.keep([record])


def about(news: list[Record]) -> list[tuple[str, Status]]:
    return [(record.reference, record.status) for record in news]


async def test_a_message_is_on_disk_when_it_was_added(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    added: list[str] = []
    desk.on_add = lambda records: added.extend(record.reference for record in records)
    await desk.add([clocks.message(), clocks.message("two")])
    assert [record.reference for record in await desk.outbox.load(ACCOUNT)] == ["one", "two"]
    assert (added, told) == (["one", "two"], [])


async def test_each_end_is_told_once_moved_or_not(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    ended: list[Record] = []
    desk.on_end = ended.append
    failed, lost = clocks.message(), clocks.message("two")
    await desk.add([failed, lost])
    await accepted(desk, failed, "m1")
    await accepted(desk, lost, "m2")
    assert ended == []
    desk.book.end(failed, Status.REJECTED)
    desk.book.close(lost)
    await desk.keep([failed, lost], moved=[failed])
    assert sorted(about(ended)) == [("one", Status.REJECTED), ("two", Status.ACCEPTED)]
    assert about(told) == [("one", Status.ACCEPTED), ("two", Status.ACCEPTED), ("one", Status.REJECTED)]


async def test_one_that_was_refused_here_is_told_and_kept(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    record = clocks.message()
    desk.book.end(record, Status.REJECTED, MessageRejected())
    await desk.add([record])
    assert about(told) == [("one", Status.REJECTED)]
    assert await desk.outbox.load(ACCOUNT) == []
    found = await desk.find(reference="one")
    assert found is not None
    assert found.status is Status.REJECTED


async def adds(desk: Desk, record: Record) -> None:
    await desk.add([record])


async def test_a_caller_who_is_cancelled_takes_no_message_back(desk: Desk, clocks: Clocks) -> None:
    adding = asyncio.create_task(adds(desk, clocks.message()))
    await asyncio.sleep(0)
    adding.cancel()
    await asyncio.wait([adding])
    assert adding.cancelled()
    assert [record.reference for record in await desk.outbox.load(ACCOUNT)] == ["one"]
    assert desk.book.get("one") is not None


async def test_news_are_told_when_they_are_on_disk_as_they_were_then(
    desk: Desk, clocks: Clocks, tmp_path: Path
) -> None:
    await desk.add([record := clocks.message()])
    news: list[tuple[Status, Status]] = []

    def tell(news_of: Record) -> None:
        news.append((news_of.status, record.status))

    desk.on_news = tell
    record.status = Status.SENT
    first = desk.keep([record])
    record.status = Status.DELIVERED
    second = desk.keep([record])
    assert news == []
    await asyncio.gather(first, second)
    assert news == [(Status.SENT, Status.DELIVERED), (Status.DELIVERED, Status.DELIVERED)]


async def test_news_are_told_in_order_and_others_get_their_turn(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    records = [clocks.message(str(number)) for number in range(5 * AT_ONCE)]
    await desk.add(records)
    keeping, turns = desk.keep(records), list[int]()
    while not keeping.done():
        await asyncio.sleep(0)
        turns.append(len(told))
    assert [record.reference for record in told] == [record.reference for record in records]
    assert max(after - before for before, after in zip([0, *turns], turns, strict=False)) <= AT_ONCE


async def test_a_disk_that_is_full_keeps_nobody_waiting(
    desk: Desk, told: list[Record], clocks: Clocks, outbox: Outbox
) -> None:
    with full_disk():
        async with asyncio.timeout(5):
            await desk.add([record := clocks.message(text="x" * 5000)])
            await accepted(desk, record)
        assert (about(told), outbox.failing) == ([("one", Status.ACCEPTED)], True)
    async with asyncio.timeout(5):
        await desk.report([report(Status.DELIVERED)])
    assert (about(told)[1:], outbox.failing) == ([("one", Status.DELIVERED)], False)


async def test_nothing_to_keep_is_done_at_once(desk: Desk) -> None:
    assert desk.keep([]).done()


# -- waiting -------------------------------------------------------------------------------------------------------


async def test_an_answer_wakes_who_waits_for_it(desk: Desk, clocks: Clocks) -> None:
    await desk.add(records := [clocks.message(), clocks.message("two")])
    waiting = asyncio.create_task(desk.answered(records, 5))
    await asyncio.sleep(0)
    await accepted(desk, records[0])
    await asyncio.sleep(0)
    assert not waiting.done()
    await accepted(desk, records[1])
    async with asyncio.timeout(1):
        await waiting
    async with asyncio.timeout(1):
        await desk.answered(records, 5)


async def test_nobody_waits_longer_than_wanted(desk: Desk, clocks: Clocks) -> None:
    await desk.add(records := [clocks.message()])
    begin = asyncio.get_running_loop().time()
    await desk.answered(records, 0.05)
    assert 0.04 < asyncio.get_running_loop().time() - begin < 1


async def test_who_waits_no_more_takes_nobody_along(desk: Desk, clocks: Clocks) -> None:
    await desk.add(records := [clocks.message()])
    waiting = asyncio.create_task(desk.answered(records, 5))
    cancelled = asyncio.create_task(desk.answered(records, 5))
    await asyncio.sleep(0)
    cancelled.cancel()
    await desk.answered(records, 0.01)
    await accepted(desk, records[0])
    async with asyncio.timeout(1):
        await waiting


# -- reports -------------------------------------------------------------------------------------------------------


async def test_a_report_moves_a_message_of_any_time(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    await desk.add([record := clocks.message()])
    await accepted(desk, record, "id")
    desk.book.end(record, Status.ACCEPTED)  # followed no more
    await desk.keep([record], moved=())
    assert await desk.report([report(Status.DELIVERED, reference=None, message_id="id")]) == 0
    assert await desk.report([report(Status.DELIVERED, reference="nobody's", message_id="id")]) == 0
    assert about(told) == [("one", Status.ACCEPTED), ("one", Status.DELIVERED)]


async def test_several_reports_of_one_message_are_told_once_each(
    desk: Desk, told: list[Record], clocks: Clocks
) -> None:
    await desk.add([record := clocks.message()])
    await desk.report([report(Status.SENT), report(Status.SENT), report(Status.DELIVERED), report(Status.DELIVERED)])
    statuses = [status for _, status in about(told)]
    assert statuses[-1] is Status.DELIVERED
    assert len(statuses) == len(set(statuses))
    assert record.phase is Phase.ENDED


async def test_a_report_twice_at_the_same_time_is_told_once(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    records = [clocks.message(str(number)) for number in range(3 * AT_ONCE)]
    await desk.add(records)
    reports = [report(Status.DELIVERED, reference=record.reference) for record in records]

    async def again() -> None:
        await asyncio.sleep(0)
        for each in reports:
            await desk.report([each])

    await asyncio.gather(desk.report(reports), again())
    assert sorted(record.reference for record in told) == sorted(record.reference for record in records)


@pytest.mark.parametrize("about_it", [{"reference": "x"}, {"reference": None, "message_id": "x"}, {"reference": None}])
async def test_a_report_of_nobody_is_counted(
    desk: Desk, told: list[Record], clocks: Clocks, about_it: dict[str, str | None]
) -> None:
    await desk.add([clocks.message()])
    forged = DeliveryReport(status=Status.DELIVERED, provider_status="3", **about_it)  # type: ignore[arg-type]
    assert await desk.report([forged, forged]) == 2
    assert told == []


async def test_another_accounts_message_is_nobodys(
    outbox: Outbox, told: list[Record], desk: Desk, clocks: Clocks
) -> None:
    await desk.add([record := clocks.message()])
    await accepted(desk, record, "id")
    other = Desk("other", outbox, Book(clocks.now, clocks.today))
    assert await other.report([report(Status.DELIVERED), report(Status.SENT, reference=None, message_id="id")]) == 2
    assert record.status is Status.ACCEPTED


async def test_a_report_before_the_answer_is_told_after_it(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    await desk.add([record := clocks.message()])
    record.phase = Phase.SENDING
    assert await desk.report([report(Status.DELIVERED, reference=None, message_id="id")]) == 0
    assert told == []
    await accepted(desk, record, "id")
    assert about(told) == [("one", Status.DELIVERED)]


# -- an earlier run ------------------------------------------------------------------------------------------------


async def test_what_an_earlier_run_left_is_taken_on(outbox: Outbox, clocks: Clocks, desk: Desk) -> None:
    many = MANY + 5
    await desk.add([clocks.message(f"{number:04}") for number in range(many)])
    again = Desk(ACCOUNT, outbox, Book(clocks.now, clocks.today))
    added: list[str] = []
    again.on_add = lambda records: added.extend(record.reference for record in records)
    await again.load()
    assert added == [f"{number:04}" for number in range(many)]
    assert len(again.book) == many


async def test_an_account_that_is_removed_lets_go_of_all(desk: Desk, told: list[Record], clocks: Clocks) -> None:
    phases = {"w": Phase.WAITING, "s": Phase.SENDING, "f": Phase.FOLLOWED, "x": Phase.SENDING}
    records = [clocks.message(name, phase=phase) for name, phase in phases.items()]
    records[2].status, records[3].is_in_flight = Status.SENT, True
    await desk.add(records)
    assert await desk.give_up() == 1
    assert dict(about(told)) == {"w": Status.REJECTED, "s": Status.UNKNOWN}
    # Its answer is still to come.
    assert [record.reference for record in desk.book] == ["x"]
