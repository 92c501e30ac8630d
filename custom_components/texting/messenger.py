"""Messenger: what texts leave through, an account or a route. From what a user asks for to messages and outcomes."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .const import ATTR_IF_UNSURE, ATTR_MESSAGE, ATTR_URGENT, ATTR_VALID_FOR, DOMAIN
from .delivery.record import MessageRecord
from .error_messages import home_assistant_error
from .gateway.capabilities import MessageType
from .gateway.errors import Limit, MessageRejected
from .gateway.message import Message, Preview
from .gateway.status import FailureReason, Status
from .inbound.loop_guard import async_loop_guard
from .issues import async_loop_stopped
from .options import RESEND, Options, read_options
from .outcomes import reason_text
from .recipients import Recipient
from .storage.entry_state import EntryState
from .storage.received import async_cause
from .targets import Address

# How long an action waits for the results. Afterwards it returns, and sending continues in the background.
RESULT_TIMEOUT = 10.0
DEFAULT_VALID_FOR = 3600.0
# Who reads a voice message unless an action says otherwise.
DEFAULT_GENDER = "female"

# The fields of an action that a message has under the same name.
_MESSAGE_FIELDS = frozenset(
    {"title", "type", "sender", "media_url", "language", "gender", "send_at", "commercial", "express"}
    | {"template_id", "channel"}
)

type MessengerConfigEntry = ConfigEntry[Messenger]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message, and how it is sent."""

    message: Message
    # Whom it goes to, if this is a recipient of the entry.
    recipient: Recipient | None = None
    # Seconds that it may wait.
    valid_for: float = DEFAULT_VALID_FOR
    # Whether quiet hours and the daily limit do not apply.
    urgent: bool = False
    # Whether it is sent again if its outcome stays uncertain; None for the account's option.
    resend: bool | None = None
    # The names of the contact groups that it goes to.
    groups: str | None = None
    # Whether the groups have more contacts than is known.
    is_uncounted: bool = False
    # The reference of the route's message that this is an attempt for.
    parent: str | None = None
    # Whether it replies to a text that just came in: who wrote is awake, so quiet hours do not apply.
    is_reply: bool = False
    # Whether a text from the same number caused it in another way.
    is_caused: bool = False
    # Whether it leaves also beyond the daily limit of urgent messages.
    passes_limit: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message, as an action tells it."""

    address: Address
    # None if there was no address to send to.
    record: MessageRecord | None = None
    # Why it failed.
    error: HomeAssistantError | None = None
    # When the provider sends it, if it holds it back.
    held_until: datetime | None = None

    @property
    def reason(self) -> FailureReason | None:
        """Why it failed."""
        return self.record.reason if self.record else self.address.reason

    def as_response(self) -> dict[str, Any]:
        """Return the message as an action's response shows it."""
        record, recipient = self.record, self.address.recipient
        return {
            "to": self.address.display_name,
            "recipient": recipient.name if recipient else None,
            "reference": record.reference if record else None,
            "message_id": record.message_id if record else None,
            "status": record.status if record else "rejected",
            "segments": record.segments if record and not record.failure else 0,
            "reason": self.reason,
            "error": str(self.error) if self.error else None,
            "held_until": self.held_until.isoformat() if self.held_until else None,
        }


class Messenger(ABC):
    """The run-time data of a config entry."""

    entry: ConfigEntry[Any]
    # What is at the other end, such as "TextingHouse" or "Route".
    name: str
    # What it is, as its device shows it.
    model: str
    # Whether texts come in here.
    receives = False
    # A number that texts can be sent to for free.
    test_number: str | None = None

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], state: EntryState) -> None:
        """Start nothing yet."""
        self.hass = hass
        self.entry = entry
        self.state = state
        self.outbox = state.outbox
        self._change_listeners: list[Callable[[], None]] = []
        self._keep_days = self._kept_days

    @property
    def options(self) -> Options:
        """The options as they are now."""
        return read_options(self.entry)

    @property
    def _kept_days(self) -> tuple[int, int]:
        return self.options.keep_days, self.options.keep_incoming_days

    # -- what accounts and routes do differently ---------------------------------------------------------------------

    @property
    def languages(self) -> Sequence[str]:
        """The languages of voice messages."""
        return ()

    @property
    def receiving_accounts(self) -> Collection[str]:
        """The entry ids of the accounts through which replies come in."""
        return ()

    @property
    def unreadable_accounts(self) -> Collection[str]:
        """The titles of the accounts whose provider does not say which texts are replies."""
        return ()

    @property
    def resends(self) -> bool:
        """Return True if a text of uncertain outcome is sent again by default."""
        return self.options.resend_if_unsure

    @property
    def reload_data(self) -> dict[str, Any]:
        """The data whose change needs a reload of the entry: credentials, address and provider."""
        return {}

    def attributes(self, record: MessageRecord) -> dict[str, Any]:
        """Return what only this kind of messenger tells of a message."""
        return {}

    def held_until(self, record: MessageRecord) -> datetime | None:
        """Return when the provider sends a message that it holds back, or None."""
        return None

    @callback
    @abstractmethod
    def async_stop(self) -> None:
        """Begin nothing more. What is under way continues."""

    @callback
    def async_listen_changes(self, listener: Callable[[], None]) -> None:
        """Call a listener after each change of the entry that needs no reload."""
        self._change_listeners.append(listener)

    @callback
    def async_apply_changes(self) -> None:
        """Apply data, options and recipients of the entry that changed and need no reload."""
        for listener in self._change_listeners:
            listener()
        if self._keep_days != (keep_days := self._kept_days):
            self._keep_days = keep_days
            self.state.async_purge_soon()
        self.state.async_changed()

    @property
    def may_text_opted_out(self) -> bool:
        """Return True if people who agreed to it get urgent texts also after they opted out."""
        return True

    @abstractmethod
    def prepare(self, message: Message, *, ignores_opt_out: bool = False) -> tuple[Message, Preview]:
        """Return the message as it would be sent, and its preview; raise MessageRejected."""

    @abstractmethod
    async def async_admit(self, outgoing: Sequence[OutgoingMessage]) -> list[MessageRecord]:
        """Check messages. A message that is refused here has failed already."""

    @abstractmethod
    def enqueue(self, records: Sequence[MessageRecord]) -> None:
        """Begin to send messages of the outbox."""

    @abstractmethod
    async def async_cancel(self, record: MessageRecord) -> bool:
        """Cancel a message. Return True if it had not left."""

    async def async_refresh_status(self, record: MessageRecord) -> bool:
        """Ask the provider for the status of a message, if that may bring news. Return True if it did."""
        return False

    async def async_measure(self, address: Address) -> Address:
        """Return the address of a contact group with the group's size, or with an error if there is no such group."""
        return address

    # -- the one way to send -----------------------------------------------------------------------------------------

    async def async_send(
        self,
        addresses: Sequence[Address],
        fields: Mapping[str, Any],
        context: Context | None = None,
        *,
        cause: str | None = None,
        on_admitted: Callable[[Sequence[MessageRecord]], None] = lambda _records: None,
    ) -> list[Outcome]:
        """Send one text to all addresses. An error of one address does not affect the others.

        cause is the number whose text caused it. If that is not given, the context of the action tells it. on_admitted
        gets the checked messages before they are saved; what it writes is saved with them.
        """
        cause = cause or async_cause(self.hass, context)
        if any(address.group for address in addresses):
            addresses = await asyncio.gather(*map(self.async_measure, addresses))
        outgoing = {
            index: self.compose(address, fields, cause)
            for index, address in enumerate(addresses)
            if address.target and not address.error
        }
        records = await self.async_send_composed(list(outgoing.values()), on_admitted)
        by_index = dict(zip(outgoing, records, strict=True))
        return [self.outcome(address, by_index.get(index)) for index, address in enumerate(addresses)]

    async def async_send_composed(
        self,
        outgoing: Sequence[OutgoingMessage],
        on_admitted: Callable[[Sequence[MessageRecord]], None] = lambda _records: None,
    ) -> list[MessageRecord]:
        """Check messages, save them and send them. on_admitted is as in async_send."""
        records = await self.async_admit(outgoing) if outgoing else []
        on_admitted(records)
        return await self.async_hand_over(records) if records else []

    async def async_hand_over(self, records: list[MessageRecord]) -> list[MessageRecord]:
        """Save and send admitted messages, each reference once. Return with the results, or after RESULT_TIMEOUT."""
        records = [self.outbox.get(record.reference) or record for record in records]
        saved = self.async_add(records)
        await self.outbox.wait_for_results(records, RESULT_TIMEOUT)
        await asyncio.shield(saved)
        return records

    @callback
    def async_add(self, records: Sequence[MessageRecord]) -> asyncio.Future[None]:
        """Save admitted messages and let them leave, each reference once. The future is done once they are saved."""
        new = [record for record in records if self.outbox.get(record.reference) is None]
        saved = self.outbox.add(records)
        self.enqueue(new)  # what sends them saves that they leave, in the same commit
        # A message that only waits is no update of the outbox, but counts as pending.
        saved.add_done_callback(lambda _saved: self.state.async_changed())
        return saved

    def outcome(self, address: Address, record: MessageRecord | None) -> Outcome:
        """Return how a send ended, with its error in words."""
        if record and record.failure:
            reason = reason_text(self.hass, record)
            error = home_assistant_error(record.failure, self.entry.title, reason, address.recipient_name)
            return Outcome(address, record, error)
        return Outcome(address, record, address.error, held_until=self.held_until(record) if record else None)

    # -- from an action's fields to a message --------------------------------------------------------------------------

    def compose(
        self,
        address: Address,
        fields: Mapping[str, Any],
        cause: str | None = None,
        *,
        reference: str | None = None,
        passes_limit: bool = False,
    ) -> OutgoingMessage:
        """Return the message that an action's fields ask for. cause is the number whose text caused the action.

        Without a reference it gets a new one. passes_limit: it leaves also beyond the daily limit of urgent messages.
        """
        valid_for: timedelta | None = fields.get(ATTR_VALID_FOR)
        if_unsure: str | None = fields.get(ATTR_IF_UNSURE)
        return OutgoingMessage(
            message=self.message(address, fields, reference),
            recipient=address.recipient,
            valid_for=valid_for.total_seconds() if valid_for else DEFAULT_VALID_FOR,
            urgent=fields.get(ATTR_URGENT, False),
            resend=if_unsure == RESEND if if_unsure else None,
            groups=address.group.name if address.group else None,
            is_uncounted=address.is_uncounted,
            # A text to a group costs as much as texts to all of it.
            is_caused=cause is not None and (address.group is not None or cause == address.number),
            passes_limit=passes_limit,
        )

    def message(self, address: Address, fields: Mapping[str, Any], reference: str | None = None) -> Message:
        """Return one message. What the fields do not say comes from the recipient's settings."""
        recipient, group = address.recipient, address.group
        known: dict[str, Any] = {"type": recipient.type, "sender": recipient.sender} if recipient else {}
        known |= {name: value for name in _MESSAGE_FIELDS if (value := fields.get(name)) not in (None, "")}
        message = Message(
            reference=reference or ulid_now(),
            to=address.target or "",
            text=fields[ATTR_MESSAGE],
            group_size=(1 if group.size is None else group.size) if group else None,
            **known,
        )
        if message.type is MessageType.VOICE:
            language, gender = message.language or self._voice_language(), message.gender or DEFAULT_GENDER
            message = replace(message, language=language, gender=gender)
        # A time without a zone is in the home's.
        return replace(message, send_at=dt_util.as_local(message.send_at)) if message.send_at else message

    def _voice_language(self) -> str | None:
        """Return the home's language as one of the provider's, or None if the provider does not have it."""
        config, known = self.hass.config, self.languages
        language = config.language.lower()
        exact = (language, f"{language}-{config.country}".lower())
        similar = [name for name in known if name.split("-")[0] == language.split("-")[0]]
        return next((name for name in (*exact, *similar) if name in known), None)

    def _new_record(self, item: OutgoingMessage) -> MessageRecord:
        """Return a new record. It is held back during the recipient's quiet hours."""
        now, recipient = self.outbox.time(), item.recipient
        quiet = recipient.quiet_hours if recipient and not (item.urgent or item.is_reply) else None
        not_before = now + (quiet.seconds_left(dt_util.now()) if quiet else 0.0)
        # A campaign that is made twice is many texts, so it is repeated only if the action says so.
        resend = self.resends and item.message.group_size is None
        return MessageRecord(
            message=item.message,
            entry_id=self.entry.entry_id,
            recipient_name=recipient.name if recipient else None,
            recipient_id=recipient.id if recipient else None,
            groups=item.groups,
            parent=item.parent,
            urgent=item.urgent,
            ignores_opt_out=self.ignores_opt_out(item),
            passes_limit=item.passes_limit,
            resend=resend if item.resend is None else item.resend,
            created_at=now,
            not_before=not_before,
            expires_at=not_before + item.valid_for,
        )

    @callback
    def check_loop(self, item: OutgoingMessage, record: MessageRecord) -> None:
        """Count a message that an incoming text caused. It fails if they are too many, and an issue says so."""
        number, recipient = item.message.to, item.recipient
        if not record.is_pending or not (item.is_reply or item.is_caused):
            return
        if async_loop_guard(self.hass).allows(number, self.hass.loop.time()):
            return
        async_loop_stopped(self.hass, self.entry, *((recipient.id, recipient.name) if recipient else (None, None)))
        error = MessageRejected(limit=Limit.LOOP, reason=FailureReason.RATE_LIMITED)
        self.outbox.fail(record, Status.REJECTED, error)

    def ignores_opt_out(self, item: OutgoingMessage) -> bool:
        """Return True if a message is sent even if the person opted out."""
        return item.urgent and self.may_text_opted_out and bool(item.recipient and item.recipient.urgent_after_stop)


def raise_for(outcomes: Sequence[Outcome]) -> None:
    """Raise the error of the only message, or one error that names every message that failed."""
    failed = [(outcome.address.label, error) for outcome in outcomes if (error := outcome.error)]
    if not failed:
        return
    if len(outcomes) == 1:
        raise failed[0][1]
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="some_failed",
        translation_placeholders={
            "failed": str(len(failed)),
            "total": str(len(outcomes)),
            # Home Assistant removes the full stop.
            "reasons": " ".join(f"{label}: {error}." for label, error in failed),
        },
    )
