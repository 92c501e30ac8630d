"""TextingHouse: API SMS PRO 1.1.1, https://www.textinghouse.com/en/api-sms-http/api-documentation/."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
import re
from time import monotonic
from typing import Any, override

from ..answers import amount
from ..capabilities import Capability
from ..commercial_hours import next_opening
from ..errors import (
    CannotConnect,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    LoginOrAddressRefused,
    MessageRejected,
    OutcomeUnknown,
    WebhookRejected,
)
from ..gateway import Gateway, accepted
from ..media import with_media
from ..message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    Message,
    Preview,
    SendResult,
    WebhookCall,
    incoming_type,
)
from ..phone_number import digits, from_gateway
from ..provider import AccountField, Provider, ProviderInfo
from ..status import FailureReason, Status
from ..transport import Transport

INFO = ProviderInfo(
    provider=Provider.TEXTINGHOUSE,
    name="TextingHouse",
    fields=(
        AccountField(name="username"),
        AccountField(name="password", secret=True),
        AccountField(name="sender", required=False),
        AccountField(name="url", advanced=True, default="https://api.textinghouse.com"),
        AccountField(name="backup_url", advanced=True, default="https://api2.textinghouse.com"),
    ),
    identity=("username", "url"),
    capabilities=frozenset(
        {
            Capability.BALANCE,
            Capability.STATUS,
            Capability.DELIVERY_REPORTS,
            Capability.INCOMING_PUSH,
            Capability.LOST_ANSWERS,
            Capability.FREE_TEST,
            Capability.SENDER,
            Capability.COMMERCIAL,
        }
    ),
    in_flight=8,
    test_number="999",
    webhook_methods=("POST",),
    sender_field="sender",
    sender_pattern=r"[a-zA-Z0-9]{1,11}",
)

PATH = "/http/v1/do"
STOP_MENTION = "STOP sms-s.top"
# The documented characters. Others may be replaced on the way to some networks; they are not refused.
CHARACTERS = frozenset(
    " 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZÄäàÅåÆæßÇèéÉìÖöòØøÑñÜüù"
    "#¤%&()*+,-./:;<>=§$!?£¿·@¡'\"\n[]{}~^|"
)
FLOOD_SECONDS = 10.0  # in which the same text to the same number is refused
QUESTIONS = 2  # at once about messages: what is to be sent goes before
ASK_AGAIN_AFTER = 10.0  # seconds, before a lost message counts as never accepted

STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "0": (Status.ACCEPTED, None),
    "1": (Status.SENT, None),
    "3": (Status.DELIVERED, None),
    "4": (Status.EXPIRED, FailureReason.EXPIRED),
    "5": (Status.UNDELIVERED, FailureReason.INVALID_NUMBER),
    "6": (Status.UNDELIVERED, FailureReason.OTHER),
    "7": (Status.REJECTED, FailureReason.PROHIBITED),
    "20": (Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT),
}

UNKNOWN_MESSAGE_ID = "201"
UNKNOWN_CLIENT_ID = "202"
FLOOD = "350"
ERRORS: Mapping[str, Callable[[str, str], GatewayError]] = {
    "101": lambda text, code: LoginOrAddressRefused(text, code=code),
    "104": lambda text, code: InsufficientCredit(text, code=code),
    "300": lambda text, code: OutcomeUnknown(text, code=code),
    "350": lambda text, code: MessageRejected(text, code=code, reason=FailureReason.FLOOD),
    "400": lambda text, code: MessageRejected(text, code=code, reason=FailureReason.INVALID_MESSAGE),
}
_ERROR = re.compile(r"ERR:\s*(\d+)\s*(?:\|\s*(.*))?", re.DOTALL)
_ID = re.compile(r"ID:\s*(\S+)")


class TextingHouse(Gateway):
    """One account at TextingHouse, with its backup host."""

    info = INFO

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Start with nothing sent."""
        super().__init__(transport, account)
        self._questions = asyncio.Semaphore(QUESTIONS)
        # When and by which message, oldest first.
        self._sent_at: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    def _preview(self, message: Message) -> Preview:
        if message.commercial:
            message = replace(message, text=self._with_mention(message.text.rstrip()))
        preview = replace(super()._preview(message), doubtful="".join(sorted(set(message.text) - CHARACTERS)))
        return replace(preview, cost=0) if message.to == INFO.test_number else preview

    def _with_mention(self, text: str) -> str:
        """A commercial text with the mention at its very end, where the account's options allow to add it."""
        if text.endswith(STOP_MENTION):
            return text
        if not self._account.get("add_stop_mention"):
            raise MessageRejected(
                limit=Limit.COMMERCIAL_MENTION, reason=FailureReason.INVALID_MESSAGE, mention=STOP_MENTION
            )
        if text.lower().endswith(STOP_MENTION.lower()):
            return text[: -len(STOP_MENTION)] + STOP_MENTION
        return f"{text} {STOP_MENTION}"

    @override
    def held_until(self, message: Message, at: datetime) -> datetime | None:
        return next_opening(message.to, at) if message.commercial and message.to != INFO.test_number else None

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        (message,) = messages
        key, now = (message.to, message.text), monotonic()
        while self._sent_at and now - next(iter(self._sent_at.values()))[0] >= FLOOD_SECONDS:
            self._sent_at.popitem(last=False)
        if self._sent_at.get(key, (now, message.reference))[1] != message.reference:
            raise MessageRejected(limit=Limit.FLOOD, reason=FailureReason.FLOOD, seconds=int(FLOOD_SECONDS))
        self._sent_at[key] = now, message.reference
        try:
            return [await self._submit(message)]
        except GatewayError as err:
            if not isinstance(err, OutcomeUnknown):
                self._sent_at.pop(key, None)
            raise

    async def _after_flood(self, message: Message, error: GatewayError) -> SendResult:
        """Refused as a repetition: where the gateway has this very message, it was accepted the first time."""
        try:
            report = await self._report(message, None)
        except GatewayError:
            raise OutcomeUnknown("flood, and no status", code=FLOOD) from None
        if not report:
            raise error
        return _known(message, report)

    async def _submit(self, message: Message) -> SendResult:
        """Make the request."""
        parameters = {
            "to": digits(message.to),
            "txt": message.text,
            "iscom": "Y" if message.commercial else "N",
            "climsgid": message.reference,
        }
        if sender := self._sender(message):
            parameters["from"] = sender
        try:
            answer = await self._call("sendsms", parameters)
        except MessageRejected as err:
            if err.code != FLOOD:
                raise
            return await self._after_flood(message, err)
        if match := _ID.fullmatch(answer):
            return accepted(message, message_id=match[1], provider_status="0")
        raise InvalidResponse("neither an id nor an error")

    async def find_out(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """Ask by our own id; known: it was accepted. Unknown twice: it was not."""
        return [result for result in await asyncio.gather(*map(self._find_out, lost)) if result]

    async def _find_out(self, lost: Message) -> SendResult | None:
        with suppress(GatewayError):
            report = await self._report(lost, None)
            if not report:
                await asyncio.sleep(ASK_AGAIN_AFTER)
                report = await self._report(lost, None)
            return _known(lost, report) if report else SendResult(message=lost, status=Status.QUEUED)
        return None

    async def balance(self) -> Sequence[Balance]:
        """What the account holds."""
        return [Balance(amount=amount(await self._call("getcredit", {})))]

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """One request a message: the gateway has no list."""
        asked = (self._report(result.message, result.message_id) for result in sent)
        answered = await asyncio.gather(*asked, return_exceptions=True)
        failed = [answer for answer in answered if isinstance(answer, BaseException)]
        if failed and len(failed) == len(answered):
            raise failed[0]
        # What is known of others is news.
        return [answer for answer in answered if isinstance(answer, DeliveryReport)]

    async def _report(self, message: Message, message_id: str | None) -> DeliveryReport | None:
        """The message's status by the gateway's id, else by ours; None where the gateway knows neither."""
        for name, value in (("api_id", message_id), ("climsgid", message.reference)):
            if value and (code := await self._status({name: value})):
                return _report(code, message_id=message_id, reference=message.reference)
        return None

    async def _status(self, key: Mapping[str, str]) -> str | None:
        """A status code, None where the gateway does not know the message."""
        try:
            async with self._questions:
                code = await self._call("getstatus", key)
        except MessageRejected as err:
            if err.code in (UNKNOWN_MESSAGE_ID, UNKNOWN_CLIENT_ID):
                return None
            raise
        if not code.isdigit():
            raise InvalidResponse("no status code")
        return code

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """A status {apimsgid, climsgid, status} or a reply {apimsgid, climsgid, from, txt, date}, JSON or a form."""
        fields = {name: str(value) for name, value in call.parameters.items() if isinstance(value, str | int)}
        message_id, reference = fields.get("apimsgid") or None, fields.get("climsgid") or None
        if "from" in fields and "txt" in fields:
            return [
                IncomingMessage(
                    sender=from_gateway(fields["from"]),
                    text=with_media(fields["txt"], call.parameters),
                    type=incoming_type(fields["txt"]),
                    answered_id=message_id,
                    reference=reference,
                    sent_at=_time(fields.get("date", "")),
                )
            ]
        status = fields.get("status", "")
        if status.isdigit() and (message_id or reference):
            return [_report(status, message_id=message_id, reference=reference)]
        raise WebhookRejected("neither a status nor a reply")

    async def _call(self, command: str, parameters: Mapping[str, str]) -> str:
        """Ask the main host, and the backup host where the connection was never made. Raises on ERR."""
        form = {"user": self._account["username"], "pass": self._account["password"], "cmd": command, **parameters}
        try:
            answer = await self._transport.request("POST", self._account["url"] + PATH, form=form)
        except CannotConnect:
            if not (backup := self._account.get("backup_url")):
                raise
            answer = await self._transport.request("POST", backup + PATH, form=form)
        if match := _ERROR.match(answer.text):
            code, text = match[1], match[2] or ""
            make = ERRORS.get(code)
            raise make(text, code) if make else MessageRejected(text, code=code)
        if not answer.text or "<" in answer.text:
            raise InvalidResponse(f"no answer of the gateway, HTTP {answer.status}")
        return answer.text


def _report(code: str, *, message_id: str | None, reference: str | None) -> DeliveryReport:
    """A status code as a report; an undocumented one is kept as unknown."""
    status, reason = STATUSES.get(code, (Status.UNKNOWN, None))
    return DeliveryReport(
        status=status, reason=reason, provider_status=code, message_id=message_id, reference=reference
    )


def _known(message: Message, report: DeliveryReport) -> SendResult:
    """A message whose answer was lost, and that the gateway has: a status that is not known means accepted too."""
    code: str = report.provider_status
    error: GatewayError | None = None
    if report.reason is FailureReason.INSUFFICIENT_CREDIT:
        error = InsufficientCredit(code=code)
    elif report.reason:
        error = MessageRejected(code=code, reason=report.reason)
    status = Status.ACCEPTED if report.status is Status.UNKNOWN else report.status
    return SendResult(message=message, status=status, provider_status=code, error=error)


def _time(text: str) -> datetime | None:
    """2019-04-01T13:09:16Z or 2019-04-01 13:09:16, both UTC."""
    try:
        return datetime.fromisoformat(text.strip().removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
