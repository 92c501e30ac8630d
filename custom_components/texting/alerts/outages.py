"""Outages: entities that are unavailable, unknown or missing for so long that this is a cause."""

from asyncio import TimerHandle
from collections.abc import Callable, Collection, Iterable

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State, callback

# An outage is a cause after so long, in seconds.
MIN_OUTAGE = 900.0


def is_known(state: State | None) -> bool:
    """Return True if an entity exists, and its state is known."""
    return state is not None and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)


class Outages:
    """Notices outages of entities. Those of an earlier run begin when this one does."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Watch nothing yet. changed is called when an outage is long enough."""
        self._hass = hass
        self._changed = changed
        self._entity_ids: Collection[str] = ()
        # When each outage began, in the time of the event loop, by entity id.
        self._since: dict[str, float] = {}
        self._timer: TimerHandle | None = None

    @callback
    def async_watch(self, entity_ids: Collection[str], known: Iterable[str]) -> None:
        """Watch these entities from now on. The outages of those known are long enough, if they go on."""
        self._entity_ids = entity_ids
        self._since = {each: since for each, since in self._since.items() if each in entity_ids}
        for entity_id in entity_ids:
            self.async_look(entity_id)
        for entity_id in self._since.keys() & set(known):
            self._since[entity_id] = min(self._since[entity_id], self._hass.loop.time() - MIN_OUTAGE)
        self._schedule()

    @callback
    def async_look(self, entity_id: str) -> None:
        """Take what the state of an entity is now."""
        if entity_id not in self._entity_ids:
            return
        if is_known(self._hass.states.get(entity_id)):
            self._since.pop(entity_id, None)
        else:
            self._since.setdefault(entity_id, self._hass.loop.time())
        self._schedule()

    @callback
    def async_stop(self) -> None:
        """Wait for nothing any more. What is known stays known."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    @callback
    def async_on(self) -> list[str]:
        """Return the entities whose outage is long enough."""
        return [each for each in self._entity_ids if self._is_long(each)]

    def _is_long(self, entity_id: str) -> bool:
        since = self._since.get(entity_id)
        return since is not None and since + MIN_OUTAGE <= self._hass.loop.time()

    def _schedule(self) -> None:
        """Wait until the next outage is long enough."""
        self.async_stop()
        now = self._hass.loop.time()
        due = [since + MIN_OUTAGE for since in self._since.values() if since + MIN_OUTAGE > now]
        if due:
            self._timer = self._hass.loop.call_at(min(due), self._async_due)

    @callback
    def _async_due(self) -> None:
        self._timer = None
        self._changed()
        self._schedule()
