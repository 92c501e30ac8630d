"""MessageRecord as a row of the database, and back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
import json
from operator import attrgetter
from typing import Any, get_args, get_type_hints

from ..gateway.capabilities import MessageType
from ..gateway.message import Message
from ..gateway.status import FailureReason, Status
from .record import MessageRecord, Phase

type Row = tuple[str | float | None, ...]

# What never changes after a message was created.
FIXED_COLUMNS = (
    *("reference", "entry_id", "recipient_id", "parent", "number", "created_at", "expires_at"),
    *("urgent", "content"),
)
# What may change. progress is JSON with the rest.
CHANGING_COLUMNS = (
    *("phase", "status", "not_before", "accepted_at", "day", "segments", "message_id", "progress"),
    *("price", "currency"),
)
COLUMNS = FIXED_COLUMNS + CHANGING_COLUMNS

# Columns that a record takes as they are.
_AS_STORED = (
    *("entry_id", "recipient_id", "parent", "created_at", "expires_at", "not_before"),
    *("accepted_at", "day", "segments", "message_id", "price", "currency"),
)
_MESSAGE_FIELDS = tuple(field.name for field in fields(Message) if field.name not in ("reference", "to"))
_CONTENT = ("recipient_name", "groups", "ignores_opt_out", "passes_limit", "resend")
_PROGRESS = (
    *("batch_id", "provider_status", "reason", "status_on_timeout", "via", "resend_count"),
    *("cost", "delivered_at"),
)
# No number, and no time in Unix seconds, is larger: that is the year 9998.
MAX_NUMBER = 253_370_764_800
# What a stored value that is no message, and none of what is stored beside them, raises.
INVALID = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Model:
    """The fields of a dataclass, and the types that each takes."""

    names: tuple[str, ...]
    types: tuple[frozenset[type], ...]
    # Returns the values of a model, in the same order.
    values: attrgetter[tuple[Any, ...]]

    @classmethod
    def of(cls, kind: type) -> Model:
        """Return the model of a dataclass."""
        hints = {name: set(get_args(hint) or (hint,)) for name, hint in get_type_hints(kind).items()}
        names = tuple(field.name for field in fields(kind))
        # A whole number may stand for a time.
        types = tuple(frozenset(hints[name] | ({int} if float in hints[name] else set())) for name in names)
        return cls(names, types, attrgetter(*names))


_MESSAGE, _RECORD = Model.of(Message), Model.of(MessageRecord)


def to_row(record: MessageRecord) -> Row:
    """Return the whole row."""
    # An express message of False is not one of None.
    message = {name: value for name in _MESSAGE_FIELDS if (value := getattr(record.message, name)) is not None}
    if record.message.send_at:
        message["send_at"] = record.message.send_at.isoformat()
    content = {"message": message, **_values(record, _CONTENT)}
    return (
        record.reference,
        record.entry_id,
        record.recipient_id,
        record.parent,
        to_text(record.message.to),
        record.created_at,
        record.expires_at,
        int(record.urgent),
        json.dumps(content),
        *_changing(record),
    )


def to_changes(record: MessageRecord) -> Row:
    """Return the changing columns, then the reference."""
    return (*_changing(record), record.reference)


# What SQLite stores of True and False.
FLAGS = {0: False, 1: True}


def from_row(row: Row) -> MessageRecord:
    """Return the record of a row.

    Raise ValueError, KeyError, TypeError, AttributeError or RecursionError if the row holds none.
    """
    known: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    content, progress = json.loads(known["content"]), json.loads(known["progress"])
    message = content.pop("message")
    if "send_at" in message:
        message["send_at"] = _moment(message["send_at"])
    message["type"] = MessageType(message["type"])
    if "reason" in progress:
        progress["reason"] = FailureReason(progress["reason"])
    if "status_on_timeout" in progress:
        progress["status_on_timeout"] = Status(progress["status_on_timeout"])
    record = MessageRecord(
        message=Message(reference=known["reference"], to=known["number"], **message),
        phase=Phase(known["phase"]),
        status=Status(known["status"]),
        urgent=FLAGS[known["urgent"]],
        **{name: known[name] for name in _AS_STORED},
        **content,
        # A newer version may have stored more.
        **{name: progress[name] for name in _PROGRESS if name in progress},
    )
    check(_RECORD, record)
    check(_MESSAGE, record.message)
    return record


def check(model: Model, value: object) -> None:
    """Raise TypeError or ValueError if a field has a value that is never stored there."""
    for name, types, field in zip(model.names, model.types, model.values(value), strict=True):
        kind = type(field)
        if kind not in types:
            raise TypeError(name)
        if (kind is int or kind is float) and not 0 <= field <= MAX_NUMBER:
            raise ValueError(name)


def _moment(stored: str) -> datetime:
    """Return a stored moment; raise ValueError if it has no zone or is none of a message."""
    moment = datetime.fromisoformat(stored)
    if not (moment.tzinfo and 0 <= moment.timestamp() <= MAX_NUMBER):
        raise ValueError(stored)
    return moment


def valid_records(
    rows: Iterable[Row], on_invalid: Callable[[object], object] = lambda _reference: None
) -> Iterator[MessageRecord]:
    """Return the records of rows, and skip rows that hold none: on_invalid gets their references."""
    return read_rows(rows, from_row, on_invalid)


def read_rows[Value](
    rows: Iterable[Row], read: Callable[[Row], Value], on_invalid: Callable[[object], object], *, keys: int = 1
) -> Iterator[Value]:
    """Return what a function reads from rows, and skip rows that it cannot read.

    on_invalid gets the first column of those, or a tuple of so many keys.
    """
    for row in rows:
        try:
            value = read(row)
        except INVALID:
            on_invalid(row[0] if keys == 1 else row[:keys])
        else:
            yield value


def to_text(text: str) -> str:
    """Return the text as SQLite takes it: half a surrogate pair, which a provider may send, is replaced."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _changing(record: MessageRecord) -> Row:
    return (
        record.phase.value,
        record.status.value,
        record.not_before,
        record.accepted_at,
        record.day,
        record.segments,
        record.message_id and to_text(record.message_id),
        json.dumps(_values(record, _PROGRESS)),
        record.price,
        record.currency,
    )


def _values(record: MessageRecord, names: Iterable[str]) -> dict[str, Any]:
    """Return what is set. json.dumps writes it in ASCII, so no odd character breaks the file."""
    # A cost of 0 is not an unknown one.
    return {name: value for name in names if (value := getattr(record, name)) is not None and value is not False}
