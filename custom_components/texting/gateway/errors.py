"""What can go wrong at a gateway. No error's text holds a secret, a full number or a message.

GatewayError
├── CannotConnect            the request never left: it may be sent again
│   └── CertificateInvalid   the host could not prove who it is; nothing was sent
├── OutcomeUnknown           the request left, no usable answer: never sent again blindly
│   └── InvalidResponse      the answer is none of this gateway's
├── AuthenticationFailed
├── RateLimited              not processed: later
├── InsufficientCredit
├── MessageRejected          refused, by the gateway or here by one of its limits
│   ├── Unsupported          the provider has no such thing
│   └── Cancelled            taken back here before it left
└── WebhookRejected          a call of our webhook that is not the provider's
"""

from enum import StrEnum
import re

from .status import FailureReason


class Limit(StrEnum):
    """A rule of the provider or the account that a message breaks, found before any request."""

    NUMBER = "number"
    TEXT_EMPTY = "text_empty"
    TEXT_LENGTH = "text_length"
    CHARACTERS = "characters"
    CHARACTERS_LEFT = "characters_left"
    TITLE_LENGTH = "title_length"
    SENDER = "sender"
    SENDER_MISSING = "sender_missing"
    COMMERCIAL_MENTION = "commercial_mention"
    TYPE = "type"
    LANGUAGE = "language"
    GENDER = "gender"
    MEDIA_MISSING = "media_missing"
    TEMPLATE_MISSING = "template_missing"
    CHANNEL = "channel"
    FLOOD = "flood"
    OPTION = "option"
    CREDIT = "credit"
    DAILY = "daily"


class GatewayError(Exception):
    """Something went wrong at a gateway."""

    reason = FailureReason.OTHER

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        """Keep the gateway's own code, and its words made safe for logs."""
        self.detail = redact(detail)
        self.code = code
        super().__init__(": ".join(part for part in (type(self).__name__, code, self.detail) if part))


class CannotConnect(GatewayError):
    """The request never left."""

    reason = FailureReason.UNREACHABLE


class CertificateInvalid(CannotConnect):
    """The host's certificate does not hold; no credentials were sent."""


class OutcomeUnknown(GatewayError):
    """The request left and no usable answer came: the message may have been sent."""


class InvalidResponse(OutcomeUnknown):
    """The answer is not one this gateway gives: an HTML page, cut JSON, nothing."""


class AuthenticationFailed(GatewayError):
    """The gateway refuses the credentials, or this home's address."""

    reason = FailureReason.AUTHENTICATION


class RateLimited(GatewayError):
    """Not processed; retry_after is the wait asked for, in seconds, or None."""

    reason = FailureReason.RATE_LIMITED

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: float | None = None) -> None:
        """Keep the wait that was asked for."""
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class InsufficientCredit(GatewayError):
    """The account cannot pay for the message."""

    reason = FailureReason.INSUFFICIENT_CREDIT


class MessageRejected(GatewayError):
    """The message was refused, and would be again.

    limit names the rule that it breaks where that was found here, before any request;
    details are the values that explain it.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        reason: FailureReason = FailureReason.OTHER,
        limit: Limit | None = None,
        **details: str | int,
    ) -> None:
        """Keep why."""
        super().__init__(detail or (limit or ""), code=code)
        self.reason = reason
        self.limit = limit
        self.details = details


class Unsupported(MessageRejected):
    """The provider has no such thing."""


class Cancelled(MessageRejected):
    """The user took the message back before it left."""


class WebhookRejected(GatewayError):
    """A request to our webhook that the provider would not make."""


_DIGITS = re.compile(r"\d(?:[\d .()-]{3,}\d)")
_TOKEN = re.compile(r"\d+\|\w+|(?=[\w-]*\d)[\w-]{16,}")
_READ_LENGTH = 1000
_DETAIL_LENGTH = 200


def redact(text: str) -> str:
    """A gateway's words without numbers and tokens, on one line, shortened."""
    text = " ".join(text[:_READ_LENGTH].split())
    return _DIGITS.sub("…", _TOKEN.sub("…", text))[:_DETAIL_LENGTH]
