"""The steps of an incident: who is asked now, when the next step follows, and what happens after the last one."""

from collections.abc import Iterable
from dataclasses import replace

from .events import Occasion
from .model import ASKING, Kind, Notification, Progress, State, Step, Timing
from .turn import Turn

# A step lasts at least so long, in seconds.
MIN_STEP = 10.0
# A step that asks nobody lasts so long.
EMPTY_STEP = 0.1
# A provider has so long to accept the texts of a step.
ACCEPT_TIMEOUT = 60.0
# How often everybody is asked if nobody took it in any round.
EXHAUSTED_INTERVAL = 3600.0

OF_STEPS = (Timing.GAP, Timing.ACCEPT, Timing.WAIT, Timing.QUIET)
# A text of which it is known, or likely, that nobody reads it.
_LOST = frozenset({Progress.FAILED, Progress.UNDELIVERED, Progress.UNCERTAIN, Progress.CANCELLED})


def begin(turn: Turn, kind: Kind, *, what: str = "", plus: Iterable[str] = ()) -> None:
    """Go through the steps from the first one. plus are asked with it. what is all that is wrong by default."""
    turn.change(state=State.ALERTING, owner=None, owner_name="")
    turn.stop(Timing.ACKNOWLEDGED, Timing.OWNER, Timing.EXHAUSTED)
    if turn.incident.alert.remind_every:
        turn.start(Timing.REMIND, turn.incident.alert.remind_every)
    _enter(turn, 0, 0, kind, what=what or turn.incident.what, plus=plus)


def check(turn: Turn) -> None:
    """Go on to the next step if nobody can answer in this one, or to the first if the owner cannot be asked again."""
    if turn.incident.is_drill:
        return
    if turn.incident.state is State.ACKNOWLEDGED:
        if turn.is_running(Timing.OWNER) and _is_spent(turn):
            begin(turn, Kind.REMINDER)
    elif turn.is_running(Timing.QUIET):
        if not _quiet_for(turn, _people(turn)):
            enter_again(turn)
    elif turn.incident.state is State.ALERTING and not turn.is_running(Timing.GAP) and _is_over(turn):
        turn.stop(Timing.ACCEPT)
        check_reach(turn)
        advance(turn)


def check_reach(turn: Turn) -> None:
    """Tell once that nobody can be reached: nothing has left in time, or all rounds are over and texts still wait."""
    incident = turn.incident
    is_asking = incident.state in (State.ALERTING, State.EXHAUSTED) and not incident.is_drill
    is_waiting = turn.is_running(Timing.ACCEPT, Timing.QUIET) or _waits_for_pushes(turn)
    waits = is_waiting and incident.state is State.ALERTING
    if (incident.told and not _is_stuck(turn)) or not is_asking:
        turn.change(is_unreachable=False)
    elif not waits and not incident.is_unreachable:
        turn.change(is_unreachable=True)
        turn.announce(Occasion.UNREACHABLE)


def advance(turn: Turn) -> None:
    """Go on to the next step, or round. After the last one it is exhausted, but not while a text still waits."""
    incident = turn.incident
    round_, step = _following(turn)
    if incident.alert.steps and round_ < incident.alert.rounds:
        silent = _silent(turn)
        turn.announce(Occasion.ESCALATED, silent)
        _enter(turn, round_, step, Kind.ESCALATED if silent else Kind.REMINDER, what=incident.what, who=silent)
    elif _waits_for_texts(turn):
        turn.stop(*OF_STEPS)
    else:
        turn.stop(*OF_STEPS, Timing.REMIND)
        turn.change(state=State.EXHAUSTED)
        turn.start(Timing.EXHAUSTED, EXHAUSTED_INTERVAL)
        turn.announce(Occasion.EXHAUSTED)


def _following(turn: Turn) -> tuple[int, int]:
    """Return the round and the step that follow."""
    step = turn.incident.step + 1
    return (turn.incident.round, step) if step < len(turn.incident.alert.steps) else (turn.incident.round + 1, 0)


def _waits_for_texts(turn: Turn) -> bool:
    known = turn.incident.notifications
    asking = (each for each in known if each.is_waiting and each.target.is_text and each.kind in ASKING)
    return any(_is_reached(turn, each) for each in asking)


def _waits_for_pushes(turn: Turn) -> bool:
    """Return True if a step has just begun, and a push notification of it has not left yet."""
    pushes = (each for each in turn.incident.notifications if each.is_waiting and not each.target.is_text)
    return turn.is_running(Timing.GAP) and any(each.visit == turn.incident.visits for each in pushes)


def _is_stuck(turn: Turn) -> bool:
    """Return True if all rounds are over, and only texts that wait keep the incident from being exhausted."""
    is_over = _following(turn)[0] >= turn.incident.alert.rounds and not turn.is_running(*OF_STEPS)
    return turn.incident.state is State.ALERTING and is_over and _waits_for_texts(turn)


def enter_again(turn: Turn) -> None:
    """Begin the step once more, since the quiet hours of its responders are over."""
    _enter(turn, turn.incident.round, turn.incident.step, Kind.REMINDER, what=turn.incident.what)


def accepted(turn: Turn, notification: Notification) -> None:
    """Wait for an answer from now on, if this is the first text of the step that was accepted."""
    if turn.incident.state is not State.ALERTING or turn.incident.is_drill or turn.is_running(Timing.WAIT):
        return
    if not notification.target.is_text:  # _enter begins to wait if a step has no text
        return
    # Without any timer of a step, all rounds are over, and only texts that wait keep the incident alerting.
    if notification.visit == turn.incident.visits or not turn.is_running(*OF_STEPS):
        turn.update(replace(notification, visit=turn.incident.visits))
        turn.start(Timing.WAIT, wait_of(turn))


def remind(turn: Turn) -> None:
    """Remind everybody told who has not declined. Shortly before the next step, wait for that: it asks some of them."""
    incident = turn.incident
    if not incident.alert.remind_every:
        return
    wait = incident.timers.get(Timing.WAIT)
    if wait and wait.due - turn.now < ACCEPT_TIMEOUT:
        turn.start(Timing.REMIND, wait.due - turn.now)
        return
    turn.start(Timing.REMIND, incident.alert.remind_every)
    if not incident.is_caused:  # it may be about to end
        return
    asked = {each.target.id for each in incident.notifications if each.planned_at == turn.now}
    people = [told.responder for told in incident.told if told.target.id not in asked]
    turn.ask(Kind.REMINDER, people, what=incident.what)
    if len(turn.incident.notifications) > len(incident.notifications):
        turn.announce(Occasion.REMINDED)


def ask_everybody(turn: Turn) -> None:
    """Ask everybody who has not declined, or everybody if all have. Nobody is asked while all causes are off."""
    turn.start(Timing.EXHAUSTED, EXHAUSTED_INTERVAL)
    if not turn.incident.is_caused:
        return
    alert, declined = turn.incident.alert, turn.incident.declined
    everybody = [responder for step in alert.steps for responder in step.responders]
    all_declined = all(responder in declined for responder in everybody)
    turn.announce(Occasion.EXHAUSTED)
    turn.ask(Kind.REMINDER, everybody, what=turn.incident.what, also_declined=all_declined)


def _enter(  # noqa: PLR0913  each is a fact of its own
    turn: Turn, round_: int, step: int, kind: Kind, *, what: str, who: str = "", plus: Iterable[str] = ()
) -> None:
    turn.stop(*OF_STEPS)
    turn.change(round=round_, step=step, visits=turn.incident.visits + 1)
    people = _people(turn, plus)
    if quiet_for := _quiet_for(turn, people):
        turn.start(Timing.QUIET, quiet_for)
        return
    turn.ask(kind, people, what=what, who=who, visit=turn.incident.visits)
    asked = [each for each in turn.incident.notifications if each.visit == turn.incident.visits]
    turn.start(Timing.GAP, MIN_STEP if asked else EMPTY_STEP)
    if any(each.target.is_text and each.is_waiting for each in asked):
        turn.start(Timing.ACCEPT, ACCEPT_TIMEOUT)
    elif any(not each.target.is_text for each in asked) and not any(each.target.is_text for each in asked):
        turn.start(Timing.WAIT, wait_of(turn))


def _people(turn: Turn, plus: Iterable[str] = ()) -> list[str]:
    """Return the ids of the people of the present step."""
    step = _step_of(turn)
    return [*(step.responders if step else ()), *plus]


def _quiet_for(turn: Turn, people: Iterable[str]) -> float:
    """Return how much longer all of these have quiet hours, 0.0 if somebody can be asked now, or nobody at all."""
    known = [turn.incident.alert.responders.get(each) for each in people]
    reached = [each for each in known if each and each.targets and each.id not in turn.incident.declined]
    return min((each.quiet_for for each in reached), default=0.0)


def wait_of(turn: Turn) -> float:
    """Return how long the present step waits."""
    step = _step_of(turn)
    return max(step.wait, MIN_STEP) if step else MIN_STEP


def _step_of(turn: Turn) -> Step | None:
    """Return the present step, or the last one if there are fewer than before. None if there are no steps."""
    steps = turn.incident.alert.steps
    return steps[min(turn.incident.step, len(steps) - 1)] if steps else None


def _of_step(turn: Turn) -> list[Notification]:
    """Return the notifications of the step. Its texts decide; if it has none, the others do."""
    incident = turn.incident
    of_step = [each for each in incident.notifications if each.visit == incident.visits]
    deciding = [each for each in of_step if each.target.is_text] or of_step
    return [each for each in deciding if not each.is_withdrawn]


def _is_over(turn: Turn) -> bool:
    """Return True if the step is spent, or nothing of it is waited for: all rounds are over."""
    return _is_spent(turn) or not turn.is_running(*OF_STEPS)


def _is_spent(turn: Turn) -> bool:
    """Return True if nobody can answer in this step."""
    too_late = not turn.is_running(Timing.ACCEPT)
    return all(
        each.responder in turn.incident.declined
        or each.progress in _LOST
        or not _is_reached(turn, each)
        or (each.target.is_text and each.progress is Progress.PLANNED and too_late)
        for each in _of_step(turn)
    )


def _is_reached(turn: Turn, notification: Notification) -> bool:
    """Return True unless the responder lost the target since, such as by STOP."""
    responder = turn.incident.alert.responders.get(notification.responder)
    return responder is not None and notification.target.id in {target.id for target in responder.targets}


def _silent(turn: Turn) -> str:
    """Return the names of those who were asked in this step and did not answer."""
    incident = turn.incident
    asked = dict.fromkeys(each.responder for each in incident.notifications if each.visit == incident.visits)
    people = [incident.alert.responders.get(each) for each in asked if each not in incident.declined]
    return ", ".join(each.name for each in people if each)
