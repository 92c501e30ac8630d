"""Receiver: takes the texts that come in at one account, each of them once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.ulid import ulid_at_time

from .automations import async_listen
from .delivery.database import DatabaseError
from .delivery.incoming import IncomingRecord, LookUp, TextQuery, fingerprint
from .gateway.message import OPT_IN_WORDS, IncomingMessage, IncomingType, bare_words
from .gateway.provider import ProviderInfo
from .inbound.command_sessions import Kind
from .inbound.inbox import COMMAND_TIMEOUT, ReceivedMessage
from .inbound.interpret import Interpretation, async_interpret
from .inbound.keywords import keyword_of, with_keyword
from .inbound.match import Answer, IncomingText, InFlight, Match, Over, Which
from .inbound.open_item import Reply
from .inbound.pins import split_keyword, visible_text
from .inbound.repetitions import MEMORY
from .open_questions import async_open_items, async_wait_for_results, reply_words
from .options import read_options
from .signals import COMMAND, MESSAGE_RECEIVED, UNCLEAR_REPLY
from .storage.entry_state import EntryState, async_get_state

_LOGGER = logging.getLogger(__name__)

# How long the database may take to find what is known of a text, and to save it, in seconds.
LOOKUP_TIMEOUT = 2.0
SAVE_TIMEOUT = 1.0
# A text that names no message answers the last one to its number within 72 hours.
REPLY_WINDOW = 72 * 3600.0


@callback
def async_setup_receiving(hass: HomeAssistant) -> None:
    """Mark the texts that automations heard of, from now on."""

    @callback
    def handed_on(entry_id: str, _incoming: IncomingMessage, incoming_id: str) -> None:
        if state := async_get_state(hass, entry_id):
            state.async_handed_on(incoming_id)

    async_listen(hass, MESSAGE_RECEIVED, handed_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """The provider's request that brought a text, if it can take a reply."""

    # Whether the provider still waits.
    is_connected: Callable[[], bool]
    # How long it is kept open for a reply, in seconds.
    reply_timeout: float


class Receiver:
    """The receiver of one account."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], state: EntryState, info: ProviderInfo) -> None:
        """Start with no text."""
        self._hass = hass
        self._entry = entry
        self._state = state
        self._opt_in_words = {*OPT_IN_WORDS, *info.opt_in_words}
        # Done when the latest text of a sender is published.
        self._turns: dict[str, asyncio.Future[None]] = {}

    async def async_receive(
        self,
        incoming: IncomingMessage,
        is_connected: Callable[[], bool] | None = None,
        reply_timeout: float = 0.0,
        *,
        late: bool = False,
    ) -> ReceivedMessage | None:
        """Take a text of a phone once; return None if it is a repetition. A late text is no command any more.

        The texts of a phone are taken and published in the order in which they come in. With is_connected, the
        provider's request is kept open for some seconds, or until its command is done.
        """
        incoming = replace(with_keyword(self._entry, incoming), late=late)
        if incoming.type is IncomingType.OPT_OUT:
            # Also if it equals an earlier one: there may have been a START between them.
            self._state.opt_outs.async_add(incoming.sender, incoming.sent_at)
        request = _Request(is_connected=is_connected, reply_timeout=reply_timeout) if is_connected else None
        before = self._turns.get(incoming.sender)
        turn = self._turns[incoming.sender] = self._hass.loop.create_future()
        taken: asyncio.Future[ReceivedMessage | None] = self._hass.loop.create_future()
        work = self._async_process(incoming, request, (before, turn), taken)
        # It goes on if the provider hangs up.
        task = self._hass.async_create_task(work, "texting incoming text")
        waiting: list[asyncio.Future[Any]] = [taken, task]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not taken.done():
            task.result()  # it raises
        return taken.result()

    async def _async_process(
        self,
        incoming: IncomingMessage,
        request: _Request | None,
        turns: tuple[asyncio.Future[None] | None, asyncio.Future[None]],
        taken: asyncio.Future[ReceivedMessage | None],
    ) -> None:
        """Take a text after all texts of its sender that came in before it; then save and publish it."""
        before, turn = turns
        try:
            known = await self._async_look_up(incoming)
            if before:
                await asyncio.wait([before])
            received = self._state.inbox.receive(self._record(incoming), _stored(known))
            if received and (task := asyncio.current_task()):
                received.publish_with(task)
            taken.set_result(received)
            if received:
                await self._async_take(received, known, request)
        finally:
            turn.set_result(None)
            if self._turns.get(incoming.sender) is turn:
                del self._turns[incoming.sender]

    async def _async_look_up(self, incoming: IncomingMessage) -> LookUp | None:
        """Return what the database knows of a text; None if it takes too long."""
        now = self._state.outbox.time()
        query = TextQuery(
            entry_id=self._entry.entry_id,
            number=incoming.sender,
            fingerprint=self._fingerprint(incoming),
            since=now - MEMORY,
            accepted_since=now - REPLY_WINDOW,
            reference=incoming.reference,
            message_id=incoming.replied_message_id,
            own_id=incoming.message_id,
        )
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                return await self._state.outbox.database.look_up(query)
        except (DatabaseError, TimeoutError) as err:
            _LOGGER.debug("What is known of a text was not found: %s", type(err).__name__)
            return None

    def _record(self, incoming: IncomingMessage) -> IncomingRecord:
        now = self._state.outbox.time()
        return IncomingRecord(
            id=ulid_at_time(now),
            entry_id=self._entry.entry_id,
            message=incoming,
            received_at=now,
            fingerprint=self._fingerprint(incoming),
            keeps_text=read_options(self._entry).keep_incoming_days > 0,
        )

    def _fingerprint(self, incoming: IncomingMessage) -> str:
        return fingerprint(self._state.fingerprint_key, self._entry.entry_id, incoming.sender, incoming.text)

    async def _async_take(self, received: ReceivedMessage, known: LookUp | None, request: _Request | None) -> None:
        """Find out what a new text is, save it, and publish it."""
        incoming = received.record.message
        stops = incoming.type is IncomingType.OPT_OUT
        returns = (
            not stops
            and self._opts_in(incoming)
            and self._state.opt_outs.async_discard(incoming.sender, incoming.sent_at)
        )
        is_plain = stops or returns or incoming.late
        found = self._interpret(incoming, known, is_plain=is_plain)
        if isinstance(found.match, InFlight):
            # Meanwhile it is on disk as an ordinary text.
            received.record.message = replace(incoming, text=visible_text(self._hass, self._entry, incoming))
            self._state.async_save_incoming(received)
            await async_wait_for_results(self._hass, found.match.records)
            found = self._interpret(incoming, known, is_plain=is_plain, waits=False)
        self._hand_over(received, found, known, request)
        saved = self._state.async_save_incoming(received)
        # A slow disk holds back nobody.
        await asyncio.wait([saved], timeout=SAVE_TIMEOUT)
        self._publish(received, found)

    def _interpret(
        self, incoming: IncomingMessage, known: LookUp | None, *, is_plain: bool, waits: bool = True
    ) -> Interpretation:
        """Return what a text is. A plain one is neither a command nor an answer. waits: it may wait for a result.

        A text of which the database tells nothing is no command, since it may have been one before.
        """

        def find_open(kept: IncomingMessage) -> Match | None:
            if is_plain:
                return None
            text = IncomingText(
                number=kept.sender,
                text=kept.text,
                account_id=self._entry.entry_id,
                sent_at=kept.sent_at,
                named=known.named if known else None,
                words=reply_words(self._hass),
                waits=waits,
            )
            return self._find_open(kept, text)

        may_command = known is not None and not is_plain
        return async_interpret(self._hass, self._entry, incoming, find_open, may_command=may_command)

    def _find_open(self, kept: IncomingMessage, text: IncomingText) -> Match | None:
        """Return what is open and gets a text. A rented keyword before an answer is no part of it."""
        open_items = async_open_items(self._hass)
        match = open_items.find(text)
        keyword, rest = split_keyword(self._entry, kept)
        if rest and keyword_of(self._entry, keyword) and not (isinstance(match, Answer) and match.is_sure):
            other = open_items.find(replace(text, text=rest))
            if isinstance(other, Over) or (isinstance(other, Answer) and other.is_sure):
                return other
        return match

    def _hand_over(
        self,
        received: ReceivedMessage,
        found: Interpretation,
        known: LookUp | None,
        request: _Request | None,
    ) -> None:
        """Note what a text is, keep its request open for a reply, and give it to what it answers."""
        record, match, command = received.record, found.match, found.command
        answered = (known.named or known.last) if known else None
        replies = command is not None or match is not None
        if isinstance(match, Answer):
            answered = match.item.last_to(record.message.sender) or answered
            replies = match.item.replies_to(match.text)
        reference = (answered.parent or answered.reference) if answered else None
        record.message = replace(found.incoming, in_reply_to=reference)
        record.was_answered, received.is_replied_to = isinstance(match, Answer), replies
        record.command = command.text if command and command.kind is Kind.ASK else None
        if request and record.message.type is not IncomingType.OPT_OUT:
            timeout = max(request.reply_timeout, COMMAND_TIMEOUT) if replies else request.reply_timeout
            self._state.inbox.keep_open(received, timeout, request.is_connected)
        if isinstance(match, Answer):
            incoming = replace(record.message, text=match.text)
            match.item.take(Reply(incoming=incoming, incoming_id=record.id, account_id=self._entry.entry_id))

    def _publish(self, received: ReceivedMessage, found: Interpretation) -> None:
        """Tell entities and automations of a text, then run its command or ask what it means."""
        entry_id, sender = self._entry.entry_id, received.sender
        self._state.publish(MESSAGE_RECEIVED, entry_id, received.record.message, received.id)
        if found.command:
            self._state.publish(COMMAND, entry_id, sender, received.id, found.command)
        if isinstance(found.match, Which | Over):
            self._state.publish(UNCLEAR_REPLY, entry_id, sender, received.id, found.match)

    def _opts_in(self, incoming: IncomingMessage) -> bool:
        """Return True if a text ends an opt-out: START, the provider's own word, or a keyword from our dialog."""
        return (
            incoming.opts_in
            or keyword_of(self._entry, incoming.text) is not None
            or bare_words(incoming.text) in self._opt_in_words
        )


def _stored(known: LookUp | None) -> list[IncomingRecord]:
    """Return the stored texts that a new one may repeat."""
    if known is None:
        return []
    return [*known.known, *([known.latest] if known.latest else [])]
