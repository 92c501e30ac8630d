"""What the entities of an account or a route have in common."""

from collections.abc import Callable, Mapping

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import Account
from .const import DOMAIN, SUBENTRY_RECIPIENT
from .coordinator import BalanceCoordinator
from .messenger import Messenger
from .recipients import Recipient, recipient_by_id
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


def recipient_device(messenger: Messenger, subentry: ConfigSubentry) -> DeviceInfo:
    """Return the device of a recipient."""
    return DeviceInfo(
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
        manufacturer=messenger.name,
        entry_type=DeviceEntryType.SERVICE,
    )


@callback
def async_follow_recipients[E: Entity](
    messenger: Messenger, async_add_entities: AddConfigEntryEntitiesCallback, create: Callable[[ConfigSubentry], E]
) -> Mapping[str, E]:
    """Add an entity for each recipient, also for those that are added later. Return them by the recipient's id.

    Home Assistant itself removes the entities of removed recipients.
    """
    entities: dict[str, E] = {}

    @callback
    def update() -> None:
        subentries = {each.subentry_id: each for each in messenger.entry.get_subentries_of_type(SUBENTRY_RECIPIENT)}
        for removed in entities.keys() - subentries.keys():
            del entities[removed]
        for subentry_id in subentries.keys() - entities.keys():
            entities[subentry_id] = create(subentries[subentry_id])
            async_add_entities([entities[subentry_id]], config_subentry_id=subentry_id)

    update()
    messenger.async_listen_changes(update)
    return entities


class RecipientEntity(Entity):
    """An entity on the device of a recipient."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry, key: str) -> None:
        """Name it by its translation key."""
        self._messenger = messenger
        self._subentry_id = subentry.subentry_id
        self._attr_translation_key = key
        self._attr_unique_id = f"{subentry.subentry_id}_{key}"
        self._attr_device_info = recipient_device(messenger, subentry)

    @property
    def _recipient(self) -> Recipient | None:
        """The recipient as it is now, None if it was removed."""
        return recipient_by_id(self._messenger.entry, self._subentry_id)


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
