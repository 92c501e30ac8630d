"""Texts of strangers, as they stand in Markdown."""

import string

from ..text.single_line import single_line

# Each character that may have a meaning in Markdown, or make a link, as one that has none.
_LITERAL = str.maketrans({character: f"&#{ord(character)};" for character in string.punctuation})


def literal(text: str, max_length: int) -> str:
    """Return a text of a stranger as it is: nothing in it becomes a link, a picture or HTML."""
    return single_line(text, max_length).translate(_LITERAL)
