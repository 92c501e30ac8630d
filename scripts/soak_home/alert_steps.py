"""Find steps of an incident that were skipped or repeated in a round."""

from collections.abc import Iterator

from custom_components.texting.alerting.model import Incident, Kind, State
from scripts.soak_home.alert_plan import PlannedAlert


def find_step_faults(incident: Incident, alert: PlannedAlert) -> Iterator[str]:
    """Yield what is wrong with the steps.

    Each time that a step is entered is a visit. Nobody is in two steps, so the people of a visit tell which step it is.
    Who asks nobody, since all declined or cannot be reached, leaves no trace: any number of such steps may be between.
    """
    steps, rounds = len(alert.steps), int(alert.options["rounds"])
    # It never began with the first step again.
    is_straight = incident.acknowledged_at is None and not incident.further
    if is_straight and incident.visits:
        if incident.visits != incident.round * steps + incident.step + 1:
            yield f"visit {incident.visits} is step {incident.step} of round {incident.round}"
        if incident.visits > steps * rounds:
            yield f"it has {incident.visits} steps, and not {steps * rounds}"
        if incident.state is State.EXHAUSTED and incident.visits < steps * rounds:
            yield f"it is exhausted after {incident.visits} steps"
    last, step, is_known = 0, -1, True
    for visit, (asked, kinds) in sorted(_visits(incident, alert).items()):
        expected = (step + visit - last) % steps
        begins = not is_straight and Kind.ESCALATED not in kinds
        if Kind.AGAIN in kinds:  # only the owner is asked
            is_known = False
        elif begins and 0 in asked:
            step, is_known = 0, True
        elif expected in asked:
            step, is_known = expected, True
        elif begins or not is_known:
            step, is_known = min(asked), False
        else:
            yield f"visit {visit} asks step {min(asked)}, not {expected}"
            step = min(asked)
        last = visit


def _visits(incident: Incident, alert: PlannedAlert) -> dict[int, tuple[set[int], set[Kind]]]:
    """Return for each visit that asked somebody: the steps of these people, and what the texts say."""
    step_of = {person.entity_id: place for place, step in enumerate(alert.steps) for person in step}
    visits: dict[int, tuple[set[int], set[Kind]]] = {}
    lowest = incident.visits
    for each in reversed(incident.notifications):
        # Once all rounds are over, a text of an earlier step that is accepted then counts for the last visit.
        if each.visit and each.visit <= lowest:
            lowest = each.visit
            asked, kinds = visits.setdefault(each.visit, (set(), set()))
            asked.add(step_of[each.responder])
            kinds.add(each.kind)
    return visits
