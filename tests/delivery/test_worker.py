"""What a worker sends, and when: batches, requests at the same time, retries, expiry, and a clock that is set."""

import asyncio
from dataclasses import replace
from itertools import chain

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.worker import MAX_RETRY, MIN_RETRY, backoff
from custom_components.texting.gateway.errors import (
    CannotConnect,
    CertificateInvalid,
    InsufficientCredit,
    MessageRejected,
    RateLimited,
)
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.clock import DAY, report
from tests.support.records import commits
from tests.support.toy_gateway import Bench


@given(st.integers(0, 100_000))
def test_each_wait_is_between_2_s_and_5_minutes(failures: int) -> None:
    assert MIN_RETRY == 2 <= backoff(failures) <= MAX_RETRY == 300


def test_waits_grow_and_differ() -> None:
    assert max(backoff(1) for _ in range(100)) <= 4
    assert min(backoff(4) for _ in range(100)) >= 16
    assert min(backoff(20) for _ in range(100)) >= 150
    assert len({backoff(8) for _ in range(10)}) > 1


async def test_nothing_is_sent_before_start_and_everything_after(bench: Bench) -> None:
    records = await bench.add("a", "b", "c", "d", start=False)
    await bench.pass_time(60)
    assert bench.gateway.sent == []
    bench.worker.start(bench.gateway)
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}
    assert sorted(map(len, bench.gateway.sent)) == [1, 3]
    assert sorted(chain(*bench.gateway.sent)) == ["a", "b", "c", "d"]


async def test_that_it_leaves_is_on_disk_before_it_leaves(bench: Bench) -> None:
    phases: list[asyncio.Task[Phase | None]] = []
    bench.gateway.before = lambda: phases.append(asyncio.ensure_future(bench.stored_phase("a")))
    bench.gateway.open.clear()
    records = await bench.add("a")
    await bench.until(lambda: phases and phases[0].done())
    assert phases[0].result() is Phase.SENDING
    bench.gateway.open.set()
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert await bench.stored_phase("a") is Phase.TRACKED


async def test_adding_a_message_and_sending_it_are_one_commit(bench: Bench) -> None:
    await bench.statuses(await bench.add("first"))
    await bench.settle()
    bench.gateway.open.clear()
    before = commits(bench.database.path)
    records = await bench.add("a", start=False)
    await bench.until(lambda: bench.gateway.in_flight)
    assert commits(bench.database.path) == before + 1
    bench.gateway.open.set()
    await bench.statuses(records)
    assert commits(bench.database.path) == before + 2


async def test_a_report_while_a_second_try_is_saved_stops_that_try(bench: Bench) -> None:
    bench.worker.start(bench.gateway)
    (record,) = await bench.add("a", start=False, resend=True, resend_count=1, not_before=bench.clocks.time() + 60)
    await bench.until(lambda: record.phase is Phase.SENDING)
    bench.outbox.apply_report(record, report(Status.SENT, reference="a"))
    await bench.outbox.save([record])
    await bench.until(lambda: not bench.worker.requests)
    assert (bench.gateway.sent, record.status, record.is_in_flight) == ([], Status.SENT, False)
    # The next message leaves.
    assert await bench.statuses(await bench.add("b", start=False)) == [Status.ACCEPTED]


async def test_no_more_requests_at_once_than_the_provider_allows(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.add(*map(str, range(20)))
    await bench.until(lambda: bench.gateway.in_flight == 2)
    await bench.pass_time(60)
    bench.gateway.open.set()
    await bench.statuses(records)
    assert (bench.gateway.max_in_flight, sum(map(len, bench.gateway.sent))) == (2, 20)


async def test_urgent_messages_leave_first_and_texts_in_batches_of_their_own(bench: Bench) -> None:
    bench.gateway.info = replace(bench.gateway.info, in_flight=1)  # type: ignore[misc]
    await bench.add("a", start=False)
    await bench.add("b", text="Fire", start=False)
    await bench.add("c", urgent=True, text="Gas", start=False)
    records = list(bench.outbox)
    bench.worker.start(bench.gateway)
    await bench.statuses(records)
    assert bench.gateway.sent == [["c"], ["a"], ["b"]]


async def test_an_error_of_one_message_affects_no_other(bench: Bench) -> None:
    bench.gateway.endings.append([None, MessageRejected(reason=FailureReason.OPTED_OUT), InsufficientCredit()])
    records = await bench.add("a", "b", "c")
    assert await bench.statuses(records) == [Status.ACCEPTED, Status.REJECTED, Status.REJECTED]
    assert [record.reason for record in records] == [None, FailureReason.OPTED_OUT, FailureReason.INSUFFICIENT_CREDIT]
    assert (len(bench.gateway.sent), bench.trouble) == (1, [])


async def test_of_a_batch_only_what_was_too_much_is_sent_again(bench: Bench) -> None:
    bench.gateway.endings.append([None, RateLimited(), MessageRejected()])
    records = await bench.add("a", "b", "c")
    assert await bench.statuses(records) == [Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED]
    assert bench.gateway.sent == [["a", "b", "c"], ["b"]]


# -- out of reach --------------------------------------------------------------------------------------------------


async def test_what_never_left_waits_and_is_told_once(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect(), CannotConnect(), CannotConnect()]
    records = await bench.add("a", "b")
    assert await bench.statuses(records) == [Status.ACCEPTED] * 2
    assert bench.gateway.sent == [["a", "b"]] * 4
    assert bench.log.news == [(each, status) for status in (Status.QUEUED, Status.ACCEPTED) for each in ("a", "b")]
    assert [type(error) for error in bench.trouble] == [CannotConnect, type(None)]
    assert records[0].failure is None


async def test_after_a_failure_one_request_tries(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect()] * 4
    records = await bench.add(*map(str, range(12)))
    await bench.until(lambda: len(bench.gateway.sent) > 3)
    bench.gateway.open.clear()
    await bench.until(lambda: bench.gateway.in_flight)
    await bench.pass_time(600)
    assert bench.gateway.in_flight == 1
    bench.gateway.open.set()
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}


async def test_it_waits_2_s_at_least(bench: Bench) -> None:
    bench.gateway.endings.append(CannotConnect())
    records = await bench.add("a")
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert 2 <= bench.gateway.sent_at[1] - bench.gateway.sent_at[0] <= 4


async def test_it_waits_as_long_as_the_provider_asks(bench: Bench) -> None:
    bench.gateway.endings.append(RateLimited(retry_after=3600))
    records = await bench.add("a")
    await bench.until(lambda: bench.log.news)
    record = await bench.database.find(reference="a")
    assert record is not None
    # The wait also applies after a restart.
    assert (record.phase, round(record.not_before - bench.clocks.time())) == (Phase.WAITING, 3600)
    await bench.add("b", urgent=True)  # a start ends the wait, since the user has reloaded the account
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert bench.gateway.sent_at[1] == bench.gateway.sent_at[0]


async def test_nobody_jumps_the_queue_of_a_busy_gateway(bench: Bench) -> None:
    bench.gateway.endings.append(RateLimited(retry_after=30))
    records = await bench.add("a")
    await bench.until(lambda: bench.trouble)
    records += await bench.add("b", urgent=True, start=False)
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}
    assert bench.gateway.sent_at[1] - bench.gateway.sent_at[0] == pytest.approx(30)


async def test_a_certificate_that_fails_later_is_told_too(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect(), CertificateInvalid(), CertificateInvalid(), CannotConnect()]
    records = await bench.add("a")
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert [type(error) for error in bench.trouble] == [CannotConnect, CertificateInvalid, CannotConnect, type(None)]


async def test_a_message_that_cannot_leave_expires(bench: Bench) -> None:
    bench.gateway.endings += [RateLimited(retry_after=3600)]
    records = await bench.add("a", "b", valid_for=60)
    assert await bench.statuses(records) == [Status.EXPIRED] * 2
    assert [record.reason for record in records] == [FailureReason.EXPIRED] * 2
    assert len(bench.gateway.sent) == 1
    assert await bench.stored_phase("a") is Phase.DONE


async def test_a_held_message_leaves_when_it_is_due(bench: Bench) -> None:
    records = await bench.add("a", not_before=bench.clocks.time() + 60)
    await bench.add("b")
    await bench.pass_time(59)
    assert bench.gateway.sent == [["b"]]
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert bench.gateway.sent_at[1] - bench.gateway.sent_at[0] == pytest.approx(60)


# -- cancelling, stopping, starting again --------------------------------------------------------------------------


async def test_a_waiting_message_can_be_cancelled(bench: Bench) -> None:
    first, second = await bench.add("a", "b", start=False)
    assert await bench.worker.cancel(first, MessageRejected("cancelled"))
    bench.worker.start(bench.gateway)
    assert await bench.statuses([first, second]) == [Status.REJECTED, Status.ACCEPTED]
    assert bench.gateway.sent == [["b"]]
    assert not await bench.worker.cancel(second, MessageRejected("cancelled"))
    assert await bench.stored_phase("a") is Phase.DONE


@pytest.mark.parametrize(
    ("ending", "status"),
    [(CannotConnect(), Status.REJECTED), (RateLimited(), Status.REJECTED), (None, Status.ACCEPTED)],
)
async def test_a_message_that_is_cancelled_while_it_is_sent_is_not_tried_again(
    bench: Bench, ending: CannotConnect | RateLimited | None, status: Status
) -> None:
    bench.gateway.open.clear()
    bench.gateway.endings.append(ending)
    (record,) = await bench.add("a")
    await bench.until(lambda: bench.gateway.in_flight == 1)
    assert not await bench.worker.cancel(record, MessageRejected("cancelled"))
    bench.gateway.open.set()
    assert await bench.statuses([record]) == [status]
    assert bench.gateway.sent == [["a"]]


async def test_requests_under_way_finish_after_a_stop(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.add(*map(str, range(9)))
    await bench.until(lambda: bench.gateway.in_flight == 2)
    bench.worker.stop()
    bench.gateway.open.set()
    await bench.until(lambda: not bench.worker.requests)
    assert len(bench.gateway.sent) == 2
    assert [record.status for record in records].count(Status.ACCEPTED) == 6
    bench.worker.start(bench.gateway)
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}
    assert sorted(chain(*bench.gateway.sent)) == [str(number) for number in range(9)]


async def test_a_new_start_counts_the_requests_under_way(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.add(*map(str, range(9)))
    await bench.until(lambda: bench.gateway.in_flight == 2)
    for _ in range(3):
        bench.worker.stop()
        bench.worker.start(bench.gateway)
        await bench.pass_time(60)
    assert (bench.gateway.in_flight, bench.gateway.asked) == (2, [])
    bench.gateway.open.set()
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}
    assert bench.gateway.max_in_flight == 2


async def test_an_unexpected_error_makes_the_outcome_uncertain(bench: Bench) -> None:
    bench.gateway.endings.append(RuntimeError("Water"))
    records = await bench.add("a")
    assert await bench.statuses(records) == [Status.UNCERTAIN]
    assert len(bench.gateway.sent) == 1


# -- the clock is set ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_neither_freezes_nor_bursts(bench: Bench, jump: float) -> None:
    bench.gateway.endings += [CannotConnect()] * 3
    held = await bench.add("held", not_before=bench.clocks.time() + 1800, start=False)
    records = await bench.add("a", "b")
    bench.clocks.set_time(jump)
    assert set(await bench.statuses(records)) == {Status.ACCEPTED}
    assert "held" not in chain(*bench.gateway.sent)
    assert await bench.statuses(held) == [Status.ACCEPTED]
    gaps = [after - before for before, after in zip(bench.gateway.sent_at, bench.gateway.sent_at[1:], strict=False)]
    assert min(gaps[:3]) >= MIN_RETRY
    assert max(gaps[:3]) <= 16


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_makes_nobody_live_longer(bench: Bench, jump: float) -> None:
    bench.gateway.endings += [RateLimited(retry_after=3600)]
    begin = bench.loop_clock()
    records = await bench.add("a", valid_for=60)
    bench.clocks.set_time(jump)
    assert await bench.statuses(records) == [Status.EXPIRED]
    assert bench.loop_clock() - begin == pytest.approx(60)
