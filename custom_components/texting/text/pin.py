"""The PIN at the beginning of a text."""

from enum import StrEnum
import hmac
from itertools import takewhile
import unicodedata

MIN_LENGTH, MAX_LENGTH = 4, 12


class PinCheck(StrEnum):
    """What a text begins with: the right PIN, a wrong one, or nothing that could be a PIN."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"


def is_pin(text: str) -> bool:
    """Return True if a text can be a PIN: 4 to 12 digits of any script."""
    return text.isdecimal() and MIN_LENGTH <= len(text) <= MAX_LENGTH


def to_ascii_digits(digits: str) -> str:
    """Return digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(digit)) for digit in digits)


def strip_pin(text: str, pin: str) -> tuple[str, PinCheck]:
    """Return a text without its PIN and the punctuation around it; unchanged if it does not begin with the PIN."""
    start = next((index for index, character in enumerate(text) if character.isalnum()), len(text))
    digits = "".join(takewhile(str.isdecimal, text[start:]))
    if not hmac.compare_digest(to_ascii_digits(digits), pin):
        return text, PinCheck.WRONG if is_pin(digits) else PinCheck.NONE
    rest = text[start + len(digits) :]
    marks = sum(1 for _ in takewhile(lambda character: not (character.isalnum() or character.isspace()), rest))
    return rest[marks:].lstrip(), PinCheck.RIGHT
