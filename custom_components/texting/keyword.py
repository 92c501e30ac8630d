"""The keywords an account has rented: subentries, each a word and what is answered to it."""

from dataclasses import replace

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .const import CONF_ANSWER, CONF_KEYWORD, SUBENTRY_KEYWORD
from .gateway.message import IncomingMessage, IncomingType


def keyword_of(entry: ConfigEntry, text: str) -> ConfigSubentry | None:
    """The keyword that a text is, or begins with."""
    word = (text.split(maxsplit=1) or [""])[0].casefold()
    keywords = entry.get_subentries_of_type(SUBENTRY_KEYWORD)
    return next((subentry for subentry in keywords if subentry.data[CONF_KEYWORD].casefold() == word), None)


def with_keyword(entry: ConfigEntry, incoming: IncomingMessage) -> IncomingMessage:
    """A text with the keyword that it is, or begins with, by whichever API it came; STOP is never one."""
    if incoming.type is IncomingType.OPT_OUT or not (subentry := keyword_of(entry, incoming.text)):
        return incoming
    return replace(incoming, type=IncomingType.KEYWORD, keyword=subentry.data[CONF_KEYWORD])


def answer_to(entry: ConfigEntry, text: str) -> str | None:
    """The fixed answer of the keyword that a text is, or begins with."""
    subentry = keyword_of(entry, text)
    return subentry.data.get(CONF_ANSWER) if subentry else None
