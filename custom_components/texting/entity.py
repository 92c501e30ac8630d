"""What the entities of an account or a route have in common."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .messenger import Messenger
from .signals import STATE_CHANGED


def messenger_device(messenger: Messenger) -> DeviceInfo:
    """Return the device of an account or a route."""
    return DeviceInfo(
        identifiers={(DOMAIN, messenger.entry.entry_id)},
        name=messenger.entry.title,
        manufacturer=messenger.name,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=messenger.entry.data.get("url"),
    )


class MessengerEntity(Entity):
    """An entity on the device of an account or a route."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, messenger: Messenger, key: str) -> None:
        """Name it by its translation key."""
        self._messenger = messenger
        self._attr_translation_key = key
        self._attr_unique_id = f"{messenger.entry.entry_id}_{key}"
        self._attr_device_info = messenger_device(messenger)


class StateEntity(MessengerEntity):
    """An entity that is written when a counter of its account or route changes."""

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal = STATE_CHANGED.format(self._messenger.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_ha_state))
