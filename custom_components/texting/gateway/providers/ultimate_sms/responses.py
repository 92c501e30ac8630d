"""The responses of the "Ultimate SMS" software, which TextioPro runs: envelopes, pages, messages, balances."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import re

from ulid_transform import bytes_to_ulid_or_none, ulid_to_bytes_or_none, ulid_to_timestamp

from ...balance_text import currency_of, read_balance, shape_of
from ...capabilities import MessageType
from ...errors import (
    AccessDenied,
    AuthenticationFailed,
    BalanceUnreadable,
    GatewayError,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
)
from ...json_fields import Row, amount, count, rows, text
from ...message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    ListedMessage,
    Message,
    Profile,
    SendResult,
    read_id,
    type_of_text,
    with_media,
)
from ...phone_number import digits, from_gateway, plain_digits
from ...redaction import redact
from ...status import FailureReason, Status
from ...time_text import read_time
from ...transport import TOO_MANY_REQUESTS, Response
from . import words

# A status of the software or of its carrier, in lower case. Some sites add the carrier's id: Delivered|SM123.
STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "accepted": (Status.ACCEPTED, None),
    "queued": (Status.ACCEPTED, None),
    "pending": (Status.ACCEPTED, None),
    "processing": (Status.ACCEPTED, None),
    "enroute": (Status.SENT, None),
    "sent": (Status.SENT, None),
    "delivered": (Status.DELIVERED, None),
    "delivrd": (Status.DELIVERED, None),
    "expired": (Status.EXPIRED, FailureReason.EXPIRED),
    "undelivered": (Status.UNDELIVERED, FailureReason.OTHER),
    "undeliv": (Status.UNDELIVERED, FailureReason.OTHER),
    "failed": (Status.UNDELIVERED, FailureReason.OTHER),
    "rejected": (Status.REJECTED, FailureReason.OTHER),
    "skipped": (Status.REJECTED, FailureReason.OTHER),
}

METHOD_NOT_ALLOWED = 405
_METHOD = re.compile(r"method (is )?not (allowed|supported)", re.IGNORECASE)
_UNAUTHORIZED, _FORBIDDEN = 401, 403
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
# The fields that may hold a balance; the first that can be read counts.
_BALANCES = ("balance", "remaining_balance", "remaining_unit")
UNLIMITED = "-1"
# No message costs as much.
_MAX_COST = 10**9
# Characters of a status that are read.
_MAX_STATUS = 200


# -- envelopes and pages -----------------------------------------------------------------------------------------


def envelope_of(response: Response) -> Row:
    """Return the object of a response; raise InvalidResponse, or RateLimited if a web server in front says so."""
    try:
        return response.json()
    except InvalidResponse:
        if response.status == TOO_MANY_REQUESTS:
            raise RateLimited(code=str(response.status), retry_after=response.retry_after) from None
        raise


def refusal(envelope: Row, response: Response, *, sending: bool = False) -> GatewayError | None:
    """Return the error of a response, or None if it is a success. "status" decides, whatever the HTTP status.

    Laravel's own errors have no status. They count if their text is known or if HTTP calls them a client error.
    sending: the words may be a carrier's.
    """
    status, message = text(envelope, "status").lower(), text(envelope, "message")
    if status == "success":
        return None
    error = _error(message, response, sending=sending, is_bare=not status)
    if (
        status == "error"
        or response.status in _HTTP_CLIENT_ERRORS
        or isinstance(error, AuthenticationFailed | AccessDenied | RateLimited)
    ):
        return error
    return InvalidResponse(f"neither success nor error, HTTP {response.status}")


def _error(message: str, response: Response, *, sending: bool, is_bare: bool) -> GatewayError:
    """Return the error of a text. If the text is not known, the HTTP status may tell what it is.

    Some installations give every error the status 401, 403 or 429, and with a text of a carrier that says nothing.
    """
    error, status = words.error_of_words(message, sending=sending), response.status
    is_known = (
        error.reason is not FailureReason.OTHER
        or isinstance(error, OutcomeUnknown)
        or words.NOT_FOUND.search(message) is not None
    )
    if isinstance(error, RateLimited) or (
        status == TOO_MANY_REQUESTS and not is_known and not words.is_of_carrier(message)
    ):
        code = str(status) if status == TOO_MANY_REQUESTS else None
        return RateLimited(message, code=code, retry_after=response.retry_after)
    if is_known:
        return error
    if status == _UNAUTHORIZED and (is_bare or not sending):
        return AuthenticationFailed(message)
    return AccessDenied(message) if status == _FORBIDDEN and is_bare else error


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
    return read_id(text(row, "uid"), text(row, "id")) or ""


def raw_status(row: Row) -> str:
    """Return the beginning of the status, as the provider wrote it. Some versions have another one for customers."""
    return (text(row, "customer_status") or text(row, "status"))[:_MAX_STATUS]


def status_word(row: Row) -> str:
    """Return the status in the provider's own words, in a form that is safe to show.

    A known status stays as it is, even if a secret or the text has the same word.
    """
    word = raw_status(row)
    known = word.partition("|")[0] if state_of(word) else ""
    return (known + redact(word[len(known) :])).strip()


def created_at(row: Row) -> datetime | None:
    """Return when a row was created, by its uid: PHP's uniqid() begins with eight hexadecimal digits of Unix time."""
    uid = text(row, "uid")
    return datetime.fromtimestamp(int(uid[:8], 16), UTC) if _UID.fullmatch(uid) else None


def date_of(row: Row) -> datetime | None:
    """Return the first date of a row. A date without a zone is UTC, which is Laravel's default."""
    return next(filter(None, (read_time(text(row, name), UTC) for name in _DATES)), None)


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


def state_of(word: str, *, hands_over: bool = False) -> tuple[Status, FailureReason | None] | None:
    """Return the status and the reason that a word stands for; None if it is not known.

    hands_over: the site says "delivered" once a carrier took the message, which proves no more than "sent".
    """
    state = STATUSES.get(word.partition("|")[0].strip().lower())
    return (Status.SENT, None) if hands_over and state and state[0] is Status.DELIVERED else state


def report(row: Row, *, message_id: str, reference: str | None = None, hands_over: bool = False) -> DeliveryReport:
    """Return the report of a message from its row; an unknown status is uncertain and changes nothing."""
    word = status_word(row)
    status, reason = state_of(word, hands_over=hands_over) or (Status.UNCERTAIN, None)
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


def listed(
    row: Row, message_id: str = "", own_numbers: Collection[str] = (), *, hands_over: bool = False
) -> ListedMessage:
    """Return the message of a row; message_id is its id if the row has none."""
    word = status_word(row)
    return ListedMessage(
        message_id=id_of(row) or message_id,
        to=from_gateway(text(row, "to")),
        sender=from_gateway(text(row, "from")),
        text=text(row, "message"),
        status=(state_of(word, hands_over=hands_over) or (Status.UNCERTAIN, None))[0],
        provider_status=word,
        incoming=direction_of(row, own_numbers),
        type=TYPES.get((text(row, "sms_type") or text(row, "type")).lower()),
        sent_at=date_of(row) or created_at(row),
        cost=cost_of(row),
    )


def cost_of(row: Row) -> Decimal | None:
    """Return what a message costs, in the unit of the balance; None if the row does not say so."""
    with suppress(InvalidResponse):
        return cost if 0 <= (cost := amount(text(row, "cost"))) < _MAX_COST else None
    return None


def key_of(message: Message) -> tuple[str, str]:
    """Return what a message and its row have in common: the number and the text."""
    return digits(message.to), message.text.strip()


def key_of_row(row: Row) -> tuple[str, str]:
    """Return the key of a row of the list, as key_of."""
    return plain_digits(text(row, "to")), text(row, "message")


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


# -- the account -------------------------------------------------------------------------------------------------


def balance(data: object) -> Balance:
    """Return the balance of {balance: 100, unit: "sms"}, {remaining_balance: "$12.50"} or {remaining_unit: 250}.

    A remaining_balance is a text in the currency and the language of the site. -1 unit means unlimited [seen].
    """
    row = data if isinstance(data, dict) else {"balance": data}
    unit, currency = text(row, "unit").replace("sms", "SMS"), text(row, "currency_code") or text(row, "currency")
    for name in _BALANCES:
        with suppress(BalanceUnreadable):
            found = read_balance(row.get(name), unit=unit, currency=currency, formatted=name == "remaining_balance")
            is_unlimited = text(row, name) == UNLIMITED and not currency_of(found.unit)
            return replace(found, amount=None) if is_unlimited else found
    raise BalanceUnreadable(shape_of(next((row[name] for name in _BALANCES if row.get(name) is not None), None)))


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
