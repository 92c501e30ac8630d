"""Answers to texts that came in: within the provider's own request while it is open, else as messages."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging

from homeassistant.util.ulid import ulid_now

from .account import Account
from .const import DEFAULT_REPLY_WITHIN, LONGEST_REPLY_WITHIN, OPTION_REPLY_WITHIN
from .delivery.record import Record
from .gateway.capabilities import Capability
from .gateway.gateway import accepted
from .gateway.message import IncomingMessage, Message
from .keyword import answer_to
from .line import Outgoing
from .recipient import recipient_of
from .two_way.hearing import is_late

_LOGGER = logging.getLogger(__name__)

# How long a provider's request is kept waiting for our disk, in seconds.
WRITTEN_WITHIN = 4.0


async def async_reply(account: Account, incoming_id: str, outgoing: Outgoing) -> tuple[Record, bool]:
    """Answer a text; whether that was within the request that told of it."""
    (record,) = records = await account.async_admit([replace(outgoing, is_answer=True)])
    if record.is_pending and account.state.inbox.answer(incoming_id, record.message.text):
        await asyncio.shield(_taken(account, record))
        return record, True
    await account.async_hand_over(records)
    return record, False


async def async_answer(account: Account, incoming: IncomingMessage, is_connected: Callable[[], bool]) -> str:
    """Take a text that a provider's request tells of; what that is answered with, which is texted back.

    The answer to a command or the reply of an automation in time, else the keyword's fixed answer, else nothing. No
    request is kept open for as long as a provider waits at most, whatever happens here. An opt-out goes to async_stop.
    """
    answers = Capability.WEBHOOK_REPLY in account.info.capabilities
    seconds = _reply_within(account) if answers else 0
    is_open = is_connected if answers else None
    heard = account.async_receive(incoming, is_open, seconds, is_late=is_late(incoming))
    if heard is None:
        return ""
    if heard.told:
        await asyncio.wait([heard.told])
    answer = await account.state.inbox.wait(heard)
    if answer is None and answers and is_connected() and not heard.is_command:
        return await _fixed_answer(account, incoming)
    return answer or ""


async def async_stop(account: Account, incoming: IncomingMessage) -> bool:
    """Take an opt-out, also one that was told of before; whether it is on disk in time."""
    heard = account.async_receive(incoming)
    if heard and heard.told:
        await asyncio.wait([heard.told])
    if not incoming.sender.startswith("+"):
        return True
    kept = account.hass.async_create_task(account.store.async_keep(incoming.sender), "texting opt-out")
    await asyncio.wait([kept], timeout=WRITTEN_WITHIN)
    return kept.done() and kept.result()


def _reply_within(account: Account) -> float:
    """How long an automation may take, in seconds; 0 where none does."""
    return min(float(account.entry.options.get(OPTION_REPLY_WITHIN, DEFAULT_REPLY_WITHIN)), LONGEST_REPLY_WITHIN)


async def _fixed_answer(account: Account, incoming: IncomingMessage) -> str:
    """What the keyword's settings say; empty where they say nothing, or what may not be sent."""
    text = answer_to(account.entry, incoming.text)
    if not text:
        return ""
    message = Message(reference=ulid_now(), to=incoming.sender, text=text)
    recipient = recipient_of(account.entry, incoming.sender)
    (record,) = records = await account.async_admit([Outgoing(message=message, recipient=recipient, is_answer=True)])
    if not record.is_pending:
        _LOGGER.warning("%s: the fixed answer to a keyword was not sent: %s", account.entry.title, record.error)
        account.desk.add(records)
        return ""
    await asyncio.wait([_taken(account, record)], timeout=WRITTEN_WITHIN)
    return record.message.text


def _taken(account: Account, record: Record) -> asyncio.Future[None]:
    """The provider has the message with our answer to its request; done when that is on disk and told."""
    account.desk.book.add(record)
    account.desk.book.settle(record, accepted(record.message))
    return account.desk.keep([record])
