"""Which of the expected answers a text is: phrases with {slots}, whatever their case, accents and punctuation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
import unicodedata

from .words import normalise

_SLOT = re.compile(r"\{(\w+)\}")
# Longer texts are no answers to what was asked.
LONGEST = 1000

type Answers = Mapping[str, Sequence[Phrase]]


class InvalidPhrase(ValueError):
    """The phrase can be no answer."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in their normalised form, or slots of one or more words, which are those named in slots by position."""

    words: tuple[str, ...]
    slots: Mapping[int, str]

    def match(self, said: Sequence[tuple[str, str]]) -> dict[str, str] | None:
        """The slots' words as they were said, None where the text is another; said are words (as said, normalised).

        Each slot takes as few words as it can.
        """
        # Places in the text that the phrase can have come to, each with the bounds of its slots so far.
        reached: dict[int, tuple[int, ...]] = {0: ()}
        for position, word in enumerate(self.words):
            if not reached:
                return None
            if position in self.slots:
                start = min(reached)
                reached = {end: (*reached[start], start, end) for end in range(start + 1, len(said) + 1)}
            else:
                reached = {at + 1: bounds for at, bounds in reached.items() if at < len(said) and said[at][1] == word}
        bounds = reached.get(len(said))
        if bounds is None:
            return None
        return {
            name: " ".join(word for word, _ in said[start:end] if word)
            for name, start, end in zip(self.slots.values(), bounds[::2], bounds[1::2], strict=True)
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's id, and what was said in its slots."""

    id: str
    slots: Mapping[str, str] = field(default_factory=dict)


def parse(answers: Mapping[str, Sequence[str]]) -> Answers:
    """Phrases as they are matched; raises InvalidPhrase for an empty one, and for one that stands for two answers."""
    known: dict[tuple[str, ...], str] = {}
    parsed: dict[str, list[Phrase]] = {}
    for answer, phrases in answers.items():
        for written in phrases:
            phrase = _phrase(written)
            if known.setdefault(phrase.words, answer) != answer:
                raise InvalidPhrase(written)
            parsed.setdefault(answer, []).append(phrase)
    return parsed


def find(answers: Answers, text: str) -> Answer | None:
    """The answer that a text is; phrases without slots go before those with."""
    said = _said(text[:LONGEST])
    phrases = [(answer, phrase) for answer, phrases in answers.items() for phrase in phrases]
    for answer, phrase in sorted(phrases, key=lambda pair: bool(pair[1].slots)):
        if (slots := phrase.match(said)) is not None:
            return Answer(answer, slots)
    return None


def _said(text: str) -> list[tuple[str, str]]:
    """The words of a text (as said, normalised); of one that is several, such as 21,5, the first is said whole."""
    words = [(word, normalise(word)) for word in text.split()]
    spoken = [pair for pair in words if not all(map(_is_mark, pair[1]))] or [pair for pair in words if pair[1]]
    return [
        ("" if place else word.strip("".join(filter(_is_mark, word))) or word, part)
        for word, plain in spoken
        for place, part in enumerate(plain.split())
    ]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PC"


def _phrase(written: str) -> Phrase:
    words: list[str] = []
    slots: dict[int, str] = {}
    parts = written.split()
    # As in what is said, marks alone count only where there is nothing else.
    for part in [part for part in parts if _SLOT.fullmatch(part) or not all(map(_is_mark, part))] or parts:
        if slot := _SLOT.fullmatch(part):
            if slot[1] in slots.values():
                raise InvalidPhrase(written)
            slots[len(words)] = slot[1]
            words.append("{}")
        elif {"{", "}"} & set(part):
            raise InvalidPhrase(written)
        else:
            words += [word for _, word in _said(part)]
    if not words:
        raise InvalidPhrase(written)
    return Phrase(tuple(words), slots)
