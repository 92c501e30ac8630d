"""The options flow: settings, messages, the address that the provider calls, a check, buying credits."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult

from ..const import CONF_PROVIDER, ROUTE
from ..gateway.capabilities import Capability
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..options import stored_options
from ..translations import CONFIGURE, async_translations
from .address import async_menu, async_page, async_test
from .check import CheckFlow
from .forms import settings_schema
from .messages import MessagesFlow
from .purchase import PurchaseFlow


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
        schema, stored = settings_schema(self._info), stored_options(self.config_entry)
        if user_input is not None:
            # A field of the form without a value was emptied.
            kept = {name: value for name, value in stored.items() if name not in schema.schema}
            return self.async_create_entry(data=kept | user_input)
        return self.async_show_form(step_id="settings", data_schema=self.add_suggested_values_to_schema(schema, stored))

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
