"""Redaction: what may be shown of a provider's words. They may repeat our own request, in any encoding.

Nothing else cuts out secrets. Each gateway tells its secrets here, and a send its texts while it runs.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, lru_cache
from html import unescape
import re
import unicodedata
from urllib.parse import unquote_plus
from weakref import WeakKeyDictionary

# What stands for something that was cut out.
CUT = "…"
# Characters of a provider's text that are read, and that are kept.
_MAX_INPUT = 1000
_MAX_DETAIL = 200
# So many letters of a secret in a row are cut out, since an echo may be cut off, quoted in part or written in another
# way. A shorter secret is a whole word.
_SECRET_RUN = 6
# So many letters of a text. A provider's own words may begin like the text. Of a short text it is three quarters.
_TEXT_RUN = 12
# How often a text may have been encoded.
_MAX_ENCODINGS = 8

_DIGITS = re.compile(r"\d(?:[\d .()-]{3,}\d)")
_TOKEN = re.compile(r"(?<=api_token=)[^\s&\"']+|(?<!\d)\d++\|\w+|(?P<word>(?<![\w-])[\w-]{16,})")
_DIGIT = re.compile(r"\d")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\"'\\/bfnrt]))")
_WORD = re.compile(r"[^\W_]+(?=([\W_]*))")
_WORD_START, _WORD_END = r"(?<![^\W_])", r"(?![^\W_])"
_MARKED = re.compile(rb"\x01+")

# Bytes that are no UTF-8, as Python keeps them, and their characters in Latin-1.
_LATIN_1 = {0xDC00 + byte: chr(byte) for byte in range(0x80, 0x100)}
# The characters that Windows adds to Latin-1, and those of the same bytes in Latin-1.
_WINDOWS = {ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)): chr(byte) for byte in range(0x80, 0xA0)}
# UTF-8 that was read as Latin-1 or as Windows-1252: Latin, Greek or Cyrillic letters, quotation marks and symbols.
# Other capitals, as in REFUSÉ», are more often what they seem to be.
_NEXT = f"[\x80-\xbf{''.join(map(chr, _WINDOWS))}]"
_MISREAD = re.compile(f"[\xc2-\xc5\xce-\xd1]{_NEXT}|[\xe1-\xef]{_NEXT}{{2}}|\xf0{_NEXT}{{3}}")


class _Own:
    """What is ours: whole values, and runs of letters of them. They are worked out once, when they are needed."""

    def __init__(self, values: Iterable[str], run: int, *, is_text: bool = False) -> None:
        """Search for runs of so many letters. Of a text, a run ends at a word, and a short one is most of the text."""
        self.values = tuple(filter(None, values))
        self._run = run
        self._is_text = is_text

    @cached_property
    def _plain(self) -> tuple[str, ...]:
        return tuple(filter(None, map(_plain, self.values)))

    @cached_property
    def wholes(self) -> tuple[re.Pattern[str], ...]:
        """Return what finds a whole value, in any case. A short one may be a common word: it counts as entered."""
        return tuple(map(self._whole, self._plain))

    def _whole(self, value: str) -> re.Pattern[str]:
        escaped, is_short = re.escape(value), len(value) < _SECRET_RUN
        if is_short or self._is_text:
            escaped = f"{_WORD_START}{escaped}{_WORD_END}"
        return re.compile(escaped, 0 if is_short else re.IGNORECASE)

    @cached_property
    def runs(self) -> dict[int, set[str]]:
        """Return the runs by their length."""
        found: dict[int, set[str]] = {}
        for value in self._plain:
            letters = _letters(value)[0]
            run = min(self._run, max(_SECRET_RUN, -(-3 * len(letters) // 4))) if self._is_text else self._run
            found.setdefault(run, set()).update(_runs(letters, run))
        return found

    @cached_property
    def signs(self) -> set[str]:
        """Return the runs of secrets that have fewer letters, with their other characters."""
        values = () if self._is_text else [each for each in self._plain if len(_letters(each)[0]) < self._run]
        return {run for value in values for run in _runs(_signs(value)[0], self._run)}


_NO_TEXTS = _Own((), _TEXT_RUN)
# The secrets of the gateways that exist, and the texts of the send that runs.
_secrets: WeakKeyDictionary[object, _Own] = WeakKeyDictionary()
_texts: ContextVar[_Own] = ContextVar("texting_own_texts", default=_NO_TEXTS)


def add_secrets(owner: object, secrets: Iterable[str]) -> None:
    """Cut these secrets out of every provider's words as long as their owner exists."""
    known = _secrets[owner].values if owner in _secrets else ()
    _secrets[owner] = _Own((*known, *secrets), _SECRET_RUN)


@contextmanager
def own_texts(*texts: str | None) -> Iterator[None]:
    """Cut these texts out of what a provider says meanwhile."""
    token = _texts.set(_Own(filter(None, texts), _TEXT_RUN, is_text=True))
    try:
        yield
    finally:
        _texts.reset(token)


def redact(text: str) -> str:
    """Return a provider's text in plain characters, on one line, shortened, without numbers, secrets and own texts."""
    words = _plain(text[:_MAX_INPUT])
    marks = _mark(words, _secrets.values())
    if (own := _texts.get()).values:
        of_texts = _mark(words, [own])
        _keep_words(words, of_texts)
        for match in _MARKED.finditer(of_texts):
            _fill(marks, *match.span())
    kept, place = list[str](), 0
    for match in _MARKED.finditer(marks):
        kept += words[place : match.start()], CUT
        place = match.end()
    words = "".join((*kept, words[place:]))
    return _DIGITS.sub(CUT, _TOKEN.sub(_token, words))[:_MAX_DETAIL]


def holds_secret(text: str) -> bool:
    """Return True if a text, in any case, has one of the secrets in it."""
    words = _plain(text[:_MAX_INPUT])
    return any(_mark(words, _secrets.values())) or any(
        re.search(whole.pattern, words, re.IGNORECASE) for own in _secrets.values() for whole in own.wholes
    )


def _token(match: re.Match[str]) -> str:
    """Cut out a token. A long word without a digit is none."""
    word: str | None = match["word"]
    return CUT if word is None or _DIGIT.search(word) else word


def _plain(text: str) -> str:
    """Undo the encodings of URLs, JSON and HTML, also several of them and of parts, and line breaks."""
    for _ in range(_MAX_ENCODINGS):
        decoded = unquote_plus(unescape(_ESCAPED.sub(_unescaped, text)), errors="surrogateescape").translate(_LATIN_1)
        decoded = _MISREAD.sub(_read_again, decoded)
        if decoded == text:
            break
        text = decoded
    # JSON writes an emoji as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(text.split())


def _unescaped(match: re.Match[str]) -> str:
    if code := match[1] or match[2]:
        return chr(int(code, 16))
    return " " if match[3] in "bfnrt" else match[3]


def _read_again(match: re.Match[str]) -> str:
    """Read characters as UTF-8 whose bytes were taken for another encoding."""
    try:
        return match[0].translate(_WINDOWS).encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]


def _letters(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text without case and accents, and the place of each in the text."""
    return _folded(text, letters_only=True)


def _signs(text: str) -> tuple[str, list[int]]:
    """Return all characters of a text but spaces, without case and accents, and the place of each in the text."""
    return _folded(text, letters_only=False)


def _folded(text: str, *, letters_only: bool) -> tuple[str, list[int]]:
    found: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for each in _fold(character):
            if each.isalnum() or not (letters_only or each.isspace()):
                found.append(each)
                places.append(place)
    return "".join(found), places


@lru_cache(maxsize=1024)
def _fold(character: str) -> str:
    """Return a character without case and accents. A ligature becomes several, at most three."""
    plain = unicodedata.normalize("NFKD", character.casefold())
    return "".join(each for each in plain if not unicodedata.combining(each))[:3]


def _runs(letters: str, length: int) -> Iterator[str]:
    """Return every run of so many letters."""
    return (letters[start : start + length] for start in range(len(letters) - length + 1))


def _mark(words: str, owns: Iterable[_Own]) -> bytearray:
    """Return a byte for each character of the words: 1 if it is ours."""
    marks, runs, signs = bytearray(len(words)), dict[int, set[str]](), set[str]()
    for own in owns:
        for whole in own.wholes:
            for match in whole.finditer(words):
                _fill(marks, *match.span())
        for length, known in own.runs.items():
            runs[length] = runs[length] | known if length in runs else known
        signs |= own.signs
    folded = _letters(words)
    for length, known in runs.items():
        _mark_runs(marks, folded, length, known)
    if signs:
        _mark_runs(marks, _signs(words), _SECRET_RUN, signs)
    return marks


def _mark_runs(marks: bytearray, folded: tuple[str, list[int]], length: int, known: set[str]) -> None:
    letters, places = folded
    for start, run in enumerate(_runs(letters, length)):
        if run in known:
            _fill(marks, places[start], places[start + length - 1] + 1)


def _fill(marks: bytearray, first: int, end: int) -> None:
    marks[first:end] = b"\x01" * (end - first)


def _keep_words(words: str, marks: bytearray) -> None:
    """Mark a word as a whole if half of it is marked, else not at all, so that no word of the provider is broken."""
    end = 0
    for match in _WORD.finditer(words):
        first, last = match.span()
        marked = marks.count(1, first, last)
        if 2 * marked >= last - first:
            _fill(marks, first, last)
        elif marked:
            last += len(match[1])
            marks[end:last] = bytes(last - end)
        end = match.end()
