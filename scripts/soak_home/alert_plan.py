"""Plan a soak of alerts: the people, the alerts, and the kills. The same seed always gives the same plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from tests.simulator.people import ScriptedReply

ROUTE = "route"
# The accounts of the route, in their order.
ROUTE_ACCOUNTS = ("textinghouse", "group_texting")
# The numbers of each account's recipients without their last four digits. They differ from those of a usual soak.
NUMBERS = {
    "textinghouse": "+3361299",
    "textiopro": "+3461299",
    "club_texting": "+1212556",
    "group_texting": "+1212557",
    "thesmspoint": "+91981299",
    ROUTE: "+3361298",
}
ALERTS = 16
# Seconds until the provider of a reply calls again, if the home does not respond with 200.
CALL_AGAIN_AFTER = 0.3
# Seconds until somebody replies.
REPLY_AFTER = (0.0, 6.0)
# The probability that somebody sends a reply twice.
TWICE = 0.1
# How many texts a script is for.
SCRIPT_LENGTH = 400
# The shortest wait of a step, in minutes: a step takes ten seconds at least.
WAITS = (0.1, 0.2, 0.25)
# Segments that an incident does not use up here, and some that it does.
AMPLE, SCARCE = 200, 9
# How often an alert may be raised that lasts a second after its causes are off. That time doubles with each incident.
MAX_SLOW_INCIDENTS = 4
# Minimum and maximum seconds between a start and a kill during it.
START_WAIT = (0.3, 4.0)
# The same for a kill at any moment, and for one close to something that happens.
ANY_WAIT, CLOSE_WAIT = (0.0, 9.0), (0.0, 0.05)


class Habit(StrEnum):
    """How somebody replies."""

    WILLING = "willing"
    MIXED = "mixed"
    SILENT = "silent"
    # The provider refuses each text.
    REFUSED = "refused"
    # The provider accepts each text, and none arrives.
    UNREACHED = "unreached"


# The last four digits of the numbers of each habit. The simulator decides by 0006 that nothing arrives.
DIGITS = {
    Habit.WILLING: "2001",
    Habit.MIXED: "2002",
    Habit.SILENT: "2003",
    Habit.REFUSED: "2004",
    Habit.UNREACHED: "0006",
}
# What people reply, with the weight of each: as asked, without a number, with a wrong one, not understood, or nothing.
REPLIES: dict[Habit, dict[str, int]] = {
    Habit.WILLING: {"OK {n}": 8, "OK": 1, "": 3},
    Habit.MIXED: {"OK {n}": 4, "NO {n}": 4, "OK": 1, "OK 99": 1, "What is it?": 1, "": 5},
    Habit.SILENT: {"": 1},
}


@dataclass(frozen=True, slots=True)
class Person:
    """A recipient of an account or of the route."""

    # The entry id of the account or route.
    entry_id: str
    habit: Habit

    @property
    def name(self) -> str:
        """The name, which makes the entity id."""
        return f"{self.habit} {self.entry_id}".replace("_", " ")

    @property
    def entity_id(self) -> str:
        """The entity id of the recipient's notify entity."""
        return f"notify.{self.habit}_{self.entry_id}"

    @property
    def number(self) -> str:
        """The phone number (+33612992001)."""
        return NUMBERS[self.entry_id] + DIGITS[self.habit]


PEOPLE = [Person(entry_id, habit) for entry_id in NUMBERS for habit in Habit]


@dataclass(frozen=True, slots=True)
class PlannedAlert:
    """An alert of the home."""

    number: int
    # The people of each step.
    steps: Sequence[Sequence[Person]]
    options: Mapping[str, Any]

    @property
    def entry_id(self) -> str:
        """The id of its config entry."""
        return f"alert_{self.number:02}"

    @property
    def title(self) -> str:
        """The title of its config entry."""
        return f"Alert {self.number:02}"

    @property
    def causes(self) -> tuple[str, str]:
        """The entity ids of its causes."""
        return f"binary_sensor.leak_{self.number:02}", f"binary_sensor.damp_{self.number:02}"

    @property
    def sensor(self) -> str:
        """The entity id of its state."""
        return f"sensor.alert_{self.number:02}_state"

    @property
    def is_slow(self) -> bool:
        """Return True if an incident lasts a while after its causes are off."""
        return bool(self.options["cleared_after"])


class Moment(StrEnum):
    """When a home is killed."""

    START = "start"
    ANY = "any"
    # Close to the next request of the home, to the next reply, and to the next time that an alert is raised.
    REQUEST = "request"
    REPLY = "reply"
    RAISE = "raise"


MOMENTS = {Moment.START: 20, Moment.ANY: 35, Moment.REQUEST: 20, Moment.REPLY: 15, Moment.RAISE: 10}


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill."""

    moment: Moment
    # Seconds from that moment, or from the end of the start.
    wait: float


def plan_alerts(random: Random) -> list[PlannedAlert]:
    """Return the alerts. Nobody is in two steps of one alert."""
    return [_alert(number, random) for number in range(ALERTS)]


def plan_alert_kills(times: int, random: Random) -> list[Kill]:
    """Return the kills in their order. The first one is not before people were texted."""
    waits = {Moment.START: START_WAIT, Moment.ANY: ANY_WAIT}
    moments = random.choices(list(MOMENTS), list(MOMENTS.values()), k=times)
    moments[:1] = [Moment.REPLY] if times else []
    return [Kill(moment, random.uniform(*waits.get(moment, CLOSE_WAIT))) for moment in moments]


def script_of(person: Person, random: Random) -> list[ScriptedReply]:
    """Return what somebody replies to the texts that they get, one after the other."""
    replies = REPLIES.get(person.habit, {"": 1})
    texts = random.choices(list(replies), list(replies.values()), k=SCRIPT_LENGTH)
    return [
        ScriptedReply(
            text=text,
            after=random.uniform(*REPLY_AFTER),
            times=1 + (random.random() < TWICE),
            call_again_after=CALL_AGAIN_AFTER,
        )
        for text in texts
    ]


def _alert(number: int, random: Random) -> PlannedAlert:
    sizes = random.choices((1, 2, 3), (4, 3, 1), k=random.randint(1, 3))
    people = random.sample(PEOPLE, sum(sizes))
    steps = [people[sum(sizes[:place]) : sum(sizes[: place + 1])] for place in range(len(sizes))]
    alert = PlannedAlert(number, steps, {})
    stored = [{"who": [person.entity_id for person in step], "wait": random.choice(WAITS)} for step in steps]
    options = {
        "causes": list(alert.causes),
        "steps": stored,
        "rounds": random.choice((1, 2, 2)),
        "remind_every": random.choice((0, 0, 0.3)),
        "acknowledged_for": 1,
        "cleared_after": random.choice((0, 0, 1)),
        "hold": random.choice((0, 0, 1)),
        "max_segments": random.choice((AMPLE, AMPLE, AMPLE, SCARCE)),
    }
    return PlannedAlert(number, steps, options)
