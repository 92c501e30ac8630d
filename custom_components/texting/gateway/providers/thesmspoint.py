"""TheSMSPoint: its API v1, https://thesmspoint.com/api/v1/{command} (balance, sender, template, SMS, report)."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
import json
import re

from ..answers import ErrorWords, Row, amount, error_of, rows, text
from ..capabilities import Capability
from ..encoding import Encoding, encoding_of
from ..errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    redact,
)
from ..message import Balance, DeliveryReport, Message, Preview, Sender, SendResult, Template
from ..phone_number import digits
from ..provider import AccountField, Gateway, Provider, ProviderInfo, accepted, all_but, refused
from ..status import FailureReason, Status

CHANNELS = ("1", "2", "3")  # what each of them is, nobody says

INFO = ProviderInfo(
    provider=Provider.THESMSPOINT,
    name="TheSMSPoint",
    fields=(
        AccountField(name="api_key", secret=True),
        AccountField(name="sender_id", step="sender"),
        AccountField(name="template_id", step="sender"),
        AccountField(name="channel", default=CHANNELS[0], choices=CHANNELS, step="sender"),
        AccountField(name="url", advanced=True, default="https://thesmspoint.com"),
    ),
    identity=("api_key", "url"),
    capabilities=frozenset(
        {
            Capability.BATCH,
            Capability.BALANCE,
            Capability.STATUS,
            Capability.SENDER,
            Capability.TEMPLATES,
            Capability.SENDER_LIST,
            Capability.CHANNEL,
        }
    ),
    # The gateway takes 2,000 in a request; with fewer, fewer are in doubt when an answer is lost.
    batch_size=500,
    pools=("Transactional", "Promotional", "OTP"),
)

# More than 765 characters, five joined parts, are cut off. Of unicode nothing is said: the same five parts (335 UTF-16
# units) are assumed, so that a text which might arrive cut is refused here.
PARTS = 5
LENGTHS: Mapping[Encoding, int] = {Encoding.GSM7: 765, Encoding.UCS2: 335}

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
APPROVED = "approved"
INVALID = FailureReason.INVALID_MESSAGE
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
_alike = all_but("reference", "to", "text")
ALONE = 20  # messages that one poll asks for by their own ids at most

type Index = defaultdict[tuple[str, ...], list[Row]]


class TheSMSPoint(Gateway):
    """One account at TheSMSPoint."""

    info = INFO
    _turn = 0  # of those that are asked for alone

    def _preview(self, message: Message) -> Preview:
        preview = super()._preview(message)
        if preview.segments > PARTS:
            most = LENGTHS[preview.encoding]
            raise MessageRejected(limit=Limit.TEXT_LENGTH, reason=INVALID, length=preview.units, most=most)
        options = self._options(message)
        if not options["sender_id"]:
            raise MessageRejected(limit=Limit.SENDER_MISSING, reason=INVALID)
        if not options["template_id"]:
            raise MessageRejected(limit=Limit.TEMPLATE_MISSING, reason=INVALID)
        if options["channel"] not in CHANNELS:
            raise MessageRejected(limit=Limit.CHANNEL, reason=INVALID, choices=", ".join(CHANNELS))
        return preview

    def _options(self, message: Message) -> dict[str, str]:
        """What the message asks for, else what the account has."""
        channel = message.channel if message.channel is not None else self._account.get("channel")
        return {
            "sender_id": message.sender or self._account.get("sender_id") or "",
            "template_id": message.template_id or self._account.get("template_id") or "",
            "channel": str(CHANNELS[0] if channel is None else channel),
        }

    def batch_key(self, message: Message) -> Hashable:
        """Texts may differ in a request, their alphabet may not."""
        return encoding_of(message.text), _alike(message)

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        first = messages[0]
        form = self._options(first) | {"is_unicode": "1" if encoding_of(first.text) is Encoding.UCS2 else "0"}
        if len(messages) == 1:
            command, form = "send-single-sms", form | {"recipient": digits(first.to), "message": first.text}
        else:
            recipients = [{"number": digits(message.to), "text": message.text} for message in messages]
            command, form = "send-bulk-sms", form | {"recipient": json.dumps(recipients)}
        return _results(messages, await self._read(command, form))

    async def balance(self) -> Sequence[Balance]:
        """What each pool holds."""
        data = await self._read("get-sms-balance")
        pools = data.get("balance") if isinstance(data, dict) else None
        if not isinstance(pools, dict):
            raise InvalidResponse("no balance")
        return [Balance(amount=amount(pools[pool]), pool=pool) for pool in INFO.pools if pool in pools]

    async def senders(self) -> Sequence[Sender]:
        """The account's sender ids."""
        return [
            Sender(
                id=text(row, "id"),
                sender_id=text(row, "sender_id"),
                type=text(row, "type_value"),
                approved=text(row, "approve_status").lower() == APPROVED,
            )
            for row in rows(await self._read("get-sender-id"))
        ]

    async def templates(self) -> Sequence[Template]:
        """The account's templates."""
        return [
            Template(
                template_id=text(row, "template_id"),
                name=text(row, "name"),
                type=text(row, "type"),
                sender_id=text(row, "sender_id"),
                message=text(row, "message"),
                approved=text(row, "template_status").lower() == APPROVED,
            )
            for row in rows(await self._read("get-templates"))
        ]

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """One request a job, then one by its own id for some of the messages that their job's answer does not name."""
        jobs: defaultdict[str, list[SendResult]] = defaultdict(list)
        for result in sent:
            if job := result.batch_id or result.message_id:
                jobs[job].append(result)
        found, missing = list[DeliveryReport](), list[tuple[str, SendResult]]()
        answered = await asyncio.gather(*map(self._status, jobs))
        for (job, results), listed in zip(jobs.items(), answered, strict=True):
            index = _index(listed)
            for result in results:
                if row := _row_of(index, result):
                    found.append(_report(row, result))
                elif result.message_id and result.message_id != job:
                    missing.append((result.message_id, result))
        return found + await self._ask_alone(missing)

    async def _ask_alone(self, missing: Sequence[tuple[str, SendResult]]) -> list[DeliveryReport]:
        """News of a few of them by their own ids; the next poll goes on where this one ends."""
        start = self._turn % len(missing) if missing else 0
        asked = [*missing[start:], *missing[:start]][:ALONE]
        self._turn = start + len(asked)
        found: list[DeliveryReport] = []
        with suppress(GatewayError):  # what is known by then is news; the others are asked for the next time
            for message_id, result in asked:
                if row := _row_of(_index(await self._status(message_id)), result):
                    found.append(_report(row, result))
        return found

    async def _status(self, job: str) -> list[Row]:
        """What the gateway says of a job; rows are news whatever the status beside them, "error" in its own example."""
        envelope = await self._call("sms-delivery-status", {"job_id": job})
        found = [row for row in rows(envelope.get("data")) if _state(row)]
        if found or text(envelope, "status").lower() == SUCCESS or _UNKNOWN_ID.search(text(envelope, "message")):
            return found
        raise error_of(text(envelope, "message"), ERRORS)

    async def _read(self, command: str, form: Mapping[str, str] | None = None) -> object:
        """The data of a successful answer; raises the error of any other."""
        envelope = await self._call(command, form or {})
        if text(envelope, "status").lower() != SUCCESS:
            raise error_of(text(envelope, "message"), ERRORS)
        return envelope.get("data")

    async def _call(self, command: str, form: Mapping[str, str]) -> Row:
        """Ask the API for its envelope {status, message, data}; it always has a status."""
        headers = {"key": self._account["api_key"], "Accept": "application/json"}
        url = f"{self._account['url']}/api/v1/{command}"
        answer = await self._transport.request("POST", url, form=form, headers=headers)
        envelope = answer.json()
        if not text(envelope, "status"):
            raise InvalidResponse(f"neither success nor error, HTTP {answer.status}")
        return envelope


def _results(messages: Sequence[Message], data: object) -> list[SendResult]:
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


def _index(found: Sequence[Row]) -> Index:
    """The rows of a report, by the message's id, by its number, and by number and text."""
    index: Index = defaultdict(list)
    for row in found:
        number = _national(text(row, "mobile_number") or text(row, "recipient"))
        for key in (("id", text(row, "message_id")), ("number", number), ("text", number, text(row, "content"))):
            index[key].append(row)
    return index


def _row_of(index: Index, result: SendResult) -> Row | None:
    """The only row of the message's id, else of its number, else of number and text."""
    number = _national(result.message.to)
    by_id = index["id", result.message_id] if result.message_id else []
    for found in (by_id, index["number", number], index["text", number, result.message.text]):
        if len(found) == 1:
            return found[0]
    return None


def _report(row: Row, result: SendResult) -> DeliveryReport:
    """A row as news of the message; a word that is not documented is kept as unknown."""
    word = _state(row)
    status, reason = STATUSES.get(word.lower(), (Status.UNKNOWN, None))
    return DeliveryReport(
        status=status,
        reason=reason,
        provider_status=redact(word),
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
