"""A home that sends through a failing gateway, and what its user sees."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.simulator import Simulator
from tests.support.flows import SITES
from tests.support.home import ask_to_send, first_number, state_of

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
# How to recognize the request that sends a message.
SENDING: dict[Provider, dict[str, Any]] = {
    HOUSE: {"params": {"cmd": "sendsms"}},
    PRO: {"path": "sms/send"},
    CLUB: {"path": "api/sending"},
    GROUP: {"path": "api/sending"},
    POINT: {"path": "send-"},
}
UNKNOWN_KEYS = {"outcome_unknown", "invalid_response"}
TAKEN = {"accepted", "sent", "delivered"}
# The seconds that an action waits for a result in the tests, and the seconds that it may need in addition.
WITHIN, MARGIN = 0.4, 3.0


@dataclass
class Sent:
    """The result of an action: its response or its error."""

    # The messages in the response. Empty if the action raised an error.
    messages: list[dict[str, Any]]
    # The translation key of the error.
    key: str | None = None
    # The English text of the error.
    text: str = ""

    @property
    def status(self) -> str | None:
        return self.messages[0]["status"] if self.messages else None


@dataclass
class House:
    """A home with one account, its gateway and its user."""

    hass: HomeAssistant
    simulator: Simulator
    provider: Provider
    entry: MockConfigEntry

    def fail(self, kind: str, times: int | None = 1, **options: Any) -> None:
        """Make the next requests that send a message fail."""
        for site in SITES[self.provider]:
            self.simulator.faults.add(site, kind, times, **SENDING[self.provider], **options)

    async def send(self, text: str = "Water", **data: Any) -> Sent:
        """Send a text, by default to the first number. Raises TimeoutError if the action takes too long."""
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
        """The status that the home shows of its only message. Once it has ended, the event entity shows the same."""
        is_pending = self.sensor("pending_messages") != "0"
        if (status := self.sensor("last_delivery_status")) == "none":
            return "queued" if is_pending else status
        event = self.hass.states.get(f"event.{self.provider}_delivery_report")
        assert is_pending or event is None or event.attributes["event_type"] == status
        return status

    @property
    def held(self) -> int:
        """The number of messages that the gateway accepted."""
        return len(self.simulator.messages())

    @property
    def tries(self) -> int:
        """The number of requests to send that the gateway received."""
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
        """Wait until the home shows one of these statuses and has finished its work."""
        async with asyncio.timeout(10):
            while self.sensor("last_delivery_status") not in statuses:  # noqa: ASYNC110  no event to wait for
                await asyncio.sleep(0.005)
        await self.hass.async_block_till_done()

    async def reload(self) -> None:
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done()
