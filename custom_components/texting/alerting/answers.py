"""What people answer to an incident: they take it, they cannot, or nobody understands them."""

from . import steps
from .events import Answer, Answered, Occasion
from .model import ASKING, Kind, State, Target, Timing
from .turn import Turn


def take(turn: Turn, event: Answered) -> None:
    """Take an answer."""
    if not turn.incident.is_open:
        return
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
            declined=incident.declined - {event.who},
        )
        turn.announce(Occasion.ACKNOWLEDGED, event.name)
    if is_new or turn.is_running(Timing.OWNER):
        turn.stop(Timing.OWNER)
        turn.start(Timing.ACKNOWLEDGED, incident.alert.acknowledged_for)
    _reply(turn, event, Kind.THANKS)
    if is_new:
        _tell_others(turn)


def _tell_others(turn: Turn) -> None:
    """Tell everybody else who was told that somebody takes care."""
    incident = turn.incident
    owner = incident.alert.responders.get(incident.owner or "")
    own = {target.id for target in owner.targets} if owner else set()
    for told in incident.told:
        if told.responder != incident.owner and told.target.id not in own:
            turn.tell(Kind.TAKEN, told.responder, told.target, who=incident.owner_name)


def _decline(turn: Turn, event: Answered) -> None:
    incident = turn.incident
    if incident.state is State.ACKNOWLEDGED and event.who != incident.owner:
        _reply(turn, event, Kind.TAKEN, who=incident.owner_name)
        return
    is_new = event.who not in incident.declined
    turn.change(declined=incident.declined | {event.who})
    if is_new:
        turn.announce(Occasion.DECLINED, event.name)
    turn.withdraw(each for each in incident.notifications if each.responder == event.who and each.kind in ASKING)
    _reply(turn, event, Kind.DECLINED)
    if incident.state is State.ACKNOWLEDGED:
        steps.begin(turn, Kind.REMINDER)


def _puzzle(turn: Turn, event: Answered) -> None:
    """Say once to each phone that its reply was not understood."""
    incident = turn.incident
    if event.target and event.target not in incident.puzzled:
        turn.change(puzzled=incident.puzzled | {event.target})
        _reply(turn, event, Kind.SORRY)


def _take_drill(turn: Turn, event: Answered) -> None:
    """Note how soon somebody answered. The drill lasts until its time is over."""
    incident = turn.incident
    if event.who not in incident.answered:
        turn.change(answered={**incident.answered, event.who: turn.now - (incident.raised_at or turn.now)})
    _reply(turn, event, Kind.DRILL_THANKS)


def _reply(turn: Turn, event: Answered, kind: Kind, *, who: str = "") -> None:
    """Answer the phone that texted, if it was a phone."""
    if event.target and (target := _target(turn, event.who, event.target)):
        turn.tell(kind, event.who, target, who=who, reply_to=event)


def _target(turn: Turn, responder_id: str, number: str) -> Target | None:
    """Return a phone of a responder, or one that was texted before."""
    responder = turn.incident.alert.responders.get(responder_id)
    known = responder.targets if responder else ()
    texted = (each.target for each in turn.incident.notifications)
    return next((target for target in (*known, *texted) if target.id == number), None)
