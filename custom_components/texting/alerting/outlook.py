"""What people see of an incident at a glance: who was told, how long it lasts, and what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from .model import FREE, Incident, Kind, State, Timing
from .steps import ACCEPT_TIMEOUT


class Upcoming(StrEnum):
    """What comes next."""

    # The cause has been on long enough.
    RAISED = "raised"
    # The people of a step are asked.
    STEP = "step"
    # Everybody told is reminded.
    REMINDER = "reminder"
    # Nobody took it.
    EXHAUSTED = "exhausted"
    # Who took it is asked again.
    AGAIN = "again"
    # Everybody is asked, since nobody took it.
    EVERYBODY = "everybody"
    # All causes have been off long enough.
    ALL_CLEAR = "all_clear"
    # A drill, or what an action raised, ends by itself.
    END = "end"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes next if nobody answers and nothing else happens."""

    # The moment when it is due.
    due: float
    what: Upcoming
    # The names of whom it is about.
    who: tuple[str, ...] = field(default=(), repr=False)


def outlook(incident: Incident) -> Outlook | None:
    """Return what comes next; None if that depends on what happens, such as a provider that accepts a text."""
    return min(_candidates(incident), key=lambda each: each.due, default=None)


def told_names(incident: Incident) -> list[str]:
    """Return the names of those who were told, in the order in which they were."""
    return _names(incident, [told.responder for told in incident.told])


def asked_names(incident: Incident) -> list[str]:
    """Return the names of those whom the present step asks, or the drill. Whom nothing can reach is not among them."""
    known = [each for each in incident.notifications if each.progress not in FREE]
    asked = [each for each in known if each.visit == incident.visits or each.kind is Kind.DRILL]
    return _names(incident, [each.responder for each in asked])


def minutes_of(incident: Incident, now: float) -> int:
    """Return how many minutes it lasts, or lasted."""
    end = now if incident.ended_at is None else incident.ended_at
    return max(0, round((end - (end if incident.raised_at is None else incident.raised_at)) / 60))


def _names(incident: Incident, responders: list[str]) -> list[str]:
    known = incident.alert.responders
    return list(dict.fromkeys(known[each].name if each in known else each for each in responders))


def _candidates(incident: Incident) -> Iterator[Outlook]:
    """Yield what may come next, by the timers that run."""
    if incident.is_over or _is_beginning(incident):
        return
    for cause in incident.causes.values():
        if cause.hold:
            yield Outlook(cause.hold.due, Upcoming.RAISED)
    for timing, timer in incident.timers.items():
        if (found := _following(incident, timing)) and not _is_put_off(incident, timing):
            yield Outlook(timer.due, *found)


def _is_beginning(incident: Incident) -> bool:
    """Return True while the texts of a step leave. It is not known yet when the next step follows."""
    timers = incident.timers.keys()
    leaves = not timers.isdisjoint({Timing.GAP, Timing.ACCEPT})
    return leaves and incident.state is State.ALERTING and timers.isdisjoint({Timing.WAIT, Timing.QUIET, Timing.CLEAR})


# Nobody is texted then while all causes are off: it may be about to end.
_ONLY_CAUSED = frozenset({Timing.REMIND, Timing.EXHAUSTED, Timing.ACKNOWLEDGED})


def _is_put_off(incident: Incident, timing: Timing) -> bool:
    """Return True if nothing happens when a timer is over."""
    if timing in _ONLY_CAUSED and not incident.is_caused:
        return True
    return timing is Timing.REMIND and (incident.state is not State.ALERTING or _is_late(incident))


def _is_late(incident: Incident) -> bool:
    """Return True if the next reminder is so shortly before the next step that it waits for it."""
    wait = incident.timers.get(Timing.WAIT)
    return wait is not None and wait.due - incident.timers[Timing.REMIND].due < ACCEPT_TIMEOUT


# What follows a timer, if that is always the same.
_UPCOMING = {
    Timing.REMIND: Upcoming.REMINDER,
    Timing.EXHAUSTED: Upcoming.EVERYBODY,
    Timing.CLEAR: Upcoming.ALL_CLEAR,
    Timing.END: Upcoming.END,
}


def _following(incident: Incident, timing: Timing) -> tuple[Upcoming, tuple[str, ...]] | None:
    """Return what follows a timer, and whom it is about. None: a step has just begun."""
    match timing:
        case Timing.WAIT:
            return _next_step(incident)
        case Timing.QUIET:
            return Upcoming.STEP, _people(incident, incident.step)
        case Timing.OWNER:
            return Upcoming.STEP, _people(incident, 0)
        case Timing.ACKNOWLEDGED:
            return Upcoming.AGAIN, tuple(filter(None, [incident.owner_name]))
    return (_UPCOMING[timing], ()) if timing in _UPCOMING else None


def _next_step(incident: Incident) -> tuple[Upcoming, tuple[str, ...]]:
    step, round_ = incident.step + 1, incident.round
    if step >= len(incident.alert.steps):
        step, round_ = 0, round_ + 1
    if round_ >= incident.alert.rounds or not incident.alert.steps:
        return Upcoming.EXHAUSTED, ()
    return Upcoming.STEP, _people(incident, step)


def _people(incident: Incident, step: int) -> tuple[str, ...]:
    """Return the names of the people of a step who have not declined."""
    steps = incident.alert.steps
    responders = steps[min(step, len(steps) - 1)].responders if steps else ()
    return tuple(_names(incident, [each for each in responders if each not in incident.declined]))
