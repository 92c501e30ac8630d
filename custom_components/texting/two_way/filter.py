"""Which texts are meant: those that equal a phrase, contain one, or match a pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import logging
import re
from typing import Any, Self

from .pattern import MOST_SECONDS, compile_pattern, search
from .words import normalise

_LOGGER = logging.getLogger(__name__)

EQUALS, CONTAINS, PATTERN = "equals", "contains", "pattern"


@dataclass(frozen=True, slots=True)
class TextFilter:
    """What a text must be, all of it; phrases by their words."""

    equals: Mapping[str, str]
    contains: Mapping[str, str]
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """As options say; raises ValueError with the option's name and what is wrong."""
        pattern = None
        if PATTERN in options:
            try:
                pattern = compile_pattern(options[PATTERN])
            except ValueError as err:
                raise ValueError(PATTERN, f"not a regular expression that can be used: {err}") from None
        return cls(_phrases(EQUALS, options), _phrases(CONTAINS, options), pattern)

    def match(self, text: str) -> dict[str, Any] | None:
        """Text, groups and named groups of what was found in a text, or None where it is not meant."""
        found = None
        said = normalise(text) if self.equals or self.contains else ""
        if self.equals and (found := self.equals.get(said)) is None:
            return None
        if self.contains:
            found = next((phrase for words, phrase in self.contains.items() if words in said), None)
            if found is None:
                return None
        if self.pattern is None:
            return {"text": found, "groups": [], "named": {}}
        try:
            match = search(self.pattern, text)
        except TimeoutError:
            _LOGGER.warning("A pattern took more than %s s for a text and was given up: simplify it", MOST_SECONDS)
            return None
        if match is None:
            return None
        return {"text": match[0], "groups": list(match.groups()), "named": match.groupdict()}


def _phrases(option: str, options: Mapping[str, Any]) -> dict[str, str]:
    """An option's phrases by their words."""
    phrases: Sequence[str] = options.get(option, ())
    found = {normalise(phrase): phrase for phrase in phrases}
    if "" in found:
        raise ValueError(option, "a phrase is empty")
    return found
