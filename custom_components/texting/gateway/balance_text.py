"""Read a balance as a provider writes it: a number, or a text in the site's currency and language."""

from collections.abc import Mapping
from decimal import Decimal
import re
import unicodedata

from .errors import BalanceUnreadable
from .message import Balance

CREDITS = "credits"
# The longest text that is read.
_MAX_LENGTH = 60
_MAX_UNIT = 20
_MAX_WHOLE, _MAX_FRACTION = 15, 12
_MAX_SHAPE = 30

# Signs in lower case that belong to one currency.
SIGNS: Mapping[str, str] = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₦": "NGN", "₵": "GHS", "gh₵": "GHS", "gh¢": "GHS", "₺": "TRY",
    "₽": "RUB", "₴": "UAH", "₸": "KZT", "₮": "MNT", "₡": "CRC", "₲": "PYG", "₾": "GEL", "₼": "AZN", "֏": "AMD",
    "₭": "LAK", "៛": "KHR", "฿": "THB", "৳": "BDT", "₱": "PHP", "₫": "VND", "₪": "ILS", "₩": "KRW",
    "r$": "BRL", "us$": "USD", "a$": "AUD", "au$": "AUD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "nt$": "TWD",
    "s$": "SGD", "sg$": "SGD", "mx$": "MXN", "rd$": "DOP", "j$": "JMD", "tt$": "TTD", "ec$": "XCD", "cn¥": "CNY",
    "jp¥": "JPY", "e£": "EGP", "ksh": "KES", "kshs": "KES", "tsh": "TZS", "ush": "UGX", "rm": "MYR", "rp": "IDR",
    "zł": "PLN", "kč": "CZK", "ft": "HUF", "лв": "BGN", "руб": "RUB", "s/": "PEN", "b/": "PAB",
    "د.إ": "AED", "ر.س": "SAR", "د.م": "MAD", "د.ج": "DZD", "د.ت": "TND", "د.ك": "KWD", "ج.م": "EGP", "ر.ق": "QAR",
}  # fmt: skip
# Signs in lower case that several currencies share, and these currencies. The signs stay as they are written.
SHARED: Mapping[str, frozenset[str]] = {
    sign: frozenset(codes.split())
    for sign, codes in {
        "$": "USD CAD AUD NZD SGD HKD TWD MXN COP CLP ARS",
        "c$": "CAD NIO",
        "¥": "JPY CNY",
        "rs": "INR PKR LKR NPR MUR",
        "kr": "SEK NOK DKK ISK",
        "cfa": "XOF XAF",
        "fcfa": "XOF XAF",
        "f cfa": "XOF XAF",
        "fr": "CHF",
        "dh": "MAD AED",
        "da": "DZD",
        "bs": "BOB VES",
        "br": "ETB BYN",
        "lei": "RON MDL",
    }.items()
}
CODES = frozenset(SIGNS.values()) | frozenset(
    re.findall(
        "[A-Z]{3}",
        "AFN ALL AOA ARS BAM BBD BHD BIF BMD BND BOB BSD BTN BWP BYN BZD CDF CHF CLP COP CUP CVE DJF DKK ETB FJD GIP"
        " GMD GNF GTQ GYD HNL HTG IQD IRR ISK JOD KGS KMF KYD LBP LKR LRD LSL LYD MDL MGA MKD MMK MOP MRU MUR MVR MWK"
        " MZN NAD NIO NOK NPR OMR PGK PKR RON RSD RWF SBD SCR SDG SEK SLE SOS SRD SSP STN SYP SZL TJS TMT TOP UYU UZS"
        " VES VUV WST XAF XOF XPF YER ZAR ZMW ZWG",
    )
)
# Parts of words for an account without a limit, in lower case without accents.
_UNLIMITED = re.compile(
    "unlimited|illimite|ilimitad|unbegrenzt|unlimitiert|illimitat|onbeperkt|obegransad|nieograniczon|nelimitat"
    "|sinirsiz|neogranichen|неогранич|безлимит|غير محدود|无限|無制限|무제한|असीमित|tidak terbatas|khong gioi han|∞"
)

_QUOTES = dict.fromkeys(map(ord, "’ʼ´`٬"), "'")
_DASHES = dict.fromkeys(map(ord, "−–‒‐"), "-")
# The Arabic decimal separator, and a letter that loses no accent.
_OTHERS = {ord("٫"): ".", ord("ı"): "i"}
_AMOUNT = re.compile(r"(?P<before>\D*?)(?P<number>\d(?:[\d.,' ]*\d)?)(?P<after>\D*)")
_DIGITS = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+|[^\x20-\x7e\u00a0-\uffff]+")
# Dashes for the cents: 12.-, and 12/-.
_NO_CENTS = re.compile(r"^ ?[.,/]-")
# Groups of three, or the Indian ones: 1,23,456.
_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}")


def read_balance(
    value: object, *, unit: str = "", currency: str = "", pool: str | None = None, formatted: bool = False
) -> Balance:
    """Return the balance that a value says; raise BalanceUnreadable if it says none.

    unit and currency are what else the provider says of it. A formatted text has 0 or 2 decimals: 1.234 is 1234.
    """
    try:
        return _read(value, unit=unit, code=currency_of(currency), pool=pool, formatted=formatted)
    except ValueError:
        raise BalanceUnreadable(shape_of(value)) from None


def shape_of(value: object) -> str:
    """Return what a value looks like, without its digits and words: "$12 / 5 left" gives "$## / # a"."""
    if not isinstance(value, str):
        return {type(None): "null", list: "list", dict: "object", bool: "bool"}.get(type(value), "number")
    return _LETTERS.sub("a", _DIGITS.sub("#", value[:_MAX_SHAPE].replace("`", "'"))) or "empty"


def _read(value: object, *, unit: str, code: str | None, pool: str | None, formatted: bool) -> Balance:
    """Return the balance that a value says; raise ValueError if it says none."""
    known = (unit if _is_unit(unit) else "") or code or CREDITS
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Balance(amount=_of_number(value), unit=known, pool=pool)
    text = _plain(value)
    if _UNLIMITED.search(_without_accents(text)):
        return Balance(amount=None, unit=known, pool=pool)
    if not (match := _AMOUNT.fullmatch(text)):
        raise ValueError
    before, number, after, is_negative = _signs(match["before"], match["number"], match["after"])
    written = _unit(before, after)
    amount = _decimal(number, formatted=formatted or bool(written))
    if code and written.lower() in SHARED:
        written = code
    return Balance(amount=-amount if is_negative else amount, unit=written or known, pool=pool)


def currency_of(sign: str) -> str | None:
    """Return the ISO code of a sign or a code; None if it is none, or one that several currencies share."""
    if (code := sign.upper()) in CODES:
        return code
    return SIGNS.get(sign.lower())


def _plain(value: object) -> str:
    """Return a text on one line with ASCII digits, plain spaces and no marks of direction; empty if it is no text."""
    if not isinstance(value, str) or len(value) > _MAX_LENGTH:
        return ""
    text = "".join(each for each in value if unicodedata.category(each) != "Cf").replace("₨", "Rs")
    text = unicodedata.normalize("NFKC", text).translate({**_QUOTES, **_DASHES, **_OTHERS})
    return " ".join("".join(str(unicodedata.decimal(each, each)) for each in text).split())


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(_OTHERS)


def _signs(before: str, number: str, after: str) -> tuple[str, str, str, bool]:
    """Return the unit before the number, the number, the unit after it, and True if the number is negative."""
    before, after = before.rpartition(":")[2].lstrip(), _NO_CENTS.sub("", after).strip()
    is_negative = before.startswith("(") and after.endswith(")")
    if is_negative:
        before, after = before[1:], after[:-1]
    if before.endswith(".") and not before[-2:-1].isalpha() and number.isdigit():
        before, number = before[:-1], f"0.{number}"  # $.50, but not Rs.50
    if before[:1] in {"-", "+"}:
        is_negative, before = before[0] == "-", before[1:]
    elif before[-1:] in {"-", "+"}:
        is_negative, before = before[-1] == "-", before[:-1]
    elif after.startswith("-"):
        is_negative, after = True, after[1:]
    return before.strip(), number, after.strip(), is_negative


def _unit(before: str, after: str) -> str:
    """Return the ISO code, the sign or the word beside the number; raise ValueError if it is anything else."""
    written = [each.removesuffix(".") for each in (before, after) if each not in {"", "."}]
    for each in written:
        if code := currency_of(each):
            return code
    for each in written:
        if each.lower() in SHARED:
            return each
    if len(written) > 1 or not all(map(_is_unit, written)):
        raise ValueError
    return written[0] if written else ""


def _is_unit(text: str) -> bool:
    """Return True if a text may be a sign or a word: letters, and signs of currencies."""
    kinds = {unicodedata.category(each) for each in text if each not in " ./"}
    return len(text) <= _MAX_UNIT and all(kind == "Sc" or kind[0] in "LM" for kind in kinds)


def _decimal(number: str, *, formatted: bool) -> Decimal:
    """Parse 1234.5, 1,234.50, 1.234,50, 12,50, 1 234, 1'234.50 or 1,23,456.00.

    The last of two kinds of separator is the decimal one. One alone before three digits separates thousands, except a
    point in a text that is not formatted.
    """
    marks = [each for each in number if not each.isdigit()]
    last = marks[-1] if marks else ""
    whole, fraction = number, ""
    if last in {".", ","} and marks.count(last) == 1:
        head, _, tail = number.rpartition(last)
        is_group = len(marks) == 1 and len(tail) == 3 and len(head) <= 3 and head[0] != "0"  # noqa: PLR2004  thousands
        if not is_group or (last == "." and not formatted):
            whole, fraction = head, tail
    groups = {each for each in whole if not each.isdigit()}
    digits = "".join(each for each in whole if each.isdigit())
    joined = whole.replace(next(iter(groups), ","), ",")
    if len(groups) > 1 or (groups and not _GROUPS.fullmatch(joined)):
        raise ValueError
    if len(digits) > _MAX_WHOLE or len(fraction) > _MAX_FRACTION:
        raise ValueError
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _of_number(value: float) -> Decimal:
    """Return a number of JSON; raise ValueError if it is not finite, or too large."""
    if not abs(value) < 10**_MAX_WHOLE:
        raise ValueError
    number = Decimal(str(value))
    # Written out, the smallest number has hundreds of digits.
    return number if number.adjusted() >= -_MAX_FRACTION else Decimal()
