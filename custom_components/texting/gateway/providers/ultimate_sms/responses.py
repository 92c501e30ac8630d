"""The responses of the "Ultimate SMS" software, which TextioPro runs: envelopes, pages, messages, sends, balances."""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
import re

from ulid_transform import bytes_to_ulid_or_none, ulid_to_bytes_or_none, ulid_to_timestamp

from ...base import accepted, refused
from ...capabilities import MessageType
from ...errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    redact,
)
from ...json_fields import ErrorWords, Row, amount, count, error_of, rows, text
from ...message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    ListedMessage,
    Message,
    Profile,
    SendResult,
    type_of_text,
    with_media,
)
from ...phone_number import digits, from_gateway, plain_digits
from ...status import FailureReason, Status
from ...transport import TOO_MANY_REQUESTS, Response

STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "accepted": (Status.ACCEPTED, None),
    "enroute": (Status.SENT, None),
    "delivered": (Status.DELIVERED, None),
    "expired": (Status.EXPIRED, FailureReason.EXPIRED),
    "undelivered": (Status.UNDELIVERED, FailureReason.OTHER),
    "failed": (Status.UNDELIVERED, FailureReason.OTHER),
    "rejected": (Status.REJECTED, FailureReason.OTHER),
    "skipped": (Status.REJECTED, FailureReason.OTHER),
}

_NUMBER_WORDS = "(number|phone|recipient|numéro|destinataire)"
_INVALID_WORDS = "(invalid|incorrect|not (a )?valid|malformed|mal formaté|required|must be)"
# An error has a text and no code, in English or in French. The first pattern that matches counts.
ERRORS: ErrorWords = {
    r"sender|expéditeur": FailureReason.INVALID_MESSAGE,
    r"unauth|authenti|token": AuthenticationFailed,
    r"too many|rate.?limit|throttl": RateLimited,
    r"server error|internal error|erreur interne": OutcomeUnknown,
    r"credit|crédit|balance|solde|quota|insufficient|sending limit|limite d.envoi": InsufficientCredit,
    r"black.?list|liste noire|opt(ed)?.?out|unsubscri|désabonn": FailureReason.OPTED_OUT,
    r"spam|prohibited|forbidden|not allowed|interdit": FailureReason.PROHIBITED,
    f"{_NUMBER_WORDS}.*{_INVALID_WORDS}|{_INVALID_WORDS}.*{_NUMBER_WORDS}": FailureReason.INVALID_NUMBER,
    r"message|template|media|language|gender|type|schedule": FailureReason.INVALID_MESSAGE,
}
# Reasons that concern single numbers of a batch.
NUMBER_REASONS = frozenset({FailureReason.INVALID_NUMBER, FailureReason.OPTED_OUT})
METHOD_NOT_ALLOWED = 405
_METHOD = re.compile(r"method (is )?not (allowed|supported)", re.IGNORECASE)
_HTTP_CLIENT_ERRORS = range(400, 500)

TYPES: Mapping[str, MessageType] = {
    "plain": MessageType.SMS,
    "unicode": MessageType.SMS,
    **{kind.value: kind for kind in MessageType if kind is not MessageType.SMS},
}
# True: incoming. "api" are our own sends [seen].
DIRECTIONS: Mapping[str, bool] = {"incoming": True, "inbound": True, "outgoing": False, "outbound": False, "api": False}
_UID = re.compile(r"[0-9a-f]{13}")
# The largest difference between the provider's clock and ours.
_CLOCK_DIFFERENCE = timedelta(minutes=1)
_DATES = ("date", "received_at", "sent_at", "created_at")
_UNLIMITED = re.compile(r"unlimited|illimité", re.IGNORECASE)
_AMOUNT = re.compile(r"([^\d\s.,+-]*)\s*([+-]?\d[\d.,\s]*?)\s*([^\d\s.,]*)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


# -- envelopes and pages -----------------------------------------------------------------------------------------


def envelope_of(response: Response) -> Row:
    """Return the object of a response; raise InvalidResponse, or RateLimited if a web server in front says so."""
    try:
        return response.json()
    except InvalidResponse:
        if response.status == TOO_MANY_REQUESTS:
            raise RateLimited(code=str(response.status), retry_after=response.retry_after) from None
        raise


def refusal(envelope: Row, response: Response) -> GatewayError | None:
    """Return the error of a response, or None if it is a success. "status" decides, whatever the HTTP status.

    Laravel's own errors have no status. They count if their text is known or if HTTP calls them a client error.
    """
    status, message = text(envelope, "status").lower(), text(envelope, "message")
    if status == "success":
        return None
    error = error_of(message, ERRORS)
    if response.status == TOO_MANY_REQUESTS and error.reason in (FailureReason.OTHER, FailureReason.RATE_LIMITED):
        return RateLimited(message, code=str(response.status), retry_after=response.retry_after)
    if status == "error" or response.status in _HTTP_CLIENT_ERRORS or isinstance(error, AuthenticationFailed):
        return error
    return InvalidResponse(f"neither success nor error, HTTP {response.status}")


def refuses_method(envelope: Row) -> bool:
    """Return True if the request needs the other method."""
    return bool(_METHOD.search(text(envelope, "message")))


def page(data: object) -> tuple[list[Row], int]:
    """Return the rows of a page and the number of pages. A list without pages is one page."""
    if not isinstance(data, dict) or "data" not in data:
        return rows(data), 1
    return rows(data["data"]), count(data, "last_page") or 1


def is_oldest_first(first: list[Row]) -> bool:
    """Return True if the rows of the first page get newer. The order of the list is not documented."""
    times = [time for row in first if (time := created_at(row))]
    return len(times) > 1 and times == sorted(times) and times[0] < times[-1]


# -- messages ----------------------------------------------------------------------------------------------------


def id_of(row: Row) -> str:
    """Return the id of a row; empty if it has none."""
    return text(row, "uid") or text(row, "id")


def status_word(row: Row) -> str:
    """Return the status in the provider's own words. Some versions have another one for customers."""
    return redact(text(row, "customer_status") or text(row, "status"))


def created_at(row: Row) -> datetime | None:
    """Return when a row was created, by its uid: PHP's uniqid() begins with eight hexadecimal digits of Unix time."""
    uid = text(row, "uid")
    return datetime.fromtimestamp(int(uid[:8], 16), UTC) if _UID.fullmatch(uid) else None


def date_of(row: Row) -> datetime | None:
    """Return the first date of a row. A date without a zone is UTC, which is Laravel's default."""
    for name in _DATES:
        try:
            date = datetime.fromisoformat(text(row, name))
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def direction_of(row: Row, own_numbers: Collection[str]) -> bool | None:
    """Return True if a phone sent the message, False if not, and None if nothing tells.

    Some versions show no direction [seen]. Then texts of others to one of the account's own numbers came in. The list
    may hold messages of other users too.
    """
    direction = DIRECTIONS.get(text(row, "direction").lower())
    if direction is not None or not own_numbers:
        return direction
    to, sender = plain_digits(text(row, "to")), plain_digits(text(row, "from"))
    return to in own_numbers and sender not in own_numbers


def report(row: Row, *, message_id: str, reference: str | None = None) -> DeliveryReport:
    """Return the report of a message from its row; an unknown status is uncertain and changes nothing."""
    word = status_word(row)
    status, reason = STATUSES.get(word.lower(), (Status.UNCERTAIN, None))
    return DeliveryReport(
        status=status, reason=reason, provider_status=word, message_id=message_id, reference=reference
    )


def incoming(row: Row) -> IncomingMessage:
    """Return the incoming message of a row."""
    message = text(row, "message")
    return IncomingMessage(
        sender=from_gateway(text(row, "from")),
        text=with_media(message, row),
        type=type_of_text(message),
        message_id=id_of(row) or None,
        sent_at=date_of(row) or created_at(row),
    )


def listed(row: Row, message_id: str = "", own_numbers: Collection[str] = ()) -> ListedMessage:
    """Return the message of a row; message_id is its id if the row has none."""
    word = status_word(row)
    return ListedMessage(
        message_id=id_of(row) or message_id,
        to=from_gateway(text(row, "to")),
        sender=from_gateway(text(row, "from")),
        text=text(row, "message"),
        status=STATUSES.get(word.lower(), (Status.UNCERTAIN, None))[0],
        provider_status=word,
        incoming=direction_of(row, own_numbers),
        type=TYPES.get((text(row, "sms_type") or text(row, "type")).lower()),
        sent_at=date_of(row) or created_at(row),
        cost=_cost(text(row, "cost")),
    )


def _cost(value: str) -> Decimal | None:
    try:
        return amount(value)
    except InvalidResponse:
        return None


def key_of(message: Message) -> tuple[str, str]:
    """Return what a message and its row have in common: the number and the text."""
    return digits(message.to), message.text.strip()


def key_of_row(row: Row) -> tuple[str, str]:
    """Return the key of a row of the list, as key_of."""
    return digits(text(row, "to")), text(row, "message")


def is_copy(row: Row, message: Message) -> bool:
    """Return True if a row may be this message: same number, same text, and not created before it."""
    row_time, message_time = created_at(row), _time_of(message.reference)
    return (
        direction_of(row, ()) is not True
        and key_of_row(row) == key_of(message)
        and row_time is not None
        and message_time is not None
        and row_time >= message_time - _CLOCK_DIFFERENCE
    )


def _time_of(reference: str) -> datetime | None:
    """Return the time in a ULID; None if the reference is no ULID."""
    if bytes_to_ulid_or_none(ulid_to_bytes_or_none(reference)) != reference.upper():
        return None
    try:
        return datetime.fromtimestamp(ulid_to_timestamp(reference) / 1000, UTC)
    except ValueError:  # beyond the year 9999
        return None


class Claims:
    """Which uid belongs to which message, so that a row is taken for one message only."""

    def __init__(self, max_size: int) -> None:
        """Remember the newest uids, at most max_size."""
        self._max_size = max_size
        self._references: OrderedDict[str, str] = OrderedDict()

    def add(self, *results: SendResult) -> list[SendResult]:
        """Remember the uids of messages; return the results."""
        for uid, message in ((result.message_id, result.message) for result in results if result.message_id):
            self._references[uid] = message.reference
            self._references.move_to_end(uid)
        while len(self._references) > self._max_size:
            self._references.popitem(last=False)
        return list(results)

    def fits(self, row: Row, message: Message) -> bool:
        """Return True if a row may be this message and belongs to no other."""
        return self._references.get(text(row, "uid")) in (None, message.reference) and is_copy(row, message)


# -- sends ------------------------------------------------------------------------------------------------------


def results(messages: Sequence[Message], envelope: Row) -> list[SendResult]:
    """Return the results of a request that succeeded.

    data is a row, a list of rows, null or a sentence. The text beside it may name numbers that were refused.
    """
    data_rows, note = rows(envelope.get("data")), text(envelope, "message")
    if len(messages) == len(data_rows) == 1:
        return [result(messages[0], data_rows[0])]
    by_number: defaultdict[str, list[Row]] = defaultdict(list)
    for row in data_rows:
        by_number[digits(text(row, "to"))].append(row)
    by_number.pop("", None)
    error = error_of(note, ERRORS)
    refused_messages = named(messages, note) if error.reason in NUMBER_REASONS else []
    if not by_number and len(refused_messages) == len(messages):
        raise InvalidResponse("a success that refuses every number")
    missing = OutcomeUnknown("a number is missing in the answer") if by_number else None
    found = []
    for message in messages:
        if of_number := by_number[digits(message.to)]:
            found.append(result(message, of_number.pop(0)))
        elif problem := error if message in refused_messages else missing:
            found.append(refused(message, problem))
        else:
            found.append(accepted(message))
    return found


def result(message: Message, row: Row) -> SendResult:
    """Return the result of a message from its row; an unknown status means accepted."""
    word, uid = status_word(row), text(row, "uid") or None
    status, reason = STATUSES.get(word.lower(), (Status.ACCEPTED, None))
    error = MessageRejected(word, reason=reason) if reason else None
    return SendResult(message=message, status=status, message_id=uid, provider_status=word or None, error=error)


def named(messages: Sequence[Message], note: str) -> list[Message]:
    """Return the messages whose numbers are in a text of the provider."""
    numbers = set(re.findall(r"\d+", note))
    return [message for message in messages if digits(message.to) in numbers]


# -- the account -------------------------------------------------------------------------------------------------


def balance(data: object) -> Balance:
    """Return the balance of {balance: 100, unit: "sms"} or {remaining_balance: "$12.50" or "Unlimited"}."""
    row = data if isinstance(data, dict) else {"balance": data}
    value = text(row, "balance") or text(row, "remaining_balance")
    unit = text(row, "unit").replace("sms", "SMS") or "credits"
    if _UNLIMITED.search(value):
        return Balance(amount=None, unit=unit)
    if not (match := _AMOUNT.fullmatch(value)):
        raise InvalidResponse("no balance")
    return Balance(amount=_decimal(match[2]), unit=match[1] or match[3] or unit)


def _decimal(value: str) -> Decimal:
    """Parse 1234.5, 1,234.50, 1.234,50, 12,50 or 1 234. The first of two kinds of separator separates thousands."""
    number = "".join(value.split())
    if "," in number and "." in number:
        number = number.replace(min(",.", key=number.find), "")
    elif _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    try:
        return Decimal(number.replace(",", "."))
    except InvalidOperation:
        raise InvalidResponse("no number") from None


def profile(data: object, token: str) -> Profile:
    """Return the owner of the account. Fields that hold the account's token are left out."""
    if not isinstance(data, dict):
        raise InvalidResponse("no profile")
    row = {name: value for name, value in data.items() if token not in text(data, name)}
    names = (text(row, "first_name"), text(row, "last_name"))
    return Profile(
        id=id_of(row),
        name=" ".join(filter(None, names)) or text(row, "name"),
        email=text(row, "email"),
        language=text(row, "locale") or text(row, "language"),
        time_zone=text(row, "timezone"),
    )
