"""A notify entity for each recipient, and the legacy action of each account."""

from typing import override

from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .address import addresses_of
from .const import ATTR_MESSAGE, ATTR_TITLE, DOMAIN, SUBENTRY_RECIPIENT
from .legacy import async_get_service
from .line import Line, LineConfigEntry
from .recipient import recipient_by_id
from .send import async_send, raise_for
from .signals import NOTIFIED

__all__ = ["async_get_service", "async_setup_entry"]

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: LineConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an entity for each recipient."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT):
        async_add_entities(
            [RecipientNotifyEntity(entry.runtime_data, subentry)], config_subentry_id=subentry.subentry_id
        )


class RecipientNotifyEntity(NotifyEntity):
    """Sends texts to one recipient."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_translation_key = "recipient"
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self, line: Line, subentry: ConfigSubentry) -> None:
        """Give the recipient a device."""
        self._line = line
        self._subentry_id = subentry.subentry_id
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer=line.name,
            entry_type=DeviceEntryType.SERVICE,
        )

    async def async_added_to_hass(self) -> None:
        """Stand below the account's device; note every text to the recipient, whichever action sent it."""
        await super().async_added_to_hass()
        registry = dr.async_get(self.hass)
        account_device = registry.async_get_or_create(
            config_entry_id=self._line.entry.entry_id,
            identifiers={(DOMAIN, self._line.entry.entry_id)},
        )
        if self.device_entry:
            registry.async_update_device(self.device_entry.id, via_device_id=account_device.id)
        signal = NOTIFIED.format(self._line.entry.entry_id, self._subentry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_record_notification))

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a text to all of the recipient's numbers."""
        recipient = recipient_by_id(self._line.entry, self._subentry_id)
        addresses = addresses_of(recipient) if recipient else []
        raise_for(await async_send(self._line, addresses, {ATTR_MESSAGE: message, ATTR_TITLE: title}))
