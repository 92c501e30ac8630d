"""What a provider is: its data, and the interface every gateway has."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
import logging
from operator import attrgetter
import re
from typing import Any, ClassVar

from .capabilities import Capability, MessageType
from .encoding import measure
from .errors import GatewayError, Limit, MessageRejected, OutcomeUnknown, Unsupported
from .message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    Message,
    Preview,
    Sender,
    SendResult,
    Template,
    WebhookCall,
)
from .status import FailureReason, Status
from .transport import TOO_MANY_REQUESTS, Transport

_LOGGER = logging.getLogger(__name__)


class Provider(StrEnum):
    """The five companies."""

    TEXTINGHOUSE = "textinghouse"
    TEXTIOPRO = "textiopro"
    CLUB_TEXTING = "club_texting"
    GROUP_TEXTING = "group_texting"
    THESMSPOINT = "thesmspoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountField:
    """One thing to ask for when an account is added.

    choices are values, advanced ones stand in the closed section; those of a step are asked for after the
    others, when the credentials have been checked.
    """

    name: str
    required: bool = True
    secret: bool = False
    advanced: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """A provider as data.

    identity are the fields that make two accounts the same login, batch_size messages fit one request,
    in_flight requests may run at once, busy are HTTP statuses that mean not processed, pools are the names
    of its balances where there are several, test_number delivers at once and costs nothing, webhook_methods
    are the HTTP methods it calls us with, calling_codes are of the countries it sends to (none: any).
    """

    provider: Provider
    name: str
    fields: tuple[AccountField, ...]
    identity: tuple[str, ...]
    capabilities: frozenset[Capability]
    message_types: tuple[MessageType, ...] = (MessageType.SMS,)
    languages: tuple[str, ...] = ()
    batch_size: int = 1
    in_flight: int = 2
    busy: frozenset[int] = frozenset({TOO_MANY_REQUESTS})
    pools: tuple[str, ...] = ()
    test_number: str | None = None
    webhook_methods: tuple[str, ...] = ()
    calling_codes: tuple[str, ...] = ()

    @property
    def uses_webhook(self) -> bool:
        """Whether the provider calls our webhook for anything."""
        return bool(self.webhook_methods)

    def serves(self, number: str) -> bool:
        """Whether it sends to the country of a number in E.164."""
        return not self.calling_codes or number.startswith(tuple(f"+{code}" for code in self.calling_codes))

    @property
    def receives(self) -> bool:
        """Whether texts of phones come in through it."""
        return not self.capabilities.isdisjoint({Capability.INCOMING_PUSH, Capability.INCOMING_POLL})

    @property
    def reports(self) -> bool:
        """Whether what becomes of a message after it was accepted can be known."""
        return not self.capabilities.isdisjoint({Capability.STATUS, Capability.DELIVERY_REPORTS})


# Fields of a message that a provider takes only with the capability.
_NEEDS: Mapping[str, Capability] = {
    "sender": Capability.SENDER,
    "send_at": Capability.SCHEDULE,
    "commercial": Capability.COMMERCIAL,
    "express": Capability.EXPRESS,
    "template_id": Capability.TEMPLATES,
    "channel": Capability.CHANNEL,
}


def all_but(*names: str) -> Callable[[Message], Hashable]:
    """What tells all that a message holds, without these fields."""
    return attrgetter(*(field.name for field in fields(Message) if field.name not in names))


_alike = all_but("reference", "to")
_HALVES = re.compile("[\ud800-\udfff]")
# What can carry a picture or a film.
_MEDIA = frozenset({MessageType.MMS, MessageType.WHATSAPP, MessageType.VIBER})


class Gateway(ABC):
    """One account at one provider. Methods raise GatewayError; send puts it into the results instead."""

    info: ClassVar[ProviderInfo]

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Take the account's fields by name, as info.fields declares them."""
        self._transport = transport
        self._account = account

    async def verify(self) -> None:
        """Check the credentials at the gateway."""
        await self.balance()

    # -- sending -------------------------------------------------------------------------------------------------

    def preview(self, message: Message) -> Preview:
        """What would be sent and cost; raises MessageRejected for what the provider would refuse."""
        return self.prepare(message)[1]

    def prepare(self, message: Message) -> tuple[Message, Preview]:
        """The message as it is sent, and its preview; raises MessageRejected."""
        composed = self._compose(message)
        preview = self._check(composed)
        if (composed.title, composed.text) != (preview.title, preview.text):
            composed = replace(composed, title=preview.title, text=preview.text)
        return composed, preview

    def _compose(self, message: Message) -> Message:
        """Where the provider has no subject, the title is the text's first line."""
        if message.title is None or Capability.TITLE in self.info.capabilities:
            return message
        return replace(message, text=f"{message.title}\n{message.text}", title=None)

    def _check(self, message: Message) -> Preview:
        """Hold the message against what the provider has, then against its own limits."""
        for name, capability in _NEEDS.items():
            if getattr(message, name) and capability not in self.info.capabilities:
                raise Unsupported(limit=Limit.OPTION, option=name, provider=self.info.name)
        if message.type not in self.info.message_types:
            raise Unsupported(limit=Limit.TYPE, type=message.type, provider=self.info.name)
        if message.media_url and message.type not in _MEDIA:
            raise Unsupported(limit=Limit.OPTION, option="media_url", provider=self.info.name)
        if wrong := unwritable(f"{message.title or ''}{message.text}"):
            raise MessageRejected(limit=Limit.CHARACTERS, reason=FailureReason.INVALID_MESSAGE, characters=wrong)
        if not message.text.strip():
            raise MessageRejected(limit=Limit.TEXT_EMPTY, reason=FailureReason.INVALID_MESSAGE)
        return self._preview(message)

    def _preview(self, message: Message) -> Preview:
        """Apply the provider's own limits."""
        measured = measure(message.text)
        return Preview(
            title=message.title,
            text=message.text,
            encoding=measured.encoding,
            segments=measured.segments,
            cost=measured.segments,
            units=measured.units,
        )

    def batch_key(self, message: Message) -> Hashable:
        """Messages of one key may share a request: where all but the number is the same."""
        return _alike(message)

    async def send(self, batch: Sequence[Message]) -> list[SendResult]:
        """Make one request for prepared messages of one key; a result for each, in their order. Never raises."""
        error: GatewayError
        try:
            results = {result.message.reference: result for result in await self._send(batch)}
            return [results[message.reference] for message in batch]
        except GatewayError as err:
            error = err
        except Exception as err:  # noqa: BLE001  no fault of ours may hide what became of the messages
            error = _unexpected(err)
        return [refused(message, error) for message in batch]

    @abstractmethod
    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Make the request for one batch; a result for each message, or raise what holds for all of them."""

    async def find_out(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """What became of messages whose answer was lost.

        Queued is what never was accepted, unknown what cannot be found out; a message that could not be asked
        about now is left out.
        """
        return [refused(message, OutcomeUnknown("no answer")) for message in lost]

    # -- reading -------------------------------------------------------------------------------------------------

    @abstractmethod
    async def balance(self) -> Sequence[Balance]:
        """What is left; one, or one for each of info.pools."""

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """What has become of messages that were accepted, as far as the gateway says."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.STATUS, provider=self.info.name)

    async def incoming(self, known: Collection[str] = ()) -> Sequence[IncomingMessage]:
        """The latest incoming texts, newest first, those already seen among them; known are ids taken before."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.INCOMING_POLL, provider=self.info.name)

    async def senders(self) -> Sequence[Sender]:
        """The senders that the account may use."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.SENDER_LIST, provider=self.info.name)

    async def templates(self) -> Sequence[Template]:
        """The templates that the account may use."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.SENDER_LIST, provider=self.info.name)

    # -- webhook -------------------------------------------------------------------------------------------------

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """What the provider tells us; raises WebhookRejected for what it would not send."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.INCOMING_PUSH, provider=self.info.name)


def accepted(message: Message, **known: Any) -> SendResult:
    """A message the gateway took."""
    return SendResult(message=message, status=Status.ACCEPTED, **known)


def unwritable(text: str) -> str:
    """The halves of surrogate pairs in a text, as U+D83D: no gateway can be sent them."""
    return " ".join(sorted({f"U+{ord(half):04X}" for half in _HALVES.findall(text)}))


def _unexpected(error: Exception) -> OutcomeUnknown:
    """A fault of ours as an error; only its type is told, since its own words may hold the message."""
    _LOGGER.error("Unexpected %s while sending; what became of the messages is unknown", type(error).__name__)
    return OutcomeUnknown(type(error).__name__)


def refused(message: Message, error: GatewayError) -> SendResult:
    """A message that was not accepted: unknown only where it may have been."""
    status = Status.UNKNOWN if isinstance(error, OutcomeUnknown) else Status.REJECTED
    return SendResult(message=message, status=status, error=error, provider_status=error.code)
