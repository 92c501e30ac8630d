"""TextioPro, https://app.textiopro.com: the documentation of its API for developers (/api/v3/ and /api/http/)."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ...base import Gateway, refused
from ...capabilities import Capability, MessageType
from ...contacts import Contacts
from ...encoding import Encoding, encoding_of
from ...errors import AccessDenied, GatewayError, Limit, MessageRejected, OutcomeUnknown
from ...json_fields import Row, rows, text
from ...message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    ListedMessage,
    Message,
    Preview,
    Profile,
    SendResult,
    read_id,
)
from ...phone_number import digits
from ...provider import Provider, ProviderInfo
from ...status import FailureReason, Status
from ...transport import Transport
from . import campaigns, responses as wire, sends, words
from .api import Api, TextioProSettings, missing
from .contacts import CAMPAIGN, UltimateContacts
from .incoming import IncomingList
from .message_list import MessageList

INFO = ProviderInfo(
    provider=Provider.TEXTIOPRO,
    name="TextioPro",
    fields=TextioProSettings.account_fields(),
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
    sender_pattern=r"(?! )[a-zA-Z0-9 ._-]{1,11}(?<! )|\+?[0-9]{1,15}",
    number_senders=True,
    free_sender_types=frozenset({MessageType.WHATSAPP, MessageType.VIBER}),
    # Some installations give every error the status 429. The body decides.
    busy=frozenset(),
)  # fmt: skip

GENDERS = ("male", "female")
# Messages of other types have no segments.
SEGMENTED = frozenset({MessageType.SMS, MessageType.OTP})
# Pages of the message list for anything but incoming messages.
MAX_PAGES = 4
# Rows of the list that are kept for one lost message.
MAX_COPIES = 100
# Messages whose uids are remembered.
MAX_CLAIMS = 5000
MESSAGE = "sms/{}"
INVALID = FailureReason.INVALID_MESSAGE


class TextioPro(Gateway[TextioProSettings]):
    """One account at TextioPro, or at another site of the same software."""

    info = INFO
    settings_type = TextioProSettings

    def __init__(self, transport: Transport, settings: TextioProSettings) -> None:
        """Begin without any message of the list."""
        super().__init__(transport, settings)
        self._api = Api(transport, lambda: self.settings)
        self._list = MessageList(self._api)
        self._claims = wire.Claims(MAX_CLAIMS)
        # Whether the site answers a send with "Delivered" once a carrier has the message, which proves no more than
        # that. None: it has answered no send yet.
        self._hands_over: bool | None = None
        # Messages that were found in the list as "Delivered" before the site had answered any send.
        self._found_early: set[str] = set()
        # An early version reads three or more numbers of a batch as a single one.
        self._takes_single_numbers = False
        self._incoming = IncomingList(self._api, self._list, lambda: self.settings)

    def _preview(self, message: Message) -> Preview:
        if not self._sender(message):
            raise MessageRejected(limit=Limit.SENDER_MISSING, reason=INVALID)
        if message.type is MessageType.MMS and not message.media_url:
            raise MessageRejected(limit=Limit.MEDIA_MISSING, reason=INVALID, type=message.type)
        if message.type is MessageType.VOICE:
            if message.language not in INFO.languages:
                raise MessageRejected(limit=Limit.LANGUAGE, reason=INVALID, choices=", ".join(INFO.languages))
            if message.gender not in GENDERS:
                raise MessageRejected(limit=Limit.GENDER, reason=INVALID)
        preview = super()._preview(message)
        return preview if message.type in SEGMENTED else replace(preview, segments=1, cost=1)

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        if len(messages) > 1 and self._takes_single_numbers:
            return await self._send_singly(messages)
        groups = messages[0].groups
        response = await self._api.call(
            "POST", "sms/campaign" if groups else "sms/send", body=await self._body(messages)
        )
        envelope = wire.envelope_of(response)
        error = wire.refusal(envelope, response, sending=True)
        if groups:
            if error:
                raise missing(error, envelope, response)
            return campaigns.results(messages, envelope.get("data"), self.clock())
        if sends.is_one_number(messages, envelope, error):
            results = await self._send_singly(messages)
            self._takes_single_numbers = any(result.error is None for result in results)
            return results
        if error is None:
            return self._learn(sends.results(messages, envelope))
        note = text(envelope, "message")
        if len(messages) == 1 or not words.concerns_numbers(error, note):
            raise error
        return await self._send_without(messages, sends.refusals(messages, note), error)

    async def _body(self, messages: Sequence[Message]) -> dict[str, str]:
        """Return the parameters of a send."""
        first = messages[0]
        body = {
            # The example of a campaign has recipient instead. Installations check the name in the table [seen].
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
        return body

    def _learn(self, results: Sequence[SendResult]) -> list[SendResult]:
        """Remember which uids belong to which messages, and what "Delivered" means at this site; return the results."""
        for result in results:
            if (says_delivered := sends.says_delivered(result)) is not None:
                self._hands_over = self._hands_over or says_delivered
        return self._claims.add(*results)

    async def _send_without(
        self, messages: Sequence[Message], named: Mapping[str, GatewayError], error: GatewayError
    ) -> list[SendResult]:
        """Send a batch again that was refused for some numbers: without those, or in halves if none is named."""
        results = [refused(message, named[message.reference]) for message in messages if message.reference in named]
        half = len(messages) // 2
        parts = [[message for message in messages if message.reference not in named]]
        for part in parts if named else [messages[:half], messages[half:]]:
            try:
                results += await self._send(part) if part else []
            except GatewayError as err:
                results += [refused(message, err) for message in part]
        return results

    async def _send_singly(self, messages: Sequence[Message]) -> list[SendResult]:
        """Send each message of a batch in a request of its own.

        If the site refuses one for a reason that is not the message's, such as a rate limit, the rest is not sent.
        """
        results: list[SendResult] = []
        for place, message in enumerate(messages):
            try:
                results += await self._send([message])
            except (MessageRejected, OutcomeUnknown) as err:
                results.append(refused(message, err))
            except GatewayError as err:
                return [*results, *(refused(each, err) for each in messages[place:])]
        return results

    async def _local(self, send_at: datetime) -> str:
        """Return a time in the account's zone and the provider's format, rounded up to the next minute."""
        local = send_at.astimezone(await self._api.zone())
        return (local + timedelta(minutes=1, microseconds=-1)).strftime("%Y-%m-%d %H:%M")

    @override
    def knows_status(self, word: str) -> bool:
        return wire.state_of(word) is not None or word.strip().lower() in campaigns.STATUSES

    async def resolve_unknown(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """Find each message in the message list. A message that is not in the list stays uncertain.

        Campaigns have no list, and the message list does not say which campaign a message is part of.
        """
        unknown = [refused(message, OutcomeUnknown("campaigns are not listed")) for message in lost if message.groups]
        single = [message for message in lost if not message.groups]
        copies: dict[tuple[str, str], list[Row]] = {wire.key_of(message): [] for message in single}
        try:
            if single:
                with suppress(MessageRejected, AccessDenied):  # a later request for the list would be refused too
                    await self._collect(copies)
        except GatewayError:
            return unknown
        return [*unknown, *(self._found(message, copies[wire.key_of(message)]) for message in single)]

    async def _collect(self, copies: dict[tuple[str, str], list[Row]]) -> None:
        """Add the rows of the message list by their keys. Rows with other keys are left out."""
        async for row in self._list.rows(MAX_PAGES):
            fitting = copies.get(wire.key_of_row(row))
            if fitting is not None and len(fitting) < MAX_COPIES:
                fitting.append(row)

    def _found(self, lost: Message, listed: Sequence[Row]) -> SendResult:
        row = next((row for row in listed if self._claims.fits(row, lost)), None)
        if row is None:
            return refused(lost, OutcomeUnknown("not in the list"))
        if self._hands_over is None:
            self._found_early.add(lost.reference)
        # The row may say what the lost response said.
        return self._claims.add(sends.result(lost, row, hands_over=self._hands_over is not False))[0]

    @property
    @override
    def reports_delivery(self) -> bool:
        return not self._hands_over

    async def fetch_balance(self) -> Sequence[Balance]:
        """Fetch the balance."""
        return [wire.balance(await self._api.read("balance"))]

    async def fetch_reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """Read the message list if there are several messages, then fetch each message that is not in it."""
        campaign_ids = [result.message_id for result in sent if result.message.groups and result.message_id]
        single = [result for result in sent if not result.message.groups]
        by_id = {result.message_id: result for result in single if result.message_id}
        self._claims.add(*by_id.values())
        hands_over = self._only_hands_over(sent)
        without_id = [result for result in single if not result.message_id]
        # These were accepted as "Delivered". The site's other words since a restart change nothing of that.
        accepted_as = {
            result.message_id
            for result in single
            if result.message.reference not in self._found_early and _was_handed_over(result)
        }
        found: list[DeliveryReport] = []
        if len(single) > 1 or without_id:
            found = await self._find_in_list(by_id, without_id, hands_over=hands_over)
        for uid, path in (dict.fromkeys(campaign_ids, CAMPAIGN) | dict.fromkeys(by_id, MESSAGE)).items():
            try:
                data = await self._api.read(path, uid)
                reports = [campaigns.report(data, uid)] if path == CAMPAIGN else _reports(data, uid, hands_over)
            except MessageRejected:
                continue  # the provider does not keep it any more
            except GatewayError:
                if not found:
                    raise
                break  # the reports so far still count; the next poll fetches the others
            found += reports
        return [
            replace(report, status=Status.SENT)
            if report.status is Status.DELIVERED and (hands_over or report.message_id in accepted_as)
            else report
            for report in found
        ]

    def _only_hands_over(self, sent: Sequence[SendResult]) -> bool:
        """Return True if the site says "Delivered" of what it only handed over.

        After a restart, messages that it accepted before with this word tell.
        """
        if self._hands_over is not None:
            return self._hands_over
        return any(map(_was_handed_over, sent))

    async def _find_in_list(
        self, by_id: dict[str, SendResult], without_id: list[SendResult], *, hands_over: bool
    ) -> list[DeliveryReport]:
        """Return the reports of messages in the message list, and remove these messages from the arguments."""
        found = []
        by_key: defaultdict[tuple[str, str], list[SendResult]] = defaultdict(list)
        for result in without_id:
            by_key[wire.key_of(result.message)].append(result)
        with suppress(MessageRejected):
            async for row in self._list.rows(MAX_PAGES):
                uid, reference = read_id(text(row, "uid")) or "", None
                if not by_id.pop(uid, None):
                    candidates = by_key[key] if (key := wire.key_of_row(row)) in by_key else []
                    fitting = (each for each in candidates if self._claims.fits(row, each.message))
                    if not (known := next(fitting, None)):
                        continue
                    candidates.remove(known)
                    without_id.remove(known)
                    self._claims.add(replace(known, message_id=uid))
                    reference = known.message.reference
                found.append(wire.report(row, message_id=uid, reference=reference, hands_over=hands_over))
                if not by_id and not without_id:
                    break
        return found

    async def fetch_incoming(self, known: Collection[str] | None = None) -> Sequence[IncomingMessage]:
        """Read the message list up to the page that has a known row; return some of the new incoming messages."""
        return await self._incoming.fetch(known)

    @property
    @override
    def reads_incoming(self) -> bool:
        return self._incoming.is_readable

    async def fetch_messages(self, limit: int) -> AsyncIterator[ListedMessage]:
        """Iterate over the latest messages of the list; each page is fetched when it is needed."""
        if limit < 1:
            return
        async for row in self._list.rows():
            if not wire.id_of(row):
                continue
            yield wire.listed(row, own_numbers=self.settings.own_numbers, hands_over=self._hands_over is True)
            limit -= 1
            if limit < 1:
                return

    async def fetch_message(self, message_id: str) -> ListedMessage:
        """Fetch a message by its id, sent or received."""
        row = campaigns.row_of(await self._api.read(MESSAGE, message_id))
        return wire.listed(row, message_id, self.settings.own_numbers, hands_over=self._hands_over is True)

    async def fetch_profile(self) -> Profile:
        """Fetch the owner of the account. The response repeats the token, which is left out."""
        return wire.profile(await self._api.read("me"), self.settings.api_token)

    @property
    def contacts(self) -> Contacts:
        """The contacts and contact groups of the account."""
        return UltimateContacts(self._api)


def _recipients(messages: Sequence[Message]) -> str:
    return ",".join(digits(message.to) for message in messages)


def _was_handed_over(result: SendResult) -> bool:
    """Return True if the site said "Delivered" of a message when it accepted it."""
    return not result.message.groups and result.status is Status.SENT and sends.says_delivered(result) is True


def _reports(data: object, uid: str, hands_over: bool) -> list[DeliveryReport]:
    return [wire.report(row, message_id=uid, hands_over=hands_over) for row in rows(data)]


def _type(message: Message) -> str:
    """Return the provider's name of the type. The text decides whether an SMS is plain or unicode."""
    if message.type is not MessageType.SMS:
        return message.type
    return "unicode" if encoding_of(message.text) is Encoding.UCS2 else "plain"
