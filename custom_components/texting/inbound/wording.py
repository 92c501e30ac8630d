"""The words of texts about open items: their numbers, and replies that are not understood or come too late.

Each text about several or closed questions fits into one segment. Only the questions in it are shortened, and lose the
characters that a provider may refuse. A question that is asked is never changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..gateway.one_segment import CUT, MAX_LENGTH, max_length, plain, shortened

_ENDS = " .,:?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one language."""

    numbered: str
    sorry: str
    # items are several of which_item. The second is for alerts alone.
    which: str
    which_alert: str
    which_item: str
    over: str
    over_unknown: str


WORDING: Mapping[str, Words] = {
    "en": Words(
        numbered="{question} Reply {code} and your answer.",
        sorry="Sorry, not understood. {question}",
        which="Which one? {items}. Reply the number and your answer.",
        which_alert="Which one? {items}. Reply OK and a number.",
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


def which(items: Sequence[tuple[int, str]], words: Words = _ENGLISH, *, are_alerts: bool = False) -> str:
    """Return the text that asks which item a reply is for. items are (number, question).

    Long questions are shortened first. Numbers that do not fit are left out, the last ones first.
    """
    sentence = words.which_alert if are_alerts else words.which
    questions = [(code, plain(question).rstrip(_ENDS)) for code, question in items]
    bare = _which(sentence, [(code, "") for code, _ in questions], words)
    most = max_length(bare, *(question for _, question in questions))
    # A space stands before each question.
    room = most - len(bare) - len(questions)
    length = max(
        (length for length in range(MAX_LENGTH + 1) if sum(min(len(text), length) for _, text in questions) <= room),
        default=0,
    )
    if length > len(CUT):
        return _which(sentence, [(code, shortened(question, length)) for code, question in questions], words)
    count = len(questions)
    while len(text := _which(sentence, [(code, "") for code, _ in questions[:count]], words)) > max_length(text):
        count -= 1
    return text


def over(question: str, code: int, time: str, words: Words = _ENGLISH) -> str:
    """Return the reply to an answer to a closed question. time is when it closed, as 14:05. "": unknown."""
    about = plain(question)
    if not about or not time:
        return words.over_unknown.format(code=code)
    bare = words.over.format(question="", code=code, time=time)
    return words.over.format(question=shortened(about, max_length(bare, about) - len(bare)), code=code, time=time)


def _which(sentence: str, items: Sequence[tuple[int, str]], words: Words) -> str:
    listed = ", ".join(words.which_item.format(code=code, question=question).strip() for code, question in items)
    return sentence.format(items=listed)
