"""Credits and keywords, where a provider sells them. Card data is given on once and kept nowhere."""

from abc import ABC, abstractmethod
from dataclasses import dataclass


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

    A purchase whose answer was lost raises OutcomeUnknown, and is never repeated by itself.
    """

    @abstractmethod
    async def buy_credits(self, card: Card, amount: int) -> None:
        """Buy credits; raises Declined, or OrderTooSmall below the provider's minimum."""

    @abstractmethod
    async def is_free(self, keyword: str) -> bool:
        """Whether nobody has rented the keyword."""

    @abstractmethod
    async def rent(self, keyword: str, card: Card) -> None:
        """Rent a keyword; raises Declined, or KeywordTaken."""

    @abstractmethod
    async def set_up(self, setup: KeywordSetup) -> None:
        """Set up a keyword of the account; raises SetupRejected naming the field that is wrong."""
