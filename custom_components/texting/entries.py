"""The config entries of this integration: accounts and routes, which send texts, and alerts."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .const import ALERT, CONF_PROVIDER, DOMAIN


def is_alert(entry: ConfigEntry[Any]) -> bool:
    """Return True for the entry of an alert."""
    return entry.domain == DOMAIN and entry.data.get(CONF_PROVIDER) == ALERT


def is_messenger(entry: ConfigEntry[Any]) -> bool:
    """Return True for the entry of an account or a route."""
    return entry.domain == DOMAIN and not is_alert(entry)


def messenger_entries(hass: HomeAssistant, *, only_loaded: bool = False) -> list[ConfigEntry[Any]]:
    """Return the entries of all accounts and routes, loaded or not."""
    entries = hass.config_entries
    known = entries.async_loaded_entries(DOMAIN) if only_loaded else entries.async_entries(DOMAIN)
    return [entry for entry in known if is_messenger(entry)]


def messenger_entry(hass: HomeAssistant, entry_id: str | None) -> ConfigEntry[Any] | None:
    """Return the entry of the account or route with this id, or None if there is none."""
    entry = hass.config_entries.async_get_entry(entry_id or "")
    return entry if entry and is_messenger(entry) else None


def alert_entries(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    """Return the entries of all alerts, loaded or not."""
    return [entry for entry in hass.config_entries.async_entries(DOMAIN) if is_alert(entry)]


def alert_entry(hass: HomeAssistant, entry_id: str | None) -> ConfigEntry[Any] | None:
    """Return the entry of the alert with this id, or None if there is none."""
    entry = hass.config_entries.async_get_entry(entry_id or "")
    return entry if entry and is_alert(entry) else None
