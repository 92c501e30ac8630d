"""Replies to texts that came in: within the provider's own request while it is open, else as messages."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
import logging

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .account import Account
from .alerting.stored import what_of
from .delivery.database import DatabaseError, MessageDatabase
from .delivery.record import MessageRecord
from .delivery.reply_codes import ReplyCode
from .gateway.base import accepted
from .gateway.capabilities import Capability
from .gateway.errors import Limit, MessageRejected
from .gateway.message import IncomingMessage, Message
from .gateway.one_segment import latin
from .gateway.phone_number import is_e164
from .inbound.interpret import is_old
from .inbound.keywords import fixed_reply
from .inbound.match import Over, Which
from .inbound.wording import numbered, over, which
from .messenger import Messenger, OutgoingMessage
from .open_questions import async_open_items, async_save_codes
from .recipients import recipient_with_number
from .signals import UNCLEAR_REPLY

_LOGGER = logging.getLogger(__name__)

# How long a provider's request waits for our disk, in seconds.
WRITE_TIMEOUT = 4.0
# How long it waits until a text is published, in seconds. A reply may wait for the result of its question's request.
PUBLISH_TIMEOUT = 10.0
# How long to wait for an account that is being reloaded, in seconds.
LOAD_TIMEOUT = 60.0
# How long a text that asks back may wait until it is sent, in seconds.
ASK_BACK_VALID_FOR = 600.0


async def async_reply(
    account: Account,
    incoming_id: str,
    outgoing: OutgoingMessage,
    on_admitted: Callable[[Sequence[MessageRecord]], None] = lambda _records: None,
) -> tuple[MessageRecord, bool]:
    """Reply to a text. The second value is True if that was within the request that brought it.

    on_admitted is as in Messenger.async_send.
    """
    (record,) = records = await account.async_admit([replace(outgoing, is_reply=True)])
    on_admitted(records)
    if record.is_pending and account.state.inbox.reply(incoming_id, record.message.text):
        await asyncio.shield(_accept(account, record))
        return record, True
    await account.async_hand_over(records)
    return record, False


async def async_respond(account: Account, incoming: IncomingMessage, is_connected: Callable[[], bool]) -> str | None:
    """Take a text that a provider's request brings, and return the reply that the provider sends to the phone.

    It is the result of a command or the reply of an automation if it comes in time, else the keyword's fixed reply,
    else empty. The request is never kept open longer than a provider waits. None: nothing is on disk, and the provider
    must repeat the request. An opt-out goes to async_opt_out.
    """
    replies = incoming.takes_reply and Capability.WEBHOOK_REPLY in account.info.capabilities
    timeout = account.options.reply_timeout if replies else 0
    waits = True

    def still_waits() -> bool:
        return waits and is_connected()

    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):  # earlier texts of the phone come first
            received = await account.receiver.async_receive(
                incoming, still_waits if replies else None, timeout, late=is_old(incoming)
            )
    except TimeoutError:
        waits = False
        return None
    if received is None:
        return "" if await _everything_is_saved(account) else None
    if received.published:
        await asyncio.wait([received.published], timeout=PUBLISH_TIMEOUT)
    waits = received.published is None
    reply = await account.state.inbox.wait(received)
    if reply and received.is_replied_to:
        # Also after a restart, its repetition is known for seconds only.
        received.record.was_answered = True
        account.state.async_save_incoming(received, syncs=False)
    if not reply and replies and still_waits() and not received.is_replied_to:
        reply = await _fixed_reply(account, incoming)
    if not reply and received.saved:
        await asyncio.wait([received.saved], timeout=WRITE_TIMEOUT)
    return reply or ("" if received.is_saved else None)


async def _everything_is_saved(account: Account) -> bool:
    """Return True once everything that came in before is on disk, False if that takes too long."""
    saved = account.outbox.database.write(())
    await asyncio.wait([saved], timeout=WRITE_TIMEOUT)
    return saved.done() and saved.exception() is None


async def async_opt_out(account: Account, incoming: IncomingMessage) -> bool:
    """Take an opt-out, also one that came in before. Return True if it and its text are on disk in time."""
    publishing = account.hass.async_create_task(_async_publish(account, incoming), "texting opt-out")
    is_saved = not is_e164(incoming.sender) or await _opt_out_is_saved(account, incoming.sender)
    # Earlier texts of the phone are published first, and that may take long.
    await asyncio.wait([publishing], timeout=PUBLISH_TIMEOUT)
    return is_saved and not account.outbox.database.failing


async def _opt_out_is_saved(account: Account, number: str) -> bool:
    """Return True once an opt-out is on disk, False if that takes too long."""
    saved = account.hass.async_create_task(account.store.async_save_opt_out(number), "texting opt-out")
    await asyncio.wait([saved], timeout=WRITE_TIMEOUT)
    return saved.done() and saved.result()


async def _async_publish(account: Account, incoming: IncomingMessage) -> None:
    received = await account.receiver.async_receive(incoming)
    if received and received.published:
        await asyncio.wait([received.published])


async def async_loaded(hass: HomeAssistant, entry_id: str) -> Account | None:
    """Return the account once it is loaded, or None after LOAD_TIMEOUT."""
    loaded = asyncio.Event()

    @callback
    def check(_change: ConfigEntryChange | None, entry: ConfigEntry) -> None:
        if entry.entry_id == entry_id and entry.state is ConfigEntryState.LOADED:
            loaded.set()

    if (entry := hass.config_entries.async_get_entry(entry_id)) is None:
        return None
    check(None, entry)
    stop = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, check)
    try:
        async with asyncio.timeout(LOAD_TIMEOUT):
            await loaded.wait()
    except TimeoutError:
        return None
    finally:
        stop()
    account: Account = entry.runtime_data
    return account


# -- replies that name no open question, or several --------------------------------------------------------------------


@callback
def async_setup_replies(hass: HomeAssistant) -> None:
    """Ask people what they mean from now on."""

    @callback
    def unclear(entry_id: str, number: str, incoming_id: str, match: Which | Over) -> None:
        hass.async_create_background_task(
            _async_ask_back(hass, entry_id, number, incoming_id, match), "texting unclear reply"
        )

    async_dispatcher_connect(hass, UNCLEAR_REPLY, unclear)


async def _async_ask_back(
    hass: HomeAssistant, entry_id: str, number: str, incoming_id: str, match: Which | Over
) -> None:
    """Say that an item is over, once for each of its numbers, or ask which of several open ones a text is for."""
    if (account := await async_loaded(hass, entry_id)) is None:
        return
    text, open_items = "", async_open_items(hass)
    if isinstance(match, Which):
        text = _which(account, number, match) if open_items.note_which(number, match) else ""
    elif open_items.note_over(match.code):
        text = await _over(account, number, match)
    if not text:  # meanwhile all were closed, or the phone was told before
        account.state.inbox.cancel_reply(incoming_id)
        return
    recipient = recipient_with_number(account.entry, number)
    message = Message(reference=ulid_now(), to=number, text=text, replace_characters=True)
    outgoing = OutgoingMessage(message=message, recipient=recipient, valid_for=ASK_BACK_VALID_FOR, resend=False)
    record, _ = await async_reply(account, incoming_id, outgoing)
    if record.failure:
        account.state.inbox.cancel_reply(incoming_id)


def _which(account: Account, number: str, match: Which) -> str:
    """Return the text that asks which item is meant, empty if none is open any more. Each gets a number."""
    open_items, outbox = async_open_items(account.hass), account.outbox
    known = []
    for item in match.items:
        code = open_items.give_code(item, number, account.entry.entry_id, outbox.time())
        if code is not None and open_items.is_open(item, number):
            async_save_codes(outbox.database, open_items.codes_of(item))
            known.append((code, item.question))
    if not known:
        return ""
    say = partial(which, are_alerts=all(item.is_alert for item in match.items))
    text = say(known)
    return text if takes_letters(account, number, text) else say([(code, latin(question)) for code, question in known])


async def _over(account: Account, number: str, match: Over) -> str:
    """Return the text that says that an item is over. After a restart, its words are read from the database."""
    code, question = match.code, match.question
    if question is None:
        with suppress(DatabaseError):
            question = await _stored_question(account.outbox.database, code)
    closed_at = dt_util.as_local(dt_util.utc_from_timestamp(code.closed_at or account.outbox.time()))
    text = over(question or "", code.code, closed_at.strftime("%H:%M"))
    if takes_letters(account, number, text):
        return text
    return over(latin(question or ""), code.code, closed_at.strftime("%H:%M"))


def takes_letters(messenger: Messenger, number: str, text: str) -> bool:
    """Return False if the provider refuses letters of a text, such as those of another alphabet."""
    message = Message(reference="", to=number, text=text, replace_characters=True)
    try:
        messenger.prepare(message, ignores_opt_out=True)
    except MessageRejected as err:
        return err.limit is not Limit.CHARACTERS_LEFT
    return True


async def _stored_question(database: MessageDatabase, code: ReplyCode) -> str | None:
    """Return what a number of an earlier run was about: an incident, or the question that its message asked."""
    if incident := await database.find_incident(code.item):
        return what_of(incident.content)
    record = await database.find(reference=code.item)
    return record.message.text.removesuffix(numbered("", code.code)) if record else None


# -- fixed replies -----------------------------------------------------------------------------------------------------


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
