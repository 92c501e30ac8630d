"""Redaction: what may be shown of a provider's words. They may repeat our own request, in any encoding.

Nothing else cuts out secrets. Each gateway tells its secrets here, and a send its texts while it runs.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html import unescape
import re
from urllib.parse import unquote_plus
from weakref import WeakKeyDictionary

# What stands for something that was cut out.
CUT = "…"
# Characters of a provider's text that are read, and that are kept.
_MAX_INPUT = 1000
_MAX_DETAIL = 200
# An echo may be cut off, so this many first characters of a secret count as the secret. A shorter one is a whole word.
_MIN_START = 6
# How often a text may have been encoded.
_MAX_ENCODINGS = 8

_DIGITS = re.compile(r"\d(?:[\d .()-]{3,}\d)")
_TOKEN = re.compile(r"(?<=api_token=)[^\s&\"']+|\d+\|\w+|(?=[\w-]*\d)[\w-]{16,}")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"'\\/bfnrt]))")

# Bytes that are no UTF-8, as Python keeps them, and their characters in Latin-1.
_LATIN_1 = {0xDC00 + byte: chr(byte) for byte in range(0x80, 0x100)}

# The secrets of the gateways that exist, and the texts of the send that runs.
_secrets: WeakKeyDictionary[object, tuple[str, ...]] = WeakKeyDictionary()
_texts: ContextVar[tuple[str, ...]] = ContextVar("texting_own_texts", default=())


def add_secrets(owner: object, secrets: Iterable[str]) -> None:
    """Cut these secrets out of every provider's words as long as their owner exists."""
    _secrets[owner] = (*_secrets.get(owner, ()), *filter(None, secrets))


@contextmanager
def own_texts(*texts: str | None) -> Iterator[None]:
    """Cut these texts out of what a provider says meanwhile."""
    token = _texts.set(tuple(filter(None, texts)))
    try:
        yield
    finally:
        _texts.reset(token)


def redact(text: str) -> str:
    """Return a provider's text in plain characters, on one line, shortened, without numbers, secrets and own texts."""
    words = _plain(text[:_MAX_INPUT])
    own = {_plain(value) for values in (*_secrets.values(), _texts.get()) for value in values}
    for value in sorted(own - {""}, key=len, reverse=True):
        words = _without(words, value)
    return _DIGITS.sub(CUT, _TOKEN.sub(CUT, words))[:_MAX_DETAIL]


def _plain(text: str) -> str:
    """Undo the encodings of URLs, JSON and HTML, also several of them and of parts, and line breaks."""
    for _ in range(_MAX_ENCODINGS):
        decoded = unquote_plus(unescape(_ESCAPED.sub(_unescaped, text)), errors="surrogateescape").translate(_LATIN_1)
        if decoded == text:
            break
        text = decoded
    # JSON writes an emoji as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(text.split())


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return " " if match[2] in "bfnrt" else match[2]


def _without(text: str, value: str) -> str:
    """Cut out a value, in any case, and its start, since the provider may have shortened it.

    A short value may be a common word, so it counts only as it was entered.
    """
    if len(value) < _MIN_START:
        return re.sub(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", CUT, text)
    start, kept, place = re.compile(re.escape(value[:_MIN_START]), re.IGNORECASE), list[str](), 0
    while match := start.search(text, place):
        kept += text[place : match.start()], CUT
        place = match.end()
        for character in value[_MIN_START:]:
            if text[place : place + 1].lower() != character.lower():
                break
            place += 1
    return "".join((*kept, text[place:]))
