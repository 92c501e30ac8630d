"""Causes: entities that raise an alert while they are on, a template while it is true, and entities in an outage."""

from collections.abc import Callable, Mapping
from functools import partial

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.template import Template

from ..alerting.machine import MAX_WHAT
from ..alerting.model import UNAVAILABLE
from ..alerting.wording import words_of
from .definition import Definition
from .outages import Outages, is_known
from .template_cause import TemplateCause

# The id of the template as a cause. Each entity id has a dot.
TEMPLATE = "template"


class CauseWatch:
    """Watches the causes of one alert. What is unavailable, unknown or missing stays what it was.

    If the alert says so, an outage is a cause of its own.
    """

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Watch nothing yet. changed is called once for everything that changes in one turn of the event loop."""
        self._hass = hass
        self._changed = changed
        self._definition: Definition | None = None
        self._entity_ids: list[str] = []
        # Whether each cause was on when that was known last, by entity id.
        self._is_on: dict[str, bool] = {}
        # What was on since it was told last, if only for a moment.
        self._seen: set[str] = set()
        self._template = TemplateCause(hass, partial(self._seen.add, TEMPLATE), self._tell_soon)
        self._outages = Outages(hass, self._tell_soon)
        self._stop: CALLBACK_TYPE | None = None
        self._is_due = False

    @callback
    def async_watch(self, definition: Definition, known: Mapping[str, bool]) -> None:
        """Watch the causes of a definition from now on, and those of an incident, which were on or not."""
        self._stop_watching()
        self._definition = definition
        entity_ids = [each for each in known if each != TEMPLATE and not each.endswith(UNAVAILABLE)]
        self._entity_ids = list(dict.fromkeys([*definition.causes, *entity_ids]))
        self._is_on = {each: self._is_on.get(each, known.get(each, False)) for each in self._entity_ids}
        self._stop = async_track_state_change_event(self._hass, self._entity_ids, self._async_state_changed)
        self._template.async_watch(definition.alert.name, definition.template, was_on=known.get(TEMPLATE, False))
        out = [each.removesuffix(UNAVAILABLE) for each, is_on in known.items() if each.endswith(UNAVAILABLE) and is_on]
        self._outages.async_watch(definition.causes if definition.raises_when_unavailable else (), out)

    @callback
    def async_stop(self) -> None:
        """Watch nothing any more."""
        self._template.async_stop()
        self._outages.async_stop()
        self._stop_watching()

    def _stop_watching(self) -> None:
        if self._stop:
            self._stop()
            self._stop = None

    @callback
    def async_on(self, *, only_defined: bool) -> dict[str, str]:
        """Return the names of the causes that are on now, by id; only those of the definition if only_defined."""
        if (definition := self._definition) is None:
            return {}
        for entity_id in self._entity_ids:
            state = self._hass.states.get(entity_id)
            if state and is_known(state):
                self._is_on[entity_id] = state.state in definition.states or entity_id in self._seen
        watched = definition.causes if only_defined else self._entity_ids
        on = {each: self._name(each) for each in watched if self._is_on[each]}
        if self._template.async_is_on() or TEMPLATE in self._seen:
            on[TEMPLATE] = definition.alert.name[:MAX_WHAT]
        words = words_of(self._hass.config.language)
        out = [each for each in self._outages.async_on() if each not in on]
        return on | {f"{each}{UNAVAILABLE}": words.unavailable.format(name=self._name(each)) for each in out}

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
        self._outages.async_look(event.data["entity_id"])
        self._tell_soon()

    @callback
    def _tell_soon(self) -> None:
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
