"""Interpret an incoming text: what may be shown of it, and what it is for.

The order: MORE, what is open on its phone, a command. Before that, the right PIN is cut out. STOP and repetitions do
not come here. A wrong PIN counts only if the text is for nothing that is open.
"""

from collections.abc import Callable
from dataclasses import dataclass
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import MAX_EVENT_AGE
from ..gateway.message import IncomingMessage
from ..text.pin import PinCheck
from .command_sessions import Command
from .commands import ask_command, async_commander, async_wrong_pin, more_command
from .match import Answer, InFlight, Match, Which
from .pins import async_cut_guesses, async_cut_pins


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a text is."""

    # As it may be shown.
    incoming: IncomingMessage
    # The command that it is.
    command: Command | None = None
    # What is open and gets it.
    match: Match | None = None


def is_old(incoming: IncomingMessage) -> bool:
    """Return True if the provider says that a text was written more than MAX_EVENT_AGE ago."""
    return incoming.sent_at is not None and time.time() - incoming.sent_at.timestamp() > MAX_EVENT_AGE


@callback
def async_interpret(
    hass: HomeAssistant,
    entry: ConfigEntry,
    incoming: IncomingMessage,
    find_open: Callable[[IncomingMessage], Match | None],
    *,
    may_command: bool,
) -> Interpretation:
    """Return what a text is.

    find_open returns what is open and gets the text. An answer loses only the right PIN, as a question may ask for a
    code. Nothing is a command without may_command.
    """
    kept, check = async_cut_pins(hass, entry, incoming)
    commander = async_commander(hass, entry, incoming.sender, check) if may_command else None
    if commander and (command := more_command(commander, kept)):
        return Interpretation(kept, command)
    match = find_open(kept)
    if commander and match and _is_vague(match, kept.text):
        match = None  # an alert takes other words only of those who give no commands
    if isinstance(match, Answer | InFlight):
        return Interpretation(kept, match=match)
    if match:
        # Nobody knows whether it is an answer or a mistyped PIN.
        return Interpretation(kept if check is PinCheck.RIGHT else async_cut_guesses(hass, entry, kept), match=match)
    if commander is None:
        # Nothing tells the right PIN from a wrong one here.
        return Interpretation(async_cut_guesses(hass, entry, kept))
    if check is not PinCheck.RIGHT:
        kept = async_cut_guesses(hass, entry, kept)
    if commander.recipient.pin and check is PinCheck.WRONG:
        return Interpretation(kept, async_wrong_pin(hass, commander, incoming))
    return Interpretation(kept, ask_command(commander, kept))


def _is_vague(match: Match, text: str) -> bool:
    """Return True if a text is for alerts only because nothing else is open: no alert or question understands it."""
    if isinstance(match, Answer):
        return match.item.is_alert and not match.is_sure
    items = match.items if isinstance(match, Which) else ()
    return any(item.is_alert for item in items) and not any(item.understands(text) for item in items)
