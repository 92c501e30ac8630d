"""The status of a message and the reason of a failure, in the same words for all providers."""

from enum import StrEnum


class Status(StrEnum):
    """The last known status of a message."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"

    @property
    def is_final(self) -> bool:
        """Return True if no later report can change it."""
        return _RANK[self] == _FINAL

    @property
    def is_failure(self) -> bool:
        """Return True if a message with this last status is not known to have arrived."""
        return self is Status.UNCERTAIN or (self.is_final and self is not Status.DELIVERED)

    def follows(self, current: Status) -> bool:
        """Return True if a report of this status may replace the current one. A status never goes backwards."""
        return _RANK[self] > _RANK[current]


_FINAL = 4
# A report replaces only a status of a lower rank.
_RANK = {
    Status.UNCERTAIN: 0,
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
