"""The messages that are followed, in memory: what is known of each, and when to ask again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..gateway.message import DeliveryReport, Message, SendResult
from ..gateway.status import FailureReason, Status

FIRST_POLL = 15.0
SLOWEST_POLL = 600.0
FOLLOWED_FOR = 48 * 3600.0
KEPT_FOR = 72 * 3600.0


@dataclass(slots=True, kw_only=True)
class Record:
    """One message followed; times are monotonic seconds."""

    result: SendResult
    recipient: str | None
    asked_at: float
    due: float
    interval: float = FIRST_POLL
    status: Status = Status.QUEUED
    provider_status: str | None = None
    reason: FailureReason | None = None
    otherwise: Status | None = None

    @property
    def message(self) -> Message:
        """The message itself."""
        return self.result.message

    def snapshot(self) -> Record:
        """The record as it is now."""
        return replace(self)


class Ledger:
    """Messages by reference, found by whatever a report names."""

    def __init__(self, now: Callable[[], float], *, follows: bool = True) -> None:
        """Use a monotonic clock in seconds; follows: whether the provider tells more than that it accepted."""
        self._now = now
        self._follows = follows
        self._records: dict[str, Record] = {}
        self._pending: dict[str, Record] = {}
        self._by_message_id: dict[str, str] = {}

    def __iter__(self) -> Iterator[Record]:
        """Every record, oldest first."""
        return iter(self._records.values())

    def open(self, message: Message, recipient: str | None) -> None:
        """Follow a message that is about to be sent: a report may come before the answer."""
        self._forget()
        now = self._now()
        self._records[message.reference] = Record(
            result=SendResult(message=message, status=Status.QUEUED),
            recipient=recipient,
            asked_at=now,
            due=now + FIRST_POLL,
        )

    def settle(self, result: SendResult) -> Record | None:
        """Take the gateway's answer; the record if it moved."""
        record = self._records[result.message.reference]
        record.result = result
        if result.message_id:
            self._by_message_id[result.message_id] = result.message.reference
        if record.status is Status.QUEUED and result.status is Status.UNKNOWN:
            record.status, record.reason = Status.UNKNOWN, result.reason
            return record
        return self._move(record, result.status, result.provider_status, result.reason)

    def apply(self, report: DeliveryReport) -> Record | None:
        """Take a report; the record if it moved, None for what is unknown, repeated or late."""
        if (record := self.find(report)) is None:
            return None
        if not record.status.is_final:
            # The provider's word is kept also where it moves nothing: it may be one that nobody knows.
            record.provider_status, record.otherwise = report.provider_status, report.otherwise
        return self._move(record, report.status, report.provider_status, report.reason)

    def find(self, report: DeliveryReport) -> Record | None:
        """The message a report is about."""
        reference = report.reference
        if reference is None or reference not in self._records:
            reference = self._by_message_id.get(report.message_id or "")
        if reference is None and report.batch_id and report.to:
            reference = next(
                (
                    record.message.reference
                    for record in self
                    if record.result.batch_id == report.batch_id and record.message.to == report.to
                ),
                None,
            )
        return self._records.get(reference or "")

    def pending(self) -> list[Record]:
        """Messages a report is still awaited for."""
        return list(self._pending.values())

    def give_up(self) -> list[Record]:
        """Follow no longer what was sent too long ago; the records that end by it."""
        oldest = self._now() - FOLLOWED_FOR
        overdue = [record for record in self.pending() if record.asked_at <= oldest]
        for record in overdue:
            del self._pending[record.message.reference]
        return [
            record
            for record in overdue
            if record.otherwise and self._move(record, record.otherwise, record.provider_status, FailureReason.EXPIRED)
        ]

    def take_due(self) -> list[Record]:
        """Pending messages to ask for now; each is asked for again after a longer while."""
        now = self._now()
        due = [record for record in self.pending() if record.due <= now]
        for record in due:
            record.interval = min(record.interval * 2, SLOWEST_POLL)
            record.due = now + record.interval
        return due

    def next_due(self) -> float | None:
        """When to ask next, or None while nothing is pending."""
        return min((record.due for record in self._pending.values()), default=None)

    def _move(
        self, record: Record, status: Status, provider_status: str | None, reason: FailureReason | None
    ) -> Record | None:
        if not status.follows(record.status):
            return None
        record.status, record.provider_status, record.reason = status, provider_status, reason
        if self._follows and not status.is_final:
            self._pending[record.message.reference] = record
        else:
            self._pending.pop(record.message.reference, None)
        return record

    def _forget(self) -> None:
        """Let go of what is too old to be reported on."""
        oldest = self._now() - KEPT_FOR
        for reference, record in list(self._records.items()):
            if record.asked_at > oldest:
                break
            del self._records[reference]
            self._pending.pop(reference, None)
            self._by_message_id.pop(record.result.message_id or "", None)
