"""The one table that turns a gateway's errors into Home Assistant's, with translated texts."""

from collections.abc import Mapping
from typing import TypedDict

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .gateway import errors
from .gateway.errors import Field, FieldRejected, GatewayError, MessageRejected
from .outcomes import within_sentence

# The first class that an error is an instance of decides, so a subclass stands before its base.
KEYS: Mapping[type[GatewayError], str] = {
    errors.CertificateInvalid: "certificate_invalid",
    errors.Redirected: "redirected",
    errors.Blocked: "blocked",
    errors.CannotConnect: "cannot_connect",
    errors.InvalidResponse: "invalid_response",
    errors.ServerError: "server_error",
    errors.OrderUnknown: "order_unknown",
    errors.OutcomeUnknown: "outcome_unknown",
    errors.LoginOrAddressRefused: "login_or_address_refused",
    errors.LoginOrApiRefused: "login_or_api_refused",
    errors.AuthenticationFailed: "authentication_failed",
    errors.AccessDenied: "access_denied",
    errors.RateLimited: "rate_limited",
    errors.InsufficientCredit: "insufficient_credit",
    errors.Cancelled: "cancelled",
    errors.Declined: "declined",
    errors.OrderTooSmall: "order_too_small",
    errors.KeywordTaken: "keyword_taken",
    errors.CarrierUnknown: "carrier_unknown",
    errors.NotFound: "not_found",
    errors.GroupsNotListed: "groups_not_listed",
}
# The keys of requests that are no sends. The texts of the other keys fit sends and requests alike.
REQUEST_KEYS: Mapping[str, str] = {
    key: f"request_{key}"
    for key in (
        *("cannot_connect", "insufficient_credit", "invalid_response"),
        *("outcome_unknown", "rate_limited", "server_error"),
    )
}
# The keys that differ in forms.
FORM_KEYS: Mapping[str, str] = {
    "authentication_failed": "invalid_auth",
    "login_or_address_refused": "invalid_auth_or_address",
    "login_or_api_refused": "invalid_auth_or_api",
    "outcome_unknown": "cannot_connect",
}
# The errors that every form has a text for.
FORM_ERRORS = frozenset(
    {
        "invalid_auth",
        "invalid_auth_or_address",
        "invalid_auth_or_api",
        "access_denied",
        "cannot_connect",
        "certificate_invalid",
        "redirected",
        "blocked",
        "invalid_response",
        "rate_limited",
        "server_error",
    }
)
# The errors of forms that buy or set up something. A form never offers to repeat an order of unknown outcome.
ORDER_ERRORS = frozenset({"declined", "order_too_small", "keyword_taken", "order_unknown"}) | {
    f"wrong_{field}"
    for field in (
        Field.KEYWORD,
        Field.GROUP,
        Field.AUTOREPLY,
        Field.EMAIL,
        Field.URL,
    )
}
# The keys of texts that name the person, if it is known who that is.
NAMED: Mapping[str, str] = {
    "limit_opted_out": "named_opted_out",
    "rejected_opted_out": "named_opted_out_at_provider",
}
# How the keys of refusals by the provider begin. A reason follows.
_REJECTED = "rejected_"


class ErrorText(TypedDict):
    """The translated text of an error, as Home Assistant's exceptions take it."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]


def translation_key(error: GatewayError) -> str:
    """Return the key of an error's text if a message was being sent."""
    for kind, key in KEYS.items():
        if isinstance(error, kind):
            return key
    if isinstance(error, FieldRejected):
        return f"wrong_{error.field}"
    if isinstance(error, MessageRejected) and error.limit:
        return f"limit_{error.limit}"
    return f"{_REJECTED}{error.reason}"


def form_error(error: GatewayError) -> str:
    """Return the key of the error that a form shows, "unknown" if forms have no text for it."""
    key = translation_key(error)
    key = FORM_KEYS.get(key, key)
    return key if key in FORM_ERRORS | ORDER_ERRORS else "unknown"


def request_text(error: GatewayError, account: str) -> ErrorText:
    """Return the text of an error of a request that is no send. It does not speak of a message."""
    key = translation_key(error)
    return _text("request_rejected" if key.startswith(_REJECTED) else REQUEST_KEYS.get(key, key), error, account)


def logged_text(error: GatewayError, account: str) -> ErrorText:
    """Return the text of an error that Home Assistant logs: as request_text, without the provider's words."""
    text = request_text(error, account)
    text["translation_placeholders"]["detail"] = error.summary or "—"
    return text


def home_assistant_error(
    error: GatewayError, account: str, reason: str | None = None, name: str | None = None
) -> HomeAssistantError:
    """Return the error of a send: a validation error if the caller broke a limit, else a failure.

    reason is why the provider refused the text, in words. name is who was to get it, if that is known.
    """
    key = translation_key(error)
    text = _text(NAMED.get(key, key) if name else key, error, account)
    if name and key in NAMED:
        text["translation_placeholders"]["name"] = name
    if key.startswith(_REJECTED):
        words = within_sentence(reason) if reason else "—"
        text["translation_placeholders"]["reason"] = f"{words} ({error.detail})" if error.detail else words
    return _kind_of(error)(**text)


def request_error(error: GatewayError, account: str) -> HomeAssistantError:
    """Return the error of a request that is no send: a validation error if the caller can correct it."""
    kind = ServiceValidationError if isinstance(error, errors.NotFound) else _kind_of(error)
    return kind(**request_text(error, account))


def _kind_of(error: GatewayError) -> type[HomeAssistantError]:
    is_invalid = isinstance(error, FieldRejected) or (isinstance(error, MessageRejected) and error.limit is not None)
    return ServiceValidationError if is_invalid else HomeAssistantError


def hosts_named(error: GatewayError, host: str = "") -> dict[str, str]:
    """Return the placeholders that name hosts; host is the one that was asked if the error does not say."""
    return {
        "host": error.host or host or "—",
        "target": (error.target if isinstance(error, errors.Redirected) else "") or "—",
        "firewall": (error.firewall if isinstance(error, errors.Blocked) else "") or "—",
    }


def _text(key: str, error: GatewayError, account: str) -> ErrorText:
    """Return a text with its placeholders. detail is the provider's code and words."""
    details = error.details if isinstance(error, MessageRejected) else {}
    return ErrorText(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "account": account,
            "detail": " ".join(part for part in (error.code, error.detail) if part) or "—",
            **hosts_named(error),
            **{name: str(value) for name, value in details.items()},
        },
    )
