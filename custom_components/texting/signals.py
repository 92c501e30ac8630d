"""The dispatcher signals. Each carries plain data, and the id of the entry that it is about."""

from collections.abc import Sequence

from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .alerting.events import Announce
from .alerting.model import Incident
from .const import DOMAIN
from .delivery.outbox import Update
from .gateway.message import IncomingMessage
from .inbound.command_sessions import Command
from .inbound.match import Over, Which

# Messages changed: the entry id, and the updates in their order.
MESSAGES_UPDATED = SignalType[str, Sequence[Update]](f"{DOMAIN}_messages_updated")
# A text came in: the account's entry id, the text, and the id to reply to.
MESSAGE_RECEIVED = SignalType[str, IncomingMessage, str](f"{DOMAIN}_message_received")
# A command came in: the account's entry id, the sender's number, the id to reply to, and the command.
COMMAND = SignalType[str, str, str, Command](f"{DOMAIN}_command")
# A text came in that may be for several open items, or is for a closed one: the account's entry id, the sender's
# number, the id to reply to, and which these are.
UNCLEAR_REPLY = SignalType[str, str, str, Which | Over](f"{DOMAIN}_unclear_reply")
# A number opted out of the texts of an account, or opted in again: the entry id, the number, and True if it opted out.
OPT_OUT_CHANGED = SignalType[str, str, bool](f"{DOMAIN}_opt_out_changed")
# The counters of an entry changed. Formatted with its id.
STATE_CHANGED = SignalTypeFormat[()](f"{DOMAIN}_state_changed_{{}}")
# Something happened to an incident of an alert: the entry id, what, and the incident after it.
ALERT_TOLD = SignalType[str, Announce, Incident](f"{DOMAIN}_alert_told")
