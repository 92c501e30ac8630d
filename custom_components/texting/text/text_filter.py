"""TextFilter: which texts a trigger reacts to. They equal a phrase, contain a phrase, or match a pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import logging
from typing import Any, Self

import regex

from .normalize import normalize
from .pattern import TIMEOUT, compile_pattern, search

_LOGGER = logging.getLogger(__name__)

EQUALS, CONTAINS, PATTERN = "equals", "contains", "pattern"


@dataclass(frozen=True, slots=True)
class TextFilter:
    """The conditions on a text. All of them must hold."""

    # The text must be one of these phrases: {normalized: as written}.
    equals: Mapping[str, str]
    # The text must contain one of these phrases: {normalized: as written}.
    contains: Mapping[str, str]
    # The text must match this pattern.
    pattern: regex.Pattern[str] | None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the filter of a trigger's options. Raises ValueError with the option's name and what is wrong."""
        pattern = None
        if PATTERN in options:
            try:
                pattern = compile_pattern(options[PATTERN])
            except ValueError as err:
                raise ValueError(PATTERN, f"not a regular expression that can be used: {err}") from None
        return cls(_phrases(EQUALS, options), _phrases(CONTAINS, options), pattern)

    def match(self, text: str) -> dict[str, Any] | None:
        """Return the text, groups and named groups that were found, or None if the text does not match."""
        found = None
        normalized = normalize(text) if self.equals or self.contains else ""
        if self.equals and (found := self.equals.get(normalized)) is None:
            return None
        if self.contains:
            found = next((phrase for words, phrase in self.contains.items() if words in normalized), None)
            if found is None:
                return None
        if self.pattern is None:
            return {"text": found, "groups": [], "named": {}}
        try:
            match = search(self.pattern, text)
        except TimeoutError:
            _LOGGER.warning("A pattern took more than %s s for a text and was stopped. Simplify it", TIMEOUT)
            return None
        if match is None:
            return None
        return {"text": match[0], "groups": list(match.groups()), "named": match.groupdict()}


def _phrases(option: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Return the phrases of an option, by their normalized form."""
    phrases: Sequence[str] = options.get(option, ())
    found = {normalize(phrase): phrase for phrase in phrases}
    if "" in found:
        raise ValueError(option, "a phrase is empty")
    return found
