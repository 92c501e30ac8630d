"""What is kept of a provider's unknown words. Numbers and texts are not."""

from collections.abc import Callable

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    BalanceUnreadable,
    CannotConnect,
    GatewayError,
    InvalidResponse,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    Unsupported,
)
from custom_components.texting.gateway.message import DeliveryReport
from custom_components.texting.gateway.status import FailureReason, Status
from custom_components.texting.gateway.unknown_words import (
    MAX_LENGTH,
    MAX_WORDS,
    MORE,
    VOCABULARY,
    UnknownWords,
    safe_status,
    safe_words,
)

TEXT = "The door of Lindqvist is open, code 4711"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("33612345678 is a invalid phone number", "… invalid phone number"),
        ("Undefined array key 0", "undefined array key 0"),
        ("no JSON, HTTP 502", "no json http 502"),
        ("-12 refused by route 7", "… refused … route …"),
        ("call 06 12 34 56 78", "call …"),
        ("1 2 3 4", MORE),
        ("4711", MORE),
        ("L'expéditeur n'est pas autorisé", "… pas autorisé"),
        ("SQLSTATE[23000]: values (336, 'x')", "… values …"),
        ("x@example.com not found", "… not found"),
        ("", MORE),
        ("?!", MORE),
    ],
)
def test_sentences(words: str, kept: str) -> None:
    assert safe_words(words) == kept


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Buffered", "buffered"),
        ("UNDELIV|SM123abc", "undeliv"),
        ("Delivered: handset of Anna", "delivered"),
        ("In Progress", "in progress"),
        ("77", "77"),
        ("+33612345678", MORE),
        ("D33612345678", MORE),
        ("Door", MORE),
        ("The door is open", MORE),
        ("x" * 21, MORE),
    ],
)
def test_statuses(words: str, kept: str) -> None:
    assert safe_status(words, TEXT) == kept


@pytest.mark.parametrize(
    ("word", "own"),
    [
        ("Zoe", "Zoé is here"),
        ("zoé", "Zoe\u0301 is here"),
        ("STRASSE", "Straße"),
        ("seeyou", "See you"),
        ("Εδώ", "εδω"),
    ],
)
def test_a_word_is_known_in_another_spelling(word: str, own: str) -> None:
    assert safe_status(word, own) == MORE


def test_the_same_words_again_are_rarely_worth_saving() -> None:
    words = UnknownWords({})
    assert [words.note_status("Buffered") for _ in range(9)] == [True, True, False, True, *[False] * 3, True, False]
    assert words.counts == {"status: buffered": 9}


WAYS: list[Callable[[str], str]] = [
    lambda own: own,
    lambda own: f"Rejected: {own}",
    lambda own: f"SQLSTATE[23000]: values ('{own}', 12)",
    lambda own: own.upper(),
    lambda own: own.replace(" ", "_"),
    lambda own: own.replace(" ", "+"),
]


@given(st.text(min_size=1, max_size=60), st.sampled_from(WAYS))
def test_nothing_of_a_text_that_is_repeated_is_kept(own: str, way: Callable[[str], str]) -> None:
    spoken = set(own.lower().replace("_", " ").split()) - {MORE}
    frame = set(way("").lower().replace("(", " ").replace("'", " ").replace(",", " ").split())
    for kept in (safe_words(way(own), own), safe_status(way(own), own)):
        assert not (set(kept.split()) - {word.strip(":)") for word in frame}) & spoken


@given(st.text(max_size=80), st.from_regex(r"[0-9]{4,15}", fullmatch=True), st.text(max_size=80))
def test_no_number_is_kept(before: str, number: str, after: str) -> None:
    for kept in (safe_words(f"{before}{number}{after}"), safe_status(f"{before}{number}{after}")):
        assert number not in kept
        assert sum(map(str.isdigit, kept)) <= 6


@given(st.lists(st.from_regex(r"[0-9]{1,3}", fullmatch=True), min_size=2, max_size=8), st.sampled_from(" .-/,_"))
def test_the_parts_of_a_number_are_not_kept(parts: list[str], mark: str) -> None:
    assert safe_words(f"call {mark.join(parts)} now") == "call …"


@given(st.text())
def test_what_is_kept_is_short_and_only_known_words(words: str) -> None:
    kept = safe_words(words)
    assert 0 < len(kept) <= MAX_LENGTH
    assert not [each for each in kept.split() if each not in VOCABULARY | {MORE} and not each.lstrip("-").isdigit()]


def test_vocabulary_has_no_words_of_a_home() -> None:
    assert not {"door", "open", "water", "leak", "alarm", "fire", "help", "anna", "yes"} & VOCABULARY


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (MessageRejected("No credit route 7", code="355"), "error: … no credit route …"),
        (MessageRejected(code="999"), "error: 999"),
        (InvalidResponse("neither success nor error, HTTP 200"), "response: neither success nor error http 200"),
        (BalanceUnreadable("$## a"), "balance: $## a"),
        (MessageRejected(code="33612345678"), f"error: {MORE}"),
    ],
)
def test_errors_that_count(error: GatewayError, key: str) -> None:
    counts: dict[str, int] = {}
    assert UnknownWords(counts).note_error(error)
    assert UnknownWords(counts).note_error(error)
    assert counts == {key: 2}


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("Unauthenticated."),
        CannotConnect("ClientConnectorError"),
        OutcomeUnknown("TimeoutError"),
        MessageRejected("number", reason=FailureReason.INVALID_NUMBER),
        MessageRejected(limit=Limit.FLOOD),
        MessageRejected(),
        Unsupported(limit=Limit.OPTION),
    ],
)
def test_errors_that_are_known(error: GatewayError) -> None:
    counts: dict[str, int] = {}
    assert not UnknownWords(counts).note_error(error)
    assert counts == {}


def test_reports() -> None:
    counts: dict[str, int] = {}
    words = UnknownWords(counts)
    assert words.note_report(DeliveryReport(status=Status.UNCERTAIN, provider_status="Buffered"))
    assert not words.note_report(DeliveryReport(status=Status.UNCERTAIN, provider_status=""))
    assert not words.note_report(DeliveryReport(status=Status.DELIVERED, provider_status="Delivered"))
    assert counts == {"status: buffered": 1}


def test_they_are_bounded() -> None:
    counts: dict[str, int] = {}
    words = UnknownWords(counts)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for first in letters:
        for second in letters:
            words.note_status(f"q{first}{second}")
    assert len(counts) == MAX_WORDS + 1
    assert counts[MORE] == len(letters) ** 2 - MAX_WORDS
    words.note_status("qaa")
    assert counts["status: qaa"] == 2
    assert all(len(key) <= MAX_LENGTH + 10 for key in counts)
