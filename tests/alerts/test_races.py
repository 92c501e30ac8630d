"""What happens at once: a start, requests under way, changes of the definition, routes."""

import asyncio
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.gateway.provider import Provider
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from tests.conftest import Connect, SetUp
from tests.support.alert_home import ANNA, BEN, CARA, SENDING, AlertHome
from tests.support.alerts import press
from tests.support.home import until
from tests.support.routes import set_up_route

STEPS = ("notify.anna", "notify.ben")
HOUSE, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.THESMSPOINT
TAKE = "button.leak_i_take_it"


# -- the start ---------------------------------------------------------------------------------------------------------


async def test_new_incidents_wait_until_home_assistant_has_started(home: AlertHome, house: MockConfigEntry) -> None:
    home.hass.set_state(CoreState.starting)
    alert = await home.alert(*STEPS)
    home.switch("on")
    await home.settle()
    assert home.state(alert) is State.IDLE
    home.hass.set_state(CoreState.running)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await home.settle()
    assert home.kinds(ANNA) == ["alert"]


async def test_open_incidents_go_on_before_that(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    home.hass.set_state(CoreState.starting)
    await home.restart(house, alert)
    await home.answer(ANNA, f"NO {home.number(alert)}")
    await home.wait(12)
    assert home.kinds(BEN) == ["alert"] or home.kinds(BEN) == ["reminder"]
    home.hass.set_state(CoreState.running)


@pytest.mark.parametrize("seconds", [60, 1500])
async def test_an_acknowledgment_outlives_restarts(home: AlertHome, house: MockConfigEntry, seconds: int) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "OK")
    await home.wait(seconds, 300)
    await home.restart(house, alert)
    await home.restart(house, alert)
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]
    await home.wait(1800 - seconds - 20, 300)
    assert home.kinds(ANNA) == ["alert", "thanks"]
    await home.wait(30)
    assert home.kinds(ANNA) == ["alert", "thanks", "again"]


async def test_exhausted_outlives_restarts(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", rounds=1)
    await home.begin()
    await home.wait(310)
    assert home.state(alert) is State.EXHAUSTED
    count = len(home.texts(ANNA))
    await home.restart(house, alert)
    assert home.state(alert) is State.EXHAUSTED
    assert home.issues(alert) == ["alert_exhausted"]
    assert len(home.texts(ANNA)) == count
    await home.wait(3700, 100)
    assert len(home.texts(ANNA)) == count + 1


async def test_a_withdrawn_incident_stays_closed_after_a_restart(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    for site in ("textinghouse", "textinghouse_backup"):
        await home.simulator.faults.refuse(site)
    home.switch("on")
    await home.wait(20, 10)
    home.switch("off")
    await home.wait(70, 10)
    assert home.state(alert) is State.CLOSED
    await home.restart(house, alert)
    await home.simulator.restore()
    await home.wait(200, 10)
    assert home.simulator.messages() == []


# -- requests under way ------------------------------------------------------------------------------------------------


async def test_somebody_takes_it_while_a_text_to_another_is_under_way(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    held = home.simulator.faults.add("textinghouse", "hold", params=SENDING)
    await home.pass_time(301, wait=False)
    await until(held.reached.is_set)
    await home.simulator.answer(ANNA, "OK", HOUSE)
    await until(lambda: home.state(alert) is State.ACKNOWLEDGED)
    held.release()
    await until(lambda: len(home.texts(BEN)) == 2)
    await home.settle()
    # It left, so Ben hears that somebody takes care.
    assert home.kinds(BEN) == ["escalated", "taken"]


async def test_the_answer_comes_before_the_response_to_its_text(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    held = home.simulator.faults.add("textinghouse", "hold", params=SENDING)
    home.switch("on")
    await until(held.reached.is_set)
    answering = asyncio.create_task(home.simulator.answer(ANNA, "OK", HOUSE))
    for _ in range(20):
        await asyncio.sleep(0)
    held.release()
    await answering
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.incident(alert).notification(1).progress is Progress.DELIVERED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_it_ends_while_its_text_is_under_way(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS, cleared_after=0)
    held = home.simulator.faults.add("textinghouse", "hold", params=SENDING)
    home.switch("on")
    await until(held.reached.is_set)
    home.switch("off")
    await until(lambda: home.state(alert) is State.CLOSED)
    held.release()
    await until(lambda: len(home.texts(ANNA)) == 2)
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "clear"]


async def test_many_people_answer_at_once(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(["notify.anna", "notify.ben", "notify.cara"])
    await home.begin(3)
    answers = [home.simulator.answer(number, "OK", HOUSE) for number in (ANNA, BEN, CARA)]
    await asyncio.gather(*answers, press(home.hass, TAKE))
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.occasions().count("acknowledged") == 1
    thanked = [number for number in (ANNA, BEN, CARA) if "thanks" in home.kinds(number)]
    assert len(thanked) <= 1


# -- the definition changes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"steps": []},
        {"steps": [{"who": ["notify.cara"], "wait": 1}]},
        {"causes": []},
        {"rounds": 1},
        {"remind_every": 0, "max_segments": 4},
        {"message": "{{ 1 / 0 }}", "urgent": False, "all_clear": False},
    ],
)
async def test_the_definition_changes_while_it_is_open(
    home: AlertHome, house: MockConfigEntry, options: dict[str, Any]
) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.wait(310)
    home.hass.config_entries.async_update_entry(alert, options={**alert.options, **options})
    await home.settle()
    assert home.incident(alert).is_open
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    home.switch("off")
    await home.wait(70)
    assert home.state(alert) is State.CLOSED
    await home.restart(house, alert)
    assert home.kinds(ANNA).count("clear") == (1 if options.get("all_clear", True) else 0)


async def test_the_state_that_counts_changes_while_it_is_open(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    home.hass.config_entries.async_update_entry(alert, options={**alert.options, "states": ["open"]})
    await home.wait(61)
    assert home.state(alert) is State.CLOSED


# -- routes and other providers ----------------------------------------------------------------------------------------


async def test_a_route_tries_another_account(home: AlertHome, set_up: SetUp, connect: Connect) -> None:
    house = await set_up(HOUSE)
    pro = await set_up(Provider.TEXTIOPRO)
    await connect(house)
    await set_up_route(home.hass, [house, pro])
    alert = await home.alert("notify.rita", "notify.ben")
    await home.begin()
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "thanks", "clear"]
    for site in ("textinghouse", "textinghouse_backup"):
        await home.simulator.faults.refuse(site)
    home.switch("on")
    await home.wait(120, 10)
    assert home.kinds(ANNA)[3] == "alert"
    assert home.simulator.messages()[-1].provider == Provider.TEXTIOPRO


async def test_a_restart_with_a_route(home: AlertHome, set_up: SetUp, connect: Connect) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    route = await set_up_route(home.hass, [house])
    alert = await home.alert("notify.rita")
    await home.begin()
    await home.restart(house, route, alert)
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("template_id", "texts"),
    [
        ("1107000000000000002", ["Home alert: {what}", "Home alert: all clear: {what}"]),
        # It takes any words, so it takes the usual ones.
        (
            "1107000000000000004",
            ["ALERT: {what}, {time}. Acknowledge it in Home Assistant.", "All clear: {what}, {time}."],
        ),
        # It has no placeholder, so it cannot say what is wrong.
        ("1107000000000000001", []),
    ],
)
async def test_a_provider_that_sends_templates_only(
    home: AlertHome, set_up: SetUp, template_id: str, texts: list[str]
) -> None:
    entry = await set_up(POINT)
    home.simulator.accounts[POINT].checks_templates = True
    home.hass.config_entries.async_update_entry(entry, data={**entry.data, "template_id": template_id})
    await home.settle()
    await home.alert("notify.dev")
    home.switch("on")
    await home.settle()  # before time passes, in which the provider's list of templates would be too late
    await home.wait(70, 10)
    home.switch("off")
    await home.wait(70, 10)
    sent = [message.text.replace("Water in the cellar", "{what}") for message in home.simulator.messages(POINT)]
    sent = [re.sub(r"\d\d:\d\d", "{time}", text) for text in sent]
    assert [text.partition(" It lasted")[0] for text in sent] == texts
