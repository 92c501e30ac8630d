"""Check a text against its registered template.

In India, operators only carry texts that match a template registered with them (TRAI's DLT). A variable is {#var#} or,
since 2024, a tag such as {#numeric#}. It takes 30 characters by most sources (smsindiahub.in, docs.localmail.io) and
40 by another (msg91.com), so this module allows 40. The sources also disagree on white space, so any run of white
space equals any other. Adjacent variables, which people use to get more characters, take 1 or more characters together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
import re

MAX_VARIABLE = 40

_TAG = r"\{#\s?\w+\s?#\}"
_VARIABLES = re.compile(rf"({_TAG}(?: ?{_TAG})*)")
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first difference of a text from its template."""

    # The position in the text, from 1.
    position: int
    # The rest of the template from there; empty at its end.
    expected: str
    template: str


@lru_cache(maxsize=16)
def find_mismatch(text: str, template: str) -> Mismatch | None:
    """Return the first difference of a text from its template; None if the text matches.

    The result is kept, because one text often goes to many numbers. The time is at most proportional to the product of
    both lengths, whatever the number of variables.
    """
    text, positions = _squeeze(text)
    template, _ = _squeeze(template)
    if (found := _difference(text, template)) is None:
        return None
    position, expected = found
    return Mismatch(positions[position] + 1, expected[:_MAX_SHOWN], template[:_MAX_SHOWN])


def has_placeholder(template: str) -> bool:
    """Return True if a template has a variable."""
    return _VARIABLES.search(template) is not None


def fill(template: str, words: str) -> str:
    """Return a text that follows a template: words in its first variable, and in each other a digit."""
    texts = chain([words], repeat("1"))
    return _VARIABLES.sub(lambda _: next(texts), template)


def _squeeze(text: str) -> tuple[str, list[int]]:
    """Return the text with single spaces and none around it, and the old positions of its characters and its end."""
    text = text.rstrip()
    begin = len(text) - len(text.lstrip())
    squeezed, positions = "", list[int]()
    for part in re.finditer(r"\s+|\S+", text[begin:]):
        piece = " " if part[0].isspace() else part[0]
        squeezed += piece
        positions += range(begin + part.start(), begin + part.start() + len(piece))
    return squeezed, [*positions, len(text)]


def _difference(text: str, template: str) -> tuple[int, str] | None:
    """Return the position of the first difference in the text, and what the template has there."""
    first, *rest = _VARIABLES.split(template)
    pairs = [*zip(rest[::2], rest[1::2], strict=True)]
    next_variables = [*(variables for variables, _ in pairs), ""]
    # Where the fixed words so far may end. Several positions are possible, as a variable may hold the same words.
    ends = [len(first)] if text.startswith(first) and (pairs or text == first) else []
    if not ends:
        return _longest_match(text, first, next_variables[0], [0])
    for (variables, words), after in zip(pairs, next_variables[1:], strict=True):
        starts = list(_starts(ends, _max_length(variables), len(text)))
        if not starts:
            return len(text), variables
        ends = [start + len(words) for start in starts if text.startswith(words, start)]
        if not after:
            ends = [end for end in ends if end == len(text)]
        if not ends:
            return _longest_match(text, words, after, starts)
    return None


def _starts(ends: Sequence[int], max_length: int, text_length: int) -> Iterator[int]:
    """Yield where variables that begin at one of the ends may be over: after 1 to max_length characters."""
    after = 0
    for end in ends:
        limit = min(end + max_length, text_length) + 1
        yield from range(max(after, end + 1), limit)
        after = max(after, limit)


def _max_length(variables: str) -> int:
    """Return how many characters adjacent variables take, with the spaces between them."""
    return len(re.findall(_TAG, variables)) * (MAX_VARIABLE + 1) - 1


def _longest_match(text: str, words: str, after: str, starts: Sequence[int]) -> tuple[int, str]:
    """Return where the longest beginning of the words ends in the text, and what is missing there."""
    lengths = {start: _common_prefix(text[start : start + len(words)], words) for start in starts}
    longest = max(lengths.values())
    best = [start for start in starts if lengths[start] == longest]
    # If all words match, the text goes on after them.
    start = best[0] if 0 < longest < len(words) else best[-1]
    return start + longest, words[longest:] if words[longest:].strip() else words[longest:] + after


def _common_prefix(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((position for position, (left, right) in pairs if left != right), len(one))
