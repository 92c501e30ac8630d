"""What TheSMSPoint answers: sends in two shapes, reports in several, errors in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
import re

from ..answers import ErrorWords, Row, error_of, rows, text
from ..errors import AuthenticationFailed, InsufficientCredit, OutcomeUnknown, RateLimited, redact
from ..gateway import accepted, refused
from ..message import DeliveryReport, Message, SendResult
from ..phone_number import digits
from ..status import FailureReason, Status

EXPIRED = "expired"
STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "sent": (Status.SENT, None),
    "delivered": (Status.DELIVERED, None),
    "undelivered": (Status.UNDELIVERED, FailureReason.OTHER),
    "u": (Status.UNDELIVERED, FailureReason.OTHER),
    # Documented as "message pending, the message is en route": the end only when nothing else comes for long.
    EXPIRED: (Status.SENT, None),
}

SUCCESS = "success"
SUCCESS_CODES = frozenset({"000", "0"})
# An error has words and no code; these are documented, or a part of those that are.
ERRORS: ErrorWords = {
    r"api.?key|unauth": AuthenticationFailed,
    r"credit|balance": InsufficientCredit,
    r"too many": RateLimited,
    r"server error": OutcomeUnknown,
    r"number|mobile|recipient": FailureReason.INVALID_NUMBER,
    r"not allowed": FailureReason.PROHIBITED,
    r"template|sender|message|channel|unicode": FailureReason.INVALID_MESSAGE,
}
_UNKNOWN_ID = re.compile(r"invalid (message|job).?id", re.IGNORECASE)
_NATIONAL_LENGTH = 10

type Index = defaultdict[tuple[str, ...], list[Row]]


def data_of(envelope: Row) -> object:
    """The data of a success; raises the error of any other answer."""
    if text(envelope, "status").lower() != SUCCESS:
        raise error_of(_words(envelope), ERRORS)
    return envelope.get("data")


def listed(envelope: Row) -> list[Row]:
    """The rows of a report; they are news whatever the status beside them, "error" in the documents' own example."""
    found = [row for row in rows(envelope.get("data")) if _state(row)]
    if found or text(envelope, "status").lower() == SUCCESS or _UNKNOWN_ID.search(_words(envelope)):
        return found
    raise error_of(_words(envelope), ERRORS)


def _words(envelope: Row) -> str:
    """What an error says: its message as in all examples, or its errors as the text beside them has it."""
    errors = envelope.get("errors")
    said = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else [errors]
    words = [word for each in said for word in (each if isinstance(each, list) else [each])]
    return text(envelope, "message") or " ".join(word for word in words if isinstance(word, str))


def results(messages: Sequence[Message], data: object) -> list[SendResult]:
    """What became of each: {ErrorCode, JobId, MessageData: [one for each number]}, or {status, message_id}."""
    answer = data if isinstance(data, dict) else {}
    code = text(answer, "ErrorCode")
    if (code and code not in SUCCESS_CODES) or text(answer, "status").lower() not in ("", SUCCESS):
        raise error_of(text(answer, "ErrorMessage") or text(answer, "message"), ERRORS, code or None)
    job = text(answer, "JobId") or text(answer, "message_id") or None
    alone = len(messages) == 1
    taken = rows(answer.get("MessageData"))
    if not taken:
        # The id of the second shape is the request's; of one message it is the message's as well.
        return [accepted(message, batch_id=job, message_id=job if alone else None) for message in messages]
    by_number: defaultdict[str, list[Row]] = defaultdict(list)
    for row in taken:
        by_number[_national(messages[0].to if alone and len(taken) == 1 else text(row, "Number"))].append(row)
    return [_result(message, by_number[_national(message.to)], job) for message in messages]


def _result(message: Message, taken: list[Row], job: str | None) -> SendResult:
    """The row of the message's number, and of its text where two went to that number."""
    if not taken:
        return refused(message, OutcomeUnknown("a number is missing in the answer"))
    row = next((row for row in taken if text(row, "message") == message.text), taken[0])
    taken.remove(row)
    return accepted(message, batch_id=job, message_id=text(row, "message_id") or None)


def index_of(found: Sequence[Row]) -> Index:
    """The rows of a report, by the message's id, by its number, and by number and text."""
    index: Index = defaultdict(list)
    for row in found:
        number = _national(text(row, "mobile_number") or text(row, "recipient"))
        for key in (("id", text(row, "message_id")), ("number", number), ("text", number, text(row, "content"))):
            index[key].append(row)
    return index


def row_of(index: Index, result: SendResult) -> Row | None:
    """The only row of the message's id, else of its number, else of number and text."""
    number = _national(result.message.to)
    by_id = index["id", result.message_id] if result.message_id else []
    for found in (by_id, index["number", number], index["text", number, result.message.text]):
        if len(found) == 1:
            return found[0]
    return None


def report_of(row: Row, result: SendResult) -> DeliveryReport:
    """A row as news of the message; a word that is not documented is kept as unknown."""
    word = _state(row)
    status, reason = STATUSES.get(word.lower(), (Status.UNKNOWN, None))
    return DeliveryReport(
        status=status,
        reason=reason,
        provider_status=redact(": ".join(filter(None, (word, text(row, "delivery_status_remark"))))),
        message_id=result.message_id,
        batch_id=result.batch_id,
        reference=result.message.reference,
        to=result.message.to,
        otherwise=Status.EXPIRED if word.lower() == EXPIRED else None,
    )


def _state(row: Row) -> str:
    return text(row, "status_name") or text(row, "delivery_status_id")


def _national(number: str) -> str:
    """The number without its country code, to compare: reports write it with and without the 91."""
    return digits(number)[-_NATIONAL_LENGTH:]
