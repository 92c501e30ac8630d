"""The one rule for lost answers: what is asked, what is sent again, what ends as unknown."""

import asyncio

import pytest

from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.worker import FIND_OUT_FOR, RESENDS
from custom_components.texting.gateway.errors import CannotConnect, OutcomeUnknown, RateLimited
from custom_components.texting.gateway.status import Status

from .clock import report
from .toy import Bench, until

LOST = OutcomeUnknown("ServerDisconnectedError")
pytestmark = pytest.mark.usefixtures("hasty")


def lose(bench: Bench, times: int = 1) -> None:
    bench.gateway.endings += [LOST] * times


async def test_what_cannot_be_found_out_is_unknown_and_not_sent_again(bench: Bench) -> None:
    lose(bench)
    records = await bench.ask("a", "b")
    assert await bench.answered(records) == [Status.UNKNOWN] * 2
    assert [record.failure for record in records] == [LOST] * 2
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a", "b"]], [["a", "b"]])
    assert bench.told == [("a", Status.UNKNOWN), ("b", Status.UNKNOWN)]
    # It may have been accepted: it counts.
    assert all(record.taken_at for record in records)


async def test_what_is_found_was_accepted(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings.append(Status.SENT)
    records = await bench.ask("a", resend=True)
    assert await bench.answered(records) == [Status.SENT]
    assert (bench.gateway.sent, records[0].failure) == ([["a"]], None)


async def test_what_never_was_accepted_is_sent_again(bench: Bench) -> None:
    lose(bench, 2)
    bench.gateway.findings += [Status.QUEUED, Status.QUEUED]
    records = await bench.ask("a")
    assert await bench.answered(records) == [Status.ACCEPTED]
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a"]] * 3, [["a"]] * 2)
    assert records[0].resent == 0
    assert bench.told == [("a", Status.ACCEPTED)]


async def test_what_never_was_accepted_and_never_leaves_again_expires(bench: Bench) -> None:
    bench.gateway.endings += [LOST, RateLimited(retry_after=3600)]
    bench.gateway.findings.append(Status.QUEUED)
    records = await bench.ask("a", valid_for=0.2)
    assert await bench.answered(records) == [Status.EXPIRED]
    assert len(bench.gateway.sent) == 2


async def test_it_is_sent_again_where_that_was_asked_for_and_not_for_ever(bench: Bench) -> None:
    lose(bench, 99)
    records = await bench.ask("a", resend=True)
    assert await bench.answered(records) == [Status.UNKNOWN]
    assert bench.gateway.sent == [["a"]] * (1 + RESENDS)
    gaps = [after - before for before, after in zip(bench.gateway.at, bench.gateway.at[1:], strict=False)]
    assert min(gaps) >= 0.02 * 0.9
    again = await bench.restart()
    assert len(again.book) == 0


async def test_how_often_it_was_sent_again_outlives_a_restart(bench: Bench) -> None:
    lose(bench, 99)
    (record,) = await bench.ask("a", resend=True)
    await until(lambda: record.resent == 2 and record.phase is Phase.WAITING)
    await bench.outbox.find(reference="a")
    again = await bench.restart()
    sent = len(bench.gateway.sent)
    again.worker.start(bench.gateway)
    records = list(again.book)
    assert records[0].resent == 2
    assert await again.answered(records) == [Status.UNKNOWN]
    assert len(bench.gateway.sent) - sent <= 2
    again.worker.stop()


@pytest.mark.parametrize("first", [None, RuntimeError("Water")])
async def test_a_question_that_fails_is_asked_again(bench: Bench, first: Exception | None) -> None:
    lose(bench)
    bench.gateway.findings += [first, None, Status.DELIVERED]
    records = await bench.ask("a", "b")
    assert await bench.answered(records) == [Status.DELIVERED] * 2
    assert (len(bench.gateway.sent), len(bench.gateway.asked)) == (1, 3)


async def test_after_two_days_nobody_asks_any_more(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 9
    (record,) = await bench.ask("a", resend=True)
    await until(lambda: len(bench.gateway.asked) > 1)
    bench.clocks.jump(FIND_OUT_FOR + 1)
    assert await bench.answered([record]) == [Status.UNKNOWN]
    assert len(bench.gateway.sent) == 1


async def test_a_report_ends_the_search(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 99
    (record,) = await bench.ask("a")
    await until(lambda: bench.gateway.asked)
    await bench.desk.report([report(Status.DELIVERED, reference="a", message_id="id")])
    assert (await bench.answered([record]), record.failure) == ([Status.DELIVERED], None)
    asked = len(bench.gateway.asked)
    await asyncio.sleep(0.1)
    assert len(bench.gateway.asked) <= asked + 1
    assert (len(bench.gateway.sent), bench.told) == (1, [("a", Status.DELIVERED)])


@pytest.mark.parametrize("answer", [LOST, CannotConnect(), RateLimited(retry_after=60)])
async def test_a_report_before_the_answer_says_that_it_was_accepted(bench: Bench, answer: Exception) -> None:
    bench.gateway.open.clear()
    bench.gateway.endings.append(answer)
    (record,) = await bench.ask("a", resend=True)
    await until(lambda: bench.gateway.in_flight)
    await bench.desk.report([report(Status.SENT, reference="a", message_id="id")])
    bench.gateway.open.set()
    await until(lambda: not bench.worker.requests)
    await asyncio.sleep(0.05)
    assert (record.status, record.message_id, record.failure) == (Status.SENT, "id", None)
    assert len(bench.gateway.sent) == 1


# -- a crash -------------------------------------------------------------------------------------------------------


async def test_found_waiting_is_sent_once(bench: Bench) -> None:
    await bench.ask("a", "b", start=False)
    again = await bench.restart()
    again.worker.start(bench.gateway)
    assert await again.answered(list(again.book)) == [Status.ACCEPTED] * 2
    assert (bench.gateway.sent, bench.gateway.asked) == ([["a", "b"]], [])
    third = await again.restart()
    third.worker.start(bench.gateway)
    await asyncio.sleep(0.05)
    assert len(bench.gateway.sent) == 1
    third.worker.stop()


@pytest.mark.parametrize(
    ("finding", "resend", "status", "sent"),
    [
        (Status.UNKNOWN, False, Status.UNKNOWN, 0),
        (Status.UNKNOWN, True, Status.ACCEPTED, 1),
        (Status.QUEUED, False, Status.ACCEPTED, 1),
        (Status.DELIVERED, True, Status.DELIVERED, 0),
    ],
)
async def test_found_sending_is_asked_about(
    bench: Bench, finding: Status, status: Status, sent: int, *, resend: bool
) -> None:
    await bench.ask("a", start=False, phase=Phase.SENDING, resend=resend)
    again = await bench.restart()
    bench.gateway.findings.append(finding)
    records = list(again.book)
    again.worker.start(bench.gateway)
    assert await again.answered(records) == [status]
    assert (len(bench.gateway.sent), bench.gateway.asked) == (sent, [["a"]])
    again.worker.stop()


async def test_stopping_ends_the_search_and_starting_begins_anew(bench: Bench) -> None:
    lose(bench)
    bench.gateway.findings += [None] * 9999
    records = await bench.ask("a")
    await until(lambda: bench.gateway.asked)
    bench.worker.stop()
    await asyncio.sleep(0.05)
    asked = len(bench.gateway.asked)
    await asyncio.sleep(0.1)
    assert len(bench.gateway.asked) == asked
    bench.gateway.findings.clear()
    bench.worker.start(bench.gateway)
    assert await bench.answered(records) == [Status.UNKNOWN]
    assert (len(bench.gateway.sent), len(bench.gateway.asked)) == (1, asked + 1)


async def test_an_answer_that_is_lost_after_the_stop_is_asked_about_at_the_next_start(bench: Bench) -> None:
    bench.gateway.open.clear()
    lose(bench)
    records = await bench.ask("a")
    await until(lambda: bench.gateway.in_flight)
    bench.worker.stop()
    bench.gateway.open.set()
    await until(lambda: not bench.worker.requests)
    assert (bench.gateway.asked, await bench.phase("a")) == ([], Phase.SENDING)
    bench.worker.start(bench.gateway)
    assert await bench.answered(records) == [Status.UNKNOWN]
    assert len(bench.gateway.sent) == 1
