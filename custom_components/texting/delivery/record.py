"""MessageRecord: all that is known of one message, and the transitions from queued to final."""

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from ..gateway.errors import GatewayError
from ..gateway.message import DeliveryReport, Message, SendResult
from ..gateway.status import FailureReason, Status


class Phase(StrEnum):
    """What is still to do for a message."""

    # Waits to be handed to the provider.
    WAITING = "waiting"
    # Was handed over; the result is not known yet.
    SENDING = "sending"
    # The result is known, and reports may still change the status.
    TRACKED = "tracked"
    # Nothing is left to do.
    DONE = "done"


@dataclass(slots=True, kw_only=True, eq=False)
class MessageRecord:
    """One message of one entry. Times ending in _at, and not_before, are Unix seconds and outlive a restart."""

    # What is sent, and to whom.
    message: Message
    # The config entry's id: an account's or a route's.
    entry_id: str
    # When the message was created.
    created_at: float
    # When the message may leave at the earliest.
    not_before: float = 0.0
    # When the message expires if it has not left.
    expires_at: float
    # When the provider accepted it, or may have; None before that.
    accepted_at: float | None = None
    # When it was known to be delivered.
    delivered_at: float | None = None
    # The home's day that counts it, in ISO format: when it was accepted, or else when it failed. It is set once.
    day: str | None = None
    # The recipient's name.
    recipient_name: str | None = None
    # The recipient's subentry id.
    recipient_id: str | None = None
    # The names of the contact groups that it goes to.
    groups: str | None = None
    # The reference of the route's message that this is an attempt for.
    parent: str | None = None
    # The account that a route's message left through, or that refused it: an entry id.
    via: str | None = None
    # Whether it leaves before messages that are not urgent.
    urgent: bool = False
    # Whether it leaves even if the person opted out, because the person agreed to that.
    ignores_opt_out: bool = False
    # Whether it leaves also beyond the daily limit of urgent messages.
    passes_limit: bool = False
    # Whether it is sent again if its outcome stays uncertain.
    resend: bool = False
    # How often it was sent again for that reason.
    resend_count: int = 0
    # What is billed.
    segments: int = 1
    # What the provider charges once it accepts it, in its credits. None: that is not known.
    cost: float | None = None
    # What that is in money, and the ISO code of its currency. None: that is not known.
    price: float | None = None
    currency: str | None = None
    # What is still to do.
    phase: Phase = Phase.WAITING
    # What is known of its fate.
    status: Status = Status.QUEUED
    # The provider's id of the message.
    message_id: str | None = None
    # The provider's id of the request (TheSMSPoint's job).
    batch_id: str | None = None
    # The provider's own word for the status.
    provider_status: str | None = None
    # Why it failed.
    reason: FailureReason | None = None
    # The status it ends with if no better report comes in time.
    status_on_timeout: Status | None = None
    # Why it failed, as an error. Not stored.
    error: GatewayError | None = None
    # Whether a request of this run holds it. Not stored.
    is_in_flight: bool = False
    # The place in the send queue, 0 if it is not in it. Not stored.
    queue_token: int = 0
    # When it may leave, in monotonic seconds. Not stored.
    ready: float = 0.0
    # When it expires, in monotonic seconds. Not stored.
    deadline: float = 0.0

    @property
    def reference(self) -> str:
        """Our own id of the message."""
        return self.message.reference

    @property
    def to(self) -> str:
        """The number, or the names of the groups."""
        return self.groups or self.message.to

    @property
    def is_pending(self) -> bool:
        """Return True if the message has no final outcome yet."""
        return self.phase is not Phase.DONE

    @property
    def has_result(self) -> bool:
        """Return True if the result of the send is known, or if it is known to stay uncertain."""
        return self.phase in (Phase.TRACKED, Phase.DONE)

    @property
    def failure(self) -> GatewayError | None:
        """Why it failed, in this run only. None as long as it may still succeed."""
        return self.error if self.has_result else None

    @property
    def result(self) -> SendResult:
        """The message as the gateway is asked about it."""
        return SendResult(
            message=self.message,
            status=self.status,
            message_id=self.message_id,
            batch_id=self.batch_id,
            provider_status=self.provider_status,
        )

    def snapshot(self) -> MessageRecord:
        """Return a copy that does not change any more."""
        copy = object.__new__(MessageRecord)
        for name, value in zip(MessageRecord.__slots__, _all_values(self), strict=True):
            setattr(copy, name, value)
        return copy

    # -- transitions. The phase after a result or a report is the outbox's decision, since providers differ. -----------

    def apply_result(self, result: SendResult) -> bool:
        """Take the result of a send. Return True if the status changed."""
        before = self.status
        # An earlier report may have named an id that this result does not know.
        self.message_id = result.message_id or self.message_id
        self.batch_id = result.batch_id or self.batch_id
        # An earlier report proves that it was accepted. A later refusal of a second try does not change that.
        if self.status is Status.QUEUED or (not result.error and result.status.follows(self.status)):
            self._update(result.status, result.provider_status, result.reason, result.error)
        return self.status is not before

    def apply_report(self, report: DeliveryReport) -> bool:
        """Take a delivery report. Return True if the status changed; it never goes backwards."""
        if not self.status.is_final:
            # Keep the provider's word even if it changes nothing: it may be one that we do not know.
            self.provider_status, self.status_on_timeout = report.provider_status, report.status_on_timeout
        if not report.status.follows(self.status):
            return False
        self._update(report.status, report.provider_status, report.reason, None)
        self.message_id = self.message_id or report.message_id
        return True

    def apply_attempt(self, attempt: MessageRecord) -> bool:
        """Take over the fate of an attempt of a route. Return True if the status changed; it never goes backwards."""
        self.via, self.message_id = attempt.entry_id, attempt.message_id
        self.segments, self.cost = attempt.segments, attempt.cost
        self.price, self.currency = attempt.price, attempt.currency
        if self.status is not Status.QUEUED and not attempt.status.follows(self.status):
            return False
        self._update(attempt.status, attempt.provider_status, attempt.reason, attempt.error)
        self.phase = Phase.TRACKED
        return True

    def fail(self, status: Status, error: GatewayError | None = None) -> None:
        """End the message here: it never left, or nothing more can be known."""
        provider_status = error.code if error else self.provider_status
        self._update(status, provider_status, error.reason if error else None, error)
        self.phase = Phase.DONE

    def time_out(self) -> None:
        """End the message because no more reports are expected."""
        self.phase = Phase.DONE
        if self.status_on_timeout:
            self.status, self.reason = self.status_on_timeout, FailureReason.EXPIRED

    def _update(
        self, status: Status, provider_status: str | None, reason: FailureReason | None, error: GatewayError | None
    ) -> None:
        self.status, self.provider_status, self.reason, self.error = status, provider_status, reason, error


_all_values = attrgetter(*MessageRecord.__slots__)
