"""Long answers in pages, each as long as a gateway takes at once; the rest is for later."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
import re
import unicodedata

_JOINER = "\u200d"


def take(text: str, fits: Callable[[str], bool], more: str = "") -> tuple[str, str]:
    """The first page of a text and what is left: all of it where that fits, else up to a word's end, and more.

    fits tells whether a page can be sent, and of no longer one that it can where a shorter one cannot. Words that
    are longer than a page are split. Both are empty where not even a character fits.
    """
    text = text.strip()
    if not text or fits(text):
        return text, ""
    ends = [space.start() for space in re.finditer(r"\s+", text)]
    within = [at for at in range(1, len(text)) if not _belongs(text, at)]
    for borders in (ends, within):
        if at := _last(borders, lambda at: fits(text[:at] + more)):
            return text[:at] + more, text[at:].lstrip()
    return "", ""


def _last(borders: Sequence[int], fits: Callable[[int], bool]) -> int:
    """The last border up to which it fits; 0 where none is."""
    count = bisect_left(borders, True, key=lambda at: not fits(at))  # noqa: FBT003  the key's own value
    return borders[count - 1] if count else 0


def _belongs(text: str, at: int) -> bool:
    """Whether a character makes one sign with the one before it."""
    return unicodedata.category(text[at])[0] == "M" or _JOINER in text[at - 1 : at + 1]
