"""What can go wrong at a gateway. No error's text holds a secret, a full number or a message.

GatewayError
├── CannotConnect            the request never left: it may be sent again
│   └── CertificateInvalid   the host could not prove who it is; nothing was sent
├── OutcomeUnknown           the request left, no usable answer: never sent again blindly
│   ├── InvalidResponse      the answer is none of this gateway's
│   └── OrderUnknown         it was a purchase: never made again by itself
├── AuthenticationFailed
│   ├── LoginOrAddressRefused  ... or this home's address: the gateway says the same of both
│   └── LoginOrApiRefused    ... or the API was never allowed for the account: likewise
├── RateLimited              not processed: later
├── InsufficientCredit
├── Declined                 a purchase or another request was refused
├── OrderTooSmall            below the provider's minimum
├── KeywordTaken             nobody can rent it now
├── CarrierUnknown           the provider does not know who serves the number
├── FieldRejected            one field is wrong
│   ├── SetupRejected        of a keyword
│   └── BroadcastRejected    of a voice broadcast
├── MessageRejected          refused, by the gateway or here by one of its limits
│   ├── Unsupported          the provider has no such thing
│   ├── NotFound             the provider knows nothing with this id
│   ├── GroupsNotListed      the provider tells of a contact group by its id only
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
    SENDER_OR_NUMBER = "sender_or_number"
    SENDER_MISSING = "sender_missing"
    COMMERCIAL_MENTION = "commercial_mention"
    TYPE = "type"
    LANGUAGE = "language"
    GENDER = "gender"
    MEDIA_MISSING = "media_missing"
    TEMPLATE_MISSING = "template_missing"
    TEMPLATE_MISMATCH = "template_mismatch"
    CHANNEL = "channel"
    FLOOD = "flood"
    OPTION = "option"
    CREDIT = "credit"
    DAILY = "daily"
    OPTED_OUT = "opted_out"
    GROUP_EMPTY = "group_empty"
    GROUP_NAME = "group_name"
    GROUP_UNCOUNTED = "group_uncounted"
    CONTACT_FIELD = "contact_field"


class Field(StrEnum):
    """What a provider says is wrong with a keyword's setup or a voice broadcast."""

    KEYWORD = "keyword"
    GROUP = "group"
    AUTOREPLY = "autoreply"
    EMAIL = "email"
    URL = "url"
    NUMBERS = "numbers"
    CALLER_ID = "caller_id"
    SOUND_FILE = "sound_file"
    SOUND_URL = "sound_url"
    REQUEST = "request"


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


class OrderUnknown(OutcomeUnknown):
    """A purchase left and no usable answer came: it may have been made, and is never repeated by itself."""


class AuthenticationFailed(GatewayError):
    """The gateway refuses the credentials, or this home's address."""

    reason = FailureReason.AUTHENTICATION


class LoginOrAddressRefused(AuthenticationFailed):
    """Either the credentials are wrong, or the account is locked to other internet addresses."""


class LoginOrApiRefused(AuthenticationFailed):
    """Either the credentials are wrong, or the provider has not allowed the API for the account."""


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


class Declined(GatewayError):
    """A purchase, or another request that is no message, was refused; nothing was bought or changed."""


class OrderTooSmall(GatewayError):
    """The order is below the provider's minimum."""


class KeywordTaken(GatewayError):
    """The keyword is not available."""


class CarrierUnknown(GatewayError):
    """The provider does not know the number's carrier, or could not find it out."""


class FieldRejected(GatewayError):
    """One field is wrong, as the provider says or as was found here; nothing was changed."""

    def __init__(self, detail: str = "", *, code: str | None = None, field: Field = Field.REQUEST) -> None:
        """Keep which."""
        super().__init__(detail, code=code)
        self.field = field


class SetupRejected(FieldRejected):
    """A field of a keyword's setup is wrong: keyword, group, autoreply, email or url."""


class BroadcastRejected(FieldRejected):
    """A field of a voice broadcast is wrong: numbers, caller_id, sound_file, sound_url, or the request as a whole."""


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


class NotFound(MessageRejected):
    """The provider knows no contact, group, message or campaign with this id."""


class GroupsNotListed(MessageRejected):
    """The provider does not list its contact groups; who knows a group's id can ask for it."""


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
