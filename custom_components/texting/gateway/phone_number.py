"""Phone numbers: read as people write them, kept as E.164, masked wherever they might be logged."""

from functools import lru_cache
import re

import phonenumbers

from .errors import Limit, MessageRejected
from .status import FailureReason

_WRITTEN = re.compile(r"[+0-9 ().\-/\u00a0]+")


# The same few numbers again and again.
@lru_cache(maxsize=1000)
def to_e164(text: str, region: str | None = None) -> str:
    """The number as +33612345678; national ones are read as the region's (ISO 3166, such as FR).

    Raises MessageRejected for what can be no number.
    """
    written = text.strip()
    if written.startswith("00"):
        written = "+" + written[2:]
    if not _WRITTEN.fullmatch(written):
        raise _no_number()
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise _no_number() from None
    # What is possible within a town only, without its area code, reaches nobody from a gateway.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _no_number()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def regions_of(number: str) -> tuple[str, ...]:
    """The regions (ISO 3166) a number in E.164 may be of: its own, else all of its calling code; () for none."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    own = phonenumbers.region_code_for_number(parsed)
    return (own,) if own else tuple(phonenumbers.region_codes_for_country_code(parsed.country_code or 0))


def digits(number: str) -> str:
    """The digits of a number with its country code, without the plus."""
    return "".join(filter(str.isdigit, number))


def from_gateway(number: str, region: str | None = None) -> str:
    """A number as a gateway writes it, as E.164 where it is one, else its own characters."""
    written = number.strip()
    try:
        return to_e164(written if written.startswith("+") or region else f"+{written}", region)
    except MessageRejected:
        return written


def mask(number: str) -> str:
    """The number with all but its first three and last two characters hidden: +33…89."""
    return f"{number[:3]}…{number[-2:]}" if len(number) > 6 else "…"  # noqa: PLR2004  a short code hides whole


def _no_number() -> MessageRejected:
    return MessageRejected(limit=Limit.NUMBER, reason=FailureReason.INVALID_NUMBER)
