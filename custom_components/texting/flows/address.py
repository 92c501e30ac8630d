"""The page of the address that a provider calls, in the options and in Repairs, and its test."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import CONF_PROVIDER
from ..gateway.provider import Provider
from ..gateway.providers import GATEWAYS
from ..own_call import async_call
from ..storage.stores import async_memory
from ..translations import CONFIGURE, WEBHOOK_TEST, async_translations
from ..webhook import async_webhook_url


async def async_page(hass: HomeAssistant, entry: ConfigEntry) -> Mapping[str, str]:
    """Return what the page names: the address, where to paste it, when it was last called, how many were refused."""
    memory = await async_memory(hass, entry.entry_id)
    address, is_public = await async_webhook_url(hass, entry)
    texts = await async_translations(hass, CONFIGURE)
    called_at = memory.webhook_called_at
    return {
        "url": address or "—",
        "note": "" if is_public else texts["not_public" if address else "no_address"],
        "where": texts[f"paste_{entry.data[CONF_PROVIDER]}"],
        "last_call": _local(called_at) if called_at else texts["never_called"],
        "refused": str(memory.webhook_refused),
    }


async def async_menu(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the buttons of the page, by the steps that they lead to."""
    texts = await async_translations(hass, CONFIGURE)
    return {step: texts[step] for step in ("test_webhook", "close_webhook")}


async def async_test(hass: HomeAssistant, entry: ConfigEntry) -> Mapping[str, str]:
    """Call the address, and return what the page of the result says: what that proves, or what is wrong."""
    address, is_public = await async_webhook_url(hass, entry)
    notes = await async_translations(hass, CONFIGURE)
    if address is None:
        return {"result": notes["no_address"], "note": ""}
    method = GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info.webhook_methods[0]
    outcome = await async_call(hass, entry.entry_id, method, address)
    texts = await async_translations(hass, WEBHOOK_TEST)
    return {"result": texts[outcome], "note": "" if is_public else notes["not_public"]}


def _local(moment: str) -> str:
    parsed = dt_util.parse_datetime(moment)
    return f"{dt_util.as_local(parsed):%Y-%m-%d %H:%M:%S}" if parsed else "—"
