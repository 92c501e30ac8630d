"""Patch Home Assistant before the test kit loads, so that the newest kit runs on a newer Home Assistant."""

# This import must be first: newer versions alias httpx and voluptuous here, before anything imports them.
import homeassistant.const  # noqa: F401, I001

from homeassistant.components import logger

if not hasattr(logger, "_clear_logger_overwrites"):
    # Newer versions of Home Assistant lack this function, but the kit calls it after every test.
    vars(logger)["_clear_logger_overwrites"] = lambda _hass: None
