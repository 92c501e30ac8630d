"""What can have become of a message, in one vocabulary for all providers."""

from enum import StrEnum


class Status(StrEnum):
    """A message's fate, as far as it is known."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether no later report can change it."""
        return _RANK[self] == _FINAL

    @property
    def is_failure(self) -> bool:
        """Whether a message that ends with it did not get through, as far as anybody knows."""
        return self is Status.UNKNOWN or (self.is_final and self is not Status.DELIVERED)

    def follows(self, current: Status) -> bool:
        """Whether a report of this status may replace the current one: never backwards, a final one stays."""
        return _RANK[self] > _RANK[current]


_FINAL = 4
_RANK = {
    Status.UNKNOWN: 0,
    Status.QUEUED: 1,
    Status.ACCEPTED: 2,
    Status.SENT: 3,
    Status.DELIVERED: _FINAL,
    Status.UNDELIVERED: _FINAL,
    Status.EXPIRED: _FINAL,
    Status.REJECTED: _FINAL,
}


class FailureReason(StrEnum):
    """Why a message failed."""

    AUTHENTICATION = "authentication"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    INVALID_NUMBER = "invalid_number"
    INVALID_MESSAGE = "invalid_message"
    OPTED_OUT = "opted_out"
    FLOOD = "flood"
    RATE_LIMITED = "rate_limited"
    PROHIBITED = "prohibited"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    OTHER = "other"
