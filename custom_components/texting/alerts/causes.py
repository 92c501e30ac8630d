"""Causes: the entities that raise an alert while they are on."""

from collections.abc import Callable, Mapping

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.template import Template

from ..alerting.machine import MAX_WHAT
from .definition import Definition


class CauseWatch:
    """Watches the causes of one alert. What is unavailable, unknown or missing stays what it was."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Watch nothing yet. changed is called once for everything that changes in one turn of the event loop."""
        self._hass = hass
        self._changed = changed
        self._definition: Definition | None = None
        self._entity_ids: list[str] = []
        # Whether each cause was on when that was known last, by entity id.
        self._is_on: dict[str, bool] = {}
        self._stop: CALLBACK_TYPE | None = None
        self._is_due = False
        # What was on since it was told last, if only for a moment.
        self._seen: set[str] = set()

    @callback
    def async_watch(self, definition: Definition, known: Mapping[str, bool]) -> None:
        """Watch the causes of a definition from now on, and those of an incident, which were on or not."""
        self.async_stop()
        self._definition = definition
        self._entity_ids = list(dict.fromkeys([*definition.causes, *known]))
        self._is_on = {each: self._is_on.get(each, known.get(each, False)) for each in self._entity_ids}
        if self._entity_ids:
            self._stop = async_track_state_change_event(self._hass, self._entity_ids, self._async_state_changed)

    @callback
    def async_stop(self) -> None:
        """Watch nothing any more."""
        if self._stop:
            self._stop()
            self._stop = None

    @callback
    def async_on(self) -> dict[str, str]:
        """Return the names of the causes that are on now, by entity id."""
        states = self._definition.states if self._definition else ()
        for entity_id in self._entity_ids:
            state = self._hass.states.get(entity_id)
            if state and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN):
                self._is_on[entity_id] = state.state in states or entity_id in self._seen
        return {each: self._name(each) for each in self._entity_ids if self._is_on[each]}

    @callback
    def async_missing(self) -> list[str]:
        """Return the causes that do not exist."""
        return [each for each in self._entity_ids if self._hass.states.get(each) is None]

    @callback
    def async_what(self, on: dict[str, str]) -> str:
        """Return what is wrong: the template's result, or the names of the causes that are on."""
        names = ", ".join(on.values())
        message = self._definition.message if self._definition else None
        if not message:
            return names[:MAX_WHAT]
        try:
            rendered = Template(message, self._hass).async_render({"causes": list(on.values())}, parse_result=False)
        except TemplateError:
            return names[:MAX_WHAT]
        return str(rendered).strip()[:MAX_WHAT] or names[:MAX_WHAT]

    def _name(self, entity_id: str) -> str:
        state = self._hass.states.get(entity_id)
        return (state.name if state else entity_id)[:MAX_WHAT]

    @callback
    def _async_state_changed(self, event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new and self._definition and new.state in self._definition.states:
            self._seen.add(new.entity_id)
        if not self._is_due:
            self._is_due = True
            self._hass.loop.call_soon(self._tell)

    @callback
    def _tell(self) -> None:
        self._is_due = False
        if self._stop:
            self._changed()
            if self._seen:  # some may be off already
                self._seen.clear()
                self._changed()
