"""AlertHome: a home with alerts, people with phones, and clocks that a test moves."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
import time
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.texting.alerting.model import Incident, State
from custom_components.texting.alerts.by_hand import STATE_KEY
from custom_components.texting.alerts.engine import AlertEngine
from custom_components.texting.const import DOMAIN
from custom_components.texting.entries import messenger_entries
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.storage.open_database import open_database
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.simulator import Simulator
from tests.support.alerts import set_up_alert
from tests.support.home import forget, pass_until, requests_under_way, until
from tests.support.people import add

ANNA, BEN, CARA = "+33612345601", "+33612345602", "+33612345604"
CELLAR = "binary_sensor.cellar"
WATER = "Water in the cellar"
# Faults with these parameters meet only texts, not the requests for the balance.
SENDING = {"cmd": "sendsms"}
# Time passes in steps of so many seconds, so that what becomes due in between happens in its order.
STEP = 60.0


class AlertHome:
    """Anna, Ben and Cara, who have one phone each unless a test changes that, and one cause."""

    def __init__(self, hass: HomeAssistant, simulator: Simulator, pass_time: Callable[..., Awaitable[None]]) -> None:
        """Begin without accounts."""
        self.hass = hass
        self.simulator = simulator
        self.pass_time = pass_time
        self.states = async_capture_events(hass, EVENT_STATE_CHANGED)
        # The phones' replies have the date of the home.
        simulator.clock = lambda: datetime.fromtimestamp(time.time(), UTC)

    # -- beginning -----------------------------------------------------------------------------------------------------

    def recruit(self, account: MockConfigEntry, name: str, *numbers: str, **data: Any) -> str:
        """Add a recipient to an account. Return the id of the notify entity."""
        add(self.hass, account, name, numbers=list(numbers), **data)
        return f"notify.{name.lower()}"

    async def alert(self, *steps: str | list[str], causes: list[str] | None = None, **options: Any) -> MockConfigEntry:
        """Set up an alert of which each step asks a person, or several. Each step waits 5 minutes."""
        asked = [{"who": [each] if isinstance(each, str) else each, "wait": 5} for each in steps or ("notify.anna",)]
        for cause in causes if causes is not None else [CELLAR]:
            if self.hass.states.get(cause) is None:
                self.switch("off", cause)
        return await set_up_alert(self.hass, causes=[CELLAR] if causes is None else causes, steps=asked, **options)

    def switch(self, state: str, cause: str = CELLAR, name: str = WATER) -> None:
        """Switch a cause."""
        self.hass.states.async_set(cause, state, {"friendly_name": name})

    async def begin(self, count: int = 1) -> None:
        """Switch the cause on, and wait until so many texts have arrived."""
        before = len(self.simulator.messages())
        self.switch("on")
        await until(lambda: len(self.simulator.messages()) >= before + count)
        await self.settle()

    # -- what goes on --------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until everything is sent, reported, saved and published."""
        for _ in range(3):  # what is reported may lead to another text
            await self.hass.async_block_till_done(wait_background_tasks=True)
            if database := open_database(self.hass):
                await asyncio.wait([database.write(())])
            entries = messenger_entries(self.hass, only_loaded=True)
            await until(lambda: not any(entry.runtime_data.outbox.is_publishing for entry in entries))  # noqa: B023
            await self.simulator.settle()
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def wait(self, seconds: float, step: float = STEP) -> None:
        """Let time pass in steps."""
        while seconds > 0:
            await self.pass_time(min(seconds, step))
            await self.settle()
            seconds -= step

    async def until(self, happened: Callable[[], object], seconds: float = 1.0) -> None:
        """Let time pass until a condition is true, also while texts wait for a provider."""
        await pass_until(self.hass, self.pass_time, happened, seconds)

    async def answer(self, number: str, text: str, provider: Provider | None = Provider.TEXTINGHOUSE) -> Any:
        """Reply from a phone. Return the status and the body of the home's response, None if it is not called."""
        response = await self.simulator.answer(number, text, provider)
        await self.settle()
        return response

    # -- what people see -----------------------------------------------------------------------------------------------

    def texts(self, number: str) -> list[str]:
        """Return the texts to a phone, oldest first. The numbers of alerts are replaced by #, the times by @."""
        return [message.text for message in self.simulator.messages() if number.endswith(message.to[-10:])]

    def kinds(self, number: str) -> list[str]:
        """Return what each text to a phone is, by the words that only this kind has."""
        return [kind_of(text) for text in self.texts(number)]

    def occasions(self, entity_id: str = "event.leak_alert") -> list[str]:
        """Return what the event entity told, except of reminders."""
        shown = [event.data["new_state"] for event in self.states if event.data["entity_id"] == entity_id]
        kinds = [state.attributes.get("event_type") for state in shown if state]
        return [kind for kind in kinds if kind and kind != "reminded"]

    def issues(self, entry: ConfigEntry | None = None) -> list[str]:
        """Return the names of the repair issues, of an entry if it is given."""
        issues = [each for each in ir.async_get(self.hass).issues.values() if each.domain == DOMAIN and each.active]
        return sorted(each.translation_key or "" for each in issues if entry is None or entry.entry_id in each.issue_id)

    # -- the incident --------------------------------------------------------------------------------------------------

    def incident(self, alert: MockConfigEntry) -> Incident:
        """Return the latest incident."""
        engine: AlertEngine = alert.runtime_data
        return engine.incident

    def state(self, alert: MockConfigEntry) -> State:
        """Return what the incident is."""
        return self.incident(alert).state

    def number(self, alert: MockConfigEntry, phone: str = ANNA) -> int:
        """Return the number of the incident on a phone."""
        return next(
            each.code
            for each in self.incident(alert).notifications
            if each.target.id == phone and each.code is not None
        )

    def entity(self, alert: MockConfigEntry, domain: str) -> str:
        """Return the id of the entity of an alert in a domain. Of its sensors, it is the state."""
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), alert.entry_id)
        known = [each for each in entities if each.domain == domain]
        return next(each.entity_id for each in known if domain != "sensor" or each.unique_id.endswith(STATE_KEY))

    async def restart(self, *entries: MockConfigEntry) -> None:
        """Load these entries again, only from what is on disk. They are all entries of the home, accounts first."""
        for entry in reversed(entries):
            await self.hass.config_entries.async_unload(entry.entry_id)
        # Home Assistant stops only after that.
        await until(lambda: not requests_under_way(self.hass))
        await self.hass.async_block_till_done()
        forget(self.hass)
        for entry in entries:
            await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle()


# The words that only one kind of text has, in the order in which they are looked for.
_WORDS = {
    "No answer from": "escalated",
    "now also": "also",
    "last text": "limit",
    "Last text": "limit",
    "goes on": "reminder",
    "again:": "again",
    "Thank you": "thanks",
    "takes care": "taken",
    "Understood": "declined",
    "not understood": "sorry",
    "All clear": "clear",
    "No longer watched": "off",
    "Which": "which",
    " is over": "over",
    "DRILL": "drill",
    "ALERT": "alert",
}


def kind_of(text: str) -> str:
    """Return what kind of text this is."""
    return next((kind for words, kind in _WORDS.items() if words in text), text)
