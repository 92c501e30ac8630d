"""Switches: whether an alert is armed."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alert_entities import ArmedSwitch
from .alerts.engine import AlertConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlertConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switch of an alert."""
    async_add_entities([ArmedSwitch(entry.runtime_data)])
