"""What the entities have in common, and those of an account or a route."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_ENTITY_PICTURE
from homeassistant.core import CALLBACK_TYPE, Context, Event, EventStateChangedData, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_change
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import Account
from .const import DOMAIN, SUBENTRY_RECIPIENT
from .coordinator import BalanceCoordinator
from .messenger import Messenger
from .people import person_entity_id
from .recipients import Recipient, recipient_by_id
from .signals import STATE_CHANGED


def messenger_device(messenger: Messenger) -> DeviceInfo:
    """Return the device of an account or a route."""
    return DeviceInfo(
        identifiers={(DOMAIN, messenger.entry.entry_id)},
        name=messenger.entry.title,
        manufacturer=messenger.name,
        model=messenger.model,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=messenger.entry.data.get("url"),
    )


def recipient_device(messenger: Messenger, subentry: ConfigSubentry) -> DeviceInfo:
    """Return the device of a recipient."""
    return DeviceInfo(
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
        manufacturer=messenger.name,
        model="Recipient",
        entry_type=DeviceEntryType.SERVICE,
    )


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
        # Of the action that called it last.
        self._action_context: Context | None = None

    @override
    @callback
    def async_set_context(self, context: Context) -> None:
        """Remember the context of the action that comes next: it tells if a text caused it."""
        super().async_set_context(context)
        self._action_context = context

    @property
    def _recipient(self) -> Recipient | None:
        """The recipient as it is now, None if it was removed."""
        return recipient_by_id(self._messenger.entry, self._subentry_id)

    @callback
    def async_recipient_changed(self) -> None:
        """Take changes of the recipient. The entity may not be added yet."""


@callback
def async_follow_recipients[E: RecipientEntity](
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
        for entity in entities.values():
            entity.async_recipient_changed()
        for subentry_id in subentries.keys() - entities.keys():
            entities[subentry_id] = create(subentries[subentry_id])
            async_add_entities([entities[subentry_id]], config_subentry_id=subentry_id)

    update()
    messenger.async_listen_changes(update)
    return entities


class PersonEntity(RecipientEntity):
    """An entity on the device of a recipient that shows the picture of its person."""

    # The person's entity, and what ends listening to it.
    _person: str | None = None
    _stop_following: CALLBACK_TYPE | None = None

    async def async_added_to_hass(self) -> None:
        """Follow the person."""
        await super().async_added_to_hass()
        self.async_on_remove(self._unfollow)
        self._follow()
        self._attr_entity_picture = self._picture

    @callback
    def async_recipient_changed(self) -> None:
        """Take another person, or none. Write the state only if the picture is another one."""
        super().async_recipient_changed()
        if not self.hass:
            return
        self._follow()
        if (picture := self._picture) != self._attr_entity_picture:
            self._attr_entity_picture = picture
            self.async_write_ha_state()

    @property
    def _picture(self) -> str | None:
        state = self.hass.states.get(self._person) if self._person else None
        return state.attributes.get(ATTR_ENTITY_PICTURE) if state else None

    @callback
    def _follow(self) -> None:
        person = person_entity_id(self.hass, self._recipient) if self._recipient else None
        if person == self._person:
            return
        self._unfollow()
        self._person = person
        if person:
            # A person that was renamed has another entity.
            self._stop_following = async_track_state_change_event(self.hass, person, self._person_changed)

    @callback
    def _person_changed(self, _event: Event[EventStateChangedData]) -> None:
        self.async_recipient_changed()

    @callback
    def _unfollow(self) -> None:
        if self._stop_following:
            self._stop_following()
            self._stop_following = None


class ShownEntity(Entity):
    """An entity that writes its state only if that shows something else than before."""

    _attr_has_entity_name = True
    _attr_should_poll = False

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


class MessengerEntity(ShownEntity):
    """An entity on the device of an account or a route."""

    def __init__(self, messenger: Messenger, key: str) -> None:
        """Name it by its translation key."""
        self._messenger = messenger
        self._attr_translation_key = key
        self._attr_unique_id = f"{messenger.entry.entry_id}_{key}"
        self._attr_device_info = messenger_device(messenger)


class StateEntity(MessengerEntity):
    """An entity that follows the counters and the last message of its account or route."""

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal = STATE_CHANGED.format(self._messenger.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_changes))


class CounterEntity(StateEntity):
    """An entity whose count begins again at midnight, in local time."""

    async def async_added_to_hass(self) -> None:
        """Write the state at midnight."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_change(self.hass, self._async_midnight, hour=0, minute=0, second=0))

    @callback
    def _async_midnight(self, _now: datetime) -> None:
        self.async_write_changes()


class BalanceEntity(MessengerEntity, CoordinatorEntity[BalanceCoordinator]):
    """An entity that follows the balance of its account."""

    def __init__(self, account: Account, key: str) -> None:
        """Name it by its translation key."""
        CoordinatorEntity.__init__(self, account.balance)
        MessengerEntity.__init__(self, account, key)

    @callback
    def _handle_coordinator_update(self) -> None:
        self.async_write_changes()
