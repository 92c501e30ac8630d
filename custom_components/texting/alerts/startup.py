"""What an alert waits for while Home Assistant starts."""

import asyncio
from contextlib import suppress

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..entries import messenger_entries

# How long an alert waits for the accounts, in seconds.
ACCOUNTS_TIMEOUT = 60.0


async def async_accounts_ready(hass: HomeAssistant) -> None:
    """Wait until all accounts and routes are loaded or cannot be, for ACCOUNTS_TIMEOUT at most.

    Before that it is not known who can reply. Once Home Assistant has set up everything, nothing is waited for.
    """
    ready = asyncio.Event()

    @callback
    def check(_change: ConfigEntryChange | None = None, _entry: ConfigEntry | None = None) -> None:
        if not any(_is_coming(entry) for entry in messenger_entries(hass)):
            ready.set()

    if hass.is_running:
        return
    check()
    stop = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, check)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(ACCOUNTS_TIMEOUT):
                await ready.wait()
    finally:
        stop()


def _is_coming(entry: ConfigEntry) -> bool:
    coming = (ConfigEntryState.NOT_LOADED, ConfigEntryState.SETUP_IN_PROGRESS)
    return entry.state in coming and not entry.disabled_by
