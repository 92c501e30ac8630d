"""Normalize texts for comparison: without case, accents, punctuation and extra spaces."""

from functools import lru_cache
import unicodedata

# Longer texts are cut: what a person says to a home stands at the beginning.
MAX_TEXT = 1000
# Combining classes of Hebrew and Arabic vowel points, and of Latin, Greek and Cyrillic accents. The signs that change
# a letter in Indian scripts, Japanese and Thai have other classes and stay.
_POINTS = range(10, 36)
_ACCENTS = range(200, 256)
# Variation selectors: they choose how the character before them looks.
_VARIATIONS = range(0xFE00, 0xFE10)


@lru_cache(maxsize=64)
def normalize(text: str) -> str:
    """Return the words of a text, separated by one space. Texts that people call the same are equal.

    Punctuation separates words, except for an apostrophe. A text of punctuation alone keeps it. Invisible characters
    are removed. The result has at most MAX_TEXT characters.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text[:MAX_TEXT]).casefold())
    # A letter that people write has at most 4 parts, but a ligature has up to 18.
    visible = "".join(part for part in letters[: 4 * MAX_TEXT] if not _is_ignored(part))
    # The Turkish dotless i has no accent that could be removed.
    visible = visible.replace("\u0131", "i")
    words = "".join(map(_without_punctuation, visible))
    return unicodedata.normalize("NFC", " ".join((words if words.strip() else visible).split()))[:MAX_TEXT]


def _is_ignored(character: str) -> bool:
    """Return True for an accent, the skin tone of an emoji, a direction mark or anything invisible."""
    category, combining = unicodedata.category(character), unicodedata.combining(character)
    return (
        combining in _POINTS
        or combining in _ACCENTS
        or ord(character) in _VARIATIONS
        or category in ("Cf", "Cn", "Co", "Cs", "Sk")
        or (category == "Cc" and not character.isspace())
    )


def _without_punctuation(character: str) -> str:
    if character in "'’‘ʼ":  # noqa: RUF001  the apostrophes that phones write
        return ""
    return " " if unicodedata.category(character).startswith("P") else character
