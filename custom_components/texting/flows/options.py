"""The options flow: settings, messages, the address that the provider calls, a check, buying credits."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.generated.currencies import ACTIVE_CURRENCIES

from ..const import CONF_PROVIDER, ROUTE
from ..gateway.capabilities import Capability
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..options import stored_options
from ..storage.stores import async_memory
from ..translations import CONFIGURE, async_translations
from .address import async_menu, async_page, async_test
from .check import CheckFlow
from .messages import MessagesFlow
from .purchase import PurchaseFlow
from .settings import MONEY_FIELDS, read_settings, settings_schema, settings_shown


class TextingOptionsFlow(MessagesFlow, CheckFlow, PurchaseFlow):
    """The flow of one account's options, or of a route's."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a page. A route has only settings."""
        if self._info is None:
            return await self.async_step_settings()
        texts = await async_translations(self.hass, CONFIGURE)
        pages = {"settings": texts["settings"], "messages": texts["messages"]}
        if self._info.uses_webhook:
            pages["webhook"] = texts["webhook"]
        if Capability.CREDIT_PURCHASE in self._info.capabilities:
            pages["buy_credits"] = texts["buy_credits"]
        pages["check"] = texts["check"]
        return self.async_show_menu(step_id="init", menu_options=pages)

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the settings."""
        balance_currency, stored = await self._async_balance_currency(), stored_options(self.config_entry)
        schema = settings_schema(self._info, balance_currency or self.hass.config.currency)
        errors: dict[str, str] = {}
        if user_input is not None and self._info is None:
            return self.async_create_entry(data=stored | user_input)
        if user_input is not None:
            options, errors = read_settings(user_input, balance_currency)
            if not errors:
                # A field of the form without a value was emptied.
                fields = {*map(str, schema.schema), *MONEY_FIELDS}
                return self.async_create_entry(data={k: v for k, v in stored.items() if k not in fields} | options)
            schema = settings_schema(self._info, balance_currency or self.hass.config.currency, is_open=True)
        suggested = settings_shown(stored) if user_input is None else user_input
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={"currency": balance_currency or "—"},
        )

    async def _async_balance_currency(self) -> str | None:
        """Return the ISO code of the currency in which the provider counts, if that is known."""
        unit = (await async_memory(self.hass, self.config_entry.entry_id)).balance_unit
        return unit if unit in ACTIVE_CURRENCIES else None

    async def async_step_webhook(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the address to paste at the provider, and when it was last called."""
        return self.async_show_menu(
            step_id="webhook",
            menu_options=await async_menu(self.hass),
            description_placeholders=await async_page(self.hass, self.config_entry),
        )

    async def async_step_test_webhook(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Test the address, and show the result. After that, show the page of the address again."""
        if user_input is not None:
            return await self.async_step_webhook()
        return self.async_show_form(
            step_id="test_webhook",
            data_schema=vol.Schema({}),
            description_placeholders=await async_test(self.hass, self.config_entry),
        )

    async def async_step_close_webhook(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change nothing."""
        return self.async_create_entry(data=stored_options(self.config_entry))

    @property
    def _info(self) -> ProviderInfo | None:
        provider = self.config_entry.data[CONF_PROVIDER]
        return GATEWAYS[Provider(provider)].info if provider != ROUTE else None
