"""Routes that use accounts at the simulator."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from tests.simulator import Simulator
from tests.support.home import state_of, until

ANNA, CLARA = "+33612345601", "+12125550142"


def new_route(
    accounts: Sequence[ConfigEntry | str], *, title: str = "Alerts", confirm_within: int = 0
) -> MockConfigEntry:
    """Return a route with one recipient, Rita."""
    ids = [account if isinstance(account, str) else account.entry_id for account in accounts]
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={"provider": "route", "accounts": ids, "confirm_within": confirm_within},
        subentries_data=[
            ConfigSubentryData(data={"numbers": [ANNA]}, subentry_type="recipient", title="Rita", unique_id=None)
        ],
    )


async def set_up_route(
    hass: HomeAssistant, accounts: Sequence[ConfigEntry | str], *, title: str = "Alerts", confirm_within: int = 0
) -> MockConfigEntry:
    """Set up a route that uses these accounts, given as entries or entry ids."""
    entry = new_route(accounts, title=title, confirm_within=confirm_within)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def sent(simulator: Simulator) -> list[str]:
    """Return the providers of the accepted texts, in order."""
    return [message.provider for message in simulator.messages()]


async def disconnect(simulator: Simulator, *sites: str) -> None:
    """Make these sites refuse connections."""
    for site in sites:
        await simulator.faults.refuse(site)
    # Home Assistant notices that its connections are closed.
    for _ in range(10):
        await asyncio.sleep(0)


async def shown(hass: HomeAssistant, entity_id: str, state: str) -> dict[str, Any]:
    """Wait until an entity has this state. Return its attributes."""
    await until(lambda: state_of(hass, entity_id).state == state)
    return dict(state_of(hass, entity_id).attributes)
