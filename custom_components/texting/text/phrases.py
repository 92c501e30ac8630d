"""Match a text with the choices of a question. A choice has phrases, and a phrase may have {slots} for any words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
import unicodedata

from .normalize import MAX_TEXT, normalize

_SLOT = re.compile(r"\{(\w+)\}")

type Choices = Mapping[str, Sequence[Phrase]]
# As written, and normalized. "21,5" is two words, and only the first is written.
type _Word = tuple[str, str]


class InvalidPhrase(ValueError):
    """A phrase is empty, has invalid slots, or stands for two choices."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words and slots. A slot stands for one or more words."""

    # Normalized; "{}" for a slot.
    words: tuple[str, ...]
    # The name of each slot, by its position in words.
    slots: Mapping[int, str]

    def match(self, text: Sequence[_Word]) -> dict[str, str] | None:
        """Return what was written in the slots, or None if the text does not match. Slots take few words."""
        # The positions in the text that the phrase can reach, each with the start and end of every slot.
        reached: dict[int, tuple[int, ...]] = {0: ()}
        for position, word in enumerate(self.words):
            if position in self.slots:
                start = min(reached, default=len(text))
                reached = {end: (*reached[start], start, end) for end in range(start + 1, len(text) + 1)}
            else:
                reached = {at + 1: ends for at, ends in reached.items() if at < len(text) and text[at][1] == word}
        if (ends := reached.get(len(text))) is None:
            return None
        return {
            name: " ".join(written for written, _ in text[start:end] if written)
            for name, start, end in zip(self.slots.values(), ends[::2], ends[1::2], strict=True)
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice that a text matches."""

    id: str
    # What was written in each slot.
    slots: Mapping[str, str] = field(default_factory=dict)


def parse_choices(choices: Mapping[str, Sequence[str]]) -> Choices:
    """Return choices whose phrases can be matched. Raises InvalidPhrase with the phrase."""
    known: dict[tuple[str, ...], str] = {}
    parsed: dict[str, list[Phrase]] = {}
    for choice, phrases in choices.items():
        for text in phrases:
            phrase = _parse_phrase(text)
            if known.setdefault(phrase.words, choice) != choice:
                raise InvalidPhrase(text)
            parsed.setdefault(choice, []).append(phrase)
    return parsed


def match_choice(choices: Choices, text: str) -> Choice | None:
    """Return the choice that a text matches, or None. Phrases without slots are tried first."""
    words = _split_words(text[:MAX_TEXT])
    phrases = [(choice, phrase) for choice, phrases in choices.items() for phrase in phrases]
    for choice, phrase in sorted(phrases, key=lambda pair: bool(pair[1].slots)):
        if (slots := phrase.match(words)) is not None:
            return Choice(choice, slots)
    return None


def _split_words(text: str) -> list[_Word]:
    """Return the words of a text. Words that are only punctuation count if there are no others."""
    words = [(word, normalize(word)) for word in text.split()]
    words = [word for word in words if not _is_punctuation(word[1])] or [word for word in words if word[1]]
    return [
        ("" if index else written.strip("".join(filter(_is_punctuation, written))) or written, part)
        for written, normalized in words
        for index, part in enumerate(normalized.split())
    ]


def _is_punctuation(text: str) -> bool:
    """Return True if a text holds only punctuation and control characters."""
    return all(unicodedata.category(character)[0] in "PC" for character in text)


def _parse_phrase(text: str) -> Phrase:
    words: list[str] = []
    slots: dict[int, str] = {}
    parts = text.split()
    for part in [part for part in parts if _SLOT.fullmatch(part) or not _is_punctuation(part)] or parts:
        if slot := _SLOT.fullmatch(part):
            if slot[1] in slots.values():
                raise InvalidPhrase(text)
            slots[len(words)] = slot[1]
            words.append("{}")
        elif {"{", "}"} & set(part):
            raise InvalidPhrase(text)
        else:
            words += [normalized for _, normalized in _split_words(part)]
    if not words:
        raise InvalidPhrase(text)
    return Phrase(tuple(words), slots)
