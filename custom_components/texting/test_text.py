"""The text that tests a way to send."""

import asyncio
from contextlib import suppress

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .account import TextingConfigEntry
from .const import ATTR_TEMPLATE_ID
from .gateway.errors import GatewayError
from .gateway.template import fill
from .messenger import MessengerConfigEntry
from .routing.accounts import account_ids

TEST_TEXT = "Test from Home Assistant"
# The longest wait for the templates of an account, in seconds.
_TIMEOUT = 10.0


async def async_test_text(hass: HomeAssistant, entry: MessengerConfigEntry) -> str:
    """Return a test text. If texts of the account, or of one of a route's, must follow a template, it does."""
    for entry_id in account_ids(hass, entry.entry_id)[0]:
        account: TextingConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
        if account and account.state is ConfigEntryState.LOADED and (chosen := account.data.get(ATTR_TEMPLATE_ID)):
            with suppress(GatewayError, TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    templates = await account.runtime_data.gateway.fetch_templates()
                if words := next((each.message for each in templates if each.template_id == chosen), ""):
                    return fill(words, TEST_TEXT)
    return TEST_TEXT
