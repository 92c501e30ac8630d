"""Interpret an incoming text: remove the PIN, and decide whether it answers a question or is a command."""

from dataclasses import replace
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, MAX_EVENT_AGE
from ..gateway.message import OPT_IN_WORDS, IncomingMessage, bare_words
from ..recipients import Recipient, allowed_recipient, commanding_recipient, pins_for_number
from ..text.normalize import normalize
from ..text.pin import PinCheck, begins_with_pin, strip_guesses, strip_pin
from ..text.single_line import strip_unprintable
from .command_locks import async_lock_commands
from .command_sessions import Command, CommandSession, Kind
from .keywords import keyword_of
from .questions import QuestionRegistry

QUESTIONS: HassKey[QuestionRegistry] = HassKey(f"{DOMAIN}_questions")
COMMAND_SESSIONS: HassKey[dict[str, CommandSession]] = HassKey(f"{DOMAIN}_command_sessions")

# The text that asks for the rest of an answer.
MORE = "MORE"
# The agent gets no more characters of a text.
MAX_COMMAND = 1000


@callback
def async_questions(hass: HomeAssistant) -> QuestionRegistry:
    """Return the questions of the home."""
    return hass.data.setdefault(QUESTIONS, QuestionRegistry())


@callback
def async_command_session(hass: HomeAssistant, number: str) -> CommandSession:
    """Return the session of a number. All accounts share it."""
    return hass.data.setdefault(COMMAND_SESSIONS, {}).setdefault(number, CommandSession())


def is_old(incoming: IncomingMessage) -> bool:
    """Return True if the provider says that a text was written more than MAX_EVENT_AGE ago."""
    return incoming.sent_at is not None and time.time() - incoming.sent_at.timestamp() > MAX_EVENT_AGE


@callback
def async_interpret(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage, *, may_command: bool
) -> tuple[IncomingMessage, Command | None, bool]:
    """Return a text as it may be shown, the command that it is, and whether it answers a question.

    A late text answers no question. Nothing is a command without may_command. An answer loses only the right PIN, as a
    question may ask for a code.
    """
    kept, check = _remove_pins(hass, entry, incoming)
    if not incoming.late and async_questions(hass).receive(entry.entry_id, kept):
        return kept, None, True
    now, recipient = hass.loop.time(), allowed_recipient(entry, incoming.sender) if may_command else None
    if recipient is None or (session := async_command_session(hass, incoming.sender)).is_locked(now):
        # Nothing tells the right PIN from a wrong one here.
        return _remove_guesses(hass, entry, kept), None, False
    if check is not PinCheck.RIGHT:
        kept = _remove_guesses(hass, entry, kept)
    if recipient.pin and check is PinCheck.WRONG:
        text = (entry.entry_id, hash(incoming.text.strip()), incoming.message_id, incoming.sent_at)
        if not (seconds := session.reject_pin(now, text)):
            return kept, None, False
        async_lock_commands(hass, entry, recipient, incoming.sender, session, seconds)
        return kept, Command(Kind.BLOCKED), False
    return kept, _command(entry, kept, recipient, check, session, now), False


def visible_text(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> str:
    """Return what may be shown of a text: neither its sender's PIN nor what could be a wrong one."""
    kept, check = _remove_pins(hass, entry, incoming)
    return (kept if check is PinCheck.RIGHT else _remove_guesses(hass, entry, kept)).text


def _remove_pins(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage
) -> tuple[IncomingMessage, PinCheck]:
    """Return a text without its sender's PINs, and the check of the PIN of this account.

    The PIN stands at the beginning or after a keyword. A PIN of the sender at another account is removed too, but is
    not valid here.
    """
    recipient = commanding_recipient(entry, incoming.sender)
    check = _remove_pin(entry, incoming, recipient.pin)[1] if recipient and recipient.pin else PinCheck.NONE
    pins, before = pins_for_number(hass, incoming.sender), None
    while incoming is not before:
        # Behind one PIN, another one may stand.
        before = incoming
        for pin in pins:
            incoming, _ = _remove_pin(entry, incoming, pin)
    return incoming, check


def _remove_pin(entry: ConfigEntry, incoming: IncomingMessage, pin: str) -> tuple[IncomingMessage, PinCheck]:
    text, check = strip_pin(incoming.text, pin)
    if check is PinCheck.RIGHT:
        return _with_text(incoming, text), check
    keyword, rest = _split_keyword(entry, incoming)
    if keyword:
        rest, check = strip_pin(rest, pin)
        if check is PinCheck.RIGHT:
            return replace(incoming, text=f"{keyword} {rest}".strip()), check
    return incoming, check


def _remove_guesses(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> IncomingMessage:
    """Return a text without what could be a wrong PIN, if its sender has a PIN at any account."""
    if not pins_for_number(hass, incoming.sender):
        return incoming
    keyword, rest = _split_keyword(entry, incoming)
    if not keyword:
        return _with_text(incoming, strip_guesses(incoming.text))
    return replace(incoming, text=f"{keyword} {strip_guesses(rest)}".strip()) if begins_with_pin(rest) else incoming


def _with_text(incoming: IncomingMessage, text: str) -> IncomingMessage:
    """Return a text whose beginning was cut. The keyword is gone if it was cut too."""
    # The older API of Club Texting and Group Texting calls the first word of any text its keyword.
    keyword = None if begins_with_pin(incoming.keyword or "") and text != incoming.text else incoming.keyword
    return replace(incoming, text=text, keyword=keyword)


def _command(  # noqa: PLR0913, PLR0917  each decides about the command
    entry: ConfigEntry,
    incoming: IncomingMessage,
    recipient: Recipient,
    check: PinCheck,
    session: CommandSession,
    now: float,
) -> Command | None:
    """Return the command that a text without a wrong PIN is, or None."""
    keyword, text = _split_keyword(entry, incoming)
    text = strip_unprintable((text if keyword else incoming.text)[:MAX_COMMAND])
    # START is for the provider.
    if not text or bare_words(text) in OPT_IN_WORDS:
        return None
    if recipient.pin:
        if check is not PinCheck.RIGHT:
            return None
        session.accept_pin()
    wants_rest = normalize(text) == normalize(MORE) and session.rest(now)
    return session.accept_command(Command(Kind.MORE) if wants_rest else Command(Kind.ASK, text), now)


def _split_keyword(entry: ConfigEntry, incoming: IncomingMessage) -> tuple[str, str]:
    """Return the keyword that a text begins with, and the rest; both are empty if there is no keyword.

    A first word that could be a PIN is a keyword only if it was rented. A provider may call any word a keyword.
    """
    first, *rest = incoming.text.split(maxsplit=1) or [""]
    is_keyword = keyword_of(entry, first) or (first == incoming.keyword and not begins_with_pin(first))
    return (first, "".join(rest)) if is_keyword else ("", "")
