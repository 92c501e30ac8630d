"""The action ask: send a question to one person and return the reply."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..automations import text_option
from ..const import ATTR_ACCOUNT, ATTR_MESSAGE, ATTR_SENDER, ATTR_TITLE, ATTR_TO, ATTR_URGENT, ATTR_VALID_FOR
from ..gateway.message import IncomingMessage
from ..inbound.commands import async_questions
from ..messenger import Messenger, Outcome, raise_for
from ..permissions import TARGETS
from ..recipients import recipient_with_number
from ..targets import Address, validation_error
from ..text.phrases import Choices, InvalidPhrase, match_choice, parse_choices
from ..text.yes_no import yes_no
from .messages import TARGET_KEYS, targets_of
from .service import Action

ATTR_CHOICES = "choices"
ATTR_QUESTION = "question"
ATTR_REPEAT_EVERY = "repeat_every"
ATTR_TIMEOUT = "timeout"

DEFAULT_TIMEOUT = timedelta(minutes=5)
MAX_TIMEOUT = timedelta(hours=24)
MIN_REPEAT = timedelta(seconds=30)


def _valid_choices(value: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    try:
        parse_choices(value)
    except InvalidPhrase as err:
        raise vol.Invalid(f"not a phrase of one choice: {err}") from None
    return value


SCHEMA = vol.All(
    vol.Schema(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_ACCOUNT): cv.string,
            vol.Optional(ATTR_TO): vol.All(cv.string, cv.ensure_list),
            vol.Required(ATTR_QUESTION): cv.string,
            vol.Optional(ATTR_TITLE): cv.string,
            vol.Optional(ATTR_CHOICES): vol.All(
                vol.Schema({text_option: vol.All(cv.ensure_list, [text_option], vol.Length(min=1))}),
                vol.Length(min=1),
                _valid_choices,
            ),
            vol.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT): vol.All(
                cv.time_period, vol.Range(min=timedelta(seconds=1), max=MAX_TIMEOUT)
            ),
            vol.Optional(ATTR_REPEAT_EVERY): vol.All(cv.time_period, vol.Range(min=MIN_REPEAT, max=MAX_TIMEOUT)),
            vol.Optional(ATTR_SENDER): cv.string,
            vol.Optional(ATTR_URGENT): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(*TARGET_KEYS, ATTR_ACCOUNT),
)


async def _async_ask(call: ServiceCall) -> ServiceResponse:
    """Ask once no other question is open at the person's numbers. The timeout starts then."""
    messenger, addresses = _person(call)
    choices = parse_choices(call.data.get(ATTR_CHOICES) or yes_no(call.hass.config.language))
    numbers = [address.number for address in addresses if address.number]
    questions = async_questions(call.hass)
    async with questions.slot(numbers, messenger.receiving_accounts) as reply:
        incoming = await _async_wait_for_reply(messenger, addresses, call, reply)
    if incoming:
        questions.note_answer(call.context.id, incoming.sender)
    return _response(messenger, addresses, choices, incoming)


async def _async_wait_for_reply(
    messenger: Messenger,
    addresses: Sequence[Address],
    call: ServiceCall,
    reply: asyncio.Future[IncomingMessage],
) -> IncomingMessage | None:
    """Send the question, repeat it if requested, and return the reply, or None if none came in time."""
    loop, fields = asyncio.get_running_loop(), call.data
    timeout = fields[ATTR_TIMEOUT]
    end, interval = loop.time() + timeout.total_seconds(), fields.get(ATTR_REPEAT_EVERY, MAX_TIMEOUT).total_seconds()
    text = {name: fields[name] for name in (ATTR_TITLE, ATTR_SENDER, ATTR_URGENT) if name in fields}
    text |= {ATTR_MESSAGE: fields[ATTR_QUESTION], ATTR_VALID_FOR: timeout}
    answered = (each.number for each in addresses if each.number)
    questions = async_questions(messenger.hass)
    cause = next((number for number in answered if questions.has_answered(call.context.id, number)), None)
    sent: list[Outcome] = []
    try:
        while loop.time() < end and not reply.done():
            sending = asyncio.ensure_future(_current(messenger).async_send(addresses, text, call.context, cause=cause))
            try:
                outcomes = await asyncio.shield(sending)
            except asyncio.CancelledError:
                sent += await sending
                raise
            if not sent and all(outcome.error for outcome in outcomes):
                raise_for(outcomes)
            sent += outcomes
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(loop.time() + interval, end)):
                    await asyncio.shield(reply)
    finally:
        # A question must not leave after its timeout.
        records = [outcome.record for outcome in sent if outcome.record]
        questions.close(record.reference for record in records)
        for record in records:
            if record.is_pending:
                await _current(messenger).async_cancel(record)
    return reply.result() if reply.done() else None


def _current(messenger: Messenger) -> Messenger:
    """Return the entry's messenger of now. A reload replaces it."""
    current: Messenger = messenger.entry.runtime_data if messenger.entry.state is ConfigEntryState.LOADED else messenger
    return current


def _person(call: ServiceCall) -> tuple[Messenger, list[Address]]:
    """Return the person to ask: all numbers of one recipient, or one number."""
    targets = targets_of(call)
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


def _response(
    messenger: Messenger, addresses: Sequence[Address], choices: Choices, incoming: IncomingMessage | None
) -> dict[str, Any]:
    choice = match_choice(choices, incoming.text) if incoming else None
    recipient = (recipient_with_number(messenger.entry, incoming.sender) if incoming else None) or addresses[
        0
    ].recipient
    return {
        "choice": choice.id if choice else None,
        "text": incoming.text if incoming else None,
        "slots": dict(choice.slots) if choice else {},
        "from": incoming.sender if incoming else None,
        "recipient": recipient.name if recipient else None,
        "timed_out": incoming is None,
    }


ACTIONS = (Action("ask", _async_ask, SCHEMA, TARGETS, SupportsResponse.ONLY),)
