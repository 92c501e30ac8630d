"""A simulated world of alerts: homes that crash, gateways with outages, people who follow habits, and a virtual clock.

A seed decides everything that happens. Whatever breaks a promise is in `World.broken`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from custom_components.texting.alerting.events import Cleared, DrillBegan, Raised, Unwatched
from custom_components.texting.alerting.model import Alert, Incident, Progress, Responder, Step, Target
from tests.alerting.home import Boundary, Change, Crash, Disk, Home
from tests.alerting.network import DAY, HOUR, MINUTE, SILENT, Gateway, Incoming, Mode, Network, Person, Timeline
from tests.alerting.promises import Promises

GATEWAYS = (
    Gateway("north", has_dates=True, names=True),
    Gateway("east"),
    Gateway("south", names=True),
    Gateway("west"),
)


@dataclass
class Plan:
    """When a home is killed: the time that it reaches a boundary, counted from 1."""

    boundary: Boundary
    time: int


class World:
    """Everything. It also is the network's way to the home, which may be off."""

    def __init__(self, seed: int, *, alerts: int = 2, phones: int = 4, plan: Plan | None = None) -> None:
        self.rng = Random(seed)  # noqa: S311  nothing secret
        self.timeline = Timeline()
        self.disk = Disk()
        self.network = Network(self.rng, self.timeline, self)
        self.network.gateways = {each.name: replace(each) for each in GATEWAYS}
        self.promises = Promises(self)
        self.home: Home | None = None
        # How far the clock on the wall is from the true time, in seconds.
        self.clock_error = 0.0
        self.crashes: Counter[Boundary] = Counter()
        self._plan = plan
        self._reached: Counter[Boundary] = Counter()
        self._ids = 0
        # Whether also incidents whose texts are all settled are loaded at a start. Homes do not.
        self.keeps_all = True
        # Until when the alerts that are not urgent are quiet for each responder, in true time.
        self.quiet_until: dict[str, float] = {}
        self.responders = self._people(phones)
        self.alerts = {f"alert {place}": self._alert(f"alert {place}") for place in range(alerts)}
        self.on: dict[str, dict[str, str]] = {alert_id: {} for alert_id in self.alerts}
        self.is_armed = dict.fromkeys(self.alerts, True)
        self._numbers = {target.id: each for each in self.responders.values() for target in each.targets}
        self.start_home()

    @property
    def broken(self) -> list[str]:
        """What broke a promise, in words."""
        return self.promises.broken

    # -- who and what there is -----------------------------------------------------------------------------------------

    def _people(self, phones: int) -> dict[str, Responder]:
        people: dict[str, Responder] = {}
        for place in range(phones):
            number = f"+3360000{place:04}"
            self.network.people[number] = Person(number)
            gateway = GATEWAYS[place % len(GATEWAYS)].name
            targets: tuple[Target, ...] = (Target(id=number, messenger=gateway),)
            if place % 4 == 3:
                targets += (Target(id=f"app {place}", is_text=False),)
            people[f"person {place}"] = Responder(id=f"person {place}", name=f"Person{place}", targets=targets)
        return people

    def _alert(self, alert_id: str) -> Alert:
        rng, names = self.rng, list(self.responders)
        steps = [
            Step(responders=tuple(rng.sample(names, rng.choice((1, 1, 2)))), wait=rng.choice((60.0, 300.0)))
            for _ in range(rng.choice((1, 2, 3)))
        ]
        return Alert(
            id=alert_id,
            name=alert_id.title(),
            steps=tuple(steps),
            responders=self.responders,
            rounds=rng.choice((1, 2, 2, 3)),
            hold=rng.choice((0.0, 0.0, 0.0, 30.0)),
            remind_every=rng.choice((0.0, 300.0, 600.0)),
            acknowledged_for=rng.choice((600.0, 1800.0)),
            all_clear=rng.random() < 0.9,
            urgent=rng.random() < 0.8,
            max_segments=rng.choice((8, 20, 50, 50)),
        )

    def definition(self, alert_id: str) -> Alert:
        """Return an alert, with its responders as they can be reached now."""
        alert, now = self.alerts[alert_id], self.timeline.now
        stopped = self.disk.opted_out
        if not stopped and (alert.urgent or not self.quiet_until):
            return alert
        people = {
            each.id: replace(
                each,
                targets=tuple(target for target in each.targets if target.id not in stopped),
                quiet_for=0.0 if alert.urgent else max(0.0, self.quiet_until.get(each.id, 0.0) - now),
            )
            for each in alert.responders.values()
        }
        return replace(alert, responders=people)

    def responder_of(self, number: str) -> Responder | None:
        """Return who has a phone."""
        return self._numbers.get(number)

    def new_id(self) -> str:
        """Return the id of a new incident."""
        self._ids += 1
        return f"incident {self._ids}"

    def wall(self) -> float:
        """Return what the clock on the wall shows, in Unix seconds."""
        return self.timeline.now + self.clock_error

    # -- time, crashes and starts --------------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.timeline.now + seconds
        while act := self.timeline.next(until):
            self.do(act)

    def do(self, act: Callable[[], object]) -> None:
        """Do something, in which the home may crash."""
        try:
            act()
        except Crash:
            self.kill(self.rng.choice((5.0, 60.0, 600.0, 2 * HOUR)))

    def reach(self, boundary: Boundary) -> None:
        """Crash here, if that is the plan."""
        self._reached[boundary] += 1
        plan = self._plan
        if plan and plan.boundary is boundary and plan.time == self._reached[boundary] and not self.disk.is_full:
            self.crashes[boundary] += 1
            raise Crash

    def kill(self, seconds: float) -> None:
        """End the home at once. It starts again after some seconds."""
        self.home = None
        self.timeline.after(seconds, self.start_home)

    def start_home(self) -> None:
        """Start the home, if it is off."""
        if self.home is None:
            self.home = Home(self)
            self.home.start()

    # -- what happens --------------------------------------------------------------------------------------------------

    def switch(self, alert_id: str, cause: str, *, on: bool) -> None:
        """Switch a cause on or off. A home that is off hears of it when it starts."""
        causes = self.on[alert_id]
        if on:
            causes[cause] = f"{cause.title()} of {alert_id}"
            self.promises.began(alert_id, causes[cause])
        elif cause in causes:
            self.promises.stopped(causes.pop(cause))
        if self.home:
            self.home.tell_causes(alert_id)

    def by_hand(self, alert_id: str, deed: str) -> None:
        """Let somebody in Home Assistant do something."""
        home = self.home
        if home is None:
            return
        is_live = alert_id in home.live
        if deed == "raise" and self.is_armed[alert_id]:
            home.act(alert_id, Raised(f"Call {self.rng.randrange(3)}"))
            home.tell_causes(alert_id)
        elif deed == "clear" and is_live:
            home.act(alert_id, Cleared())
            home.tell_causes(alert_id)
        elif deed == "drill" and not is_live and self.is_armed[alert_id] and not self.on[alert_id]:
            home.act(alert_id, DrillBegan())
        elif deed == "arm":
            self.is_armed[alert_id] = not self.is_armed[alert_id]
            if self.is_armed[alert_id]:
                home.tell_causes(alert_id)
            elif is_live:
                home.act(alert_id, Unwatched())

    def set_disk(self, *, is_full: bool) -> None:
        """Fill the disk, or make room on it."""
        self.disk.is_full = is_full
        if self.home and not is_full:
            self.home.save()

    # -- the network's way to the home ---------------------------------------------------------------------------------

    def hear(self, text: Incoming) -> bool:
        """Bring a text of a phone."""
        if self.home is None or self.disk.is_full:
            return False
        self.home.hear(text)
        return True

    def report(self, reference: str, progress: Progress) -> bool:
        """Bring a report."""
        if self.home is None:
            return False
        self.home.report(reference, progress)
        return True

    # -- who watches ---------------------------------------------------------------------------------------------------

    def watch(self, change: Change) -> None:
        """Hold a decision against the promises."""
        self.promises.decided(change)

    def watch_reply(self, text: Incoming, incident_id: str | None) -> None:
        """Hold the match of a reply against the promises."""
        self.promises.replied(text, incident_id)

    def note(self, incident: Incident, effect: object) -> None:
        """Hold an effect against the promises."""
        self.promises.ran(incident, effect)

    def forget_old(self) -> None:
        """Check the incidents that ended days ago, and forget them."""
        home = self.home
        assert home
        now, old = home.now(), []
        for incident in home.incidents.values():
            if incident.ended_at and incident.is_settled and incident.ended_at < now - 2 * DAY:
                self.promises.check_end(incident)
                old.append(incident.id)
        for incident_id in old:
            del home.incidents[incident_id], self.disk.rows[incident_id]
        gone = set(old)
        self.disk.texts = {key: text for key, text in self.disk.texts.items() if text.incident not in gone}
        for person in self.network.people.values():
            person.got = [got for got in person.got if got.text.incident not in gone]

    # -- the end -------------------------------------------------------------------------------------------------------

    def calm_down(self) -> None:
        """Mend everything, switch all causes off, and wait until everything is over."""
        self.set_disk(is_full=False)
        for gateway in self.network.gateways.values():
            gateway.mode = Mode.WORKS
        for person in self.network.people.values():
            person.is_off = False
            person.habits = SILENT
        self.run(3 * HOUR)
        self.do(self.start_home)
        for alert_id in self.alerts:
            for cause in list(self.on[alert_id]):
                self.do(partial(self.switch, alert_id, cause, on=False))
        self.run(3 * DAY)
        self.promises.ended()


def play(world: World, events: int) -> None:
    """Let random events happen, with time between them."""
    rng, alerts = world.rng, list(world.alerts)
    deeds: Mapping[str, int] = {
        "on": 24,
        "off": 16,
        "time": 24,
        "gateway": 8,
        "all gateways": 2,
        "phone": 3,
        "kill": 4,
        "clock": 2,
        "disk": 2,
        "quiet": 2,
        "raise": 3,
        "clear": 3,
        "drill": 2,
        "arm": 2,
    }
    for _ in range(events):
        (deed,) = rng.choices(list(deeds), list(deeds.values()))
        alert_id = rng.choice(alerts)
        world.do(partial(_do, world, deed, alert_id))
        world.run(rng.choice((0.0, 1.0, 15.0, 70.0, 400.0, 1200.0)))


def _do(world: World, deed: str, alert_id: str) -> None:
    if deed in ("on", "off"):
        world.switch(alert_id, world.rng.choice(("water", "smoke", "door")), on=deed == "on")
    elif deed in _ACTS:
        _ACTS[deed](world)
    else:
        world.by_hand(alert_id, deed)


def _change_gateway(world: World) -> None:
    world.rng.choice(list(world.network.gateways.values())).mode = world.rng.choice(list(Mode))


def _change_gateways(world: World) -> None:
    mode = world.rng.choice(list(Mode))
    for gateway in world.network.gateways.values():
        gateway.mode = mode


def _switch_phone(world: World) -> None:
    person = world.rng.choice(list(world.network.people.values()))
    person.is_off = not person.is_off


def _kill(world: World) -> None:
    if world.home and not world.disk.is_full:
        world.kill(world.rng.choice((5.0, 60.0, 600.0, 2 * HOUR, 30 * HOUR)))


def _set_clock(world: World) -> None:
    world.clock_error = world.rng.choice((0.0, DAY, -DAY, HOUR, -HOUR, 30.0))


def _be_quiet(world: World) -> None:
    until = world.timeline.now + world.rng.choice((10 * MINUTE, 8 * HOUR))
    world.quiet_until[world.rng.choice(list(world.responders))] = until


_ACTS: Mapping[str, Callable[[World], None]] = {
    "time": lambda world: world.run(world.rng.choice((MINUTE, 10 * MINUTE, HOUR, 7 * HOUR))),
    "gateway": _change_gateway,
    "all gateways": _change_gateways,
    "phone": _switch_phone,
    "kill": _kill,
    "clock": _set_clock,
    "disk": lambda world: world.set_disk(is_full=not world.disk.is_full),
    "quiet": _be_quiet,
}
