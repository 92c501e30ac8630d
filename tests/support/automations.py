"""Helpers that set up automations and record the trigger variables of their runs."""

import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import condition, config_validation as cv, trigger
from homeassistant.setup import async_setup_component

RUN_EVENT = "texting_run"
RECEIVED, DELIVERED, FAILED = "texting.message_received", "texting.message_delivered", "texting.delivery_failed"
CREDIT = "texting.is_credit_below"
# The letters around the template prevent Home Assistant from parsing the JSON.
ACTION = {"event": RUN_EVENT, "event_data": {"trigger": "a{{ trigger | to_json }}z"}}


async def automate(
    hass: HomeAssistant, *triggers: dict[str, Any], conditions: list[dict[str, Any]] | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Set up an automation with these triggers. Each run adds its trigger variables to the returned list."""
    runs: list[dict[str, Any]] = []

    @callback
    def record(event: Event[Any]) -> None:
        runs.append(json.loads(event.data["trigger"][1:-1]))

    hass.bus.async_listen(RUN_EVENT, record)
    automation = {
        "alias": "Tested",
        "mode": "parallel",
        "max": 500,
        "triggers": list(triggers),
        "conditions": conditions or [],
        "actions": [ACTION],
        **more,
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    return runs


def received(target: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger message_received."""
    return _trigger(RECEIVED, target, options)


def delivered(target: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger message_delivered."""
    return _trigger(DELIVERED, target, options)


def failed(target: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger delivery_failed."""
    return _trigger(FAILED, target, options)


def to(*entity_ids: str) -> dict[str, Any]:
    """Return a target of entities."""
    return {"entity_id": list(entity_ids)}


def _trigger(name: str, target: dict[str, Any] | None, options: dict[str, Any]) -> dict[str, Any]:
    return {"trigger": name, "options": options, **({} if target is None else {"target": target})}


async def check_trigger(hass: HomeAssistant, config: dict[str, Any]) -> Any:
    """Validate a trigger as Home Assistant does. Raises vol.Invalid."""
    (checked,) = await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))
    return checked


async def check_condition(hass: HomeAssistant, **options: Any) -> Any:
    """Validate the condition as Home Assistant does. Raises vol.Invalid."""
    return await condition.async_validate_condition_config(
        hass, cv.CONDITION_SCHEMA({"condition": CREDIT, "options": options})
    )
