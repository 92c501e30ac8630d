"""What happens to an incident, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import Progress


@dataclass(frozen=True, slots=True)
class CausesChanged:
    """These entities are on now, by id with their names. What is wrong, in words."""

    on: Mapping[str, str] = field(repr=False)
    what: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """The action raise_alert was called."""

    message: str = field(repr=False)
    # The entity that is the cause, until it goes off. None: it is on until somebody clears it.
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """Somebody ended by hand what the action raised."""


@dataclass(frozen=True, slots=True)
class DrillBegan:
    """Somebody began a drill."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """An entity has a new id: a cause, or a responder."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Unwatched:
    """The alert was switched off, disabled or removed."""


class Answer(StrEnum):
    """What somebody says about an incident."""

    YES = "yes"
    NO = "no"
    # It was not understood.
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Somebody answered, by text or by hand."""

    answer: Answer
    # The id of the responder or user.
    who: str
    name: str = field(repr=False)
    # The phone that texted, the id of its text, and the entry id of the account that received it.
    target: str | None = field(default=None, repr=False)
    incoming: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Progressed:
    """There is news of a notification."""

    number: int
    progress: Progress
    segments: int = 1


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went by."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new run goes on. Nothing is known of these notifications: they were decided, and not begun."""

    lost: frozenset[int] = frozenset()


type Event = (
    CausesChanged | Raised | Cleared | Renamed | DrillBegan | Unwatched | Answered | Progressed | Ticked | Restarted
)


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a notification."""

    number: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Do not send a notification any more, if it has not left."""

    number: int


class Occasion(StrEnum):
    """What the event entity tells."""

    RAISED = "raised"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    CLOSED = "closed"
    EXHAUSTED = "exhausted"
    UNREACHABLE = "unreachable"
    LIMIT = "limit"
    DRILL_ENDED = "drill_ended"


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell automations and people in Home Assistant."""

    occasion: Occasion
    # Who it is about.
    who: str = field(default="", repr=False)


type Effect = Notify | Withdraw | Announce
