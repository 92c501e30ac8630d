"""Split a long text into pages that fit into one message."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
import re
import unicodedata

_JOINER = "\u200d"


def split_page(text: str, fits: Callable[[str], bool], more: str = "") -> tuple[str, str]:
    """Return the first page of a text, and the rest.

    The page ends after a word and with the suffix more, unless it holds the whole text. A word that is longer than
    a page is split. fits returns whether a page can be sent; if it refuses a page, it must refuse any longer one.
    Both parts are empty if not even one character fits.
    """
    text = text.strip()
    if not text or fits(text):
        return text, ""
    word_ends = [space.start() for space in re.finditer(r"\s+", text)]
    character_ends = [index for index in range(1, len(text)) if not _joins_previous(text, index)]
    for ends in (word_ends, character_ends):
        if end := _last_fitting(ends, lambda end: fits(text[:end] + more)):
            return text[:end] + more, text[end:].lstrip()
    return "", ""


def _last_fitting(ends: Sequence[int], fits: Callable[[int], bool]) -> int:
    """Return the last end that fits, or 0 if none does. Long pages are not tried if short ones do not fit."""
    low, high = 0, 1
    while high <= len(ends) and fits(ends[high - 1]):
        low, high = high, 2 * high
    high = min(high, len(ends))
    count = bisect_left(ends, True, low, high, key=lambda end: not fits(end))  # noqa: FBT003  the key's own value
    return ends[count - 1] if count else 0


def _joins_previous(text: str, index: int) -> bool:
    """Return True if a character is shown as one sign with the character before it."""
    return unicodedata.category(text[index])[0] == "M" or _JOINER in text[index - 1 : index + 1]
