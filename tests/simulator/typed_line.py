"""Read a line that somebody types to let a phone reply, such as `Anna: OK` or `06 12 34 56 01: OK`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import unicodedata

import phonenumbers

# What people write between the digits of a number, besides spaces and dashes.
_MARKS = frozenset("().-/")
# Spaces, dashes, and characters without a width, which numbers have that are copied from elsewhere.
_SEPARATORS = frozenset(("Zs", "Pd", "Cf"))
_SHORTEST = 3


class NotUnderstoodError(Exception):
    """A line means nothing. The text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a phone replies."""

    # The digits of its number, with the country code.
    number: str
    text: str


def read_line(line: str, people: Mapping[str, str], numbers: Iterable[str]) -> Reply:
    """Read `WHO: text`. people are {name: number}, and numbers the digits of other phones that may reply.

    WHO is a name in any case, a number with its country code, or a national number of a known phone. Raises
    NotUnderstoodError.
    """
    who, colon, text = line.partition(":")
    who, text = _plain(who), text.strip()
    if not colon:
        raise NotUnderstoodError("There is no colon between the person or the number and the text.")
    if not who:
        raise NotUnderstoodError("There is nobody before the colon.")
    number = _number(who, people, numbers)
    if not text:
        raise NotUnderstoodError("There is no text after the colon.")
    return Reply(number, text)


def _plain(who: str) -> str:
    """Return a name or number with single spaces, and without characters that nobody sees."""
    visible = "".join(each for each in unicodedata.normalize("NFKC", who) if unicodedata.category(each) != "Cf")
    return " ".join(visible.split())


def _number(who: str, people: Mapping[str, str], numbers: Iterable[str]) -> str:
    names = {_plain(name).casefold(): number for name, number in people.items()}
    if number := names.get(who.casefold()):
        return _digits(number)
    if not (digits := _digits(who)):
        why = f"Nobody here has the name {who}, and it is no phone number."
        raise NotUnderstoodError(f"{why} Type the number of a person whom you added.")
    if len(digits) < _SHORTEST:
        raise NotUnderstoodError(f"{who} is too short for a phone number.")
    if who.startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    known = {*map(_digits, people.values()), *numbers}
    if digits in known:
        return digits
    national = digits.removeprefix("0")
    return _only(who, sorted(each for each in known if _national(each) == national))


def _only(who: str, found: list[str]) -> str:
    if not found:
        raise NotUnderstoodError(f"No text went to {who}. Type a new number with its country code.")
    if len(found) > 1:
        several = " or ".join(f"+{each}" for each in found)
        raise NotUnderstoodError(f"{who} can be {several}. Type the number with its country code.")
    return found[0]


def _digits(number: str) -> str:
    """Return the digits of a phone number; empty if it is none."""
    rest = number.removeprefix("+")
    kept = [each for each in rest if each not in _MARKS and unicodedata.category(each) not in _SEPARATORS]
    if not all(each.isdecimal() for each in kept):
        return ""
    return "".join(str(unicodedata.decimal(each)) for each in kept)


def _national(digits: str) -> str:
    """Return the number without its country code; empty if the code does not exist."""
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return ""
    return str(phonenumbers.national_significant_number(parsed)).removeprefix("0")
