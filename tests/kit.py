"""Loaded before the test kit: lets the newest kit run on a Home Assistant that is newer than it."""

import homeassistant.const  # noqa: F401, I001  (first: newer cores alias httpx and voluptuous here, before anything imports them)

from homeassistant.components import logger

if not hasattr(logger, "_clear_logger_overwrites"):
    # Gone from core after the kit was made; the kit calls it after every test.
    vars(logger)["_clear_logger_overwrites"] = lambda _hass: None
