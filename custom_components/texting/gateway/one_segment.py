"""Short texts that every provider takes as one segment: plain characters, and a length."""

import unicodedata

from .encoding import SINGLE, Encoding, encoding_of

# The longest text that every provider takes as one segment (Club Texting, standard).
MAX_LENGTH = 130
# The first letters of the categories of letters with their marks, and of digits.
_PLAIN = frozenset("LMN")
_ALLOWED = frozenset(" .,:()?")
_APOSTROPHES = frozenset("'’")
# Characters after it take two units in a segment.
_LAST = "\uffff"
CUT = "..."


def plain(text: str) -> str:
    """Return a text as one line of characters that every provider takes. It may be empty."""
    kept = "".join(map(_plain_character, text[: 2 * MAX_LENGTH]))
    return " ".join(kept.split()).rstrip(" .,:")


def latin(text: str) -> str:
    """Return what is left of a text in Latin letters without accents; empty if no letter is.

    Some providers refuse a text that has letters of another alphabet.
    """
    kept = unicodedata.normalize("NFKD", text[: 2 * MAX_LENGTH]).encode("ascii", errors="ignore").decode()
    return kept if any(map(str.isalpha, kept)) else ""


def max_length(*texts: str) -> int:
    """Return the length of one segment of these texts, in characters."""
    return MAX_LENGTH if all(encoding_of(text) is Encoding.GSM7 for text in texts) else SINGLE[Encoding.UCS2]


def shortened(text: str, length: int) -> str:
    """Return a text of at most so many characters. If it is longer, it ends with dots."""
    return text if len(text) <= length else f"{text[: length - len(CUT)].rstrip()}{CUT}"


def _plain_character(character: str) -> str:
    if character in _APOSTROPHES:
        return ""
    is_plain = character in _ALLOWED or (character <= _LAST and unicodedata.category(character)[0] in _PLAIN)
    return character if is_plain else " "
