"""The text that tests a way to send."""

import asyncio
from contextlib import suppress

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .account import TextingConfigEntry
from .const import ATTR_TEMPLATE_ID
from .entries import messenger_entries
from .gateway.errors import GatewayError
from .gateway.template import fill
from .messenger import MessengerConfigEntry
from .routing.accounts import account_ids

TEST_TEXT = "Test from Home Assistant"
# The longest wait for the templates of an account, in seconds.
_TIMEOUT = 10.0


async def async_test_text(hass: HomeAssistant, entry: MessengerConfigEntry) -> str:
    """Return a test text. If texts of the account, or of one of a route's, must follow a template, it does."""
    entries: dict[str, TextingConfigEntry] = {each.entry_id: each for each in messenger_entries(hass, only_loaded=True)}
    for account in filter(None, map(entries.get, account_ids(hass, entry.entry_id)[0])):
        if template := await async_template(account):
            return fill(template, TEST_TEXT)
    return TEST_TEXT


async def async_template(account: TextingConfigEntry) -> str:
    """Return the registered template that an account's texts follow, empty if it has none or if it cannot be read."""
    # It may have been unloaded meanwhile.
    if (chosen := account.data.get(ATTR_TEMPLATE_ID)) and account.state is ConfigEntryState.LOADED:
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout(_TIMEOUT):
                templates = await account.runtime_data.gateway.fetch_templates()
            return next((each.message for each in templates if each.template_id == chosen), "")
    return ""
