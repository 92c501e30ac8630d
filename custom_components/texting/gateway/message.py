"""What crosses the border to a gateway and back: messages, results, reports, balances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .capabilities import MessageType
from .encoding import Encoding
from .errors import GatewayError
from .status import FailureReason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one number.

    reference is our own id (a ULID), to a number in E.164 (or a provider's test number),
    send_at an aware time. What is None or False was not asked for.
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

    doubtful are characters that the provider's networks may replace.
    """

    title: str | None
    text: str
    encoding: Encoding
    segments: int
    cost: int
    units: int
    replaced: Mapping[str, str] = field(default_factory=dict)
    doubtful: str = ""


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
    """A text from a phone; sender in E.164 where it is a number, reference and answered_id of what it answers."""

    sender: str
    text: str
    type: IncomingType = IncomingType.REPLY
    keyword: str | None = None
    message_id: str | None = None
    answered_id: str | None = None
    reference: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is left: amount in unit (credits, a currency sign), None where unlimited; pool where there are several."""

    amount: Decimal | None
    unit: str = "credits"
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A name that an account may send under: id is the list's own, sender_id what a message takes."""

    id: str
    sender_id: str
    type: str
    approved: bool


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


OPT_OUT_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ARRET", "ARRÊT"})


def incoming_type(text: str) -> IncomingType:
    """Whether a text asks for no more, or is a reply."""
    return IncomingType.OPT_OUT if text.strip().strip(".!").upper() in OPT_OUT_WORDS else IncomingType.REPLY
