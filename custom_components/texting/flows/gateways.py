"""The gateway with which a dialog checks an account."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import DummyCookieJar

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession

from ..gateway.base import Gateway
from ..gateway.providers import create_gateway


@asynccontextmanager
async def open_gateway(
    hass: HomeAssistant, values: Mapping[str, Any], entry: ConfigEntry | None = None
) -> AsyncIterator[Gateway[Any]]:
    """Open a gateway with these values. It shares no cookie, but it shares the limit of connections of its account.

    A cookie of another account at the same host could make wrong credentials look right.
    """
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=DummyCookieJar())
    is_running = entry is not None and entry.state is ConfigEntryState.LOADED
    slots = entry.runtime_data.gateway.slots if entry is not None and is_running else None
    try:
        yield create_gateway(session, values, slots)
    finally:
        session.detach()
