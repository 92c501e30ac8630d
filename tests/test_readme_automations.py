"""The automations of the README in a real Home Assistant: what happens, and who is texted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
import re
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import yaml

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import pass_until, state_of, told, until
from tests.support.people import add
from tests.support.repository import ROOT

HOUSE = Provider.TEXTINGHOUSE
ANNA, BEN, BENS_OTHER, NEIGHBOR = "+33612345601", "+33612345602", "+33612345603", "+33612345699"
README = (ROOT / "README.md").read_text("utf-8")
AUTOMATIONS = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
WATER, SMOKE, ALARM, POWER, DOOR, BALANCE = AUTOMATIONS


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> AsyncIterator[MockConfigEntry]:
    """Set up TextingHouse with Anna, Ben and the neighbor."""
    entry = await set_up(HOUSE)
    await connect(entry)
    add(hass, entry, "Neighbor", numbers=[NEIGHBOR])
    await told(hass)
    yield entry
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def use(hass: HomeAssistant, automation: str) -> None:
    """Paste an automation into the home."""
    content = {"id": "pasted", "alias": "Pasted", **yaml.safe_load(automation)}
    assert await async_setup_component(hass, "automation", {"automation": [content]})
    await hass.async_block_till_done()


async def change(hass: HomeAssistant, entity_id: str, *states: str, **attributes: Any) -> None:
    """Let an entity have one state after the other."""
    for state in states:
        hass.states.async_set(entity_id, state, attributes)
        await hass.async_block_till_done(wait_background_tasks=False)


def is_running(hass: HomeAssistant) -> bool:
    """Return True if the automation runs."""
    return bool(state_of(hass, "automation.pasted").attributes["current"])


def texts(simulator: Simulator) -> dict[str, list[str]]:
    """Return the texts of each phone."""
    found: dict[str, list[str]] = {}
    for message in simulator.messages():
        found.setdefault(f"+{message.to.removeprefix('+')}", []).append(message.text)
    return found


@pytest.mark.usefixtures("house")
async def test_water(hass: HomeAssistant, simulator: Simulator) -> None:
    await use(hass, WATER)
    await change(hass, "binary_sensor.cellar_water", "off", "on")
    await until(lambda: len(texts(simulator)) == 3)
    assert texts(simulator) == {phone: ["Water in the cellar!"] for phone in (ANNA, BEN, BENS_OTHER)}


@pytest.mark.usefixtures("house")
async def test_smoke(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime) -> None:
    """The neighbor is texted only if nobody got the text."""
    await use(hass, SMOKE)
    await change(hass, "binary_sensor.kitchen_smoke", "off", "on", friendly_name="Kitchen")
    await pass_until(hass, pass_time, lambda: not is_running(hass), 5)
    assert texts(simulator) == {phone: ["Smoke! Kitchen"] for phone in (ANNA, BEN, BENS_OTHER)}

    for phone in (ANNA, BEN, BENS_OTHER):
        await simulator.answer(phone, "STOP", HOUSE)
    await told(hass)
    await change(hass, "binary_sensor.kitchen_smoke", "off", "on", friendly_name="Kitchen")
    await until(lambda: NEIGHBOR in texts(simulator))
    assert texts(simulator)[NEIGHBOR] == ["Smoke at Anna's, and nobody may know. Please look!"]


@pytest.mark.usefixtures("house")
async def test_alarm(hass: HomeAssistant, simulator: Simulator) -> None:
    await use(hass, ALARM)
    await change(hass, "alarm_control_panel.home", "armed_away", "pending", "triggered")
    await until(lambda: len(texts(simulator)) == 3)
    ((text,),) = {tuple(each) for each in texts(simulator).values()}
    assert re.fullmatch(r"Alarm at home, \d\d:\d\d\.", text)


@pytest.mark.usefixtures("house")
async def test_power(hass: HomeAssistant, simulator: Simulator) -> None:
    """A sensor that is unavailable for a while says nothing about the power."""
    hass.states.async_set("sensor.ups_battery_charge", "83")
    await use(hass, POWER)
    await change(hass, "binary_sensor.ups_mains_power", "on", "unavailable", "on", "off")
    await until(lambda: len(texts(simulator).get(ANNA, ())) == 1)
    await change(hass, "binary_sensor.ups_mains_power", "on")
    await until(lambda: len(texts(simulator)[ANNA]) == 2)
    assert texts(simulator) == {ANNA: ["The power is out. Battery: 83%.", "The power is back. Battery: 83%."]}


@pytest.mark.parametrize(("reply", "closed"), [("Yes please", 1), ("no", 0)])
@pytest.mark.usefixtures("house")
async def test_door(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, reply: str, closed: int) -> None:
    calls = async_mock_service(hass, "cover", "close_cover")
    # Replies have the time of the home.
    simulator.clock = lambda: datetime.fromtimestamp(time.time(), UTC)
    await use(hass, DOOR)
    await change(hass, "cover.garage_door", "closed", "open")
    await pass_time(14 * 60)
    assert texts(simulator) == {}
    await pass_until(hass, pass_time, lambda: texts(simulator), 30)
    assert texts(simulator) == {ANNA: ["The garage door has been open for 15 minutes. Close it?"]}
    await simulator.answer(ANNA, reply, HOUSE)
    await until(lambda: not is_running(hass))
    assert [call.data["entity_id"] for call in calls] == [["cover.garage_door"]] * closed


@pytest.mark.usefixtures("house")
async def test_balance(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime) -> None:
    await use(hass, BALANCE)
    simulator.accounts[HOUSE].credit = Decimal(19)
    await pass_until(hass, pass_time, lambda: texts(simulator), 60)
    assert texts(simulator) == {ANNA: ["TextingHouse has 19 credits left."]}
