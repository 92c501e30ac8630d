"""The credit card of an order: its form, the check of what was entered, and the card until the order is placed.

The card is in memory only, from the form to the order. Nothing stores it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.util import dt as dt_util

from ..gateway.orders import Card, check_card, plain_number
from ..translations import CARD_TYPE, CONFIGURE, async_translations
from .forms import select

# The card of a dialog that nobody closes is forgotten after this many seconds.
FORGET_AFTER = 10 * 60

_TYPE = "type"
# The fields of the card, and how a browser fills them in.
_AUTOCOMPLETE: Mapping[str, str] = {
    "first_name": "cc-given-name",
    "last_name": "cc-family-name",
    "address": "billing street-address",
    "city": "billing address-level2",
    "state": "billing address-level1",
    "zip": "billing postal-code",
    "country": "billing country",
    _TYPE: "",
    "number": "cc-number",
    "code": "cc-csc",
    "month": "cc-exp-month",
    "year": "cc-exp-year",
}
# The form never suggests these again.
SECRET = ("number", "code")
# These fields have an error text of their own. The others must only not be empty.
_EXPLAINED = frozenset({"number", "code", "month", "year", _TYPE})
_YEAR_DIGITS, _CENTURY = 4, "20"
_LAST_DIGITS = 4


def card_fields(types: Sequence[str]) -> dict[vol.Marker, Any]:
    """Return the fields of a card of these types.

    All are optional, because a browser chooses a value for a required field that has none. The schema itself checks
    nothing, because its errors may show the value. Order.async_enter checks the card.
    """
    return {
        vol.Optional(name): select(tuple(type_key(each) for each in types), "card_type")
        if name == _TYPE
        else TextSelector(
            TextSelectorConfig(
                type=TextSelectorType.PASSWORD if name in SECRET else TextSelectorType.TEXT, autocomplete=autocomplete
            )
        )
        for name, autocomplete in _AUTOCOMPLETE.items()
    }


def type_key(card_type: str) -> str:
    """Return the translation key of a provider's card type."""
    return card_type.lower()


@dataclass(slots=True, repr=False)
class Order:
    """The order of one dialog. It outlives the browser's request, so the form knows it when it is sent again."""

    # The provider took the order.
    done: bool = False
    # The order was sent, and its outcome is unknown.
    uncertain: bool = False
    # The card, from the form to the order.
    card: Card | None = None
    # What the form suggests again: everything but the number and the code.
    suggested: dict[str, Any] = field(default_factory=dict)
    _cancel_timer: CALLBACK_TYPE | None = None

    @callback
    def async_enter(self, hass: HomeAssistant, user_input: Mapping[str, Any], types: Sequence[str]) -> dict[str, str]:
        """Keep the card of a form. Return the errors by field, and keep no new card if there are any.

        A number and a code that are left empty stay as they are, but a changed card needs its code again.
        """
        known = self.card
        if any(user_input.get(name) for name in SECRET):
            self.forget()
        values = {name: str(user_input.get(name, "")).strip() for name in _AUTOCOMPLETE}
        if known:
            values["number"] = values["number"] or known.number
        needed = [name for name in _AUTOCOMPLETE if not (known and name == "code")]
        if empty := {name: _error(name) for name in needed if not values[name]}:
            return empty
        card = _card(values, types)
        if known and not card.code:
            if not _is_same(card, known):
                return {"code": "code_again"}
            card = _card({**values, "code": known.code}, types)
        if name := check_card(card, dt_util.now().date()):
            return {name: _error(name)}
        self._keep(hass, card)
        return {}

    def _keep(self, hass: HomeAssistant, card: Card) -> None:
        self.forget()
        self.card = card

        @callback
        def forget(_now: datetime) -> None:
            self._cancel_timer = None
            self.forget()

        job = HassJob(forget, "texting card", cancel_on_shutdown=True)
        self._cancel_timer = async_call_later(hass, FORGET_AFTER, job)

    def take_card(self) -> Card | None:
        """Return the card and forget it."""
        card = self.card
        self.forget()
        return card

    @callback
    def forget(self) -> None:
        """Forget the card."""
        self.card = None
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    def suggest(self, user_input: Mapping[str, Any]) -> None:
        """Let the form suggest what was entered, without the number and the code."""
        self.suggested = {name: value for name, value in user_input.items() if name not in SECRET}


async def async_card_name(hass: HomeAssistant, card: Card) -> str:
    """Return the name of a card: its type and its last four digits, such as "Visa •••• 1111"."""
    types = await async_translations(hass, CARD_TYPE)
    return f"{types[type_key(card.type)]} •••• {plain_number(card)[-_LAST_DIGITS:]}"


async def async_card_note(hass: HomeAssistant, order: Order) -> str:
    """Return what the form says of the number and the code: they are kept, or to be entered again. Empty at first."""
    texts = await async_translations(hass, CONFIGURE)
    if order.card:
        return f"{await async_card_name(hass, order.card)}. {texts['card_kept']}"
    return texts["card_again"] if order.suggested else ""


def _error(name: str) -> str:
    """Return the error of a field."""
    return f"invalid_{name}" if name in _EXPLAINED else "invalid_field"


def _card(values: Mapping[str, str], types: Sequence[str]) -> Card:
    """Return the card as the provider takes it: its own word for the type, month and year of two digits each."""
    year = values["year"]
    return Card(
        **{
            **values,
            _TYPE: {type_key(each): each for each in types}[values[_TYPE]],
            "month": values["month"].zfill(2),
            "year": year.removeprefix(_CENTURY) if len(year) == _YEAR_DIGITS else year,
        }
    )


def _is_same(card: Card, other: Card) -> bool:
    """Return True if two forms hold the same card. Its billing address may differ."""
    ours, others = ((plain_number(each), each.type, each.month, each.year) for each in (card, other))
    return ours == others
