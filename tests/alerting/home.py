"""A simulated home: it drives decide as the engine of an alert does, and what it holds ends with a crash.

The order of each change: decide, commit, effects, news. What the disk holds is in Disk.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from custom_components.texting.alerting.events import (
    Announce,
    Answered,
    CausesChanged,
    Event,
    Notify,
    Progressed,
    Restarted,
    Ticked,
    Withdraw,
)
from custom_components.texting.alerting.machine import decide
from custom_components.texting.alerting.model import LEFT, Incident, Notification, Progress
from custom_components.texting.alerting.reply_choices import answer_of
from custom_components.texting.alerting.stored import from_row, to_row
from custom_components.texting.delivery.reply_codes import ReplyCode
from tests.alerting.matching import Matching
from tests.alerting.network import Incoming, Text

if TYPE_CHECKING:
    from tests.alerting.world import World

# The home asks a gateway that does not respond again after so long, in seconds.
RETRY = 30.0


class Crash(Exception):
    """The home is killed here."""


class Boundary(StrEnum):
    """Where a home may be killed within one change."""

    DECIDED = "after decide, before the commit"
    COMMITTED = "after the commit, before an effect"
    BETWEEN = "between two effects"
    DONE = "after an effect, before its news"


@dataclass(slots=True)
class Disk:
    """What outlives a crash."""

    # Each committed incident with the shift of its row, by its id. It becomes JSON when it is read.
    rows: dict[str, tuple[Incident, float]] = field(default_factory=dict)
    # By reference.
    texts: dict[str, Text] = field(default_factory=dict)
    # By phone and number.
    codes: dict[tuple[str, int], ReplyCode] = field(default_factory=dict)
    # The ids of texts of phones.
    taken: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)
    # Whether it takes nothing more.
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One decision, as the invariants see it."""

    now: float
    before: Incident
    event: Event
    after: Incident
    effects: tuple[object, ...]


class Home:
    """One run of Home Assistant."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._began, self._began_wall = world.timeline.now, world.wall()
        self.incidents: dict[str, Incident] = {}
        # The incident of each alert that is not over.
        self.live: dict[str, str] = {}
        self._unsaved: set[str] = set()
        self._queue: deque[tuple[str, Event, str | None]] = deque()
        self._is_busy = False
        self._ticks: dict[str, float] = {}
        self.matching = Matching(world.disk.codes.values(), self.time())

    # -- time ----------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the time of the run."""
        return self._began_wall + (self.world.timeline.now - self._began)

    def time(self) -> float:
        """Return the Unix time."""
        return self.world.wall()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later, if this run still goes on."""

        def act_if_running() -> None:
            if self.world.home is self:
                act()

        self.world.timeline.after(seconds, act_if_running)

    # -- the start -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Go on with what an earlier run left."""
        disk = self.world.disk
        for text in disk.texts.values():
            if text.progress is Progress.PLANNED and text.is_sending:
                text.progress = Progress.UNCERTAIN
            elif text.progress is Progress.PLANNED:
                self.after(0.0, partial(self._send, text))
        for committed in list(disk.rows.values()):
            row = to_row(*committed)
            incident = from_row(row, self.world.definition(row.entry_id), self.now(), self.time() - self.now())
            if incident.is_settled and not self.world.keeps_all:
                continue
            self.incidents[incident.id] = incident
            if not incident.is_over:
                self.live[incident.alert.id] = incident.id
            self._match(incident, was_open=True)
        for incident in list(self.incidents.values()):
            self._find(incident)
        for alert_id in self.world.alerts:
            self.tell_causes(alert_id)

    def _find(self, incident: Incident) -> None:
        """Find the texts of an incident. Go on with those that were decided, and not begun."""
        lost = set()
        for each in incident.notifications:
            if known := self.world.disk.texts.get(incident.reference(each)):
                self.matching.add(known)
                if known.progress is not each.progress:
                    self._queue.append((incident.id, Progressed(each.number, known.progress), None))
            elif each.progress is Progress.PLANNED:
                lost.add(each.number)
        if lost or not incident.is_over:
            self._queue.append((incident.id, Restarted(frozenset(lost)), None))
        self._drain()

    # -- events --------------------------------------------------------------------------------------------------------

    def tell_causes(self, alert_id: str) -> None:
        """Tell an alert what is on."""
        if not self.world.is_armed[alert_id]:
            return
        on = dict(self.world.on[alert_id])
        event = CausesChanged(on, ", ".join(on.values()))
        if on or alert_id in self.live:
            self.handle(self._incident_of(alert_id), event)
        # What ended a drill, or an incident of long ago, begins one of its own.
        if on and alert_id not in self.live:
            self.handle(self._incident_of(alert_id), event)

    def _incident_of(self, alert_id: str) -> str:
        """Return the id of the incident of an alert, a new one if it has none."""
        if alert_id not in self.live:
            new = Incident(
                id=self.world.new_id(),
                alert=self.world.definition(alert_id),
                cleared_after=self.world.alerts[alert_id].cleared_after,
            )
            self.incidents[new.id] = new
            self.live[alert_id] = new.id
        return self.live[alert_id]

    def act(self, alert_id: str, event: Event) -> None:
        """Let somebody do something by hand."""
        self.handle(self._incident_of(alert_id), event)

    def handle(self, incident_id: str, event: Event, incoming: str | None = None) -> None:
        """Decide one event after the other. incoming is the id of the phone's text that is committed with it."""
        self._queue.append((incident_id, event, incoming))
        self._drain()

    def _drain(self) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        while self._queue:
            self._decide(*self._queue.popleft())
        self._is_busy = False

    def _decide(self, incident_id: str, event: Event, incoming: str | None) -> None:
        before = self.incidents[incident_id]
        if not before.is_over:
            before = replace(before, alert=self.world.definition(before.alert.id))
        after, effects = decide(before, event, self.now())
        self.world.watch(Change(self.now(), before, event, after, tuple(effects)))
        self.world.reach(Boundary.DECIDED)
        self.incidents[incident_id] = after
        self._match(after, was_open=before.is_open)
        self._commit(after, incoming)
        self.world.reach(Boundary.COMMITTED)
        for place, effect in enumerate(effects):
            if place:
                self.world.reach(Boundary.BETWEEN)
            self._run(after, effect)
        if effects:
            self.world.reach(Boundary.DONE)
        if after.is_over and self.live.get(after.alert.id) == after.id:
            del self.live[after.alert.id]
        self._wait_for(after)

    def _commit(self, incident: Incident, incoming: str | None = None) -> None:
        disk = self.world.disk
        self._unsaved.add(incident.id)
        if disk.is_full:
            return
        for each in self._unsaved:
            disk.rows[each] = self.incidents[each], self.time() - self.now()
        self._unsaved.clear()
        disk.codes |= {(code.number, code.code): code for code in self.matching.to_save()}
        if incoming:
            disk.taken.add(incoming)

    def save(self) -> None:
        """Write what a full disk did not take."""
        for incident_id in list(self._unsaved):
            self._commit(self.incidents[incident_id])

    def _wait_for(self, incident: Incident) -> None:
        due = incident.due
        if due is None or incident.is_over or self._ticks.get(incident.id) == due:
            return
        self._ticks[incident.id] = due

        def tick() -> None:
            if self._ticks.get(incident.id) == due:
                del self._ticks[incident.id]
                self.handle(incident.id, Ticked())

        self.after(due - self.now(), tick)

    def _match(self, incident: Incident, *, was_open: bool) -> None:
        if incident.is_open:
            self.matching.open(incident, list(self.world.network.people), self.time())
        elif was_open:
            self.matching.close(incident, self.time())

    # -- effects -------------------------------------------------------------------------------------------------------

    def code(self, incident_id: str, phone: str) -> int | None:
        """Return the number of an incident on a phone."""
        return self.matching.code(incident_id, phone)

    def _run(self, incident: Incident, effect: object) -> None:
        self.world.note(incident, effect)
        match effect:
            case Notify(number):
                notification = self.incidents[incident.id].notification(number)
                if not notification.is_waiting:
                    self._queue.append((incident.id, Progressed(number, Progress.CANCELLED), None))
                elif notification.target.is_text:
                    self._notify(incident, notification)
                else:
                    self.after(0.1, lambda: self.handle(incident.id, Progressed(number, Progress.ACCEPTED)))
            case Withdraw(number):
                text = self.world.disk.texts.get(incident.reference(incident.notification(number)))
                if text and text.progress is Progress.PLANNED and not text.is_sending:
                    self._set(text, Progress.CANCELLED)
            case Announce():
                pass

    def _notify(self, incident: Incident, notification: Notification) -> None:
        disk, reference = self.world.disk, incident.reference(notification)
        if known := disk.texts.get(reference):
            self._tell(known)
            return
        text = Text(
            reference=reference,
            incident=incident.id,
            number=notification.number,
            kind=notification.kind,
            to=notification.target.id,
            gateway=notification.target.messenger,
            body=f"{notification.kind} {notification.what}",
            code=self.matching.code(incident.id, notification.target.id),
            created_at=self.time(),
        )
        disk.texts[reference] = text
        self.matching.add(text)
        if text.to in disk.opted_out:
            self._set(text, Progress.FAILED)
        else:
            self.after(0.0, lambda: self._send(text))

    def _send(self, text: Text) -> None:
        if text.progress is not Progress.PLANNED:
            return
        text.is_sending = True
        self.matching.update(text, self.time())
        seconds, progress = self.world.network.take(text)

        def respond() -> None:
            text.is_sending = False
            if progress is None:
                self.matching.update(text, self.time())
                self.after(RETRY, lambda: self._send(text))
                if self._is_withdrawn(text):
                    self._set(text, Progress.CANCELLED)
            elif text.progress is Progress.PLANNED:
                self._set(text, progress)

        self.after(seconds, respond)

    def _is_withdrawn(self, text: Text) -> bool:
        return self.incidents[text.incident].notification(text.number).is_withdrawn

    def _set(self, text: Text, progress: Progress) -> None:
        text.progress = progress
        if progress in LEFT:
            self.world.promises.left(text)
        self.matching.update(text, self.time())
        self._tell(text)

    def _tell(self, text: Text) -> None:
        """Tell the incident how far a text is."""
        if text.progress is not Progress.PLANNED:
            self.handle(text.incident, Progressed(text.number, text.progress))

    # -- what comes in -------------------------------------------------------------------------------------------------

    def report(self, reference: str, progress: Progress) -> None:
        """Take a report of a gateway."""
        text = self.world.disk.texts[reference]
        if text.progress is not progress and text.progress not in (Progress.DELIVERED, Progress.UNDELIVERED):
            text.is_sending = False
            self._set(text, progress)

    def hear(self, text: Incoming) -> None:
        """Take a text of a phone."""
        disk = self.world.disk
        if text.id in disk.taken:
            return
        if text.body == "STOP":
            disk.opted_out.add(text.sender)
            disk.taken.add(text.id)
            for incident_id in list(self.live.values()):
                self.handle(incident_id, Ticked())
            return
        written_at = None if text.age is None else datetime.fromtimestamp(self.time() - text.age, UTC)
        found = self.matching.find(text, written_at)
        if found == "waits":
            self.after(1.0, lambda: self.hear(text))
            return
        self.world.watch_reply(text, found[0] if found else None)
        responder = self.world.responder_of(text.sender)
        if found is None or responder is None:
            disk.taken.add(text.id)
            return
        incident_id, rest = found
        event = Answered(
            answer=answer_of(rest, "en"),
            who=responder.id,
            name=responder.name,
            target=text.sender,
            incoming=text.id,
            account=text.gateway,
        )
        self.handle(incident_id, event, text.id)
