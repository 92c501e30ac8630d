"""Contact groups at the simulator's TextioPro, and their actions."""

import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from homeassistant.core import HomeAssistant
from tests.simulator import Simulator

FAMILY, NEIGHBOURS = "6415907d0d37a", "6415907d0d7a6"


def add_group(simulator: Simulator, group_id: str, name: str, contacts: int = 0) -> dict[str, Any]:
    """Add a group with this number of contacts to the simulator. Their numbers start at +33 7 00 00 00 00."""
    known = {
        f"{number:013x}": {
            "uid": f"{number:013x}",
            "group_id": group_id,
            "phone": str(33700000000 + number),
            "FIRST_NAME": f"Name {number}",
        }
        for number in range(contacts)
    }
    group: dict[str, Any] = {"uid": group_id, "name": name, "contacts": known}
    simulator.accounts["textiopro"].groups[group_id] = group
    return group


async def ask(hass: HomeAssistant, action: str, entry: MockConfigEntry, **data: Any) -> dict[str, Any]:
    """Call an action of an account. Return its response as JSON, as a trace shows it."""
    response: Any = await hass.services.async_call(
        DOMAIN, action, {"account": entry.entry_id, **data}, blocking=True, return_response=True
    )
    told: dict[str, Any] = json.loads(json.dumps(response))
    return told
