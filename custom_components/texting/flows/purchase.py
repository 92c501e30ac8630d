"""Orders that are paid by credit card: the form of the card, one order of a dialog, and the steps that buy credits.

The provider gets the card once. Nothing keeps it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import logging
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..account import Account
from ..const import DOMAIN
from ..error_messages import form_error
from ..gateway.errors import GatewayError, OrderTooSmall, OutcomeUnknown
from ..gateway.orders import Card, Orders, check_card
from ..options import stored_options
from .forms import select

_LOGGER = logging.getLogger(__name__)
# The entry ids of accounts with an order under way. A form that is submitted twice orders once.
_ORDERING: HassKey[set[str]] = HassKey(f"{DOMAIN}_ordering")

_CREDITS = "credits"
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
# Nobody buys more. Not the selector's own limit: its error would show the value, which may be a card's number.
_AMOUNT = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, step=1, mode=NumberSelectorMode.BOX)),
    vol.Coerce(int),
    vol.Range(max=1_000_000),
)


@dataclass(slots=True)
class OrderState:
    """The order of one dialog. It outlives the browser's request, so the form knows it when it is sent again."""

    # The provider took the order.
    done: bool = False
    # The order was sent, and its outcome is unknown.
    uncertain: bool = False


def card_fields(types: Sequence[str]) -> dict[vol.Marker, Any]:
    """Return the fields of a card of these types.

    The schema itself checks nothing, because its errors may show the value. async_order checks the card.
    """
    return {
        vol.Required(name): select(tuple(type_key(each) for each in types), "card_type")
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


def suggestions(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that a form suggests again."""
    return {name: value for name, value in (user_input or {}).items() if name not in SECRET}


def loaded_account(entry: ConfigEntry) -> Account:
    """Return the account of an entry; abort the dialog if it is not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        raise AbortFlow("account_not_loaded")
    account: Account = entry.runtime_data
    return account


async def async_order(
    account: Account, state: OrderState, user_input: Mapping[str, Any], order: Callable[[Orders, Card], Awaitable[None]]
) -> dict[str, str]:
    """Check the card and order once. Return the errors by field, none if the provider took the order.

    Abort the dialog if the outcome is unknown: only the user may order again. A browser that disconnects ends the
    step, but not the order.
    """
    entry_id, ordering = account.entry.entry_id, account.hass.data.setdefault(_ORDERING, set())
    if entry_id in ordering:
        return {"base": "order_under_way"}
    if state.done:
        return {}
    if state.uncertain:
        _refresh_balance(account)
        raise AbortFlow("order_unknown")
    orders = account.gateway.orders
    card = _card(user_input, orders.card_types)
    if field := check_card(card, dt_util.now().date()):
        return {field: f"invalid_{field}" if field in _EXPLAINED else "invalid_field"}
    ordering.add(entry_id)
    placing = _async_place(account, state, order(orders, card))
    errors = await asyncio.shield(account.hass.async_create_task(placing, "texting order"))
    if state.uncertain:
        raise AbortFlow("order_unknown")
    return errors


async def _async_place(account: Account, state: OrderState, order: Awaitable[None]) -> dict[str, str]:
    """Order, and return the errors by field. Raise nothing, because nobody may be waiting any more."""
    state.uncertain = True
    try:
        await order
    except OutcomeUnknown:
        return {}
    except GatewayError as err:
        state.uncertain = False
        account.async_failed(err)
        return _order_error(err)
    except Exception as err:  # noqa: BLE001  the outcome of the order is unknown
        _log_type(err)
        return {}
    else:
        state.done, state.uncertain = True, False
        return {}
    finally:
        account.hass.data[_ORDERING].discard(account.entry.entry_id)
        if state.done or state.uncertain:
            _refresh_balance(account)


def _card(user_input: Mapping[str, Any], types: Sequence[str]) -> Card:
    """Return the card as the provider takes it: its own word for the type, month and year of two digits each."""
    words = {type_key(each): each for each in types}
    values = {name: str(user_input[name]).strip() for name in _AUTOCOMPLETE}
    values[_TYPE] = words[values[_TYPE]]
    values["month"] = values["month"].zfill(2)
    if len(values["year"]) == _YEAR_DIGITS:
        values["year"] = values["year"].removeprefix(_CENTURY)
    return Card(**values)


def _order_error(error: GatewayError) -> dict[str, str]:
    """Return the error by field. The provider's own words are not logged, because they may repeat the card."""
    key = form_error(error)
    return {_CREDITS if isinstance(error, OrderTooSmall) else "base": "declined" if key == "unknown" else key}


def _log_type(error: Exception) -> None:
    """Log an unexpected error without its words, because they may contain the card."""
    _LOGGER.error("Unexpected %s during an order; whether it was made is unknown", type(error).__name__)


def _refresh_balance(account: Account) -> None:
    """Read the balance now, and once more a little later, because credits may arrive late."""
    account.entry.async_create_background_task(account.hass, account.balance.async_refresh(), "texting balance")
    account.balance.async_refresh_soon()


class PurchaseFlow(OptionsFlow):
    """The steps that buy credits."""

    def __init__(self) -> None:
        """Start without an order."""
        self._bought = 0
        self._order = OrderState()

    async def async_step_buy_credits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the card and the number of credits, and buy them."""
        account = loaded_account(self.config_entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            amount: int = user_input[_CREDITS]

            async def buy(orders: Orders, card: Card) -> None:
                await orders.buy_credits(card, amount)
                self._bought = amount

            if not (errors := await async_order(account, self._order, user_input, buy)):
                return await self.async_step_credits_bought()
        schema = vol.Schema({vol.Required(_CREDITS): _AMOUNT, **card_fields(account.gateway.orders.card_types)})
        return self.async_show_form(
            step_id="buy_credits",
            data_schema=self.add_suggested_values_to_schema(schema, suggestions(user_input)),
            errors=errors,
            description_placeholders={"account": account.entry.title},
        )

    async def async_step_credits_bought(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was bought."""
        if user_input is not None:
            return self.async_create_entry(data=stored_options(self.config_entry))
        return self.async_show_form(
            step_id="credits_bought",
            data_schema=vol.Schema({}),
            description_placeholders={"account": self.config_entry.title, "credits": str(self._bought)},
        )
