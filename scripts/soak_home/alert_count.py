"""Count what happened to the incidents of a soak: what the gateways and phones saw, against the database's rows."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from http import HTTPStatus
import re

from custom_components.texting.alerting.model import (
    ASKING,
    LEFT,
    Incident,
    Kind,
    Notification,
    Progress,
    State,
)
from scripts.soak_home.alert_plan import AMPLE, PlannedAlert
from scripts.soak_home.alert_steps import find_step_faults
from scripts.soak_home.count import ARRIVED, MessageKey, align
from scripts.soak_home.database import MessageRow
from tests.simulator.messages import TITLES
from tests.simulator.people import GivenReply

REJECTED = "rejected"
ENDS = (State.ACKNOWLEDGED, State.EXHAUSTED, State.CLOSED)
# How often the home answers a text that is for no open incident. Such an answer belongs to none.
_OTHER_ANSWERS = re.compile(r"Which one\?| is over( since .*)?\.$")
# A name of what raised an incident. Each is used once.
_NAME = re.compile(r"Leak \d{5}")
_REPLY = re.compile(r"(OK|NO) (\d\d)")
# What answers each reply, unless there is no room for a text.
_EFFECTS = {"OK": (Kind.THANKS, Kind.TAKEN), "NO": (Kind.DECLINED, Kind.TAKEN)}
# Seconds. A reply and the end of its incident at nearly the same time may come in either order.
_SAME_TIME = 1.0
# Seconds after a reply was answered until its acknowledgment may be over. It lasts a minute, and begins before that.
_ACKNOWLEDGED_FOR = 50.0


@dataclass(slots=True)
class AlertRow:
    """The counts of a soak. The fields are the columns of the table."""

    incidents: int = 0
    # How they are at the end. The rest is in none of the three states.
    acknowledged: int = 0
    exhausted: int = 0
    closed: int = 0
    unended: int = 0
    # Somebody took it at some time.
    taken: int = 0
    # Notifications, and the texts that the gateways accepted.
    notifications: int = 0
    texts: int = 0
    # Calls of raise_alert that returned and raised nothing.
    not_raised: int = 0
    # Notifications that are neither sent nor known as failed or withdrawn, and texts that no gateway has although they
    # are said to be accepted.
    lost: int = 0
    # Texts that are at a gateway more often than they were sent.
    doubled: int = 0
    # Texts that belong to no notification.
    unexplained: int = 0
    # Steps that were skipped or repeated in a round.
    missteps: int = 0
    # Replies that were answered with 200, and have no effect.
    forgotten: int = 0
    # Texts that were the home's response to a provider's request, which a kill cut off. Nothing depends on them.
    cut_off: int = 0


@dataclass(slots=True)
class AlertCounts:
    """The counts, and one line for each fault."""

    row: AlertRow = field(default_factory=AlertRow)
    faults: list[str] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        """Return True if a forbidden outcome occurred, or if nobody was texted and the counts prove nothing."""
        return bool(self.faults or not self.row.texts)

    def add(self, column: str, fault: str) -> None:
        """Count a fault."""
        setattr(self.row, column, getattr(self.row, column) + 1)
        self.faults.append(f"{column}: {fault}")


def is_at_rest(incident: Incident) -> bool:
    """Return True if an incident has ended, or somebody took it, or nobody did, and no text of it is under way."""
    return incident.state in ENDS and not any(each.progress is Progress.PLANNED for each in incident.notifications)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a soak left behind."""

    alerts: Collection[PlannedAlert]
    # The database's rows.
    incidents: Sequence[Incident]
    messages: Sequence[MessageRow]
    # How often the gateways accepted each text.
    gateway_counts: Mapping[MessageKey, int]
    # What people replied, and the messages of the calls of raise_alert that returned.
    given: Sequence[GivenReply]
    confirmed: Collection[str]


def count_alerts(outcome: Outcome) -> AlertCounts:
    """Count everything."""
    counts, definitions = AlertCounts(), {alert.entry_id: alert for alert in outcome.alerts}
    _count_incidents(counts, outcome.incidents, outcome.confirmed)
    counts.row.texts = sum(outcome.gateway_counts.values())
    _count_notifications(counts, outcome.incidents, outcome.messages)
    _count_texts(counts, outcome.messages, outcome.gateway_counts)
    for incident in outcome.incidents:
        for fault in find_step_faults(incident, definitions[incident.alert.id]):
            counts.add("missteps", f"{incident.id}: {fault}")
    _count_replies(counts, outcome.incidents, definitions, outcome.given)
    return counts


def _count_incidents(counts: AlertCounts, incidents: Sequence[Incident], confirmed: Iterable[str]) -> None:
    row = counts.row
    row.incidents = len(incidents)
    for incident in incidents:
        row.taken += incident.acknowledged_at is not None
        if incident.state in ENDS:
            setattr(row, incident.state, getattr(row, incident.state) + 1)
        else:
            counts.add("unended", f"{incident.id} is {incident.state}")
    raised = {cause.name for incident in incidents for cause in incident.causes.values()}
    for name in sorted(set(confirmed) - raised):
        counts.add("not_raised", name)


def _count_notifications(counts: AlertCounts, incidents: Sequence[Incident], messages: Sequence[MessageRow]) -> None:
    """Compare notifications with messages."""
    by_reference = {message.reference: message for message in messages}
    known: set[str] = set()
    for incident in incidents:
        for each in incident.notifications:
            counts.row.notifications += 1
            reference = incident.reference(each)
            known.add(reference)
            if fault := _fault_of(each, by_reference.get(reference)):
                counts.add("lost", f"{incident.id}, notification {each.number}, {each.kind}: {fault}")
    for message in messages:
        if (message.parent or message.reference) not in known and not _OTHER_ANSWERS.search(message.key[2]):
            counts.add("unexplained", f"message {message.reference}, {message.key[2]}")


def _fault_of(notification: Notification, message: MessageRow | None) -> str:
    """Return what is wrong with a notification, or nothing."""
    progress = notification.progress
    has_left = progress in LEFT or progress is Progress.UNDELIVERED
    if progress is Progress.PLANNED:
        return "it is not sent" if not notification.is_withdrawn else "nobody knows whether it was withdrawn"
    if has_left and message is None:
        return f"it is {progress} without a message"
    if message and not has_left and message.status in ARRIVED:
        return f"it is {progress}, and its message {message.status}"
    return ""


def _count_texts(counts: AlertCounts, messages: Sequence[MessageRow], gateway_counts: Mapping[MessageKey, int]) -> None:
    """Compare messages with what the gateways accepted. A route's own message is at none: its attempts are."""
    sent = [message for message in messages if message.key[0] in TITLES]
    arrived = Counter(message.key for message in sent if message.status in ARRIVED and not message.is_response)
    responses = Counter(message.key for message in sent if message.is_response)
    possible = Counter(message.key for message in sent if message.status != REJECTED)
    for key in arrived.keys() | responses.keys() | gateway_counts.keys():
        copies = gateway_counts.get(key, 0)
        counts.row.cut_off += min(max(arrived[key] + responses[key] - copies, 0), responses[key])
        for _ in range(arrived[key] - copies):
            counts.add("lost", f"no gateway has {key}")
        for _ in range(copies - max(possible[key], 1)):
            counts.add("doubled", f"{copies} times at the gateway: {key}")
        if not possible[key]:
            counts.add("unexplained", f"at the gateway without a message: {key}")


# -- replies -----------------------------------------------------------------------------------------------------------


def _count_replies(
    counts: AlertCounts,
    incidents: Sequence[Incident],
    definitions: Mapping[str, PlannedAlert],
    given: Iterable[GivenReply],
) -> None:
    """Look for what each reply that names an incident brought about."""
    by_name = {cause.name: incident for incident in incidents for cause in incident.causes.values()}
    for reply in given:
        found, name = _REPLY.fullmatch(reply.text), _NAME.search(reply.asked)
        if not found or not name or reply.text not in reply.asked or reply.status != HTTPStatus.OK:
            continue
        incident, at = by_name.get(name[0]), reply.at.timestamp()
        if incident is None:
            counts.add("forgotten", f"{reply.text} to {name[0]}, which no incident has")
        elif incident.ended_at is None or incident.ended_at > at + _SAME_TIME:
            is_ample = definitions[incident.alert.id].options["max_segments"] == AMPLE
            for fault in _reply_faults(incident, f"+{reply.number}", found[1], at, is_ample=is_ample):
                counts.add("forgotten", f"{incident.id}, {reply.text}: {fault}")


def _reply_faults(incident: Incident, number: str, word: str, at: float, *, is_ample: bool) -> Iterator[str]:
    """Yield what is wrong after a reply from a phone. Without ample segments, it may have no text as its effect."""
    to_phone = [each for each in incident.notifications if each.target.id == number]
    kinds = {each.kind for each in to_phone}
    if kinds.isdisjoint(_EFFECTS[word]):
        if is_ample:
            yield "it has no effect"
        return
    # Who cannot take it while somebody else does is asked again if that one gives it back. So is who takes it later on.
    if word == "NO" and (Kind.DECLINED not in kinds or Kind.THANKS in kinds):
        return
    for asking in to_phone:
        if asking.kind in ASKING and asking.planned_at > at and not _is_asked_again(incident, asking, word, at):
            yield f"notification {asking.number}, {asking.kind}, asks the phone again"


def _is_asked_again(incident: Incident, asking: Notification, word: str, at: float) -> bool:
    """Return True if something made the incident ask who took it since a moment: time, a cause, or its owner."""
    if word == "NO":
        return False
    again = (Kind.AGAIN, Kind.ALSO, Kind.DECLINED)
    since = [each for each in incident.notifications[: asking.number] if each.planned_at > at - _SAME_TIME]
    return any(each.kind in again for each in since) or asking.planned_at - at >= _ACKNOWLEDGED_FOR


def format_alert_row(row: AlertRow) -> str:
    """Format a heading and the counts."""
    names = [each.name for each in fields(AlertRow)]
    cells = [names, [str(getattr(row, name)) for name in names]]
    return align([[cell.replace("_", " ") for cell in line] for line in cells])
