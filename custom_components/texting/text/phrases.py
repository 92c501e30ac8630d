"""Match a text with the choices of a question. A choice has phrases, and a phrase may have {slots} for any words.

Three rules, in this order. The first one that finds a choice decides:

1. The text is a phrase without slots.
2. The text matches a phrase with slots.
3. The text begins with a phrase without slots ("Yes please"), and the rest holds no phrase of another choice ("Yes and
   no"). Where several phrases begin at one place, the longest counts: "of course not" is not "of course". One letter or
   digit counts only alone (rule 1).

In rule 3 a phrase is made of whole words. Scripts without spaces have no words to see: there, and next to an emoji, a
phrase may begin and end anywhere. Korean words have endings: a phrase of two or more syllables may go on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
import re
from typing import Self
import unicodedata

from .normalize import MAX_TEXT, normalize

_SLOT = re.compile(r"\{(\w+)\}")

# Han, Kana, Thai, Lao, Burmese and Khmer.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\U00020000-\U0003ffff]"
)
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")

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


@dataclass(frozen=True, slots=True)
class PhraseFinder:
    """Finds phrases in a normalized line. What it costs does not depend on the number of phrases."""

    # The choice of each phrase, or None for a phrase of no choice.
    choices: Mapping[str, str | None]
    # The lengths of the phrases by their first character, longest first.
    lengths: Mapping[str, Sequence[int]]

    @classmethod
    def from_phrases(cls, choices: Mapping[str, str | None]) -> Self:
        """Return a finder of normalized phrases: {phrase: its choice, or None}."""
        lengths: dict[str, set[int]] = {}
        for phrase in filter(None, choices):
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        return cls(choices, {first: sorted(known, reverse=True) for first, known in lengths.items()})

    def longest(self, line: str, start: int) -> str | None:
        """Return the longest phrase that begins at a place of the line, or None."""
        if not _is_word_boundary(line, start):
            return None
        for length in self.lengths.get(line[start : start + 1], ()):
            phrase = line[start : start + length]
            if phrase in self.choices and _can_end(line, start + len(phrase), phrase):
                return phrase
        return None

    def decide(self, line: str) -> str | None:
        """Return the choice whose phrase the line begins with, or None if another choice's phrase follows."""
        found = self._find_all(line)
        if (first := next(found, None)) is None or first[0] or (choice := self.choices[first[1]]) is None:
            return None
        return None if {self.choices[phrase] for _, phrase in found} - {choice, None} else choice

    def _find_all(self, line: str) -> Iterator[tuple[int, str]]:
        """Yield the position and the words of each phrase in the line. Phrases do not overlap."""
        start = 0
        while start < len(line):
            if phrase := self.longest(line, start):
                yield start, phrase
            start += len(phrase or " ")


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of a question, ready to be matched."""

    # The choice of each phrase without slots, by its words.
    whole: Mapping[tuple[str, ...], str]
    # The phrases with slots, each with its choice.
    with_slots: Sequence[tuple[str, Phrase]]
    # The phrases that decide at the beginning of a text.
    beginnings: PhraseFinder


def parse_choices(choices: Mapping[str, Sequence[str]], neither: Sequence[str] = ()) -> Choices:
    """Return choices whose phrases can be matched. Raises InvalidPhrase with the phrase.

    Phrases of `neither` stand for no choice: with "no idea" there, that text is not the choice "no".
    """
    known: dict[tuple[str, ...], str] = {}
    whole: dict[tuple[str, ...], str] = {}
    with_slots: list[tuple[str, Phrase]] = []
    beginnings: dict[str, str | None] = {_to_line(_split_words(text)): None for text in neither}
    for choice, phrases in choices.items():
        for text in phrases:
            phrase, line = _parse_phrase(text)
            if known.setdefault(phrase.words, choice) != choice:
                raise InvalidPhrase(text)
            if phrase.slots:
                with_slots.append((choice, phrase))
                continue
            whole[phrase.words] = choice
            if is_whole_word(line):
                beginnings[line] = choice
    return Choices(whole, with_slots, PhraseFinder.from_phrases(beginnings))


def match_choice(choices: Choices, text: str) -> Choice | None:
    """Return the choice that a text matches, or None. The module's docstring has the rules."""
    words = _split_words(text[:MAX_TEXT])
    if (choice := choices.whole.get(tuple(word for _, word in words))) is not None:
        return Choice(choice)
    for choice, phrase in choices.with_slots:
        if (slots := phrase.match(words)) is not None:
            return Choice(choice, slots)
    choice = choices.beginnings.decide(_to_line(words)[:MAX_TEXT])
    return None if choice is None else Choice(choice)


def without_free_text(choices: Choices) -> Choices:
    """Return choices without those phrases that any words match: they consist of slots alone.

    If there are none, these are the same choices.
    """
    with_slots = [each for each in choices.with_slots if len(each[1].slots) < len(each[1].words)]
    return choices if len(with_slots) == len(choices.with_slots) else replace(choices, with_slots=with_slots)


def is_whole_word(phrase: str) -> bool:
    """Return True if a normalized phrase is more than one letter or digit. An emoji, Han or Hangul can be a word."""
    return len(phrase) > 1 or _is_separate(phrase) or _HANGUL.match(phrase) is not None


def _is_word_boundary(line: str, at: int) -> bool:
    """Return True if a word can begin or end before a place of a normalized line."""
    if at in (0, len(line)):
        return True
    before, after = line[at - 1], line[at]
    if unicodedata.category(after).startswith("M"):
        return False
    return " " in (before, after) or _is_separate(before) or _is_separate(after)


def _is_separate(character: str) -> bool:
    """Return True if a character needs no spaces around it: an emoji, another symbol, or a script without spaces."""
    return unicodedata.category(character).startswith("S") or _UNSPACED.match(character) is not None


def _can_end(line: str, at: int, phrase: str) -> bool:
    """Return True if a phrase can end before a place of a line: at a word's end, or before a Korean ending."""
    if _is_word_boundary(line, at):
        return True
    return len(phrase) > 1 and _HANGUL.match(line[at]) is not None and _HANGUL.match(phrase[-1]) is not None


def _to_line(words: Sequence[_Word]) -> str:
    """Return the normalized words as one line. The parts of a number ("21,5", "12:30") stay one word."""
    line = ""
    for written, word in words:
        is_part = not written and word[0].isdecimal() and line[-1:].isdecimal()
        line += f"{'.' if is_part else ' ' if line else ''}{word}"
    return line


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


def _parse_phrase(text: str) -> tuple[Phrase, str]:
    """Return a phrase, and its words as one line."""
    words: list[_Word] = []
    slots: dict[int, str] = {}
    parts = text.split()
    for part in [part for part in parts if _SLOT.fullmatch(part) or not _is_punctuation(part)] or parts:
        if slot := _SLOT.fullmatch(part):
            if slot[1] in slots.values():
                raise InvalidPhrase(text)
            slots[len(words)] = slot[1]
            words.append(("{}", "{}"))
        elif {"{", "}"} & set(part):
            raise InvalidPhrase(text)
        else:
            words += _split_words(part)
    if not words:
        raise InvalidPhrase(text)
    return Phrase(tuple(word for _, word in words), slots), _to_line(words)
