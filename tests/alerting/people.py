"""An alert with three people, and an incident of it whose time the test moves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from custom_components.texting.alerting.events import (
    Announce,
    Answer,
    Answered,
    CausesChanged,
    Cleared,
    DrillBegan,
    Effect,
    Event,
    Notify,
    Occasion,
    Progressed,
    Raised,
    Restarted,
    Ticked,
    Unwatched,
    Withdraw,
)
from custom_components.texting.alerting.machine import decide
from custom_components.texting.alerting.model import (
    Alert,
    Incident,
    Kind,
    Notification,
    Progress,
    Responder,
    Step,
    Target,
)

START = 1_800_000_000.0
MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR


def phone(number: str) -> Target:
    return Target(id=number, messenger="account")


def push(name: str) -> Target:
    return Target(id=name, is_text=False)


ANNA = Responder(id="anna", name="Anna", targets=(phone("+33600000001"),))
BEN = Responder(id="ben", name="Ben", targets=(phone("+33600000002"),))
CARLA = Responder(id="carla", name="Carla", targets=(phone("+33600000003"),))
# Only an app of hers shows a push notification.
DORA = Responder(id="dora", name="Dora", targets=(push("app_dora"),))


def people(*responders: Responder) -> Mapping[str, Responder]:
    return {each.id: each for each in responders}


def alert(*steps: Sequence[str], known: Sequence[Responder] = (ANNA, BEN, CARLA, DORA), **fields: Any) -> Alert:
    """Return an alert that is never reminded of, with these people in its steps."""
    wait = fields.pop("wait", 5 * MINUTE)
    return Alert(
        id="alert",
        name="Water",
        steps=tuple(Step(responders=tuple(step), wait=wait) for step in steps),
        responders=people(*known),
        **{"remind_every": 0.0, **fields},
    )


class Run:
    """One incident of an alert. Pushes are accepted at once, and texts too if accepts is True."""

    def __init__(self, definition: Alert, *, accepts: bool = True) -> None:
        self.incident = Incident(id="01INCIDENT", alert=definition)
        self.now = START
        self.accepts = accepts
        # What each event since the last look led to.
        self._effects: list[Effect] = []

    # -- what happens --------------------------------------------------------------------------------------------------

    def do(self, event: Event) -> None:
        self.incident, effects = decide(self.incident, event, self.now)
        self._effects += effects
        for each in effects:
            if not isinstance(each, Notify):
                continue
            known = self.incident.notification(each.number)
            if known.is_waiting and (self.accepts or not known.target.is_text):
                self.do(Progressed(each.number, Progress.ACCEPTED))

    def wait(self, seconds: float) -> None:
        """Let time go by. A timer that is over may not be due once more at the same moment."""
        end = self.now + seconds
        while (due := self.incident.due) is not None and due <= end:
            self.now = max(due, self.now)
            self.do(Ticked())
            assert self.incident.due is None or self.incident.due > self.now
        self.now = end

    def on(self, *causes: str) -> None:
        """Let exactly these causes be on."""
        self.do(CausesChanged({f"sensor.{each}": each for each in causes}, ", ".join(causes)))

    def off(self) -> None:
        self.do(CausesChanged({}))

    def raise_alert(self, message: str) -> None:
        self.do(Raised(message))

    def clear(self) -> None:
        self.do(Cleared())

    def drill(self) -> None:
        self.do(DrillBegan())

    def unwatch(self) -> None:
        self.do(Unwatched())

    def restart(self, *lost: int) -> None:
        self.do(Restarted(frozenset(lost)))

    def says(self, who: Responder, answer: Answer) -> None:
        """Let somebody text an answer from their first phone."""
        self.do(Answered(answer=answer, who=who.id, name=who.name, target=who.targets[0].id))

    def yes(self, who: Responder) -> None:
        self.says(who, Answer.YES)

    def no(self, who: Responder) -> None:
        self.says(who, Answer.NO)

    def news(self, who: Responder, progress: Progress) -> None:
        """Tell what happened to the newest notification to somebody."""
        self.do(Progressed(self.newest(who).number, progress))

    def define(self, **fields: Any) -> None:
        """Change the definition, or how people can be reached."""
        self.incident = replace(self.incident, alert=replace(self.incident.alert, **fields))

    # -- what follows --------------------------------------------------------------------------------------------------

    def newest(self, who: Responder) -> Notification:
        return [each for each in self.incident.notifications if each.responder == who.id][-1]

    def sent(self) -> list[tuple[Kind, str]]:
        """Return what was sent since the last look: what it says, and to whom. Withdrawals and events are forgotten."""
        effects, self._effects = self._effects, []
        notifications = (self.incident.notification(each.number) for each in effects if isinstance(each, Notify))
        return [(each.kind, each.responder) for each in notifications]

    def look(self) -> tuple[list[tuple[Kind, str]], list[Occasion]]:
        """Return what was sent and announced since the last look."""
        announced = [each.occasion for each in self._effects if isinstance(each, Announce)]
        return self.sent(), announced

    def withdrawn(self) -> list[int]:
        """Return the numbers of what was withdrawn since the last look."""
        return [each.number for each in self._effects if isinstance(each, Withdraw)]
