"""Credits and keywords at Club and Group Texting; card data is checked once and never stored."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
import re
from typing import Any

from .accounts import EzTextingAccount, Keyword

DECLINED_CARD = "4000000000000002"
MINIMUM_ORDER = Decimal(5)
_CARD_TYPES = {"MC", "Visa", "AX", "DS", "JCB"}
_CARD_FIELDS = "firstname lastname address city state zip country type ccnumber cccode expm expy"
_AUTOREPLY_LENGTH = 160

type Params = dict[str, Any]


def buy_credits(account: EzTextingAccount, params: Params, now: datetime) -> str:
    """Add credits: 1 success, 0 declined, -2 below the minimum purchase."""
    wanted = params.get("credits", "")
    if not _has_card(params) or not re.fullmatch(r"[0-9]{1,9}", wanted):
        return "-10"
    if int(wanted) * account.credit_price < MINIMUM_ORDER:
        return "-2"
    if not _card_accepted(params, now):
        return "0"
    account.credit += int(wanted)
    return "1"


def check_keyword(account: EzTextingAccount, params: Params) -> str:
    """Check a keyword: 1 free, 0 taken, -2 below the minimum purchase (documented so)."""
    keyword = params.get("keyword", "").strip().lower()
    if not keyword:
        return "-10"
    return "-2" if account.below_minimum else _availability(account, keyword)


def _availability(account: EzTextingAccount, keyword: str) -> str:
    return "0" if keyword in account.keywords or keyword in account.taken_keywords else "1"


def rent_keyword(account: EzTextingAccount, params: Params, now: datetime) -> str:
    """Rent a keyword: 2 success, 1 not available, 0 declined."""
    keyword = params.get("keyword", "").strip().lower()
    if not keyword or not _has_card(params):
        return "-10"
    if _availability(account, keyword) == "0":
        return "1"
    if not _card_accepted(params, now):
        return "0"
    account.keywords[keyword] = Keyword()
    return "2"


def set_up_keyword(account: EzTextingAccount, params: Params, is_valid: Callable[[str], bool]) -> str:
    """Set up a keyword; fields that are left out keep their values."""
    keyword = account.keywords.get(params.get("keyword", "").strip().lower())
    if keyword is None:
        return "-2"
    group, email, url, autoreply = (params.get(name) for name in ("group", "email", "url", "autoreply"))
    if group and group not in account.groups:
        return "-3"
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        return "-4"
    if url and not re.fullmatch(r"https?://\S+", url):
        return "-5"
    if autoreply is not None and not _is_valid_autoreply(autoreply, is_valid):
        return "-7"
    keyword.group = group or keyword.group
    keyword.email = email or keyword.email
    keyword.url = url or keyword.url
    keyword.autoreply = autoreply or keyword.autoreply
    return "1"


def _is_valid_autoreply(text: str, is_valid: Callable[[str], bool]) -> bool:
    return bool(text.strip()) and len(text) <= _AUTOREPLY_LENGTH and is_valid(text)


def _has_card(params: Params) -> bool:
    return all(params.get(name) for name in _CARD_FIELDS.split())


def _card_accepted(params: Params, now: datetime) -> bool:
    number = params["ccnumber"].replace(" ", "")
    month, year = params["expm"], params["expy"]
    if not (re.fullmatch(r"0[1-9]|1[0-2]", month) and re.fullmatch(r"[0-9]{2}", year)):
        return False
    in_date = (2000 + int(year), int(month)) >= (now.year, now.month)
    return params["type"] in _CARD_TYPES and in_date and number != DECLINED_CARD and _passes_luhn(number)


def _passes_luhn(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{13,19}", number):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
