"""Activity of an alert, on its device: "No answer from Anna: Ben is asked", "Ben took it", "All clear after 12 min".

What is wrong is not told: it may be a private text, and the recorder keeps what Activity shows.
"""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .alerting.events import Announce, Occasion
from .alerting.model import EndReason, Incident, Kind
from .alerting.outlook import asked_names, minutes_of
from .const import EVENT_ALERT
from .entries import alert_entry
from .recipients import device_of
from .signals import ALERT_TOLD
from .targets import redact_name
from .text.single_line import single_line

SOMEBODY = "Somebody"
# The most names in one line.
MAX_NAMES = 5
ICON = "mdi:alarm-light"
ICONS: Mapping[str, str] = {
    Occasion.ESCALATED: "mdi:account-arrow-right",
    Occasion.ACKNOWLEDGED: "mdi:hand-back-right",
    Occasion.DECLINED: "mdi:account-cancel",
    Occasion.CLOSED: "mdi:check-circle",
    Occasion.EXHAUSTED: "mdi:account-off",
    Occasion.UNREACHABLE: "mdi:phone-off",
    Occasion.LIMIT: "mdi:message-off",
    Occasion.DRILL_ENDED: "mdi:clipboard-check",
}
# Each of these happens so often that it says nothing.
_LEFT_OUT = frozenset({Occasion.REMINDED})


@callback
def async_setup_alert_activity(hass: HomeAssistant) -> None:
    """Write lines from now on, as long as Home Assistant runs."""

    @callback
    def told(entry_id: str, announce: Announce, incident: Incident) -> None:
        if announce.occasion in _LEFT_OUT or (entry := alert_entry(hass, entry_id)) is None:
            return
        # The recorder keeps events, so it has neither a text nor a whole number.
        data = {ATTR_DEVICE_ID: device_of(hass, entry, None), "event": str(announce.occasion)}
        hass.bus.async_fire(EVENT_ALERT, data | _facts(announce, incident))

    async_dispatcher_connect(hass, ALERT_TOLD, told)


def shown_name(name: str) -> str:
    """Return a name as the recorder may keep it: in one line, and without a whole number."""
    return single_line(redact_name(name))


def _facts(announce: Announce, incident: Incident) -> dict[str, Any]:
    """Return what the line of an event says besides the event."""
    facts: dict[str, Any] = {}
    match announce.occasion:
        case Occasion.RAISED:
            facts = {"drill": incident.is_drill, "asked": _asked(incident)}
        case Occasion.ESCALATED:
            facts = {"who": shown_name(announce.who), "asked": _asked(incident)}
        case Occasion.ACKNOWLEDGED | Occasion.DECLINED:
            facts = {"who": shown_name(announce.who)}
        case Occasion.CLOSED:
            facts = {"reason": str(incident.end_reason), "minutes": minutes_of(incident, incident.changed_at)}
        case Occasion.LIMIT:
            facts = {"limit": incident.max_segments}
        case Occasion.DRILL_ENDED:
            people = {each.responder for each in incident.notifications if each.kind is Kind.DRILL}
            facts = {"answered": len(people & incident.answered.keys()), "people": len(people)}
    return facts


def _asked(incident: Incident) -> list[str]:
    return [shown_name(name) for name in asked_names(incident)]


def sentence_of(data: Mapping[str, Any]) -> str:
    """Return the sentence of an event. Others may fire it too, so anything may be in it."""
    event = str(data.get("event") or "")
    known = _SENTENCES.get(event)
    return known(data) if known else single_line(event)


def _raised(data: Mapping[str, Any]) -> str:
    begin = "A drill began" if data.get("drill") else "Raised"
    asked = _are_asked(data)
    return f"{begin}: {asked}" if asked else begin


def _escalated(data: Mapping[str, Any]) -> str:
    silent = f"No answer from {single_line(str(data['who']))}" if data.get("who") else ""
    return ": ".join(filter(None, [silent, _are_asked(data)])) or "The next step"


def _closed(data: Mapping[str, Any]) -> str:
    if data.get("reason") == EndReason.UNWATCHED:
        return "No longer watched"
    end = "Over" if data.get("reason") == EndReason.EXPIRED else "All clear"
    return f"{end} after {_duration(data.get('minutes'))}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    Occasion.RAISED: _raised,
    Occasion.ESCALATED: _escalated,
    Occasion.ACKNOWLEDGED: lambda data: f"{_who(data)} took it",
    Occasion.DECLINED: lambda data: f"{_who(data)} cannot",
    Occasion.CLOSED: _closed,
    Occasion.EXHAUSTED: lambda _data: "Nobody took it",
    Occasion.UNREACHABLE: lambda _data: "Nobody can be reached",
    Occasion.LIMIT: lambda data: f"The limit of {data.get('limit')} segments is reached",
    Occasion.DRILL_ENDED: lambda data: f"Drill: {data.get('answered')} of {data.get('people')} answered",
}


def _who(data: Mapping[str, Any]) -> str:
    return single_line(str(data.get("who") or SOMEBODY))


def _are_asked(data: Mapping[str, Any]) -> str:
    """Return who is asked: "Anna, Ben and Cara are asked"; empty if nobody is."""
    asked = data.get("asked")
    names = [single_line(str(name)) for name in asked] if isinstance(asked, list | tuple) else []
    if len(names) > MAX_NAMES:
        names = [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} more"]
    if not names:
        return ""
    *first, last = names
    return f"{', '.join(first)} and {last} are asked" if first else f"{last} is asked"


def _duration(minutes: object) -> str:
    """Return minutes as people say them: 12 min, 2 h, 2 h 5 min."""
    if not isinstance(minutes, int):
        return "some time"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])
