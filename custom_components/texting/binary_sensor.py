"""Binary sensors: the credit of an account is low, a recipient opted out."""

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import Account
from .const import DOMAIN
from .entity import BalanceEntity, RecipientEntity, async_follow_recipients
from .messenger import Messenger, MessengerConfigEntry
from .opt_outs import people_opted_out
from .signals import OPT_OUT_CHANGED

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensor of an account, and one for each recipient."""
    messenger = entry.runtime_data
    if isinstance(messenger, Account):
        async_add_entities([LowCreditBinarySensor(messenger)])
    entities = async_follow_recipients(
        messenger, async_add_entities, lambda subentry: OptedOutBinarySensor(messenger, subentry)
    )

    @callback
    def update() -> None:
        people = people_opted_out(hass, entry)
        for recipient_id, entity in entities.items():
            entity.async_update_opt_out(is_on=recipient_id in people)

    @callback
    def opt_out_changed(_entry_id: str, _number: str, _is_opted_out: bool) -> None:
        update()

    @callback
    def entry_changed(_change: ConfigEntryChange, changed: ConfigEntry) -> None:
        """The accounts of a route may be loaded later than the route."""
        if changed.domain == DOMAIN:
            update()

    messenger.async_listen_changes(update)
    entry.async_on_unload(async_dispatcher_connect(hass, OPT_OUT_CHANGED, opt_out_changed))
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed))


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


class OptedOutBinarySensor(RecipientEntity, BinarySensorEntity):
    """On if a recipient gets no texts, because the person opted out."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Belong to the recipient's device."""
        super().__init__(messenger, subentry, "opted_out")

    async def async_added_to_hass(self) -> None:
        """Find out how it is now."""
        await super().async_added_to_hass()
        self._attr_is_on = self._subentry_id in people_opted_out(self.hass, self._messenger.entry)

    @callback
    def async_update_opt_out(self, *, is_on: bool) -> None:
        """Write the state if it changed."""
        if self.hass and is_on is not self._attr_is_on:
            self._attr_is_on = is_on
            self.async_write_ha_state()
