"""Run Home Assistant in this process, and add accounts to it."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import unused_port
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

import custom_components.texting  # noqa: F401  the test kit's own custom_components would hide it
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from scripts.demo_home.home import HOST, write_store
from tests.support.accounts import Sites, account_data

ACCEPTED = frozenset({"accepted", "sent", "delivered"})


class NotAccepted(Exception):
    """A text was not accepted, so the measurement is invalid."""


# More segments than a run sends. The limit is checked as in any home.
MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """One account that is set up."""

    # The Home Assistant that has the account.
    hass: HomeAssistant
    # The config entry of the account.
    entry: MockConfigEntry
    # The notify entities of the recipients.
    entities: Sequence[str]
    # The numbers of the recipients, in the same order.
    numbers: Sequence[str]

    async def send_to_entities(self, count: int, text: str) -> None:
        """Send with notify.send_message."""
        data = {"entity_id": list(self.entities[:count]), "message": text}
        await self.hass.services.async_call("notify", "send_message", data, blocking=True)

    async def send_to_numbers(self, count: int, text: str) -> None:
        """Send with texting.send_message, which returns a response. Raise NotAccepted if a text was not accepted."""
        await self.send(self.numbers[:count], text)

    async def send(self, numbers: Sequence[str], text: str, expected: Collection[str] = ACCEPTED) -> None:
        """Send with texting.send_message. Raise NotAccepted if a status is not expected."""
        data = {"account": self.entry.entry_id, "to": list(numbers), "message": text}
        response: Any = await self.hass.services.async_call(
            DOMAIN, "send_message", data, blocking=True, return_response=True
        )
        if unexpected := [message for message in response["messages"] if message["status"] not in expected]:
            raise NotAccepted(
                f"{len(unexpected)} of {len(numbers)} texts: {unexpected[0]['status']} {unexpected[0]['error']}"
            )


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[HomeAssistant]:
    """Run Home Assistant on the loopback interface."""
    storage = folder / ".storage"
    storage.mkdir()
    write_store(storage, "core.network", 1, {"configured_adapters": ["lo", "lo0"]})
    write_store(storage, "http", 1, {"server_host": [HOST], "server_port": unused_port()})
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        frame.async_setup(hass)
        hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
        hass.config.country = "FR"
        await async_setup_component(hass, "network", {})  # the shared HTTP session needs it
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


@asynccontextmanager
async def account(
    hass: HomeAssistant, provider: Provider, simulator: Sites, numbers: Sequence[str] = ()
) -> AsyncIterator[Account]:
    """Add an account with a recipient for each number (without +). Remove it with all its data at the end."""
    name = GATEWAYS[provider].info.name
    numbers = [f"+{number}" for number in numbers]
    people = [
        ConfigSubentryData(
            data={"numbers": [number]}, subentry_type="recipient", title=f"{name} {place:03}", unique_id=None
        )
        for place, number in enumerate(numbers)
    ]
    data, options = account_data(provider, simulator), {"daily_limit": MANY, "urgent_limit": MANY}
    entry = MockConfigEntry(domain=DOMAIN, title=name, data=data, options=options, subentries_data=people)
    entry.add_to_hass(hass)
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise SystemExit(f"{provider} could not be set up: {entry.reason}")
    await hass.async_block_till_done()
    by_subentry = {
        entity.config_subentry_id: entity.entity_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.domain == "notify"
    }
    entities = [by_subentry[subentry_id] for subentry_id in entry.subentries]
    try:
        yield Account(hass, entry, entities, numbers)
    finally:
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
