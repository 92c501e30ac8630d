"""When an outbox saves, what it publishes, in which order, and who waits for what."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import MAX_LOAD, MAX_PUBLISH, Change, Outbox, Update
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.errors import MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.status import Status
from tests.simulator.loop_clock import LoopClock
from tests.support.clock import ACCOUNT, Clocks, report, result
from tests.support.records import UpdateLog, full_disk


@pytest.fixture
def outbox(database: MessageDatabase, log: UpdateLog, clocks: Clocks) -> Outbox:
    return Outbox(ACCOUNT, database, log, now=clocks.now, time=clocks.time)


async def accept(outbox: Outbox, record: MessageRecord, message_id: str | None = None) -> None:
    """Apply and save the result that the provider accepted a message."""
    record.phase = Phase.SENDING
    outbox.apply_result(record, result(record, message_id=message_id))
    await outbox.save([record])


async def test_an_added_message_is_on_the_disk(outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    await outbox.add([clocks.message(), clocks.message("two")])
    assert [record.reference for record in await outbox.database.load(ACCOUNT)] == ["one", "two"]
    assert log.updates == []


async def test_a_message_that_is_added_twice_is_known_once(outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    """The second has other words and other times. The first goes on, and is on the disk when the second add is done."""
    first = clocks.message(text="Water")
    saved = outbox.add([first])
    again = outbox.add([clocks.message(text="Wind", urgent=True), clocks.message("two")])
    alone = outbox.add([clocks.message(text="Fire")])
    assert not any(future.done() for future in (saved, again, alone))
    await alone
    assert saved.done()
    assert outbox.get("one") is first
    assert [record.message.text for record in await outbox.database.load(ACCOUNT)][:1] == ["Water"]
    await again
    assert [record.reference for record in outbox] == ["one", "two"]
    # Also after it has left.
    await accept(outbox, first)
    await outbox.add([clocks.message()])
    assert (first.status, log.news) == (Status.ACCEPTED, [("one", Status.ACCEPTED)])
    found = await outbox.find(reference="one")
    assert found is first


async def test_adding_what_is_known_to_a_full_disk_is_done(outbox: Outbox, clocks: Clocks) -> None:
    with full_disk():
        async with asyncio.timeout(30):
            await outbox.add([clocks.message(text="x" * 5000)])
            await outbox.add([clocks.message()])
    assert len(outbox) == 1


async def test_a_message_that_was_refused_here_is_published_and_stored(
    outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    record = clocks.message()
    outbox.fail(record, Status.REJECTED, MessageRejected())
    await outbox.add([record])
    assert log.changes == [("one", Change.UPDATED), ("one", Change.ENDED)]
    assert await outbox.database.load(ACCOUNT) == []
    found = await outbox.find(reference="one")
    assert found is not None
    assert found.status is Status.REJECTED


async def add(outbox: Outbox, record: MessageRecord) -> None:
    await outbox.add([record])


async def test_a_caller_that_is_cancelled_removes_no_message(outbox: Outbox, clocks: Clocks) -> None:
    adding = asyncio.create_task(add(outbox, clocks.message()))
    await asyncio.sleep(0)
    adding.cancel()
    await asyncio.wait([adding])
    assert adding.cancelled()
    assert [record.reference for record in await outbox.database.load(ACCOUNT)] == ["one"]
    assert outbox.get("one") is not None


async def test_nothing_to_save_is_done_at_once(outbox: Outbox) -> None:
    assert outbox.save([]).done()


async def test_a_full_disk_delays_no_update(
    outbox: Outbox, log: UpdateLog, clocks: Clocks, database: MessageDatabase
) -> None:
    with full_disk():
        async with asyncio.timeout(30):
            await outbox.add([record := clocks.message(text="x" * 5000)])
            await accept(outbox, record)
        assert (log.news, database.failing) == ([("one", Status.ACCEPTED)], True)
    async with asyncio.timeout(30):
        await outbox.apply_reports([report(Status.DELIVERED)])
    assert (log.news[1:], database.failing) == ([("one", Status.DELIVERED)], False)


# -- what is published ---------------------------------------------------------------------------------------------


async def test_an_update_is_published_once_it_is_saved_and_as_it_was_saved(
    database: MessageDatabase, clocks: Clocks
) -> None:
    news: list[tuple[Status, Status]] = []

    class Listener:
        def messages_updated(self, updates: Sequence[Update]) -> None:
            news.extend((update.record.status, record.status) for update in updates)

    outbox = Outbox(ACCOUNT, database, Listener(), now=clocks.now, time=clocks.time)
    await outbox.add([record := clocks.message()])
    record.status = Status.SENT
    first = outbox.save([record])
    record.status = Status.DELIVERED
    second = outbox.save([record])
    assert news == []
    await asyncio.gather(first, second)
    assert news == [(Status.SENT, Status.DELIVERED), (Status.DELIVERED, Status.DELIVERED)]


async def test_updates_are_published_in_order_and_a_few_in_each_turn(
    outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    records = [clocks.message(str(number)) for number in range(5 * MAX_PUBLISH)]
    await outbox.add(records)
    saving, turns = outbox.save(records), list[int]()
    while not saving.done():
        await asyncio.sleep(0)
        turns.append(len(log.updates))
    assert [reference for reference, _ in log.news] == [record.reference for record in records]
    assert max(after - before for before, after in zip([0, *turns], turns, strict=False)) <= MAX_PUBLISH


async def test_each_end_is_published_once_changed_or_not(outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    failed, lost = clocks.message(), clocks.message("two")
    await outbox.add([failed, lost])
    await accept(outbox, failed, "m1")
    await accept(outbox, lost, "m2")
    assert log.of(Change.ENDED) == []
    outbox.fail(failed, Status.REJECTED)
    outbox.finish(lost)
    await outbox.save([failed, lost], changed=[failed])
    assert sorted(log.of(Change.ENDED)) == [("one", Status.REJECTED), ("two", Status.ACCEPTED)]
    assert log.news == [("one", Status.ACCEPTED), ("two", Status.ACCEPTED), ("one", Status.REJECTED)]


async def test_an_end_that_a_report_brought_is_not_published_again_with_the_result(
    outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    await outbox.add([record := clocks.message()])
    record.phase = Phase.SENDING
    await outbox.apply_reports([report(Status.DELIVERED)])
    assert not outbox.apply_result(record, result(record, message_id="id"))
    await outbox.save([record], changed=())
    assert log.changes == [("one", Change.ACCEPTED), ("one", Change.ENDED)]
    found = await outbox.find(message_id="id")  # the result is saved all the same
    assert found is not None
    assert found.status is Status.DELIVERED


async def test_a_late_report_ends_a_message_again(outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    await outbox.add([record := clocks.message()])
    await accept(outbox, record)
    outbox.time_out(record)
    await outbox.save([record], changed=())
    await outbox.apply_reports([report(Status.DELIVERED)])
    assert log.changes == [
        ("one", Change.ACCEPTED),
        ("one", Change.ENDED),
        ("one", Change.UPDATED),
        ("one", Change.ENDED),
    ]


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["result", "uncertain", "refused", "report", "delivered", "time_out", "attempt"]),
            st.sampled_from(["nothing", "save", "save_unchanged", "wait"]),
        ),
        max_size=8,
    ),
    tracks=st.booleans(),
)
async def test_a_message_is_published_as_accepted_exactly_once_and_before_its_end(
    steps: list[tuple[str, str]], *, tracks: bool
) -> None:
    """Try random steps and saves. This database is closed, so every save fails."""
    clocks, log = Clocks(), UpdateLog()
    database = MessageDatabase(Path("unused"))
    outbox = Outbox(ACCOUNT, database, log, now=clocks.now, time=clocks.time, tracks_accepted=tracks)
    outbox.take(record := clocks.message())
    record.phase, saves = Phase.SENDING, []
    for step, then in steps:
        if record.is_pending:
            happen(outbox, record, clocks, step)
        if then in ("save", "save_unchanged"):
            saves.append(outbox.save([record], changed=None if then == "save" else ()))
        elif then == "wait":
            await asyncio.gather(*saves)
    await asyncio.gather(*saves, outbox.save([record], changed=()))
    changes = [change for _, change in log.changes]
    assert changes.count(Change.ACCEPTED) == (record.accepted_at is not None)
    assert changes.count(Change.ENDED) == (not record.is_pending)
    if record.accepted_at is not None:
        assert Change.ENDED not in changes[: changes.index(Change.ACCEPTED)]
    assert outbox.is_publishing is False


def happen(outbox: Outbox, record: MessageRecord, clocks: Clocks, step: str) -> None:
    """Let something happen to a pending message."""
    match step:
        case "result":
            outbox.apply_result(record, result(record))
        case "uncertain":
            outbox.apply_result(record, result(record, Status.UNCERTAIN, error=OutcomeUnknown()))
        case "refused":
            outbox.apply_result(record, result(record, Status.REJECTED, error=MessageRejected()))
        case "report":
            outbox.apply_report(record, report(Status.SENT))
        case "delivered":
            outbox.apply_report(record, report(Status.DELIVERED))
        case "time_out":
            outbox.time_out(record)
        case "attempt":
            attempt = clocks.message("attempt", status=Status.ACCEPTED, accepted_at=clocks.time())
            outbox.apply_attempt(record, attempt)


async def test_a_listener_that_fails_stops_no_other_update(
    database: MessageDatabase, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    log = UpdateLog()

    class Listener:
        def messages_updated(self, updates: Sequence[Update]) -> None:
            log.messages_updated(updates)
            raise RuntimeError("secret")

    outbox = Outbox(ACCOUNT, database, Listener(), now=clocks.now, time=clocks.time, tracks_accepted=False)
    records = [clocks.message(str(number)) for number in range(3 * MAX_PUBLISH)]
    await outbox.add(records)
    for record in records:
        outbox.apply_result(record, result(record))
    async with asyncio.timeout(30):
        await outbox.save(records)
    both = (Change.ACCEPTED, Change.ENDED)
    assert log.changes == [(record.reference, change) for record in records for change in both]
    assert (len(outbox.uncounted), outbox.is_publishing) == (0, False)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


# -- segments ------------------------------------------------------------------------------------------------------


class Counter:
    """Counts segments as an account does: those that are published, and those that the outbox knows besides."""

    def __init__(self, database: MessageDatabase, clocks: Clocks) -> None:
        self.outbox = Outbox(ACCOUNT, database, self, now=clocks.now, time=clocks.time, tracks_accepted=False)
        self.published = 0
        self.seen: list[int] = []

    def messages_updated(self, updates: Sequence[Update]) -> None:
        self.published += sum(record.segments for record, change in updates if change is Change.ACCEPTED)
        self.seen.append(self.total)

    @property
    def total(self) -> int:
        return self.published + sum(record.segments for record in self.outbox.uncounted)


async def test_no_segment_is_missed_between_acceptance_and_publishing(
    database: MessageDatabase, clocks: Clocks
) -> None:
    counter = Counter(database, clocks)
    outbox = counter.outbox
    records = [clocks.message(str(number), segments=number + 1) for number in range(10)]
    await outbox.add([*records, refused := clocks.message("refused", segments=100)])
    assert counter.total == 155
    outbox.apply_result(refused, result(refused, Status.REJECTED, error=MessageRejected()))
    saves = [outbox.save([refused])]
    for record in records:
        outbox.apply_result(record, result(record))
        assert counter.total == 55
        saves.append(outbox.save([record]))
    while not all(save.done() for save in saves):
        await asyncio.sleep(0)
        assert counter.total == 55
    assert set(counter.seen) == {55}
    assert (counter.published, len(outbox.uncounted)) == (55, 0)


async def test_segments_that_change_before_they_are_published_leave_no_remainder(
    database: MessageDatabase, clocks: Clocks
) -> None:
    counter = Counter(database, clocks)
    outbox = counter.outbox
    await outbox.add([record := clocks.message()])
    for segments in (2, 5):
        attempt = clocks.message(f"a{segments}", status=Status.ACCEPTED, accepted_at=clocks.time(), segments=segments)
        outbox.apply_attempt(record, attempt)
    await outbox.save([record])
    assert (counter.published, len(outbox.uncounted)) == (5, 0)


# -- waiting -------------------------------------------------------------------------------------------------------


async def test_a_result_ends_the_wait_for_it(outbox: Outbox, clocks: Clocks, loop_clock: LoopClock) -> None:
    await outbox.add(records := [clocks.message(), clocks.message("two")])
    waiting = asyncio.create_task(outbox.wait_for_results(records, 5))
    await asyncio.sleep(0)
    await accept(outbox, records[0])
    await asyncio.sleep(0)
    assert not waiting.done()
    await accept(outbox, records[1])
    # The clock stands still, so nothing but the results ends the wait.
    await waiting
    await outbox.wait_for_results(records, 5)


async def test_a_wait_ends_after_its_timeout(outbox: Outbox, clocks: Clocks, loop_clock: LoopClock) -> None:
    await outbox.add(records := [clocks.message()])
    waiting = asyncio.create_task(outbox.wait_for_results(records, 5))
    await turns()
    loop_clock.advance(4.9)
    await turns()
    assert not waiting.done()
    loop_clock.advance(0.1)
    await waiting
    assert not records[0].has_result


async def turns() -> None:
    """Let the loop run what is due."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_message_that_leaves_too_late_is_not_waited_for(
    outbox: Outbox, clocks: Clocks, loop_clock: LoopClock
) -> None:
    await outbox.add([held := clocks.message(not_before=clocks.time() + 60)])
    await outbox.wait_for_results([held], 59)
    outbox.paused_until = clocks.now() + 60
    await outbox.add([queued := clocks.message("two")])
    await outbox.wait_for_results([queued], 59)


async def test_a_cancelled_wait_ends_no_other(outbox: Outbox, clocks: Clocks, loop_clock: LoopClock) -> None:
    await outbox.add(records := [clocks.message()])
    waiting = asyncio.create_task(outbox.wait_for_results(records, 5))
    cancelled = asyncio.create_task(outbox.wait_for_results(records, 5))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert not waiting.done()
    await accept(outbox, records[0])
    await waiting


# -- an earlier run, and the end of an account ---------------------------------------------------------------------


async def test_pending_messages_of_an_earlier_run_are_loaded(
    database: MessageDatabase, clocks: Clocks, outbox: Outbox
) -> None:
    many = MAX_LOAD + 5
    await outbox.add([clocks.message(f"{number:04}") for number in range(many)])
    again = Outbox(ACCOUNT, database, UpdateLog(), now=clocks.now, time=clocks.time)
    loaded = await again.load()
    assert [record.reference for record in loaded] == [f"{number:04}" for number in range(many)]
    assert list(again) == loaded


async def test_removing_an_account_ends_its_messages(outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    phases = {"w": Phase.WAITING, "s": Phase.SENDING, "f": Phase.TRACKED, "x": Phase.SENDING}
    records = [clocks.message(name, phase=phase) for name, phase in phases.items()]
    records[2].status, records[3].is_in_flight = Status.SENT, True
    await outbox.add(records)
    assert await outbox.abandon() == 1
    assert dict(log.news) == {"w": Status.REJECTED, "s": Status.UNCERTAIN}
    assert dict(log.of(Change.ENDED)) == {"w": Status.REJECTED, "s": Status.UNCERTAIN, "f": Status.SENT}
    # Its result is still to come.
    assert [record.reference for record in outbox] == ["x"]


async def test_a_wait_for_ends_goes_on_after_the_results(outbox: Outbox, clocks: Clocks, loop_clock: LoopClock) -> None:
    await outbox.add(records := [clocks.message(), clocks.message("two")])
    waiting = asyncio.create_task(outbox.wait_for_ends(records, 5))
    for record in records:
        await accept(outbox, record)
    outbox.fail(records[0], Status.UNDELIVERED)
    await outbox.save(records)
    await turns()
    assert not waiting.done()
    outbox.fail(records[1], Status.EXPIRED)
    await outbox.save(records)
    # The clock stands still, so nothing but the ends ends the wait.
    await waiting
    await outbox.wait_for_ends(records, 5)


async def test_a_wait_for_ends_leaves_out_what_leaves_later(
    outbox: Outbox, clocks: Clocks, loop_clock: LoopClock
) -> None:
    await outbox.add([held := clocks.message(not_before=clocks.time() + 60)])
    await outbox.wait_for_ends([held], 59)
