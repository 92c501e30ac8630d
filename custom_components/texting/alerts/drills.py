"""Drills: what the last drill of an alert showed, as a notification, a repair issue, and attributes of entities."""

from collections.abc import Iterator, Sequence
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..alerting.model import EndReason, Incident
from ..alerting.report import DrillReport, Result, drill_report
from ..alerting.wording import words_of
from ..const import DOMAIN
from ..issues import Issue, async_alert_issue
from ..translations import DRILL, known_text

# Attributes with names. The recorder does not keep them.
REPORT_NAMES = frozenset({"answered", "silent", "undelivered", "skipped"})
# Longer times are told in minutes, in seconds.
_MANY_SECONDS = 120


class Drills:
    """The last drill of one alert."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Know of no drill yet."""
        self._hass = hass
        self._entry = entry
        # What the last drill that is over showed.
        self.report: DrillReport | None = None
        # The drill that people were told of in this run, by the incident's id, and what they were told.
        self._told = "", ""

    @callback
    def async_restore(self, incident: Incident | None) -> None:
        """Take the last drill of an earlier run. Nobody is notified again."""
        if incident:
            self.report = drill_report(incident)

    @callback
    def async_tell_issue(self) -> None:
        """Keep the issue true that says that the last drill failed."""
        is_failed = self.report is not None and self.report.result is Result.FAILED
        report = sentences(self._hass, self.report) if self.report and is_failed else ""
        async_alert_issue(self._hass, self._entry, Issue.DRILL_FAILED, on=is_failed, report=report)

    @callback
    def async_take(self, incident: Incident) -> None:
        """Take an incident as it is now. A report of delivery may change what a drill showed, also after its end."""
        if not incident.is_drill or not incident.is_over:
            return
        report = drill_report(incident)
        if self.report and (self.report.ended_at or 0.0) > (report.ended_at or 0.0):
            return
        self.report = report
        text = sentences(self._hass, report)
        told = incident.id, text
        if told != self._told and report.end_reason is not EndReason.UNWATCHED:
            self._told = told
            title = f"{self._entry.title}: {_text(self._hass, 'title')}"
            persistent_notification.async_create(self._hass, text, title, self._notification_id)
        self.async_tell_issue()

    @callback
    def async_remove(self) -> None:
        """Take back the notification, since the alert is removed or loaded again."""
        persistent_notification.async_dismiss(self._hass, self._notification_id)

    @property
    def _notification_id(self) -> str:
        return f"{DOMAIN}_drill_{self._entry.entry_id}"


def report_attributes(report: DrillReport) -> dict[str, Any]:
    """Return a report as attributes of an entity."""
    return {
        "result": str(report.result),
        "answered": [{"name": each.name, "seconds": round(each.seconds)} for each in report.answered],
        "silent": list(report.silent),
        "undelivered": list(report.undelivered),
        "skipped": [{"name": name, "reason": str(why)} for why, names in report.skipped.items() for name in names],
    }


@callback
def sentences(hass: HomeAssistant, report: DrillReport) -> str:
    """Return a report in whole sentences, in the language of Home Assistant."""
    return " ".join(_sentences(hass, report))


def _sentences(hass: HomeAssistant, report: DrillReport) -> Iterator[str]:
    if report.end_reason is EndReason.INTERRUPTED:
        yield _text(hass, "interrupted")
    elif report.result is Result.INTERRUPTED:
        yield _text(hass, "ended")
    yield _text(hass, _how_many(report))
    somebody = words_of(hass.config.language).somebody
    answered = [f"{each.name or somebody} ({_time(each.seconds)})" for each in report.answered]
    groups: Sequence[tuple[str, Sequence[str]]] = (
        ("answered", answered),
        ("silent", report.silent),
        ("undelivered", report.undelivered),
        *report.skipped.items(),
    )
    for key, names in groups:
        if names:
            yield f"{_text(hass, key)}: {', '.join(names)}."


def _how_many(report: DrillReport) -> str:
    if not report.answered:
        return "nobody"
    return "everybody" if len(report.answered) == report.people else "some"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _MANY_SECONDS else f"{seconds / 60:.0f} min"


def _text(hass: HomeAssistant, key: str) -> str:
    return known_text(hass, DRILL, key) or ""
