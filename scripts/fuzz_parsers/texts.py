"""The parsers of texts: what people write, numbers, balances, words of providers, headers, and patterns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from custom_components.texting.gateway.balance_text import read_balance, shape_of
from custom_components.texting.gateway.commercial_hours import next_opening
from custom_components.texting.gateway.encoding import half_characters, measure
from custom_components.texting.gateway.errors import BalanceUnreadable, MessageRejected
from custom_components.texting.gateway.message import (
    DeliveryReport,
    IncomingMessage,
    bare_words,
    type_of_text,
    with_media,
)
from custom_components.texting.gateway.phone_number import digits, from_gateway, mask, plain_digits, regions_of, to_e164
from custom_components.texting.gateway.status import Status
from custom_components.texting.gateway.template import find_mismatch
from custom_components.texting.gateway.transport import host_of
from custom_components.texting.gateway.unknown_words import UnknownWords, safe_status, safe_words
from custom_components.texting.text.normalize import MAX_TEXT, normalize
from custom_components.texting.text.pattern import TIMEOUT, compile_pattern, search
from custom_components.texting.text.phrases import InvalidPhrase, match_choice, parse_choices
from custom_components.texting.text.pin import is_pin, strip_pin, to_ascii_digits
from custom_components.texting.text.reply_number import find_number
from custom_components.texting.text.single_line import single_line, strip_unprintable
from custom_components.texting.text.split_page import split_page
from custom_components.texting.text.text_filter import TextFilter
from custom_components.texting.text.yes_no import YES_NO, yes_no

from .mutate import Mutator
from .parser import AnyParser, Parser
from .wrong_types import check_types

WORDS = (
    "Yes please!", "no", "STOP", "Stop.", "1234 lights on", "٤٣٢١ lights", "set the heating to 21,5 degrees", "👍🏽",
    "Oui, merci…",
    "はい", "हाँ", "2: yes", "MORE", "", "Turn off everything", "The door is open\nand the light is on",
    "https://a.example/a.jpg",
)  # fmt: skip
NUMBERS = (
    "+33 6 12 34 56 78",
    "0033612345678",
    "(212) 555-0142",
    "38000",
    "+1-212-555-0142",
    "not a number",
    "+999",
    "12125550142",
)
BALANCES = ("$12.50", "1.234,50 €", "₹1,23,456.00", "12,-", "(5)", "Rs.50", "unlimited", "US$ 1 234.5", "-0", "12 SMS")
PROVIDER_WORDS = (
    "The number 33612345601 is invalid. You do not have enough balance", "Unauthenticated.", "Delivered|SM123",
    "SQLSTATE[42S22]: Column not found: 1054 Unknown column 'a' (SQL: select * from b)", "Too many attempts",
    "33612345601 is not valid|33612345602 is black listed", "api_token=7|demoTokenTextioPro",
    "<b>Error</b> +33 6 12 34 56 78",
)  # fmt: skip
PATTERNS = (
    "(a+)+$", "(a|a)*$", "(a|aa)+$", r"(\w*)*#", ".*a.*a.*a.*a.*a.*#", r"(?:(\w)\1?)*#", "gate (?P<what>open|close)",
    "^[0-9]{4} (.*)$",
    "(?i)water|leak", r"(?<=a)b", "(x+x+)+y", r"^(([a-z])+.)+[A-Z]([a-z])+$", "(?P<a>.)(?P=a)", "a{1,50}{1,50}",
    "(?s).*",
)  # fmt: skip
TEMPLATES = ("Your code is {#var#}.", "{#var#} {#var#} is {# a #} at {#b#}", "Alarm: {#var#}{#var#}", "{#", "#}")
HOSTS = (
    "https://app.textiopro.com/login",
    "//evil.example",
    "http://[::1]:99999/",
    "/login",
    "https://a:b@c.example:8443/?x=1#y",
)
LANGUAGES = (*YES_NO, "en-GB", "zh-Hant", "xx")
PIN = "1234"
# A search that is stopped takes its whole time.
PATTERN_LIMIT = 2 * TIMEOUT


def _plain(seeds: Sequence[str]) -> Callable[[Mutator, bool], str]:
    return lambda mutator, is_large: mutator.text(seeds, is_large=is_large)


def _any_value(seeds: Sequence[str]) -> Callable[[Mutator, bool], Any]:
    def make(mutator: Mutator, is_large: bool) -> Any:
        return mutator.text(seeds, is_large=is_large) if is_large or mutator.chance(70) else mutator.odd_value()

    return make


class TooLongError(Exception):
    """A result is longer than promised."""


def normalized(text: str) -> None:
    """Normalize a text. What is normalized does not change, and is never longer than MAX_TEXT."""
    if len(normalize(text)) > MAX_TEXT:
        raise TooLongError


def balance(value: object) -> object:
    """Read a balance in both spellings."""
    shape_of(value)
    with suppress(BalanceUnreadable):
        check_types(read_balance(value, unit=str(value)[:20], currency="EUR"))
    return read_balance(value, formatted=True)


def number(text: str) -> None:
    """Read a phone number."""
    found = from_gateway(text)
    _ = digits(found), plain_digits(found), mask(found), from_gateway(text, "US"), regions_of(found)
    if found.startswith("+") and regions_of(found):
        next_opening(found, datetime(2026, 11, 27, 21, tzinfo=UTC))
    to_e164(text, "FR")


def choice(text: str) -> None:
    """Match a text with the choices of a question."""
    choices = {"yes": ["yes", "open {what}", "{a} and {b}"], "no": ["no", "{x} or {y} or {z} or {last}"]}
    match_choice(parse_choices(choices), text)
    match_choice(parse_choices(yes_no("hi")), text)


def reply_number(text: str) -> None:
    """Find the number in a reply."""
    find_number(text, range(10, 100), [word for words in yes_no("en").values() for word in words])


def phrases(text: str) -> None:
    """Read the phrases of a choice, and the words of a language."""
    yes_no(text)
    # A user writes them, so they are short.
    match_choice(parse_choices({"a": [text[:MAX_TEXT]], "b": ["{what} on"]}), "lights on")


def pin(text: str) -> None:
    """Look for a PIN."""
    rest, _ = strip_pin(text, PIN)
    if is_pin(rest):
        to_ascii_digits(rest)


def pages(text: str) -> None:
    """Split a text into pages that fit into two segments."""
    page, rest = split_page(text, lambda page: measure(page).segments <= 2, " MORE")  # noqa: PLR2004  two segments
    split_page(rest[:1000], lambda page: len(page) <= 40, "…")  # noqa: PLR2004  a short page
    if page and measure(page).segments > 2:  # noqa: PLR2004  two segments
        raise TooLongError


def lines(text: str) -> None:
    """Make a text safe to show."""
    strip_unprintable(text)
    if len(single_line(text)) > 200 or "\n" in single_line(text):  # noqa: PLR2004  as promised
        raise TooLongError


FILTER = TextFilter.from_options({"contains": ["light", "water"]})


def incoming(text: str) -> object:
    """Read the text of an incoming message."""
    bare_words(text)
    half_characters(text)
    FILTER.match(text)
    return IncomingMessage(
        sender="1", text=with_media(text, {"media": text, "MMS1": [text, 1]}), type=type_of_text(text)
    )


def unknown(words: str) -> None:
    """Note unknown words of a provider."""
    counts: dict[str, int] = {}
    noted = UnknownWords(counts)
    noted.note_error(MessageRejected(words, code=words), "The door is open")
    noted.note_report(DeliveryReport(status=Status.UNCERTAIN, provider_status=words), words)
    for found in (safe_words(words), safe_status(words), *counts):
        if len(found) > 50:  # noqa: PLR2004  a word and its kind
            raise TooLongError
    if len(MessageRejected(words).detail) > 200:  # noqa: PLR2004  as promised
        raise TooLongError


@dataclass(frozen=True, slots=True)
class Search:
    """A pattern, and the text that is searched."""

    pattern: str
    text: str


def make_search(mutator: Mutator, is_large: bool) -> Search:
    """Return a pattern and a text."""
    pattern = mutator.random.choice(PATTERNS) if mutator.chance(60) else mutator.text(PATTERNS)
    return Search(pattern, mutator.text((*WORDS, "a" * 500 + "b"), is_large=is_large))


def find(what: Search) -> None:
    """Search a text for a pattern."""
    match = search(compile_pattern(what.pattern), what.text)
    if match:
        match.groupdict()


def make_template(mutator: Mutator, is_large: bool) -> tuple[str, str]:
    """Return a text and a provider's template."""
    return mutator.text(WORDS)[:1000], mutator.text(TEMPLATES, is_large=is_large)


TEXTS: Mapping[str, tuple[Callable[[Mutator, bool], Any], Callable[[Any], object], tuple[type[Exception], ...]]] = {
    "text normalize": (_plain(WORDS), normalized, ()),
    "text choice": (_plain(WORDS), choice, ()),
    "text reply number": (_plain(WORDS), reply_number, ()),
    "text phrases": (_plain((*WORDS, "open the {what}", *LANGUAGES)), phrases, (InvalidPhrase,)),
    "text pin": (_plain((*WORDS, *NUMBERS)), pin, ()),
    "text page": (_plain(WORDS), pages, ()),
    "text line": (_plain(WORDS), lines, ()),
    "text incoming": (_plain(WORDS), incoming, ()),
    "phone number": (_plain(NUMBERS), number, (MessageRejected,)),
    "balance text": (_any_value(BALANCES), balance, (BalanceUnreadable,)),
    "provider's words": (_plain(PROVIDER_WORDS), unknown, ()),
    "host": (_plain(HOSTS), partial(host_of, base="https://provider.invalid/"), ()),
    "template": (make_template, lambda pair: find_mismatch(*pair), ()),
}


def parsers() -> Iterator[AnyParser]:
    """Yield the parsers of texts."""
    for name, (make, feed, errors) in TEXTS.items():
        yield Parser(name=name, make=make, feed=feed, errors=errors, weight=2)
    yield Parser(
        name="pattern", make=make_search, feed=find, errors=(ValueError, TimeoutError), weight=0.2, limit=PATTERN_LIMIT
    )
