"""Our own texts that Home Assistant has no other place for: the options of a selector, by their keys."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations, async_get_translations

from .const import DOMAIN

_CATEGORY = "selector"

# Notes within forms.
CONFIGURE = "configure"
# The words of a check of the connection.
CHECK = "check"
# Replies to commands.
ASSIST = "assist"


async def async_translations(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the texts of a selector's options in the language of Home Assistant."""
    return _options(selector, await async_get_translations(hass, hass.config.language, _CATEGORY, [DOMAIN]))


@callback
def known_texts(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the same without waiting. Home Assistant has loaded them when the integration is set up."""
    return _options(selector, async_get_cached_translations(hass, hass.config.language, _CATEGORY, DOMAIN))


def _options(selector: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
