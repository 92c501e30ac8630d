"""TextioPro, https://app.textiopro.com, documentation of its API for developers (/api/v3/ and /api/http/)."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..answers import Row, rows, text
from ..capabilities import Capability, MessageType
from ..contacts import Contacts
from ..encoding import Encoding, encoding_of
from ..errors import GatewayError, Limit, MessageRejected, OutcomeUnknown
from ..gateway import Gateway, refused
from ..message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    ListedMessage,
    Message,
    Preview,
    Profile,
    SendResult,
)
from ..phone_number import digits
from ..provider import AccountField, Provider, ProviderInfo
from ..status import FailureReason
from ..transport import Transport
from . import ultimate_campaigns as campaigns, ultimate_rows as kept, ultimate_sms as wire
from .ultimate_api import Api, missing
from .ultimate_contacts import CAMPAIGN, UltimateContacts
from .ultimate_list import MessageList

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
            Capability.CONTACTS,
            Capability.CAMPAIGNS,
            Capability.MESSAGE_LIST,
            Capability.PROFILE,
        }
    ),
    message_types=tuple(MessageType),
    languages=(
        "cy-gb", "da-dk", "de-de", "el-gr", "en-au", "en-gb", "en-gb-wls", "en-in", "en-us", "es-es", "es-mx",
        "es-us", "fr-ca", "fr-fr", "id-id", "is-is", "it-it", "ja-jp", "ko-kr", "ms-my", "nb-no", "nl-nl", "pl-pl",
        "pt-br", "pt-pt", "ro-ro", "ru-ru", "sv-se", "ta-in", "th-th", "tr-tr", "vi-vn", "zh-cn", "zh-hk",
    ),
    batch_size=100,
    sender_field="sender_id",
    sender_pattern=r"[a-zA-Z0-9]{1,11}|\+?[0-9]{1,15}",
    number_senders=True,
    free_sender_types=frozenset({MessageType.WHATSAPP, MessageType.VIBER}),
    # Some installations answer any error with 429: the body decides.
    busy=frozenset(),
)  # fmt: skip

GENDERS = ("male", "female")
# Other types are not made of segments.
SEGMENTED = frozenset({MessageType.SMS, MessageType.OTP})
# Pages of the message list read at most: at the first look for incoming texts, at a later one, and for the rest.
FIRST_PAGES = 2
INCOMING_PAGES = 40
PAGES = 4
# Messages whose uids are remembered.
CLAIMS = 5000
MESSAGE = "sms/{}"
INVALID = FailureReason.INVALID_MESSAGE


class TextioPro(Gateway):
    """One account at TextioPro, or at another site of the same software."""

    info = INFO

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Start without knowing what is on the message list."""
        super().__init__(transport, account)
        self._api = Api(transport, account)
        self._list = MessageList(self._api)
        self._claims = wire.Claims(CLAIMS)
        self._seen: set[str] | None = None

    def _preview(self, message: Message) -> Preview:
        if not self._sender(message):
            raise MessageRejected(limit=Limit.SENDER_MISSING, reason=INVALID)
        if message.type is MessageType.MMS and not message.media_url:
            raise MessageRejected(limit=Limit.MEDIA_MISSING, reason=INVALID, type=message.type)
        if message.type is MessageType.VOICE:
            if message.language not in INFO.languages:
                raise MessageRejected(limit=Limit.LANGUAGE, reason=INVALID, choices=", ".join(INFO.languages))
            if message.gender not in GENDERS:
                raise MessageRejected(limit=Limit.GENDER, reason=INVALID, choices=", ".join(GENDERS))
        preview = super()._preview(message)
        return preview if message.type in SEGMENTED else replace(preview, segments=1, cost=1)

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        first = messages[0]
        body = {
            # Of campaigns, the examples say recipient, and the table of parameters what installations check [seen].
            **({"contact_list_id": ",".join(first.groups)} if first.groups else {"recipient": _recipients(messages)}),
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
        answer = await self._api.call("POST", "sms/campaign" if first.groups else "sms/send", body=body)
        envelope = wire.envelope_of(answer)
        if first.groups:
            if error := wire.refusal(envelope, answer):
                raise missing(error, envelope, answer)
            return campaigns.results(messages, envelope.get("data"))
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
        """The time as the gateway writes it, never early, in the account's time zone."""
        local = send_at.astimezone(await self._api.zone())
        return (local + timedelta(minutes=1, microseconds=-1)).strftime("%Y-%m-%d %H:%M")

    async def find_out(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """The first row since it was asked for that can be it says what became of it. No such row proves nothing.

        Campaigns have no list, and the message list does not say which of them a text was part of.
        """
        unknown = [refused(message, OutcomeUnknown("campaigns are not listed")) for message in lost if message.groups]
        alone = [message for message in lost if not message.groups]
        listed: list[Row] = []
        try:
            if alone:
                with suppress(MessageRejected):  # the list will not be shown later either
                    listed = [row async for row in self._list.rows(PAGES)]
        except GatewayError:
            return unknown
        return [*unknown, *(self._found(message, listed) for message in alone)]

    def _found(self, lost: Message, listed: Sequence[Row]) -> SendResult:
        row = next((row for row in listed if self._claims.fits(row, lost)), None)
        return self._claims.add(wire.result(lost, row))[0] if row else refused(lost, OutcomeUnknown("not in the list"))

    async def balance(self) -> Sequence[Balance]:
        """What the account holds."""
        return [wire.balance(await self._api.read("balance"))]

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """From the list where there are several, since one request serves many; each alone that is not in it."""
        asked = {result.message_id: CAMPAIGN for result in sent if result.message.groups and result.message_id}
        alone = [result for result in sent if not result.message.groups]
        by_id = {result.message_id: result for result in alone if result.message_id}
        self._claims.add(*by_id.values())
        nameless = [result for result in alone if not result.message_id]
        found = await self._listed(by_id, nameless) if len(alone) > 1 or nameless else []
        for uid, path in (asked | dict.fromkeys(by_id, MESSAGE)).items():
            try:
                data = await self._api.read(path, uid)
                of_one = [campaigns.report(data, uid)] if path == CAMPAIGN else _reports(data, uid)
            except MessageRejected:
                continue  # not known there any more: no news
            except GatewayError:
                if not found:
                    raise
                break  # what is known by now is news; the others are asked for the next time
            found += of_one
        return found

    async def _listed(self, by_id: dict[str, SendResult], nameless: list[SendResult]) -> list[DeliveryReport]:
        """News of those in the message list, which are taken out of what was asked for."""
        found = []
        with suppress(MessageRejected):
            async for row in self._list.rows(PAGES):
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
            async for listed in self._list.pages(pages):
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

    async def messages(self, most: int) -> AsyncIterator[ListedMessage]:
        """The latest texts of the message list, through all its pages as they are asked for."""
        if most < 1:
            return
        async for row in self._list.rows():
            if not wire.id_of(row):
                continue
            yield kept.listed(row)
            most -= 1
            if most < 1:
                return

    async def message(self, message_id: str) -> ListedMessage:
        """A text by its id, sent or received."""
        return kept.listed(campaigns.row_of(await self._api.read(MESSAGE, message_id)), message_id)

    async def profile(self) -> Profile:
        """Whose account it is, without the token that the answer repeats."""
        return kept.profile(await self._api.read("me"), self._account["api_token"])

    @property
    def contacts(self) -> Contacts:
        """The account's contact groups."""
        return UltimateContacts(self._api)


def _recipients(messages: Sequence[Message]) -> str:
    return ",".join(digits(message.to) for message in messages)


def _reports(data: object, uid: str) -> list[DeliveryReport]:
    return [wire.report(row, message_id=uid) for row in rows(data)]


def _type(message: Message) -> str:
    """The gateway's word for the message's type; for SMS by the text."""
    if message.type is not MessageType.SMS:
        return message.type
    return "unicode" if encoding_of(message.text) is Encoding.UCS2 else "plain"
