"""The one table that turns a gateway's errors into Home Assistant's, with translated texts."""

from collections.abc import Mapping

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .gateway.errors import (
    AuthenticationFailed,
    Cancelled,
    CannotConnect,
    CertificateInvalid,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
)

# The most specific class that an error is an instance of decides.
KEYS: Mapping[type[GatewayError], str] = {
    CertificateInvalid: "certificate_invalid",
    CannotConnect: "cannot_connect",
    InvalidResponse: "invalid_response",
    OutcomeUnknown: "outcome_unknown",
    AuthenticationFailed: "authentication_failed",
    RateLimited: "rate_limited",
    InsufficientCredit: "insufficient_credit",
    Cancelled: "cancelled",
}
# What a form shows instead: errors of config and options flows.
FORM_KEYS: Mapping[str, str] = {"authentication_failed": "invalid_auth", "outcome_unknown": "cannot_connect"}
FORM_ERRORS = frozenset({"invalid_auth", "cannot_connect", "certificate_invalid", "invalid_response", "rate_limited"})


def translation_key(error: GatewayError) -> str:
    """The key of an error's text."""
    for kind, key in KEYS.items():
        if isinstance(error, kind):
            return key
    if isinstance(error, MessageRejected) and error.limit:
        return f"limit_{error.limit}"
    return f"rejected_{error.reason}"


def form_error(error: GatewayError) -> str:
    """The key of the error a form shows."""
    key = translation_key(error)
    key = FORM_KEYS.get(key, key)
    return key if key in FORM_ERRORS else "unknown"


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
    limit = isinstance(error, MessageRejected) and error.limit is not None
    return (ServiceValidationError if limit else HomeAssistantError)(
        translation_domain=DOMAIN,
        translation_key=translation_key(error),
        translation_placeholders=placeholders(error, account),
    )
