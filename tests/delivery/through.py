"""A home that sends through a gateway that fails, and what its user sees of it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.flows import SITES
from tests.home import ask_to_send, first_number, state_of
from tests.simulator import Simulator

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
# What the request that sends is known by.
SENDING: dict[Provider, dict[str, Any]] = {
    HOUSE: {"params": {"cmd": "sendsms"}},
    PRO: {"path": "sms/send"},
    CLUB: {"path": "api/sending"},
    GROUP: {"path": "api/sending"},
    POINT: {"path": "send-"},
}
UNKNOWN_KEYS = {"outcome_unknown", "invalid_response"}
TAKEN = {"accepted", "sent", "delivered"}
# An action of the tests waits so long for an answer; what it needs besides.
WITHIN, MARGIN = 0.4, 3.0


@dataclass
class Sent:
    """What an action returned: the messages' statuses in its response, or the key of its error."""

    messages: list[dict[str, Any]]
    key: str | None = None
    text: str = ""

    @property
    def status(self) -> str | None:
        return self.messages[0]["status"] if self.messages else None


@dataclass
class House:
    """One account, its gateway, and its user."""

    hass: HomeAssistant
    simulator: Simulator
    provider: Provider
    entry: MockConfigEntry

    def fail(self, kind: str, times: int | None = 1, **options: Any) -> None:
        """Let the next requests that send fail."""
        for site in SITES[self.provider]:
            self.simulator.faults.add(site, kind, times, **SENDING[self.provider], **options)

    async def send(self, text: str = "Water", **data: Any) -> Sent:
        """Send to Anna unless told otherwise; it must not take longer than an action may."""
        fields = {"account": self.entry.entry_id, "to": first_number(self.provider), **data}
        async with asyncio.timeout(WITHIN + MARGIN):
            try:
                return Sent(await ask_to_send(self.hass, text, **fields))
            except HomeAssistantError as err:
                return Sent([], err.translation_key, str(err))

    def sensor(self, key: str) -> str:
        return self.state(key).state

    def state(self, key: str) -> State:
        name = GATEWAYS[self.provider].info.name.lower().replace(" ", "_")
        return state_of(self.hass, f"sensor.{name}_{key}")

    @property
    def shown(self) -> str:
        """What the home shows of the last text; its event says the same."""
        event = self.hass.states.get(f"event.{self.provider}_delivery_report")
        sensor = self.state("last_delivery_status")
        assert "reference" in sensor.attributes  # else nothing is known, which is "unknown" too
        assert event is None or event.attributes["event_type"] == sensor.state
        return sensor.state

    @property
    def held(self) -> int:
        """How many messages the gateway holds."""
        return len(self.simulator.messages())

    @property
    def tries(self) -> int:
        """How often it was asked to send."""
        wanted = SENDING[self.provider]
        return sum(
            wanted.get("path", "") in request.path
            and all(request.params.get(name) == value for name, value in wanted.get("params", {}).items())
            for site in SITES[self.provider]
            for request in self.simulator.requests(site)
        )

    def issue(self, kind: str, *, of_account: bool = True) -> ir.IssueEntry | None:
        name = f"{kind}_{self.entry.entry_id}" if of_account else kind
        return ir.async_get(self.hass).async_get_issue("texting", name)

    async def until_shown(self, *statuses: str) -> None:
        """Wait until the home shows one of them, and nothing is under way."""

        def is_shown() -> bool:
            sensor = self.state("last_delivery_status")
            return sensor.state in statuses and "reference" in sensor.attributes

        async with asyncio.timeout(10):
            while not is_shown():  # noqa: ASYNC110  it is no event
                await asyncio.sleep(0.005)
        await self.hass.async_block_till_done()

    async def reload(self) -> None:
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done()
