"""Odd sequences of events."""

import asyncio
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.helpers import entity_registry as er
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.home import until
from tests.support.people import change, remove

STEPS = ("notify.anna", "notify.ben")
HOUSE = Provider.TEXTINGHOUSE


async def test_a_question_and_an_alert_on_one_phone(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    fields = {"entity_id": "notify.anna", "question": "Feed the cat?", "choices": {"yes": ["yes"], "no": ["no"]}}
    asking = asyncio.create_task(
        home.hass.services.async_call(
            DOMAIN, "ask", {**fields, "timeout": {"seconds": 600}}, blocking=True, return_response=True
        )
    )
    await until(lambda: home.texts(ANNA))
    home.switch("on")
    await until(lambda: len(home.texts(ANNA)) == 2)
    await until(lambda: home.incident(alert).told)
    code = home.number(alert)
    await home.simulator.answer(ANNA, f"OK {code}", HOUSE)
    await until(lambda: home.state(alert) is State.ACKNOWLEDGED)
    assert not asking.done()
    first = home.simulator.messages()[0]
    await home.simulator.answer(ANNA, "yes", HOUSE, named=first)
    await until(asking.done)
    response: Any = asking.result()
    assert response["choice"] == "yes"
    assert home.state(alert) is State.ACKNOWLEDGED
    await home.settle()


async def test_two_answers_at_once_from_one_phone(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await asyncio.gather(home.simulator.answer(ANNA, "OK", HOUSE), home.simulator.answer(ANNA, "NO", HOUSE))
    await home.settle()
    await home.wait(15, 5)
    # The last word counts: she handed it on.
    assert home.state(alert) is State.ALERTING
    assert len(home.texts(BEN)) >= 1


async def test_no_and_then_ok(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "NO")
    await home.wait(12)
    await home.answer(ANNA, "OK")
    assert home.incident(alert).owner_name == "Anna"
    assert home.kinds(BEN)[-1] == "taken"


async def test_the_phone_of_a_responder_changes(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    change(home.hass, house, "Anna", numbers=["+33612345699"])
    await home.settle()
    # The old phone was told, so it may answer.
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    await home.wait(1810)
    assert "again" in home.kinds("+33612345699") or "alert" in home.kinds("+33612345699")


async def test_the_owner_is_removed(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await home.answer(ANNA, "OK")
    remove(home.hass, house, "Anna")
    await home.settle()
    await home.wait(1830, 30)
    await home.wait(30, 10)
    assert home.incident(alert).is_open
    assert len(home.texts(BEN)) >= 1


async def test_a_notify_entity_gets_another_id(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    er.async_get(home.hass).async_update_entity("notify.anna", new_entity_id="notify.mother")
    er.async_get(home.hass).async_update_entity("sensor.leak_state", new_entity_id="sensor.flood")
    await home.settle()
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_disabled_entities_change_nothing(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    for entity_id in ("sensor.leak_state", "event.leak_alert"):
        er.async_get(home.hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await home.settle()
    await home.begin()
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_two_alerts_of_one_cause(home: AlertHome, house: MockConfigEntry) -> None:
    first = await home.alert("notify.anna", title="First")
    second = await home.alert(["notify.anna", "notify.ben"], title="Second")
    await home.begin(3)
    assert home.number(first) != home.number(second)
    await home.answer(ANNA, f"OK {home.number(second)}")
    assert (home.state(first), home.state(second)) == (State.ALERTING, State.ACKNOWLEDGED)
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA).count("clear") == 2


async def test_a_cause_that_was_on_before_the_alert_existed(home: AlertHome, house: MockConfigEntry) -> None:
    home.switch("on")
    await home.alert("notify.anna")
    await home.settle()
    assert home.kinds(ANNA) == ["alert"]


async def test_an_answer_after_the_end(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    home.switch("off")
    await home.wait(61)
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.CLOSED
    assert home.kinds(ANNA) == ["alert", "clear"]
    await home.answer(ANNA, f"OK {home.incident(alert).notification(1).code}")
    assert home.kinds(ANNA) == ["alert", "clear", "over"]


async def test_it_comes_back_and_has_another_number(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    first = home.number(alert)
    home.switch("off")
    await home.wait(61)
    await home.begin()
    assert home.number(alert) != first
    await home.answer(ANNA, f"OK {first}")
    assert home.state(alert) is State.ALERTING
    assert home.kinds(ANNA)[-1] == "over"
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_a_hundred_incidents_leave_little_behind(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", cleared_after=0, all_clear=False)
    for number in range(100):
        home.switch("on")
        await until(lambda: len(home.texts(ANNA)) == number + 1 and home.incident(alert).told)  # noqa: B023
        home.switch("off")
        await until(lambda: home.state(alert) is State.CLOSED)
        await home.pass_time(11)
    await home.settle()
    engine: Any = alert.runtime_data
    assert len(engine._numbers) <= 2
    assert engine._settling == {}
    assert len(home.texts(ANNA)) == 100
    assert all(10 <= (each.code or 0) <= 99 for each in home.incident(alert).notifications)
