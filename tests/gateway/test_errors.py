"""The texts of errors, and what they must not hold."""

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.gateway import errors
from custom_components.texting.gateway.errors import (
    CertificateInvalid,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    Unsupported,
)
from custom_components.texting.gateway.redaction import redact
from custom_components.texting.gateway.status import FailureReason, Status

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GatewayError)]


@pytest.mark.parametrize("kind", ERRORS)
def test_words_of_a_gateway_are_made_safe(kind: type[GatewayError]) -> None:
    error = kind("Number +33 6 12 34 56 78\nrefused for 7|abcDEF123", code="104")
    assert error.detail == "Number … refused for …"
    assert error.code == "104"
    # It may be logged, so only what we say ourselves is in it.
    assert str(error) == f"{kind.__name__}: 104{': Number … refused for …' if kind.has_own_words else ''}"
    assert str(kind()).startswith(kind.__name__)
    assert isinstance(error.reason, FailureReason)


def test_a_long_code_is_no_code() -> None:
    error = MessageRejected("refused", code="33612345678")
    assert (error.code, str(error)) == ("…", "MessageRejected: …")


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    lines = [line.partition("─ ")[2].split()[0] for line in (errors.__doc__ or "").splitlines() if "─ " in line]
    assert sorted(lines) == sorted(kind.__name__ for kind in ERRORS if kind is not GatewayError)


def test_what_may_be_repeated_and_what_not() -> None:
    assert issubclass(InvalidResponse, OutcomeUnknown)
    assert not issubclass(CertificateInvalid, OutcomeUnknown)
    assert RateLimited(retry_after=5).retry_after == 5
    assert InsufficientCredit().reason is FailureReason.INSUFFICIENT_CREDIT


def test_a_broken_limit_explains_itself() -> None:
    error = MessageRejected(limit=Limit.TEXT_LENGTH, reason=FailureReason.INVALID_MESSAGE, length=161, most=160)
    assert str(error) == "MessageRejected: text_length"
    assert error.details == {"length": 161, "most": 160}
    assert isinstance(Unsupported(limit=Limit.OPTION), MessageRejected)


@given(st.text(), st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True), st.text())
def test_no_number_survives(before: str, number: str, after: str) -> None:
    assert number.lstrip("+") not in redact(f"{before}{number}{after}")


@given(st.text(max_size=1000))
def test_one_short_line(text: str) -> None:
    safe = redact(text)
    assert len(safe) <= 200
    assert "\n" not in safe


@pytest.mark.parametrize("token", ["7|demoTokenTextioPro", "1234|" + "a" * 40, "q9" * 16, "0123456789abcdef" * 2])
def test_no_token_survives(token: str) -> None:
    assert token not in redact(f"The token {token} is wrong")
    assert token.partition("|")[2] not in redact(f"The token {token} is wrong") or "|" not in token


def test_a_final_status_stays() -> None:
    final = {Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED}
    assert {status for status in Status if status.is_final} == final
    for status in Status:
        assert not Status.UNCERTAIN.follows(status)
        assert not any(status.follows(last) for last in final)
    assert Status.DELIVERED.follows(Status.SENT)
    assert not Status.ACCEPTED.follows(Status.SENT)
