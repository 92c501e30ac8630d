"""A notify entity for each recipient."""

from collections.abc import Sequence
from typing import override

from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_MESSAGE, ATTR_TITLE, DOMAIN, SUBENTRY_RECIPIENT
from .delivery.outbox import Change, Update
from .messenger import Messenger, MessengerConfigEntry, raise_for
from .recipients import recipient_by_id
from .signals import MESSAGES_UPDATED
from .targets import addresses_of

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an entity for each recipient, also for those that are added later."""
    messenger = entry.runtime_data
    entities: dict[str, RecipientNotifyEntity] = {}

    @callback
    def update_recipients() -> None:
        """Add new recipients and rename changed ones. Home Assistant itself removes the entities of removed ones."""
        subentries = {each.subentry_id: each for each in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)}
        for removed in entities.keys() - subentries.keys():
            del entities[removed]
        for subentry_id, subentry in subentries.items():
            if known := entities.get(subentry_id):
                known.async_rename(subentry.title)
            else:
                entities[subentry_id] = RecipientNotifyEntity(messenger, subentry)
                async_add_entities([entities[subentry_id]], config_subentry_id=subentry_id)

    @callback
    def updated(entry_id: str, updates: Sequence[Update]) -> None:
        """Note the time of each text to a recipient, whatever sent it."""
        if entry_id != entry.entry_id:
            return
        is_sent = (record for record, change in updates if change is Change.ACCEPTED and not record.error)
        for recipient_id in {record.recipient_id for record in is_sent}:
            if entity := entities.get(recipient_id or ""):
                entity.async_note_sent()

    update_recipients()
    messenger.async_listen_changes(update_recipients)
    entry.async_on_unload(async_dispatcher_connect(hass, MESSAGES_UPDATED, updated))


class RecipientNotifyEntity(NotifyEntity):
    """Sends texts to one recipient."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_translation_key = "recipient"
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Give the recipient a device."""
        self._messenger = messenger
        self._subentry_id = subentry.subentry_id
        # Calls of Home Assistant's action that are under way. It notes the time itself when they end.
        self._calls = 0
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer=messenger.name,
            entry_type=DeviceEntryType.SERVICE,
        )

    async def async_added_to_hass(self) -> None:
        """Put the recipient's device below the account's."""
        await super().async_added_to_hass()
        registry = dr.async_get(self.hass)
        account_device = registry.async_get_or_create(
            config_entry_id=self._messenger.entry.entry_id,
            identifiers={(DOMAIN, self._messenger.entry.entry_id)},
        )
        if self.device_entry:
            registry.async_update_device(self.device_entry.id, via_device_id=account_device.id)

    @callback
    def async_rename(self, name: str) -> None:
        """Give the recipient's device another name."""
        if self.device_entry and self.device_entry.name != name:
            dr.async_get(self.hass).async_update_device(self.device_entry.id, name=name)

    @callback
    def async_note_sent(self) -> None:
        """Make now the time of the last text."""
        if self.hass and not self._calls:
            self._async_record_notification()

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a text to all of the recipient's numbers."""
        recipient = recipient_by_id(self._messenger.entry, self._subentry_id)
        addresses = addresses_of(recipient) if recipient else []
        self._calls += 1
        try:
            raise_for(await self._messenger.async_send(addresses, {ATTR_MESSAGE: message, ATTR_TITLE: title}))
        finally:
            self._calls -= 1
