"""Our own texts that Home Assistant has no other place for: the options of a selector, by their keys."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

# Notes within forms.
CONFIGURE = "configure"
# The words of a check of the connection.
CHECK = "check"
# Replies to commands.
ASSIST = "assist"


async def async_translations(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the texts of a selector's options in the language of Home Assistant."""
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
