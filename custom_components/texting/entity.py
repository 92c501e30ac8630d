"""What the entities of an account have in common."""

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .line import Line
from .signals import CHANGED


def line_device(line: Line) -> DeviceInfo:
    """The device that stands for an account or a route."""
    return DeviceInfo(
        identifiers={(DOMAIN, line.entry.entry_id)},
        name=line.entry.title,
        manufacturer=line.name,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=line.entry.data.get("url"),
    )


class LineEntity(Entity):
    """An entity on the device of an account or a route."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, line: Line, key: str) -> None:
        """Name it by its translation key."""
        self._line = line
        self._attr_translation_key = key
        self._attr_unique_id = f"{line.entry.entry_id}_{key}"
        self._attr_device_info = line_device(line)


class ChangingEntity(LineEntity):
    """One that looks again whenever something was sent or reported."""

    async def async_added_to_hass(self) -> None:
        """Listen for changes."""
        await super().async_added_to_hass()
        signal = CHANGED.format(self._line.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_look_again))

    @callback
    def _async_look_again(self) -> None:
        self.async_write_ha_state()
