"""What an outbox does with the results of sends, and how it takes a message after a restart. Nothing is saved here."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.errors import CannotConnect, MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.clock import ACCOUNT, DAY, Clocks, report, result
from tests.support.records import UpdateLog


@pytest.fixture
def outbox(memory_outbox: Outbox) -> Outbox:
    return memory_outbox


def other_outbox(clocks: Clocks, **options: bool) -> Outbox:
    """Return an outbox for another kind of provider."""
    database = MessageDatabase(Path("unused"))
    return Outbox(ACCOUNT, database, UpdateLog(), now=clocks.now, time=clocks.time, **options)


def sent(clocks: Clocks, outbox: Outbox, **known: Any) -> MessageRecord:
    """Return a message whose result is applied."""
    outbox.take(record := clocks.message())
    record.phase = Phase.SENDING
    outbox.apply_result(record, result(record, **known))
    return record


def test_a_message_is_queued_until_its_result(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(record := clocks.message())
    assert (record.status, record.has_result, record.is_pending, record.failure) == (Status.QUEUED, False, True, None)
    assert (list(outbox), len(outbox), outbox.get("one"), outbox.get("two")) == ([record], 1, record, None)
    assert len(outbox.uncounted) == 1


def test_an_accepted_message_is_tracked(clocks: Clocks, outbox: Outbox) -> None:
    record = sent(clocks, outbox, provider_status="0", message_id="id", batch_id="job")
    assert (record.status, record.phase, record.provider_status) == (Status.ACCEPTED, Phase.TRACKED, "0")
    assert (record.result.message_id, record.result.batch_id) == ("id", "job")
    assert (record.accepted_at, list(outbox)) == (clocks.time(), [record])


def test_a_rejected_message_is_done(clocks: Clocks, outbox: Outbox) -> None:
    error = MessageRejected(reason=FailureReason.OPTED_OUT, code="-5")
    record = sent(clocks, outbox, status=Status.REJECTED, error=error, provider_status="-5")
    assert (record.status, record.reason, record.failure) == (Status.REJECTED, FailureReason.OPTED_OUT, error)
    assert (len(outbox), record.accepted_at, len(outbox.uncounted)) == (0, None, 0)


@pytest.mark.parametrize("can_find", [False, True])
def test_an_uncertain_message_is_tracked_only_if_it_can_be_found(clocks: Clocks, *, can_find: bool) -> None:
    outbox = other_outbox(clocks, tracks_uncertain=can_find)
    record = sent(clocks, outbox, status=Status.UNCERTAIN, error=OutcomeUnknown())
    assert (record.status, record.reason) == (Status.UNCERTAIN, FailureReason.OTHER)
    assert (record.phase is Phase.TRACKED, len(outbox)) == (can_find, can_find)
    # The provider may have accepted it, so it counts.
    assert record.accepted_at == clocks.time()


def test_an_accepted_message_is_done_if_the_provider_reports_no_more(clocks: Clocks) -> None:
    outbox = other_outbox(clocks, tracks_accepted=False)
    assert (sent(clocks, outbox).phase, len(outbox)) == (Phase.DONE, 0)


@pytest.mark.parametrize(("message_id", "phase"), [(None, Phase.DONE), ("id", Phase.TRACKED)])
def test_a_campaign_is_tracked_only_by_its_id(
    clocks: Clocks, outbox: Outbox, message_id: str | None, phase: Phase
) -> None:
    outbox.take(record := clocks.message(to="group"))
    record.message = type(record.message)(reference="one", to="group", text="Water", group_size=2)
    outbox.apply_result(record, result(record, message_id=message_id))
    assert record.phase is phase


def test_a_failed_message_leaves_the_outbox(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(record := clocks.message())
    error = CannotConnect(code="7")
    outbox.fail(record, Status.EXPIRED, error)
    assert (record.status, record.reason, record.failure) == (Status.EXPIRED, FailureReason.UNREACHABLE, error)
    assert (record.provider_status, list(outbox)) == ("7", [])


def test_a_message_that_is_done_is_not_pending(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(clocks.message(phase=Phase.DONE))
    assert len(outbox) == 0


def test_a_message_shows_its_attempt_and_is_accepted_with_it(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(record := clocks.message())
    attempt = clocks.message("attempt", status=Status.UNCERTAIN, accepted_at=clocks.time(), phase=Phase.TRACKED)
    assert outbox.apply_attempt(record, attempt)
    assert (record.status, record.phase, record.accepted_at) == (Status.UNCERTAIN, Phase.TRACKED, clocks.time())
    rejected = clocks.message("rejected", status=Status.REJECTED, phase=Phase.DONE)
    assert outbox.apply_attempt(record, rejected)
    outbox.finish(record)
    assert (record.status, record.phase, list(outbox)) == (Status.REJECTED, Phase.DONE, [])


def test_a_refused_attempt_is_not_accepted(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(record := clocks.message())
    outbox.apply_attempt(record, clocks.message("rejected", status=Status.REJECTED, phase=Phase.DONE))
    assert record.accepted_at is None


# -- a restart, and a clock that is set ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jump", "left"),
    [(0, 3000), (1000, 2000), (3000, 0), (DAY, 3000 - DAY), (-300, 3300), (-600, 3600), (-3600, 3600), (-DAY, 3600)],
)
def test_after_a_restart_no_message_lives_longer_than_it_was_to(
    clocks: Clocks, outbox: Outbox, jump: float, left: float
) -> None:
    record = clocks.message()
    clocks.advance(600)
    clocks.set_time(jump)
    outbox.take(record)
    assert record.deadline == clocks.now() + left


@pytest.mark.parametrize(("jump", "wait"), [(0, 500), (500, 0), (DAY, 500 - DAY), (-100, 600), (-DAY, 600)])
def test_after_a_restart_no_message_waits_longer_than_planned(
    clocks: Clocks, outbox: Outbox, jump: float, wait: float
) -> None:
    record = clocks.message()
    record.not_before += 600
    clocks.advance(100)
    clocks.set_time(jump)
    outbox.take(record)
    assert record.ready == clocks.now() + wait


def test_a_loaded_message_is_found_by_its_message_id(clocks: Clocks, outbox: Outbox) -> None:
    outbox.take(record := clocks.message(phase=Phase.TRACKED, status=Status.SENT, message_id="id"))
    assert outbox.match(report(Status.DELIVERED, reference=None, message_id="id")) is record
    assert len(outbox.uncounted) == 1  # it has no accepted_at
