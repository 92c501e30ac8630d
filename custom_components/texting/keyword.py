"""The keywords an account has rented: subentries, each a word and what is answered to it."""

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .const import CONF_ANSWER, CONF_KEYWORD, SUBENTRY_KEYWORD


def keyword_of(entry: ConfigEntry, text: str) -> ConfigSubentry | None:
    """The keyword that a text is, or begins with."""
    word = (text.split(maxsplit=1) or [""])[0].casefold()
    keywords = entry.get_subentries_of_type(SUBENTRY_KEYWORD)
    return next((subentry for subentry in keywords if subentry.data[CONF_KEYWORD].casefold() == word), None)


def answer_to(entry: ConfigEntry, text: str) -> str | None:
    """The fixed answer of the keyword that a text is, or begins with."""
    subentry = keyword_of(entry, text)
    return subentry.data.get(CONF_ANSWER) if subentry else None
