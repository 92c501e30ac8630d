"""Credits and keywords that a provider sells. Card data is passed on once and never stored."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from datetime import date
import re
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Card:
    """A credit card and its billing address. It has no repr, so that it cannot get into a log or an exception."""

    first_name: str
    last_name: str
    address: str
    city: str
    state: str
    zip: str
    country: str
    # One of Orders.card_types.
    type: str
    number: str
    # The security code.
    code: str
    # The end of its validity, two digits each.
    month: str
    year: str


# The card types that the first digits of a number tell for sure. The numbers of other types overlap.
_PREFIXES = {"4": "Visa", "34": "AX", "37": "AX"}


def check_card(card: Card, today: date) -> str | None:
    """Return the name of the first field that is invalid; None if all fields look valid."""
    for field in fields(Card):
        value = getattr(card, field.name)
        if not value.strip() or not value.isprintable():
            return field.name
    number = plain_number(card)
    if not (re.fullmatch(r"[0-9]{13,19}", number) and _passes_luhn(number)):
        return "number"
    kind = next((name for prefix, name in _PREFIXES.items() if number.startswith(prefix)), None)
    if kind != (card.type if card.type in _PREFIXES.values() else None):
        return "type"
    if not re.fullmatch(r"[0-9]{4}" if card.type == "AX" else r"[0-9]{3}", card.code.strip()):
        return "code"
    return _expired(card, today)


def plain_number(card: Card) -> str:
    """Return a card's number without the spaces and hyphens that people write."""
    return re.sub(r"[\s-]", "", card.number)


def _expired(card: Card, today: date) -> str | None:
    """Return "month" or "year" if this field is invalid or in the past."""
    if not re.fullmatch(r"0[1-9]|1[0-2]", card.month):
        return "month"
    if not re.fullmatch(r"[0-9]{2}", card.year):
        return "year"
    year = 2000 + int(card.year)
    if year < today.year:
        return "year"
    return "month" if (year, int(card.month)) < (today.year, today.month) else None


def _passes_luhn(number: str) -> bool:
    """Return True if the check digit of a card number is correct."""
    values = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in values) % 10 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordSetup:
    """What happens when somebody texts a keyword. None keeps the value that is set."""

    keyword: str
    group: str | None = None
    autoreply: str | None = None
    email: str | None = None
    url: str | None = None


class Orders(ABC):
    """What an account can buy and set up. Methods raise GatewayError.

    A purchase whose response was lost raises OrderUnknown, and is never repeated automatically.
    """

    # The provider's names of the card types that it accepts.
    card_types: ClassVar[tuple[str, ...]]

    @abstractmethod
    async def buy_credits(self, card: Card, amount: int) -> None:
        """Buy credits; raise Declined, or OrderTooSmall below the provider's minimum."""

    @abstractmethod
    async def is_free(self, keyword: str) -> bool:
        """Return True if the keyword can be rented; raise SetupRejected if the text cannot be a keyword."""

    @abstractmethod
    async def rent(self, keyword: str, card: Card) -> None:
        """Rent a keyword; raise Declined or KeywordTaken."""

    @abstractmethod
    async def set_up(self, setup: KeywordSetup) -> None:
        """Set up a keyword of the account; raise SetupRejected with the field that is invalid."""
