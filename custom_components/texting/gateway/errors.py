"""The errors of a gateway. The text of an error, which may be logged, is its class and its code.

A provider's words are in detail, without secrets, whole numbers and the message. They are for the user only.

GatewayError
├── CannotConnect            the request was not processed: it may be sent again
│   ├── CertificateInvalid   the host's certificate is not valid; nothing was sent
│   ├── Redirected           the host leads to another address, which is not followed
│   └── Blocked              a firewall in front of the host wants to see a browser
├── OutcomeUnknown           the request was sent, but there is no usable response: never repeat it blindly
│   ├── InvalidResponse      the response is none that this provider gives
│   │   └── BalanceUnreadable  ... but the provider accepted the login; only the balance in it cannot be read
│   ├── ServerError          the provider's own software failed, and said so
│   └── OrderUnknown         the request was a purchase: never repeat it automatically
├── AuthenticationFailed     the credentials are wrong
│   ├── LoginOrAddressRefused  ... or this IP address is locked out; the provider has one error for both
│   └── LoginOrApiRefused    ... or the account may not use the API; the provider has one error for both
├── AccessDenied             the credentials are right, but the account may not use the API: signing in does not help
├── RateLimited              not processed: try again later
├── InsufficientCredit       the account has too little credit
├── Declined                 a purchase, or another request that is no message, was refused
├── OrderTooSmall            the order is below the provider's minimum
├── KeywordTaken             the keyword cannot be rented now
├── CarrierUnknown           the provider does not know the carrier of the number
├── FieldRejected            a field is invalid
│   ├── SetupRejected        ... of a keyword
│   └── BroadcastRejected    ... of a voice broadcast
├── MessageRejected          the provider refuses the message, or one of its limits was checked here
│   ├── Unsupported          the provider does not offer this
│   ├── NotFound             the provider has nothing with this id
│   ├── GroupsNotListed      the provider has no list of contact groups, only single groups by id
│   └── Cancelled            the user cancelled the message before it was sent
└── WebhookRejected          a call of our webhook that the provider would not make
"""

from collections.abc import Mapping
from enum import StrEnum
import re
from typing import ClassVar

from .redaction import holds_secret, redact
from .status import FailureReason

# The class of an error of Python or aiohttp.
_CLASS = re.compile(r"[A-Z][A-Za-z]{2,40}Error")


class Limit(StrEnum):
    """A limit of the provider or the account that a message breaks. It is checked before any request."""

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
    DAILY_URGENT = "daily_urgent"
    BUDGET = "budget"
    LOOP = "loop"
    OPTED_OUT = "opted_out"
    GROUP_EMPTY = "group_empty"
    GROUP_NAME = "group_name"
    GROUP_UNCOUNTED = "group_uncounted"
    CONTACT_FIELD = "contact_field"


class Field(StrEnum):
    """The invalid field of a keyword setup or a voice broadcast."""

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
    """A request to a provider failed."""

    reason = FailureReason.OTHER
    # Whether detail holds only our own words, so that it may be logged.
    has_own_words: ClassVar[bool] = False
    # The host that was asked, with its port if the address has one. Empty: the error is not about a host.
    host = ""

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        """Remember the provider's error code, and its text in a form that is safe to show."""
        self.detail = redact(detail)
        # A long number is no code.
        self.code = redact(code) if code else code
        super().__init__(": ".join(filter(None, (type(self).__name__, self.summary))))

    @property
    def summary(self) -> str:
        """What may be logged: the code, and details in our own words or the class of another error. It may be empty."""
        is_own = self.has_own_words or _CLASS.fullmatch(self.detail)
        return ": ".join(filter(None, (self.code, self.detail if is_own else "")))


class CannotConnect(GatewayError):
    """The request was not sent, or was certainly not processed."""

    has_own_words = True
    reason = FailureReason.UNREACHABLE


class CertificateInvalid(CannotConnect):
    """The host's certificate is not valid; no credentials were sent."""


class Redirected(CannotConnect):
    """The host leads to another address. It is not followed, because the request holds the credentials."""

    # Where it leads: a host, with its port if the address has one. Empty: not known, or the host holds a secret.
    target: str

    def __init__(self, detail: str = "", *, code: str | None = None, target: str = "") -> None:
        """Remember where the host leads."""
        super().__init__(detail, code=code)
        # Whole, since redact would take an IPv4 address for a number.
        self.target = "" if holds_secret(target) else target
        if self.target:
            self.args = (f"{self}, to {self.target}",)


class Blocked(CannotConnect):
    """A firewall in front of the host wants to see a browser. It did not let the request through."""

    # The name of the firewall.
    firewall: str

    def __init__(self, detail: str = "", *, code: str | None = None, firewall: str = "") -> None:
        """Remember whose firewall it is."""
        super().__init__(detail, code=code)
        self.firewall = firewall
        if firewall:
            self.args = (f"{self}, by {firewall}",)


class OutcomeUnknown(GatewayError):
    """The request was sent, but no usable response came: the message may have been sent."""


class InvalidResponse(OutcomeUnknown):
    """The response is none that this provider gives: an HTML page, incomplete JSON, nothing."""

    has_own_words = True


class ServerError(OutcomeUnknown):
    """The provider's own software failed while it processed the request."""


class BalanceUnreadable(InvalidResponse):
    """The provider accepted the login, but nothing in its response can be read as a balance."""


class OrderUnknown(OutcomeUnknown):
    """A purchase was sent, but no usable response came: it may have succeeded, and is never repeated automatically."""


class AuthenticationFailed(GatewayError):
    """The provider refuses the credentials or this home's IP address."""

    reason = FailureReason.AUTHENTICATION


class LoginOrAddressRefused(AuthenticationFailed):
    """The credentials are wrong, or the account only accepts other IP addresses."""


class LoginOrApiRefused(AuthenticationFailed):
    """The credentials are wrong, or the provider has not enabled the API for the account."""


class AccessDenied(GatewayError):
    """The credentials are right, but the account may not do this: a permission or an active plan is missing.

    Signing in again does not help. The user, or the provider's support, must change the account at the provider.
    """

    reason = FailureReason.PROHIBITED


class RateLimited(GatewayError):
    """The provider was too busy to process the request."""

    reason = FailureReason.RATE_LIMITED
    # Seconds to wait before the next request. None: the provider does not say.
    retry_after: float | None

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: float | None = None) -> None:
        """Remember how long to wait, in seconds."""
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class InsufficientCredit(GatewayError):
    """The account has too little credit for the message."""

    reason = FailureReason.INSUFFICIENT_CREDIT


class Declined(GatewayError):
    """A purchase, or another request that is no message, was refused. Nothing was bought or changed."""


class OrderTooSmall(GatewayError):
    """The order is below the provider's minimum."""


class KeywordTaken(GatewayError):
    """The keyword cannot be rented now."""


class CarrierUnknown(GatewayError):
    """The provider does not know the carrier of the number, or could not look it up."""


class FieldRejected(GatewayError):
    """A field is invalid, by the provider or by a check here. Nothing was changed."""

    def __init__(self, detail: str = "", *, code: str | None = None, field: Field = Field.REQUEST) -> None:
        """Remember which field is invalid."""
        super().__init__(detail, code=code)
        self.field = field


class SetupRejected(FieldRejected):
    """A field of a keyword setup is invalid: keyword, group, autoreply, email or url."""


class BroadcastRejected(FieldRejected):
    """A field of a voice broadcast is invalid: numbers, caller_id, sound_file, sound_url, or the whole request."""


class MessageRejected(GatewayError):
    """The message was refused. The same message would be refused again."""

    # The limit that the message breaks. None: the provider refused it.
    limit: Limit | None
    # The values of the limit, for the error message.
    details: Mapping[str, str | int]

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        reason: FailureReason = FailureReason.OTHER,
        limit: Limit | None = None,
        **details: str | int,
    ) -> None:
        """Remember why the message was refused."""
        super().__init__(detail or (limit or ""), code=code)
        if limit:
            self.args = (f"{type(self).__name__}: {limit}",)
        self.reason = reason
        self.limit = limit
        self.details = details


class Unsupported(MessageRejected):
    """The provider does not offer this."""


class NotFound(MessageRejected):
    """The provider has no contact, group, message or campaign with this id."""


class GroupsNotListed(MessageRejected):
    """The provider has no list of contact groups. A single group can be fetched by its id."""


class Cancelled(MessageRejected):
    """The user cancelled the message before it was sent."""


class WebhookRejected(GatewayError):
    """A call of our webhook that the provider would not make."""
