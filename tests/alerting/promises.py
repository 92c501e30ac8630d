"""The promises of alerts, held against everything that happens in a simulated world (alerts: invariants)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custom_components.texting.alerting.events import Announce, Notify, Occasion
from custom_components.texting.alerting.model import (
    ASKING,
    CLOSING,
    FREE,
    EndReason,
    Incident,
    Kind,
    Notification,
    Progress,
    State,
    Timing,
)
from custom_components.texting.inbound.open_items import CODE_REST
from tests.alerting.home import Change
from tests.alerting.network import DAY, Incoming, Text

if TYPE_CHECKING:
    from tests.alerting.world import World

# A cause that was on for so long must have been told, in seconds of a home that runs.
SOON = 180.0
# Announcements that show in Home Assistant that not everybody hears of a cause.
SHOWN = frozenset({Occasion.UNREACHABLE, Occasion.LIMIT, Occasion.EXHAUSTED})


@dataclass(slots=True)
class Story:
    """What is noted of one incident."""

    shown: Counter[Occasion] = field(default_factory=Counter)
    # When each cause counted, by its name, and when the incident ended, in true time.
    counted: dict[str, float] = field(default_factory=dict)
    ended: float = 0.0
    # The notifications that tell of each cause, by its name.
    telling: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


class Promises:
    """Watches a world. Each broken promise is a sentence in `broken`."""

    def __init__(self, world: World) -> None:
        self.broken: list[str] = []
        self.stories: dict[str, Story] = defaultdict(Story)
        self.decisions = 0
        # Seconds from each cause to the first notification that begins, and to the first text that left, in true time.
        self.begun_after: list[float] = []
        self.left_after: list[float] = []
        self.ends: Counter[str] = Counter()
        self.texts = self.segments = 0
        self._world = world
        # When each cause went on, by its name, until that.
        self._begins: dict[str, float] = {}
        self._leaves: dict[str, float] = {}

    def _break(self, what: str) -> None:
        self.broken.append(f"{self._world.timeline.now:.1f}: {what}")

    # -- while it runs -------------------------------------------------------------------------------------------------

    def began(self, alert_id: str, name: str) -> None:
        """Note that a cause went on."""
        if self._world.home and self._world.is_armed[alert_id]:
            self._begins[name] = self._leaves[name] = self._world.timeline.now

    def stopped(self, name: str) -> None:
        """Note that a cause went off. If nobody was told by then, nothing is measured."""
        self._begins.pop(name, None)
        self._leaves.pop(name, None)

    def decided(self, change: Change) -> None:
        """Check one decision."""
        self.decisions += 1
        after = change.after
        self._note(change, self.stories[after.id])
        for check in _CHECKS:
            for what in check(change):
                self._break(f"{after.id} ({after.state}), {type(change.event).__name__}: {what}")

    def _note(self, change: Change, story: Story) -> None:
        """Note what the end is checked by."""
        after, now = change.after, self._world.timeline.now
        story.shown.update(effect.occasion for effect in change.effects if isinstance(effect, Announce))
        counted = [cause.name for cause in after.causes.values() if cause.hold is None and cause.is_on]
        for name in counted if after.is_open else ():
            story.counted.setdefault(name, now)
        if after.is_over and not change.before.is_over:
            story.ended = now
        for each in _new(change):
            if each.kind in ASKING:
                for name in [cause.name for cause in after.causes.values() if cause.name in each.what]:
                    story.telling[name].append(each.number)

    def ran(self, incident: Incident, effect: object) -> None:
        """Check an effect against what is on the disk."""
        if not isinstance(effect, Notify):
            return
        notification = incident.notification(effect.number)
        row = self._world.disk.rows.get(incident.id)
        is_committed = row is not None and len(row[0].notifications) >= effect.number
        if not is_committed and not self._world.disk.is_full:
            self._break(f"{incident.id}: {effect} before the commit")
        for name in [name for name in self._begins if name in notification.what]:
            self.begun_after.append(self._world.timeline.now - self._begins.pop(name))

    def left(self, text: Text) -> None:
        """Note that a gateway has a text."""
        for name in [name for name in self._leaves if name in text.body]:
            self.left_after.append(self._world.timeline.now - self._leaves.pop(name))

    def replied(self, text: Incoming, incident_id: str | None) -> None:
        """Check which incident a reply was for."""
        home = self._world.home
        assert home
        told: dict[int, str] = {}
        # A number is not remembered for longer, by a clock that may have jumped by two days. Then it is like any word.
        rested = self._world.timeline.now - CODE_REST + 2 * DAY
        for got in self._world.network.people[text.sender].got:
            if got.text.code is not None and got.at > rested:
                told[got.text.code] = got.text.incident
        words = text.body.split()
        code = int(words[-1]) if words and words[-1].isdecimal() else None
        if code in told and told[code] in home.live.values() and incident_id != told[code]:
            incident = home.incidents[told[code]]
            if incident.is_open:
                self._break(f'"{text.body}" went to {incident_id}, but {code} is {told[code]}')
        elif code in told and told[code] != incident_id and incident_id and home.code(incident_id, text.sender) != code:
            self._break(f'"{text.body}" names {told[code]}, which is over, and went to {incident_id}')
        if code is None and incident_id and not text.named:
            heard = [each for each in set(told.values()) if home.incidents.get(each) and home.incidents[each].is_open]
            if len(heard) > 1 and text.age is None:
                self._break(f'"{text.body}" names none of {len(heard)} and went to {incident_id}')

    # -- at the end ----------------------------------------------------------------------------------------------------

    def ended(self) -> None:
        """Check what must hold once everything is over."""
        for reference, times in self._world.network.taken.items():
            if times > 1:
                self._break(f"{reference} was taken {times} times")
        home = self._world.home
        if home is None:
            self._break("The home is off.")
            return
        for incident in home.incidents.values():
            self.check_end(incident)

    def check_end(self, incident: Incident) -> None:
        """Check what must hold of an incident once it is over, and count it."""
        for what in self._check_end(incident):
            self._break(f"{incident.id} ({incident.end_reason}): {what}")
        self.ends[incident.end_reason or "open"] += 1
        self.texts += sum(each.target.is_text and each.progress not in FREE for each in incident.notifications)
        self.segments += incident.segments
        self.stories.pop(incident.id, None)

    def _check_end(self, incident: Incident) -> Iterator[str]:
        story = self.stories[incident.id]
        if not incident.is_over:
            yield f"it never ended: {incident.state} {dict(incident.timers)}"
        for each in incident.notifications:
            if each.target.is_text and each.progress is Progress.PLANNED and not each.is_withdrawn:
                yield f"text {each.number} ({each.kind}) still waits"
        yield from self._untold(incident, story)
        yield from self._unclosed(incident)

    def _untold(self, incident: Incident, story: Story) -> Iterator[str]:
        """Yield the causes that nobody heard of, although there was time, and that nothing showed."""
        if incident.is_drill or not incident.ended_at or story.shown & Counter(SHOWN):
            return
        # After a day, by a clock that may have jumped, one that is still on begins another incident.
        if incident.end_reason is EndReason.EXPIRED:
            return
        for name, at in story.counted.items():
            telling = [incident.notification(number) for number in story.telling[name]]
            is_told = any(each.progress is not Progress.CANCELLED for each in telling)
            if not is_told and story.ended - at > SOON and not self._is_quiet(incident):
                yield f"nobody heard of {name} in {story.ended - at:.0f} s"

    def _is_quiet(self, incident: Incident) -> bool:
        return bool(self._world.quiet_until) and not incident.alert.urgent

    def _unclosed(self, incident: Incident) -> Iterator[str]:
        """Yield the phones that were told, and not of the end."""
        if incident.is_drill or not incident.ended_at or not incident.alert.all_clear:
            return
        closed = {each.target.id for each in incident.notifications if each.kind in CLOSING}
        for told in incident.told:
            if told.target.id in self._world.disk.opted_out:
                continue
            texts = [each for each in incident.notifications if each.target.id == told.target.id]
            is_recent = any(each.kind in ASKING and incident.ended_at - each.planned_at < DAY / 2 for each in texts)
            if is_recent and told.target.id not in closed:
                yield f"{told.target.id} did not hear of the end"


# -- each decision -----------------------------------------------------------------------------------------------------


def _segments(change: Change) -> Iterator[str]:
    after = change.after
    if after.segments > after.max_segments:
        yield f"{after.segments} segments of {after.max_segments}"


def _new(change: Change) -> list[Notification]:
    return list(change.after.notifications[len(change.before.notifications) :])


def _end(change: Change) -> Iterator[str]:
    """After the end only closing texts are decided, and none of them twice."""
    if change.before.state is State.CLOSED or change.after.state is State.CLOSED:
        for each in _new(change):
            if each.kind not in CLOSING:
                yield f"{each.kind} is decided after the end"
    if change.after.state is State.CLOSED:
        for each in change.after.notifications:
            if each.kind in ASKING and each.is_waiting and each.target.is_text:
                yield f"text {each.number} ({each.kind}) still waits"
        to = Counter(each.target.id for each in change.after.notifications if each.kind in CLOSING)
        if any(times > 1 for times in to.values()):
            yield "a phone hears of the end twice"


def _is_alive(change: Change) -> Iterator[str]:
    after = change.after
    if not after.is_open:
        return
    waits = any(each.is_waiting and each.target.is_text for each in after.notifications)
    if after.due is None and not waits:
        yield "nothing goes on"
    # Clocks of the run never go back, so nothing is due long ago.
    if after.timers and min(timer.due for timer in after.timers.values()) < change.now - 1.0:
        late = {timing: change.now - timer.due for timing, timer in after.timers.items() if timer.due < change.now - 1}
        yield f"late: {late}"


def _steps(change: Change) -> Iterator[str]:
    """No step is repeated or skipped in a round."""
    before, after = change.before, change.after
    if after.is_drill or after.visits == before.visits or after.state is not State.ALERTING:
        return
    here, there = (before.round, before.step), (after.round, after.step)
    if before.state is not State.ALERTING:
        if there != (0, 0):
            yield f"it begins at {there}"
        return
    steps = len(after.alert.steps)
    following = (before.round, before.step + 1) if before.step + 1 < steps else (before.round + 1, 0)
    if there != following and not (there == here and Timing.QUIET in before.timers):
        yield f"from {here} to {there} of {steps} steps"


def _phones(change: Change) -> Iterator[str]:
    """At most one text that asks waits for a phone."""
    after = change.after
    waiting = [each.target.id for each in after.notifications if each.is_waiting and each.kind in ASKING]
    to = Counter(number for number in waiting if number.startswith("+"))
    if any(times > 1 for times in to.values()):
        yield "two texts wait for one phone"


def _owner(change: Change) -> Iterator[str]:
    """Who takes care is known, and nobody else is asked."""
    after = change.after
    if (after.state is State.ACKNOWLEDGED) != (after.owner is not None) and after.is_open:
        yield f"the owner is {after.owner}"
    if after.state is State.ACKNOWLEDGED:
        for each in _new(change):
            if each.kind in ASKING - {Kind.LIMIT} and each.responder != after.owner:
                yield f"{each.kind} to {each.responder}, but {after.owner} takes care"


def _declined(change: Change) -> Iterator[str]:
    """Who cannot is asked no more, unless nobody can."""
    after = change.after
    everybody = {each for step in after.alert.steps for each in step.responders}
    if everybody <= after.declined:
        return
    for each in _new(change):
        if each.kind in ASKING - {Kind.LIMIT} and each.responder in after.declined:
            yield f"{each.kind} to {each.responder}, who declined"


def _effects(change: Change) -> Iterator[str]:
    """Each effect names what the incident holds, and each new notification is begun once."""
    begun = [effect.number for effect in change.effects if isinstance(effect, Notify)]
    if len(set(begun)) != len(begun):
        yield f"begun twice: {begun}"
    for number in begun:
        if change.after.notification(number).progress is not Progress.PLANNED:
            yield f"{number} is begun, but it is {change.after.notification(number).progress}"
    new = {each.number for each in _new(change) if each.is_waiting}
    if new - set(begun):
        yield f"not begun: {new - set(begun)}"


_CHECKS = (_segments, _end, _is_alive, _steps, _phones, _owner, _declined, _effects)
