"""Gateway: the interface to every provider."""

from abc import ABC, abstractmethod
from asyncio import Semaphore
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
import logging
from operator import attrgetter
import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .capabilities import MEDIA_TYPES, Capability
from .contacts import Contacts
from .encoding import half_characters, measure
from .errors import BalanceUnreadable, GatewayError, Limit, MessageRejected, OutcomeUnknown, Unsupported
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
from .provider import ProviderInfo, Settings
from .redaction import add_secrets, own_texts
from .status import FailureReason, Status
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

# Incoming messages of one read. If there are more, the read fetches the oldest, and later reads the others.
MAX_INCOMING = 500
# Fields of a message that a provider supports only if it has the capability.
_REQUIRED_CAPABILITIES: Mapping[str, Capability] = {
    "sender": Capability.SENDER,
    "send_at": Capability.SCHEDULE,
    "commercial": Capability.COMMERCIAL,
    "express": Capability.EXPRESS,
    "template_id": Capability.TEMPLATES,
    "channel": Capability.CHANNEL,
    "groups": Capability.CAMPAIGNS,
}


def key_without(*names: str) -> Callable[[Message], Hashable]:
    """Return a function that makes a key of all fields of a message but these."""
    # Characters of a prepared message are replaced already.
    left_out = {"reference", "to", "replace_characters", *names}
    return attrgetter(*(field.name for field in fields(Message) if field.name not in left_out))


_key = key_without()


class Gateway[S: Settings = Any](ABC):
    """One account at one provider. All methods raise GatewayError except send, which puts the error in the results."""

    info: ClassVar[ProviderInfo]
    settings_type: ClassVar[type[Settings]]
    # May be replaced while the gateway runs. Read it for each request, and keep no copy of a value.
    settings: S
    # Returns the time now, with a time zone.
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.fromtimestamp(time.time(), UTC))

    def __init__(self, transport: Transport, settings: S) -> None:
        """Talk to the provider through the transport."""
        self._transport = transport
        self.settings = settings
        add_secrets(self, settings.secrets)

    @property
    def slots(self) -> Semaphore:
        """What the requests of the account take, so that they are never too many at the same time."""
        return self._transport.slots

    @property
    def site(self) -> str:
        """The address of the site where people see their account and buy credit."""
        address = urlsplit(self.settings.url)
        return self.info.site or f"{address.scheme}://{address.netloc}"

    @property
    def reports_delivery(self) -> bool:
        """Return True if the provider says which messages arrived, as far as is known."""
        return self.info.reports

    async def verify(self) -> None:
        """Check the credentials with a request that costs nothing."""
        with suppress(BalanceUnreadable):  # the login was accepted
            await self.fetch_balance()

    async def refresh(self) -> None:  # noqa: B027  most providers need no such data
        """Fetch the data that messages are checked against. The account calls this at start and every hour."""

    # -- sending -------------------------------------------------------------------------------------------------

    def preview(self, message: Message) -> Preview:
        """Return what the message would contain and cost; raise MessageRejected if the provider would refuse it."""
        return self.prepare(message)[1]

    def prepare(self, message: Message) -> tuple[Message, Preview]:
        """Return the message ready to send, and its preview; raise MessageRejected if the provider would refuse it."""
        composed = self._compose(message)
        preview = _for_group(composed, self._check(composed))
        if (composed.title, composed.text) != (preview.title, preview.text):
            composed = replace(composed, title=preview.title, text=preview.text)
        return composed, preview

    def _compose(self, message: Message) -> Message:
        """Make the title the first line of the text if the provider has no titles."""
        if message.title is None or Capability.TITLE in self.info.capabilities:
            return message
        return replace(message, text=f"{message.title}\n{message.text}", title=None)

    def _check(self, message: Message) -> Preview:
        """Check the message against the provider's capabilities, then against its limits."""
        for name, capability in _REQUIRED_CAPABILITIES.items():
            if getattr(message, name) and capability not in self.info.capabilities:
                raise Unsupported(limit=Limit.OPTION, option=name)
        if message.type not in self.info.message_types:
            raise Unsupported(limit=Limit.TYPE, type=message.type)
        if message.media_url and message.type not in MEDIA_TYPES:
            raise Unsupported(limit=Limit.OPTION, option="media_url")
        if halves := half_characters(f"{message.title or ''}{message.text}"):
            raise MessageRejected(limit=Limit.CHARACTERS, reason=FailureReason.INVALID_MESSAGE, characters=halves)
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
        """Return the message's sender, else the account's; empty if neither has one."""
        return message.sender or self.settings.default_sender

    def held_until(self, message: Message, at: datetime) -> datetime | None:
        """Return when the provider sends a message that it receives at this time; None if it sends it at once.

        Both times have a time zone.
        """
        return None

    def _preview(self, message: Message) -> Preview:
        """Return the preview; raise MessageRejected if the message breaks a limit of the provider."""
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
        """Return a key. Messages of one key may share a request: only their numbers differ."""
        return _key(message) if message.group_size is None else message.reference

    async def send(self, batch: Sequence[Message]) -> list[SendResult]:
        """Send prepared messages of one key in one request; return a result for each, in order. Never raises."""
        error: GatewayError
        texts = {text for message in batch for text in (message.title, message.text)}
        try:
            with own_texts(*texts):
                results = {result.message.reference: result for result in await self._send(batch)}
            return [results[message.reference] for message in batch]
        except GatewayError as err:
            error = err
        except Exception as err:  # noqa: BLE001  a bug must not hide that the messages may have been sent
            error = _unexpected(err)
        return [refused(message, error) for message in batch]

    @abstractmethod
    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        """Make one request; return a result for each message, or raise the error of all of them."""

    def knows_status(self, word: str) -> bool:
        """Return True if a status in the response to a send is known. Providers with codes have no others."""
        return True

    async def resolve_unknown(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        """Find out whether messages were accepted whose response was lost.

        The result is queued if the provider never accepted the message, and uncertain if nobody can find out.
        A message that cannot be looked up now is left out.
        """
        return [refused(message, OutcomeUnknown("no answer")) for message in lost]

    # -- reading -------------------------------------------------------------------------------------------------

    @abstractmethod
    async def fetch_balance(self) -> Sequence[Balance]:
        """Fetch the balance, or one balance for each of info.pools."""

    async def fetch_reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        """Fetch the status of accepted messages. Messages that the provider says nothing about are left out."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.STATUS)

    async def fetch_incoming(self, known: Collection[str] | None = None) -> Sequence[IncomingMessage]:
        """Fetch new incoming messages, newest first, perhaps with old ones among them.

        known are ids of old ones, None before the first read ever. There are at most MAX_INCOMING.
        """
        raise Unsupported(limit=Limit.OPTION, option=Capability.INCOMING_POLL)

    @property
    def reads_incoming(self) -> bool:
        """Return False if the provider turns out not to say which messages came in."""
        return True

    async def fetch_senders(self) -> Sequence[Sender]:
        """Fetch the senders that the account may use."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.SENDER_LIST)

    async def fetch_templates(self) -> Sequence[Template]:
        """Fetch the templates that the account may use."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.SENDER_LIST)

    async def fetch_messages(self, limit: int) -> AsyncIterator[ListedMessage]:
        """Iterate over the latest messages that the provider keeps, sent and received, newest first."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.MESSAGE_LIST)
        yield  # makes this an iterator, as it is at providers that have a list

    async def fetch_message(self, message_id: str) -> ListedMessage:
        """Fetch a message that the provider keeps; raise NotFound if it has none with this id."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.MESSAGE_LIST)

    async def fetch_profile(self) -> Profile:
        """Fetch the name and the address of the account's owner."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.PROFILE)

    @property
    def contacts(self) -> Contacts:
        """The contacts and contact groups that the account keeps at the provider."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CONTACTS)

    async def look_up_carrier(self, number: str) -> str:
        """Return the carrier of a number in E.164 in the provider's words, such as VERIZONUS; raise CarrierUnknown."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CARRIER_LOOKUP)

    @property
    def orders(self) -> Orders:
        """The credits and keywords that the account can buy and set up."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.CREDIT_PURCHASE)

    async def broadcast(self, call: VoiceBroadcast) -> None:
        """Call numbers and play a sound; raise BroadcastRejected with the field that is invalid."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.VOICE_BROADCAST)

    # -- webhook -------------------------------------------------------------------------------------------------

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """Return what a call of our webhook says; raise WebhookRejected if the provider would not make this call."""
        raise Unsupported(limit=Limit.OPTION, option=Capability.INCOMING_PUSH)


def accepted(message: Message, **known: Any) -> SendResult:
    """Return the result of a message that the provider accepted."""
    return SendResult(message=message, status=Status.ACCEPTED, **known)


def refused(message: Message, error: GatewayError) -> SendResult:
    """Return the result of a message that failed: uncertain if it may have been sent, else rejected."""
    status = Status.UNCERTAIN if isinstance(error, OutcomeUnknown) else Status.REJECTED
    return SendResult(message=message, status=status, error=error, provider_status=error.code)


def _for_group(message: Message, preview: Preview) -> Preview:
    """Multiply the cost by the number of contacts if the message goes to contact groups."""
    size = message.group_size
    if size is None:
        return preview
    if size < 1 or not message.groups:
        raise MessageRejected(limit=Limit.GROUP_EMPTY, reason=FailureReason.INVALID_MESSAGE)
    return replace(preview, segments=preview.segments * size, cost=preview.cost * size)


def _unexpected(error: Exception) -> OutcomeUnknown:
    """Log a bug and return it as an error. Only its type is logged, because its text may hold the message."""
    _LOGGER.error("Unexpected %s while sending; the messages may have been sent", type(error).__name__)
    return OutcomeUnknown(type(error).__name__)
