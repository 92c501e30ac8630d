"""What a text that came in is, besides news: the answer to a question, or a command."""

from dataclasses import replace
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, NEWS_FOR, OPTION_AGENT
from ..gateway.message import OPT_IN_WORDS, IncomingMessage, words_of
from ..keyword import keyword_of
from ..recipient import Recipient, commander_of, pins_of
from .asks import Asks
from .pin import Guess, cut
from .speakers import Command, Kind, Speaker
from .words import normalise

ASKS: HassKey[Asks] = HassKey(f"{DOMAIN}_asks")
SPEAKERS: HassKey[dict[str, Speaker]] = HassKey(f"{DOMAIN}_speakers")

MORE = "MORE"
# An agent gets no more of a text.
LONGEST = 1000


@callback
def async_asks(hass: HomeAssistant) -> Asks:
    """All questions of the home."""
    return hass.data.setdefault(ASKS, Asks())


@callback
def async_speaker(hass: HomeAssistant, number: str) -> Speaker:
    """What is remembered of whoever commands the home from a number, through whatever account."""
    return hass.data.setdefault(SPEAKERS, {}).setdefault(number, Speaker())


def without_pin(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> tuple[IncomingMessage, Guess]:
    """A text without its sender's PIN, at its beginning or after a keyword; everything else gets it like that.

    A PIN of the sender at another account is cut out too, and counts for nothing here.
    """
    recipient, guess = commander_of(entry, incoming.sender), Guess.NONE
    own = recipient.pin if recipient else None
    if own:
        told, guess = _cut(entry, incoming, own)
        if guess is Guess.RIGHT:
            return told, guess
    for pin in pins_of(hass, incoming.sender) - {own}:
        told, elsewhere = _cut(entry, incoming, pin)
        if elsewhere is Guess.RIGHT:
            return told, guess
    return incoming, guess


def _cut(entry: ConfigEntry, incoming: IncomingMessage, pin: str) -> tuple[IncomingMessage, Guess]:
    text, guess = cut(incoming.text, pin)
    if guess is Guess.RIGHT:
        # Club and Group call the first word of what comes by their older API a keyword, whatever it is.
        named = incoming.keyword and cut(incoming.keyword, pin)[1] is not Guess.RIGHT
        return replace(incoming, text=text, keyword=incoming.keyword if named else None), guess
    keyword, rest = _split(entry, incoming)
    if keyword:
        rest, guess = cut(rest, pin)
        if guess is Guess.RIGHT:
            return replace(incoming, text=f"{keyword} {rest}".strip()), guess
    return incoming, guess


@callback
def async_hear(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage, *, obey: bool
) -> tuple[IncomingMessage, Command | None, bool]:
    """A text as everybody is told of it, what is to be done for it, and whether it answers a question.

    Nothing is done for what shall not be obeyed, and what is late answers nothing.
    """
    incoming, guess = without_pin(hass, entry, incoming)
    answers = not incoming.late and async_asks(hass).hear(entry.entry_id, incoming)
    recipient = commander_of(entry, incoming.sender)
    if answers or not obey or recipient is None or not recipient.may_command or not entry.options.get(OPTION_AGENT):
        return incoming, None, answers
    return incoming, _command(hass, entry, incoming, recipient, guess), False


def is_late(incoming: IncomingMessage) -> bool:
    """Whether its provider says that it is an old one."""
    return incoming.sent_at is not None and time.time() - incoming.sent_at.timestamp() > NEWS_FOR


def _command(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage, recipient: Recipient, guess: Guess
) -> Command | None:
    now, speaker = hass.loop.time(), async_speaker(hass, incoming.sender)
    if speaker.is_blocked(now):
        return None
    if recipient.pin and guess is Guess.WRONG:
        return speaker.refuse(now)
    keyword, text = _split(entry, incoming)
    text = spoken((text if keyword else incoming.text)[:LONGEST])
    if not text or words_of(text) in OPT_IN_WORDS - {"yes"}:
        return None
    if normalise(text) == normalise(MORE) and speaker.rest(now):
        return Command(Kind.MORE)
    if recipient.pin and guess is not Guess.RIGHT:
        return None
    speaker.recognise()
    return speaker.admit(text, now)


def spoken(text: str) -> str:
    """A text without what cannot be seen or said; lines stay."""
    spaced = (character if character == "\n" or not character.isspace() else " " for character in text)
    return "".join(character for character in spaced if character.isprintable() or character == "\n").strip()


def _split(entry: ConfigEntry, incoming: IncomingMessage) -> tuple[str, str]:
    """The keyword that a text begins with, and the rest; no keyword where it begins with none."""
    words = incoming.text.split(maxsplit=1)
    if not words:
        return "", ""
    known = words[0] == incoming.keyword or keyword_of(entry, words[0])
    return (words[0], "".join(words[1:])) if known else ("", "")
