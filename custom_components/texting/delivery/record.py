"""One message from asked to final: what is known of it, and how it stands in the outbox."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
import json
from typing import Any

from ..gateway.capabilities import MessageType
from ..gateway.errors import GatewayError
from ..gateway.message import Message
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
    after expires_at; taken_at is when the gateway accepted it. urgent, resend: see guard and worker. Of this run only:
    error, and poll_due and interval, monotonic seconds of the next question and between questions.
    """

    message: Message
    account: str
    asked_at: float
    expires_at: float
    due_at: float = 0.0
    taken_at: float | None = None
    recipient: str | None = None
    recipient_id: str | None = None
    parent: str | None = None
    urgent: bool = False
    resend: bool = False
    segments: int = 1
    phase: Phase = Phase.WAITING
    status: Status = Status.QUEUED
    message_id: str | None = None
    batch_id: str | None = None
    provider_status: str | None = None
    reason: FailureReason | None = None
    otherwise: Status | None = None
    error: GatewayError | None = None
    poll_due: float = 0.0
    interval: float = FIRST_POLL

    @property
    def reference(self) -> str:
        """Our own id of the message."""
        return self.message.reference

    @property
    def is_pending(self) -> bool:
        """Whether it is on its way: neither arrived nor failed, nor given up."""
        return self.phase is not Phase.ENDED

    def snapshot(self) -> Record:
        """The record as it is now."""
        return replace(self)


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
type Row = tuple[str | float | None, ...]


def to_row(record: Record) -> Row:
    """The record as the outbox keeps it."""
    message = record.message
    body = {
        field.name: value.isoformat() if isinstance(value, datetime) else value
        for field in fields(message)
        if field.name not in ("reference", "to") and (value := getattr(message, field.name)) is not None
    }
    about = {
        "recipient": record.recipient,
        "recipient_id": record.recipient_id,
        "urgent": record.urgent,
        "resend": record.resend,
    }
    news = {
        "batch_id": record.batch_id,
        "provider_status": record.provider_status,
        "reason": record.reason,
        "otherwise": record.otherwise,
    }
    return (
        record.reference,
        record.account,
        record.parent,
        message.to,
        record.phase.value,
        record.status.value,
        record.asked_at,
        record.expires_at,
        record.due_at,
        record.taken_at,
        record.segments,
        record.message_id,
        _compact({"message": body, **about}),
        _compact(news),
    )


def from_row(row: Row) -> Record:
    """The record of a row; raises ValueError, KeyError or TypeError for what none of ours holds."""
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
        **{name: known[name] for name in ("account", "parent", "asked_at", "expires_at", "due_at", "taken_at")},
        segments=known["segments"],
        message_id=known["message_id"],
        **body,
    )


def _compact(values: dict[str, Any]) -> str:
    """JSON of what is set; in ASCII, which no gateway's odd character breaks."""
    return json.dumps({name: value for name, value in values.items() if value not in (None, False)})
