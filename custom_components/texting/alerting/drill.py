"""A drill: everybody of all steps is asked at once to answer."""

from .events import Occasion
from .model import FREE, Incident, Kind, Progress, Responder, Skipped, State, Timer, Timing
from .turn import Turn

# The longest time of a drill, in seconds.
DRILL_TIME = 1800.0
# Once nobody else can answer, a drill lasts so much longer, so that the thanks leave before its end.
REST = 5.0
# A person whose notifications all ended so cannot answer any more.
_LOST = FREE | {Progress.UNDELIVERED}


def begin(turn: Turn) -> None:
    """Ask everybody of all steps at once, except those who have quiet hours or cannot be reached."""
    alert = turn.incident.alert
    ids = dict.fromkeys(each for step in alert.steps for each in step.responders)
    people = [responder for each in ids if (responder := alert.responders.get(each))]
    turn.change(
        state=State.ALERTING,
        is_drill=True,
        raised_at=turn.now,
        what=alert.name,
        skipped={each.id: why for each in people if (why := _why_skipped(each))},
    )
    turn.start(Timing.END, DRILL_TIME)
    turn.announce(Occasion.RAISED)
    turn.ask(Kind.DRILL, ids, what=alert.name)
    # A phone is asked once. Who shares all of theirs with others is left out.
    about = {each.responder for each in turn.incident.notifications} | turn.incident.skipped.keys()
    turn.change(names={each.id: each.name for each in people if each.id in about})


def check(turn: Turn) -> None:
    """End a drill soon if everybody who can answer has answered."""
    incident = turn.incident
    end = incident.timers.get(Timing.END)
    if incident.is_drill and end and end.due > turn.now + REST and not _awaited(incident):
        turn.change(timers={**incident.timers, Timing.END: Timer(turn.now, REST)})


def _awaited(incident: Incident) -> bool:
    """Return True if somebody who was asked may still answer."""
    return any(
        each.kind is Kind.DRILL
        and each.progress not in _LOST
        and incident.answered.keys().isdisjoint(incident.alert.same(each.responder))
        for each in incident.notifications
    )


def _why_skipped(responder: Responder) -> Skipped | None:
    if not responder.targets:
        return Skipped.OPTED_OUT if responder.has_opted_out else Skipped.UNREACHABLE
    return Skipped.QUIET_HOURS if responder.quiet_for else None
