"""Buying credits: a card and a number of credits, given on once."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..gateway.orders import Card, Orders
from .card import CREDITS, Ordered, async_order, card_fields, loaded_account, suggestions

# The most is more than anybody buys; the selector's own limit would tell the value, which may be a card's number.
_AMOUNT = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, step=1, mode=NumberSelectorMode.BOX)),
    vol.Coerce(int),
    vol.Range(max=1_000_000),
)


class PurchaseFlow(OptionsFlow):
    """The steps that buy credits."""

    def __init__(self) -> None:
        """Begin with nothing bought."""
        self._bought = 0
        self._ordered = Ordered()

    async def async_step_buy_credits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the card and buy."""
        account = loaded_account(self.config_entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            amount: int = user_input[CREDITS]

            async def buy(orders: Orders, card: Card) -> None:
                await orders.buy_credits(card, amount)
                self._bought = amount

            if not (errors := await async_order(account, self._ordered, user_input, buy)):
                return await self.async_step_credits_bought()
        schema = vol.Schema({vol.Required(CREDITS): _AMOUNT, **card_fields(account.gateway.orders.card_types)})
        return self.async_show_form(
            step_id="buy_credits",
            data_schema=self.add_suggested_values_to_schema(schema, suggestions(user_input)),
            errors=errors,
            description_placeholders={"account": account.entry.title},
        )

    async def async_step_credits_bought(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what was bought."""
        if user_input is not None:
            return self.async_create_entry(data=dict(self.config_entry.options))
        return self.async_show_form(
            step_id="credits_bought",
            data_schema=vol.Schema({}),
            description_placeholders={"account": self.config_entry.title, "credits": str(self._bought)},
        )
