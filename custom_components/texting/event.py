"""Events of an account: a text came in, there is news of a text sent."""

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .delivery.record import Record
from .entity import LineEntity
from .gateway.message import IncomingMessage, IncomingType
from .gateway.status import Status
from .line import Line, LineConfigEntry
from .logbook_event import async_log_incoming, async_log_outgoing
from .signals import ENDED, INCOMING, REPORT

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: LineConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the events of an account."""
    line = entry.runtime_data
    async_add_entities([DeliveryReportEvent(line)])
    if line.receives:
        async_add_entities([IncomingMessageEvent(line)])


class IncomingMessageEvent(LineEntity, EventEntity):
    """A text came in."""

    _attr_event_types = list(IncomingType)
    # What people write is no business of the home's database.
    _unrecorded_attributes = frozenset({"text"})

    def __init__(self, line: Line) -> None:
        """Listen to one account."""
        super().__init__(line, "incoming_message")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal = INCOMING.format(self._line.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_received))

    @callback
    def _async_received(self, incoming: IncomingMessage, sender_name: str | None, incoming_id: str) -> None:
        self._trigger_event(
            incoming.type,
            {
                "from": incoming.sender,
                "sender_name": sender_name,
                "text": incoming.text,
                "reference": incoming.reference,
                "message_id": incoming.message_id or incoming.answered_id,
                "incoming_id": incoming_id,
                "keyword": incoming.keyword,
                "sent_at": incoming.sent_at.isoformat() if incoming.sent_at else None,
                "answers": incoming.answers,
            },
        )
        self.async_write_ha_state()
        async_log_incoming(self._line, self.entity_id, incoming, sender_name)


class DeliveryReportEvent(LineEntity, EventEntity):
    """There is news of a text."""

    _attr_event_types = list(Status)

    def __init__(self, line: Line) -> None:
        """Listen to one account."""
        super().__init__(line, "delivery_report")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal, ended = (each.format(self._line.entry.entry_id) for each in (REPORT, ENDED))
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_reported))
        self.async_on_remove(async_dispatcher_connect(self.hass, ended, self._async_ended))

    @callback
    def _async_reported(self, record: Record) -> None:
        self._trigger_event(
            record.status,
            {
                "to": record.to,
                "recipient_name": record.recipient,
                "reference": record.reference,
                "message_id": record.message_id,
                "provider_status": record.provider_status,
                "reason": record.reason,
                **self._line.attributes(record),
            },
        )
        self.async_write_ha_state()

    @callback
    def _async_ended(self, record: Record) -> None:
        async_log_outgoing(self._line, self.entity_id, record)
