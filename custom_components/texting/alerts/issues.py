"""The repair issues of an alert: nobody can be reached, nobody took it, and people or causes that are missing."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..alerting.model import Incident, Responder, State
from ..issues import Issue, async_alert_issue


@callback
def async_tell_state(hass: HomeAssistant, entry: ConfigEntry[Any], incident: Incident) -> None:
    """Keep the issues of the latest incident true."""
    issue = partial(async_alert_issue, hass, entry)
    issue(Issue.ALERT_UNREACHABLE, on=incident.is_open and incident.is_unreachable)
    issue(Issue.ALERT_EXHAUSTED, on=incident.state is State.EXHAUSTED)


@callback
def async_tell_missing(
    hass: HomeAssistant, entry: ConfigEntry[Any], responders: Iterable[Responder], causes: Sequence[str]
) -> None:
    """Keep the issues of people who cannot be reached, and of causes that do not exist, true."""
    issue = partial(async_alert_issue, hass, entry)
    unreached = [each.name for each in responders if not each.targets]
    issue(Issue.RESPONDER_MISSING, on=bool(unreached), entities=", ".join(unreached))
    issue(Issue.CAUSE_MISSING, on=bool(causes), entities=", ".join(causes))
