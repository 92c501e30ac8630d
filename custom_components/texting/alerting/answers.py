"""What people answer to an incident: they take it, they cannot, or nobody understands them."""

from collections.abc import Iterator
from dataclasses import replace

from . import steps
from .events import Answer, Answered, Occasion
from .model import ASKING, Kind, State, Target, Timing
from .turn import Turn


def take(turn: Turn, event: Answered) -> None:
    """Take an answer."""
    if not turn.incident.is_open:
        return
    owner = turn.incident.owner
    if owner in turn.incident.alert.same(event.who):
        event = replace(event, who=owner)
    if turn.incident.is_drill:
        _take_drill(turn, event)
    elif event.answer is Answer.UNCLEAR:
        _puzzle(turn, event)
    elif event.answer is Answer.YES:
        _acknowledge(turn, event)
    else:
        _decline(turn, event)


def ask_owner(turn: Turn) -> None:
    """Ask the owner again. If that is not possible, steps.check goes on with the first step."""
    incident = turn.incident
    if not incident.is_caused:  # it is about to end, or the cause comes back
        turn.start(Timing.ACKNOWLEDGED, max(incident.alert.acknowledged_for, steps.MIN_STEP))
        return
    turn.change(visits=incident.visits + 1)
    if incident.owner:
        visit = turn.incident.visits
        turn.ask(Kind.AGAIN, [incident.owner], what=incident.what, who=incident.owner_name, visit=visit)
    turn.start(Timing.ACCEPT, steps.ACCEPT_TIMEOUT)
    turn.start(Timing.OWNER, steps.wait_of(turn))


def _acknowledge(turn: Turn, event: Answered) -> None:
    incident = turn.incident
    if incident.state is State.ACKNOWLEDGED and event.who != incident.owner:
        _reply(turn, event, Kind.TAKEN, who=incident.owner_name)
        return
    is_new = incident.state is not State.ACKNOWLEDGED
    turn.withdraw(each for each in incident.notifications if each.kind in ASKING)
    turn.stop(*steps.OF_STEPS, Timing.REMIND, Timing.EXHAUSTED)
    if is_new:
        turn.change(
            state=State.ACKNOWLEDGED,
            owner=event.who,
            owner_name=event.name,
            acknowledged_at=turn.now,
            declined=incident.declined - incident.alert.same(event.who),
        )
        turn.announce(Occasion.ACKNOWLEDGED, event.name)
    if is_new or turn.is_running(Timing.OWNER):
        turn.stop(Timing.OWNER)
        turn.start(Timing.ACKNOWLEDGED, incident.alert.acknowledged_for)
    _reply(turn, event, Kind.THANKS)
    if is_new:
        _tell_own_apps(turn, event, Kind.TAKEN)
        _tell_others(turn)


def _tell_others(turn: Turn) -> None:
    """Tell everybody else who was told that somebody takes care."""
    incident = turn.incident
    own = {target.id for target in _targets(turn, incident.owner or "")}
    for told in incident.told:
        if told.responder not in incident.alert.same(incident.owner or "") and told.target.id not in own:
            turn.tell(Kind.TAKEN, told.responder, told.target, who=incident.owner_name)


def _tell_own_apps(turn: Turn, event: Answered, kind: Kind) -> None:
    """Tell the other apps of who answered: they show the question until another notification takes its place."""
    own = turn.incident.alert.same(event.who)
    for told in turn.incident.told:
        if told.responder in own and not told.target.is_text and told.target.id != event.target:
            turn.tell(kind, told.responder, told.target, who=event.name)


def _decline(turn: Turn, event: Answered) -> None:
    incident = turn.incident
    if incident.state is State.ACKNOWLEDGED and event.who != incident.owner:
        _reply(turn, event, Kind.TAKEN, who=incident.owner_name)
        return
    own = incident.alert.same(event.who)
    is_new = event.who not in incident.declined
    turn.change(declined=incident.declined | own)
    if is_new:
        turn.announce(Occasion.DECLINED, event.name)
    turn.withdraw(each for each in incident.notifications if each.responder in own and each.kind in ASKING)
    _reply(turn, event, Kind.DECLINED)
    if is_new:
        _tell_own_apps(turn, event, Kind.DECLINED)
    if incident.state is State.ACKNOWLEDGED:
        steps.begin(turn, Kind.REMINDER)


def _puzzle(turn: Turn, event: Answered) -> None:
    """Say once to each phone that its reply was not understood."""
    incident = turn.incident
    if event.target and event.target not in incident.puzzled:
        turn.change(puzzled=incident.puzzled | {event.target})
        _reply(turn, event, Kind.SORRY)


def _take_drill(turn: Turn, event: Answered) -> None:
    """Note how soon somebody answered."""
    incident = turn.incident
    others = incident.alert.same(event.who) - {event.who}
    if incident.answered.keys().isdisjoint({event.who, *others}):
        # Who is asked in several ways is one person.
        names = {each: name for each, name in incident.names.items() if each not in others}
        turn.change(
            answered={**incident.answered, event.who: max(turn.now - (incident.raised_at or turn.now), 0.0)},
            names={event.who: event.name, **names},
        )
    _reply(turn, event, Kind.DRILL_THANKS)


def _reply(turn: Turn, event: Answered, kind: Kind, *, who: str = "") -> None:
    """Answer the phone that texted, if it was a phone."""
    if event.target and (target := _target(turn, event.who, event.target)):
        turn.tell(kind, event.who, target, who=who, reply_to=event)


def _target(turn: Turn, responder_id: str, number: str) -> Target | None:
    """Return a phone of a responder, or one that was texted before."""
    texted = (each.target for each in turn.incident.notifications)
    return next((target for target in (*_targets(turn, responder_id), *texted) if target.id == number), None)


def _targets(turn: Turn, responder_id: str) -> Iterator[Target]:
    """Yield where a person is reached now, as any of the responders who they are."""
    alert = turn.incident.alert
    ids = [responder_id, *sorted(alert.same(responder_id) - {responder_id})]
    return (target for each in ids if each in alert.responders for target in alert.responders[each].targets)
