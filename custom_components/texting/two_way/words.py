"""Texts as people mean them: without case, accents, punctuation and needless spaces."""

from functools import lru_cache
import unicodedata

# Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones; signs that make another letter
# of Indian, Japanese and Thai ones are of other classes and stay.
_POINTS = range(10, 36)
_ACCENTS = range(200, 256)
# What follows a character to choose how it looks: U+FE00 to U+FE0F.
_VARIATIONS = range(0xFE00, 0xFE10)


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """The words of a text, one space between them: two texts that people would call the same are equal.

    Punctuation separates words (an apostrophe does not), and stays where a text is nothing else; what cannot be seen
    is left out. Empty where nothing can be seen at all.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    # The Turkish i without a dot has no accent that could be taken off.
    seen = "".join(character for character in letters if not _is_unseen(character)).replace("\u0131", "i")
    words = "".join(map(_spoken, seen))
    return unicodedata.normalize("NFC", " ".join((words if words.strip() else seen).split()))


def _is_unseen(character: str) -> bool:
    """Whether it is a mere accent, the colour of an emoji, a mark of direction, or nothing to see at all."""
    kind, accent = unicodedata.category(character), unicodedata.combining(character)
    return (
        accent in _POINTS
        or accent in _ACCENTS
        or ord(character) in _VARIATIONS
        or kind in ("Cf", "Cn", "Co", "Cs", "Sk")
        or (kind == "Cc" and not character.isspace())
    )


def _spoken(character: str) -> str:
    if character in "'’‘ʼ":  # noqa: RUF001  the apostrophes that phones write
        return ""
    return " " if unicodedata.category(character).startswith("P") else character
