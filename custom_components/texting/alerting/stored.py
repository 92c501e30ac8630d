"""What is stored of an incident, as JSON.

Moments of an incident are in the time of its run. They are stored in Unix time: that is the time of the run plus a
shift, by which the clock was set since the run began.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
import json
from typing import Any

from ..delivery.incidents import IncidentRow
from ..delivery.serialization import MAX_NUMBER, to_text
from .model import (
    Alert,
    Cause,
    EndReason,
    Incident,
    Kind,
    Notification,
    Progress,
    Skipped,
    State,
    Target,
    Timer,
    Timing,
)

# The fields that hold a moment.
_MOMENTS = frozenset({"planned_at", "raised_at", "acknowledged_at", "changed_at", "ended_at"})
# The fields that are not stored: the definition is known, and a notification has the number of its place.
_LEFT_OUT = frozenset({"alert", "number"})
# What is left out of a notification that does not wait, once the incident is over.
_WORDS = frozenset({"text", "what", "who"})


def to_row(incident: Incident, shift: float) -> IncidentRow:
    """Return the row of an incident. shift is added to each moment."""
    ended_at = None if incident.ended_at is None else incident.ended_at + shift
    return IncidentRow(incident.alert.id, incident.id, ended_at, to_content(incident, shift))


def from_row(row: IncidentRow, alert: Alert, now: float, shift: float = 0.0) -> Incident:
    """Return the incident of a row, as from_content does."""
    return from_content(row.content, alert, now, shift)


def to_content(incident: Incident, shift: float) -> str:
    """Return what is stored of an incident, except its alert, as JSON. shift is added to each moment.

    Once it is over, the words of notifications that do not wait are left out.
    """
    return to_text(json.dumps(_stored(incident, shift), ensure_ascii=False, separators=(",", ":")))


def from_content(content: str, alert: Alert, now: float, shift: float = 0.0) -> Incident:
    """Return the incident that a content holds; raise one of serialization.INVALID if it holds none.

    now is in the time of this run. shift is subtracted from each moment; it is 0.0 at the start of a run. The rest of a
    timer is at least 0 and at most all of it, so that no clock that was set makes it endless.
    """
    return _Reader(now, shift).incident(json.loads(content), alert)


def what_of(content: str) -> str:
    """Return what was wrong, in words; empty if the content holds no incident."""
    try:
        what = json.loads(content)["what"]
    except ValueError, KeyError, TypeError, RecursionError:
        return ""
    return what if isinstance(what, str) else ""


# -- from an incident to JSON ------------------------------------------------------------------------------------------


def _stored(incident: Incident, shift: float) -> dict[str, Any]:
    stored = _fields(incident, shift, frozenset({"causes", "notifications"}))
    if incident.causes:
        stored["causes"] = [_fields(cause, shift) for cause in incident.causes.values()]
    if incident.notifications:
        stored["notifications"] = [_notification(incident, each, shift) for each in incident.notifications]
    return stored


def _notification(incident: Incident, notification: Notification, shift: float) -> dict[str, Any]:
    is_settled = incident.is_over and not notification.is_waiting
    return _fields(notification, shift, _WORDS if is_settled else frozenset())


def _fields(value: Any, shift: float, left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields of a dataclass that have another value than they have by default."""
    stored = {}
    for field in fields(value):
        name, one = field.name, getattr(value, field.name)
        is_default = one == field.default or (isinstance(one, Mapping) and not one)
        if not is_default and name not in _LEFT_OUT | left_out:
            stored[name] = one + shift if name in _MOMENTS else _json(one, shift)
    return stored


def _json(value: Any, shift: float) -> Any:
    if isinstance(value, Timer):
        return [value.since + shift, value.seconds]
    if isinstance(value, Target):
        return _fields(value, shift)
    if isinstance(value, Mapping):
        return {key: _json(one, shift) for key, one in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


# -- and back ----------------------------------------------------------------------------------------------------------
# A newer version may have stored more. A value of a wrong type raises.


@dataclass(frozen=True, slots=True)
class _Reader:
    now: float
    shift: float

    def incident(self, stored: Any, alert: Alert) -> Incident:
        return Incident(
            alert=alert,
            **_read(
                stored,
                {
                    "id": _text,
                    "nonce": _text,
                    "state": State,
                    "is_drill": _flag,
                    "causes": self._causes,
                    "what": _text,
                    "round": _count,
                    "step": _count,
                    "visits": _count,
                    "owner": _text,
                    "owner_name": _text,
                    "declined": _ids,
                    "puzzled": _ids,
                    "notifications": self._notifications,
                    "timers": self._timers,
                    "further": _count,
                    "is_limited": _flag,
                    "is_unreachable": _flag,
                    "cleared_after": _seconds,
                    "raised_at": self._moment,
                    "acknowledged_at": self._moment,
                    "changed_at": self._moment,
                    "ended_at": self._moment,
                    "end_reason": EndReason,
                    "answered": _by_id(_seconds),
                    "names": _by_id(_text),
                    "skipped": _by_id(Skipped),
                },
            ),
        )

    def _notifications(self, stored: Any) -> tuple[Notification, ...]:
        return tuple(self._notification(number, each) for number, each in enumerate(_list(stored), 1))

    def _notification(self, number: int, stored: Any) -> Notification:
        return Notification(
            number=number,
            **_read(
                stored,
                {
                    "kind": Kind,
                    "responder": _text,
                    "target": _target,
                    "visit": _count,
                    "planned_at": self._moment,
                    "what": _text,
                    "who": _text,
                    "text": _text,
                    "code": _count,
                    "incoming": _text,
                    "account": _text,
                    "segments": _count,
                    "progress": Progress,
                    "is_withdrawn": _flag,
                },
            ),
        )

    def _causes(self, stored: Any) -> dict[str, Cause]:
        readers = {"id": _text, "name": _text, "is_on": _flag, "hold": self._timer}
        causes = (Cause(**_read(one, readers)) for one in _list(stored))
        return {cause.id: cause for cause in causes}

    def _timers(self, stored: Any) -> dict[Timing, Timer]:
        return {Timing(key): self._timer(one) for key, one in _items(stored) if key in Timing}

    def _timer(self, stored: Any) -> Timer:
        """Return a timer whose rest is at least 0 and at most all of it."""
        since, seconds = _list(stored)
        seconds = _seconds(seconds)
        return Timer(min(max(self._moment(since), self.now - seconds), self.now), seconds)

    def _moment(self, stored: Any) -> float:
        return _seconds(stored) - self.shift


def _read(stored: Any, readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return the fields that are stored."""
    return {name: readers[name](value) for name, value in _items(stored) if name in readers}


def _items(stored: Any) -> Iterable[tuple[str, Any]]:
    if type(stored) is not dict:
        raise TypeError
    return stored.items()


def _list(stored: Any) -> list[Any]:
    if type(stored) is not list:
        raise TypeError
    return stored


def _text(stored: Any) -> str:
    if type(stored) is not str:
        raise TypeError
    stored.encode()  # half a surrogate pair is no text
    return stored


def _flag(stored: Any) -> bool:
    if type(stored) is not bool:
        raise TypeError
    return stored


def _count(stored: Any) -> int:
    if type(stored) is not int:
        raise TypeError
    return int(_seconds(stored))


def _seconds(stored: Any) -> float:
    if type(stored) is not int and type(stored) is not float:
        raise TypeError
    if not 0 <= stored <= MAX_NUMBER:
        raise ValueError
    return float(stored)


def _ids(stored: Any) -> frozenset[str]:
    return frozenset(map(_text, _list(stored)))


def _by_id[Value](read: Callable[[Any], Value]) -> Callable[[Any], dict[str, Value]]:
    """Return a function that reads values by the ids of people."""
    return lambda stored: {_text(key): read(value) for key, value in _items(stored)}


def _target(stored: Any) -> Target:
    return Target(**_read(stored, {"id": _text, "is_text": _flag, "messenger": _text}))
