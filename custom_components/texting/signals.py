"""What an account tells its entities, through Home Assistant's dispatcher."""

from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .const import DOMAIN
from .delivery.record import Record
from .gateway.message import IncomingMessage
from .two_way.speakers import Command

# Somebody wants no more texts from the account with this id.
OPTED_OUT = SignalType[str](f"{DOMAIN}_opted_out")
# A message moved that was sent for a route.
MOVED = SignalType[Record](f"{DOMAIN}_moved")
# Told to automations, of every account: a text, that came in at the entry with this id, and the id by which it is
# answered; a message that ended as a failure.
RECEIVED = SignalType[str, IncomingMessage, str](f"{DOMAIN}_received")
FAILED = SignalType[Record](f"{DOMAIN}_failed")
# A command came in at the entry with this id, from this number; the id by which it is answered.
COMMAND = SignalType[str, str, str, Command](f"{DOMAIN}_command")
# Each is formatted with the entry's id, NOTIFIED with the recipient's too.
REPORT = SignalTypeFormat[Record](f"{DOMAIN}_report_{{}}")
# A message that is over, moved or not.
ENDED = SignalTypeFormat[Record](f"{DOMAIN}_ended_{{}}")
# The text, whose it is, and the id by which it is answered.
INCOMING = SignalTypeFormat[IncomingMessage, str | None, str](f"{DOMAIN}_incoming_{{}}")
CHANGED = SignalTypeFormat[()](f"{DOMAIN}_changed_{{}}")
NOTIFIED = SignalTypeFormat[()](f"{DOMAIN}_notified_{{}}_{{}}")
