"""What a user enters in the dialog of an alert, step by step."""

from collections.abc import Mapping
from typing import Any

from custom_components.texting.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.support.flows import submit

# Two sensors, and two people one after another.
ALERT: dict[str, Any] = {
    "name": "Water leak",
    "causes": ["binary_sensor.cellar", "binary_sensor.kitchen"],
    "states": ["on"],
    "hold": {"hours": 0, "minutes": 0, "seconds": 0},
    "advanced": {"when_unavailable": "keep"},
}
PEOPLE: dict[str, Any] = {"steps": [{"who": ["notify.anna"], "wait": 10}, {"who": ["notify.ben"]}], "rounds": 2}
ADVANCED: dict[str, Any] = {
    "urgent": True,
    "max_segments": 50,
    "cleared_after": {"hours": 0, "minutes": 1, "seconds": 0},
}
TEXTS: dict[str, Any] = {"remind_every": 5, "acknowledged_for": 30, "all_clear": True, "advanced": ADVANCED}


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose the alert in the menu."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "alert"})


async def go_through(
    hass: HomeAssistant,
    form: ConfigFlowResult,
    *,
    alert: Mapping[str, Any] | None = None,
    people: Mapping[str, Any] | None = None,
    texts: Mapping[str, Any] | None = None,
) -> ConfigFlowResult:
    """Go from the first step to the last one, with changes to what is entered in each."""
    steps = {
        "alert": ALERT | (alert or {}),
        "alert_people": PEOPLE | (people or {}),
        "alert_texts": TEXTS | (texts or {}),
    }
    for step_id, values in steps.items():
        assert form["step_id"] == step_id
        form = await submit(hass, form, values)
    assert form["step_id"] == "alert_check", form["errors"]
    return form


async def add_alert(hass: HomeAssistant, **changes: Mapping[str, Any]) -> ConfigEntry:
    """Add an alert with the dialog. changes are those of go_through."""
    result = await submit(hass, await go_through(hass, await begin(hass), **changes), {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry = result["result"]
    return entry
