"""DrillReport: what a drill showed. It names people, and no numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import EndReason, Incident, Kind, Notification, Progress, Skipped

# The notification is with the person, as far as anybody knows.
_REACHED = frozenset({Progress.ACCEPTED, Progress.DELIVERED})


class Result(StrEnum):
    """How a drill went."""

    PASSED = "passed"
    # Nobody answered, or somebody was not reached.
    FAILED = "failed"
    # A real cause, or somebody, ended it early.
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answered, and how soon."""

    # Empty if that is not known.
    name: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """What a drill showed."""

    # The moment of its end. None: it goes on.
    ended_at: float | None
    end_reason: EndReason | None
    # The soonest first.
    answered: tuple[Answer, ...] = ()
    # The names of those who were told, and did not answer.
    silent: tuple[str, ...] = field(default=(), repr=False)
    # The names of those whom nothing reached.
    undelivered: tuple[str, ...] = field(default=(), repr=False)
    # Why people were not asked, each with their names.
    skipped: Mapping[Skipped, tuple[str, ...]] = field(default_factory=dict, repr=False)
    result: Result

    @property
    def people(self) -> int:
        """How many people the drill is about."""
        skipped = sum(len(names) for names in self.skipped.values())
        return len(self.answered) + len(self.silent) + len(self.undelivered) + skipped


def drill_report(incident: Incident) -> DrillReport:
    """Return the report of a drill."""
    answered = sorted(incident.answered.items(), key=lambda each: each[1])
    others = [each for each in incident.names if each not in incident.answered]
    told = {each.responder for each in incident.notifications if _is_told(each)}
    skipped = {
        why: tuple(incident.names[each] for each in others if incident.skipped.get(each) is why) for why in Skipped
    }
    return DrillReport(
        ended_at=incident.ended_at,
        end_reason=incident.end_reason,
        answered=tuple(Answer(incident.names.get(each, ""), seconds) for each, seconds in answered),
        silent=tuple(incident.names[each] for each in others if each in told),
        undelivered=tuple(incident.names[each] for each in others if each not in told and each not in incident.skipped),
        skipped={why: names for why, names in skipped.items() if names},
        result=_result(incident, told),
    )


def _result(incident: Incident, told: set[str]) -> Result:
    """Return how a drill went. Quiet hours alone are no failure."""
    if incident.end_reason is not EndReason.EXPIRED:
        return Result.INTERRUPTED
    people = {each.responder for each in incident.notifications if each.kind is Kind.DRILL} | incident.skipped.keys()
    asked = people & incident.names.keys()
    unreached = {each for each in asked - told if incident.skipped.get(each) is not Skipped.QUIET_HOURS}
    is_answered = not people.isdisjoint(incident.answered)
    return Result.PASSED if is_answered and unreached <= incident.answered.keys() else Result.FAILED


def _is_told(notification: Notification) -> bool:
    return notification.kind is Kind.DRILL and notification.progress in _REACHED
