"""Phone numbers: parse what people write, store E.164, mask what might be logged."""

from functools import lru_cache
import re

import phonenumbers

from .errors import Limit, MessageRejected
from .status import FailureReason

_NUMBER = re.compile(r"[+0-9 ().\-/\u00a0]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# The longest number that a provider writes, with spaces and brackets.
_MAX_WRITTEN = 40
# The longest short code or name of a sender. Numbers are shorter.
_MAX_SENDER = 20


# Most calls are about the same few numbers.
@lru_cache(maxsize=1000)
def to_e164(text: str, region: str | None = None) -> str:
    """Return a phone number in E.164, as +33612345678.

    region (ISO 3166, such as FR) is the country of national numbers. Raises MessageRejected if the text cannot be a
    phone number.
    """
    text = text.strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    if not _NUMBER.fullmatch(text):
        raise _no_number()
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _no_number() from None
    # A local number without its area code is only possible within a town, and providers cannot reach it.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _no_number()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def regions_of(number: str) -> tuple[str, ...]:
    """Return the regions (ISO 3166) of a number in E.164: its own, else all regions of its calling code."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    own = phonenumbers.region_code_for_number(parsed)
    return (own,) if own else tuple(phonenumbers.region_codes_for_country_code(parsed.country_code or 0))


def calling_code(region: str) -> str:
    """Return the calling code of a region (ISO 3166), such as 33 of FR."""
    return str(phonenumbers.country_code_for_region(region))


def digits(number: str) -> str:
    """Return the digits of a number in E.164, without the plus."""
    return "".join(filter(str.isdigit, number))


def plain_digits(number: str) -> str:
    """Return the digits of a number as people and providers write it, without zeros at its start: 0033 is +33."""
    return digits(number).lstrip("0")


def is_e164(text: str) -> bool:
    """Return True if a text has the form of E.164."""
    return _E164.fullmatch(text) is not None


def from_gateway(number: str, region: str | None = None) -> str:
    """Return the E.164 form of a number that a provider writes, or the text itself if it is no phone number.

    The text is cut to the length of a sender's name, since it may be forged and is kept.
    """
    number = number.strip()
    try:
        if len(number) <= _MAX_WRITTEN:
            return to_e164(number if number.startswith("+") or region else f"+{number}", region)
    except MessageRejected:
        pass
    return number[:_MAX_SENDER]


def mask(number: str) -> str:
    """Return the number without all but its first three and last two characters: +33…89."""
    return f"{number[:3]}…{number[-2:]}" if len(number) > 6 else "…"  # noqa: PLR2004  a short code is hidden completely


def _no_number() -> MessageRejected:
    return MessageRejected(limit=Limit.NUMBER, reason=FailureReason.INVALID_NUMBER)
