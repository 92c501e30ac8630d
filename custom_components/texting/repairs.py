"""The dialogs of the repair issues that can be fixed in **Settings > Repairs**."""

from typing import TYPE_CHECKING, Any

import voluptuous as vol

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import CONF_PROVIDER
from .flows.address import async_menu, async_page, async_test
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS
from .translations import CONFIGURE, async_translations

if TYPE_CHECKING:
    from homeassistant.components.repairs.models import RepairsFlowResult

    from .account import TextingConfigEntry


async def async_create_fix_flow(hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None) -> RepairsFlow:
    """Return the dialog of an issue. What is only news is confirmed."""
    return NeverCalledFlow() if data else ConfirmRepairFlow()


class NeverCalledFlow(RepairsFlow):
    """Shows the address that the provider should call, and tests it."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the page of the address."""
        return await self.async_step_webhook()

    async def async_step_webhook(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what is wrong, the address, and where to paste it."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="account_removed")
        texts = await async_translations(self.hass, CONFIGURE)
        info = GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info
        return self.async_show_menu(
            step_id="webhook",
            menu_options=await async_menu(self.hass),
            description_placeholders={
                **await async_page(self.hass, entry),
                "account": entry.title,
                "reason": texts["no_reports" if info.awaits_reports else "no_replies"],
            },
        )

    async def async_step_test_webhook(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Test the address, and show the result. After that, show the page of the address again."""
        if (entry := self._entry) is None or user_input is not None:
            return await self.async_step_webhook()
        return self.async_show_form(
            step_id="test_webhook",
            data_schema=vol.Schema({}),
            description_placeholders=await async_test(self.hass, entry),
        )

    async def async_step_close_webhook(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Believe that the address is at the provider now. The next text that it should call about is the proof."""
        if (entry := self._entry) and entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.calls.async_forget()
        return self.async_create_entry(data={})

    @property
    def _entry(self) -> TextingConfigEntry | None:
        return self.hass.config_entries.async_get_entry(str((self.data or {})["entry_id"]))
