"""Our own words where Home Assistant has no place for them: the options of a selector, by their keys."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

CONFIGURE = "configure"
ASSIST = "assist"


async def async_texts(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """They in the home's language."""
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
