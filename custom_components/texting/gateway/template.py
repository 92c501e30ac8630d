"""Registered texts: whether a text follows its template, and where it does not.

In India an operator carries only texts that match a template registered with it (TRAI's DLT). A variable, {#var#} or
since 2024 a tag such as {#numeric#}, takes 30 characters by most sources (smsindiahub.in, docs.localmail.io) and 40 by
another (msg91.com): only what none allows is refused. Whether white space counts they do not agree on either: any run
of it is the same as another here. Variables in a row, which is how more characters are had, take 1 or more together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import re

LONGEST_VARIABLE = 40

_TAG = r"\{#\s?\w+\s?#\}"
_VARIABLES = re.compile(rf"({_TAG}(?: ?{_TAG})*)")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a text differs, counted from 1, and what the template has there: nothing at its end."""

    position: int
    expected: str
    template: str


def find_mismatch(text: str, template: str) -> Mismatch | None:
    """The first place where a text does not follow its template, None where it does.

    Takes steps of their lengths' product at most, however many variables there are.
    """
    written, places = _squeeze(text)
    known, _ = _squeeze(template)
    if (found := _difference(written, known)) is None:
        return None
    place, expected = found
    return Mismatch(places[place] + 1, expected[:_SHOWN], known[:_SHOWN])


def _squeeze(text: str) -> tuple[str, list[int]]:
    """The text with single spaces and none around it, and where each of its characters stood, and its end."""
    text = text.rstrip()
    begin = len(text) - len(text.lstrip())
    squeezed, places = "", list[int]()
    for part in re.finditer(r"\s+|\S+", text[begin:]):
        words = " " if part[0].isspace() else part[0]
        squeezed += words
        places += range(begin + part.start(), begin + part.start() + len(words))
    return squeezed, [*places, len(text)]


def _difference(written: str, template: str) -> tuple[int, str] | None:
    """The place in what is written, and the template's words there."""
    first, *rest = _VARIABLES.split(template)
    follows = [*zip(rest[::2], rest[1::2], strict=True)]
    coming = [*(variables for variables, _ in follows), ""]
    # Where what is fixed so far may have ended; several places, as a variable may hold the words after it too.
    ends = [len(first)] if written.startswith(first) and (follows or written == first) else []
    if not ends:
        return _nearest(written, first, coming[0], [0])
    for (variables, words), after in zip(follows, coming[1:], strict=True):
        starts = list(_starts(ends, _most(variables), len(written)))
        if not starts:
            return len(written), variables
        ends = [start + len(words) for start in starts if written.startswith(words, start)]
        if not after:
            ends = [end for end in ends if end == len(written)]
        if not ends:
            return _nearest(written, words, after, starts)
    return None


def _starts(ends: Sequence[int], most: int, length: int) -> Iterator[int]:
    """Where variables that begin at one of the ends may be over: after 1 character and at most so many."""
    after = 0
    for end in ends:
        yield from range(max(after, end + 1), min(end + most, length) + 1)
        after = max(after, min(end + most, length) + 1)


def _most(variables: str) -> int:
    """How many characters variables in a row take, with the spaces between them."""
    return len(re.findall(_TAG, variables)) * (LONGEST_VARIABLE + 1) - 1


def _nearest(written: str, words: str, after: str, starts: Sequence[int]) -> tuple[int, str]:
    """Where the most of the template's words stands, and what is missing there; after them all, the text goes on."""
    agreed = {start: _agreed(written[start : start + len(words)], words) for start in starts}
    most = max(agreed.values())
    places = [start for start in starts if agreed[start] == most]
    place = places[0] if 0 < most < len(words) else places[-1]
    return place + most, words[most:] if words[most:].strip() else words[most:] + after


def _agreed(some: str, words: str) -> int:
    """How many characters both begin with."""
    return next((place for place, (one, other) in enumerate(zip(some, words, strict=False)) if one != other), len(some))
