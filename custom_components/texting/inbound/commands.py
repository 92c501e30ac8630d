"""Decide whether an incoming text is a command, and count the wrong PIN of one that is none."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..gateway.message import OPT_IN_WORDS, IncomingMessage, bare_words
from ..recipients import Recipient, allowed_recipient
from ..text.normalize import normalize
from ..text.pin import PinCheck
from ..text.single_line import strip_unprintable
from .command_locks import async_lock_commands
from .command_sessions import Command, CommandSession, Kind
from .pins import split_keyword

COMMAND_SESSIONS: HassKey[dict[str, CommandSession]] = HassKey(f"{DOMAIN}_command_sessions")

# The text that asks for the rest of an answer.
MORE = "MORE"
# The agent gets no more characters of a text.
MAX_COMMAND = 1000


@callback
def async_command_session(hass: HomeAssistant, number: str) -> CommandSession:
    """Return the session of a number. All accounts share it."""
    return hass.data.setdefault(COMMAND_SESSIONS, {}).setdefault(number, CommandSession())


@dataclass(frozen=True, slots=True, kw_only=True)
class Commander:
    """Somebody whose texts may be commands now."""

    entry: ConfigEntry
    recipient: Recipient
    session: CommandSession
    # In monotonic seconds.
    now: float
    check: PinCheck

    @property
    def may_command(self) -> bool:
        """Return True unless a PIN is missing."""
        return self.recipient.pin is None or self.check is PinCheck.RIGHT


@callback
def async_commander(hass: HomeAssistant, entry: ConfigEntry, number: str, check: PinCheck) -> Commander | None:
    """Return who commands with a number, or None if nobody may, or if its commands are locked."""
    now, recipient = hass.loop.time(), allowed_recipient(entry, number)
    if recipient is None or (session := async_command_session(hass, number)).is_locked(now):
        return None
    return Commander(entry=entry, recipient=recipient, session=session, now=now, check=check)


def more_command(commander: Commander, incoming: IncomingMessage) -> Command | None:
    """Return the command that a text is if it asks for the rest of an answer that has one."""
    text = _command_text(commander.entry, incoming)
    if not commander.may_command or normalize(text) != normalize(MORE) or not commander.session.rest(commander.now):
        return None
    return _accept(commander, Command(Kind.MORE))


@callback
def async_wrong_pin(hass: HomeAssistant, commander: Commander, incoming: IncomingMessage) -> Command | None:
    """Count the wrong PIN of a text. Return what is answered if that locks the commands."""
    entry, recipient, session = commander.entry, commander.recipient, commander.session
    text = (entry.entry_id, hash(incoming.text.strip()), incoming.message_id, incoming.sent_at)
    if not (seconds := session.reject_pin(commander.now, text)):
        return None
    async_lock_commands(hass, entry, recipient, incoming.sender, session, seconds)
    return Command(Kind.BLOCKED)


def ask_command(commander: Commander, incoming: IncomingMessage) -> Command | None:
    """Return the command for the agent that a text is. START is for the provider."""
    text = _command_text(commander.entry, incoming)
    if not text or bare_words(text) in OPT_IN_WORDS or not commander.may_command:
        return None
    return _accept(commander, Command(Kind.ASK, text))


def _command_text(entry: ConfigEntry, incoming: IncomingMessage) -> str:
    keyword, text = split_keyword(entry, incoming)
    return strip_unprintable((text if keyword else incoming.text)[:MAX_COMMAND])


def _accept(commander: Commander, command: Command) -> Command | None:
    if commander.recipient.pin:
        commander.session.accept_pin()
    return commander.session.accept_command(command, commander.now)
