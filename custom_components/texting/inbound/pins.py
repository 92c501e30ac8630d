"""Cut PINs out of an incoming text: the right one, and what could be a wrong one."""

from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..gateway.message import IncomingMessage
from ..recipients import commanding_recipient, pins_for_number
from ..text.pin import PinCheck, begins_with_pin, strip_guesses, strip_pin
from .keywords import keyword_of


def visible_text(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> str:
    """Return what may be shown of a text: neither its sender's PIN nor what could be a wrong one."""
    kept, check = async_cut_pins(hass, entry, incoming)
    return (kept if check is PinCheck.RIGHT else async_cut_guesses(hass, entry, kept)).text


@callback
def async_cut_pins(
    hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage
) -> tuple[IncomingMessage, PinCheck]:
    """Return a text without its sender's PINs, and the check of the PIN of this account.

    The PIN stands at the beginning or after a keyword. A PIN of the sender at another account is removed too, but is
    not valid here.
    """
    recipient = commanding_recipient(entry, incoming.sender)
    check = _cut_pin(entry, incoming, recipient.pin)[1] if recipient and recipient.pin else PinCheck.NONE
    pins, before = pins_for_number(hass, incoming.sender), None
    while incoming is not before:
        # Behind one PIN, another one may stand.
        before = incoming
        for pin in pins:
            incoming, _ = _cut_pin(entry, incoming, pin)
    return incoming, check


def _cut_pin(entry: ConfigEntry, incoming: IncomingMessage, pin: str) -> tuple[IncomingMessage, PinCheck]:
    text, check = strip_pin(incoming.text, pin)
    if check is PinCheck.RIGHT:
        return _with_text(incoming, text), check
    keyword, rest = split_keyword(entry, incoming)
    if keyword:
        rest, check = strip_pin(rest, pin)
        if check is PinCheck.RIGHT:
            return replace(incoming, text=f"{keyword} {rest}".strip()), check
    return incoming, check


@callback
def async_cut_guesses(hass: HomeAssistant, entry: ConfigEntry, incoming: IncomingMessage) -> IncomingMessage:
    """Return a text without what could be a wrong PIN, if its sender has a PIN at any account."""
    if not pins_for_number(hass, incoming.sender):
        return incoming
    keyword, rest = split_keyword(entry, incoming)
    if not keyword:
        return _with_text(incoming, strip_guesses(incoming.text))
    return replace(incoming, text=f"{keyword} {strip_guesses(rest)}".strip()) if begins_with_pin(rest) else incoming


def _with_text(incoming: IncomingMessage, text: str) -> IncomingMessage:
    """Return a text whose beginning was cut. The keyword is gone if it was cut too."""
    # The older API of Club Texting and Group Texting calls the first word of any text its keyword.
    keyword = None if begins_with_pin(incoming.keyword or "") and text != incoming.text else incoming.keyword
    return replace(incoming, text=text, keyword=keyword)


def split_keyword(entry: ConfigEntry, incoming: IncomingMessage) -> tuple[str, str]:
    """Return the keyword that a text begins with, and the rest; both are empty if there is no keyword.

    A first word that could be a PIN is a keyword only if it was rented. A provider may call any word a keyword.
    """
    first, *rest = incoming.text.split(maxsplit=1) or [""]
    is_keyword = keyword_of(entry, first) or (first == incoming.keyword and not begins_with_pin(first))
    return (first, "".join(rest)) if is_keyword else ("", "")
