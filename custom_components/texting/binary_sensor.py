"""A binary sensor of an account: whether its credit is running out."""

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import Account
from .coordinator import BalanceCoordinator
from .entity import LineEntity
from .line import LineConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: LineConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of an account."""
    if isinstance(account := entry.runtime_data, Account):
        async_add_entities([LowCreditBinarySensor(account)])


class LowCreditBinarySensor(LineEntity, CoordinatorEntity[BalanceCoordinator], BinarySensorEntity):
    """Whether the largest balance is used up, or below the threshold of the account's options."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    def __init__(self, account: Account) -> None:
        """Follow the balance."""
        CoordinatorEntity.__init__(self, account.balance)
        LineEntity.__init__(self, account, "low_credit")

    @property
    def is_on(self) -> bool | None:
        """Whether it is low; None where the gateway told no balance."""
        return self.coordinator.is_low
