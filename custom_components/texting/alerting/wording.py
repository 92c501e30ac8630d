"""The texts of alerts. Each is one segment at every provider: only what is wrong and who it is about are cut in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..gateway.one_segment import CUT, MAX_LENGTH, latin, max_length, plain, shortened
from .model import ASKING, Kind

# A shorter sentence is taken if this one leaves fewer characters for what is wrong, and it needs them.
_ENOUGH = 20
_ENDS = " .,:?"
# What a placeholder of a registered template takes by most sources (see gateway/template.py), in characters.
MAX_PLACEHOLDER = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a text says."""

    # What is wrong.
    what: str = field(repr=False)
    # Who did not answer, or who takes care. Empty: nobody, or that is not known.
    who: str = field(default="", repr=False)
    # The number that a reply names. None: the person cannot reply by text.
    code: int | None = None
    # Whether it is answered with buttons.
    has_buttons: bool = False
    # Since when, or when, as 14:05.
    time: str = ""
    # How long it lasted, or how long ago somebody took it.
    minutes: int = 0
    # The most segments of the incident.
    limit: int = 0

    @property
    def simplified(self) -> Facts:
        """The facts in plain Latin letters. Other alphabets are left out, for providers that refuse them."""
        return replace(self, what=latin(self.what), who=latin(self.who))


@dataclass(frozen=True, slots=True)
class Sentences:
    """One kind of text, and what it asks the person to reply. Both from long to short."""

    texts: tuple[str, ...]
    replies: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of one language.

    {number} is " 23" and {brackets} is " (23)"; both are empty if there is no number. {n} is the bare number.
    """

    kinds: Mapping[Kind, Sentences]
    # Asks a person who cannot reply by text, from long to short.
    by_hand: tuple[str, ...]
    # The buttons of a push notification.
    take: str
    decline: str
    # What stands in the placeholder of a registered template, by kind. Others say only what is wrong.
    brief: Mapping[Kind, str]
    # Stands for a person without a name, and for words of which nothing can be sent.
    somebody: str
    something: str
    # What is wrong if an entity is unavailable.
    unavailable: str


_ASK = ("Reply OK {n} if you take care of it, NO {n} if you cannot.", "Reply OK {n} or NO {n}.")
_GOES_ON = "ALERT{number} goes on: {what}"

WORDING: Mapping[str, Words] = {
    "en": Words(
        kinds={
            Kind.ALERT: Sentences(("ALERT{number}: {what}, {time}.",), _ASK),
            Kind.ESCALATED: Sentences(
                ("ALERT{number}: {what}, {time}. No answer from {who}.", "ALERT{number}: {what}, {time}."), _ASK
            ),
            Kind.ALSO: Sentences(("ALERT{number}: now also {what}, {time}.",), _ASK),
            Kind.REMINDER: Sentences((f"{_GOES_ON}, since {{time}}.",), _ASK),
            Kind.AGAIN: Sentences(
                (
                    "ALERT{number} again: {what}, since {time}. {who} took it {minutes} min ago.",
                    "ALERT{number} again: {what}, since {time}.",
                ),
                _ASK,
            ),
            Kind.DRILL: Sentences(("DRILL{number}, no danger: {what}.",), ("Reply OK {n}.",)),
            Kind.THANKS: Sentences(
                ("Thank you. {what} is yours{brackets}.",), ("Reply NO {n} to hand it on.", "NO {n}: hand it on.")
            ),
            Kind.TAKEN: Sentences(("{who} takes care of {what}{brackets}.",)),
            Kind.DECLINED: Sentences(("Understood. Others are asked about {what}{brackets}.",)),
            Kind.SORRY: Sentences(("Sorry, not understood. {what}.",), _ASK),
            Kind.DRILL_THANKS: Sentences(("Thank you. The drill{number} has your answer.",)),
            Kind.LIMIT: Sentences(
                (
                    f"{_GOES_ON}. This is the last text: the limit of {{limit}} is reached.",
                    f"{_GOES_ON}. Last text (limit {{limit}}).",
                )
            ),
            Kind.CLEAR: Sentences(("All clear: {what}{brackets}, {time}. It lasted {minutes} min.",)),
            Kind.OFF: Sentences(("No longer watched: {what}{brackets}.",)),
        },
        brief={
            Kind.ALSO: "now also {what}",
            Kind.REMINDER: "still {what}",
            Kind.AGAIN: "again {what}",
            Kind.DRILL: "DRILL, no danger: {what}",
            Kind.TAKEN: "{who} takes {what}",
            Kind.LIMIT: "last text: {what}",
            Kind.CLEAR: "all clear: {what}",
            Kind.OFF: "not watched: {what}",
        },
        by_hand=("Acknowledge it in Home Assistant.", "See Home Assistant."),
        take="I take it",
        decline="I cannot",
        somebody="Somebody",
        something="Alarm",
        unavailable="{name} is unavailable",
    )
}
_ENGLISH = WORDING["en"]
# What asks a person without a number to acknowledge it by hand.
_BY_HAND = (ASKING | {Kind.SORRY}) - {Kind.LIMIT}


def words_of(language: str) -> Words:
    """Return the texts of a language (BCP 47), or the English ones if it has none."""
    return WORDING.get(language.lower().partition("-")[0], _ENGLISH)


def word(kind: Kind, facts: Facts, words: Words = _ENGLISH) -> str:
    """Return the text of one kind."""
    what = plain(facts.what).rstrip(_ENDS) or words.something
    who = plain(facts.who).rstrip(_ENDS)
    if kind is Kind.ESCALATED and not who:
        kind = Kind.ALERT
    facts = replace(facts, what=what, who=who or words.somebody)
    text = ""
    for sentence in _variants(kind, facts, words):
        text, length = _fitted(sentence, facts)
        if length >= _ENOUGH:
            break
    return text


def brief(kind: Kind, facts: Facts, words: Words = _ENGLISH) -> str:
    """Return what one kind says in MAX_PLACEHOLDER characters, for the placeholder of a registered template."""
    what = plain(facts.what).rstrip(_ENDS) or words.something
    who = plain(facts.who).rstrip(_ENDS) or words.somebody
    return shortened(words.brief.get(kind, "{what}").format(what=what, who=who), MAX_PLACEHOLDER)


def by_hand(kind: Kind, words: Words = _ENGLISH) -> str:
    """Return what asks a person to acknowledge it in Home Assistant. Empty if this kind does not ask."""
    return words.by_hand[0] if kind in _BY_HAND else ""


def _variants(kind: Kind, facts: Facts, words: Words) -> Iterator[str]:
    """Yield the ways to say it, from long to short."""
    sentences = words.kinds[kind]
    replies = sentences.replies
    if facts.code is None:
        replies = words.by_hand if kind in _BY_HAND and not facts.has_buttons else ("",)
    for text in sentences.texts:
        for reply in replies:
            yield f"{text} {reply}".strip()


def _fitted(sentence: str, facts: Facts) -> tuple[str, int]:
    """Return a sentence in one segment, and to how many characters its parts are cut: as little as possible.

    If nothing is cut, that is MAX_LENGTH.
    """
    parts = [part for name, part in (("{what}", facts.what), ("{who}", facts.who)) if name in sentence]
    bare = _filled(sentence, facts, "", "")
    room = max_length(bare, *parts) - len(bare)
    length = max(
        (each for each in range(MAX_LENGTH + 1) if sum(min(len(part), each) for part in parts) <= room), default=0
    )
    length = max(length, len(CUT))
    return _filled(sentence, facts, shortened(facts.what, length), shortened(facts.who, length)), length


def _filled(sentence: str, facts: Facts, what: str, who: str) -> str:
    code = facts.code
    text = sentence.format(
        what=what,
        who=who,
        n=code,
        number="" if code is None else f" {code}",
        brackets="" if code is None else f" ({code})",
        time=facts.time,
        minutes=facts.minutes,
        limit=facts.limit,
    )
    return text.replace(f"{CUT}.", CUT)
