"""Alerts: their config entries, in a home that uses the integration."""

from collections.abc import Sequence
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from homeassistant.core import Context, HomeAssistant

# What an alert does that its dialog does not ask for.
DEFAULTS: dict[str, Any] = {
    "states": ["on"],
    "hold": 0,
    "rounds": 2,
    "message": "",
    "remind_every": 5,
    "acknowledged_for": 30,
    "all_clear": True,
    "urgent": True,
    "max_segments": 50,
    "cleared_after": 60,
    "armed": True,
}


def new_alert(
    *, who: Sequence[str] = ("notify.anna",), causes: Sequence[str] = (), title: str = "Leak", **options: Any
) -> MockConfigEntry:
    """Return an alert whose only step asks these people, and waits 5 minutes."""
    steps = [{"who": list(who), "wait": 5}]
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={"provider": "alert"},
        options={**DEFAULTS, "causes": list(causes), "steps": steps, **options},
    )


async def set_up_alert(hass: HomeAssistant, **options: Any) -> MockConfigEntry:
    """Set up an alert, which new_alert describes."""
    entry = new_alert(**options)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def press(hass: HomeAssistant, entity_id: str, context: Context | None = None) -> None:
    """Press a button."""
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True, context=context)
