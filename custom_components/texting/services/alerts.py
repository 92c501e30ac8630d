"""The actions on alerts: raise, acknowledge and clear them, and begin a drill."""

from collections.abc import Callable
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..alerts.by_hand import (
    async_acknowledge,
    async_begin_drill,
    async_clear,
    async_raise,
    async_state_entity_id,
    shown_state,
)
from ..alerts.engine import AlertEngine
from ..const import ATTR_CAUSE, ATTR_MESSAGE
from ..permissions import ALERTS
from ..targets import named_alerts, validation_error
from .service import Action

SCHEMA = vol.Schema(cv.ENTITY_SERVICE_FIELDS)
RAISE_SCHEMA = vol.Schema(
    {**cv.ENTITY_SERVICE_FIELDS, vol.Optional(ATTR_MESSAGE): cv.string, vol.Optional(ATTR_CAUSE): cv.entity_id}
)


def _engines(call: ServiceCall) -> list[AlertEngine]:
    """Return the alerts that the caller names. Raise an error if one is none or is not loaded, or if none is named."""
    engines = []
    for named in named_alerts(call.hass, call.data):
        if (entry := named.entry) is None:
            raise validation_error("not_an_alert", entity=named.target_id)
        if entry.state is not ConfigEntryState.LOADED:
            raise validation_error("alert_not_loaded", alert=entry.title)
        engines.append(entry.runtime_data)
    if not engines:
        raise validation_error("no_alert_named")
    return engines


async def _async_on_each(call: ServiceCall, act: Callable[[AlertEngine], object]) -> ServiceResponse:
    """Do something to each alert that is named. Raise the first error if it is possible for none of them.

    What was done is saved before the action returns.
    """
    engines, error = _engines(call), None
    done = 0
    for engine in engines:
        try:
            act(engine)
        except ServiceValidationError as err:
            error = error or err
        else:
            done += 1
    if error and not done:
        raise error
    for engine in engines:
        await engine.async_saved()
    return {"alerts": [_row(call.hass, engine) for engine in engines]}


def _row(hass: HomeAssistant, engine: AlertEngine) -> dict[str, Any]:
    return {
        "alert": engine.entry.title,
        "entity_id": async_state_entity_id(hass, engine.entry.entry_id),
        "state": str(shown_state(engine.incident)),
    }


async def _async_raise_alert(call: ServiceCall) -> ServiceResponse:
    """Raise alerts, with what is wrong in words."""
    message, cause = call.data.get(ATTR_MESSAGE, "").strip(), call.data.get(ATTR_CAUSE)
    return await _async_on_each(call, lambda engine: async_raise(engine, message or engine.entry.title, cause))


async def _async_acknowledge_alert(call: ServiceCall) -> ServiceResponse:
    """Take care of alerts."""
    return await _async_on_each(call, lambda engine: async_acknowledge(engine, call.context))


async def _async_clear_alert(call: ServiceCall) -> ServiceResponse:
    """End what raise_alert raised."""
    return await _async_on_each(call, async_clear)


async def _async_test_alert(call: ServiceCall) -> ServiceResponse:
    """Begin drills."""
    return await _async_on_each(call, async_begin_drill)


ACTIONS = (
    Action("raise_alert", _async_raise_alert, RAISE_SCHEMA, ALERTS),
    Action("acknowledge_alert", _async_acknowledge_alert, SCHEMA, ALERTS),
    Action("clear_alert", _async_clear_alert, SCHEMA, ALERTS),
    Action("test_alert", _async_test_alert, SCHEMA, ALERTS),
)
