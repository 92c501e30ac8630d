"""What people and automations do to an alert by hand, and why that may not be possible now."""

from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..alerting.events import Answer, Answered, Cleared, DrillBegan
from ..alerting.model import Incident, State
from ..const import DOMAIN
from ..targets import validation_error
from .engine import AlertEngine
from .responders import async_user

# What the unique id of the sensor of an alert ends with, besides the entry's id.
STATE_KEY = "alert_state"


def shown_state(incident: Incident) -> State:
    """Return the state as people see it: what is over is idle."""
    return State.IDLE if incident.is_over else incident.state


@callback
def async_state_entity_id(hass: HomeAssistant, entry_id: str) -> str | None:
    """Return the entity id of the sensor that shows the state of an alert."""
    return er.async_get(hass).async_get_entity_id(Platform.SENSOR, DOMAIN, f"{entry_id}_{STATE_KEY}")


@callback
def async_raise(engine: AlertEngine, message: str, cause: str | None) -> None:
    """Raise an alert, or add to one that is open; raise alert_not_armed or cause_not_on.

    It lasts until the entity that is its cause goes off, or without one until somebody clears it.
    """
    if not engine.is_armed:
        raise validation_error("alert_not_armed", alert=engine.entry.title)
    state = engine.hass.states.get(cause) if cause else None
    if cause and (state is None or state.state not in engine.definition.states):
        raise validation_error("cause_not_on", cause=cause, states=", ".join(sorted(engine.definition.states)))
    engine.async_raise(message, cause)


@callback
def async_acknowledge(engine: AlertEngine, context: Context) -> None:
    """Acknowledge an alert in the name of the user of a context; raise alert_not_open."""
    _check_open(engine)
    responders = engine.incident.alert.responders
    responder_id, name = async_user(engine.hass, responders, context.user_id)
    engine.handle(Answered(answer=Answer.YES, who=responder_id or context.user_id or "", name=name))


@callback
def async_clear(engine: AlertEngine) -> None:
    """End what the action raised, or a drill. The alert goes on if something else is on too.

    Raise alert_not_open, or alert_still_on if only something else is on.
    """
    _check_open(engine)
    on = [cause for cause in engine.incident.causes.values() if cause.is_on]
    if on and not any(cause.is_by_hand for cause in on):
        raise validation_error("alert_still_on", alert=engine.entry.title)
    engine.handle(Cleared())


@callback
def async_begin_drill(engine: AlertEngine) -> None:
    """Begin a drill; raise alert_is_open, or alert_asks_nobody."""
    if not engine.incident.is_over:
        raise validation_error("alert_is_open", alert=engine.entry.title)
    if not engine.definition.responders:
        raise validation_error("alert_asks_nobody", alert=engine.entry.title)
    engine.handle(DrillBegan())


def _check_open(engine: AlertEngine) -> None:
    if not engine.incident.is_open:
        raise validation_error("alert_not_open", alert=engine.entry.title)
