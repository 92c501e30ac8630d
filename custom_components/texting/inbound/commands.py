"""Interpret an incoming text: remove the PIN, and decide whether it answers a question or is a command."""

from dataclasses import replace
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, MAX_EVENT_AGE
from ..gateway.message import OPT_IN_WORDS, IncomingMessage, bare_words
from ..options import read_options
from ..recipients import Recipient, commanding_recipient, pins_for_number
from ..text.normalize import normalize
from ..text.pin import PinCheck, strip_pin
from ..text.single_line import strip_unprintable
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


def allowed_recipient(entry: ConfigEntry, number: str) -> Recipient | None:
    """Return the recipient whose texts from a number are commands, or None if commands are not allowed."""
    recipient = commanding_recipient(entry, number)
    return recipient if recipient and recipient.allow_commands and read_options(entry).conversation_agent else None


@callback
def async_interpret(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage, *, may_command: bool
) -> tuple[IncomingMessage, Command | None, bool]:
    """Return a text without its PIN, the command that it is, and whether it answers a question.

    A late text answers no question. Nothing is a command without may_command.
    """
    incoming, check = remove_pins(hass, entry, incoming)
    if not incoming.late and async_questions(hass).receive(entry.entry_id, incoming):
        return incoming, None, True
    recipient = allowed_recipient(entry, incoming.sender) if may_command else None
    return incoming, _command(hass, entry, incoming, recipient, check) if recipient else None, False


def remove_pins(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> tuple[IncomingMessage, PinCheck]:
    """Return a text without its sender's PIN, and the check of the PIN of this account.

    The PIN stands at the beginning or after a keyword. A PIN of the sender at another account is removed too, but is
    not valid here.
    """
    recipient, check = commanding_recipient(entry, incoming.sender), PinCheck.NONE
    own = {recipient.pin} if recipient and recipient.pin else set()
    for pin in (*own, *(pins_for_number(hass, incoming.sender) - own)):
        stripped, result = _remove_pin(entry, incoming, pin)
        if pin in own:
            check = result
        if result is PinCheck.RIGHT:
            return stripped, check
    return incoming, check


def _remove_pin(entry: ConfigEntry, incoming: IncomingMessage, pin: str) -> tuple[IncomingMessage, PinCheck]:
    text, check = strip_pin(incoming.text, pin)
    if check is PinCheck.RIGHT:
        # The older API of Club Texting and Group Texting calls the first word of any text its keyword.
        is_keyword = incoming.keyword and strip_pin(incoming.keyword, pin)[1] is not PinCheck.RIGHT
        return replace(incoming, text=text, keyword=incoming.keyword if is_keyword else None), check
    keyword, rest = _split_keyword(entry, incoming)
    if keyword:
        rest, check = strip_pin(rest, pin)
        if check is PinCheck.RIGHT:
            return replace(incoming, text=f"{keyword} {rest}".strip()), check
    return incoming, check


def _command(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage, recipient: Recipient, check: PinCheck
) -> Command | None:
    """Return the command that a text is, or None."""
    now, session = hass.loop.time(), async_command_session(hass, incoming.sender)
    if session.is_locked(now):
        return None
    if recipient.pin and check is PinCheck.WRONG:
        return session.reject_pin(now)
    keyword, text = _split_keyword(entry, incoming)
    text = strip_unprintable((text if keyword else incoming.text)[:MAX_COMMAND])
    # START is for the provider.
    if not text or bare_words(text) in OPT_IN_WORDS:
        return None
    if normalize(text) == normalize(MORE) and session.rest(now):
        return Command(Kind.MORE)
    if recipient.pin and check is not PinCheck.RIGHT:
        return None
    session.accept_pin()
    return session.accept_command(text, now)


def _split_keyword(entry: ConfigEntry, incoming: IncomingMessage) -> tuple[str, str]:
    """Return the keyword that a text begins with, and the rest; both are empty if there is no keyword."""
    first, *rest = incoming.text.split(maxsplit=1) or [""]
    is_keyword = first == incoming.keyword or keyword_of(entry, first)
    return (first, "".join(rest)) if is_keyword else ("", "")
