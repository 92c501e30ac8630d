"""Contact groups at the simulator's TextioPro, and the actions that deal with them."""

import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from homeassistant.core import HomeAssistant
from tests.simulator import Simulator

FAMILY, NEIGHBOURS = "6415907d0d37a", "6415907d0d7a6"


def add_group(simulator: Simulator, group_id: str, name: str, contacts: int = 0) -> dict[str, Any]:
    """Put a group at the gateway, with so many contacts of numbers from +33 7 00 00 00 00 on."""
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
    """Call an action of an account; its response, as it would stand in a trace."""
    response: Any = await hass.services.async_call(
        DOMAIN, action, {"account": entry.entry_id, **data}, blocking=True, return_response=True
    )
    told: dict[str, Any] = json.loads(json.dumps(response))
    return told
