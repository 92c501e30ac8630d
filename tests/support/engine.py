"""A home that sends through a failing gateway, and what its user sees."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.storage import entry_state
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import PassTime
from tests.simulator import Simulator
from tests.simulator.faults import Fault
from tests.support.flows import SITES
from tests.support.home import ask_to_send, first_number, state_of, until

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
# Faults that end only because the home waits no longer.
ENDLESS = {"hang", "slow"}
UNKNOWN_KEYS = {"outcome_unknown", "invalid_response", "server_error"}
TAKEN = {"accepted", "sent", "delivered"}
# Seconds: how long an action waits for a result in these tests, and how long a request to a gateway takes at most.
RESULT_TIMEOUT, REQUEST_TIMEOUT = 100.0, 30.0


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
    # Lets seconds pass, whatever is under way.
    skip: PassTime
    # What was made to fail.
    faults: list[Fault] = field(default_factory=list)

    def fail(self, kind: str, times: int | None = 1, **options: Any) -> Fault:
        """Make the next requests that send a message fail. Return the fault of the provider's main site."""
        faults = [
            self.simulator.faults.add(site, kind, times, **SENDING[self.provider], **options)
            for site in SITES[self.provider]
        ]
        self.faults += faults
        return faults[0]

    async def ask(self, text: str = "Water", **data: Any) -> Sent:
        """Send a text, by default to the first number. Return when the action returns."""
        fields = {"account": self.entry.entry_id, "to": first_number(self.provider), **data}
        try:
            return Sent(await ask_to_send(self.hass, text, **fields))
        except HomeAssistantError as err:
            return Sent([], err.translation_key, str(err))

    async def send(self, text: str = "Water", **data: Any) -> Sent:
        """Send a text whose result comes in time. Time passes only while the gateway does not respond."""
        sending = asyncio.create_task(self.ask(text, **data))
        hanging = [fault for fault in self.faults if fault.kind in ENDLESS]
        while not sending.done():
            await until(lambda: sending.done() or any(fault.reached.is_set() for fault in hanging))
            if not sending.done():
                for fault in hanging:
                    fault.reached.clear()
                await self.skip(REQUEST_TIMEOUT + 1)
        return await sending

    async def send_late(self, text: str = "Water", *, when: Callable[[], object] | None = None, **data: Any) -> Sent:
        """Send a text whose result does not come in time: the action's time ends when a condition is true.

        By default, this is when the home shows that the message waits.
        """
        sending, is_late = asyncio.create_task(self.ask(text, **data)), when or (lambda: self.is_shown("queued"))
        waiters = self.entry.runtime_data.outbox._waiters
        await until(lambda: sending.done() or (waiters and is_late()))
        await self.pass_time(RESULT_TIMEOUT + 1, background=False)
        return await sending

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

    async def pass_time(self, seconds: float, *, background: bool = True) -> None:
        """Let seconds pass once no message is being sent, so that no request ends because of it."""
        states = self.hass.data[entry_state._STATES].values()
        await until(lambda: not any(state.worker and state.worker.requests for state in states))
        await self.skip(seconds, background=background)

    def is_shown(self, *statuses: str) -> bool:
        """Return True if the home shows one of these statuses."""
        status = self.sensor("last_delivery_status")
        if status == "none" and self.sensor("pending_messages") != "0":
            status = "queued"
        return status in statuses

    async def until_shown(self, *statuses: str) -> None:
        """Wait until the home shows one of these statuses and has finished its work."""
        await until(lambda: self.is_shown(*statuses))
        await self.hass.async_block_till_done()

    async def reload(self) -> None:
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done()
