"""Credits and keywords of the EZ Texting platform."""

from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
import re

from ...errors import Field, GatewayError, OrderTooSmall, OrderUnknown, OutcomeUnknown, SetupRejected
from ...orders import Card, KeywordSetup, Orders, plain_number
from .codes import BOUGHT, BUY, CHECK, FREE, RENT, RENTED, SET_UP, TAKEN, UPDATED, Outcomes, failure

MAX_AUTOREPLY = 160
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)

type Form = Iterable[tuple[str, str]]
# Makes a request to a path with a form, and returns the code of the response.
type Call = Callable[[str, Form], Awaitable[Decimal]]


class EZTextingOrders(Orders):
    """The orders of one account."""

    card_types = ("MC", "Visa", "AX", "DS", "JCB")

    def __init__(self, call: Call, allowed: frozenset[str]) -> None:
        """Order with an account's requests; allowed are the characters of its texts."""
        self._call = call
        self._allowed = allowed

    async def buy_credits(self, card: Card, amount: int) -> None:
        """Buy credits."""
        if amount < 1:
            raise OrderTooSmall
        await self._purchase("credits/buy", card, ("Credits", str(amount)), BOUGHT, BUY)

    async def is_free(self, keyword: str) -> bool:
        """Return True if the keyword can be rented."""
        code = await self._call("keyword/check", [("Keyword", _keyword(keyword))])
        if code not in (FREE, TAKEN):
            raise failure(code, CHECK)
        return code == FREE

    async def rent(self, keyword: str, card: Card) -> None:
        """Rent a keyword."""
        await self._purchase("keyword/rent", card, ("Keyword", _keyword(keyword)), RENTED, RENT)

    async def set_up(self, setup: KeywordSetup) -> None:
        """Set up a keyword; a field that is None is left out and keeps its value."""
        fields = {
            "Keyword": _keyword(setup.keyword),
            "Group": setup.group,
            "Autoreply": setup.autoreply,
            "Email": setup.email,
            "URL": setup.url,
        }
        self._check(setup)
        form = [(name, value) for name, value in fields.items() if value is not None]
        code = await self._call("keyword/setup", form)
        if code != UPDATED:
            raise failure(code, SET_UP)

    def _check(self, setup: KeywordSetup) -> None:
        """Raise SetupRejected if the provider would refuse a field."""
        text = setup.autoreply
        if text is not None and not (text.strip() and len(text) <= MAX_AUTOREPLY and self._allowed.issuperset(text)):
            raise SetupRejected(field=Field.AUTOREPLY)
        if setup.email and not (setup.email.isprintable() and _EMAIL.fullmatch(setup.email)):
            raise SetupRejected(field=Field.EMAIL)
        if setup.url and not is_url(setup.url):
            raise SetupRejected(field=Field.URL)
        if setup.group and not setup.group.isprintable():
            raise SetupRejected(field=Field.GROUP)

    async def _purchase(
        self, path: str, card: Card, ordered: tuple[str, str], success: int, outcomes: Outcomes
    ) -> None:
        """Make a purchase once; raise errors without any data of the request."""
        form = [*_card_form(card), ordered]
        try:
            code = await self._call(path, form)
            error = None if code == success else failure(code, outcomes)
        except OutcomeUnknown as err:
            error = err
        except GatewayError as err:
            # Remove the traceback and the cause, because their frames hold the form.
            error = err.with_traceback(None)
            error.__context__ = None
        except Exception as err:  # noqa: BLE001  its text may hold the card
            error = OrderUnknown(type(err).__name__)
        finally:
            form.clear()
        if isinstance(error, OutcomeUnknown):
            error = OrderUnknown(error.detail, code=error.code)
        if error:
            raise error


def is_url(text: str) -> bool:
    """Return True if a text looks like a web address."""
    return text.isprintable() and _URL.fullmatch(text) is not None


def _keyword(text: str) -> str:
    """Return a keyword without outer spaces; raise SetupRejected unless it is one word (nothing more is documented)."""
    keyword = text.strip()
    if not keyword.isprintable() or len(keyword.split()) != 1:
        raise SetupRejected(field=Field.KEYWORD)
    return keyword


def _card_form(card: Card) -> list[tuple[str, str]]:
    return [
        ("FirstName", card.first_name.strip()),
        ("LastName", card.last_name.strip()),
        ("Address", card.address.strip()),
        ("City", card.city.strip()),
        ("State", card.state.strip()),
        ("Zip", card.zip.strip()),
        ("Country", card.country.strip()),
        ("Type", card.type),
        ("CCNumber", plain_number(card)),
        ("CCCode", card.code.strip()),
        ("Expm", card.month),
        ("Expy", card.year),
    ]
