from collections.abc import Sequence
from typing import Any

import pytest

from custom_components.texting.delivery.ledger import FOLLOWED_FOR, KEPT_FOR, SLOWEST_POLL, Ledger
from custom_components.texting.gateway.errors import MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.message import DeliveryReport, Message, SendResult
from custom_components.texting.gateway.status import FailureReason, Status

FORWARD = (Status.ACCEPTED, Status.SENT, Status.DELIVERED)
FINAL = (Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    return Ledger(clock)


def message(reference: str = "one", to: str = "+33612345678") -> Message:
    return Message(reference=reference, to=to, text="Water")


def sent(ledger: Ledger, reference: str = "one", *, to: str = "+33612345678", **known: Any) -> SendResult:
    """Follow a message that the gateway took."""
    ledger.open(message(reference, to), "Anna")
    result = SendResult(**{"message": message(reference, to), "status": Status.ACCEPTED, **known})
    ledger.settle(result)
    return result


def report(status: Status, **about: Any) -> DeliveryReport:
    return DeliveryReport(**{"status": status, "provider_status": str(status), "reference": "one", **about})


def statuses(ledger: Ledger) -> dict[str, Status]:
    return {record.message.reference: record.status for record in ledger}


# -- sending -------------------------------------------------------------------------------------------------------


def test_a_message_is_queued_until_the_gateway_answers(ledger: Ledger) -> None:
    ledger.open(message(), "Anna")
    (record,) = ledger
    assert (record.status, record.recipient, record.message.reference) == (Status.QUEUED, "Anna", "one")
    assert ledger.pending() == []
    assert ledger.next_due() is None


def test_an_answer_moves_it(ledger: Ledger) -> None:
    ledger.open(message(), None)
    record = ledger.settle(SendResult(message=message(), status=Status.ACCEPTED, provider_status="0"))
    assert record is not None
    assert (record.status, record.provider_status, record.reason) == (Status.ACCEPTED, "0", None)


def test_a_refusal_ends_it(ledger: Ledger) -> None:
    ledger.open(message(), None)
    error = MessageRejected(reason=FailureReason.OPTED_OUT)
    record = ledger.settle(SendResult(message=message(), status=Status.REJECTED, error=error))
    assert record is not None
    assert (record.status, record.reason) == (Status.REJECTED, FailureReason.OPTED_OUT)
    assert ledger.pending() == []


def test_an_unknown_outcome_is_told_and_not_waited_for(ledger: Ledger) -> None:
    ledger.open(message(), None)
    record = ledger.settle(SendResult(message=message(), status=Status.UNKNOWN, error=OutcomeUnknown()))
    assert record is not None
    assert (record.status, record.reason) == (Status.UNKNOWN, FailureReason.OTHER)
    assert ledger.pending() == []


def test_a_report_ends_an_unknown_outcome(ledger: Ledger) -> None:
    ledger.open(message(), None)
    ledger.settle(SendResult(message=message(), status=Status.UNKNOWN, error=OutcomeUnknown()))
    assert ledger.apply(report(Status.DELIVERED)) is not None
    assert statuses(ledger) == {"one": Status.DELIVERED}


@pytest.mark.parametrize("answer", [Status.ACCEPTED, Status.UNKNOWN, Status.REJECTED])
def test_a_report_before_the_answer_is_not_undone_by_it(ledger: Ledger, answer: Status) -> None:
    ledger.open(message(), None)
    assert ledger.apply(report(Status.DELIVERED)) is not None
    assert ledger.settle(SendResult(message=message(), status=answer, message_id="id")) is None
    assert statuses(ledger) == {"one": Status.DELIVERED}
    found = ledger.find(report(Status.DELIVERED, reference=None, message_id="id"))
    assert found is not None
    assert found.result.message_id == "id"


# -- reports -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        FORWARD,
        (Status.SENT, Status.ACCEPTED, Status.DELIVERED),
        (Status.DELIVERED, Status.SENT, Status.ACCEPTED),
        (Status.DELIVERED, Status.UNKNOWN, Status.QUEUED),
        (Status.SENT, Status.SENT, Status.DELIVERED, Status.DELIVERED),
    ],
)
def test_whatever_the_order_it_ends_delivered(ledger: Ledger, order: Sequence[Status]) -> None:
    sent(ledger)
    moved = [record.status for status in order if (record := ledger.apply(report(status)))]
    assert statuses(ledger) == {"one": Status.DELIVERED}
    assert len(moved) == len(set(moved))


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", Status)
def test_a_final_status_stays(ledger: Ledger, first: Status, second: Status) -> None:
    sent(ledger)
    assert ledger.apply(report(first, reason=FailureReason.OTHER)) is not None
    assert ledger.apply(report(second, provider_status="other")) is None
    (record,) = ledger
    assert (record.status, record.provider_status, record.reason) == (first, str(first), FailureReason.OTHER)


def test_an_unknown_word_is_kept_and_moves_nothing(ledger: Ledger) -> None:
    sent(ledger)
    assert ledger.apply(report(Status.UNKNOWN, provider_status="42")) is None
    (record,) = ledger
    assert (record.status, record.provider_status) == (Status.ACCEPTED, "42")


@pytest.mark.parametrize(
    "about",
    [
        {"reference": "one"},
        {"reference": None, "message_id": "id-one"},
        {"reference": "nobody's", "message_id": "id-one"},
        {"reference": None, "batch_id": "job", "to": "+33612345678"},
        {"reference": None, "message_id": "other", "batch_id": "job", "to": "+33612345678"},
    ],
)
def test_a_message_is_found_by_what_a_report_names(ledger: Ledger, about: dict[str, Any]) -> None:
    sent(ledger, "one", message_id="id-one", batch_id="job")
    sent(ledger, "two", to="+33612345679", message_id="id-two", batch_id="job")
    record = ledger.apply(report(Status.DELIVERED, **about))
    assert record is not None
    assert record.message.reference == "one"
    assert statuses(ledger) == {"one": Status.DELIVERED, "two": Status.ACCEPTED}


@pytest.mark.parametrize(
    "about",
    [
        {"reference": None},
        {"reference": "nobody's"},
        {"reference": None, "message_id": ""},
        {"reference": None, "message_id": "nobody's"},
        {"reference": None, "batch_id": "job"},
        {"reference": None, "to": "+33612345678"},
        {"reference": None, "batch_id": "other", "to": "+33612345678"},
        {"reference": None, "batch_id": "job", "to": "+33600000000"},
    ],
)
def test_what_names_no_message_changes_nothing(ledger: Ledger, about: dict[str, Any]) -> None:
    sent(ledger, batch_id="job")
    assert ledger.find(report(Status.DELIVERED, **about)) is None
    assert ledger.apply(report(Status.DELIVERED, **about)) is None
    assert statuses(ledger) == {"one": Status.ACCEPTED}


# -- asking --------------------------------------------------------------------------------------------------------


def test_messages_are_due_after_15_s_and_then_less_and_less_often(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    assert ledger.next_due() == clock.now + 15
    assert ledger.take_due() == []
    waits = []
    for _ in range(8):
        due = ledger.next_due()
        assert due is not None
        waits.append(due - clock.now)
        clock.now = due
        assert len(ledger.take_due()) == 1
        assert ledger.take_due() == []
    assert waits == [15, 30, 60, 120, 240, 480, SLOWEST_POLL, SLOWEST_POLL]


def test_only_those_that_are_due_are_asked_for(ledger: Ledger, clock: Clock) -> None:
    sent(ledger, "one")
    clock.now += 10
    sent(ledger, "two")
    clock.now += 5
    assert [record.message.reference for record in ledger.take_due()] == ["one"]
    assert ledger.next_due() == clock.now + 10


def test_what_has_ended_is_not_asked_for(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    ledger.apply(report(Status.UNDELIVERED))
    clock.now += 60
    assert (ledger.take_due(), ledger.next_due(), ledger.pending()) == ([], None, [])


def test_nobody_waits_longer_than_two_days(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    clock.now += FOLLOWED_FOR - 1
    assert (ledger.give_up(), len(ledger.pending())) == ([], 1)
    clock.now += 1
    assert ledger.give_up() == []
    assert (ledger.pending(), ledger.next_due()) == ([], None)
    assert statuses(ledger) == {"one": Status.ACCEPTED}


def test_a_late_report_still_counts(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    clock.now += FOLLOWED_FOR
    ledger.give_up()
    assert ledger.apply(report(Status.DELIVERED)) is not None


def test_what_would_be_expired_ends_so_when_nobody_waits_any_more(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    ledger.apply(report(Status.SENT, provider_status="Expired", otherwise=Status.EXPIRED))
    assert statuses(ledger) == {"one": Status.SENT}
    clock.now += FOLLOWED_FOR
    (record,) = ledger.give_up()
    assert (record.status, record.provider_status, record.reason) == (
        Status.EXPIRED,
        "Expired",
        FailureReason.EXPIRED,
    )
    assert ledger.give_up() == []


def test_better_news_take_the_end_back(ledger: Ledger, clock: Clock) -> None:
    sent(ledger)
    ledger.apply(report(Status.SENT, otherwise=Status.EXPIRED))
    ledger.apply(report(Status.SENT))
    clock.now += FOLLOWED_FOR
    assert ledger.give_up() == []
    assert statuses(ledger) == {"one": Status.SENT}


def test_old_messages_are_forgotten_when_another_is_sent(ledger: Ledger, clock: Clock) -> None:
    sent(ledger, "one", message_id="id-one")
    clock.now += KEPT_FOR / 2
    sent(ledger, "two", message_id="id-two")
    clock.now += KEPT_FOR / 2
    sent(ledger, "three")
    assert list(statuses(ledger)) == ["two", "three"]
    assert ledger.find(report(Status.DELIVERED, reference=None, message_id="id-one")) is None
    assert ledger.find(report(Status.DELIVERED, reference=None, message_id="id-two")) is not None
