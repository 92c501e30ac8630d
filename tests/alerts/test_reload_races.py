"""A reload of the alert at any moment: nothing is lost, and nothing is sent twice."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.gateway.provider import Provider
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.alerts import press

STEPS = ("notify.anna", "notify.ben")
# How often the event loop turns before the reload.
TURNS = [*range(0, 12, 2), 15, 25, 32, 40, 50]


async def turns(count: int) -> None:
    """Let the event loop turn so often."""
    for _ in range(count):
        await asyncio.sleep(0)


async def reload(home: AlertHome, alert: MockConfigEntry) -> None:
    await home.hass.config_entries.async_reload(alert.entry_id)
    await home.settle()


@pytest.mark.parametrize("count", TURNS)
async def test_soon_after_its_cause(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(*STEPS)
    home.switch("on")
    await turns(count)
    await reload(home, alert)
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


@pytest.mark.parametrize("count", TURNS)
async def test_soon_after_an_answer(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"])
    await home.begin(2)
    answering = asyncio.create_task(home.simulator.answer(ANNA, "OK", Provider.TEXTINGHOUSE))
    # The request takes its time.
    await turns(count * 3)
    await reload(home, alert)
    await answering
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]
    assert home.kinds(BEN) == ["alert", "taken"]


@pytest.mark.parametrize("count", TURNS)
async def test_soon_after_a_button(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"])
    await home.begin(2)
    pressing = asyncio.create_task(press(home.hass, "button.leak_i_take_it"))
    await turns(count)
    if not pressing.done():
        await pressing
    await turns(count)
    await reload(home, alert)
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == home.kinds(BEN) == ["alert", "taken"]
    assert home.occasions()[:2] == ["raised", "acknowledged"]


@pytest.mark.parametrize("count", TURNS)
async def test_soon_after_the_end(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    home.switch("off")
    await home.pass_time(61, wait=False)
    await turns(count)
    await reload(home, alert)
    assert home.incident(alert).is_over
    assert home.kinds(ANNA) == ["alert", "clear"]


@pytest.mark.parametrize("count", TURNS)
async def test_removed_soon_after_its_cause(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(*STEPS)
    home.switch("on")
    await turns(count)
    await home.hass.config_entries.async_remove(alert.entry_id)
    await home.settle()
    # Who was told before hears that nobody watches any more. A text whose request was open then is the last one.
    left = home.kinds(ANNA)
    assert left in ([], ["alert"], ["alert", "off"])
    await home.wait(700, 60)
    assert home.kinds(ANNA) == left
    assert home.texts(BEN) == []


@pytest.mark.parametrize("count", TURNS)
async def test_the_account_soon_after_the_cause(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(*STEPS)
    home.switch("on")
    await turns(count)
    await reload(home, house)
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


@pytest.mark.parametrize("count", TURNS)
async def test_a_restart_soon_after_the_cause(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(*STEPS)
    home.switch("on")
    await turns(count)
    await home.restart(house, alert)
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


@pytest.mark.parametrize("count", TURNS)
async def test_the_account_soon_after_an_answer(home: AlertHome, house: MockConfigEntry, count: int) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"])
    await home.begin(2)
    answering = asyncio.create_task(home.simulator.answer(ANNA, "OK", Provider.TEXTINGHOUSE))
    await turns(count * 3)
    await reload(home, house)
    response = await answering
    await home.settle()
    if response != (200, ""):  # the provider repeats it
        await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]
    assert home.kinds(BEN) == ["alert", "taken"]
