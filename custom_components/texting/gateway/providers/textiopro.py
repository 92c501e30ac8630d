"""TextioPro, https://app.textiopro.com, documentation of its API for developers (/api/v3/ and /api/http/)."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
import re
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ..answers import Row, rows, text
from ..capabilities import Capability, MessageType
from ..encoding import Encoding, encoding_of
from ..errors import CannotConnect, GatewayError, Limit, MessageRejected, OutcomeUnknown
from ..message import Balance, DeliveryReport, IncomingMessage, Message, Preview, SendResult
from ..phone_number import digits
from ..provider import AccountField, Gateway, Provider, ProviderInfo, refused
from ..status import FailureReason
from ..transport import Answer, Transport
from . import ultimate_sms as wire

INFO = ProviderInfo(
    provider=Provider.TEXTIOPRO,
    name="TextioPro",
    fields=(
        AccountField(name="api_token", secret=True),
        AccountField(name="sender_id"),
        AccountField(name="api", advanced=True, default="bearer", choices=("bearer", "token")),
        AccountField(name="url", advanced=True, default="https://app.textiopro.com"),
    ),
    identity=("api_token", "url"),
    capabilities=frozenset(
        {
            Capability.BATCH,
            Capability.BALANCE,
            Capability.STATUS,
            Capability.INCOMING_POLL,
            Capability.LOST_ANSWERS,
            Capability.SENDER,
            Capability.SCHEDULE,
            Capability.TEMPLATES,
        }
    ),
    message_types=tuple(MessageType),
    languages=(
        "cy-gb", "da-dk", "de-de", "el-gr", "en-au", "en-gb", "en-gb-wls", "en-in", "en-us", "es-es", "es-mx",
        "es-us", "fr-ca", "fr-fr", "id-id", "is-is", "it-it", "ja-jp", "ko-kr", "ms-my", "nb-no", "nl-nl", "pl-pl",
        "pt-br", "pt-pt", "ro-ro", "ru-ru", "sv-se", "ta-in", "th-th", "tr-tr", "vi-vn", "zh-cn", "zh-hk",
    ),
    batch_size=100,
    # Some installations answer any error with 429: the body decides.
    busy=frozenset(),
)  # fmt: skip

GENDERS = ("male", "female")
SENDER = re.compile(r"[a-zA-Z0-9]{1,11}|\+?\d{1,15}")
FREE_SENDERS = frozenset({MessageType.WHATSAPP, MessageType.VIBER})
# Other types are not made of segments.
SEGMENTED = frozenset({MessageType.SMS, MessageType.OTP})
# Pages of the message list read at most: at the first look for incoming texts, at a later one, and for the rest.
FIRST_PAGES = 2
INCOMING_PAGES = 40
PAGES = 4
# Messages whose uids are remembered.
CLAIMS = 5000
OTHER_METHOD = {"GET": "POST", "POST": "GET"}
INVALID = FailureReason.INVALID_MESSAGE


class TextioPro(Gateway):
    """One account at TextioPro, or at another site of the same software."""

    info = INFO

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Start without knowing which method reads take here, where the list ends, and what is on it."""
        super().__init__(transport, account)
        self._methods: dict[str, str] = {}
        self._zone: tzinfo | None = None
        self._claims = wire.Claims(CLAIMS)
        self._seen: set[str] | None = None
        self._newest_page = 1

    def _preview(self, message: Message) -> Preview:
        sender = self._sender(message)
        if not sender:
            raise MessageRejected(limit=Limit.SENDER_MISSING, reason=INVALID)
        if message.type not in FREE_SENDERS and not SENDER.fullmatch(sender):
            raise MessageRejected(limit=Limit.SENDER, reason=INVALID)
        if message.type is MessageType.MMS and not message.media_url:
            raise MessageRejected(limit=Limit.MEDIA_MISSING, reason=INVALID, type=message.type)
        if message.type is MessageType.VOICE:
            if message.language not in INFO.languages:
                raise MessageRejected(limit=Limit.LANGUAGE, reason=INVALID, choices=", ".join(INFO.languages))
            if message.gender not in GENDERS:
                raise MessageRejected(limit=Limit.GENDER, reason=INVALID, choices=", ".join(GENDERS))
        preview = super()._preview(message)
        return preview if message.type in SEGMENTED else replace(preview, segments=1, cost=1)

    def _sender(self, message: Message) -> str:
        return message.sender or self._account.get("sender_id") or ""

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        first = messages[0]
        body = {
            "recipient": ",".join(digits(message.to) for message in messages),
            "sender_id": self._sender(first),
            "type": _type(first),
            "message": first.text,
        }
        if first.type is MessageType.VOICE:
            body |= {"language": first.language or "", "gender": first.gender or ""}
        if first.media_url:
            body["media_url"] = first.media_url
        if first.template_id:
            body["dlt_template_id"] = first.template_id
        if first.send_at:
            body["schedule_time"] = await self._local(first.send_at)
        answer = await self._call("POST", "sms/send", body)
        envelope = wire.envelope_of(answer)
        if (error := wire.refusal(envelope, answer)) is None:
            return self._claims.add(*wire.results(messages, envelope))
        if len(messages) == 1 or error.reason not in wire.NUMBER_REASONS:
            raise error
        return await self._send_apart(messages, wire.named(messages, text(envelope, "message")), error)

    async def _send_apart(
        self, messages: Sequence[Message], named: Sequence[Message], error: GatewayError
    ) -> list[SendResult]:
        """A batch refused whole for some of its numbers: send it without those named, in halves where none is."""
        results = [refused(message, error) for message in named]
        half = len(messages) // 2
        parts = [[message for message in messages if message not in named]]
        for part in parts if named else [messages[:half], messages[half:]]:
            try:
                results += await self._send(part) if part else []
            except GatewayError as err:
                results += [refused(message, err) for message in part]
        return results

    async def _local(self, send_at: datetime) -> str:
        """The time as the gateway writes it, never early, in the account's time zone.

        The format has no zone. The software reads times in the zone of the account's profile [assumed, as its
        web pages do]; where the profile names none, UTC is assumed, Laravel's own default.
        """
        if self._zone is None:
            self._zone = await self._read_zone()
        return (send_at.astimezone(self._zone) + timedelta(minutes=1, microseconds=-1)).strftime("%Y-%m-%d %H:%M")

    async def _read_zone(self) -> tzinfo:
        try:
            profile = await self._read("me")
        except OutcomeUnknown as err:
            # The message itself has not left yet.
            raise CannotConnect(err.detail) from None
        except MessageRejected:
            return UTC
        name = text(profile, "timezone") if isinstance(profile, dict) else ""
        try:
            # Reads a file.
            return await asyncio.to_thread(ZoneInfo, name)
        except ValueError, OSError, KeyError:
            return UTC

    async def find_out(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """The first row since it was asked for that can be it says what became of it. No such row proves nothing."""
        listed: list[Row] = []
        try:
            with suppress(MessageRejected):  # the list will not be shown later either
                listed = [row async for row in self._messages(PAGES)]
        except GatewayError:
            return []
        return [self._found(message, listed) for message in lost]

    def _found(self, lost: Message, listed: Sequence[Row]) -> SendResult:
        row = next((row for row in listed if self._claims.fits(row, lost)), None)
        return self._claims.add(wire.result(lost, row))[0] if row else refused(lost, OutcomeUnknown("not in the list"))

    async def balance(self) -> Sequence[Balance]:
        """What the account holds."""
        return [wire.balance(await self._read("balance"))]

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """From the list where there are several, since one request serves many; each alone that is not in it."""
        by_id = {result.message_id: result for result in sent if result.message_id}
        self._claims.add(*by_id.values())
        nameless = [result for result in sent if not result.message_id]
        found = await self._listed(by_id, nameless) if len(sent) > 1 or nameless else []
        for uid in by_id:
            try:
                data = await self._read(f"sms/{quote(uid, safe='')}")
            except MessageRejected:
                continue  # not known there any more: no news
            except GatewayError:
                if not found:
                    raise
                break  # what is known by now is news; the others are asked for the next time
            found += [wire.report(row, message_id=uid) for row in rows(data)]
        return found

    async def _listed(self, by_id: dict[str, SendResult], nameless: list[SendResult]) -> list[DeliveryReport]:
        """News of those in the message list, which are taken out of what was asked for."""
        found = []
        with suppress(MessageRejected):
            async for row in self._messages(PAGES):
                uid, reference = text(row, "uid"), None
                if not by_id.pop(uid, None):
                    fitting = (result for result in nameless if self._claims.fits(row, result.message))
                    if not (result := next(fitting, None)):
                        continue
                    nameless.remove(result)
                    self._claims.add(replace(result, message_id=uid))
                    reference = result.message.reference
                found.append(wire.report(row, message_id=uid, reference=reference))
                if not by_id and not nameless:
                    break
        return found

    async def incoming(self, known: Collection[str] = ()) -> Sequence[IncomingMessage]:
        """The incoming ones among the latest messages, down to the page that holds one seen before."""
        met = {*known, *(self._seen or ())}
        pages = FIRST_PAGES if self._seen is None and not met else INCOMING_PAGES
        seen: set[str] = set()
        found: list[IncomingMessage] = []
        try:
            async for listed in self._pages(pages):
                ids = {wire.id_of(row) for row in listed} - {""}
                seen |= ids
                found += [wire.incoming(row) for row in listed if wire.is_incoming(row)]
                if not ids.isdisjoint(met):
                    break
        except GatewayError:  # what stands on the pages that were read is news; all of them would be refused again
            if not seen:
                raise
        self._seen = seen
        return found

    async def _messages(self, pages: int) -> AsyncIterator[Row]:
        """The messages of the list, newest first, from at most so many pages."""
        async for listed in self._pages(pages):
            for row in listed:
                yield row

    async def _pages(self, most: int) -> AsyncIterator[list[Row]]:
        """The pages of the list, newest first, each with what no earlier one held."""
        begin = self._newest_page
        first, last = wire.page(await self._read("sms", begin))
        numbers, step = wire.newest_first(first, last) if begin == 1 else (range(last, 0, -1), -1)
        # Where a list begins with the oldest, the next look begins at its end.
        self._newest_page = last if step < 0 else 1
        seen: set[str] = set()
        for number in numbers[:most]:
            listed = first if number == begin else wire.page(await self._read("sms", number))[0]
            ids = {wire.id_of(row) for row in listed}
            if ids <= seen:
                # A page that lies: nothing on it, or what another page held.
                return
            yield [row for row in listed[::step] if wire.id_of(row) not in seen]
            seen |= ids

    async def _read(self, path: str, page: int = 1) -> object:
        """The data at a path, with the method that worked there before, else once with the other one."""
        kind = path[: path.find("/") + 1] or path
        method = self._methods.get(kind) or ("POST" if self._account.get("api") == "token" else "GET")
        for tried in (method, OTHER_METHOD[method]):
            answer = await self._call(tried, path, page=page)
            if answer.status == wire.METHOD_NOT_ALLOWED:
                continue
            envelope = wire.envelope_of(answer)
            if (error := wire.refusal(envelope, answer)) is None:
                self._methods[kind] = tried
                return envelope.get("data")
            if not wire.refuses_method(envelope):
                raise error
        raise MessageRejected("no method is allowed", code=str(wire.METHOD_NOT_ALLOWED))

    async def _call(self, method: str, path: str, body: Mapping[str, str] | None = None, page: int = 1) -> Answer:
        """Ask the API; the token stands in a header or in the body, never in the URL."""
        token, headers = self._account["api_token"], {"Accept": "application/json"}
        if self._account.get("api") == "token":
            api, body = "http", {"api_token": token, **(body or {})}
        else:
            api, headers["Authorization"] = "v3", f"Bearer {token}"
        return await self._transport.request(
            method,
            f"{self._account['url']}/api/{api}/{path}",
            body=body,
            query={"page": str(page)} if page > 1 else None,
            headers=headers,
        )


def _type(message: Message) -> str:
    """The gateway's word for the message's type; for SMS by the text."""
    if message.type is not MessageType.SMS:
        return message.type
    return "unicode" if encoding_of(message.text) is Encoding.UCS2 else "plain"
