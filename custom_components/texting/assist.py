"""Commands by text: ask the conversation agent and send its answer as texts, page by page."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
import logging
from typing import Any

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util.ulid import ulid_now

from .account import Account
from .automations import async_listen
from .gateway.base import Gateway
from .gateway.capabilities import MessageType
from .gateway.errors import MessageRejected
from .gateway.message import Message
from .inbound.command_locks import async_watch_locks
from .inbound.command_sessions import Command, Kind
from .inbound.commands import async_command_session
from .messenger import OutgoingMessage
from .options import read_options
from .recipients import Recipient, allowed_recipient, commanding_recipient
from .replies import async_loaded, async_reply
from .signals import COMMAND
from .storage.entry_state import async_get_state
from .text.single_line import strip_unprintable
from .text.split_page import split_page
from .translations import ASSIST, async_translations

_LOGGER = logging.getLogger(__name__)

# How long the agent may take, in seconds.
AGENT_TIMEOUT = 300.0
# How long an answer may wait until it is sent, in seconds.
VALID_FOR = 600.0
# The length of a page.
MAX_SEGMENTS = 2
# The characters of an answer that are kept for MORE.
MAX_ANSWER = 10_000


@callback
def async_setup_commands(hass: HomeAssistant) -> None:
    """Run the commands of all accounts from now on."""

    @callback
    def run(entry_id: str, number: str, incoming_id: str, command: Command) -> None:
        task = _async_run_command(hass, entry_id, number, incoming_id, command)
        hass.async_create_background_task(task, "texting command")

    async_listen(hass, COMMAND, run)
    async_watch_locks(hass)


async def _async_run_command(
    hass: HomeAssistant, entry_id: str, number: str, incoming_id: str, command: Command
) -> None:
    """Run one command. Meanwhile the account may be reloaded, and the permission may be withdrawn."""
    session, texts = async_command_session(hass, number), await async_translations(hass, ASSIST)
    state = async_get_state(hass, entry_id)
    if state and not await state.async_begin_command(incoming_id):
        return  # better never than twice
    answer = texts.get(command.kind, "")
    if command.kind is Kind.ASK:
        async with session.lock:
            entry = hass.config_entries.async_get_entry(entry_id)
            agent = read_options(entry).conversation_agent if entry and allowed_recipient(entry, number) else None
            if not agent:
                return
            answer = await _async_ask(hass, agent, number, command.text, texts, Context(id=incoming_id))
    account = await async_loaded(hass, entry_id)
    recipient = commanding_recipient(account.entry, number) if account else None
    if account is None or recipient is None:
        return
    if command.kind is Kind.MORE:
        if not allowed_recipient(account.entry, number):
            return
        # The rest is read only now, so that no page is sent twice.
        answer = session.rest(hass.loop.time())
    page, rest = _page(account, recipient, number, answer, texts)
    if command.kind in (Kind.ASK, Kind.MORE):
        session.keep_rest(rest, hass.loop.time())
    record, _ = await async_reply(account, incoming_id, page)
    if record.failure:
        if command.kind is Kind.MORE:
            session.keep_rest(answer, hass.loop.time())
        account.state.inbox.cancel_reply(incoming_id)
        _LOGGER.warning("%s: the answer to a command was not sent: %s", account.entry.title, record.failure)


async def _async_ask(  # noqa: PLR0913, PLR0917  each is a part of the question
    hass: HomeAssistant, agent: str, number: str, text: str, texts: Mapping[str, str], context: Context
) -> str:
    """Return the agent's answer, or a text of ours if it has none."""
    if "conversation" not in hass.config.components:
        return texts["sorry"]
    from homeassistant.components import conversation  # noqa: PLC0415  not every home has its requirements

    session = async_command_session(hass, number)
    conversation_id = session.conversation_id(agent, hass.loop.time())
    try:
        async with asyncio.timeout(AGENT_TIMEOUT):
            result = await conversation.async_converse(hass, text, conversation_id, context, agent_id=agent)
    except Exception as err:  # noqa: BLE001  an agent may raise anything, and its message may hold the text
        _LOGGER.warning("The conversation agent %s could not answer a text: %s", agent, type(err).__name__)
        return texts["sorry"]
    session.keep_conversation(agent, result.conversation_id or conversation_id, hass.loop.time())
    speech: Any = result.response.speech.get("plain", {}).get("speech")
    answer = strip_unprintable(str(speech or ""))[:MAX_ANSWER]
    return answer or texts["sorry" if result.response.error_code else "done"]


def _page(
    account: Account, recipient: Recipient, number: str, answer: str, texts: Mapping[str, str]
) -> tuple[OutgoingMessage, str]:
    """Return the first page of an answer, and the rest.

    Nobody can correct what an agent says, so characters that the provider does not take are replaced or removed.
    """
    sender = recipient.sender if recipient.type is MessageType.SMS else None
    message = Message(reference=ulid_now(), to=number, text="", sender=sender, replace_characters=True)
    # If only emoji are lost, the answer was a confirmation. If words are lost, nobody can read the answer.
    fallback = texts["sorry" if any(map(str.isalnum, answer)) else "done"]
    answer = _supported_text(account.gateway, message, answer).strip() or fallback
    more = texts["more_with_pin" if recipient.pin else "more"]
    text, rest = split_page(answer, lambda page: _fits(account.gateway, replace(message, text=page)), f" {more}")
    # If not even one character fits, the account rejects the answer and says why.
    message = replace(message, text=text or answer)
    return OutgoingMessage(message=message, recipient=recipient, valid_for=VALID_FOR, resend=False), rest


def _fits(gateway: Gateway, message: Message) -> bool:
    try:
        return gateway.preview(message).segments <= MAX_SEGMENTS
    except MessageRejected:
        return False


def _supported_text(gateway: Gateway, message: Message, text: str) -> str:
    """Return a text without the characters that the provider neither takes nor replaces."""
    supported = {character for character in set(text) if character.isspace() or _supports(gateway, message, character)}
    return "".join(character for character in text if character in supported)


def _supports(gateway: Gateway, message: Message, character: str) -> bool:
    try:
        gateway.preview(replace(message, text=f"a{character}"))
    except MessageRejected as err:
        return "characters" not in err.details
    return True
