"""The options flow: settings, the address that the provider calls, a check of the connection, buying credits."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.util import dt as dt_util

from ..const import CONF_PROVIDER, ROUTE
from ..gateway.capabilities import Capability
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..options import stored_options
from ..storage.stores import async_memory
from ..translations import CONFIGURE, async_translations
from ..webhook import async_webhook_url
from .check import CheckFlow
from .forms import settings_schema
from .purchase import PurchaseFlow


class TextingOptionsFlow(CheckFlow, PurchaseFlow):
    """The flow of one account's options, or of a route's."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a page. A route has only settings."""
        if self._info is None:
            return await self.async_step_settings()
        texts = await async_translations(self.hass, CONFIGURE)
        pages = {"settings": texts["settings"]}
        if self._info.uses_webhook:
            pages[f"webhook_{self._info.provider}"] = texts["webhook"]
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

    async def _async_step_webhook(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the address to paste at the provider, and when it was last called."""
        if user_input is not None:
            return self.async_create_entry(data=stored_options(self.config_entry))
        memory = await async_memory(self.hass, self.config_entry.entry_id)
        called_at = memory.webhook_called_at
        address, is_public = await async_webhook_url(self.hass, self.config_entry)
        texts = await async_translations(self.hass, CONFIGURE)
        return self.async_show_form(
            step_id=f"webhook_{self.config_entry.data[CONF_PROVIDER]}",
            data_schema=vol.Schema({}),
            description_placeholders={
                "url": address or "—",
                "note": "" if is_public else texts["not_public" if address else "no_address"],
                "last_call": _local(called_at) if called_at else "—",
                "refused": str(memory.webhook_refused),
            },
        )

    @property
    def _info(self) -> ProviderInfo | None:
        provider = self.config_entry.data[CONF_PROVIDER]
        return GATEWAYS[Provider(provider)].info if provider != ROUTE else None


# Each provider has a step of its own, because its text says where to paste the address.
for _provider, _gateway in GATEWAYS.items():
    if _gateway.info.uses_webhook:
        setattr(
            TextingOptionsFlow,
            f"async_step_webhook_{_provider}",
            TextingOptionsFlow._async_step_webhook,  # noqa: SLF001  own class
        )


def _local(moment: str) -> str:
    parsed = dt_util.parse_datetime(moment)
    return f"{dt_util.as_local(parsed):%Y-%m-%d %H:%M:%S}" if parsed else "—"
