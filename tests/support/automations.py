"""Helpers that set up automations and record the trigger variables of their runs."""

import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import condition, config_validation as cv, trigger
from homeassistant.setup import async_setup_component

RUN_EVENT = "texting_run"
RECEIVED, FAILED, CREDIT = "texting.message_received", "texting.delivery_failed", "texting.is_credit_below"
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


def received(**options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger message_received."""
    return {"trigger": RECEIVED, "options": options}


def failed(**options: Any) -> dict[str, Any]:
    """Return the configuration of the trigger delivery_failed."""
    return {"trigger": FAILED, "options": options}


async def check_trigger(hass: HomeAssistant, config: dict[str, Any]) -> Any:
    """Validate a trigger as Home Assistant does. Raises vol.Invalid."""
    (checked,) = await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))
    return checked


async def check_condition(hass: HomeAssistant, **options: Any) -> Any:
    """Validate the condition as Home Assistant does. Raises vol.Invalid."""
    return await condition.async_validate_condition_config(
        hass, cv.CONDITION_SCHEMA({"condition": CREDIT, "options": options})
    )
