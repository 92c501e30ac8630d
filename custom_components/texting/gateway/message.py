"""What crosses the border to a gateway and back: messages, results, reports, balances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
import re
import unicodedata

from .capabilities import MessageType
from .encoding import Encoding
from .errors import GatewayError
from .status import FailureReason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one number, or to the contacts of groups.

    reference is our own id (a ULID), to a number in E.164 (or a provider's test number), send_at an aware time.
    Where group_size is set, to holds the ids of contact groups, joined by commas, with that many contacts together.
    What is None or False was not asked for.
    """

    reference: str
    to: str
    text: str
    title: str | None = None
    type: MessageType = MessageType.SMS
    sender: str | None = None
    media_url: str | None = None
    language: str | None = None
    gender: str | None = None
    send_at: datetime | None = None
    commercial: bool = False
    express: bool | None = None
    template_id: str | None = None
    channel: int | None = None
    group_size: int | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The ids of the contact groups that it goes to; none where it goes to a number."""
        return () if self.group_size is None else tuple(filter(None, map(str.strip, self.to.split(","))))


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceBroadcast:
    """A sound played to numbers in E.164: a file of the account by its name, or one at a URL."""

    numbers: tuple[str, ...]
    caller_id: str
    sound_file: str | None = None
    sound_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of one message when it was handed to the gateway.

    message_id is the provider's id of it, batch_id its id of the request (TheSMSPoint's job);
    error says why it was not accepted, and is None when it was.
    """

    message: Message
    status: Status
    message_id: str | None = None
    batch_id: str | None = None
    provider_status: str | None = None
    error: GatewayError | None = None

    @property
    def reason(self) -> FailureReason | None:
        """Why it failed, or None."""
        return self.error.reason if self.error else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a text would be: title and text as they would be sent, cost in the provider's credits, replaced {from: to}.

    doubtful are characters that the provider's networks may replace, held_until is the aware moment until which
    it would hold the text back if it were sent now, or None.
    """

    title: str | None
    text: str
    encoding: Encoding
    segments: int
    cost: int
    units: int
    replaced: Mapping[str, str] = field(default_factory=dict)
    doubtful: str = ""
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """News of a message, found by message_id, by reference, or by batch_id and number.

    otherwise is the status that the message ends with when no better news comes in time, or None.
    """

    status: Status
    provider_status: str
    message_id: str | None = None
    batch_id: str | None = None
    reference: str | None = None
    to: str | None = None
    reason: FailureReason | None = None
    otherwise: Status | None = None


class IncomingType(StrEnum):
    """What kind of text came in."""

    REPLY = "reply"
    KEYWORD = "keyword"
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A text from a phone; sender in E.164 where it is a number, reference and answered_id of what it answers.

    These are as the provider tells them; answers is our own reference of it, as whoever sent it knows it, and is
    found out later. late is an old one that was not told before.
    """

    sender: str
    text: str
    type: IncomingType = IncomingType.REPLY
    keyword: str | None = None
    message_id: str | None = None
    answered_id: str | None = None
    reference: str | None = None
    sent_at: datetime | None = None
    answers: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """A text as the provider lists it, sent or received; cost is in its credits. None: it does not say.

    to and sender are in E.164 where they are numbers.
    """

    message_id: str
    to: str
    sender: str
    text: str
    status: Status
    provider_status: str
    incoming: bool | None = None
    type: MessageType | None = None
    sent_at: datetime | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Whose account it is, as far as the provider says: language as en, time_zone as Europe/Paris."""

    id: str
    name: str = ""
    email: str = ""
    language: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is left: amount in unit (credits, a currency sign), None where unlimited; pool where there are several."""

    amount: Decimal | None
    unit: str = "credits"
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A name that an account may send under: id is the list's own, sender_id what a message takes.

    entity_id is whom it is registered for, purpose what it was registered for.
    """

    id: str
    sender_id: str
    type: str
    approved: bool
    entity_id: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A registered text: template_id is what a message takes, sender_id the sender it belongs to."""

    template_id: str
    name: str
    type: str
    sender_id: str
    message: str
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """A request to our webhook: the parameters of query and body by name, in the case they came in."""

    method: str
    parameters: Mapping[str, object]


OPT_OUT_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "arret"})
# They take an opt-out back, and mean nothing else of it without one.
OPT_IN_WORDS = frozenset({"start", "unstop", "yes"})
_LONGEST_WORD = 100
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


def incoming_type(text: str) -> IncomingType:
    """Whether a text asks for no more, or is a reply."""
    return IncomingType.OPT_OUT if words_of(text) in OPT_OUT_WORDS else IncomingType.REPLY


def words_of(text: str) -> str:
    """What a short text says in lower case, without accents and what stands around it: Arrêt! is arret."""
    if len(text) > _LONGEST_WORD:
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))
    return _AROUND.sub("", " ".join(plain.split())).casefold()
