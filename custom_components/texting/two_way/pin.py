"""The PIN at the beginning of a text, which nobody but the one who compares it shall see."""

from enum import StrEnum
import hmac
from itertools import takewhile
import unicodedata

SHORTEST, LONGEST = 4, 12


class Guess(StrEnum):
    """What a text begins with: none is no number that could be meant as a PIN."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"


def is_pin(text: str) -> bool:
    """Whether it can be a PIN: digits of any script, neither few nor many."""
    return text.isdecimal() and SHORTEST <= len(text) <= LONGEST


def plain(digits: str) -> str:
    """Digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(digit)) for digit in digits)


def cut(text: str, pin: str) -> tuple[str, Guess]:
    """A text without the PIN that it begins with, and the marks around it; the text as it is without one."""
    start = next((at for at, character in enumerate(text) if character.isalnum()), len(text))
    digits = "".join(takewhile(str.isdecimal, text[start:]))
    if hmac.compare_digest(plain(digits), pin):
        rest = text[start + len(digits) :]
        marks = sum(1 for _ in takewhile(lambda character: not (character.isalnum() or character.isspace()), rest))
        return rest[marks:].lstrip(), Guess.RIGHT
    return text, Guess.WRONG if is_pin(digits) else Guess.NONE
