"""Clocks that a test sets, and messages, reports and results for an outbox that uses these clocks."""

from typing import Any

from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.gateway.message import DeliveryReport, Message, SendResult
from custom_components.texting.gateway.status import Status

ACCOUNT = "01JD0000000000000000000001"
NUMBER = "+33612345678"
DAY = 86400.0


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Clocks:
    """The monotonic clock and the wall clock."""

    def __init__(self) -> None:
        self.now = Clock(1000.0)
        self.time = Clock(1_800_000_000.0)

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self.now.at += seconds
        self.time.at += seconds

    def set_time(self, seconds: float) -> None:
        """Move only the wall clock, as a user or a time server does."""
        self.time.at += seconds

    def message(
        self, reference: str = "one", *, to: str = NUMBER, valid_for: float = 3600.0, **changes: Any
    ) -> MessageRecord:
        """Return a message that was created now."""
        text, created_at = changes.pop("text", "Water"), self.time()
        values: dict[str, Any] = {"not_before": created_at, "expires_at": created_at + valid_for} | changes
        message = Message(reference=reference, to=to, text=text)
        return MessageRecord(message=message, entry_id=ACCOUNT, created_at=created_at, **values)


def report(status: Status, **about: Any) -> DeliveryReport:
    """Return a report about the message "one"."""
    return DeliveryReport(**{"status": status, "provider_status": str(status), "reference": "one", **about})


def result(record: MessageRecord, status: Status = Status.ACCEPTED, **known: Any) -> SendResult:
    """Return the result of sending a message."""
    return SendResult(message=record.message, status=status, **known)
