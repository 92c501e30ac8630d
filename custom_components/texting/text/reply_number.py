"""The number in a reply. Texts with a number ask people to repeat it: "Reply OK 12", "Reply 12 and your answer".

Numbers are 10 to 99, in the digits of any script. A number counts only if it was given to this phone, and only in one
of three places:

* alone: "12", "#12.";
* at the beginning after a word for yes or no: "OK 12 please", "ok12";
* first, before a free answer: "12 yes please", "12: blue".

Everywhere else it is an ordinary word ("OK, home at 15", "we are 12 people"). So is a part of another number: "112",
"12.5", "12:30", "-12", "12 %". Numbers that follow each other all count ("12 and 13", "OK 12, NO 13").
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
import re
import unicodedata

from .normalize import MAX_TEXT, normalize
from .phrases import PhraseFinder, is_whole_word
from .pin import to_ascii_digits

# Longer words before a number are no answer.
_MAX_WORDS = 100
# More numbers than these are not looked for.
_MAX_NUMBERS = 20
_DIGITS = re.compile(r"\d\d")
# A minus sign.
_MINUS = re.compile(r"(?:^|\s)[\u2010-\u2015-]$")
# What belongs to the number behind it.
_BEFORE = " \t\r\n\u00a0#№([{<«“\"'"
# Two digits that are not part of a longer number, a time, a date, a range or a percentage. Behind them: what belongs to
# them, which is closing punctuation and a dash that is no minus sign.
_NUMBER = re.compile(
    r"(\d\d)(?!\d)(?![.,:/*'’\u066b\u066c\u2010-\u2015\u2212-]\d)(?!\s*+[%\u066a\uff05‰])"  # noqa: RUF001
    r"(?:\s*+(?:[:;!?…)\]}>»”\"'=،؛؟।、。：；，！？）]|[.,](?!\d)|[\u2010-\u2015-]++(?!\d)))*+\s*+"  # noqa: RUF001
)
# "And" and "or" between two numbers.
_JOINERS = """+ and or und oder et ou y e o och eller og en of и или та або και ή ו או و أو और या மற்றும் และ หรือ
    と 和 或 와 과 és vagy ir un vai ve veya và și sau i ili lub ja tai"""  # noqa: RUF001


class Place(StrEnum):
    """Where the first number stands in a reply."""

    ALONE = "alone"
    AFTER_WORD = "after_word"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class ReplyNumber:
    """The numbers in a reply."""

    # Each number once, in the order of the text.
    codes: tuple[int, ...]
    # None if there is no number.
    place: Place | None
    # The text without the numbers and the punctuation that belongs to them.
    rest: str


def find_number(text: str, given: Collection[int], words: Collection[str]) -> ReplyNumber:
    """Return the numbers that a reply names, of those given to this phone. `words` are the phrases for yes and no."""
    answers, joiners = _finders(tuple(words))
    codes: list[int] = []
    parts: list[str] = []
    end = 0
    while len(codes) < _MAX_NUMBERS and (found := _next_number(text, end, joiners if codes else answers)):
        code = int(to_ascii_digits(found[1]))
        if code not in given or not _can_follow(text[found.end(1) :][:_MAX_WORDS], joiners):
            break
        codes.append(code)
        parts.append(text[end : found.start()].rstrip(_BEFORE))
        end = found.end()
    if not codes:
        return ReplyNumber((), None, text)
    rest = " ".join(part for part in (*map(str.strip, parts), text[end:].strip()) if not _is_blank(part))
    codes = list(dict.fromkeys(codes))
    if _is_blank(rest):
        return ReplyNumber(tuple(codes), Place.ALONE, "")
    return ReplyNumber(tuple(codes), Place.FIRST if _is_blank(parts[0]) else Place.AFTER_WORD, rest)


@lru_cache(maxsize=64)
def _finders(words: tuple[str, ...]) -> tuple[PhraseFinder, PhraseFinder]:
    """Return what finds the words that may stand before the first number, and before the others."""
    answers = {normalize(word): None for word in words}
    joiners = {normalize(word): None for word in _JOINERS.split()}
    return PhraseFinder.from_phrases(answers), PhraseFinder.from_phrases(answers | joiners)


def _next_number(text: str, start: int, finder: PhraseFinder) -> re.Match[str] | None:
    """Return the next number if only the finder's words are before it."""
    if (digits := _DIGITS.search(text, start, start + _MAX_WORDS)) is None:
        return None
    before = text[start : digits.start()]
    if _MINUS.search(before) or not _are_words(before, finder):
        return None
    return _NUMBER.match(text, digits.start())


def _are_words(text: str, finder: PhraseFinder) -> bool:
    """Return True if a text consists of the finder's words and punctuation. One letter must not touch what follows."""
    line = normalize(text.replace("№", "#"))
    if not line or _is_blank(text):
        return True
    at = 0
    while at < len(line):
        phrase = " " if line[at] == " " else finder.longest(line, at)
        if phrase is None:
            return False
        at += len(phrase)
    return is_whole_word(line.rpartition(" ")[2]) or not text[-1].isalpha()


def _can_follow(text: str, finder: PhraseFinder) -> bool:
    """Return True if a text can stand directly behind a number: punctuation, a space or a word ("12yes")."""
    if _is_blank(text[:1]) or text.startswith("="):
        return True
    phrase = finder.longest(normalize(text), 0)
    return phrase is not None and is_whole_word(phrase)


def _is_blank(text: str) -> bool:
    """Return True if a text holds only punctuation, spaces and invisible characters."""
    return all(character == "№" or unicodedata.category(character)[0] in "PZC" for character in text[:MAX_TEXT])
