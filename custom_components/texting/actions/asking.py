"""The action texting.ask: a question to a person, and what they answer."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..address import Address, mistake
from ..automations import words
from ..const import ATTR_ACCOUNT, ATTR_MESSAGE, ATTR_SENDER, ATTR_TITLE, ATTR_TO, ATTR_URGENT, ATTR_VALID_FOR
from ..gateway.message import IncomingMessage
from ..line import Line
from ..recipient import recipient_of
from ..send import Outcome, async_send, raise_for
from ..two_way.answers import Answers, InvalidPhrase, find, parse
from ..two_way.hearing import async_asks
from ..two_way.yes_no import yes_no
from .action import Action
from .sending import targets_of

ATTR_ANSWERS = "answers"
ATTR_QUESTION = "question"
ATTR_REPEAT_EVERY = "repeat_every"
ATTR_TIMEOUT = "timeout"

TIMEOUT = timedelta(minutes=5)
LONGEST = timedelta(hours=24)
SHORTEST_REPEAT = timedelta(seconds=30)


def _answers(value: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    try:
        parse(value)
    except InvalidPhrase as err:
        raise vol.Invalid(f"no phrase of one answer: {err}") from None
    return value


SCHEMA = vol.All(
    vol.Schema(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_ACCOUNT): cv.string,
            vol.Optional(ATTR_TO): vol.All(cv.string, cv.ensure_list),
            vol.Required(ATTR_QUESTION): cv.string,
            vol.Optional(ATTR_TITLE): cv.string,
            vol.Optional(ATTR_ANSWERS): vol.All(
                vol.Schema({words: vol.All(cv.ensure_list, [words], vol.Length(min=1))}),
                vol.Length(min=1),
                _answers,
            ),
            vol.Optional(ATTR_TIMEOUT, default=TIMEOUT): vol.All(
                cv.time_period, vol.Range(min=timedelta(seconds=1), max=LONGEST)
            ),
            vol.Optional(ATTR_REPEAT_EVERY): vol.All(cv.time_period, vol.Range(min=SHORTEST_REPEAT, max=LONGEST)),
            vol.Optional(ATTR_SENDER): cv.string,
            vol.Optional(ATTR_URGENT): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(*(str(key) for key in cv.ENTITY_SERVICE_FIELDS), ATTR_ACCOUNT),
)


async def _async_ask(call: ServiceCall) -> ServiceResponse:
    """Ask, when it is the person's turn; the time runs from then."""
    line, addresses = _whom(call)
    answers = parse(call.data.get(ATTR_ANSWERS) or yes_no(call.hass.config.language))
    numbers = [address.number for address in addresses if address.number]
    async with async_asks(call.hass).turn(numbers, line.hears_through) as answer:
        said = await _async_answer(line, addresses, call.data, answer)
    return _response(line, addresses, answers, said)


async def _async_answer(
    line: Line, addresses: Sequence[Address], fields: Mapping[str, Any], answer: asyncio.Future[IncomingMessage]
) -> IncomingMessage | None:
    """Send the question, again and again where that is asked for, until it is answered; None when it is not in time."""
    loop, timeout = asyncio.get_running_loop(), fields[ATTR_TIMEOUT]
    ends, every = loop.time() + timeout.total_seconds(), fields.get(ATTR_REPEAT_EVERY, LONGEST).total_seconds()
    text = {name: fields[name] for name in (ATTR_TITLE, ATTR_SENDER, ATTR_URGENT) if name in fields}
    text |= {ATTR_MESSAGE: fields[ATTR_QUESTION], ATTR_VALID_FOR: timeout}
    sent: list[Outcome] = []
    try:
        while loop.time() < ends and not answer.done():
            sending = asyncio.ensure_future(async_send(_running(line), addresses, text))
            try:
                asked = await asyncio.shield(sending)
            except asyncio.CancelledError:
                sent += await sending
                raise
            if not sent and all(outcome.error for outcome in asked):
                raise_for(asked)
            sent += asked
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(loop.time() + every, ends)):
                    await asyncio.shield(answer)
    finally:
        # A question that has not left by now shall not come when nobody waits for its answer.
        records = [outcome.record for outcome in sent if outcome.record]
        async_asks(line.hass).end(record.reference for record in records)
        for record in records:
            if record.is_pending:
                await _running(line).async_cancel(record)
    return answer.result() if answer.done() else None


def _running(line: Line) -> Line:
    """The account or the route as it is now: it may have been loaded anew."""
    now: Line = line.entry.runtime_data if line.entry.state is ConfigEntryState.LOADED else line
    return now


def _whom(call: ServiceCall) -> tuple[Line, list[Address]]:
    """The person to ask: all numbers of one recipient, or one number."""
    targets = targets_of(call)
    addresses = [address for of_line in targets.values() for address in of_line]
    for address in addresses:
        if address.error:
            raise address.error
    line = next(iter(targets))
    people = {address.recipient.id if address.recipient else address.number for address in addresses}
    if line is None or len(targets) != 1 or len(people) != 1 or any(address.group for address in addresses):
        raise mistake("ask_one")
    if not line.hears_through:
        raise mistake("no_answers", account=line.entry.title)
    return line, addresses


def _response(
    line: Line, addresses: Sequence[Address], answers: Answers, said: IncomingMessage | None
) -> dict[str, Any]:
    asked = addresses[0].recipient
    if said is None:
        return {
            "answer": None, "text": None, "slots": {}, "from": None,
            "recipient": asked.name if asked else None, "timed_out": True,
        }  # fmt: skip
    found, recipient = find(answers, said.text), recipient_of(line.entry, said.sender) or asked
    return {
        "answer": found.id if found else None,
        "text": said.text,
        "slots": dict(found.slots) if found else {},
        "from": said.sender,
        "recipient": recipient.name if recipient else None,
        "timed_out": False,
    }


ACTIONS = (Action("ask", _async_ask, SCHEMA, SupportsResponse.ONLY),)
