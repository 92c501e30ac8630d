"""The interface that every gateway has."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
import logging
from operator import attrgetter
import time
from typing import Any, ClassVar

from .capabilities import MEDIA_TYPES, Capability
from .contacts import Contacts
from .encoding import measure, unwritable
from .errors import GatewayError, Limit, MessageRejected, OutcomeUnknown, Unsupported
from .message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    ListedMessage,
    Message,
    Preview,
    Profile,
    Sender,
    SendResult,
    Template,
    VoiceBroadcast,
    WebhookCall,
)
from .orders import Orders
from .provider import ProviderInfo
from .status import FailureReason, Status
from .transport import Transport

_LOGGER = logging.getLogger(__name__)


# Fields of a message that a provider takes only with the capability.
_NEEDS: Mapping[str, Capability] = {
    "sender": Capability.SENDER,
    "send_at": Capability.SCHEDULE,
    "commercial": Capability.COMMERCIAL,
    "express": Capability.EXPRESS,
    "template_id": Capability.TEMPLATES,
    "channel": Capability.CHANNEL,
    "groups": Capability.CAMPAIGNS,
}


def all_but(*names: str) -> Callable[[Message], Hashable]:
    """What tells all that a message holds, without these fields."""
    return attrgetter(*(field.name for field in fields(Message) if field.name not in names))


_alike = all_but("reference", "to")


class Gateway(ABC):
    """One account at one provider. Methods raise GatewayError; send puts it into the results instead."""

    info: ClassVar[ProviderInfo]
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.fromtimestamp(time.time(), UTC))

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Take the account's fields by name, as info.fields declares them."""
        self._transport = transport
        self._account = account

    async def verify(self) -> None:
        """Check the credentials at the gateway."""
        await self.balance()

    async def refresh(self) -> None:  # noqa: B027  most have nothing to read
        """Read again what sending is checked against, where there is such a thing; called now and then."""

    # -- sending -------------------------------------------------------------------------------------------------

    def preview(self, message: Message) -> Preview:
        """What would be sent and cost; raises MessageRejected for what the provider would refuse."""
        return self.prepare(message)[1]

    def prepare(self, message: Message) -> tuple[Message, Preview]:
        """The message as it is sent, and its preview; raises MessageRejected."""
        composed = self._compose(message)
        preview = _for_all(composed, self._check(composed))
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
        if message.media_url and message.type not in MEDIA_TYPES:
            raise Unsupported(limit=Limit.OPTION, option="media_url", provider=self.info.name)
        if wrong := unwritable(f"{message.title or ''}{message.text}"):
            raise MessageRejected(limit=Limit.CHARACTERS, reason=FailureReason.INVALID_MESSAGE, characters=wrong)
        if not message.text.strip():
            raise MessageRejected(limit=Limit.TEXT_EMPTY, reason=FailureReason.INVALID_MESSAGE)
        sender = self._sender(message)
        if sender and not self.info.takes_sender(sender, message.type):
            raise MessageRejected(
                limit=Limit.SENDER_OR_NUMBER if self.info.number_senders else Limit.SENDER,
                reason=FailureReason.INVALID_MESSAGE,
            )
        preview = self._preview(message)
        held_until = self.held_until(message, self.clock())
        return replace(preview, held_until=held_until) if held_until else preview

    def _sender(self, message: Message) -> str:
        """Whom a message comes from: what it asks for, else what the account has; empty where neither says."""
        return message.sender or self._account.get(self.info.sender_field or "") or ""

    def held_until(self, message: Message, at: datetime) -> datetime | None:
        """When the provider sends a message that it is given then, where it holds it back; aware, None where not."""
        return None

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
        """Messages of one key may share a request: where all but the number is the same, and it is a number."""
        return _alike(message) if message.group_size is None else message.reference

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

    async def messages(self, most: int) -> AsyncIterator[ListedMessage]:
        """The latest texts that the provider keeps, sent and received, newest first, at most so many."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.MESSAGE_LIST, provider=self.info.name)
        yield  # an iterator, as those of providers that have a list

    async def message(self, message_id: str) -> ListedMessage:
        """A text that the provider keeps; raises NotFound."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.MESSAGE_LIST, provider=self.info.name)

    async def profile(self) -> Profile:
        """Whose account it is."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.PROFILE, provider=self.info.name)

    @property
    def contacts(self) -> Contacts:
        """The contacts and groups that the account keeps at the provider."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CONTACTS, provider=self.info.name)

    async def carrier(self, number: str) -> str:
        """Who serves a number in E.164, as the gateway words it, such as VERIZONUS; raises CarrierUnknown."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CARRIER_LOOKUP, provider=self.info.name)

    @property
    def orders(self) -> Orders:
        """What the account can buy and set up."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CREDIT_PURCHASE, provider=self.info.name)

    async def broadcast(self, call: VoiceBroadcast) -> None:
        """Call numbers and play a sound; raises BroadcastRejected naming the field that is wrong."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.VOICE_BROADCAST, provider=self.info.name)

    # -- webhook -------------------------------------------------------------------------------------------------

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """What the provider tells us; raises WebhookRejected for what it would not send."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.INCOMING_PUSH, provider=self.info.name)


def accepted(message: Message, **known: Any) -> SendResult:
    """A message the gateway took."""
    return SendResult(message=message, status=Status.ACCEPTED, **known)


def _for_all(message: Message, preview: Preview) -> Preview:
    """A preview of one text as that of one to each contact of groups, where it goes to these."""
    size = message.group_size
    if size is None:
        return preview
    if size < 1 or not message.groups:
        raise MessageRejected(limit=Limit.GROUP_EMPTY, reason=FailureReason.INVALID_MESSAGE)
    return replace(preview, segments=preview.segments * size, cost=preview.cost * size)


def _unexpected(error: Exception) -> OutcomeUnknown:
    """A fault of ours as an error; only its type is told, since its own words may hold the message."""
    _LOGGER.error("Unexpected %s while sending; what became of the messages is unknown", type(error).__name__)
    return OutcomeUnknown(type(error).__name__)


def refused(message: Message, error: GatewayError) -> SendResult:
    """A message that was not accepted: unknown only where it may have been."""
    status = Status.UNKNOWN if isinstance(error, OutcomeUnknown) else Status.REJECTED
    return SendResult(message=message, status=status, error=error, provider_status=error.code)
