"""Event entities: a text came in at an account, a recipient wrote, a text has ended."""

from collections.abc import Sequence

from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.hass_dict import HassKey

from .account import Account
from .alert_entities import AlertEvent
from .alerts.engine import AlertConfigEntry, AlertEngine
from .const import DOMAIN
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .entity import MessengerEntity, PersonEntity, async_follow_recipients
from .gateway.message import IncomingMessage, IncomingType
from .gateway.status import Status
from .messenger import Messenger, MessengerConfigEntry
from .outcomes import reason_text
from .recipients import recipient_for_number, recipients_for_number
from .signals import MESSAGE_RECEIVED, MESSAGES_UPDATED, STATE_CHANGED

PARALLEL_UPDATES = 0

# The entities that show what a recipient wrote, by its id. Those of accounts that are not loaded are not among them.
_MESSAGE_EVENTS: HassKey[dict[str, MessageEvent]] = HassKey(f"{DOMAIN}_message_events")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MessengerConfigEntry | AlertConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account or a route, or the one of an alert."""
    if isinstance(entry.runtime_data, AlertEngine):
        async_add_entities([AlertEvent(entry.runtime_data)])
        return
    messenger = entry.runtime_data
    async_add_entities([DeliveryReportEvent(messenger)])
    if messenger.receives:
        async_add_entities([IncomingMessageEvent(messenger)])
    # A provider that has no incoming texts brings none for its recipients.
    if messenger.receives or not isinstance(messenger, Account):
        async_follow_recipients(messenger, async_add_entities, lambda subentry: MessageEvent(messenger, subentry))

    @callback
    def received(entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
        """Let one recipient show a text that came in here: the first one with the number that shows texts at all."""
        # An opt-out is told by the recipient's binary sensor.
        if entry_id == entry.entry_id and incoming.type is not IncomingType.OPT_OUT:
            shown = hass.data.get(_MESSAGE_EVENTS, {})
            senders = recipients_for_number(hass, entry_id, incoming.sender)
            if sender := next((each for each in senders if each.id in shown), None):
                shown[sender.id].async_received(sender.name, incoming, incoming_id)

    entry.async_on_unload(async_dispatcher_connect(hass, MESSAGE_RECEIVED, received))


class _TextEvent(EventEntity):
    """A text came in."""

    _attr_event_types = list(IncomingType)
    # The recorder keeps neither what people write nor whole numbers. A keyword may be the first word of any text.
    _unrecorded_attributes = frozenset({"from", "text", "keyword", "reference", "message_id"})

    @callback
    def async_received(self, sender_name: str | None, incoming: IncomingMessage, incoming_id: str) -> None:
        """Show a text."""
        # What automations do because of this text can be told by its id.
        self.async_set_context(Context(id=incoming_id))
        self._trigger_event(
            incoming.type,
            {
                "from": incoming.sender,
                "sender_name": sender_name,
                "text": incoming.text,
                "reference": incoming.reference,
                "message_id": incoming.message_id or incoming.replied_message_id,
                "incoming_id": incoming_id,
                "keyword": incoming.keyword,
                "sent_at": incoming.sent_at.isoformat() if incoming.sent_at else None,
                "in_reply_to": incoming.in_reply_to,
            },
        )
        self.async_write_ha_state()


class MessageEvent(PersonEntity, _TextEvent):
    """A recipient wrote. If several have the number, the account's own comes first, and only one shows the text."""

    _attr_event_types = [each for each in IncomingType if each is not IncomingType.OPT_OUT]

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Belong to the recipient's device."""
        super().__init__(messenger, subentry, "message")

    async def async_added_to_hass(self) -> None:
        """Show texts from now on."""
        await super().async_added_to_hass()
        shown = self.hass.data.setdefault(_MESSAGE_EVENTS, {})
        shown[self._subentry_id] = self

        @callback
        def removed() -> None:
            del shown[self._subentry_id]

        self.async_on_remove(removed)


class IncomingMessageEvent(MessengerEntity, _TextEvent):
    """A text came in at an account."""

    def __init__(self, messenger: Messenger) -> None:
        """Belong to one account."""
        super().__init__(messenger, "incoming_message")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, MESSAGE_RECEIVED, self._async_received))
        changed = STATE_CHANGED.format(self._messenger.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, changed, self._async_changed))

    @callback
    def _async_changed(self) -> None:
        """Be unavailable while nobody can tell which texts came in."""
        if (is_readable := not self._messenger.unreadable_accounts) is not self._attr_available:
            self._attr_available = is_readable
            self.async_write_ha_state()

    @callback
    def _async_received(self, entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
        if entry_id != self._messenger.entry.entry_id:
            return
        sender = recipient_for_number(self.hass, entry_id, incoming.sender)
        self.async_received(sender.name if sender else None, incoming, incoming_id)


class DeliveryReportEvent(MessengerEntity, EventEntity):
    """A text has ended: it was delivered, it failed, or no more is known of it."""

    _attr_event_types = list(Status)
    _unrecorded_attributes = frozenset({"to"})
    _attr_entity_registry_enabled_default = False

    def __init__(self, messenger: Messenger) -> None:
        """Belong to one account or route."""
        super().__init__(messenger, "delivery_report")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, MESSAGES_UPDATED, self._async_updated))

    @callback
    def _async_updated(self, entry_id: str, updates: Sequence[Update]) -> None:
        if entry_id != self._messenger.entry.entry_id:
            return
        for record, change in updates:
            if change is Change.ENDED:
                self._async_write(record)

    @callback
    def _async_write(self, record: MessageRecord) -> None:
        self._trigger_event(
            record.status,
            {
                "to": record.to,
                "recipient_name": record.recipient_name,
                "reference": record.reference,
                "message_id": record.message_id,
                "reason": record.reason,
                "reason_text": reason_text(self.hass, record),
                **self._messenger.attributes(record),
            },
        )
        self.async_write_ha_state()
