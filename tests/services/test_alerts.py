"""The actions on alerts."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alerts import press, set_up_alert
from tests.support.home import state_of, text_of, told, until
from tests.support.users import controls, new_user

HOUSE = Provider.TEXTINGHOUSE
STATE = "sensor.leak_state"
CELLAR = "binary_sensor.cellar"


@pytest.fixture
async def alert(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> MockConfigEntry:
    """Return an alert that asks Anna, whose cause is off."""
    await set_up(HOUSE)
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    return await set_up_alert(hass, causes=[CELLAR])


async def call(hass: HomeAssistant, action: str, context: Context | None = None, **data: Any) -> list[dict[str, Any]]:
    """Call an action, on the alert if the data names no other. Return what the response says of each alert."""
    fields = data if data.keys() & {"entity_id", "device_id", "area_id"} else {"entity_id": STATE, **data}
    response: Any = await hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True, context=context
    )
    await told(hass)
    alerts: list[dict[str, Any]] = response["alerts"]
    return alerts


async def fails(hass: HomeAssistant, action: str, key: str, **data: Any) -> str:
    """Check that an action fails. Return its error."""
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, action, **data)
    return text_of(caught.value, key)


def row(state: str, name: str = "Leak") -> dict[str, Any]:
    return {"alert": name, "entity_id": f"sensor.{name.lower()}_state", "state": state}


def texts(simulator: Simulator) -> list[str]:
    return [message.text for message in simulator.messages()]


async def test_from_raising_to_clearing(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    assert await call(hass, "raise_alert", message="Water in the hall") == [row("alerting")]
    await until(lambda: len(texts(simulator)) == 1)
    assert "Water in the hall" in texts(simulator)[0]
    assert state_of(hass, STATE).attributes["causes"] == ["Water in the hall"]
    assert await call(hass, "acknowledge_alert") == [row("acknowledged")]
    assert await call(hass, "clear_alert") == [row("idle")]
    await until(lambda: "All clear" in texts(simulator)[-1])
    assert state_of(hass, STATE).state == "idle"


async def test_without_a_message_it_says_its_name(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator
) -> None:
    await call(hass, "raise_alert", message=" ")
    await until(lambda: texts(simulator))
    assert "Leak" in texts(simulator)[0]


async def test_it_lasts_as_long_as_its_cause(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    hass.states.async_set("binary_sensor.hall", "on")
    await call(hass, "raise_alert", message="Water", cause="binary_sensor.hall")
    await fails(hass, "clear_alert", "alert_still_on")
    hass.states.async_set("binary_sensor.hall", "off")
    await told(hass)
    await pass_time(61)
    await until(lambda: state_of(hass, STATE).state == "idle")


async def test_what_is_on_cannot_be_cleared(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    hass.states.async_set(CELLAR, "on", {"friendly_name": "Cellar"})
    await told(hass)
    assert "Leak" in await fails(hass, "clear_alert", "alert_still_on")
    assert state_of(hass, STATE).state == "alerting"
    # What the action raised besides is cleared, and the alert goes on.
    await call(hass, "raise_alert", message="Fire")
    assert await call(hass, "clear_alert") == [row("alerting")]
    assert state_of(hass, STATE).attributes["causes"] == ["Cellar"]


async def test_a_drill(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    assert await call(hass, "test_alert") == [row("alerting")]
    await until(lambda: texts(simulator))
    assert "no danger" in texts(simulator)[0]
    await fails(hass, "test_alert", "alert_is_open")
    assert await call(hass, "clear_alert") == [row("idle")]


@pytest.mark.parametrize("action", ["acknowledge_alert", "clear_alert"])
async def test_nothing_is_open(hass: HomeAssistant, alert: MockConfigEntry, action: str) -> None:
    assert "Leak" in await fails(hass, action, "alert_not_open")


async def test_what_is_not_armed_tells_nobody(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.services.async_call("switch", "turn_off", {"entity_id": "switch.leak_armed"}, blocking=True)
    await told(hass)
    assert "Leak" in await fails(hass, "raise_alert", "alert_not_armed")
    assert texts(simulator) == []


async def test_each_way_to_name_an_alert(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id)
    area = ar.async_get(hass).async_create("Cellar")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    for target in (
        {"entity_id": "switch.leak_armed"},
        {"entity_id": [STATE, "button.leak_drill", "event.leak_alert"]},
        {"device_id": device.id},
        {"area_id": area.id, "entity_id": STATE},
        {"entity_id": "all"},
    ):
        assert await call(hass, "raise_alert", **target) == [row("alerting")]
        assert await call(hass, "clear_alert", **target) == [row("idle")]


async def test_several_at_once(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    await set_up_alert(hass, title="Fire")
    both = [STATE, "sensor.fire_state"]
    assert await call(hass, "raise_alert", entity_id="sensor.fire_state") == [row("alerting", "Fire")]
    # One of them is open, the other has nothing to acknowledge.
    assert await call(hass, "acknowledge_alert", entity_id=both) == [row("acknowledged", "Fire"), row("idle")]
    await call(hass, "clear_alert", entity_id=both)
    assert "Fire" in await fails(hass, "clear_alert", "alert_not_open", entity_id=both)


async def test_who_is_no_alert(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    for target in (
        {"entity_id": "notify.anna"},
        {"entity_id": [STATE, "sensor.gone"]},
        {"entity_id": "sensor.textinghouse_credit_balance"},
        {"device_id": "gone"},
    ):
        await fails(hass, "raise_alert", "not_an_alert", **target)
    empty = ar.async_get(hass).async_create("Empty")
    await fails(hass, "raise_alert", "no_alert_named", area_id=empty.id)
    assert state_of(hass, STATE).state == "idle"


async def test_an_alert_that_is_not_loaded(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    await hass.config_entries.async_set_disabled_by(alert.entry_id, ConfigEntryDisabler.USER)
    assert "Leak" in await fails(hass, "raise_alert", "alert_not_loaded")


async def test_a_cause_is_an_entity(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    with pytest.raises(vol.Invalid):
        await call(hass, "raise_alert", cause="water")


async def test_who_may_call_them(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    """Control of any entity of each alert is enough, and nothing else is."""
    await set_up_alert(hass, title="Fire")
    groups: dict[str, tuple[Any, list[str]]] = {
        "its sensor": (controls(STATE), [STATE]),
        "its switch": (controls("switch.leak_armed"), ["event.leak_alert"]),
    }
    for group, entities in groups.values():
        context = Context(user_id=(await new_user(hass, group)).id)
        assert await call(hass, "raise_alert", context, entity_id=entities) == [row("alerting")]
        await call(hass, "clear_alert", entity_id=STATE)
    refused: list[tuple[Any, dict[str, Any]]] = [
        (GROUP_ID_READ_ONLY, {"entity_id": STATE}),
        (controls(STATE), {"entity_id": [STATE, "sensor.fire_state"]}),
        (controls(STATE), {"entity_id": "all"}),
        (controls(STATE), {"entity_id": "sensor.gone"}),
        (controls(STATE), {"device_id": "gone"}),
        (controls("notify.anna"), {"entity_id": STATE}),
    ]
    for group, target in refused:
        context = Context(user_id=(await new_user(hass, group)).id)
        for action in ("raise_alert", "acknowledge_alert", "clear_alert", "test_alert"):
            with pytest.raises(Unauthorized):
                await call(hass, action, context, **target)
    assert {state_of(hass, each).state for each in (STATE, "sensor.fire_state")} == {"idle"}


@pytest.mark.parametrize("entity_id", ["button.leak_i_take_it", "button.leak_drill"])
async def test_a_read_only_user_presses_no_button(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, entity_id: str
) -> None:
    await call(hass, "raise_alert")
    context = Context(user_id=(await new_user(hass, GROUP_ID_READ_ONLY)).id)
    with pytest.raises(Unauthorized):
        await press(hass, entity_id, context)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.leak_armed"}, blocking=True, context=context
        )
    assert state_of(hass, STATE).state == "alerting"
