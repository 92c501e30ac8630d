"""Make texts of strangers safe to show and to pass on."""

import unicodedata

_MAX_LENGTH = 200
# Zero-width joiners. They join emoji and letters into one.
_JOINERS = "\u200c\u200d"


def single_line(text: str, max_length: int = _MAX_LENGTH) -> str:
    """Return a text as one line without control characters and direction marks, shortened to max_length."""
    line = " ".join("".join(map(_visible, text[: 10 * max_length])).split())
    return line if len(line) <= max_length else f"{line[: max_length - 1].rstrip()}…"


def strip_unprintable(text: str) -> str:
    """Return a text without unprintable characters. Line breaks stay, other white space becomes spaces."""
    spaced = (character if character == "\n" or not character.isspace() else " " for character in text)
    return "".join(character for character in spaced if character.isprintable() or character == "\n").strip()


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf" | "Cs":
            return ""
    return character
