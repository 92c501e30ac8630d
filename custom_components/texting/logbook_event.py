"""What the logbook is told: who wrote, what became of a text, and its words only where an option allows that."""

from homeassistant.core import callback

from .const import EVENT_MESSAGE, OPTION_LOG_TEXTS
from .delivery.record import Record
from .gateway.errors import Cancelled
from .gateway.message import IncomingMessage
from .line import Line
from .two_way.legible import legible

CANCELLED = "cancelled"


@callback
def async_log_incoming(line: Line, entity_id: str, incoming: IncomingMessage, sender_name: str | None) -> None:
    """Tell that a text came in."""
    _fire(line, entity_id, str(incoming.type), sender_name or incoming.sender, incoming.text)


@callback
def async_log_outgoing(line: Line, entity_id: str, record: Record) -> None:
    """Tell what became of a text in the end; what was sent for a route, the route tells."""
    if record.parent:
        return
    kind = CANCELLED if isinstance(record.error, Cancelled) else str(record.status)
    _fire(line, entity_id, kind, record.recipient or record.to, record.message.text)


def _fire(line: Line, entity_id: str, kind: str, name: str, text: str) -> None:
    data = {"entity_id": entity_id, "kind": kind, "name": legible(name)}
    if line.entry.options.get(OPTION_LOG_TEXTS):
        # Events are kept in the home's database.
        data["text"] = legible(text)
    line.hass.bus.async_fire(EVENT_MESSAGE, data)
