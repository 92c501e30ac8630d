"""What an alert is, and one activation of it, the incident.

Moments and durations are in seconds. A moment is in the time of the run: it begins as Unix time, and then runs evenly,
also if the clock is set. stored.py turns it into Unix time and back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

# -- the alert, as the user defined it ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Whom a step asks, and how long it waits for an answer."""

    # The ids of responders.
    responders: tuple[str, ...]
    # From the first text that a provider accepted.
    wait: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a responder is reached: a phone number, or something that shows a push notification."""

    # A number in E.164, or the id of what shows a push notification.
    id: str = field(repr=False)
    is_text: bool = True
    # The entry id of the account or route that texts it.
    messenger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """A person whom a step names, as they can be reached now."""

    id: str
    name: str = field(repr=False)
    # Responders with the same are one person: who declines with one phone is not asked on another. Empty: unknown.
    person: str = field(default="", repr=False)
    # Empty if they cannot be reached.
    targets: tuple[Target, ...] = ()
    # How much longer nothing is sent to them, because of their quiet hours. 0.0 if the alert is urgent.
    quiet_for: float = 0.0
    # Whether they have no targets because all of their phones opted out.
    has_opted_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The definition of an alert, with its responders as they can be reached now."""

    id: str
    name: str = field(repr=False)
    steps: tuple[Step, ...] = ()
    # By their ids.
    responders: Mapping[str, Responder] = field(default_factory=dict, repr=False)
    # How often the steps are gone through.
    rounds: int = 2
    # How long a cause must be on before it counts.
    hold: float = 0.0
    # How often everybody told is reminded; 0.0 never.
    remind_every: float = 300.0
    # How long an acknowledgment lasts if the cause is still on.
    acknowledged_for: float = 1800.0
    # How long all causes must be off.
    cleared_after: float = 60.0
    # Whether everybody told hears of the end.
    all_clear: bool = True
    # Whether quiet hours, daily limit and budget do not hold it back.
    urgent: bool = True
    # The most segments of one incident. Further causes add some.
    max_segments: int = 50

    def same(self, responder_id: str) -> frozenset[str]:
        """Return the ids of the responders who are the same person as one of them, with its own."""
        known = self.responders.get(responder_id)
        person = known.person if known else ""
        others = (each.id for each in self.responders.values() if person and each.person == person)
        return frozenset({responder_id, *others})


# Each further cause adds so many segments to the most segments of an incident, and all of them together at most these.
FURTHER_SEGMENTS, MAX_FURTHER_SEGMENTS = 10, 30


# -- the incident ------------------------------------------------------------------------------------------------------


class State(StrEnum):
    """What an incident is."""

    IDLE = "idle"
    # A cause is on, but not long enough yet.
    PENDING = "pending"
    ALERTING = "alerting"
    # Somebody takes care.
    ACKNOWLEDGED = "acknowledged"
    # All rounds are over, and nobody took it.
    EXHAUSTED = "exhausted"
    CLOSED = "closed"


# The incident is open: people are asked, or were asked and the cause lasts.
OPEN = frozenset({State.ALERTING, State.ACKNOWLEDGED, State.EXHAUSTED})


class EndReason(StrEnum):
    """Why an incident is closed."""

    # All causes went off.
    CLEARED = "cleared"
    # Somebody cleared it by hand.
    BY_HAND = "by_hand"
    # What was raised by an action lasted a day, or a drill half an hour.
    EXPIRED = "expired"
    # It was switched off, disabled or removed.
    UNWATCHED = "unwatched"
    # The drill ended because a real cause came.
    INTERRUPTED = "interrupted"


class Timing(StrEnum):
    """What an incident waits for."""

    # A step is at least this long.
    GAP = "gap"
    # The texts of the step must be accepted.
    ACCEPT = "accept"
    # Somebody of the step must answer.
    WAIT = "wait"
    # Quiet hours of everybody in the step.
    QUIET = "quiet"
    REMIND = "remind"
    # An acknowledgment lasts.
    ACKNOWLEDGED = "acknowledged"
    # The owner was asked again and must answer.
    OWNER = "owner"
    # Nobody took it, and everybody is texted again.
    EXHAUSTED = "exhausted"
    # All causes are off.
    CLEAR = "clear"
    # The incident ends by itself.
    END = "end"


@dataclass(frozen=True, slots=True)
class Timer:
    """Some seconds from a moment on."""

    since: float
    seconds: float

    @property
    def due(self) -> float:
        """The moment when they are over."""
        return self.since + self.seconds


# The id of what the action raise_alert raised begins so. No entity id has a space.
ACTION = "action "
# The id of an entity that is unavailable for too long, as a cause, ends so.
UNAVAILABLE = " unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that raises the alert: an entity that is on, or an action that was called."""

    # An entity id, or ACTION and a number.
    id: str
    name: str = field(repr=False)
    is_on: bool = True
    # Until it is over, the cause does not count yet. None: it counts.
    hold: Timer | None = None

    @property
    def is_by_hand(self) -> bool:
        """Return True if it lasts until somebody clears it, at most for a day."""
        return self.id.startswith(ACTION)


class Skipped(StrEnum):
    """Why a drill does not ask a person."""

    QUIET_HOURS = "quiet_hours"
    OPTED_OUT = "opted_out"
    # There is no number and no app.
    UNREACHABLE = "unreachable"


class Kind(StrEnum):
    """What a notification says."""

    # They ask people to take it.
    ALERT = "alert"
    ESCALATED = "escalated"
    ALSO = "also"
    REMINDER = "reminder"
    AGAIN = "again"
    DRILL = "drill"
    # They answer people.
    THANKS = "thanks"
    TAKEN = "taken"
    DECLINED = "declined"
    SORRY = "sorry"
    DRILL_THANKS = "drill_thanks"
    # They end it.
    LIMIT = "limit"
    CLEAR = "clear"
    OFF = "off"


ASKING = frozenset({Kind.ALERT, Kind.ESCALATED, Kind.ALSO, Kind.REMINDER, Kind.AGAIN, Kind.DRILL, Kind.LIMIT})
CLOSING = frozenset({Kind.CLEAR, Kind.OFF})


class Progress(StrEnum):
    """How far a notification is."""

    # The provider has not accepted it yet.
    PLANNED = "planned"
    # A push notification never gets further: nobody says whether it arrives.
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    # It may have left.
    UNCERTAIN = "uncertain"
    UNDELIVERED = "undelivered"
    # Refused, or there was nothing to send it through.
    FAILED = "failed"
    # It was withdrawn and did not leave.
    CANCELLED = "cancelled"


LEFT = frozenset({Progress.ACCEPTED, Progress.DELIVERED, Progress.UNCERTAIN})
FREE = frozenset({Progress.FAILED, Progress.CANCELLED})
FINAL = FREE | {Progress.DELIVERED, Progress.UNDELIVERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One text or push notification of an incident to one target."""

    # 1, 2, 3 … in each incident. 0: it does not belong to one yet.
    number: int = 0
    kind: Kind
    responder: str
    target: Target
    # The step that it belongs to: how many were entered before. None for others, such as reminders.
    visit: int | None = None
    # The moment when it was decided.
    planned_at: float
    # What is wrong, as this notification says it; who did not answer, or who takes care.
    what: str = field(default="", repr=False)
    who: str = field(default="", repr=False)
    # What it says. Empty until it is worded.
    text: str = field(default="", repr=False)
    # The number that a reply names.
    code: int | None = None
    # The id of the text that it replies to, and the entry id of the account that received it.
    incoming: str | None = None
    account: str | None = None
    # 0 for a push notification.
    segments: int = 1
    progress: Progress = Progress.PLANNED
    # Whether it is not wanted any more.
    is_withdrawn: bool = False

    @property
    def is_waiting(self) -> bool:
        """Return True if it is wanted and has not left."""
        return self.progress is Progress.PLANNED and not self.is_withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One activation of an alert, from its first cause to its end. It never changes; decide returns the next one."""

    # A ULID.
    id: str
    alert: Alert
    # A secret of its own, which the buttons of its push notifications send back. Empty: it has none.
    nonce: str = field(default="", repr=False)
    state: State = State.IDLE
    is_drill: bool = False
    # In the order in which they came, by id.
    causes: Mapping[str, Cause] = field(default_factory=dict, repr=False)
    # What is wrong, in words.
    what: str = field(default="", repr=False)
    # From 0.
    round: int = 0
    step: int = 0
    # How many steps were entered.
    visits: int = 0
    # Who takes care: the id of a responder, or of another user; and the name.
    owner: str | None = None
    owner_name: str = field(default="", repr=False)
    # The ids of the responders who cannot.
    declined: frozenset[str] = frozenset()
    # The ids of the targets that were told once that their reply was not understood.
    puzzled: frozenset[str] = field(default=frozenset(), repr=False)
    notifications: tuple[Notification, ...] = ()
    timers: Mapping[Timing, Timer] = field(default_factory=dict)
    # How many causes came after the first.
    further: int = 0
    # Whether the limit of segments is reached.
    is_limited: bool = False
    # Whether everybody knows that nobody can be reached.
    is_unreachable: bool = False
    # How long all causes must be off. It grows if the alert was raised often lately.
    cleared_after: float = 60.0
    # Moments.
    raised_at: float | None = None
    acknowledged_at: float | None = None
    changed_at: float = 0.0
    ended_at: float | None = None
    end_reason: EndReason | None = None
    # A drill: the seconds until each responder answered, by id.
    answered: Mapping[str, float] = field(default_factory=dict)
    # A drill: the names of its responders, and of others who answered, by id.
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    # A drill: the responders who were not asked, by id.
    skipped: Mapping[str, Skipped] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Return True if people are asked, or were asked and the cause lasts."""
        return self.state in OPEN

    @property
    def is_over(self) -> bool:
        """Return True if it ended, or never began."""
        return self.state in (State.IDLE, State.CLOSED)

    @property
    def is_settled(self) -> bool:
        """Return True if it is over, and no notification is under way that might still leave."""
        return self.is_over and not any(each.progress is Progress.PLANNED for each in self.notifications)

    @property
    def is_caused(self) -> bool:
        """Return True if a cause is on, also one that does not count yet."""
        return any(cause.is_on for cause in self.causes.values())

    @property
    def due(self) -> float | None:
        """The moment when time alone changes it next, or None."""
        return min((timer.due for timer in self._timers()), default=None)

    def _timers(self) -> Iterator[Timer]:
        yield from self.timers.values()
        yield from (cause.hold for cause in self.causes.values() if cause.hold)

    @property
    def max_segments(self) -> int:
        """The most segments of it."""
        return self.alert.max_segments + min(FURTHER_SEGMENTS * self.further, MAX_FURTHER_SEGMENTS)

    @property
    def segments(self) -> int:
        """The segments that left, or may still leave."""
        return sum(each.segments for each in self.notifications if each.progress not in FREE)

    @property
    def told(self) -> list[Notification]:
        """The first notification that asked each target, and left or may have left."""
        first: dict[str, Notification] = {}
        for each in self.notifications:
            if each.kind in ASKING and each.progress in LEFT:
                first.setdefault(each.target.id, each)
        return list(first.values())

    def notification(self, number: int) -> Notification:
        """Return the notification with this number."""
        return self.notifications[number - 1]

    def is_first(self, notification: Notification) -> bool:
        """Return True if no earlier text that left asked the same phone."""
        earlier = self.notifications[: notification.number - 1]
        told = {each.target.id for each in earlier if each.kind in ASKING and each.progress in LEFT}
        return notification.kind in ASKING and notification.target.id not in told

    def reference(self, notification: Notification) -> str:
        """Return the reference of its message. It is always the same, so that it is sent once."""
        known = f"{self.id} {notification.number} {notification.target.id}"
        return blake2b(known.encode(), digest_size=13).hexdigest().upper()
