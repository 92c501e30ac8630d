"""The action ask: send a question to one person and return the reply."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..const import ATTR_ACCOUNT, ATTR_MESSAGE, ATTR_SENDER, ATTR_TITLE, ATTR_TO, ATTR_URGENT, ATTR_VALID_FOR
from ..delivery.record import MessageRecord, Phase
from ..gateway.errors import Cancelled, MessageRejected
from ..gateway.message import IncomingMessage
from ..gateway.status import Status
from ..inbound.open_item import OpenItem, Reply
from ..inbound.wording import numbered, sorry
from ..messenger import Messenger, Outcome, raise_for
from ..open_questions import async_open_items, async_save_codes
from ..permissions import TARGETS
from ..recipients import recipient_with_number
from ..replies import async_loaded, async_reply
from ..targets import Address, validation_error
from ..text.phrases import Choices, match_choice, parse_choices
from ..text.yes_no import neither, yes_no
from .choices import choices
from .messages import targets_of
from .service import Action

ATTR_ASK_AGAIN = "ask_again"
ATTR_CHOICES = "choices"
ATTR_QUESTION = "question"
ATTR_REPEAT_EVERY = "repeat_every"
ATTR_TIMEOUT = "timeout"

DEFAULT_TIMEOUT = timedelta(minutes=5)
MAX_TIMEOUT = timedelta(hours=24)
MIN_REPEAT = timedelta(seconds=30)


SCHEMA = vol.Schema(
    {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Optional(ATTR_ACCOUNT): cv.string,
        vol.Optional(ATTR_TO): vol.All(cv.string, cv.ensure_list),
        vol.Required(ATTR_QUESTION): cv.string,
        vol.Optional(ATTR_TITLE): cv.string,
        vol.Optional(ATTR_CHOICES): choices,
        vol.Optional(ATTR_ASK_AGAIN, default=True): cv.boolean,
        vol.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT): vol.All(
            cv.time_period, vol.Range(min=timedelta(seconds=1), max=MAX_TIMEOUT)
        ),
        vol.Optional(ATTR_REPEAT_EVERY): vol.All(cv.time_period, vol.Range(min=MIN_REPEAT, max=MAX_TIMEOUT)),
        vol.Optional(ATTR_SENDER): cv.string,
        vol.Optional(ATTR_URGENT): cv.boolean,
    }
)


class _Question:
    """One question of an action: it is sent, repeated, and asked about once more if the reply is not understood."""

    def __init__(self, call: ServiceCall) -> None:
        """Find out whom to ask; raise ServiceValidationError."""
        self._call = call
        self._hass = call.hass
        self.messenger, self.addresses = _person(call)
        self._open_items = async_open_items(call.hass)
        self.item = OpenItem(
            question=call.data[ATTR_QUESTION],
            accounts=lambda: _current(self.messenger).receiving_accounts,
            choices=_choices(call),
            take=self._take,
            asks_again=call.data[ATTR_ASK_AGAIN],
        )
        # The latest reply, also one that is not understood, and how many came.
        self.reply: IncomingMessage | None = None
        self.attempts = 0
        # Done once a reply came that counts.
        self._answered: asyncio.Future[None] = call.hass.loop.create_future()
        # What is being sent.
        self._sending: asyncio.Future[list[Outcome]] | None = None
        # Whether the question is about to be sent once more, and that message.
        self._is_asking_again = False
        self._again: MessageRecord | None = None
        self._is_closed = False
        # The phones whose answers to the same script made it ask again.
        numbers = [address.number for address in self.addresses if address.number]
        self._causing = {each for each in numbers if self._open_items.has_answered(call.context.id, each)}

    async def async_ask(self) -> bool:
        """Ask, and return True if a reply came that counts."""
        loop, fields = asyncio.get_running_loop(), self._call.data
        end = loop.time() + fields[ATTR_TIMEOUT].total_seconds()
        interval = fields.get(ATTR_REPEAT_EVERY, MAX_TIMEOUT).total_seconds()
        self._open_items.open(self.item, (address.number for address in self.addresses if address.number))
        try:
            while loop.time() < end and not self._answered.done():
                await self._async_send()
                left = min(interval, end - loop.time())
                await asyncio.wait([self._answered], timeout=max(left, 0))
        finally:
            await self._async_close()
        return self._answered.done()

    # -- sending -----------------------------------------------------------------------------------------------------

    async def _async_send(self) -> None:
        """Send the question to all numbers, until a reply comes; raise if nothing works the first time."""
        is_first = not self.item.sent
        self._sending = asyncio.ensure_future(self._async_send_all())
        waiting: list[asyncio.Future[Any]] = [self._sending, self._answered]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._sending.done() and all(outcome.error for outcome in self._sending.result()) and is_first:
            raise_for(self._sending.result())

    async def _async_send_all(self) -> list[Outcome]:
        return await asyncio.gather(*map(self._async_send_to, self.addresses))

    async def _async_send_to(self, address: Address) -> Outcome:
        messenger, number = _current(self.messenger), address.number or ""
        fields = self._fields(messenger, address, self.item.question)
        cause = number if number in self._causing else None
        (outcome,) = await messenger.async_send(
            [address], fields, self._call.context, cause=cause, on_admitted=partial(self._add, messenger)
        )
        return outcome

    def _fields(self, messenger: Messenger, address: Address, question: str) -> dict[str, Any]:
        """Return the fields of a message with a question. Beside others, or once it has a number, it names that."""
        data, number = self._call.data, address.number or ""
        fields = {name: data[name] for name in (ATTR_TITLE, ATTR_SENDER, ATTR_URGENT) if name in data}
        fields |= {ATTR_MESSAGE: question, ATTR_VALID_FOR: data[ATTR_TIMEOUT]}
        if self._is_closed or not self._open_items.needs_code(self.item, number):
            return fields
        entry_id, now = self.messenger.entry.entry_id, self.messenger.outbox.time()
        is_known = number in self.item.codes
        code = self._open_items.give_code(self.item, number, entry_id, now)
        with_code = {**fields, ATTR_MESSAGE: numbered(question, code)} if code is not None else fields
        try:
            messenger.prepare(messenger.message(address, with_code), ignores_opt_out=True)
        except MessageRejected:
            if code is not None and not is_known:
                self._open_items.drop_code(self.item, number)
            return fields  # it is too long with its number
        return with_code

    def _add(self, messenger: Messenger, records: Sequence[MessageRecord]) -> None:
        """Take admitted messages. Those of a question that is closed do not leave."""
        if not self._is_closed:
            self.item.add(records)
            async_save_codes(self.messenger.outbox.database, self._open_items.codes_of(self.item))
            return
        for record in records:
            if record.is_pending:
                messenger.outbox.fail(record, Status.REJECTED, Cancelled(code="cancelled"))

    # -- replies -----------------------------------------------------------------------------------------------------

    def _take(self, reply: Reply) -> None:
        """Take a reply. The first that is not understood is asked about, and no other counts until that has left."""
        if self._is_closed:
            return
        self.reply, self.attempts = reply.incoming, self.attempts + 1
        self._open_items.note_answer(self._call.context.id, reply.incoming.sender)
        if self.item.understands(reply.incoming.text) or not (self.item.asks_again or self._is_unread):
            self._answered.set_result(None)
            self._close()
        elif self.item.asks_again:
            self.item.asks_again, self._is_asking_again = False, True
            self._hass.async_create_background_task(self._async_ask_again(reply), "texting question")

    @property
    def _is_unread(self) -> bool:
        """Return True as long as nobody can have read that the first reply was not understood."""
        return self._is_asking_again and (self._again is None or self._again.phase is Phase.WAITING)

    async def _async_ask_again(self, reply: Reply) -> None:
        """Send the question once more, in reply to a text that was not understood."""
        try:
            await self._async_reply_sorry(reply)
        finally:
            self._is_asking_again = False

    async def _async_reply_sorry(self, reply: Reply) -> None:
        number = reply.incoming.sender
        account = await async_loaded(self._hass, reply.account_id)
        address = next((each for each in self.addresses if each.number == number), None)
        if account and address and not self._is_closed:
            fields = self._fields(account, address, sorry(self.item.question))
            outgoing = account.compose(address, fields)

            def add(records: Sequence[MessageRecord]) -> None:
                self._add(account, records)
                (self._again,) = records

            record, _ = await async_reply(account, reply.incoming_id, outgoing, add)
            if record.failure:
                account.state.inbox.cancel_reply(reply.incoming_id)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """Take no more replies."""
        self._is_closed = True
        outbox = self.messenger.outbox
        codes = self._open_items.close(self.item, outbox.time(), is_answered=self._answered.done())
        async_save_codes(outbox.database, codes)

    async def _async_close(self) -> None:
        """Close the question. It must not leave any more."""
        if not self._is_closed:
            self._close()
        if self._sending and not self._sending.done():
            if self._answered.done():
                self._sending.cancel()  # what is being sent is not tried again
            await asyncio.wait([self._sending])
        for record in [record for sent in self.item.sent.values() for record in sent if record.is_pending]:
            entry = self._hass.config_entries.async_get_entry(record.entry_id)
            if entry and entry.state is ConfigEntryState.LOADED:
                await entry.runtime_data.async_cancel(record)
            elif record.entry_id == self.messenger.entry.entry_id:
                await self.messenger.async_cancel(record)


async def _async_ask(call: ServiceCall) -> ServiceResponse:
    """Ask one person. Other questions to the same person may be open."""
    question = _Question(call)
    is_answered = await question.async_ask()
    return _response(question, timed_out=not is_answered)


def _current(messenger: Messenger) -> Messenger:
    """Return the messenger of the same entry as it is now. A reload replaces it."""
    current: Messenger = messenger.entry.runtime_data if messenger.entry.state is ConfigEntryState.LOADED else messenger
    return current


def _person(call: ServiceCall) -> tuple[Messenger, list[Address]]:
    """Return the person to ask: all numbers of one recipient, or one number."""
    targets = targets_of(call, receives=True)
    addresses = [address for of_messenger in targets.values() for address in of_messenger]
    for address in addresses:
        if address.error:
            raise address.error
    messenger = next(iter(targets))
    people = {address.recipient.id if address.recipient else address.number for address in addresses}
    if messenger is None or len(targets) != 1 or len(people) != 1 or any(address.group for address in addresses):
        raise validation_error("ask_one")
    if not messenger.receiving_accounts:
        if unreadable := messenger.unreadable_accounts:
            raise validation_error("replies_unreadable", account=", ".join(unreadable))
        raise validation_error("no_replies", account=messenger.entry.title)
    return messenger, addresses


def _choices(call: ServiceCall) -> Choices:
    """Return the choices of the action, or yes and no in the language of the home."""
    if ATTR_CHOICES in call.data:
        return parse_choices(call.data[ATTR_CHOICES])
    return _yes_no(call.hass.config.language)


@lru_cache
def _yes_no(language: str) -> Choices:
    return parse_choices(yes_no(language), neither(language))


def _response(question: _Question, *, timed_out: bool) -> dict[str, Any]:
    incoming = question.reply
    choice = match_choice(question.item.choices, incoming.text) if incoming else None
    known = recipient_with_number(question.messenger.entry, incoming.sender) if incoming else None
    recipient = known or question.addresses[0].recipient
    return {
        "choice": choice.id if choice else None,
        "text": incoming.text if incoming else None,
        "slots": dict(choice.slots) if choice else {},
        "from": incoming.sender if incoming else None,
        "recipient": recipient.name if recipient else None,
        "timed_out": timed_out,
        "attempts": question.attempts,
    }


ACTIONS = (Action("ask", _async_ask, SCHEMA, TARGETS, SupportsResponse.ONLY),)
