"""The keywords that an account has rented. Each is a subentry with a word and the fixed reply to it."""

from dataclasses import replace

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..const import CONF_FIXED_REPLY, CONF_KEYWORD, SUBENTRY_KEYWORD
from ..gateway.message import IncomingMessage, IncomingType


def keyword_of(entry: ConfigEntry, text: str) -> ConfigSubentry | None:
    """Return the keyword that a text begins with."""
    word = (text.split(maxsplit=1) or [""])[0].casefold()
    keywords = entry.get_subentries_of_type(SUBENTRY_KEYWORD)
    return next((subentry for subentry in keywords if subentry.data[CONF_KEYWORD].casefold() == word), None)


def with_keyword(entry: ConfigEntry, incoming: IncomingMessage) -> IncomingMessage:
    """Return a text with the keyword that it begins with, for any API of the provider. An opt-out has no keyword."""
    if incoming.type is IncomingType.OPT_OUT or not (subentry := keyword_of(entry, incoming.text)):
        return incoming
    return replace(incoming, type=IncomingType.KEYWORD, keyword=subentry.data[CONF_KEYWORD])


def fixed_reply(entry: ConfigEntry, text: str) -> str | None:
    """Return the fixed reply to the keyword that a text begins with."""
    subentry = keyword_of(entry, text)
    return subentry.data.get(CONF_FIXED_REPLY) if subentry else None
