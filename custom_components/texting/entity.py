"""What the entities of an account or a route have in common."""

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import Account
from .const import DOMAIN
from .coordinator import BalanceCoordinator
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

    async def async_added_to_hass(self) -> None:
        """Remember what is shown first."""
        await super().async_added_to_hass()
        self._shown = self._what_is_shown()

    def _what_is_shown(self) -> tuple[object, ...]:
        return self.available, self.state if self.available else None, self.extra_state_attributes

    @callback
    def async_write_changes(self) -> None:
        """Write the state, unless it shows the same as before."""
        if (shown := self._what_is_shown()) != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class StateEntity(MessengerEntity):
    """An entity that follows the counters and the last message of its account or route."""

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal = STATE_CHANGED.format(self._messenger.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_changes))


class BalanceEntity(MessengerEntity, CoordinatorEntity[BalanceCoordinator]):
    """An entity that follows the balance of its account."""

    def __init__(self, account: Account, key: str) -> None:
        """Name it by its translation key."""
        CoordinatorEntity.__init__(self, account.balance)
        MessengerEntity.__init__(self, account, key)

    @callback
    def _handle_coordinator_update(self) -> None:
        self.async_write_changes()
