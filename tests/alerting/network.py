"""The world outside the home of a simulated alert: time, gateways with outages, and phones whose people reply."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Protocol

from custom_components.texting.alerting.model import ASKING, Kind, Progress

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
# 2026-03-01 00:00 UTC.
START = 1772323200.0


class Timeline:
    """The moments of a world, in their order. Its time never jumps back."""

    def __init__(self) -> None:
        self.now = START
        self._order = count()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self._heap, (self.now + max(0.0, seconds), next(self._order), act))

    def next(self, until: float) -> Callable[[], None] | None:
        """Go to the next moment, at most to one. Return what is done then, None if nothing is."""
        if not self._heap or self._heap[0][0] > until:
            self.now = until
            return None
        self.now, _, act = heappop(self._heap)
        return act


@dataclass(slots=True, eq=False)
class Text:
    """A text to one phone, as the home keeps it on its disk."""

    reference: str
    incident: str
    # The number and kind of its notification.
    number: int
    kind: Kind
    to: str
    gateway: str
    body: str
    code: int | None
    created_at: float
    progress: Progress = Progress.PLANNED
    # Whether a request with it has begun. After a crash, nobody knows how that ended.
    is_sending: bool = False


class Mode(StrEnum):
    """What a gateway does."""

    WORKS = "works"
    # It does not respond at all, so the home tries again.
    DOWN = "down"
    REFUSES = "refuses"
    # It loses its responses. It may have taken the text.
    LOSES = "loses"
    UNDELIVERED = "undelivered"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text of a phone."""

    id: str
    sender: str
    body: str
    gateway: str
    # Seconds by which it was written earlier than it comes in. None: it has no date.
    age: float | None = None
    # The reference of our text that the gateway names, if it names one.
    named: str | None = None


class Hears(Protocol):
    """A home, as the network knows it."""

    def hear(self, text: Incoming) -> bool:
        """Take a text of a phone. Return False if the home is off or cannot keep it: the gateway tries again."""

    def report(self, reference: str, progress: Progress) -> bool:
        """Take a report about a text. Return False if the home is off."""


@dataclass(slots=True)
class Gateway:
    """One provider."""

    name: str
    mode: Mode = Mode.WORKS
    # Whether it dates replies, and whether it names the text that a reply answers.
    has_dates: bool = False
    names: bool = False


@dataclass(slots=True)
class Got:
    """A text that a phone got."""

    at: float
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What somebody does with a text that asks."""

    # How often, beside the other habits.
    share: int
    # Each one is a text of theirs. {n} is the number they were told, {x} any number. Empty: they stay silent.
    says: tuple[str, ...] = ()
    # Seconds until the first one, on average, and between two.
    after: float = 90.0
    between: float = 2.0
    # Whether it comes from the phone of somebody else.
    is_from_other: bool = False
    # Seconds by which its date is too early, at most.
    early: float = 0.0


HABITS = (
    Habit(share=40),
    Habit(share=20, says=("OK {n}",)),
    Habit(share=6, says=("ok",)),
    Habit(share=2, says=("\U0001f44d",)),
    Habit(share=4, says=("{n}",)),
    Habit(share=10, says=("NO {n}",)),
    Habit(share=3, says=("No",)),
    Habit(share=4, says=("OK {n}", "OK {n}")),
    Habit(share=6, says=("OK {n}",), after=3 * HOUR),
    Habit(share=4, says=("OK {n}", "NO {n}"), between=300.0),
    Habit(share=1, says=("STOP",)),
    Habit(share=4, says=("what? who is this",)),
    Habit(share=3, says=("OK {n}",), is_from_other=True),
    Habit(share=3, says=("OK {x}",)),
    Habit(share=3, says=("ok",), early=900.0),
)
SILENT = (Habit(share=1),)


@dataclass(slots=True)
class Person:
    """Somebody with a phone."""

    number: str
    is_off: bool = False
    habits: Sequence[Habit] = HABITS
    got: list[Got] = field(default_factory=list)


class Network:
    """The gateways and the phones."""

    def __init__(self, rng: Random, timeline: Timeline, home: Hears) -> None:
        self.rng = rng
        self.timeline = timeline
        self._home = home
        self.gateways: dict[str, Gateway] = {}
        self.people: dict[str, Person] = {}
        # How often each reference was taken.
        self.taken: Counter[str] = Counter()
        self._ids = count(1)

    # -- texts to phones -----------------------------------------------------------------------------------------------

    def take(self, text: Text) -> tuple[float, Progress | None]:
        """Take a text of a request. Return when the response comes, in seconds, and what it says. None: try again."""
        mode = self.gateways[text.gateway].mode
        if mode is Mode.DOWN:
            return 1.0, None
        if mode is Mode.REFUSES:
            return 0.3, Progress.FAILED
        if mode is Mode.LOSES:
            if self.rng.random() < 0.5:
                self._carry(text, arrives=True)
            return 30.0, Progress.UNCERTAIN
        self._carry(text, arrives=mode is not Mode.UNDELIVERED)
        return 90.0 if mode is Mode.SLOW else self.rng.uniform(0.1, 1.0), Progress.ACCEPTED

    def _carry(self, text: Text, *, arrives: bool) -> None:
        self.taken[text.reference] += 1
        self.timeline.after(self.rng.uniform(2.0, 20.0), lambda: self._arrive(text, arrives=arrives))

    def _arrive(self, text: Text, *, arrives: bool) -> None:
        person = self.people[text.to]
        if not arrives or person.is_off:
            self._report(text.reference, Progress.UNDELIVERED)
            return
        person.got.append(Got(self.timeline.now, text))
        self._report(text.reference, Progress.DELIVERED)
        if text.kind in ASKING:
            self._answer(person, text)

    def _report(self, reference: str, progress: Progress) -> None:
        if not self._home.report(reference, progress):
            self.timeline.after(5 * MINUTE, lambda: self._report(reference, progress))

    # -- texts of phones -----------------------------------------------------------------------------------------------

    def _answer(self, person: Person, text: Text) -> None:
        """Let somebody do something with a text that asks."""
        rng = self.rng
        (habit,) = rng.choices(person.habits, [each.share for each in person.habits])
        delay = rng.expovariate(1 / habit.after)
        sender = rng.choice(list(self.people.values())) if habit.is_from_other else person
        for words in habit.says:
            body = words.format(n=text.code or "", x=rng.randrange(10, 100))
            self.say(sender, text, body, delay, age=rng.uniform(0.0, habit.early))
            delay += habit.between

    def say(self, person: Person, answered: Text, body: str, delay: float, *, age: float = 0.0) -> None:
        """Let a phone text the home, as a reply to a text."""
        gateway = self.gateways[answered.gateway]
        text = Incoming(
            id=f"in {next(self._ids)}",
            sender=person.number,
            body=body,
            gateway=gateway.name,
            age=age if gateway.has_dates else None,
            named=answered.reference if gateway.names and person.number == answered.to else None,
        )
        self.timeline.after(delay, lambda: self._bring(text))

    def _bring(self, text: Incoming) -> None:
        if not self._home.hear(text):
            self.timeline.after(2 * MINUTE, lambda: self._bring(text))
