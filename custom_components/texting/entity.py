"""What the entities of an account have in common."""

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity

from .account import Account
from .const import DOMAIN
from .signals import CHANGED


def account_device(account: Account) -> DeviceInfo:
    """The device that stands for an account."""
    return DeviceInfo(
        identifiers={(DOMAIN, account.entry.entry_id)},
        name=account.entry.title,
        manufacturer=account.info.name,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=account.entry.data["url"],
    )


class AccountEntity(Entity):
    """An entity on an account's device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, account: Account, key: str) -> None:
        """Name it by its translation key."""
        self._account = account
        self._attr_translation_key = key
        self._attr_unique_id = f"{account.entry.entry_id}_{key}"
        self._attr_device_info = account_device(account)


class ChangingEntity(AccountEntity):
    """An account's entity that looks again whenever something was sent or reported."""

    async def async_added_to_hass(self) -> None:
        """Listen for changes."""
        await super().async_added_to_hass()
        signal = CHANGED.format(self._account.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_look_again))

    @callback
    def _async_look_again(self) -> None:
        self.async_write_ha_state()
