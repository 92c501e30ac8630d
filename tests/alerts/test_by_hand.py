"""What people do to an alert in Home Assistant, and who did it."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.const import DOMAIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.alerts import press
from tests.support.home import state_of
from tests.support.people import add_persons, link
from tests.support.users import new_user

TAKE = "button.leak_i_take_it"
HOUR = 3600.0


@pytest.fixture
async def people(hass: HomeAssistant) -> None:
    """Add Anna and Zoe to Home Assistant."""
    await add_persons(hass, "Anna", "Zoe")


async def person(home: AlertHome, name: str) -> Context:
    """Return the context of a user to whom a person belongs."""
    user = await new_user(home.hass, "system-users")
    state = state_of(home.hass, f"person.{name.lower()}")
    home.hass.states.async_set(state.entity_id, state.state, {**state.attributes, "user_id": user.id})
    return Context(user_id=user.id)


async def raise_alert(home: AlertHome, alert: MockConfigEntry, message: str) -> None:
    data = {"entity_id": home.entity(alert, "sensor"), "message": message}
    await home.hass.services.async_call(DOMAIN, "raise_alert", data, blocking=True)
    await home.settle()


async def clear_alert(home: AlertHome, alert: MockConfigEntry) -> None:
    data = {"entity_id": home.entity(alert, "sensor")}
    await home.hass.services.async_call(DOMAIN, "clear_alert", data, blocking=True)
    await home.settle()


async def test_the_user_of_a_responder_takes_it(home: AlertHome, people: None, house: MockConfigEntry) -> None:
    link(home.hass, house, "Anna", "person.anna")
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await press(home.hass, TAKE, await person(home, "Anna"))
    await home.settle()
    assert home.incident(alert).owner == "notify.anna"
    # Who pressed a button needs no text.
    assert home.kinds(ANNA) == ["alert"]
    # NO by text hands on what was taken by hand.
    await home.answer(ANNA, "NO")
    assert home.state(alert) is State.ALERTING


async def test_another_user_takes_it(home: AlertHome, people: None, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await press(home.hass, TAKE, await person(home, "Zoe"))
    await home.settle()
    assert home.incident(alert).owner_name == "Zoe"
    assert home.kinds(ANNA) == ["alert", "taken"]
    assert "Zoe takes care" in home.texts(ANNA)[1]
    # A person who cannot be asked again is no end: the steps begin again.
    await home.wait(1800 + 60, 30)
    assert home.state(alert) is State.ALERTING
    assert len(home.texts(ANNA)) == 3


async def test_nobody_in_particular_takes_it(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    await press(home.hass, TAKE)
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert "Somebody takes care" in home.texts(ANNA)[1]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("button.press", {"entity_id": TAKE}),
        ("button.press", {"entity_id": "button.leak_drill"}),
        ("switch.turn_off", {"entity_id": "switch.leak_armed"}),
        (f"{DOMAIN}.raise_alert", {"entity_id": "sensor.leak_state", "message": "Fire"}),
        (f"{DOMAIN}.acknowledge_alert", {"entity_id": "sensor.leak_state"}),
        (f"{DOMAIN}.clear_alert", {"entity_id": "sensor.leak_state"}),
        (f"{DOMAIN}.test_alert", {"entity_id": "sensor.leak_state"}),
    ],
)
async def test_who_may_only_read(home: AlertHome, house: MockConfigEntry, action: str, data: dict[str, Any]) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    user = await new_user(home.hass, "system-read-only")
    domain, service = action.split(".")
    with pytest.raises(Unauthorized):
        await home.hass.services.async_call(domain, service, data, blocking=True, context=Context(user_id=user.id))
    await home.settle()
    assert home.state(alert) is State.ALERTING
    assert home.kinds(ANNA) == ["alert"]


async def test_an_action_raises_it_until_somebody_clears_it(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", causes=[])
    await raise_alert(home, alert, "Fire in the kitchen")
    assert "Fire in the kitchen" in home.texts(ANNA)[0]
    await home.answer(ANNA, "OK")
    await home.wait(120)
    assert home.state(alert) is State.ACKNOWLEDGED
    # The same again is no further cause.
    await raise_alert(home, alert, "Fire in the kitchen")
    assert home.kinds(ANNA) == ["alert", "thanks"]
    await raise_alert(home, alert, "Smoke in the hall")
    assert home.kinds(ANNA) == ["alert", "thanks", "also"]
    await clear_alert(home, alert)
    assert home.state(alert) is State.CLOSED
    assert home.kinds(ANNA)[-1] == "clear"


async def test_what_an_action_raised_ends_after_a_day(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", causes=[])
    await raise_alert(home, alert, "Fire")
    await home.wait(23.9 * HOUR, 1200)
    assert home.incident(alert).is_open
    await home.wait(0.2 * HOUR)
    assert home.state(alert) is State.CLOSED


async def test_a_drill_and_a_real_cause(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await press(home.hass, "button.leak_drill")
    await home.settle()
    assert home.kinds(ANNA) == home.kinds(BEN) == ["drill"]
    await home.answer(ANNA, "OK")
    assert home.kinds(ANNA) == ["drill", "thanks"]
    assert set(home.incident(alert).answered) == {"notify.anna"}
    await home.begin()
    assert home.kinds(ANNA) == ["drill", "thanks", "alert"]
    assert home.kinds(BEN) == ["drill"]
    assert home.occasions() == ["raised", "drill_ended", "raised"]
    await home.wait(2)  # two texts of one second are one text
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
