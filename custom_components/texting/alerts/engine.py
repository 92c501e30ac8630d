"""AlertEngine: one alert of the home. Each event is decided, then committed, and then its effects begin."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.util.ulid import ulid_now

from ..alerting.events import (
    Announce,
    Answered,
    CausesChanged,
    DrillBegan,
    Effect,
    Event,
    Notify,
    Progressed,
    Raised,
    Renamed,
    Restarted,
    Ticked,
    Unwatched,
    Withdraw,
)
from ..alerting.machine import decide
from ..alerting.model import Alert, EndReason, Incident, Progress, Target
from ..delivery.database import MessageDatabase
from ..delivery.outbox import Update
from ..delivery.record import MessageRecord
from ..signals import ALERT_TOLD, MESSAGES_UPDATED, OPT_OUT_CHANGED, STATE_CHANGED
from .app_buttons import async_app_buttons, async_follow_buttons
from .causes import CauseWatch
from .clock import async_clock
from .definition import CONF_ARMED, Definition, read_definition
from .drills import Drills
from .issues import async_tell_missing, async_tell_state
from .items import IncidentItems
from .progress import progress_of
from .renames import async_follow_renames
from .responders import async_responders
from .sender import Sender
from .startup import async_accounts_ready
from .store import IncidentStore

type AlertConfigEntry = ConfigEntry[AlertEngine]

# How long removing or disabling an alert waits until its last texts are with their accounts, in seconds.
CLOSE_TIMEOUT = 10.0
# How often it looks for people who cannot be reached and causes that do not exist.
CHECK_INTERVAL = timedelta(minutes=10)
# An alert that is raised again and again is over later: at most so late, in seconds.
MAX_CLEARED_AFTER = 1800.0


class AlertEngine:
    """The run-time data of an alert's config entry."""

    def __init__(self, hass: HomeAssistant, entry: AlertConfigEntry, database: MessageDatabase) -> None:
        """Start nothing yet."""
        self.hass = hass
        self.entry = entry
        self.clock = async_clock(hass)
        self._store = IncidentStore(entry.entry_id, database, self.clock)
        self._items = IncidentItems(hass, self.clock, self._find_with_people, self._async_answered)
        self._sender = Sender(hass, entry, self)
        self._causes = CauseWatch(hass, self._async_causes_changed)
        async_app_buttons(hass)  # presses are kept from now on
        self.drills = Drills(hass, entry)
        # The latest incident, and those that are over and whose texts are still under way, by id.
        self._latest: Incident | None = None
        self._settling: dict[str, Incident] = {}
        # The notification of each message, by reference: the incident's id, and its number there.
        self._numbers: dict[str, tuple[str, int]] = {}
        self._timer: CALLBACK_TYPE | None = None
        self._stops: list[CALLBACK_TYPE] = []
        # Between async_start and async_stop.
        self._is_running = False
        # New incidents begin once Home Assistant has started.
        self._is_started = False

    # -- what it is now ------------------------------------------------------------------------------------------------

    @property
    def definition(self) -> Definition:
        """The definition as it is now."""
        return read_definition(self.entry)

    @property
    def is_armed(self) -> bool:
        """Return True if causes and actions raise it."""
        return self.definition.is_armed

    @property
    def incident(self) -> Incident:
        """The latest incident, or one that never began."""
        return self._latest or self._new()

    def find(self, incident_id: str) -> Incident | None:
        """Return an incident that is open, or whose texts are under way."""
        if self._latest and self._latest.id == incident_id:
            return self._latest
        return self._settling.get(incident_id)

    def _find_with_people(self, incident_id: str) -> Incident | None:
        """Return an incident as find does, with its responders as they are reached now."""
        incident = self.find(incident_id)
        return incident and replace(incident, alert=self._alert(is_drill=incident.is_drill))

    # -- beginning and end ---------------------------------------------------------------------------------------------

    async def async_load(self) -> None:
        """Load what an earlier run left. Answers are kept from now on."""
        for stored in await self._store.async_load(self._alert(is_drill=False)):
            if self._latest:
                self._settling[self._latest.id] = self._latest
            self._latest = stored
            found = await self._store.async_find(stored)
            if codes := self._items.async_restore(stored, found.records.values()):
                self._store.save(stored, codes)
        self._items.async_release()
        self.drills.async_restore(await self._store.async_last_drill(self._alert(is_drill=True)))

    async def async_start(self) -> None:
        """Begin to watch, and go on with what an earlier run left: at once, or when Home Assistant has its accounts."""
        self._is_running = True
        self.drills.async_tell_issue()
        self._stops += [
            async_dispatcher_connect(self.hass, MESSAGES_UPDATED, self._async_messages_updated),
            async_dispatcher_connect(self.hass, OPT_OUT_CHANGED, self._async_opt_out_changed),
            async_follow_renames(self.hass, self.entry, self._async_renamed),
            self._store.async_purge_daily(self.hass),
            async_track_time_interval(self.hass, self._async_check, CHECK_INTERVAL, cancel_on_shutdown=True),
        ]
        if self._latest is None or self.hass.is_running:
            await self._async_go_on()
        else:
            self.entry.async_create_background_task(self.hass, self._async_go_on(), "texting alert start")

    async def _async_go_on(self) -> None:
        """Read the results of the texts, then take the answers and causes that changed since."""
        if self._latest:
            await async_accounts_ready(self.hass)
        for incident in self._incidents():
            await self._async_resume(incident)
            if incident.id != self.incident.id:  # only the latest is open, unless a commit was lost
                self.handle(Unwatched(), incident.id)
        self._end_unless_armed()
        self._items.async_take_kept()
        self._stops.append(async_follow_buttons(self.hass, self.entry, lambda: self.incident, self._async_answered))
        self._watch()
        self._stops.append(async_at_started(self.hass, self._async_home_started))
        self._async_causes_changed()
        async_tell_state(self.hass, self.entry, self.incident)

    def _incidents(self) -> list[Incident]:
        """Return the latest incident, and those whose texts are under way."""
        return [*self._settling.values(), *([self._latest] if self._latest else [])]

    async def _async_resume(self, incident: Incident) -> None:
        """Go on with what is known of the messages of an incident, and begin what was lost."""
        found = await self._store.async_find(incident)
        for number, record in found.records.items():
            self._numbers[record.reference] = incident.id, number
            if incident.notification(number).is_withdrawn and record.is_pending:
                self._sender.async_withdraw(incident.id, number)
        for news in found.news:
            self.handle(news, incident.id)
        lost = frozenset(number for number in found.lost if not self._sender.is_sending(incident.id, number))
        self.handle(Restarted(lost), incident.id)

    @callback
    def _async_home_started(self, _hass: HomeAssistant) -> None:
        self._is_started = True
        self._async_causes_changed()

    async def async_stop(self) -> None:
        """Stop. If the alert is disabled, people hear that nobody watches any more."""
        self._causes.async_stop()
        if self.entry.disabled_by:
            await self.async_close()
        self.drills.async_remove()
        self._is_running = False
        while self._stops:
            self._stops.pop()()
        self._stop_timer()
        self._items.async_release()

    async def async_close(self) -> None:
        """End what is open because nobody watches any more, and let its last texts begin."""
        self.handle(Unwatched())
        await self._store.async_saved()
        await self._sender.async_finish(CLOSE_TIMEOUT)

    async def async_remove(self) -> None:
        """End what an alert left open whose entry was removed. Nothing else of it runs."""
        await self.async_load()
        self._is_running = True
        for incident in self._incidents():
            await self._async_resume(incident)
        await self.async_close()
        self.drills.async_remove()
        self._is_running = False

    @callback
    def async_apply_changes(self) -> None:
        """Take a changed definition."""
        self._end_unless_armed()
        self.handle(Ticked())  # other people may be asked now
        self._watch()
        self._async_causes_changed()

    def _end_unless_armed(self) -> None:
        """End what is open if the alert is switched off. A drill goes on."""
        if not (self.is_armed or self.incident.is_over or self.incident.is_drill):
            self.handle(Unwatched())

    # -- what people do in Home Assistant ------------------------------------------------------------------------------

    @callback
    def async_raise(self, message: str, cause: str | None = None) -> None:
        """Raise it, until the entity that is its cause goes off, or until somebody clears it."""
        self.handle(Raised(message, cause))
        self._watch()
        self._async_causes_changed()

    def _watch(self) -> None:
        """Watch the causes of the definition, and those of the incident."""
        known = [] if self.incident.is_over else [each for each in self.incident.causes.values() if not each.is_by_hand]
        self._causes.async_watch(self.definition, {each.id: each.is_on for each in known})

    async def async_saved(self) -> None:
        """Wait until what people did is saved, or cannot be saved."""
        await self._store.async_saved()

    @callback
    def async_arm(self, *, is_armed: bool) -> None:
        """Let causes and actions raise it, or not."""
        options = {**self.entry.options, CONF_ARMED: is_armed}
        self.hass.config_entries.async_update_entry(self.entry, options=options)

    # -- events --------------------------------------------------------------------------------------------------------

    @callback
    def _async_causes_changed(self) -> None:
        """Take the causes that are on now."""
        if not self.is_armed:
            return
        causes = {} if self.incident.is_over else self.incident.causes
        found = self._causes.async_on(only_defined=self.incident.is_over)
        on = {each: causes[each].name if each in causes else name for each, name in found.items()}
        if self.incident.is_over and not (on and self._is_started):
            return
        self.handle(CausesChanged(on, self._causes.async_what(on)))

    @callback
    def _async_answered(self, incident_id: str, answered: Answered) -> None:
        self.handle(answered, incident_id)

    @callback
    def _async_messages_updated(self, _entry_id: str, updates: Sequence[Update]) -> None:
        for record, _change in updates:
            if known := self._numbers.get(record.reference):
                if (incident := self.find(known[0])) is None:
                    continue
                # After a restart, the item has the message as it was then.
                self._items.async_add(incident, [record])
                if news := progress_of(incident.notification(known[1]), record):
                    self.handle(news, incident.id)

    @callback
    def _async_opt_out_changed(self, _entry_id: str, _number: str, _is_opted_out: bool) -> None:
        """Go on at once if the only one who could answer opted out."""
        self.handle(Ticked())

    def progressed(self, incident_id: str, news: Progressed) -> None:
        """Take the result of a notification that has no message."""
        self.handle(news, incident_id)

    def admitted(self, incident: Incident, number: int, records: Sequence[MessageRecord]) -> None:
        """Take the message of a notification before it is saved."""
        for record in records:
            self._numbers[record.reference] = incident.id, number
        self._items.async_add(incident, records)

    @callback
    def _async_renamed(self, old: str, new: str) -> None:
        self.handle(Renamed(old, new))
        self._watch()

    @callback
    def _async_tick(self) -> None:
        self._timer = None
        self.handle(Ticked())

    # -- decide, commit, then the effects ------------------------------------------------------------------------------

    @callback
    def handle(self, event: Event, incident_id: str | None = None) -> None:
        """Take an event of an incident, or of the latest one."""
        known = self.find(incident_id) if incident_id else self._latest
        if known is None or (incident_id is None and known.is_over):
            if incident_id or not isinstance(event, CausesChanged | Raised | DrillBegan):
                return
            known = self._begin()
        before = replace(known, alert=self._alert(is_drill=known.is_drill or isinstance(event, DrillBegan)))
        incident, effects = decide(before, event, self.clock.now())
        if incident != before or effects:
            self._commit(self._items.async_worded(incident), effects)
        elif incident.is_open and _people(incident.alert) != _people(known.alert):
            # Who was added may answer, and is known by name.
            self._commit(incident, ())
        self._schedule()
        if incident.end_reason is EndReason.INTERRUPTED and isinstance(event, CausesChanged | Raised):
            self.handle(event)

    def _new(self) -> Incident:
        return Incident(id=ulid_now(), alert=self._alert(is_drill=False))

    def _begin(self) -> Incident:
        """Return a new incident. The more there were in the last hour, the later it is over."""
        if self._latest and not self._latest.is_settled:
            self._settling[self._latest.id] = self._latest
        self._latest = new = self._new()
        self._numbers = {each: known for each, known in self._numbers.items() if self.find(known[0])}
        cleared_after = new.alert.cleared_after
        lately = self._store.raised_lately()
        longest = max(MAX_CLEARED_AFTER, cleared_after)
        cleared_after = min(cleared_after * 2 ** min(lately, 16), longest)
        self._latest = replace(new, cleared_after=cleared_after, nonce=token_hex(16).upper())
        return self._latest

    def _alert(self, *, is_drill: bool) -> Alert:
        """Return the definition with its responders as they are reached now."""
        definition = self.definition
        urgent = definition.alert.urgent and not is_drill
        responders = async_responders(self.hass, definition.responders, urgent=urgent)
        return replace(definition.alert, responders=responders)

    def _commit(self, incident: Incident, effects: Sequence[Effect]) -> None:
        """Save an incident, with what is written in this turn of the event loop; its effects begin after that."""
        if self._latest and self._latest.id == incident.id:
            self._latest = incident
        elif incident.is_settled:
            self._settling.pop(incident.id, None)
        else:
            self._settling[incident.id] = incident
        codes = self._items.async_update(incident)
        self._store.save(incident, codes, then=partial(self._act, incident, effects))

    @callback
    def _act(self, incident: Incident, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Notify() | Withdraw() if not self._is_running:
                    pass  # the next engine of this alert finds out what is to be done
                case Notify(number):
                    self._sender.async_send(incident.id, number)
                case Withdraw(number):
                    self._sender.async_withdraw(incident.id, number)
                case Announce():
                    async_dispatcher_send(self.hass, ALERT_TOLD, self.entry.entry_id, effect, incident)
        if self._is_running:
            self.drills.async_take(incident)
            async_tell_state(self.hass, self.entry, self.incident)
            async_dispatcher_send(self.hass, STATE_CHANGED.format(self.entry.entry_id))

    async def _async_check(self, _now: datetime) -> None:
        """Look for people and causes that are missing, and for messages that were never told of."""
        self.handle(Ticked())  # an account may be gone
        async_tell_missing(
            self.hass, self.entry, self._alert(is_drill=False).responders.values(), self._causes.async_missing()
        )
        for incident in self._incidents():
            if any(each.progress is Progress.PLANNED for each in incident.notifications):
                await self._async_resume(incident)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer()
            self._timer = None

    def _schedule(self) -> None:
        """Wait for the moment when time alone changes the latest incident."""
        self._stop_timer()
        if self._is_running and self._latest and (due := self._latest.due) is not None:
            delay = max(due - self.clock.now(), 0.0)
            self._timer = self.hass.loop.call_later(delay, self._async_tick).cancel


def _people(alert: Alert) -> dict[str, tuple[str, tuple[Target, ...]]]:
    return {each.id: (each.name, each.targets) for each in alert.responders.values()}
