"""What an account tells its entities, through Home Assistant's dispatcher."""

from homeassistant.util.signal_type import SignalTypeFormat

from .const import DOMAIN
from .delivery.ledger import Record
from .gateway.message import IncomingMessage

# Each is formatted with the entry's id.
REPORT = SignalTypeFormat[Record](f"{DOMAIN}_report_{{}}")
INCOMING = SignalTypeFormat[IncomingMessage, str | None](f"{DOMAIN}_incoming_{{}}")
CHANGED = SignalTypeFormat[()](f"{DOMAIN}_changed_{{}}")
NOTIFIED = SignalTypeFormat[str](f"{DOMAIN}_notified_{{}}")
