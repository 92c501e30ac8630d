"""The field choices of the action ask: a mapping, as YAML has it, or rows, as the form gives them."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.helpers import config_validation as cv

from ..automations import text_option
from ..gateway.message import IncomingType, type_of_text
from ..text.phrases import InvalidPhrase, parse_choices

ATTR_ID = "id"
ATTR_PHRASES = "phrases"


def choices(value: Any) -> dict[str, list[str]]:
    """Validate choices and return the phrases of each id. Raises vol.Invalid.

    A mapping is {id: phrase, or list of phrases}. A row is {"id": id, "phrases": phrase, or list of phrases}.
    """
    if isinstance(value, Mapping):
        found: dict[str, list[str]] = _MAPPING(value)
    elif isinstance(value, list):
        found = {row[ATTR_ID]: row[ATTR_PHRASES] for row in _ROWS(value)}
    else:
        raise vol.Invalid("choices are IDs with their phrases")
    if not found:
        raise vol.Invalid("there must be a choice")
    if len(found) < len(value):
        raise vol.Invalid("two choices have the same ID")
    _check_meanings(found)
    return found


def _phrase(value: Any) -> str:
    phrase = text_option(value)
    if type_of_text(phrase) is IncomingType.OPT_OUT:
        raise vol.Invalid(f"“{phrase}” opts a person out of all texts, so it cannot be a reply")
    try:
        parse_choices({"": [phrase]})
    except InvalidPhrase:
        raise vol.Invalid(f"“{phrase}” is no phrase: it needs a word or slots with different names") from None
    return phrase


def _check_meanings(found: Mapping[str, list[str]]) -> None:
    """Raise vol.Invalid if a phrase stands for two choices."""
    try:
        parse_choices(found)
    except InvalidPhrase as err:
        raise vol.Invalid(f"“{err}” stands for two choices") from None


_ID = vol.All(text_option, vol.Length(min=1, msg="a choice needs an ID"))
_PHRASES = vol.All(cv.ensure_list, [_phrase], vol.Length(min=1, msg="a choice needs a phrase"))
_MAPPING = vol.Schema({_ID: _PHRASES})
_ROWS = vol.Schema(
    [
        {
            vol.Required(ATTR_ID, msg="a choice needs an ID"): _ID,
            vol.Required(ATTR_PHRASES, msg="a choice needs a phrase"): _PHRASES,
        }
    ]
)
