"""Orders that are paid by credit card: one order of a dialog, and the steps that buy credits.

The provider gets the card once, after the user has confirmed what it will be charged for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import logging
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode
from homeassistant.util.hass_dict import HassKey

from ..account import Account
from ..const import DOMAIN
from ..delivery.money import written
from ..error_messages import form_error
from ..gateway.errors import GatewayError, OrderTooSmall, OutcomeUnknown
from ..gateway.orders import Card, Orders
from ..options import stored_options
from ..translations import CONFIGURE, async_translations
from .card import Order, async_card_name, async_card_note, card_fields
from .forms import other_host

_LOGGER = logging.getLogger(__name__)
# The entry ids of accounts with an order under way. A form that is submitted twice orders once.
_ORDERING: HassKey[set[str]] = HassKey(f"{DOMAIN}_ordering")

_CREDITS = "credits"
# Nobody buys more.
_MAX_CREDITS = 1_000_000


def seller(account: Account) -> str:
    """Return who charges the card: the provider, or the site that runs its software."""
    return other_host(account.info, account.entry.data) or account.info.name


async def async_expected_price(account: Account, credit_count: int) -> str:
    """Return a line with what credits cost by the account's price of a segment; empty if it has none.

    A segment costs a credit.
    """
    pricing = account.pricing
    price, currency = pricing.price_of(credit_count), pricing.currency
    if price is None or currency is None:
        return ""
    texts = await async_translations(account.hass, CONFIGURE)
    return f"{texts['expected_price']}: **{written(price, currency)}**"


def loaded_account(entry: ConfigEntry) -> Account:
    """Return the account of an entry; abort the dialog if it is not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        raise AbortFlow("account_not_loaded")
    account: Account = entry.runtime_data
    return account


def enter_card(account: Account, order: Order, user_input: Mapping[str, Any]) -> dict[str, str]:
    """Keep the card of a form until it is ordered. Return the errors by field. Abort as async_order does."""
    order.suggest(user_input)
    if errors := _order_under_way(account, order):
        order.forget()
        return errors
    return order.async_enter(account.hass, user_input, account.gateway.orders.card_types)


async def async_order(
    account: Account, order: Order, place: Callable[[Orders, Card], Awaitable[None]]
) -> dict[str, str]:
    """Order once, and forget the card. Return the errors by field, none if the provider took the order.

    Abort the dialog if the outcome is unknown: only the user may order again. A browser that disconnects ends the
    step, but not the order.
    """
    if errors := _order_under_way(account, order):
        return errors
    if order.done:
        return {}
    if (card := order.take_card()) is None:
        return {"base": "card_forgotten"}
    account.hass.data[_ORDERING].add(account.entry.entry_id)
    placing = _async_place(account, order, place(account.gateway.orders, card))
    errors = await asyncio.shield(account.hass.async_create_task(placing, "texting order"))
    if order.uncertain:
        raise AbortFlow("order_unknown")
    return errors


def _order_under_way(account: Account, order: Order) -> dict[str, str]:
    """Return the error of a form if the account has an order under way. Abort if nobody knows how this one ended."""
    if account.entry.entry_id in account.hass.data.setdefault(_ORDERING, set()):
        return {"base": "order_under_way"}
    if order.uncertain:
        _refresh_balance(account)
        raise AbortFlow("order_unknown")
    return {}


async def _async_place(account: Account, order: Order, placing: Awaitable[None]) -> dict[str, str]:
    """Order, and return the errors by field. Raise nothing, because nobody may be waiting any more."""
    order.uncertain = True
    try:
        await placing
    except OutcomeUnknown:
        return {}
    except GatewayError as err:
        order.uncertain = False
        account.async_failed(err)
        return _order_error(err)
    except Exception as err:  # noqa: BLE001  the outcome of the order is unknown
        _log_type(err)
        return {}
    else:
        order.done, order.uncertain = True, False
        return {}
    finally:
        account.hass.data[_ORDERING].discard(account.entry.entry_id)
        if order.done or order.uncertain:
            _refresh_balance(account)


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
    """The steps that buy credits: the form, the confirmation and the result."""

    def __init__(self) -> None:
        """Start without an order."""
        self._credits = 0
        self._bought = 0
        self._order = Order()

    @callback
    @override
    def async_remove(self) -> None:
        """Forget the card when the dialog is closed."""
        self._order.forget()

    async def async_step_buy_credits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the number of credits and the card."""
        account = loaded_account(self.config_entry)
        if user_input is None:
            return await self._async_show_order(account, {})
        if self._order.done:
            return await self.async_step_credits_bought()
        credit_count = _credit_count(user_input)
        errors = enter_card(account, self._order, user_input)
        if credit_count is None:
            # It may be the number of the card.
            self._order.suggested.pop(_CREDITS, None)
            errors[_CREDITS] = "invalid_credits"
        else:
            self._credits = credit_count
        return await self._async_show_order(account, errors) if errors else await self.async_step_confirm_credits()

    async def _async_show_order(self, account: Account, errors: dict[str, str]) -> ConfigFlowResult:
        amount = NumberSelector(NumberSelectorConfig(step=1, mode=NumberSelectorMode.BOX))
        schema = vol.Schema({vol.Optional(_CREDITS): amount, **card_fields(account.gateway.orders.card_types)})
        return self.async_show_form(
            step_id="buy_credits",
            data_schema=self.add_suggested_values_to_schema(schema, self._order.suggested),
            errors=errors,
            description_placeholders={
                "account": account.entry.title,
                "note": await async_card_note(self.hass, self._order),
            },
        )

    async def async_step_confirm_credits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what will be charged to which card, and ask whether to order."""
        account, card = loaded_account(self.config_entry), self._order.card
        if card is None:
            return await self._async_show_order(account, {})
        texts = await async_translations(self.hass, CONFIGURE)
        return self.async_show_menu(
            step_id="confirm_credits",
            menu_options={"pay": texts["pay"], "buy_credits": texts["change_order"]},
            description_placeholders={
                "provider": seller(account),
                "credits": str(self._credits),
                "card": await async_card_name(self.hass, card),
                "price": await async_expected_price(account, self._credits),
            },
        )

    async def async_step_pay(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Buy the credits."""
        account, credit_count = loaded_account(self.config_entry), self._credits

        async def buy(orders: Orders, card: Card) -> None:
            await orders.buy_credits(card, credit_count)
            self._bought = credit_count

        errors = await async_order(account, self._order, buy)
        return await self._async_show_order(account, errors) if errors else await self.async_step_credits_bought()

    async def async_step_credits_bought(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was bought."""
        if user_input is not None:
            return self.async_create_entry(data=stored_options(self.config_entry))
        return self.async_show_form(
            step_id="credits_bought",
            data_schema=vol.Schema({}),
            description_placeholders={"account": self.config_entry.title, "credits": str(self._bought)},
        )


def _credit_count(user_input: Mapping[str, Any]) -> int | None:
    """Return how many credits are wanted; None if that is no number that can be bought."""
    amount = user_input.get(_CREDITS, 0)
    return int(amount) if 1 <= amount <= _MAX_CREDITS and float(amount).is_integer() else None
