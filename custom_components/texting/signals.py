"""What an account tells its entities, through Home Assistant's dispatcher."""

from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .const import DOMAIN
from .delivery.record import Record
from .gateway.message import IncomingMessage

# A message moved that was sent for a route.
MOVED = SignalType[Record](f"{DOMAIN}_moved")
# Each is formatted with the entry's id, NOTIFIED with the recipient's too.
REPORT = SignalTypeFormat[Record](f"{DOMAIN}_report_{{}}")
# The text, whose it is, and the id by which it is answered.
INCOMING = SignalTypeFormat[IncomingMessage, str | None, str](f"{DOMAIN}_incoming_{{}}")
CHANGED = SignalTypeFormat[()](f"{DOMAIN}_changed_{{}}")
NOTIFIED = SignalTypeFormat[()](f"{DOMAIN}_notified_{{}}_{{}}")
