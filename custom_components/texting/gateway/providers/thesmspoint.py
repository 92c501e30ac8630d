"""TheSMSPoint: its API v1, https://thesmspoint.com/api/v1/{command} (balance, sender, template, SMS, report)."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
import json
from typing import Any, override

from ..answers import Row, amount, rows, text
from ..capabilities import Capability
from ..encoding import Encoding, encoding_of
from ..errors import GatewayError, InvalidResponse, Limit, MessageRejected
from ..gateway import Gateway, all_but
from ..message import Balance, DeliveryReport, Message, Preview, Sender, SendResult, Template
from ..phone_number import digits
from ..provider import AccountField, Provider, ProviderInfo
from ..status import FailureReason
from ..template import find_mismatch
from ..transport import Transport
from . import thesmspoint_answers as wire

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
    sender_field="sender_id",
)

# More than 765 characters, five joined parts, are cut off. Of unicode nothing is said: the same five parts (335 UTF-16
# units) are assumed, so that a text which might arrive cut is refused here.
PARTS = 5
LENGTHS: Mapping[Encoding, int] = {Encoding.GSM7: 765, Encoding.UCS2: 335}

APPROVED = "approved"
INVALID = FailureReason.INVALID_MESSAGE
_alike = all_but("reference", "to", "text")
ALONE = 20  # messages that one poll asks for by their own ids at most


class TheSMSPoint(Gateway):
    """One account at TheSMSPoint."""

    info = INFO

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Start without knowing the templates."""
        super().__init__(transport, account)
        self._turn = 0  # of those that are asked for alone
        self._registered: dict[str, str] = {}  # what a template's texts must follow, by its id

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
        self._check_template(preview.text, options["template_id"])
        return preview

    def _check_template(self, written: str, template_id: str) -> None:
        """Hold a text against its template; of one that is not known, the gateway decides."""
        template = self._registered.get(template_id)
        if template and (found := find_mismatch(written, template)):
            raise MessageRejected(
                limit=Limit.TEMPLATE_MISMATCH,
                reason=INVALID,
                position=found.position,
                expected=found.expected,
                template=found.template,
            )

    def _options(self, message: Message) -> dict[str, str]:
        """What the message asks for, else what the account has."""
        channel = message.channel if message.channel is not None else self._account.get("channel")
        return {
            "sender_id": self._sender(message),
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
        return wire.results(messages, await self._read(command, form))

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
                entity_id=text(row, "entity_id"),
                purpose=text(row, "purpose_value"),
            )
            for row in rows(await self._read("get-sender-id"))
        ]

    @override
    async def refresh(self) -> None:
        await self.templates()

    async def templates(self) -> Sequence[Template]:
        """The account's templates, which texts are held against from then on."""
        found = [
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
        self._registered = {template.template_id: template.message for template in found}
        return found

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """One request a job, then one by its own id for some of the messages that their job's answer does not name."""
        jobs: defaultdict[str, list[SendResult]] = defaultdict(list)
        for result in sent:
            if job := result.batch_id or result.message_id:
                jobs[job].append(result)
        found, missing = list[DeliveryReport](), list[tuple[str, SendResult]]()
        answered = await asyncio.gather(*map(self._status, jobs))
        for (job, results), listed in zip(jobs.items(), answered, strict=True):
            index = wire.index_of(listed)
            for result in results:
                if row := wire.row_of(index, result):
                    found.append(wire.report_of(row, result))
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
                if row := wire.row_of(wire.index_of(await self._status(message_id)), result):
                    found.append(wire.report_of(row, result))
        return found

    async def _status(self, job: str) -> list[Row]:
        """What the gateway says of a job."""
        return wire.listed(await self._call("sms-delivery-status", {"job_id": job}))

    async def _read(self, command: str, form: Mapping[str, str] | None = None) -> object:
        """The data of a successful answer; raises the error of any other."""
        return wire.data_of(await self._call(command, form or {}))

    async def _call(self, command: str, form: Mapping[str, str]) -> Row:
        """Ask the API for its envelope {status, message, data}; it always has a status."""
        headers = {"key": self._account["api_key"], "Accept": "application/json"}
        url = f"{self._account['url']}/api/v1/{command}"
        answer = await self._transport.request("POST", url, form=form, headers=headers)
        envelope = answer.json()
        if not text(envelope, "status"):
            raise InvalidResponse(f"neither success nor error, HTTP {answer.status}")
        return envelope
