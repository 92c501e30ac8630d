"""The blueprint that begins a drill each month, in a real Home Assistant."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, time, timedelta
from pathlib import Path
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.texting.alerting import drill
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.alerts import set_up_alert
from tests.support.home import state_of, told, until
from tests.support.people import add

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
ANNA, BEN, TELL = "+33612345601", "+33612345602", "+33612345609"
CELLAR = "binary_sensor.cellar"

type Use = Callable[..., Awaitable[None]]


@pytest.fixture
async def alert(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Return an alert that asks Anna, then Ben. Rita hears the result."""
    house = await set_up(Provider.TEXTINGHOUSE)
    await connect(house)
    add(hass, house, "Rita", numbers=[TELL])
    await told(hass)
    hass.states.async_set(CELLAR, "off")
    steps = [{"who": ["notify.anna"], "wait": 5}, {"who": ["notify.ben"], "wait": 5}]
    return await set_up_alert(hass, causes=[CELLAR], steps=steps)


@pytest.fixture
async def use(hass: HomeAssistant, alert: MockConfigEntry) -> AsyncIterator[Use]:
    """Return a function that creates the automation, as the editor does."""

    async def automate(**inputs: Any) -> None:
        shutil.copytree(BLUEPRINTS, hass.config.path("blueprints"))
        (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id)
        given = {"alerts": [device.id], "tell": ["notify.rita"], **inputs}
        automation = {"alias": "Drill", "use_blueprint": {"path": "texting/monthly_drill.yaml", "input": given}}
        assert await async_setup_component(hass, "automation", {"automation": [automation]})
        await hass.async_block_till_done()
        assert state_of(hass, "automation.drill").state == "on"

    yield automate
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


def fire(hass: HomeAssistant) -> None:
    """Let it be tomorrow, one second after eleven, for what waits for a time."""
    day = dt_util.utcnow().astimezone(dt_util.get_default_time_zone()).date() + timedelta(days=1)
    async_fire_time_changed(hass, datetime.combine(day, time(11, 0, 1), dt_util.get_default_time_zone()))


def texts(simulator: Simulator, number: str) -> list[str]:
    return [message.text for message in simulator.messages() if message.to in number]


async def test_everybody_is_asked_and_somebody_hears_the_result(
    hass: HomeAssistant, alert: MockConfigEntry, use: Use, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "REST", 0.1)
    await use(day=str(dt_util.now().day))
    fire(hass)
    await until(lambda: texts(simulator, ANNA) and texts(simulator, BEN))
    assert "DRILL" in texts(simulator, ANNA)[0]
    await simulator.settle()
    for number in (ANNA, BEN):
        await simulator.answer(number, "OK", Provider.TEXTINGHOUSE)
    await until(lambda: texts(simulator, TELL))
    assert texts(simulator, TELL) == ["Drill of Leak. Answered: Anna, Ben."]


@pytest.mark.parametrize(
    ("day", "of_january", "begins"),
    [
        # The first Saturday of January 2027 is the second day.
        ("saturday", 2, True),
        ("saturday", 9, False),
        ("saturday", 1, False),
        ("Friday", 1, True),
        ("15", 15, True),
        (15, 15, True),
        ("15", 14, False),
        ("someday", 2, False),
    ],
)
async def test_the_day(
    hass: HomeAssistant,
    alert: MockConfigEntry,
    use: Use,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    day: str | int,
    of_january: int,
    begins: bool,
) -> None:
    await use(day=day)
    moment = datetime(2027, 1, of_january, 11, tzinfo=dt_util.get_default_time_zone())
    monkeypatch.setattr(dt_util, "now", lambda _zone=None: moment)
    fire(hass)
    if begins:  # the run waits for the end of the drill
        await until(lambda: texts(simulator, ANNA) and texts(simulator, BEN))
        await simulator.settle()
        assert alert.runtime_data.incident.is_drill
    else:
        await told(hass)
        assert alert.runtime_data.incident.is_over


async def test_no_drill_begins_while_an_alert_is_open(hass: HomeAssistant, alert: MockConfigEntry, use: Use) -> None:
    await use(day=str(dt_util.now().day))
    hass.states.async_set(CELLAR, "on")
    await told(hass)
    assert alert.runtime_data.incident.is_open
    fire(hass)
    await told(hass)
    assert not alert.runtime_data.incident.is_drill
    assert state_of(hass, "automation.drill").attributes["last_triggered"] is None
