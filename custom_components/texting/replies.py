"""Replies to texts that came in: within the provider's own request while it is open, else as messages."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging

from homeassistant.util.ulid import ulid_now

from .account import Account
from .delivery.record import MessageRecord
from .gateway.base import accepted
from .gateway.capabilities import Capability
from .gateway.message import IncomingMessage, Message
from .gateway.phone_number import is_e164
from .inbound.commands import is_old
from .inbound.keywords import fixed_reply
from .messenger import OutgoingMessage
from .recipients import recipient_with_number

_LOGGER = logging.getLogger(__name__)

# How long a provider's request waits for our disk, in seconds.
WRITE_TIMEOUT = 4.0


async def async_reply(account: Account, incoming_id: str, outgoing: OutgoingMessage) -> tuple[MessageRecord, bool]:
    """Reply to a text. The second value is True if that was within the request that brought it."""
    (record,) = records = await account.async_admit([replace(outgoing, is_reply=True)])
    if record.is_pending and account.state.inbox.reply(incoming_id, record.message.text):
        await asyncio.shield(_accept(account, record))
        return record, True
    await account.async_hand_over(records)
    return record, False


async def async_respond(account: Account, incoming: IncomingMessage, is_connected: Callable[[], bool]) -> str:
    """Take a text that a provider's request brings, and return the reply that the provider sends to the phone.

    It is the result of a command or the reply of an automation if it comes in time, else the keyword's fixed reply,
    else empty. The request is never kept open longer than a provider waits. An opt-out goes to async_opt_out.
    """
    replies = incoming.takes_reply and Capability.WEBHOOK_REPLY in account.info.capabilities
    timeout = account.options.reply_timeout if replies else 0
    received = account.receiver.async_receive(
        incoming, is_connected if replies else None, timeout, late=is_old(incoming)
    )
    if received is None:
        return ""
    if received.published:
        await asyncio.wait([received.published])
    reply = await account.state.inbox.wait(received)
    if reply is None and replies and is_connected() and not received.is_command:
        return await _fixed_reply(account, incoming)
    return reply or ""


async def async_opt_out(account: Account, incoming: IncomingMessage) -> bool:
    """Take an opt-out, also one that came in before. Return True if it is on disk in time."""
    received = account.receiver.async_receive(incoming)
    if received and received.published:
        await asyncio.wait([received.published])
    if not is_e164(incoming.sender):
        return True
    saved = account.hass.async_create_task(account.store.async_save_opt_out(incoming.sender), "texting opt-out")
    await asyncio.wait([saved], timeout=WRITE_TIMEOUT)
    return saved.done() and saved.result()


async def _fixed_reply(account: Account, incoming: IncomingMessage) -> str:
    """Return what the keyword's settings say; empty if they say nothing, or if it must not be sent."""
    text = fixed_reply(account.entry, incoming.text)
    if not text:
        return ""
    message = Message(reference=ulid_now(), to=incoming.sender, text=text)
    recipient = recipient_with_number(account.entry, incoming.sender)
    (record,) = records = await account.async_admit(
        [OutgoingMessage(message=message, recipient=recipient, is_reply=True)]
    )
    if not record.is_pending:
        _LOGGER.warning("%s: the fixed reply of a keyword was not sent: %s", account.entry.title, record.error)
        account.async_add(records)
        return ""
    await asyncio.wait([_accept(account, record)], timeout=WRITE_TIMEOUT)
    return record.message.text


def _accept(account: Account, record: MessageRecord) -> asyncio.Future[None]:
    """Record a message that leaves as the response to the provider's request. Done once it is saved and published."""
    account.outbox.take(record)
    account.outbox.apply_result(record, accepted(record.message))
    return account.outbox.save([record])
