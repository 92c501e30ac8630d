"""Credits and keywords, where a provider sells them. Card data is given on once and kept nowhere."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from datetime import date
import re
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Card:
    """A credit card and its billing address; type is one of the provider's, month and year are two digits each.

    It has no representation, so that no log and no exception can hold it.
    """

    first_name: str
    last_name: str
    address: str
    city: str
    state: str
    zip: str
    country: str
    type: str
    number: str
    code: str
    month: str
    year: str


# Where a number alone says whose card it is; the other companies' numbers overlap.
_PREFIXES = {"4": "Visa", "34": "AX", "37": "AX"}


def check_card(card: Card, today: date) -> str | None:
    """The name of the first field that cannot be right; None where all look right."""
    for field in fields(Card):
        value = getattr(card, field.name)
        if not value.strip() or not value.isprintable():
            return field.name
    number = plain_number(card)
    if not (re.fullmatch(r"[0-9]{13,19}", number) and _passes_luhn(number)):
        return "number"
    company = next((name for prefix, name in _PREFIXES.items() if number.startswith(prefix)), None)
    if company != (card.type if card.type in _PREFIXES.values() else None):
        return "type"
    if not re.fullmatch(r"[0-9]{4}" if card.type == "AX" else r"[0-9]{3}", card.code.strip()):
        return "code"
    return _expired(card, today)


def plain_number(card: Card) -> str:
    """A card's number without the spaces and hyphens that people write."""
    return re.sub(r"[\s-]", "", card.number)


def _expired(card: Card, today: date) -> str | None:
    if not re.fullmatch(r"0[1-9]|1[0-2]", card.month):
        return "month"
    if not re.fullmatch(r"[0-9]{2}", card.year):
        return "year"
    year = 2000 + int(card.year)
    if year < today.year:
        return "year"
    return "month" if (year, int(card.month)) < (today.year, today.month) else None


def _passes_luhn(number: str) -> bool:
    """Whether the check digit is right; five lines are no reason for a requirement."""
    values = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in values) % 10 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordSetup:
    """What happens when a keyword is texted in; None leaves what is set."""

    keyword: str
    group: str | None = None
    autoreply: str | None = None
    email: str | None = None
    url: str | None = None


class Orders(ABC):
    """What an account can buy and set up. Methods raise GatewayError.

    A purchase whose answer was lost raises OrderUnknown, and is never repeated by itself.
    card_types are what the provider calls the cards that it takes.
    """

    card_types: ClassVar[tuple[str, ...]]

    @abstractmethod
    async def buy_credits(self, card: Card, amount: int) -> None:
        """Buy credits; raises Declined, or OrderTooSmall below the provider's minimum."""

    @abstractmethod
    async def is_free(self, keyword: str) -> bool:
        """Whether nobody has rented the keyword; raises SetupRejected for what can be none."""

    @abstractmethod
    async def rent(self, keyword: str, card: Card) -> None:
        """Rent a keyword; raises Declined, or KeywordTaken."""

    @abstractmethod
    async def set_up(self, setup: KeywordSetup) -> None:
        """Set up a keyword of the account; raises SetupRejected naming the field that is wrong."""
