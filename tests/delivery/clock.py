"""Clocks that are told how late it is, and what a book of messages is asked about."""

from typing import Any

from custom_components.texting.delivery.record import Record
from custom_components.texting.gateway.message import DeliveryReport, Message, SendResult
from custom_components.texting.gateway.status import Status

ACCOUNT = "01JD0000000000000000000001"
NUMBER = "+33612345678"
DAY = 86400.0


class Clock:
    """Seconds that pass only when told."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Clocks:
    """The monotonic clock and the date; time passes on both, a jump is the date's alone."""

    def __init__(self) -> None:
        self.now = Clock(1000.0)
        self.today = Clock(1_800_000_000.0)

    def pass_(self, seconds: float) -> None:
        self.now.at += seconds
        self.today.at += seconds

    def jump(self, seconds: float) -> None:
        self.today.at += seconds

    def message(self, reference: str = "one", *, to: str = NUMBER, valid_for: float = 3600.0, **changes: Any) -> Record:
        """A message that is asked for now."""
        text, asked_at = changes.pop("text", "Water"), self.today()
        values: dict[str, Any] = {"due_at": asked_at, "expires_at": asked_at + valid_for} | changes
        message = Message(reference=reference, to=to, text=text)
        return Record(message=message, account=ACCOUNT, asked_at=asked_at, **values)


def report(status: Status, **about: Any) -> DeliveryReport:
    return DeliveryReport(**{"status": status, "provider_status": str(status), "reference": "one", **about})


def result(record: Record, status: Status = Status.ACCEPTED, **known: Any) -> SendResult:
    return SendResult(message=record.message, status=status, **known)
