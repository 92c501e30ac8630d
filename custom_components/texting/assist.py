"""Commands by text: the conversation agent gets them, its answer goes back as texts, page by page."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
import logging
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.ulid import ulid_now

from .account import Account
from .client import gateway_for
from .const import OPTION_AGENT, OPTION_REPLACE_CHARACTERS
from .gateway.capabilities import MessageType
from .gateway.errors import MessageRejected
from .gateway.gateway import Gateway
from .gateway.message import Message
from .line import Outgoing
from .recipient import Recipient, commander_of
from .reply import async_reply
from .signals import COMMAND
from .texts import ASSIST, async_texts
from .two_way.hearing import async_speaker, spoken
from .two_way.pages import take
from .two_way.speakers import Command, Kind

_LOGGER = logging.getLogger(__name__)

# An agent that has not answered by then is given up, in seconds.
ANSWER_WITHIN = 300.0
# An account that is just being loaded again is waited for so long.
LOADED_WITHIN = 60.0
# An answer that comes later helps nobody.
VALID_FOR = 600.0
MOST_SEGMENTS = 2
# No more of an answer is kept for MORE.
LONGEST_ANSWER = 10_000


@callback
def async_listen_for_commands(hass: HomeAssistant) -> None:
    """Do what commands ask for, of all accounts."""

    @callback
    def begin(entry_id: str, number: str, incoming_id: str, command: Command) -> None:
        task = _async_obey(hass, entry_id, number, incoming_id, command)
        hass.async_create_background_task(task, "texting command")

    async_dispatcher_connect(hass, COMMAND, begin)


async def _async_obey(hass: HomeAssistant, entry_id: str, number: str, incoming_id: str, command: Command) -> None:
    """Do what one text asks for; the account may be loaded anew meanwhile, and the permission withdrawn."""
    speaker, texts = async_speaker(hass, number), await async_texts(hass, ASSIST)
    answer = texts.get(command.kind, "")
    if command.kind is Kind.ASK:
        async with speaker.turn:
            entry = hass.config_entries.async_get_entry(entry_id)
            if entry is None or not _may_command(entry, number):
                return
            answer = await _async_ask(hass, entry.options[OPTION_AGENT], number, command.text, texts)
    account = await _async_loaded(hass, entry_id)
    recipient = commander_of(account.entry, number) if account else None
    if account and recipient:
        if command.kind is Kind.MORE:
            # Read as late as this, so that no page is sent twice.
            answer = speaker.rest(hass.loop.time())
        page, rest = _page(account, recipient, number, answer, texts)
        if command.kind in (Kind.ASK, Kind.MORE):
            speaker.keep_rest(rest, hass.loop.time())
        await _async_send(account, incoming_id, page)


def _may_command(entry: ConfigEntry, number: str) -> bool:
    recipient = commander_of(entry, number)
    return recipient is not None and recipient.may_command and bool(entry.options.get(OPTION_AGENT))


async def _async_ask(hass: HomeAssistant, agent: str, number: str, text: str, texts: Mapping[str, str]) -> str:
    """What the agent says; an apology where it says nothing."""
    if "conversation" not in hass.config.components:
        return texts["sorry"]
    from homeassistant.components import conversation  # noqa: PLC0415  not every home has what it needs

    speaker = async_speaker(hass, number)
    conversation_id = speaker.conversation(agent, hass.loop.time())
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            result = await conversation.async_converse(hass, text, conversation_id, Context(), agent_id=agent)
    except Exception as err:  # noqa: BLE001  whatever an agent raises; its words may hold the text
        _LOGGER.warning("The conversation agent %s could not answer a text: %s", agent, type(err).__name__)
        return texts["sorry"]
    speaker.keep_conversation(agent, result.conversation_id or conversation_id, hass.loop.time())
    said: Any = result.response.speech.get("plain", {}).get("speech")
    return spoken(str(said or ""))[:LONGEST_ANSWER] or texts["sorry" if result.response.error_code else "done"]


async def _async_loaded(hass: HomeAssistant, entry_id: str) -> Account | None:
    """The account, as soon as it is loaded; None where that takes too long."""
    loaded = asyncio.Event()

    @callback
    def look(_change: ConfigEntryChange | None, entry: ConfigEntry) -> None:
        if entry.entry_id == entry_id and entry.state is ConfigEntryState.LOADED:
            loaded.set()

    if (known := hass.config_entries.async_get_entry(entry_id)) is None:
        return None
    look(None, known)
    stop = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look)
    try:
        async with asyncio.timeout(LOADED_WITHIN):
            await loaded.wait()
    except TimeoutError:
        return None
    finally:
        stop()
    account: Account = known.runtime_data
    return account


# -- as texts --------------------------------------------------------------------------------------------------------


def _page(
    account: Account, recipient: Recipient, number: str, answer: str, texts: Mapping[str, str]
) -> tuple[Outgoing, str]:
    """What of an answer is sent now, and what is left.

    Nobody can mend what an agent says: characters that the gateway refuses are replaced, or left out.
    """
    plain = recipient.type is MessageType.SMS
    message = Message(reference=ulid_now(), to=number, text="", sender=recipient.sender if plain else None)
    options = {**account.entry.data, **account.entry.options, OPTION_REPLACE_CHARACTERS: True}
    gateway = gateway_for(async_get_clientsession(account.hass), options)
    # What is only a picture says no more than that; a script that the gateway does not take says nothing at all.
    nothing = texts["sorry" if any(map(str.isalnum, answer)) else "done"]
    answer = _writable(gateway, message, answer).strip() or nothing
    text, rest = take(answer, lambda text: _fits(gateway, replace(message, text=text)), f" {texts['more']}")
    # What does not fit at all is refused with its reason when it is sent.
    message = replace(message, text=text or answer)
    if text:
        message = gateway.prepare(message)[0]
    return Outgoing(message=message, recipient=recipient, valid_for=VALID_FOR, resend=False), rest


def _fits(gateway: Gateway, message: Message) -> bool:
    try:
        return gateway.preview(message).segments <= MOST_SEGMENTS
    except MessageRejected:
        return False


def _writable(gateway: Gateway, message: Message, text: str) -> str:
    """A text without the characters that the gateway takes in no form."""
    taken = {character for character in set(text) if character.isspace() or _takes(gateway, message, character)}
    return "".join(character for character in text if character in taken)


def _takes(gateway: Gateway, message: Message, character: str) -> bool:
    try:
        gateway.preview(replace(message, text=f"a{character}"))
    except MessageRejected as err:
        return "characters" not in err.details
    return True


async def _async_send(account: Account, incoming_id: str, outgoing: Outgoing) -> None:
    record, _ = await async_reply(account, incoming_id, outgoing)
    if record.failure:
        account.state.inbox.give_up(incoming_id)
        _LOGGER.warning("%s: the answer to a command was not sent: %s", account.entry.title, record.failure)
