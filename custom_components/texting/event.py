"""Event entities of an account or a route: a text came in, there is news of a text. Both also write to the logbook."""

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import EVENT_MESSAGE
from .delivery.outbox import Change
from .delivery.record import MessageRecord
from .entity import MessengerEntity
from .gateway.errors import Cancelled
from .gateway.message import IncomingMessage, IncomingType
from .gateway.status import Status
from .messenger import Messenger, MessengerConfigEntry
from .recipients import recipient_for_number
from .signals import MESSAGE_RECEIVED, MESSAGE_UPDATED
from .text.single_line import single_line

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the events of an account or a route."""
    messenger = entry.runtime_data
    async_add_entities([DeliveryReportEvent(messenger)])
    if messenger.receives:
        async_add_entities([IncomingMessageEvent(messenger)])


class _MessageEvent(MessengerEntity, EventEntity):
    """An event that is also a line of the logbook."""

    def _log(self, kind: str, name: str, text: str) -> None:
        data = {"entity_id": self.entity_id, "kind": kind, "name": single_line(name)}
        if self._messenger.options.log_texts:
            # The recorder keeps events.
            data["text"] = single_line(text)
        self.hass.bus.async_fire(EVENT_MESSAGE, data)


class IncomingMessageEvent(_MessageEvent):
    """A text came in."""

    _attr_event_types = list(IncomingType)
    # The recorder does not keep what people write.
    _unrecorded_attributes = frozenset({"text"})

    def __init__(self, messenger: Messenger) -> None:
        """Belong to one account."""
        super().__init__(messenger, "incoming_message")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, MESSAGE_RECEIVED, self._async_received))

    @callback
    def _async_received(self, entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
        if entry_id != self._messenger.entry.entry_id:
            return
        sender = recipient_for_number(self.hass, entry_id, incoming.sender)
        sender_name = sender.name if sender else None
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
        self._log(str(incoming.type), sender_name or incoming.sender, incoming.text)


class DeliveryReportEvent(_MessageEvent):
    """There is news of a text."""

    _attr_event_types = list(Status)

    def __init__(self, messenger: Messenger) -> None:
        """Belong to one account or route."""
        super().__init__(messenger, "delivery_report")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, MESSAGE_UPDATED, self._async_updated))

    @callback
    def _async_updated(self, record: MessageRecord, change: Change) -> None:
        if record.entry_id != self._messenger.entry.entry_id:
            return
        if change is Change.ENDED:
            self._log_outcome(record)
            return
        self._trigger_event(
            record.status,
            {
                "to": record.to,
                "recipient_name": record.recipient_name,
                "reference": record.reference,
                "message_id": record.message_id,
                "provider_status": record.provider_status,
                "reason": record.reason,
                **self._messenger.attributes(record),
            },
        )
        self.async_write_ha_state()

    def _log_outcome(self, record: MessageRecord) -> None:
        """Log how a text ended. An attempt for a route is logged by the route."""
        if not record.parent:
            kind = "cancelled" if isinstance(record.error, Cancelled) else str(record.status)
            self._log(kind, record.recipient_name or record.to, record.message.text)
