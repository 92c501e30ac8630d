"""TemplateCause: a template that is a cause while it is true."""

from collections.abc import Callable
import logging

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import TrackTemplate, TrackTemplateResult, async_track_template_result
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.template import Template, result_as_boolean

_LOGGER = logging.getLogger(__name__)


class TemplateCause:
    """Watches the template of one alert. While it is unknown whether it is true, it stays what it was."""

    def __init__(self, hass: HomeAssistant, seen: Callable[[], None], changed: Callable[[], None]) -> None:
        """Watch nothing yet. seen is called when it is true, if only for a moment, and changed whenever it changed."""
        self._hass = hass
        self._seen = seen
        self._changed = changed
        self._template: str | None = None
        self._name = ""
        self._stops: list[CALLBACK_TYPE] = []
        # What it is. None: that is unknown.
        self._is_true: bool | None = None
        # Whether Home Assistant has started.
        self._is_started = False
        # Whether it was on when that was known last.
        self._is_on = False

    @callback
    def async_watch(self, name: str, template: str | None, *, was_on: bool) -> None:
        """Watch the template of the alert with this name from now on. was_on is what an earlier run knew."""
        self._name = name
        if template == self._template and self._stops:
            return
        is_first = self._template is None
        self.async_stop()
        self._template = template
        self._is_true = None
        self._is_on = template is not None and (was_on if is_first else self._is_on)
        if template is None:
            return
        tracked = [TrackTemplate(Template(template, self._hass), None)]
        # Without a function that takes the errors, Home Assistant logs the template.
        info = async_track_template_result(self._hass, tracked, self._async_take, log_fn=lambda _level, _message: None)
        self._stops += [info.async_remove, async_at_started(self._hass, self._async_started)]
        info.async_refresh()

    @callback
    def async_stop(self) -> None:
        """Watch nothing any more."""
        while self._stops:
            self._stops.pop()()

    @callback
    def async_is_on(self) -> bool:
        """Return True if it is on."""
        # Before the start, what the template looks at may not be there yet.
        if self._is_true or (self._is_true is False and self._is_started):
            self._is_on = self._is_true
        return self._is_on

    @callback
    def _async_started(self, _hass: HomeAssistant) -> None:
        self._is_started = True
        self._changed()

    @callback
    def _async_take(self, _event: Event[EventStateChangedData] | None, updates: list[TrackTemplateResult]) -> None:
        for update in updates:
            if isinstance(update.result, TemplateError):
                self._is_true = None
                _LOGGER.warning("%s: its template cannot be rendered", self._name)
            elif update.result in (STATE_UNAVAILABLE, STATE_UNKNOWN):
                self._is_true = None
            else:
                self._is_true = result_as_boolean(update.result)
                if self._is_true:
                    self._seen()
        self._changed()
