"""Texts of strangers as a line of a list can show them."""

import unicodedata

_LONGEST = 200
# They join emoji and letters into one.
_JOINERS = "\u200c\u200d"


def legible(text: str, most: int = _LONGEST) -> str:
    """The text in one line of at most so many characters, without control characters and marks of direction."""
    line = " ".join("".join(map(_seen, text[: 10 * most])).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _seen(character: str) -> str:
    if character in _JOINERS:
        return character
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf" | "Cs":
            return ""
    return character
