"""What the "Ultimate SMS" software answers, as TextioPro runs it: envelopes, pages, messages, sends, balances."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
import re

from ..answers import ErrorWords, Row, count, error_of, rows, text
from ..errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    redact,
)
from ..gateway import accepted, refused
from ..media import with_media
from ..message import Balance, DeliveryReport, IncomingMessage, Message, SendResult, incoming_type
from ..phone_number import digits, from_gateway
from ..status import FailureReason, Status
from ..transport import TOO_MANY_REQUESTS, Answer

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
_WRONG_WORDS = "(invalid|incorrect|not (a )?valid|malformed|mal formaté|required|must be)"
# An error has words and no code, in English or in French; the first that fits counts.
ERRORS: ErrorWords = {
    r"sender|expéditeur": FailureReason.INVALID_MESSAGE,
    r"unauth|authenti|token": AuthenticationFailed,
    r"too many|rate.?limit|throttl": RateLimited,
    r"server error|internal error|erreur interne": OutcomeUnknown,
    r"credit|crédit|balance|solde|quota|insufficient|sending limit|limite d.envoi": InsufficientCredit,
    r"black.?list|liste noire|opt(ed)?.?out|unsubscri|désabonn": FailureReason.OPTED_OUT,
    r"spam|prohibited|forbidden|not allowed|interdit": FailureReason.PROHIBITED,
    f"{_NUMBER_WORDS}.*{_WRONG_WORDS}|{_WRONG_WORDS}.*{_NUMBER_WORDS}": FailureReason.INVALID_NUMBER,
    r"message|template|media|language|gender|type|schedule": FailureReason.INVALID_MESSAGE,
}
# What can be wrong with one number of a batch while the others are good.
NUMBER_REASONS = frozenset({FailureReason.INVALID_NUMBER, FailureReason.OPTED_OUT})
METHOD_NOT_ALLOWED = 405
_METHOD = re.compile(r"method (is )?not (allowed|supported)", re.IGNORECASE)
_HTTP_ERRORS = range(400, 500)

_UID = re.compile(r"[0-9a-f]{13}")
_ULID_LENGTH = 26
_CROCKFORD = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
# The gateway's clock and ours may differ by this much.
_CLOCKS = timedelta(minutes=1)
_DATES = ("date", "received_at", "sent_at", "created_at")
_UNLIMITED = re.compile(r"unlimited|illimité", re.IGNORECASE)
_AMOUNT = re.compile(r"([^\d\s.,+-]*)\s*([+-]?\d[\d.,\s]*?)\s*([^\d\s.,]*)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def page(data: object) -> tuple[list[Row], int]:
    """The rows of a page and how many pages there are; a list without pages is one."""
    if not isinstance(data, dict) or "data" not in data:
        return rows(data), 1
    return rows(data["data"]), count(data, "last_page") or 1


def is_oldest_first(first: list[Row]) -> bool:
    """Whether the first page gets newer from row to row, so that the newest are on the last; nobody says which."""
    times = [made for row in first if (made := created(row))]
    return len(times) > 1 and times == sorted(times) and times[0] < times[-1]


# -- envelopes ---------------------------------------------------------------------------------------------------


def envelope_of(answer: Answer) -> Row:
    """The answer's object; raises InvalidResponse, or RateLimited where a web server says so before the software."""
    try:
        return answer.json()
    except InvalidResponse:
        if answer.status == TOO_MANY_REQUESTS:
            raise RateLimited(code=str(answer.status), retry_after=answer.retry_after) from None
        raise


def refusal(envelope: Row, answer: Answer) -> GatewayError | None:
    """Why an answer is no success, None where it is one: "status" decides, whatever the HTTP status.

    Without one, as Laravel itself answers, words must be known or HTTP must call it the client's error.
    """
    status, words = text(envelope, "status").lower(), text(envelope, "message")
    if status == "success":
        return None
    error = error_of(words, ERRORS)
    if answer.status == TOO_MANY_REQUESTS and error.reason in (FailureReason.OTHER, FailureReason.RATE_LIMITED):
        return RateLimited(words, code=str(answer.status), retry_after=answer.retry_after)
    if status == "error" or answer.status in _HTTP_ERRORS or isinstance(error, AuthenticationFailed):
        return error
    return InvalidResponse(f"neither success nor error, HTTP {answer.status}")


def refuses_method(envelope: Row) -> bool:
    """Whether the request would do with the other method."""
    return bool(_METHOD.search(text(envelope, "message")))


# -- messages ----------------------------------------------------------------------------------------------------


def word_of(row: Row) -> str:
    """The message's state in the gateway's own word; some versions keep it apart for the customer."""
    return redact(text(row, "customer_status") or text(row, "status"))


def report(row: Row, *, message_id: str, reference: str | None = None) -> DeliveryReport:
    """A message's row as news of it; a word that is not known is kept as unknown and changes nothing."""
    word = word_of(row)
    status, reason = STATUSES.get(word.lower(), (Status.UNKNOWN, None))
    return DeliveryReport(
        status=status, reason=reason, provider_status=word, message_id=message_id, reference=reference
    )


def id_of(row: Row) -> str:
    """A message's id, empty where it has none."""
    return text(row, "uid") or text(row, "id")


def is_incoming(row: Row) -> bool:
    """Whether a phone sent it; where the installation does not say, it counts as ours."""
    return text(row, "direction").lower() in ("incoming", "inbound")


def incoming(row: Row) -> IncomingMessage:
    """A message's row as the text of a phone."""
    words = text(row, "message")
    return IncomingMessage(
        sender=from_gateway(text(row, "from")),
        text=with_media(words, row),
        type=incoming_type(words),
        message_id=id_of(row) or None,
        sent_at=date_of(row) or created(row),
    )


def is_copy(row: Row, message: Message) -> bool:
    """Whether the row is this message: its number, its text, and made since its reference, a ULID."""
    made, since = created(row), _time_of(message.reference)
    return (
        not is_incoming(row)
        and digits(text(row, "to")) == digits(message.to)
        and text(row, "message") == message.text.strip()
        and made is not None
        and since is not None
        and made >= since - _CLOCKS
    )


class Claims:
    """Which message each uid is: a row belongs to one only. The newest are kept, at most so many."""

    def __init__(self, most: int) -> None:
        """Start with none."""
        self._most = most
        self._references: OrderedDict[str, str] = OrderedDict()

    def add(self, *results: SendResult) -> list[SendResult]:
        """Keep whose uids theirs are; returns the results."""
        for uid, message in ((result.message_id, result.message) for result in results if result.message_id):
            self._references[uid] = message.reference
            self._references.move_to_end(uid)
        while len(self._references) > self._most:
            self._references.popitem(last=False)
        return list(results)

    def fits(self, row: Row, message: Message) -> bool:
        """Whether the row is this message, as far as can be told, and no other's."""
        return self._references.get(text(row, "uid")) in (None, message.reference) and is_copy(row, message)


def _time_of(ulid: str) -> datetime | None:
    """A ULID begins with ten digits of milliseconds in Crockford's base 32."""
    if len(ulid) != _ULID_LENGTH:
        return None
    try:
        return datetime.fromtimestamp(int(ulid[:10].upper().translate(_CROCKFORD), 32) / 1000, UTC)
    except ValueError:  # no such digit, or beyond the year 9999
        return None


def created(row: Row) -> datetime | None:
    """When the row was made, by its uid: PHP's uniqid() begins with eight hexadecimal digits of Unix time."""
    uid = text(row, "uid")
    return datetime.fromtimestamp(int(uid[:8], 16), UTC) if _UID.fullmatch(uid) else None


def date_of(row: Row) -> datetime | None:
    """The first date there is; one without a zone is taken as UTC, as Laravel stores them unless told otherwise."""
    for name in _DATES:
        try:
            date = datetime.fromisoformat(text(row, name))
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


# -- sends ------------------------------------------------------------------------------------------------------


def results(messages: Sequence[Message], envelope: Row) -> list[SendResult]:
    """What became of each message of a request that succeeded.

    data is a row, a list of them, null or a sentence; invalid numbers may stand in the message beside it only.
    """
    listed, words = rows(envelope.get("data")), text(envelope, "message")
    if len(messages) == len(listed) == 1:
        return [result(messages[0], listed[0])]
    by_number: defaultdict[str, list[Row]] = defaultdict(list)
    for row in listed:
        by_number[digits(text(row, "to"))].append(row)
    by_number.pop("", None)
    error = error_of(words, ERRORS)
    wrong = named(messages, words) if error.reason in NUMBER_REASONS else []
    if not by_number and len(wrong) == len(messages):
        raise InvalidResponse("a success that refuses every number")
    missing = OutcomeUnknown("a number is missing in the answer") if by_number else None
    answered = []
    for message in messages:
        if of_number := by_number[digits(message.to)]:
            answered.append(result(message, of_number.pop(0)))
        elif problem := error if message in wrong else missing:
            answered.append(refused(message, problem))
        else:
            answered.append(accepted(message))
    return answered


def result(message: Message, row: Row) -> SendResult:
    """A row as what became of a send; a word that is not known changes nothing about its success."""
    word, uid = word_of(row), text(row, "uid") or None
    status, reason = STATUSES.get(word.lower(), (Status.ACCEPTED, None))
    error = MessageRejected(word, reason=reason) if reason else None
    return SendResult(message=message, status=status, message_id=uid, provider_status=word or None, error=error)


def named(messages: Sequence[Message], words: str) -> list[Message]:
    """The messages whose numbers stand in a text of the gateway."""
    numbers = set(re.findall(r"\d+", words))
    return [message for message in messages if digits(message.to) in numbers]


# -- balance -----------------------------------------------------------------------------------------------------


def balance(data: object) -> Balance:
    """{balance: 100, unit: "sms"} or {remaining_balance: "$12.50" or "Unlimited"}, as strings or numbers."""
    row = data if isinstance(data, dict) else {"balance": data}
    written = text(row, "balance") or text(row, "remaining_balance")
    unit = text(row, "unit").replace("sms", "SMS") or "credits"
    if _UNLIMITED.search(written):
        return Balance(amount=None, unit=unit)
    if not (match := _AMOUNT.fullmatch(written)):
        raise InvalidResponse("no balance")
    return Balance(amount=_decimal(match[2]), unit=match[1] or match[3] or unit)


def _decimal(written: str) -> Decimal:
    """1234.5, 1,234.50, 1.234,50, 12,50 or 1 234: of two kinds of separator, the first is of thousands."""
    number = "".join(written.split())
    if "," in number and "." in number:
        number = number.replace(min(",.", key=number.find), "")
    elif _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    try:
        return Decimal(number.replace(",", "."))
    except InvalidOperation:
        raise InvalidResponse("no number") from None
