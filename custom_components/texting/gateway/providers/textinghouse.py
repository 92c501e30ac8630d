"""TextingHouse: API SMS PRO 1.1.1, https://www.textinghouse.com/en/api-sms-http/api-documentation/."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import re
from time import monotonic
from typing import override

from ..balance_text import read_balance
from ..base import Gateway, accepted
from ..capabilities import Capability
from ..commercial_hours import next_opening
from ..errors import (
    BalanceUnreadable,
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
from ..message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    Message,
    Preview,
    SendResult,
    WebhookCall,
    read_id,
    type_of_text,
    with_media,
)
from ..phone_number import digits, from_gateway
from ..provider import Provider, ProviderInfo, Settings, account_field
from ..status import FailureReason, Status
from ..time_text import read_time
from ..transport import Transport, host_of

DOMAIN = "textinghouse.com"
BACKUP_URL = f"https://api2.{DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextingHouseSettings(Settings):
    """The settings of an account at TextingHouse."""

    username: str = account_field()
    password: str = account_field(secret=True)
    sender: str = account_field(required=False, applied_in_place=True)
    url: str = account_field(advanced=True, default="https://api.textinghouse.com")
    # The host that is asked when the main host gives no response. Empty: the site has none.
    backup_url: str = account_field(advanced=True, required=False, suggested=BACKUP_URL)

    @property
    def backup(self) -> str:
        """The address of the backup host; empty if there is none. TextingHouse's own is none of another site."""
        host = host_of(self.url).partition(":")[0]
        is_own = f".{host}".endswith(f".{DOMAIN}")
        return self.backup_url if is_own or self.backup_url != BACKUP_URL else ""

    @property
    @override
    def default_sender(self) -> str:
        return self.sender


INFO = ProviderInfo(
    provider=Provider.TEXTINGHOUSE,
    name="TextingHouse",
    site="https://www.textinghouse.com",
    fields=TextingHouseSettings.account_fields(),
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
SEND = "sendsms"
STOP_MENTION = "STOP sms-s.top"
# The documented characters. Some networks replace others; the provider does not refuse them.
CHARACTERS = frozenset(
    " 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZÄäàÅåÆæßÇèéÉìÖöòØøÑñÜüù"
    "#¤%&()*+,-./:;<>=§$!?£¿·@¡'\"\n[]{}~^|"
)
# Seconds in which the provider refuses the same text to the same number.
FLOOD_SECONDS = 10.0
# Status requests at the same time. The other connections are for sending.
MAX_STATUS_REQUESTS = 2
# Seconds between two look-ups of a lost message. If neither finds it, it was never accepted.
ASK_AGAIN_AFTER = 10.0

STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "0": (Status.ACCEPTED, None),
    "1": (Status.SENT, None),
    "3": (Status.DELIVERED, None),
    "4": (Status.EXPIRED, FailureReason.EXPIRED),
    # "Not subscribed". The document gives no cause.
    "5": (Status.UNDELIVERED, FailureReason.OTHER),
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
_ID = re.compile(r"ID:\s*(\S{1,100})")
_STATUS = re.compile(r"[0-9]{1,9}")
_ANY_MENTION = re.compile(re.escape(STOP_MENTION), re.IGNORECASE)


class TextingHouse(Gateway[TextingHouseSettings]):
    """One account at TextingHouse."""

    info = INFO
    settings_type = TextingHouseSettings

    def __init__(self, transport: Transport, settings: TextingHouseSettings) -> None:
        """Remember what was sent, because of the flood rule."""
        super().__init__(transport, settings)
        self._status_requests = asyncio.Semaphore(MAX_STATUS_REQUESTS)
        # The time and the reference of the last message with this number and text, oldest first.
        self._sent_at: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    def _preview(self, message: Message) -> Preview:
        if message.commercial:
            message = replace(message, text=self._with_mention(message.text.rstrip()))
        preview = replace(super()._preview(message), may_be_replaced="".join(sorted(set(message.text) - CHARACTERS)))
        return replace(preview, cost=0) if message.to == INFO.test_number else preview

    def _with_mention(self, text: str) -> str:
        """Return a commercial text that contains the mention; raise MessageRejected if it may not be added."""
        if STOP_MENTION in text:
            return text
        if not self.settings.add_stop_mention:
            raise MessageRejected(
                limit=Limit.COMMERCIAL_MENTION, reason=FailureReason.INVALID_MESSAGE, mention=STOP_MENTION
            )
        if _ANY_MENTION.search(text):
            return _ANY_MENTION.sub(STOP_MENTION, text)
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

    async def _resolve_flood(self, message: Message, error: GatewayError) -> SendResult:
        """Return the result of a message refused as a repetition: if the provider has it, it was accepted before."""
        try:
            report = await self._report(message, None)
        except GatewayError:
            raise OutcomeUnknown("flood, and no status", code=FLOOD) from None
        if not report:
            raise error
        return _known(message, report)

    async def _submit(self, message: Message) -> SendResult:
        """Make the request for one message."""
        parameters = {
            "to": digits(message.to),
            "txt": message.text,
            "iscom": "Y" if message.commercial else "N",
            "climsgid": message.reference,
        }
        if sender := self._sender(message):
            parameters["from"] = sender
        try:
            response = await self._call(SEND, parameters)
        except MessageRejected as err:
            if err.code != FLOOD:
                raise
            return await self._resolve_flood(message, err)
        if match := _ID.fullmatch(response):
            return accepted(message, message_id=match[1], provider_status="0")
        raise InvalidResponse("neither an id nor an error")

    async def resolve_unknown(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """Look messages up by reference. If the provider knows one, it was accepted; if twice not, it was not."""
        return [result for result in await asyncio.gather(*map(self._resolve, lost)) if result]

    async def _resolve(self, lost: Message) -> SendResult | None:
        with suppress(GatewayError):
            report = await self._report(lost, None)
            if not report:
                await asyncio.sleep(ASK_AGAIN_AFTER)
                report = await self._report(lost, None)
            return _known(lost, report) if report else SendResult(message=lost, status=Status.QUEUED)
        return None

    @override
    async def verify(self) -> None:
        """Check the credentials at each host by itself, so that a wrong backup address shows at once."""
        for url in filter(None, (self.settings.url, self.settings.backup)):
            try:
                with suppress(BalanceUnreadable):  # the login was accepted
                    _balance(await self._ask(url, "getcredit", {}))
            except GatewayError as err:
                err.host = host_of(url)
                raise

    async def fetch_balance(self) -> Sequence[Balance]:
        """Fetch the credit."""
        return [_balance(await self._call("getcredit", {}))]

    async def fetch_reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """Fetch the status of each message with one request; the provider has no list."""
        requests = (self._report(result.message, result.message_id) for result in sent)
        reports = await asyncio.gather(*requests, return_exceptions=True)
        failed = [report for report in reports if isinstance(report, BaseException)]
        if failed and len(failed) == len(reports):
            raise failed[0]
        # If only some requests failed, the other reports still count.
        return [report for report in reports if isinstance(report, DeliveryReport)]

    async def _report(self, message: Message, message_id: str | None) -> DeliveryReport | None:
        """Fetch the status by the provider's id, else by ours; return None if the provider knows neither."""
        for name, value in (("api_id", message_id), ("climsgid", message.reference)):
            if value and (code := await self._status({name: value})):
                return _report(code, message_id=message_id, reference=message.reference)
        return None

    async def _status(self, key: Mapping[str, str]) -> str | None:
        """Fetch a status code; return None if the provider does not know the message."""
        try:
            async with self._status_requests:
                code = await self._call("getstatus", key)
        except MessageRejected as err:
            if err.code in (UNKNOWN_MESSAGE_ID, UNKNOWN_CLIENT_ID):
                return None
            raise
        if not _STATUS.fullmatch(code):
            raise InvalidResponse("no status code")
        return code

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """Read a status {apimsgid, climsgid, status} or a reply {apimsgid, climsgid, from, txt, date}."""
        fields = {name: str(value) for name, value in call.parameters.items() if isinstance(value, str | int)}
        message_id, reference = read_id(fields.get("apimsgid")), read_id(fields.get("climsgid"))
        if "from" in fields and "txt" in fields:
            return [
                IncomingMessage(
                    sender=from_gateway(fields["from"]),
                    text=with_media(fields["txt"], call.parameters),
                    type=type_of_text(fields["txt"]),
                    replied_message_id=message_id,
                    reference=reference,
                    # 2019-04-01T13:09:16Z or 2019-04-01 13:09:16, both UTC
                    sent_at=read_time(fields.get("date", ""), UTC),
                )
            ]
        status = fields.get("status", "")
        if _STATUS.fullmatch(status) and (message_id or reference):
            return [_report(status, message_id=message_id, reference=reference)]
        raise WebhookRejected("neither a status nor a reply")

    async def _call(self, command: str, parameters: Mapping[str, str]) -> str:
        """Make a request to the main host, or to the backup host if the main host gives no response (section 4.9).

        A send goes to the backup host only if the main host has certainly not processed it.
        """
        try:
            return await self._ask(self.settings.url, command, parameters)
        except (CannotConnect, OutcomeUnknown) as err:
            # An ERR has a code, and is a response.
            is_repeatable = isinstance(err, CannotConnect) or (command != SEND and err.code is None)
            if not (is_repeatable and self.settings.backup):
                raise
            error = err
        try:
            return await self._ask(self.settings.backup, command, parameters)
        except CannotConnect:
            raise error from None

    async def _ask(self, url: str, command: str, parameters: Mapping[str, str]) -> str:
        """Make a request to one host; raise the error of an ERR."""
        form = {"user": self.settings.username, "pass": self.settings.password, "cmd": command, **parameters}
        response = await self._transport.request("POST", url + PATH, form=form)
        if match := _ERROR.match(response.text):
            code, text = match[1], match[2] or ""
            make = ERRORS.get(code)
            raise make(text, code) if make else MessageRejected(text, code=code)
        if not response.text or "<" in response.text:
            raise InvalidResponse(f"no answer of the provider, HTTP {response.status}")
        return response.text


def _balance(response: str) -> Balance:
    """Return the credit; raise InvalidResponse for a page in words, whatever numbers are in it."""
    if any(map(str.isalpha, response)):
        raise InvalidResponse("words, and no bare number")
    return read_balance(response)


def _report(code: str, *, message_id: str | None, reference: str | None) -> DeliveryReport:
    """Return the report of a status code; an undocumented code is uncertain."""
    status, reason = STATUSES.get(code, (Status.UNCERTAIN, None))
    return DeliveryReport(
        status=status, reason=reason, provider_status=code, message_id=message_id, reference=reference
    )


def _known(message: Message, report: DeliveryReport) -> SendResult:
    """Return the result of a message that the provider has; an undocumented status means accepted."""
    code: str = report.provider_status
    error: GatewayError | None = None
    if report.reason is FailureReason.INSUFFICIENT_CREDIT:
        error = InsufficientCredit(code=code)
    elif report.reason:
        error = MessageRejected(code=code, reason=report.reason)
    status = Status.ACCEPTED if report.status is Status.UNCERTAIN else report.status
    return SendResult(message=message, status=status, provider_status=code, error=error)
