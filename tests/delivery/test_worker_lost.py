"""Lost responses: what is looked up, what is sent again, and what ends as uncertain."""

import pytest

from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.worker import MAX_RESENDS, MIN_RETRY, RESOLVE_TIMEOUT
from custom_components.texting.gateway.errors import CannotConnect, OutcomeUnknown, RateLimited
from custom_components.texting.gateway.status import Status
from tests.support.clock import report
from tests.support.toy_gateway import Bench

LOST = OutcomeUnknown("ServerDisconnectedError")


def lose(bench: Bench, times: int = 1) -> None:
    bench.gateway.endings += [LOST] * times


async def test_what_cannot_be_found_out_is_unknown_and_not_sent_again(bench: Bench) -> None:
    lose(bench)
    records = await bench.add("a", "b")
    assert await bench.statuses(records) == [Status.UNCERTAIN] * 2
    assert [record.failure for record in records] == [LOST] * 2
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a", "b"]], [["a", "b"]])
    assert bench.log.news == [("a", Status.UNCERTAIN), ("b", Status.UNCERTAIN)]
    # The provider may have accepted it, so it counts.
    assert all(record.accepted_at for record in records)


async def test_a_message_that_is_found_was_accepted(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings.append(Status.SENT)
    records = await bench.add("a", resend=True)
    assert await bench.statuses(records) == [Status.SENT]
    assert (bench.gateway.sent, records[0].failure) == ([["a"]], None)


async def test_a_message_that_was_never_accepted_is_sent_again(bench: Bench) -> None:
    lose(bench, 2)
    bench.gateway.findings += [Status.QUEUED, Status.QUEUED]
    records = await bench.add("a")
    assert await bench.statuses(records) == [Status.ACCEPTED]
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a"]] * 3, [["a"]] * 2)
    assert records[0].resend_count == 0
    assert bench.log.news == [("a", Status.ACCEPTED)]


async def test_a_message_that_was_never_accepted_and_cannot_leave_expires(bench: Bench) -> None:
    bench.gateway.endings += [LOST, RateLimited(retry_after=3600)]
    bench.gateway.findings.append(Status.QUEUED)
    records = await bench.add("a", valid_for=60)
    assert await bench.statuses(records) == [Status.EXPIRED]
    assert len(bench.gateway.sent) == 2


async def test_a_resend_happens_only_on_request_and_a_few_times(bench: Bench) -> None:
    lose(bench, 99)
    records = await bench.add("a", resend=True)
    assert await bench.statuses(records) == [Status.UNCERTAIN]
    assert bench.gateway.sent == [["a"]] * (1 + MAX_RESENDS)
    gaps = [after - before for before, after in zip(bench.gateway.sent_at, bench.gateway.sent_at[1:], strict=False)]
    assert min(gaps) >= MIN_RETRY
    again = await bench.restart()
    assert len(again.outbox) == 0


async def test_the_number_of_resends_survives_a_restart(bench: Bench) -> None:
    lose(bench, 99)
    (record,) = await bench.add("a", resend=True)
    await bench.until(lambda: record.resend_count == 2 and record.phase is Phase.WAITING)
    await bench.database.find(reference="a")
    again = await bench.restart()
    sent = len(bench.gateway.sent)
    again.worker.start(bench.gateway)
    records = list(again.outbox)
    assert records[0].resend_count == 2
    assert await again.statuses(records) == [Status.UNCERTAIN]
    assert len(bench.gateway.sent) - sent <= 2
    again.worker.stop()


@pytest.mark.parametrize("first", [None, RuntimeError("Water")])
async def test_a_lookup_that_fails_is_repeated(bench: Bench, first: Exception | None) -> None:
    lose(bench)
    bench.gateway.findings += [first, None, Status.DELIVERED]
    records = await bench.add("a", "b")
    assert await bench.statuses(records) == [Status.DELIVERED] * 2
    assert (len(bench.gateway.sent), len(bench.gateway.asked)) == (1, 3)


async def test_lookups_end_after_two_days(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 9
    (record,) = await bench.add("a", resend=True)
    await bench.until(lambda: len(bench.gateway.asked) > 1)
    bench.clocks.set_time(RESOLVE_TIMEOUT + 1)
    assert await bench.statuses([record]) == [Status.UNCERTAIN]
    assert len(bench.gateway.sent) == 1


async def test_a_report_ends_the_search(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 99
    (record,) = await bench.add("a")
    await bench.until(lambda: bench.gateway.asked)
    await bench.outbox.apply_reports([report(Status.DELIVERED, reference="a", message_id="id")])
    assert (await bench.statuses([record]), record.failure) == ([Status.DELIVERED], None)
    asked = len(bench.gateway.asked)
    await bench.pass_time(3600)
    assert len(bench.gateway.asked) <= asked + 1
    assert (len(bench.gateway.sent), bench.log.news) == (1, [("a", Status.DELIVERED)])


@pytest.mark.parametrize("answer", [LOST, CannotConnect(), RateLimited(retry_after=60)])
async def test_a_report_before_a_failed_result_proves_acceptance(bench: Bench, answer: Exception) -> None:
    bench.gateway.open.clear()
    bench.gateway.endings.append(answer)
    (record,) = await bench.add("a", resend=True)
    await bench.until(lambda: bench.gateway.in_flight)
    await bench.outbox.apply_reports([report(Status.SENT, reference="a", message_id="id")])
    bench.gateway.open.set()
    await bench.until(lambda: not bench.worker.requests)
    await bench.pass_time(3600)
    assert (record.status, record.message_id, record.failure) == (Status.SENT, "id", None)
    assert len(bench.gateway.sent) == 1


# -- a crash -------------------------------------------------------------------------------------------------------


async def test_found_waiting_is_sent_once(bench: Bench) -> None:
    await bench.add("a", "b", start=False)
    again = await bench.restart()
    again.worker.start(bench.gateway)
    assert await again.statuses(list(again.outbox)) == [Status.ACCEPTED] * 2
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a", "b"]], [])
    third = await again.restart()
    third.worker.start(bench.gateway)
    await bench.pass_time(3600)
    assert len(bench.gateway.sent) == 1
    third.worker.stop()


@pytest.mark.parametrize(
    ("finding", "resend", "status", "sent"),
    [
        (Status.UNCERTAIN, False, Status.UNCERTAIN, 0),
        (Status.UNCERTAIN, True, Status.ACCEPTED, 1),
        (Status.QUEUED, False, Status.ACCEPTED, 1),
        (Status.DELIVERED, True, Status.DELIVERED, 0),
    ],
)
async def test_found_sending_is_asked_about(
    bench: Bench, finding: Status, status: Status, sent: int, *, resend: bool
) -> None:
    await bench.add("a", start=False, phase=Phase.SENDING, resend=resend)
    again = await bench.restart()
    bench.gateway.findings.append(finding)
    records = list(again.outbox)
    again.worker.start(bench.gateway)
    assert await again.statuses(records) == [status]
    assert (len(bench.gateway.sent), bench.gateway.asked) == (sent, [["a"]])
    again.worker.stop()


async def test_stopping_ends_the_lookups_and_starting_repeats_them(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 9999
    records = await bench.add("a")
    await bench.until(lambda: bench.gateway.asked)
    bench.worker.stop()
    await bench.settle()
    asked = len(bench.gateway.asked)
    await bench.pass_time(3600)
    assert len(bench.gateway.asked) == asked
    bench.gateway.findings.clear()
    bench.worker.start(bench.gateway)
    assert await bench.statuses(records) == [Status.UNCERTAIN]
    assert (len(bench.gateway.sent), len(bench.gateway.asked)) == (1, asked + 1)


async def test_a_response_lost_after_the_stop_is_looked_up_at_the_next_start(bench: Bench) -> None:
    bench.gateway.open.clear()
    lose(bench)
    records = await bench.add("a")
    await bench.until(lambda: bench.gateway.in_flight)
    bench.worker.stop()
    bench.gateway.open.set()
    await bench.until(lambda: not bench.worker.requests)
    assert (bench.gateway.asked, await bench.stored_phase("a")) == ([], Phase.SENDING)
    bench.worker.start(bench.gateway)
    assert await bench.statuses(records) == [Status.UNCERTAIN]
    assert len(bench.gateway.sent) == 1
