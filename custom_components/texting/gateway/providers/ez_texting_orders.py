"""What the EZ Texting platform sells: credits and keywords."""

from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
import re

from ..errors import Field, GatewayError, OrderTooSmall, OrderUnknown, OutcomeUnknown, SetupRejected
from ..orders import Card, KeywordSetup, Orders, plain_number
from .ez_texting_codes import BOUGHT, BUY, CHECK, FREE, RENT, RENTED, SET_UP, TAKEN, UPDATED, Outcomes, failure

AUTOREPLY_LENGTH = 160
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)

type Form = Iterable[tuple[str, str]]
# Makes the request to a path with a form, and returns its bare number.
type Call = Callable[[str, Form], Awaitable[Decimal]]


class EZTextingOrders(Orders):
    """The orders of one account."""

    card_types = ("MC", "Visa", "AX", "DS", "JCB")

    def __init__(self, call: Call, allowed: frozenset[str]) -> None:
        """Order through an account's API; allowed are the characters of its texts."""
        self._call = call
        self._allowed = allowed

    async def buy_credits(self, card: Card, amount: int) -> None:
        """Buy credits."""
        if amount < 1:
            raise OrderTooSmall
        await self._purchase("credits/buy", card, ("Credits", str(amount)), BOUGHT, BUY)

    async def is_free(self, keyword: str) -> bool:
        """Whether the keyword can be rented."""
        code = await self._call("keyword/check", [("Keyword", _keyword(keyword))])
        if code not in (FREE, TAKEN):
            raise failure(code, CHECK)
        return code == FREE

    async def rent(self, keyword: str, card: Card) -> None:
        """Rent a keyword."""
        await self._purchase("keyword/rent", card, ("Keyword", _keyword(keyword)), RENTED, RENT)

    async def set_up(self, setup: KeywordSetup) -> None:
        """Set up a keyword; what is None is left out, and stays."""
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
        """Raise for what the provider would refuse."""
        text = setup.autoreply
        if text is not None and not (text.strip() and len(text) <= AUTOREPLY_LENGTH and self._allowed.issuperset(text)):
            raise SetupRejected(field=Field.AUTOREPLY)
        if setup.email and not (setup.email.isprintable() and _EMAIL.fullmatch(setup.email)):
            raise SetupRejected(field=Field.EMAIL)
        if setup.url and not is_url(setup.url):
            raise SetupRejected(field=Field.URL)
        if setup.group and not setup.group.isprintable():
            raise SetupRejected(field=Field.GROUP)

    async def _purchase(self, path: str, card: Card, ordered: tuple[str, str], done: int, outcomes: Outcomes) -> None:
        """Make a purchase, once; raises errors that hold nothing of the request."""
        form = [*_card_form(card), ordered]
        try:
            code = await self._call(path, form)
            error = None if code == done else failure(code, outcomes)
        except OutcomeUnknown as err:
            error = err
        except GatewayError as err:
            # Apart from what led to it: the frames of a traceback hold the form.
            error = err.with_traceback(None)
            error.__context__ = None
        except Exception as err:  # noqa: BLE001  its own words may hold the card
            error = OrderUnknown(type(err).__name__)
        finally:
            form.clear()
        if isinstance(error, OutcomeUnknown):
            error = OrderUnknown(error.detail, code=error.code)
        if error:
            raise error


def is_url(text: str) -> bool:
    """Whether a text looks like the address of something on the internet."""
    return text.isprintable() and _URL.fullmatch(text) is not None


def _keyword(text: str) -> str:
    """A keyword as it is sent; raises SetupRejected for what can be none: what a keyword may hold is not documented."""
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
