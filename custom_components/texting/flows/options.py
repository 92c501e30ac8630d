"""Configure: an account's settings, the address its provider calls, and what it sells."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.util import dt as dt_util

from ..const import CONF_PROVIDER, ROUTE
from ..gateway.capabilities import Capability
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..state import async_memory
from ..texts import CONFIGURE, async_texts
from ..webhook import async_address
from .forms import settings_schema
from .purchase import PurchaseFlow


class TextingOptionsFlow(PurchaseFlow):
    """The flow of one account's options, or of a route's."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what to look at."""
        if self._info is None:
            return await self.async_step_settings()
        texts = await async_texts(self.hass, CONFIGURE)
        options = {"settings": texts["settings"]}
        if self._info.uses_webhook:
            options[f"webhook_{self._info.provider}"] = texts["webhook"]
        if Capability.CREDIT_PURCHASE in self._info.capabilities:
            options["buy_credits"] = texts["buy_credits"]
        return self.async_show_menu(step_id="init", menu_options=options)

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the settings."""
        if user_input is not None:
            # What the form leaves out was emptied.
            asked = settings_schema(self._info).schema
            kept = {name: value for name, value in self.config_entry.options.items() if name not in asked}
            return self.async_create_entry(data=kept | user_input)
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(settings_schema(self._info), self.config_entry.options),
        )

    async def _async_step_webhook(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the address to paste at the provider, and whether anything has come there."""
        if user_input is not None:
            return self.async_create_entry(data=dict(self.config_entry.options))
        memory = await async_memory(self.hass, self.config_entry.entry_id)
        called = memory.webhook_called_at
        address, public = await async_address(self.hass, self.config_entry)
        texts = await async_texts(self.hass, CONFIGURE)
        return self.async_show_form(
            step_id=f"webhook_{self.config_entry.data[CONF_PROVIDER]}",
            data_schema=vol.Schema({}),
            description_placeholders={
                "url": address or "—",
                "note": "" if public else texts["not_public" if address else "no_address"],
                "last_call": _local(called) if called else "—",
                "refused": str(memory.webhook_refused),
            },
        )

    @property
    def _info(self) -> ProviderInfo | None:
        provider = self.config_entry.data[CONF_PROVIDER]
        return GATEWAYS[Provider(provider)].info if provider != ROUTE else None


# Each provider's own words tell where to paste the address.
for _provider, _gateway in GATEWAYS.items():
    if _gateway.info.uses_webhook:
        setattr(
            TextingOptionsFlow,
            f"async_step_webhook_{_provider}",
            TextingOptionsFlow._async_step_webhook,  # noqa: SLF001  its own class
        )


def _local(moment: str) -> str:
    parsed = dt_util.parse_datetime(moment)
    return f"{dt_util.as_local(parsed):%Y-%m-%d %H:%M:%S}" if parsed else "—"
