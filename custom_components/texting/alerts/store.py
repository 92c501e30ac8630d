"""IncidentStore: the incidents of one alert in the message database."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging

from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.event import async_track_time_interval

from ..alerting.events import Progressed
from ..alerting.model import Alert, Incident, Progress
from ..alerting.stored import from_row, to_row
from ..delivery.database import DatabaseError, MessageDatabase
from ..delivery.record import MessageRecord
from ..delivery.reply_codes import ReplyCode
from ..delivery.serialization import INVALID
from .clock import RunClock
from .progress import progress_of

_LOGGER = logging.getLogger(__name__)

# Incidents that are over are kept so long.
KEEP_FOR = timedelta(days=30)
# How long an action waits for the disk, in seconds.
SAVE_TIMEOUT = 10.0
# A text of an incident that is over may be under way for so long, in seconds.
UNDER_WAY = 24 * 3600.0
# Incidents of the last hour count for how soon the next one is over.
LATELY = 3600.0


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of the messages of an incident."""

    # By the number of the notification.
    records: Mapping[int, MessageRecord]
    # What became of them.
    news: Sequence[Progressed]
    # The numbers of notifications that were decided and have no message.
    lost: frozenset[int]


class IncidentStore:
    """Saves and loads."""

    def __init__(self, entry_id: str, database: MessageDatabase, clock: RunClock) -> None:
        """Load nothing yet."""
        self.database = database
        self._entry_id = entry_id
        self._clock = clock
        # When incidents were raised, each by its id.
        self._raised: dict[str, float] = {}
        self._saved: asyncio.Future[None] | None = None

    async def async_load(self, alert: Alert) -> list[Incident]:
        """Return the incidents that are open or whose texts may be under way, oldest first."""
        now = self._clock.now()
        try:
            rows = await self.database.incidents(self._entry_id, self._clock.unix() - UNDER_WAY)
            rows += await self.database.open_incidents(self._entry_id)
        except DatabaseError:
            return []
        found = []
        for row in rows:
            try:
                incident = from_row(row, alert, now, self._clock.shift)
            except INVALID:
                _LOGGER.warning("An incident cannot be read and is skipped")
                if row.ended_at is None:  # no later start tries it again
                    self.database.write((), incidents=[replace(row, ended_at=self._clock.unix())])
                continue
            self._note(incident)
            if row.ended_at is None or not incident.is_settled:
                found.append(incident)
        return found

    async def async_last_drill(self, alert: Alert) -> Incident | None:
        """Return the last drill that is over."""
        try:
            row = await self.database.last_drill(self._entry_id)
            return from_row(row, alert, self._clock.now(), self._clock.shift) if row else None
        except (DatabaseError, *INVALID):
            return None

    async def async_find(self, incident: Incident) -> Found:
        """Return what is known of the messages of an incident. What cannot be read now is left out."""
        records: dict[int, MessageRecord] = {}
        news: list[Progressed] = []
        lost: set[int] = set()
        for notification in incident.notifications:
            record = None
            if notification.target.is_text:
                try:
                    record = await self.database.find(reference=incident.reference(notification))
                except DatabaseError:
                    continue
            if record:
                records[notification.number] = record
                news += filter(None, [progress_of(notification, record)])
            elif notification.progress is Progress.PLANNED:
                lost.add(notification.number)
        return Found(records, news, frozenset(lost))

    def save(self, incident: Incident, codes: Collection[ReplyCode], then: Callable[[], None] = lambda: None) -> None:
        """Save an incident with its codes. then is called after that, or once it is known that it failed."""
        self._note(incident)
        row = to_row(incident, self._clock.shift)
        self._saved = self.database.write((), incidents=[row], codes=codes, then=then)

    async def async_saved(self) -> None:
        """Wait until the last change is saved, or cannot be saved."""
        if self._saved:
            await asyncio.wait([self._saved], timeout=SAVE_TIMEOUT)

    def raised_lately(self) -> int:
        """Return how many incidents the last hour saw."""
        since = self._clock.now() - LATELY
        self._raised = {each: moment for each, moment in self._raised.items() if moment > since}
        return len(self._raised)

    def _note(self, incident: Incident) -> None:
        if incident.raised_at is not None and not incident.is_drill:
            self._raised[incident.id] = incident.raised_at

    def async_purge_daily(self, hass: HomeAssistant) -> CALLBACK_TYPE:
        """Delete old incidents once a day. Return a function that ends this."""

        async def purge(now: datetime) -> None:
            with suppress(DatabaseError):
                await self.database.purge_incidents(self._entry_id, (now - KEEP_FOR).timestamp())

        return async_track_time_interval(hass, purge, timedelta(days=1), cancel_on_shutdown=True)
