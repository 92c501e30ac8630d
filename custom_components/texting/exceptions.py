"""The one table that turns a gateway's errors into Home Assistant's, with translated texts."""

from collections.abc import Mapping

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .gateway.errors import (
    AuthenticationFailed,
    Cancelled,
    CannotConnect,
    CarrierUnknown,
    CertificateInvalid,
    Declined,
    Field,
    FieldRejected,
    GatewayError,
    GroupsNotListed,
    InsufficientCredit,
    InvalidResponse,
    KeywordTaken,
    LoginOrAddressRefused,
    LoginOrApiRefused,
    MessageRejected,
    NotFound,
    OrderTooSmall,
    OrderUnknown,
    OutcomeUnknown,
    RateLimited,
)

# The most specific class that an error is an instance of decides.
KEYS: Mapping[type[GatewayError], str] = {
    CertificateInvalid: "certificate_invalid",
    CannotConnect: "cannot_connect",
    InvalidResponse: "invalid_response",
    OrderUnknown: "order_unknown",
    OutcomeUnknown: "outcome_unknown",
    LoginOrAddressRefused: "login_or_address_refused",
    LoginOrApiRefused: "login_or_api_refused",
    AuthenticationFailed: "authentication_failed",
    RateLimited: "rate_limited",
    InsufficientCredit: "insufficient_credit",
    Cancelled: "cancelled",
    Declined: "declined",
    OrderTooSmall: "order_too_small",
    KeywordTaken: "keyword_taken",
    CarrierUnknown: "carrier_unknown",
    NotFound: "not_found",
    GroupsNotListed: "groups_not_listed",
}
# What a form shows instead: errors of config and options flows.
FORM_KEYS: Mapping[str, str] = {
    "authentication_failed": "invalid_auth",
    "login_or_address_refused": "invalid_auth_or_address",
    "login_or_api_refused": "invalid_auth_or_api",
    "outcome_unknown": "cannot_connect",
}
# What is said where something else than a text was asked for.
ASKED_KEYS: Mapping[str, str] = {
    key: f"asked_{key}"
    for key in ("cannot_connect", "insufficient_credit", "invalid_response", "outcome_unknown", "rate_limited")
}
FORM_ERRORS = frozenset(
    {
        "invalid_auth",
        "invalid_auth_or_address",
        "invalid_auth_or_api",
        "cannot_connect",
        "certificate_invalid",
        "invalid_response",
        "rate_limited",
    }
)
# What only forms that buy or set up something show; a lost purchase is never shown as "try again".
ORDER_ERRORS = frozenset({"declined", "order_too_small", "keyword_taken", "order_unknown"}) | {
    f"wrong_{field}" for field in (Field.KEYWORD, Field.GROUP, Field.AUTOREPLY, Field.EMAIL, Field.URL)
}


def translation_key(error: GatewayError) -> str:
    """The key of an error's text."""
    for kind, key in KEYS.items():
        if isinstance(error, kind):
            return key
    if isinstance(error, FieldRejected):
        return f"wrong_{error.field}"
    if isinstance(error, MessageRejected) and error.limit:
        return f"limit_{error.limit}"
    return f"rejected_{error.reason}"


def form_error(error: GatewayError) -> str:
    """The key of the error a form shows."""
    key = translation_key(error)
    key = FORM_KEYS.get(key, key)
    return key if key in FORM_ERRORS | ORDER_ERRORS else "unknown"


def placeholders(error: GatewayError, account: str) -> dict[str, str]:
    """What an error's text may name: said is the gateway's code and words."""
    details = error.details if isinstance(error, MessageRejected) else {}
    return {
        "account": account,
        "said": " ".join(part for part in (error.code, error.detail) if part) or "—",
        **{name: str(value) for name, value in details.items()},
    }


def home_assistant_error(error: GatewayError, account: str) -> HomeAssistantError:
    """What an action raises: a mistake of the caller where a limit was broken, else a failure of the gateway."""
    mistake = isinstance(error, FieldRejected) or (isinstance(error, MessageRejected) and error.limit is not None)
    return (ServiceValidationError if mistake else HomeAssistantError)(
        translation_domain=DOMAIN,
        translation_key=translation_key(error),
        translation_placeholders=placeholders(error, account),
    )


def asked_error(error: GatewayError, account: str) -> HomeAssistantError:
    """What an action raises that asked for something else than a text."""
    key = translation_key(error)
    if isinstance(error, FieldRejected):
        return home_assistant_error(error, account)
    if isinstance(error, NotFound) or (isinstance(error, MessageRejected) and error.limit):
        return ServiceValidationError(
            translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders(error, account)
        )
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="asked_rejected" if key.startswith("rejected_") else ASKED_KEYS.get(key, key),
        translation_placeholders=placeholders(error, account),
    )
