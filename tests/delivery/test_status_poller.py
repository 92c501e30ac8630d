"""When the provider is asked for the status of messages, for how long, and what a poll that fails does."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from custom_components.texting.delivery import status_poller as module
from custom_components.texting.delivery.outbox import Change, Outbox
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.status_poller import (
    COMMERCIAL_TRACKING_TIMEOUT,
    FIRST_POLL,
    MAX_POLL_INTERVAL,
    TRACKING_TIMEOUT,
    UNCERTAIN_TRACKING_TIMEOUT,
    StatusPoller,
)
from custom_components.texting.delivery.worker import create_task
from custom_components.texting.gateway.errors import AuthenticationFailed, GatewayError
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.clock import DAY, Clocks, report, result
from tests.support.toy_gateway import Bench, ToyGateway


@pytest.fixture
def failures() -> list[GatewayError]:
    """The errors of polls that failed."""
    return []


# -- which messages are due. This poller never starts ---------------------------------------------------------------


@pytest.fixture
def outbox(memory_outbox: Outbox) -> Outbox:
    return memory_outbox


@pytest.fixture
def poller(outbox: Outbox, failures: list[GatewayError]) -> StatusPoller:
    return StatusPoller(outbox, ToyGateway(), create_task, failures.append)


def track(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller, reference: str = "one", status: Status = Status.ACCEPTED
) -> MessageRecord:
    """Track a message with this result."""
    outbox.take(record := clocks.message(reference))
    outbox.apply_result(record, result(record, status))
    poller.track(record)
    return record


def due(poller: StatusPoller, limit: int = 500) -> list[str]:
    """Return the messages to ask about. None of them times out."""
    records, timed_out = poller.take_due(limit)
    assert timed_out == []
    return [record.reference for record in records]


def test_messages_are_due_after_15_s_and_then_less_and_less_often(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller
) -> None:
    track(clocks, outbox, poller)
    assert due(poller) == []
    waits = []
    for _ in range(8):
        moment = poller.next_poll()
        assert moment is not None
        waits.append(moment - clocks.now())
        clocks.advance(waits[-1])
        assert due(poller) == ["one"]
        assert due(poller) == []
    assert waits == [15, 30, 60, 120, 240, 480, MAX_POLL_INTERVAL, MAX_POLL_INTERVAL]


def test_a_message_that_waits_is_not_due(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    outbox.take(record := clocks.message())
    poller.track(record)
    assert poller.next_poll() is None


def test_only_messages_that_are_due_are_asked_about(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    track(clocks, outbox, poller)
    clocks.advance(10)
    track(clocks, outbox, poller, "two")
    clocks.advance(5)
    assert due(poller) == ["one"]
    assert poller.next_poll() == clocks.now() + 10


def test_no_more_messages_are_due_than_wanted(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    for number in range(5):
        track(clocks, outbox, poller, str(number))
    clocks.advance(FIRST_POLL)
    assert [due(poller, 2) for _ in range(4)] == [["0", "1"], ["2", "3"], ["4"], []]


def test_a_message_that_is_done_is_not_due(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    record = track(clocks, outbox, poller)
    outbox.apply_report(record, report(Status.UNDELIVERED))
    clocks.advance(60)
    assert due(poller) == []
    assert poller.next_poll() is None


def test_each_update_of_a_message_may_ask_to_track_it(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    record = track(clocks, outbox, poller)
    snapshot = record.snapshot()
    clocks.advance(5)
    poller.track(snapshot)
    clocks.advance(10)
    assert due(poller) == ["one"]
    # The message counts, not its snapshot.
    outbox.apply_report(record, report(Status.DELIVERED))
    poller.track(snapshot)
    clocks.advance(60)
    assert due(poller) == []


@pytest.mark.parametrize(
    ("status", "seconds"), [(Status.ACCEPTED, TRACKING_TIMEOUT), (Status.UNCERTAIN, UNCERTAIN_TRACKING_TIMEOUT)]
)
def test_no_message_is_tracked_for_ever(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller, status: Status, seconds: float
) -> None:
    outbox._tracks_uncertain = True
    record = track(clocks, outbox, poller, status=status)
    clocks.advance(seconds)
    assert due(poller) == ["one"]
    clocks.advance(seconds)
    assert poller.take_due(9) == ([], [record])
    outbox.time_out(record)
    assert (record.phase, record.status, len(outbox), poller.next_poll()) == (Phase.DONE, status, 0, None)


def test_what_a_gateway_holds_is_followed_for_longer(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    record = clocks.message()
    record.message = replace(record.message, commercial=True)
    outbox.take(record)
    outbox.apply_result(record, result(record, Status.ACCEPTED))
    poller.track(record)
    for seconds in (TRACKING_TIMEOUT, COMMERCIAL_TRACKING_TIMEOUT):
        clocks.advance(seconds)
        assert due(poller) == ["one"]
    clocks.advance(MAX_POLL_INTERVAL)
    assert poller.take_due(9) == ([], [record])


def test_a_message_times_out_with_the_status_that_a_report_named(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller
) -> None:
    record = track(clocks, outbox, poller)
    assert outbox.apply_report(record, report(Status.SENT, provider_status="Expired", status_on_timeout=Status.EXPIRED))
    clocks.advance(TRACKING_TIMEOUT + 1)
    assert poller.take_due(9) == ([], [record])
    outbox.time_out(record)
    assert (record.status, record.provider_status, record.reason) == (Status.EXPIRED, "Expired", FailureReason.EXPIRED)


def test_a_better_report_removes_the_status_on_timeout(clocks: Clocks, outbox: Outbox, poller: StatusPoller) -> None:
    record = track(clocks, outbox, poller)
    outbox.apply_report(record, report(Status.SENT, status_on_timeout=Status.EXPIRED))
    outbox.apply_report(record, report(Status.SENT))
    clocks.advance(TRACKING_TIMEOUT + 1)
    assert poller.take_due(9) == ([], [record])
    outbox.time_out(record)
    assert record.status is Status.SENT


@pytest.mark.parametrize("jump", [-DAY, DAY, -3600, 3600])
def test_a_clock_that_is_set_moves_no_question(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller, jump: float
) -> None:
    track(clocks, outbox, poller)
    moment = poller.next_poll()
    clocks.set_time(jump)
    assert (poller.next_poll(), due(poller)) == (moment, [])
    clocks.advance(FIRST_POLL)
    assert due(poller) == ["one"]
    assert due(poller) == []
    assert poller.next_poll() == clocks.now() + 2 * FIRST_POLL


async def test_loaded_messages_are_due_soon_after_the_start(
    clocks: Clocks, outbox: Outbox, poller: StatusPoller
) -> None:
    outbox.take(clocks.message(phase=Phase.TRACKED, status=Status.SENT, message_id="id"))
    poller.start()
    assert poller.next_poll() == clocks.now() + FIRST_POLL
    poller.stop()


# -- polls --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def running_poller(bench: Bench, failures: list[GatewayError]) -> AsyncIterator[StatusPoller]:
    """The poller of the bench. It is stopped after the test."""
    bench.poller = StatusPoller(bench.outbox, bench.gateway, create_task, failures.append)
    yield bench.poller
    bench.poller.stop()


async def add_accepted(bench: Bench, *references: str) -> None:
    """Add messages that the provider accepted, and publish that."""
    records = await bench.add(*references, start=False)
    for record in records:
        bench.outbox.apply_result(record, result(record, message_id=f"id-{record.reference}"))
    await bench.outbox.save(records)


async def test_it_asks_until_every_status_is_final(bench: Bench, running_poller: StatusPoller) -> None:
    running_poller.start()
    await add_accepted(bench, "a", "b")
    bench.gateway.reports += [(), [report(Status.DELIVERED, reference="a")], [report(Status.SENT, reference="b")]]
    await bench.until(lambda: len(bench.gateway.asked) > 3)
    assert bench.gateway.asked[:3] == [["a", "b"], ["a", "b"], ["b"]]
    assert [each for each in bench.log.news if each[1] is not Status.ACCEPTED] == [
        ("a", Status.DELIVERED),
        ("b", Status.SENT),
    ]
    bench.gateway.reports.append([report(Status.DELIVERED, reference="b")])
    await bench.until(lambda: not len(bench.outbox))
    asked = len(bench.gateway.asked)
    await bench.until(lambda: running_poller.next_poll() is None)
    assert len(bench.gateway.asked) == asked


async def test_it_asks_between_start_and_stop_also_about_older_messages(
    bench: Bench, running_poller: StatusPoller
) -> None:
    await add_accepted(bench, "a")
    await bench.pass_time(3600)
    assert bench.gateway.asked == []
    running_poller.start()
    await bench.until(lambda: bench.gateway.asked)
    running_poller.stop()
    asked = len(bench.gateway.asked)
    await add_accepted(bench, "b")
    await bench.pass_time(3600)
    assert len(bench.gateway.asked) == asked


async def test_a_message_that_is_due_earlier_is_asked_about_earlier(
    bench: Bench, running_poller: StatusPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_POLL", 3600.0)
    running_poller.start()
    await add_accepted(bench, "a")
    monkeypatch.setattr(module, "FIRST_POLL", 15.0)
    await add_accepted(bench, "b")
    await bench.until(lambda: bench.gateway.asked)
    assert bench.gateway.asked[0] == ["b"]


async def test_a_poll_that_fails_is_reported_and_repeated(
    bench: Bench, running_poller: StatusPoller, failures: list[GatewayError], caplog: pytest.LogCaptureFixture
) -> None:
    error = AuthenticationFailed()
    bench.gateway.reports += [error, RuntimeError("secret"), [report(Status.DELIVERED, reference="a")]]
    running_poller.start()
    await add_accepted(bench, "a")
    await bench.until(lambda: not len(bench.outbox))
    assert failures == [error]
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_many_messages_are_asked_about_in_parts(
    bench: Bench, running_poller: StatusPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_POLL", 4)
    running_poller.start()
    await add_accepted(bench, *map(str, range(10)))
    await bench.until(lambda: len(bench.gateway.asked) > 2)
    assert [len(asked) for asked in bench.gateway.asked[:3]] == [4, 4, 2]


@pytest.mark.parametrize(("on_timeout", "news"), [(None, []), (Status.EXPIRED, [("a", Status.EXPIRED)])])
async def test_a_message_that_is_too_old_ends_without_a_poll(
    bench: Bench, running_poller: StatusPoller, on_timeout: Status | None, news: list[tuple[str, Status]]
) -> None:
    await add_accepted(bench, "a")
    record = bench.outbox.get("a")
    assert record is not None
    record.status_on_timeout = on_timeout
    bench.log.updates.clear()
    bench.clocks.set_time(TRACKING_TIMEOUT + 1)
    running_poller.start()
    await bench.until(lambda: bench.log.of(Change.ENDED))
    assert (bench.log.news, len(bench.outbox), bench.gateway.asked) == (news, 0, [])
    assert await bench.stored_phase("a") is Phase.DONE


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_neither_stops_nor_hurries_polls(
    bench: Bench, running_poller: StatusPoller, jump: float
) -> None:
    running_poller.start()
    await add_accepted(bench, "a")
    bench.clocks.set_time(jump)
    await bench.until(lambda: len(bench.gateway.asked) > 3)
    gaps = [after - before for before, after in zip(bench.gateway.asked_at, bench.gateway.asked_at[1:], strict=False)]
    assert gaps[:3] == pytest.approx([2 * FIRST_POLL, 4 * FIRST_POLL, 8 * FIRST_POLL])
