"""IncomingRecord: one text that came in, as it is stored, and as a row of the database."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import blake2b
import json
from typing import Any

from ..gateway.message import IncomingMessage, IncomingType
from .record import MessageRecord
from .serialization import FLAGS, Model, Row, check, to_text

COLUMNS = ("id", "entry_id", "number", "fingerprint", "message_id", "handed_on", "text", "keyword", "content")

# Fields of a message that are columns. content is JSON with the others.
_OWN_COLUMNS = ("sender", "message_id", "text", "keyword")
_DEFAULTS = {each.name: each.default for each in fields(IncomingMessage) if each.name not in _OWN_COLUMNS}
# As gateway/time_text.py reads them.
_YEARS = range(1970, 9999)
# The digits of a ULID. The first ten tell its time in milliseconds.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_DIGITS = 10
_MAX_MILLISECONDS = 2**48 - 1


@dataclass(slots=True, kw_only=True, eq=False)
class IncomingRecord:
    """One incoming message of one entry."""

    # Our own id of the text, a ULID: it is in the order of time.
    id: str
    # The account's entry id.
    entry_id: str
    # The text as it may be shown, with what it answers.
    message: IncomingMessage
    # When it came in, in Unix seconds.
    received_at: float
    # Equal for texts of the same account and sender with the same words.
    fingerprint: str
    # Whether entities and automations know of it, and a command has begun.
    is_handed_on: bool = False
    # Whether it answered a question, or was a command that got a response.
    was_answered: bool = False
    # What the agent is asked, if it is a command that is to run.
    command: str | None = None
    # Whether text, keyword and command are stored. If not, they are empty when the row is read.
    keeps_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuery:
    """What a new text is looked up by. Moments are in Unix seconds."""

    # The account's entry id.
    entry_id: str
    # The phone that wrote it.
    number: str
    fingerprint: str
    # Since when a text with the same fingerprint matters.
    since: float
    # Since when a message that the provider accepted may be the one that the text answers.
    accepted_since: float
    # Our reference of the message that the text names, if it names one.
    reference: str | None = None
    # The provider's id of the message that the text names, if it names one.
    message_id: str | None = None
    # The provider's id of the text itself, if it has one.
    own_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What the database knows that may matter for a new text."""

    # The newest texts with the same fingerprint, newest first: 50 with and without an id of the provider, or if the new
    # text has one, 50 with that id and 50 without any.
    known: list[IncomingRecord] = field(default_factory=list)
    # The newest text of the same number.
    latest: IncomingRecord | None = None
    # Our message that the text names.
    named: MessageRecord | None = None
    # Our last message to the number that the provider accepted.
    last: MessageRecord | None = None


_RECORD, _MESSAGE = Model.of(IncomingRecord), Model.of(IncomingMessage)


def fingerprint(key: str, entry_id: str, sender: str, text: str) -> str:
    """Return 32 characters that are equal for texts of the same account and sender with the same words.

    The key is a secret of at most 64 bytes that is not in the database. Without it, a fingerprint would give away a
    short text that is not kept, and the PIN of a command.
    """
    words = json.dumps([entry_id, sender, text.strip()]).encode()
    return blake2b(words, digest_size=16, key=key.encode()).hexdigest()


def lowest_id(seconds: float = 0.0, *, milliseconds: int | None = None) -> str:
    """Return the beginning of ULIDs of a moment in Unix time. No earlier ULID is higher, and no later one lower."""
    left = min(max(int(seconds * 1000) if milliseconds is None else milliseconds, 0), _MAX_MILLISECONDS)
    digits = ""
    for _ in range(_TIME_DIGITS):
        left, digit = divmod(left, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def time_of_id(ulid: str) -> float:
    """Return the time of a ULID in Unix seconds; raise ValueError if it is none."""
    milliseconds = 0
    for digit in ulid[:_TIME_DIGITS]:
        milliseconds = milliseconds * len(_DIGITS) + _DIGITS.index(digit)
    return milliseconds / 1000


def to_row(record: IncomingRecord) -> Row:
    """Return the whole row."""
    message = record.message
    stored = {name: value for name, default in _DEFAULTS.items() if (value := getattr(message, name)) != default}
    if message.sent_at:
        stored["sent_at"] = message.sent_at.isoformat()
    # json.dumps writes it in ASCII, so no odd character breaks the file.
    content = {"received_at": record.received_at, "was_answered": record.was_answered, "message": stored}
    if record.command is not None and record.keeps_text and not record.is_handed_on:
        content["command"] = record.command
    return (
        record.id,
        record.entry_id,
        to_text(message.sender),
        record.fingerprint,
        to_text(message.message_id or ""),
        int(record.is_handed_on),
        to_text(message.text) if record.keeps_text else None,
        to_text(message.keyword) if record.keeps_text and message.keyword is not None else None,
        json.dumps(content),
    )


def from_row(row: Row) -> IncomingRecord:
    """Return the record of a row; raise one of serialization.INVALID if the row holds none."""
    known: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    content = json.loads(known["content"])
    # A newer version may have stored more.
    message = {name: value for name, value in content["message"].items() if name in _DEFAULTS}
    if "type" in message:
        message["type"] = IncomingType(message["type"])
    if "sent_at" in message:
        message["sent_at"] = datetime.fromisoformat(message["sent_at"])
        if message["sent_at"].year not in _YEARS:
            raise ValueError
    text = known["text"]
    record = IncomingRecord(
        id=known["id"],
        entry_id=known["entry_id"],
        message=IncomingMessage(
            sender=known["number"],
            text="" if text is None else text,
            keyword=known["keyword"],
            message_id=known["message_id"] or None,
            **message,
        ),
        received_at=content["received_at"],
        fingerprint=known["fingerprint"],
        is_handed_on=FLAGS[known["handed_on"]],
        was_answered=content["was_answered"],
        command=content.get("command"),
        keeps_text=text is not None,
    )
    check(_RECORD, record)
    check(_MESSAGE, record.message)
    return record
