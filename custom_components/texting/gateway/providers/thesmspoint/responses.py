"""The responses of TheSMSPoint: sends in two shapes, reports in several, errors as texts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
import re

from ...base import accepted, refused
from ...errors import (
    AuthenticationFailed,
    InsufficientCredit,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
)
from ...json_fields import ErrorWords, Row, error_of, rows, text
from ...message import DeliveryReport, Message, SendResult, read_id
from ...phone_number import digits
from ...redaction import redact
from ...status import FailureReason, Status

EXPIRED = "expired"
STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "sent": (Status.SENT, None),
    "delivered": (Status.DELIVERED, None),
    "undelivered": (Status.UNDELIVERED, FailureReason.OTHER),
    "u": (Status.UNDELIVERED, FailureReason.OTHER),
    # Documented as "message pending, the message is en route". It is final only if no other report comes in time.
    EXPIRED: (Status.SENT, None),
}

SUCCESS, ERROR = "success", "error"
# The HTTP statuses that say: the request was refused.
CLIENT_ERRORS = range(400, 500)
UNAUTHORIZED = 401
SUCCESS_CODES = frozenset({"000", "0"})
# An error has a text and no code. Each pattern is a documented text or a part of one.
ERRORS: ErrorWords = {
    # An exception of the site's own software may name any field. What came before it may have been sent.
    r"SQLSTATE\[|\bcURL error \d|\bUndefined (array key|index|offset|variable|property)|\bAttempt to read property"
    r"|\bCall to (a member function|undefined)|\bMaximum execution time|\bsomething went wrong|server error"
    r"|\btimed?[ -]?out\b": OutcomeUnknown,
    r"api.?key|unauth": AuthenticationFailed,
    r"credit|balance": InsufficientCredit,
    r"too many": RateLimited,
    r"number|mobile|recipient": FailureReason.INVALID_NUMBER,
    r"not allowed": FailureReason.PROHIBITED,
    r"template|sender|message|channel|unicode": FailureReason.INVALID_MESSAGE,
}
_UNKNOWN_ID = re.compile(r"invalid (message|job).?id", re.IGNORECASE)
_NATIONAL_LENGTH = 10

type Index = defaultdict[tuple[str, ...], list[Row]]


def envelope_of(http_status: int, envelope: Row) -> Row:
    """Return the envelope {status, message, data}.

    An HTTP error may have the framework's own shape {message, errors: {field: [texts]}}, which is an error too. Raises
    AuthenticationFailed if that says that nobody signed in, and InvalidResponse if nothing tells success from error.
    """
    if text(envelope, "status"):
        return envelope
    if http_status not in CLIENT_ERRORS or not _error_text(envelope):
        raise InvalidResponse(f"neither success nor error, HTTP {http_status}")
    if http_status == UNAUTHORIZED:
        raise AuthenticationFailed(_error_text(envelope), code=str(http_status))
    return {**envelope, "status": ERROR}


def data_of(envelope: Row) -> object:
    """Return the data of a successful response; raise the error of any other."""
    if text(envelope, "status").lower() != SUCCESS:
        raise error_of(_error_text(envelope), ERRORS)
    return envelope.get("data")


def listed(envelope: Row) -> list[Row]:
    """Return the rows of a report. The envelope's status does not count; in the documents' example it is "error"."""
    found = [row for row in rows(envelope.get("data")) if _status_word(row)]
    if found or text(envelope, "status").lower() == SUCCESS or _UNKNOWN_ID.search(_error_text(envelope)):
        return found
    raise error_of(_error_text(envelope), ERRORS)


def _error_text(envelope: Row) -> str:
    """Return the text of an error: its message as in all examples, and its errors as in the description."""
    errors = envelope.get("errors")
    values = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else [errors]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    texts = [text(envelope, "message"), *(part for part in parts if isinstance(part, str))]
    # The framework's message may repeat the first of the errors.
    return " ".join(dict.fromkeys(filter(None, texts)))


def results(messages: Sequence[Message], data: object) -> list[SendResult]:
    """Return the results of {ErrorCode, JobId, MessageData: [a row for each number]} or {status, message_id}."""
    response = data if isinstance(data, dict) else {}
    code = text(response, "ErrorCode")
    if (code and code not in SUCCESS_CODES) or text(response, "status").lower() not in ("", SUCCESS):
        raise error_of(text(response, "ErrorMessage") or text(response, "message"), ERRORS, code or None)
    job = read_id(text(response, "JobId"), text(response, "message_id"))
    single = len(messages) == 1
    data_rows = rows(response.get("MessageData"))
    if not data_rows:
        # In the second shape the id is that of the request. If it has one message, it is also that of the message.
        return [accepted(message, batch_id=job, message_id=job if single else None) for message in messages]
    by_number: defaultdict[str, list[Row]] = defaultdict(list)
    for row in data_rows:
        by_number[_national(messages[0].to if single and len(data_rows) == 1 else text(row, "Number"))].append(row)
    return [_result(message, by_number[_national(message.to)], job) for message in messages]


def _result(message: Message, of_number: list[Row], job: str | None) -> SendResult:
    """Take the row of a message from the rows of its number. If there are several, its text decides."""
    if not of_number:
        return refused(message, OutcomeUnknown("a number is missing in the answer"))
    row = next((row for row in of_number if text(row, "message") == message.text), of_number[0])
    of_number.remove(row)
    return accepted(message, batch_id=job, message_id=read_id(text(row, "message_id")))


def index_of(found: Sequence[Row]) -> Index:
    """Index the rows of a report by the id of the message, by its number, and by number and text."""
    index: Index = defaultdict(list)
    for row in found:
        number = _national(text(row, "mobile_number") or text(row, "recipient"))
        for key in (("id", text(row, "message_id")), ("number", number), ("text", number, text(row, "content"))):
            index[key].append(row)
    return index


def row_of(index: Index, result: SendResult) -> Row | None:
    """Return the only row with the message's id, else with its number, else with its number and text."""
    number = _national(result.message.to)
    by_id = index["id", result.message_id] if result.message_id else []
    for found in (by_id, index["number", number], index["text", number, result.message.text]):
        if len(found) == 1:
            return found[0]
    return None


def report_of(row: Row, result: SendResult) -> DeliveryReport:
    """Return the report of a message from its row; an undocumented status is uncertain."""
    word = _status_word(row)
    status, reason = STATUSES.get(word.lower(), (Status.UNCERTAIN, None))
    return DeliveryReport(
        status=status,
        reason=reason,
        provider_status=redact(": ".join(filter(None, (word, text(row, "delivery_status_remark"))))),
        message_id=result.message_id,
        reference=result.message.reference,
        status_on_timeout=Status.EXPIRED if word.lower() == EXPIRED else None,
    )


def _status_word(row: Row) -> str:
    """Return the status in the provider's own words."""
    return text(row, "status_name") or text(row, "delivery_status_id")


def _national(number: str) -> str:
    """Return a number without its country code, for comparison. Reports write it with and without the 91."""
    return digits(number)[-_NATIONAL_LENGTH:]
