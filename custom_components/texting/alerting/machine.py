"""decide: what an event does to an incident, and what follows from it. See docs/alerts.md for the states.

It is pure: the same incident, event and moment always give the same result. Who commits the incident does that before
the effects begin.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace

from . import answers, drill, steps
from .events import (
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
    Renamed,
    Restarted,
    Ticked,
    Unwatched,
)
from .model import (
    ACTION,
    ASKING,
    CLOSING,
    FINAL,
    LEFT,
    OPEN,
    UNAVAILABLE,
    Cause,
    EndReason,
    Incident,
    Kind,
    Notification,
    Progress,
    State,
    Timer,
    Timing,
)
from .turn import Turn

DAY = 24 * 3600.0
# What an action raised ends after so long, in seconds.
MAX_RAISED = DAY
# The most messages of the action that are kept; one more takes the place of the oldest.
MAX_MESSAGES = 50
# What is said of a cause, and of all together, is no longer, in characters.
MAX_WHAT = 500
# Who was texted longer ago hears nothing of the end, so that a restored backup texts nobody about last month.
CLOSING_WINDOW = DAY


def decide(incident: Incident, event: Event, now: float) -> tuple[Incident, Sequence[Effect]]:
    """Return the incident after an event, and the effects in their order."""
    turn = Turn(incident, now)
    if incident.state is not State.CLOSED or isinstance(event, Progressed | Restarted):
        _apply(turn, event)
        steps.check(turn)
        steps.check_reach(turn)
        drill.check(turn)
    if turn.incident != incident:
        turn.change(changed_at=now)
    return turn.incident, turn.effects


def _apply(turn: Turn, event: Event) -> None:
    match event:
        case CausesChanged(on, what):
            _change_causes(turn, on, what)
        case Raised(message, cause_id):
            _raise(turn, message, cause_id)
        case Cleared():
            _clear(turn)
        case DrillBegan() if turn.incident.state is State.IDLE:
            drill.begin(turn)
        case Renamed(old, new):
            _rename(turn, old, new)
        case Unwatched():
            close(turn, EndReason.UNWATCHED)
        case Answered():
            answers.take(turn, event)
        case Progressed() | Ticked() | Restarted():
            _go_on(turn, event)


def _go_on(turn: Turn, event: Progressed | Ticked | Restarted) -> None:
    match event:
        case Progressed(number, progress, segments):
            _progress(turn, turn.incident.notification(number), progress, segments)
        case Ticked():
            _tick(turn)
        case Restarted(lost):
            _restart(turn, [turn.incident.notification(number) for number in sorted(lost)])


# -- causes ------------------------------------------------------------------------------------------------------------


def _change_causes(turn: Turn, on: Mapping[str, str], what: str) -> None:
    """Take what is on now. A cause that goes on again is no further one."""
    incident = turn.incident
    if incident.is_drill:
        if on:
            close(turn, EndReason.INTERRUPTED)
        return
    hold = Timer(turn.now, incident.alert.hold) if incident.alert.hold else None
    causes: dict[str, Cause] = {}
    for cause in incident.causes.values():
        if cause.is_by_hand:
            causes[cause.id] = cause
        elif cause.id in on or cause.hold is None:
            causes[cause.id] = replace(cause, is_on=cause.id in on)
    new = [Cause(id=each, name=name, hold=hold) for each, name in on.items() if each not in causes]
    causes |= {cause.id: cause for cause in new}
    turn.change(causes=causes)
    if on:
        messages = [cause.name for cause in causes.values() if cause.is_by_hand and cause.is_on]
        turn.change(what=_joined(what, *messages))
    if incident.state is State.IDLE and causes:
        turn.change(state=State.PENDING)
    elif incident.state is State.PENDING and not causes:
        turn.change(state=State.CLOSED, ended_at=turn.now, end_reason=EndReason.CLEARED)
    _count(turn, [cause for cause in new if cause.hold is None])
    _watch_end(turn)


def _raise(turn: Turn, message: str, cause_id: str | None) -> None:
    """Take a message of the action as a cause that is on. The same one again only begins its day once more."""
    incident = turn.incident
    if incident.is_drill:
        close(turn, EndReason.INTERRUPTED)
        return
    message, causes = message[:MAX_WHAT], dict(incident.causes)
    if cause_id is None:
        turn.start(Timing.END, MAX_RAISED)
        own = [cause for cause in causes.values() if cause.is_by_hand]
        new = own[0].id if len(own) >= MAX_MESSAGES else f"{ACTION}{len(own) + 1}"
        cause_id = next((cause.id for cause in own if cause.name == message), new)
    known = causes.get(cause_id)
    if known and known.is_on and known.hold is None and (known.name == message or not known.is_by_hand):
        return
    causes.pop(cause_id, None)
    cause = causes[cause_id] = Cause(id=cause_id, name=message)
    turn.change(causes=causes)
    turn.change(what=_joined(incident.what if incident.is_open else "", message))
    _count(turn, [cause])
    _watch_end(turn)


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))[:MAX_WHAT]


def _rename(turn: Turn, old: str, new: str) -> None:
    """Know a cause or a responder by its new id."""
    incident = turn.incident
    ids = {old: new, f"{old}{UNAVAILABLE}": f"{new}{UNAVAILABLE}"}
    causes = (replace(each, id=ids.get(each.id, each.id)) for each in incident.causes.values())
    turn.change(
        causes={each.id: each for each in causes},
        owner=new if incident.owner == old else incident.owner,
        notifications=tuple(_renamed(each, old, new) for each in incident.notifications),
        declined=frozenset(new if each == old else each for each in incident.declined),
        answered={new if each == old else each: seconds for each, seconds in incident.answered.items()},
        names={new if each == old else each: name for each, name in incident.names.items()},
        skipped={new if each == old else each: why for each, why in incident.skipped.items()},
    )


def _renamed(notification: Notification, old: str, new: str) -> Notification:
    target = notification.target
    return replace(
        notification,
        responder=new if notification.responder == old else notification.responder,
        target=replace(target, id=new) if target.id == old and not target.is_text else target,
    )


def _end_by_hand(turn: Turn) -> None:
    """Take what the action raised as off."""
    causes = turn.incident.causes.values()
    turn.change(causes={each.id: replace(each, is_on=each.is_on and not each.is_by_hand) for each in causes})


def _clear(turn: Turn) -> None:
    """End what the action raised. The incident ends at once if nothing else is on."""
    turn.stop(Timing.END)
    _end_by_hand(turn)
    if not turn.incident.is_caused and turn.incident.is_open:
        close(turn, EndReason.BY_HAND)


def _count(turn: Turn, new: Sequence[Cause]) -> None:
    """Take causes that are on long enough: they raise the alert, or are further ones."""
    if not new:
        return
    incident = turn.incident
    if not incident.is_open:
        turn.change(raised_at=turn.now)
        turn.announce(Occasion.RAISED)
        steps.begin(turn, Kind.ALERT)
        return
    turn.change(further=incident.further + len(new))
    if turn.incident.max_segments > incident.max_segments:
        turn.change(is_limited=False)
    what = _joined(*(cause.name for cause in new))
    if incident.state is State.ALERTING:
        asked = [each for each in incident.notifications if each.kind in ASKING]
        turn.ask(Kind.ALSO, [each.responder for each in asked if each.is_waiting or each.progress in LEFT], what=what)
    else:
        turn.announce(Occasion.RAISED)
        steps.begin(turn, Kind.ALSO, what=what, plus=[incident.owner] if incident.owner else [])


def _watch_end(turn: Turn) -> None:
    """Wait for the end while all causes are off."""
    incident = turn.incident
    if not incident.is_open or incident.is_caused:
        turn.stop(Timing.CLEAR)
    elif not turn.is_running(Timing.CLEAR):
        turn.start(Timing.CLEAR, incident.cleared_after)


# -- time --------------------------------------------------------------------------------------------------------------


def _tick(turn: Turn) -> None:
    """Do what is due: each timer once. What begins now is not due before the next tick."""
    incident, now = turn.incident, turn.now
    over = {timing for timing, timer in incident.timers.items() if timer.due <= now}
    turn.stop(*over)
    due = [cause for cause in incident.causes.values() if cause.hold and cause.hold.due <= now]
    if due:
        counted = {cause.id: replace(cause, hold=None) for cause in due}
        turn.change(causes={**incident.causes, **counted})
        _count(turn, list(counted.values()))
        _watch_end(turn)
    for timing, states, act in _ACTS:
        if timing in over and turn.incident.state in states:
            act(turn)


def _end_if_clear(turn: Turn) -> None:
    if not turn.incident.is_caused:
        close(turn, EndReason.CLEARED)


def _end(turn: Turn) -> None:
    if turn.incident.is_drill:
        close(turn, EndReason.EXPIRED)
        return
    _end_by_hand(turn)
    if not turn.incident.is_caused:
        close(turn, EndReason.EXPIRED)


# What is done when a timer is over, in this order, if the incident is in one of these states then.
_ACTS: Sequence[tuple[Timing, Container[State], Callable[[Turn], None]]] = (
    (Timing.CLEAR, OPEN, _end_if_clear),
    (Timing.END, OPEN, _end),
    (Timing.ACKNOWLEDGED, {State.ACKNOWLEDGED}, answers.ask_owner),
    (Timing.OWNER, {State.ACKNOWLEDGED}, lambda turn: steps.begin(turn, Kind.REMINDER)),
    (Timing.EXHAUSTED, {State.EXHAUSTED}, steps.ask_everybody),
    (Timing.WAIT, {State.ALERTING}, steps.advance),
    (Timing.QUIET, {State.ALERTING}, steps.enter_again),
    (Timing.REMIND, {State.ALERTING}, steps.remind),
)


# -- news of notifications ---------------------------------------------------------------------------------------------


def _progress(turn: Turn, known: Notification, progress: Progress, segments: int) -> None:
    """Take news of a notification. Texts that left although they were withdrawn are followed by what holds now."""
    is_final = progress in (Progress.DELIVERED, Progress.UNDELIVERED)
    if known.progress in FINAL and not (is_final and known.progress is not progress):
        return
    was_accepted = known.progress in (Progress.ACCEPTED, Progress.DELIVERED)
    new = replace(known, progress=progress, segments=segments if known.target.is_text else 0)
    turn.update(new)
    if new.kind in ASKING and progress in LEFT:
        if progress is not Progress.UNCERTAIN and not was_accepted:
            steps.accepted(turn, new)
        if known.is_withdrawn and known.progress not in LEFT:
            _follow(turn, new)


def _follow(turn: Turn, left: Notification) -> None:
    """Tell a phone what holds now, after a text that was withdrawn too late."""
    incident = turn.incident
    if incident.state is State.CLOSED:
        _close_with(turn, [left])
    elif incident.state is State.ACKNOWLEDGED and incident.owner not in incident.alert.same(left.responder):
        turn.tell(Kind.TAKEN, left.responder, left.target, who=incident.owner_name)


def _restart(turn: Turn, lost: Sequence[Notification]) -> None:
    """Begin what was decided and is still wanted. An incident of long ago ends in silence."""
    incident = turn.incident
    waits = incident.due is not None and incident.due > turn.now  # such as a long acknowledgment
    is_old = turn.now - incident.changed_at > DAY and not waits
    if is_old and not incident.is_over:
        close(turn, EndReason.EXPIRED)
    for each in lost:
        known = turn.incident.notification(each.number)
        if known.is_waiting and turn.now - known.planned_at <= DAY:
            turn.effects.append(Notify(known.number))
        elif known.progress is Progress.PLANNED:
            turn.update(replace(known, progress=Progress.CANCELLED))


# -- the end -----------------------------------------------------------------------------------------------------------


def close(turn: Turn, reason: EndReason) -> None:
    """End the incident, and tell everybody told."""
    incident = turn.incident
    was_open = incident.is_open
    turn.withdraw(each for each in incident.notifications if each.kind in ASKING)
    causes = {cause.id: cause for cause in incident.causes.values() if cause.hold is None}
    turn.change(state=State.CLOSED, causes=causes, timers={}, ended_at=turn.now, end_reason=reason)
    if was_open:
        turn.announce(Occasion.DRILL_ENDED if incident.is_drill else Occasion.CLOSED, incident.owner_name)
        _close_with(turn, turn.incident.told)


def _close_with(turn: Turn, told: Sequence[Notification]) -> None:
    incident = turn.incident
    kind = Kind.OFF if incident.end_reason is EndReason.UNWATCHED else Kind.CLEAR
    if incident.is_drill or (kind is Kind.CLEAR and not incident.alert.all_clear):
        return
    known = incident.notifications
    closed = {each.target.id for each in known if each.kind in CLOSING}
    recent = {each.target.id for each in known if each.kind in ASKING and turn.now - each.planned_at <= CLOSING_WINDOW}
    for each in told:
        if each.target.id in recent - closed:
            turn.close_with(kind, each)
