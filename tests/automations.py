"""Automations of a real Home Assistant, and what they are told."""

import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import condition, config_validation as cv, trigger
from homeassistant.setup import async_setup_component

TOLD = "texting_told"
RECEIVED, FAILED, CREDIT = "texting.message_received", "texting.delivery_failed", "texting.credit_below"
# Between letters: Home Assistant reads what looks like a number or a list as one.
ACTION = {"event": TOLD, "event_data": {"trigger": "a{{ trigger | to_json }}z"}}


async def automate(
    hass: HomeAssistant, *triggers: dict[str, Any], conditions: list[dict[str, Any]] | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Set up an automation with these triggers; the variables of each run from now on."""
    told: list[dict[str, Any]] = []

    @callback
    def record(event: Event[Any]) -> None:
        told.append(json.loads(event.data["trigger"][1:-1]))

    hass.bus.async_listen(TOLD, record)
    automation = {
        "alias": "Told",
        "mode": "parallel",
        "max": 500,
        "triggers": list(triggers),
        "conditions": conditions or [],
        "actions": [ACTION],
        **more,
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    return told


def received(**options: Any) -> dict[str, Any]:
    """The trigger of a text that comes in."""
    return {"trigger": RECEIVED, "options": options}


def failed(**options: Any) -> dict[str, Any]:
    """The trigger of a text that does not get through."""
    return {"trigger": FAILED, "options": options}


async def check_trigger(hass: HomeAssistant, config: dict[str, Any]) -> Any:
    """A trigger as Home Assistant reads it; raises vol.Invalid."""
    (checked,) = await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))
    return checked


async def check_condition(hass: HomeAssistant, **options: Any) -> Any:
    """A condition as Home Assistant reads it; raises vol.Invalid."""
    return await condition.async_validate_condition_config(
        hass, cv.CONDITION_SCHEMA({"condition": CREDIT, "options": options})
    )
