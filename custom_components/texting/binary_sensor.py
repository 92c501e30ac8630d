"""The binary sensor of an account: its credit is low."""

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import Account
from .entity import BalanceEntity
from .messenger import MessengerConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of an account."""
    if isinstance(account := entry.runtime_data, Account):
        async_add_entities([LowCreditBinarySensor(account)])


class LowCreditBinarySensor(BalanceEntity, BinarySensorEntity):
    """On if the largest balance is used up, or below the option low_credit."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    def __init__(self, account: Account) -> None:
        """Follow the balance."""
        super().__init__(account, "low_credit")

    @property
    def is_on(self) -> bool | None:
        """Return True if the credit is low, or None if the balance is unknown."""
        return self.coordinator.is_low
