"""What a message record says of itself, and its transitions. The rules that depend on a provider are the outbox's."""

from dataclasses import fields

import pytest

from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.errors import CannotConnect, MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.clock import Clocks, report, result


@pytest.fixture
def record(clocks: Clocks) -> MessageRecord:
    """A message that waits."""
    return clocks.message()


def test_a_new_message_is_queued(record: MessageRecord) -> None:
    assert (record.status, record.phase, record.failure) == (Status.QUEUED, Phase.WAITING, None)
    assert (record.has_result, record.is_pending) == (False, True)
    assert (record.reference, record.to) == ("one", record.message.to)
    record.groups = "Family"
    assert record.to == "Family"


@pytest.mark.parametrize("phase", Phase)
def test_an_error_is_the_failure_only_once_there_is_a_result(record: MessageRecord, phase: Phase) -> None:
    record.phase, record.error = phase, OutcomeUnknown()
    assert record.is_pending is (phase is not Phase.DONE)
    assert record.has_result is (phase in (Phase.TRACKED, Phase.DONE))
    assert record.failure is (record.error if record.has_result else None)


def test_a_snapshot_does_not_change(record: MessageRecord) -> None:
    copy = record.snapshot()
    assert copy is not record
    assert all(getattr(copy, field.name) == getattr(record, field.name) for field in fields(MessageRecord))
    record.status = Status.DELIVERED
    assert copy.status is Status.QUEUED


def test_a_result_changes_the_status_and_leaves_the_phase(record: MessageRecord) -> None:
    record.phase = Phase.SENDING
    assert record.apply_result(result(record, provider_status="0", message_id="id", batch_id="job"))
    assert (record.status, record.provider_status, record.phase) == (Status.ACCEPTED, "0", Phase.SENDING)
    assert (record.result.message_id, record.result.batch_id, record.result.status) == ("id", "job", Status.ACCEPTED)
    assert not record.apply_result(result(record))
    assert (record.message_id, record.batch_id) == ("id", "job")


@pytest.mark.parametrize(
    ("status", "error"), [(Status.UNCERTAIN, OutcomeUnknown()), (Status.REJECTED, MessageRejected())]
)
def test_a_failed_result_does_not_undo_a_report(
    record: MessageRecord, status: Status, error: MessageRejected | OutcomeUnknown
) -> None:
    assert record.apply_report(report(Status.SENT, message_id="id"))
    assert not record.apply_result(result(record, status, error=error))
    assert (record.status, record.error, record.message_id) == (Status.SENT, None, "id")


def test_a_report_that_changes_nothing_leaves_the_provider_word(record: MessageRecord) -> None:
    record.apply_result(result(record))
    assert not record.apply_report(report(Status.UNCERTAIN, provider_status="42", status_on_timeout=Status.EXPIRED))
    assert (record.status, record.provider_status, record.status_on_timeout) == (Status.ACCEPTED, "42", Status.EXPIRED)


def test_a_report_does_not_replace_a_known_message_id(record: MessageRecord) -> None:
    record.apply_result(result(record, message_id="id"))
    assert record.apply_report(report(Status.SENT, message_id="other"))
    assert record.message_id == "id"


def test_an_attempt_is_taken_over_and_never_goes_backwards(clocks: Clocks, record: MessageRecord) -> None:
    attempt = clocks.message("attempt", segments=2, message_id="id", status=Status.SENT, phase=Phase.TRACKED)
    attempt.provider_status, attempt.reason = "enroute", FailureReason.OTHER
    assert record.apply_attempt(attempt)
    assert (record.status, record.provider_status, record.reason) == (Status.SENT, "enroute", FailureReason.OTHER)
    assert (record.phase, record.via, record.message_id, record.segments) == (
        Phase.TRACKED,
        attempt.entry_id,
        "id",
        2,
    )
    second = clocks.message("second", status=Status.ACCEPTED, message_id="id2")
    second.entry_id = "other"
    assert not record.apply_attempt(second)
    assert (record.status, record.via, record.message_id) == (Status.SENT, "other", "id2")


def test_a_failed_message_is_done_and_says_why(record: MessageRecord) -> None:
    error = CannotConnect(code="7")
    record.fail(Status.EXPIRED, error)
    assert (record.status, record.phase, record.failure) == (Status.EXPIRED, Phase.DONE, error)
    assert (record.reason, record.provider_status) == (FailureReason.UNREACHABLE, "7")


def test_a_message_can_fail_without_an_error(record: MessageRecord) -> None:
    record.provider_status = "0"
    record.fail(Status.ACCEPTED)
    assert (record.reason, record.provider_status, record.failure) == (None, "0", None)


@pytest.mark.parametrize(
    ("on_timeout", "status", "reason"),
    [(None, Status.SENT, None), (Status.EXPIRED, Status.EXPIRED, FailureReason.EXPIRED)],
)
def test_a_message_times_out_with_the_status_the_provider_named(
    record: MessageRecord, on_timeout: Status | None, status: Status, reason: FailureReason | None
) -> None:
    record.apply_report(report(Status.SENT, status_on_timeout=on_timeout))
    record.time_out()
    assert (record.phase, record.status, record.reason) == (Phase.DONE, status, reason)
