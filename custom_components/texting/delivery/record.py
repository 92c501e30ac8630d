"""One message from asked to final: what is known of it, and how it stands in the outbox."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
import json
from typing import Any

from ..gateway.capabilities import MessageType
from ..gateway.errors import GatewayError
from ..gateway.message import Message, SendResult
from ..gateway.status import FailureReason, Status

FIRST_POLL = 15.0


class Phase(StrEnum):
    """What is to be done with a message."""

    WAITING = "waiting"  # to be handed to the gateway
    SENDING = "sending"  # handed over; what became of it is not known
    FOLLOWED = "followed"  # answered, and there may be news
    ENDED = "ended"


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """One message of an account (an entry's id); parent is the reference of the route's message it was sent for.

    Moments ending in _at are seconds since 1970: they outlive a restart. A message is sent from due_at on and not
    after expires_at; taken_at is when the gateway accepted it. An urgent one goes before others; resend: whether one
    of unknown outcome is sent again, resent how often it was. The rest is of this run only, in monotonic seconds:
    when it may be sent, when it expires, when to ask for news next and how long after that again. ticket: see Queue.
    via is the account that a route's message left through, groups the names of the contact groups it goes to.
    """

    message: Message
    account: str
    asked_at: float
    expires_at: float
    due_at: float = 0.0
    taken_at: float | None = None
    recipient: str | None = None
    recipient_id: str | None = None
    groups: str | None = None
    parent: str | None = None
    via: str | None = None
    urgent: bool = False
    resend: bool = False
    resent: int = 0
    segments: int = 1
    phase: Phase = Phase.WAITING
    status: Status = Status.QUEUED
    message_id: str | None = None
    batch_id: str | None = None
    provider_status: str | None = None
    reason: FailureReason | None = None
    otherwise: Status | None = None
    error: GatewayError | None = None
    is_in_flight: bool = False
    ticket: int = 0
    ready: float = 0.0
    deadline: float = 0.0
    poll_due: float = 0.0
    interval: float = FIRST_POLL

    @property
    def reference(self) -> str:
        """Our own id of the message."""
        return self.message.reference

    @property
    def to(self) -> str:
        """Whom it goes to, as a user is told: a number, or the names of groups."""
        return self.groups or self.message.to

    @property
    def is_pending(self) -> bool:
        """Whether it is on its way: neither arrived nor failed, nor given up."""
        return self.phase is not Phase.ENDED

    @property
    def is_answered(self) -> bool:
        """Whether it is known what the gateway did with it, or known that this cannot be known."""
        return self.phase in (Phase.FOLLOWED, Phase.ENDED)

    @property
    def failure(self) -> GatewayError | None:
        """Why it did not get through, of this run only; None while it may yet."""
        return self.error if self.is_answered else None

    @property
    def result(self) -> SendResult:
        """The message as it is asked about."""
        return SendResult(message=self.message, status=self.status, message_id=self.message_id, batch_id=self.batch_id)

    def snapshot(self) -> Record:
        """The record as it is now."""
        copy = object.__new__(Record)
        for name in _NAMES:
            setattr(copy, name, getattr(self, name))
        return copy


_NAMES = Record.__slots__
# What a message may hold besides its number.
_OPTIONS = tuple(field.name for field in fields(Message) if field.name not in ("reference", "to"))

# What a row holds, in this order; body never changes, news is the rest that does.
COLUMNS = (
    "reference",
    "account",
    "parent",
    "number",
    "phase",
    "status",
    "asked_at",
    "expires_at",
    "due_at",
    "taken_at",
    "segments",
    "message_id",
    "body",
    "news",
)
# Those whose values may change.
CHANGING = ("phase", "status", "due_at", "taken_at", "segments", "message_id", "news")
type Row = tuple[str | float | None, ...]


def to_row(record: Record) -> Row:
    """The record as the outbox keeps it."""
    message = record.message
    body = {name: value for name in _OPTIONS if (value := getattr(message, name)) is not None}
    if message.send_at:
        body["send_at"] = message.send_at.isoformat()
    about = {
        "recipient": record.recipient,
        "recipient_id": record.recipient_id,
        "groups": record.groups,
        "urgent": record.urgent,
        "resend": record.resend,
    }
    return (
        record.reference,
        record.account,
        record.parent,
        plain(message.to),
        record.phase.value,
        record.status.value,
        record.asked_at,
        record.expires_at,
        record.due_at,
        record.taken_at,
        record.segments,
        record.message_id and plain(record.message_id),
        _compact({"message": body, **about}),
        _news(record),
    )


def to_changes(record: Record) -> Row:
    """What may have changed of the record, as CHANGING names it, and its reference."""
    return (
        record.phase.value,
        record.status.value,
        record.due_at,
        record.taken_at,
        record.segments,
        record.message_id and plain(record.message_id),
        _news(record),
        record.reference,
    )


def _news(record: Record) -> str:
    news = {
        "batch_id": record.batch_id,
        "provider_status": record.provider_status,
        "reason": record.reason,
        "otherwise": record.otherwise,
        "via": record.via,
        "resent": record.resent or None,
    }
    return _compact(news)


def from_row(row: Row) -> Record:
    """The record of a row; raises ValueError, KeyError, TypeError or AttributeError for what none of ours holds."""
    known: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    body, news = json.loads(known["body"]), json.loads(known["news"])
    message = body.pop("message")
    if "send_at" in message:
        message["send_at"] = datetime.fromisoformat(message["send_at"])
    message["type"] = MessageType(message["type"])
    return Record(
        message=Message(reference=known["reference"], to=known["number"], **message),
        phase=Phase(known["phase"]),
        status=Status(known["status"]),
        reason=FailureReason(news["reason"]) if "reason" in news else None,
        otherwise=Status(news["otherwise"]) if "otherwise" in news else None,
        batch_id=news.get("batch_id"),
        provider_status=news.get("provider_status"),
        resent=news.get("resent", 0),
        via=news.get("via"),
        **{name: known[name] for name in ("account", "parent", "asked_at", "expires_at", "due_at", "taken_at")},
        segments=known["segments"],
        message_id=known["message_id"],
        **body,
    )


def plain(text: str) -> str:
    """The text as SQLite takes it: half a surrogate pair, which an odd gateway may send, is replaced."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _compact(values: dict[str, Any]) -> str:
    """JSON of what is set; in ASCII, which no gateway's odd character breaks."""
    return json.dumps({name: value for name, value in values.items() if value not in (None, False)})
