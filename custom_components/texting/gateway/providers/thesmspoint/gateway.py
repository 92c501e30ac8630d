"""TheSMSPoint: its settings and its commands (balance, sender, template, SMS, report)."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
import json
from math import ceil
from typing import override

from ...balance_text import read_balance
from ...base import Gateway, key_without
from ...capabilities import Capability
from ...encoding import Encoding, encoding_of
from ...errors import BalanceUnreadable, GatewayError, Limit, MessageRejected
from ...json_fields import Row, rows, text
from ...message import Balance, DeliveryReport, Message, Preview, Sender, SendResult, Template
from ...phone_number import digits
from ...pieces import in_pieces
from ...provider import Provider, ProviderInfo, Settings, account_field
from ...status import FailureReason
from ...template import find_mismatch
from ...transport import Transport
from . import responses as wire

# Their meaning is not documented.
CHANNELS = ("1", "2", "3")


@dataclass(frozen=True, slots=True, kw_only=True)
class TheSMSPointSettings(Settings):
    """The settings of an account at TheSMSPoint."""

    api_key: str = account_field(secret=True)
    sender_id: str = account_field(step="sender", applied_in_place=True)
    template_id: str = account_field(step="sender", applied_in_place=True)
    channel: str = account_field(default=CHANNELS[0], choices=CHANNELS, step="sender", applied_in_place=True)
    url: str = account_field(advanced=True, default="https://thesmspoint.com")

    @property
    @override
    def default_sender(self) -> str:
        return self.sender_id


INFO = ProviderInfo(
    provider=Provider.THESMSPOINT,
    name="TheSMSPoint",
    fields=TheSMSPointSettings.account_fields(),
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
    # The provider takes 2,000. A lost response leaves fewer messages uncertain if the request is smaller.
    batch_size=500,
    pools=("Transactional", "Promotional", "OTP"),
    countries=("IN",),
    sender_field="sender_id",
)

# The provider cuts a text after 765 characters, which are five segments. Nothing is documented for unicode; the same
# five segments (335 UTF-16 units) are assumed, so that no text arrives incomplete.
MAX_SEGMENTS = 5
MAX_LENGTHS: Mapping[Encoding, int] = {Encoding.GSM7: 765, Encoding.UCS2: 335}
# The table of credits counts characters, so that "[" is one, though it takes two places in the network.
MAX_SINGLE, MAX_JOINED = 160, 153

APPROVED = "approved"
INVALID = FailureReason.INVALID_MESSAGE
_key = key_without("text")
# Messages that one poll looks up by their own ids.
MAX_SINGLE_LOOKUPS = 20


class TheSMSPoint(Gateway[TheSMSPointSettings]):
    """One account at TheSMSPoint."""

    info = INFO
    settings_type = TheSMSPointSettings

    def __init__(self, transport: Transport, settings: TheSMSPointSettings) -> None:
        """Begin without templates; refresh fetches them."""
        super().__init__(transport, settings)
        # Where the single look-ups of the next poll begin.
        self._next_lookup = 0
        # The texts of the templates, by id.
        self._templates: dict[str, str] = {}

    def _preview(self, message: Message) -> Preview:
        preview = _in_credits(super()._preview(message))
        if preview.segments > MAX_SEGMENTS:
            max_length = MAX_LENGTHS[preview.encoding]
            raise MessageRejected(limit=Limit.TEXT_LENGTH, reason=INVALID, length=preview.units, most=max_length)
        options = self._options(message)
        if not options["sender_id"]:
            raise MessageRejected(limit=Limit.SENDER_MISSING, reason=INVALID)
        if not options["template_id"]:
            raise MessageRejected(limit=Limit.TEMPLATE_MISSING, reason=INVALID)
        if options["channel"] not in CHANNELS:
            raise MessageRejected(limit=Limit.CHANNEL, reason=INVALID, choices=", ".join(CHANNELS))
        self._check_template(preview.text, options["template_id"])
        return preview

    def _check_template(self, text: str, template_id: str) -> None:
        """Check a text against its template. If the template is not known, the provider decides."""
        template = self._templates.get(template_id)
        if template and (found := find_mismatch(text, template)):
            raise MessageRejected(
                limit=Limit.TEMPLATE_MISMATCH,
                reason=INVALID,
                position=found.position,
                expected=found.expected,
                template=found.template,
            )

    def _options(self, message: Message) -> dict[str, str]:
        """Return the options of the message, else those of the account."""
        return {
            "sender_id": self._sender(message),
            "template_id": message.template_id or self.settings.template_id,
            "channel": self.settings.channel if message.channel is None else str(message.channel),
        }

    def batch_key(self, message: Message) -> Hashable:
        """The texts of a request may differ, but not their encodings."""
        return encoding_of(message.text), _key(message)

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        first = messages[0]
        form = self._options(first) | {"is_unicode": "1" if encoding_of(first.text) is Encoding.UCS2 else "0"}
        if len(messages) == 1:
            command, form = "send-single-sms", form | {"recipient": digits(first.to), "message": first.text}
        else:
            recipients = [{"number": digits(message.to), "text": message.text} for message in messages]
            command, form = "send-bulk-sms", form | {"recipient": json.dumps(recipients)}
        return wire.results(messages, await self._read(command, form))

    async def fetch_balance(self) -> Sequence[Balance]:
        """Fetch the balance of each pool. One that is empty or cannot be read is left out."""
        data = await self._read("get-sms-balance")
        pools = data.get("balance") if isinstance(data, dict) else None
        if not isinstance(pools, dict):
            raise BalanceUnreadable("no balance")
        filled = {pool: value for pool, value in pools.items() if value not in (None, "")}
        found = list[Balance]()
        for pool in INFO.pools:
            with suppress(BalanceUnreadable):
                found.append(read_balance(filled.get(pool), pool=pool))
        if filled and not found:
            raise BalanceUnreadable("no balance")
        return found

    async def fetch_senders(self) -> Sequence[Sender]:
        """Fetch the sender ids of the account."""
        return [
            Sender(
                id=text(row, "id"),
                sender_id=text(row, "sender_id"),
                type=text(row, "type_value"),
                approved=text(row, "approve_status").lower() == APPROVED,
                entity_id=text(row, "entity_id"),
                purpose=text(row, "purpose_value"),
            )
            async for piece in in_pieces(rows(await self._read("get-sender-id")))
            for row in piece
        ]

    @override
    async def refresh(self) -> None:
        await self.fetch_templates()

    async def fetch_templates(self) -> Sequence[Template]:
        """Fetch the templates of the account. From then on, texts are checked against them."""
        found = [
            Template(
                template_id=text(row, "template_id"),
                name=text(row, "name"),
                type=text(row, "type"),
                sender_id=text(row, "sender_id"),
                message=text(row, "message"),
                approved=text(row, "template_status").lower() == APPROVED,
            )
            async for piece in in_pieces(rows(await self._read("get-templates")))
            for row in piece
        ]
        self._templates = {template.template_id: template.message for template in found}
        return found

    async def fetch_reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """Make one request for each job, then one for some of the messages that are missing in the reports."""
        jobs: defaultdict[str, list[SendResult]] = defaultdict(list)
        for result in sent:
            if job := result.batch_id or result.message_id:
                jobs[job].append(result)
        found, missing = list[DeliveryReport](), list[tuple[str, SendResult]]()
        reports = await asyncio.gather(*map(self._status, jobs))
        for (job, results), report in zip(jobs.items(), reports, strict=True):
            await asyncio.sleep(0)  # a report may have thousands of rows
            index = wire.index_of(report)
            for result in results:
                if row := wire.row_of(index, result):
                    found.append(wire.report_of(row, result))
                elif result.message_id and result.message_id != job:
                    missing.append((result.message_id, result))
        return found + await self._fetch_single(missing)

    async def _fetch_single(self, missing: Sequence[tuple[str, SendResult]]) -> list[DeliveryReport]:
        """Look up some messages by their own ids; the next poll continues after them."""
        start = self._next_lookup % len(missing) if missing else 0
        chosen = [*missing[start:], *missing[:start]][:MAX_SINGLE_LOOKUPS]
        self._next_lookup = start + len(chosen)
        found: list[DeliveryReport] = []
        with suppress(GatewayError):  # the reports so far still count; the next poll looks up the others
            for message_id, result in chosen:
                if row := wire.row_of(wire.index_of(await self._status(message_id)), result):
                    found.append(wire.report_of(row, result))
        return found

    async def _status(self, job: str) -> list[Row]:
        """Fetch the rows of the report of a job."""
        return wire.listed(await self._call("sms-delivery-status", {"job_id": job}))

    async def _read(self, command: str, form: Mapping[str, str] | None = None) -> object:
        """Return the data of a successful response; raise the error of any other."""
        return wire.data_of(await self._call(command, form or {}))

    async def _call(self, command: str, form: Mapping[str, str]) -> Row:
        """Make a request and return its envelope {status, message, data}, which always has a status."""
        headers = {"key": self.settings.api_key, "Accept": "application/json"}
        url = f"{self.settings.url}/api/v1/{command}"
        response = await self._transport.request("POST", url, form=form, headers=headers)
        return wire.envelope_of(response.status, response.json())


def _in_credits(preview: Preview) -> Preview:
    """Return a preview with the segments that the provider's table gives."""
    if preview.encoding is not Encoding.GSM7:
        return preview
    length = len(preview.text)
    segments = 1 if length <= MAX_SINGLE else ceil(length / MAX_JOINED)
    return replace(preview, segments=segments, cost=segments, units=length)
