"""The PIN at the beginning of a text."""

from enum import StrEnum
import hmac
import re
import unicodedata

MIN_LENGTH, MAX_LENGTH = 4, 12
# Digits of any script at the beginning of a text, with the punctuation around them and the spaces behind.
_DIGITS = re.compile(r"[\W_]*+(\d++)(?:(?!\s)[\W_])*+\s*+")


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


def begins_with_pin(text: str) -> bool:
    """Return True if a text begins with digits that can be a PIN."""
    return strip_guesses(text) != text


def strip_pin(text: str, pin: str) -> tuple[str, PinCheck]:
    """Return a text without its PIN and the punctuation around it; unchanged if it does not begin with the PIN.

    A PIN that is written several times is removed as often.
    """
    end, check = 0, PinCheck.NONE
    while (found := _find(text, end)) and hmac.compare_digest(to_ascii_digits(found[1]), pin):
        end, check = found.end(), PinCheck.RIGHT
    return text[end:], PinCheck.WRONG if found and not end else check


def strip_guesses(text: str) -> str:
    """Return a text without all digits at its beginning that can be a PIN; unchanged if there are none."""
    end = 0
    while found := _find(text, end):
        end = found.end()
    return text[end:]


def _find(text: str, start: int) -> re.Match[str] | None:
    """Return the digits at a place of a text if they can be a PIN."""
    found = _DIGITS.match(text, start)
    return found if found and is_pin(found[1]) else None
