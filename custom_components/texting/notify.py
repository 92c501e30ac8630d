"""A notify entity for each recipient."""

from collections.abc import Sequence
from typing import override

from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_MESSAGE, ATTR_TITLE, DOMAIN
from .delivery.outbox import Change, Update
from .entity import PersonEntity, async_follow_recipients
from .messenger import Messenger, MessengerConfigEntry, raise_for
from .signals import MESSAGES_UPDATED
from .targets import reachable_addresses

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an entity for each recipient, also for those that are added later."""
    messenger = entry.runtime_data
    entities = async_follow_recipients(
        messenger, async_add_entities, lambda subentry: RecipientNotifyEntity(messenger, subentry)
    )

    @callback
    def updated(entry_id: str, updates: Sequence[Update]) -> None:
        """Note the time of each text to a recipient, whatever sent it."""
        if entry_id != entry.entry_id:
            return
        is_sent = (record for record, change in updates if change is Change.ACCEPTED and not record.error)
        for recipient_id in {record.recipient_id for record in is_sent}:
            if entity := entities.get(recipient_id or ""):
                entity.async_note_sent()

    entry.async_on_unload(async_dispatcher_connect(hass, MESSAGES_UPDATED, updated))


class RecipientNotifyEntity(PersonEntity, NotifyEntity):
    """Sends texts to one recipient."""

    _attr_name = None
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Be what the recipient's device is named after."""
        super().__init__(messenger, subentry, "recipient")
        self._attr_unique_id = subentry.subentry_id
        # Calls of Home Assistant's action that are under way. It notes the time itself when they end.
        self._calls = 0

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

    @override
    @callback
    def async_recipient_changed(self) -> None:
        """Give the recipient's device its new name."""
        super().async_recipient_changed()
        recipient, device = self._recipient, self.device_entry
        if recipient and device and device.name != recipient.name:
            dr.async_get(self.hass).async_update_device(device.id, name=recipient.name)

    @callback
    def async_note_sent(self) -> None:
        """Make now the time of the last text."""
        if self.hass and not self._calls:
            self._async_record_notification()

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a text to all of the recipient's numbers."""
        addresses = reachable_addresses(self._recipient)
        self._calls += 1
        try:
            fields = {ATTR_MESSAGE: message, ATTR_TITLE: title}
            raise_for(await self._messenger.async_send(addresses, fields, self._action_context))
        finally:
            self._calls -= 1
