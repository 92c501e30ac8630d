"""The words of texts about questions: their numbers, and replies that are not understood or come too late.

Each text about several or closed questions fits into one segment. Only the questions in it are shortened, and lose the
characters that a provider may refuse. A question that is asked is never changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import unicodedata

from ..gateway.encoding import SINGLE, Encoding, encoding_of

# The longest text that every provider takes as one segment (Club Texting, standard).
MAX_LENGTH = 130
# The first letters of the categories of letters with their marks, and of digits.
_PLAIN = frozenset("LMN")
_ALLOWED = frozenset(" .,:()?")
_APOSTROPHES = frozenset("'’")  # noqa: RUF001
# Characters after it take two units in a segment.
_LAST = "\uffff"
_ENDS = " .,:?"
_CUT = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one language."""

    numbered: str
    sorry: str
    # items are several of which_item.
    which: str
    which_item: str
    over: str
    over_unknown: str


WORDING: Mapping[str, Words] = {
    "en": Words(
        numbered="{question} Reply {code} and your answer.",
        sorry="Sorry, not understood. {question}",
        which="Which one? {items}. Reply the number and your answer.",
        which_item="{code} {question}",
        over="{question} ({code}) is over since {time}.",
        over_unknown="Question {code} is over.",
    )
}
_ENGLISH = WORDING["en"]


def numbered(question: str, code: int, words: Words = _ENGLISH) -> str:
    """Return a question with the number that a reply names."""
    return words.numbered.format(question=question, code=code)


def sorry(question: str, words: Words = _ENGLISH) -> str:
    """Return the question again, after a reply that was not understood."""
    return words.sorry.format(question=question)


def which(items: Sequence[tuple[int, str]], words: Words = _ENGLISH) -> str:
    """Return the text that asks which question a reply answers. items are (number, question).

    Long questions are shortened first. Numbers that do not fit are left out, the last ones first.
    """
    questions = [(code, _plain(question).rstrip(_ENDS)) for code, question in items]
    bare = _which([(code, "") for code, _ in questions], words)
    most = _limit(bare, *(question for _, question in questions))
    # A space stands before each question.
    room = most - len(bare) - len(questions)
    length = max(
        (length for length in range(MAX_LENGTH + 1) if sum(min(len(text), length) for _, text in questions) <= room),
        default=0,
    )
    if length > len(_CUT):
        return _which([(code, _shortened(question, length)) for code, question in questions], words)
    count = len(questions)
    while len(text := _which([(code, "") for code, _ in questions[:count]], words)) > _limit(text):
        count -= 1
    return text


def over(question: str, code: int, time: str, words: Words = _ENGLISH) -> str:
    """Return the reply to an answer to a closed question. time is when it closed, as 14:05. "": unknown."""
    plain = _plain(question)
    if not plain or not time:
        return words.over_unknown.format(code=code)
    bare = words.over.format(question="", code=code, time=time)
    return words.over.format(question=_shortened(plain, _limit(bare, plain) - len(bare)), code=code, time=time)


def _which(items: Sequence[tuple[int, str]], words: Words) -> str:
    listed = ", ".join(words.which_item.format(code=code, question=question).strip() for code, question in items)
    return words.which.format(items=listed)


def _plain(question: str) -> str:
    """Return a question as one line of characters that every provider takes. It may be empty."""
    kept = "".join(map(_plain_character, question[: 2 * MAX_LENGTH]))
    return " ".join(kept.split()).rstrip(" .,:")


def _plain_character(character: str) -> str:
    if character in _APOSTROPHES:
        return ""
    is_plain = character in _ALLOWED or (character <= _LAST and unicodedata.category(character)[0] in _PLAIN)
    return character if is_plain else " "


def _limit(*texts: str) -> int:
    """Return the length of one segment of these texts, in characters."""
    return MAX_LENGTH if all(encoding_of(text) is Encoding.GSM7 for text in texts) else SINGLE[Encoding.UCS2]


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - len(_CUT)].rstrip()}{_CUT}"
