"""What a reply to an alert says: yes, no, or neither."""

from functools import lru_cache

from ..text.normalize import normalize
from ..text.phrases import Choices, match_choice, parse_choices
from ..text.yes_no import neither, yes_no
from .events import Answer

# The words that our texts ask for. They count in every language, whatever else they mean there.
YES, NO = WORDS = ("OK", "NO")


@lru_cache
def alert_choices(language: str) -> Choices:
    """Return the choices yes and no in a language (BCP 47), with the words that our texts ask for."""
    asked = {normalize(word) for word in WORDS}
    known = {
        choice: [phrase for phrase in phrases if normalize(phrase) not in asked]
        for choice, phrases in yes_no(language).items()
    }
    others = [phrase for phrase in neither(language) if normalize(phrase) not in asked]
    return parse_choices({Answer.YES: [YES, *known["yes"]], Answer.NO: [NO, *known["no"]]}, others)


def answer_of(text: str, language: str) -> Answer:
    """Return what a text says, without the number of the alert."""
    choice = match_choice(alert_choices(language), text)
    return Answer(choice.id) if choice else Answer.UNCLEAR
