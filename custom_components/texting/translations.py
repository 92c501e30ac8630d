"""Our own texts that Home Assistant has no other place for: the options of a selector, by their keys."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    LOCALE_EN,
    async_get_cached_translations,
    async_get_translations,
)

from .const import DOMAIN

_CATEGORY = "selector"

# Notes within forms.
CONFIGURE = "configure"
# The types of credit cards.
CARD_TYPE = "card_type"
# The status of a message.
STATUS = "status"
# What the last step of an alert's dialog says.
ALERT_PREVIEW = "alert_preview"
# The words of a check of the connection.
CHECK = "check"
# The results of a test of the webhook's address.
WEBHOOK_TEST = "webhook_test"
# Replies to commands.
ASSIST = "assist"
# The sentences of a drill's report.
DRILL = "drill"


async def async_translations(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the texts of a selector's options in the language of Home Assistant."""
    return _options(selector, await async_get_translations(hass, hass.config.language, _CATEGORY, [DOMAIN]))


@callback
def known_text(hass: HomeAssistant, selector: str, key: str) -> str | None:
    """Return the text of one option without waiting, in English as long as there is no other.

    Home Assistant has loaded the texts when the integration is set up.
    """
    path = f"{_prefix(selector)}{key}"
    for language in (hass.config.language, LOCALE_EN):
        if text := async_get_cached_translations(hass, language, _CATEGORY, DOMAIN).get(path):
            return text
    return None


def _options(selector: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    prefix = _prefix(selector)
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}


def _prefix(selector: str) -> str:
    return f"component.{DOMAIN}.selector.{selector}.options."
