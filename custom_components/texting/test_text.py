"""The text that tests a way to send."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from .account import TextingConfigEntry
from .const import ATTR_TEMPLATE_ID, DOMAIN
from .entries import messenger_entries
from .gateway.errors import GatewayError
from .gateway.message import Template
from .gateway.template import fill
from .messenger import MessengerConfigEntry
from .routing.accounts import account_ids

TEST_TEXT = "Test from Home Assistant"
# The longest wait for the templates of an account, in seconds.
_TIMEOUT = 10.0
# For so long nothing is read again, so that several texts, or a step of a dialog, wait once.
_FRESH = 10.0
# When templates were asked for last, and those that were read last, by the entry id of the account.
_KNOWN: HassKey[dict[str, tuple[float, Sequence[Template]]]] = HassKey(f"{DOMAIN}_templates")


async def async_test_text(hass: HomeAssistant, entry: MessengerConfigEntry) -> str:
    """Return a test text. If texts of the account, or of one of a route's, must follow a template, it does."""
    entries: dict[str, TextingConfigEntry] = {each.entry_id: each for each in messenger_entries(hass, only_loaded=True)}
    for account in filter(None, map(entries.get, account_ids(hass, entry.entry_id)[0])):
        if template := await async_template(hass, account):
            return fill(template.message, TEST_TEXT)
    return TEST_TEXT


async def async_template(hass: HomeAssistant, account: TextingConfigEntry, template_id: str = "") -> Template | None:
    """Return the registered template that an account's texts follow, None if it has none or if it is not known.

    It is the one with this id if the account has it, else the account's own.
    """
    if not (own := account.data.get(ATTR_TEMPLATE_ID)):
        return None
    known = {each.template_id: each for each in await async_templates(hass, account)}
    return known.get(template_id) or known.get(own)


async def async_templates(hass: HomeAssistant, account: TextingConfigEntry) -> Sequence[Template]:
    """Return the registered templates of an account as they are now, or as they were when they could be read last."""
    known = hass.data.setdefault(_KNOWN, {})
    asked_at, templates = known.get(account.entry_id, (-_FRESH, ()))
    # It may have been unloaded meanwhile.
    if account.state is ConfigEntryState.LOADED and hass.loop.time() - asked_at >= _FRESH:
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout(_TIMEOUT):
                templates = await account.runtime_data.gateway.fetch_templates()
        known[account.entry_id] = hass.loop.time(), templates
    return templates
