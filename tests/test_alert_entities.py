"""The device and the entities of an alert."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.texting.alerting.events import Announce, Occasion
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import ALERT_TOLD
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED, EntityCategory
from homeassistant.core import Context, Event, EventStateReportedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alert_flow import go_through
from tests.support.alerts import press, set_up_alert
from tests.support.flows import reconfigure, submit
from tests.support.home import TRANSLATIONS, state_of, text_of, told, until
from tests.support.people import add_persons, link
from tests.support.users import new_user

HOUSE = Provider.TEXTINGHOUSE
CELLAR = "binary_sensor.cellar"
STATE, EVENT = "sensor.leak_state", "event.leak_alert"
TAKE, DRILL, ARMED = "button.leak_i_take_it", "button.leak_drill", "switch.leak_armed"


@pytest.fixture
async def alert(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> MockConfigEntry:
    """Return an alert whose cause is off: Anna is asked first, then Ben."""
    await set_up(HOUSE)
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    steps = [{"who": ["notify.anna"], "wait": 5}, {"who": ["notify.ben"], "wait": 5}]
    return await set_up_alert(hass, causes=[CELLAR], steps=steps)


async def switch(hass: HomeAssistant, state: str) -> None:
    """Switch the cause."""
    hass.states.async_set(CELLAR, state, {"friendly_name": "Cellar"})
    await told(hass)


def happened(events: list[Event[Any]]) -> list[tuple[str, str | None]]:
    """Return what the event entity told, and who it was about."""
    shown = [event.data["new_state"] for event in events if event.data["entity_id"] == EVENT]
    return [(state.attributes["event_type"], state.attributes["who"]) for state in shown]


async def test_each_alert_is_a_service_with_its_entities(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id)
    assert (device.name, device.model, device.entry_type) == ("Leak", "Alert", dr.DeviceEntryType.SERVICE)
    entities = er.async_entries_for_config_entry(er.async_get(hass), alert.entry_id)
    assert {(entity.entity_id, entity.entity_category) for entity in entities} == {
        (STATE, None),
        ("sensor.leak_began", None),
        ("sensor.leak_taken_by", None),
        ("sensor.leak_told", None),
        ("sensor.leak_next", None),
        ("sensor.leak_segments", EntityCategory.DIAGNOSTIC),
        ("sensor.leak_cost", EntityCategory.DIAGNOSTIC),
        (EVENT, None),
        (TAKE, None),
        (DRILL, EntityCategory.DIAGNOSTIC),
        ("sensor.leak_last_drill", EntityCategory.DIAGNOSTIC),
        (ARMED, EntityCategory.CONFIG),
    }
    assert {entity.device_id for entity in entities} == {device.id}
    assert state_of(hass, STATE).state == "idle"
    assert state_of(hass, ARMED).state == "on"
    assert set(state_of(hass, STATE).attributes) == {"friendly_name", "device_class", "options"}


async def test_a_new_name_is_the_devices(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    form = await reconfigure(hass, alert)
    await submit(hass, await go_through(hass, form, alert={"name": "Flood"}), {})
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id)
    assert device.name == "Flood"


async def test_from_the_cause_to_the_end(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    events = async_capture_events(hass, EVENT_STATE_CHANGED)
    await switch(hass, "on")
    await until(lambda: state_of(hass, STATE).attributes.get("told"))
    state = state_of(hass, STATE)
    assert state.state == "alerting"
    attributes = dict(state.attributes)
    since, following = (datetime.fromisoformat(attributes.pop(each)) for each in ("since", "next"))
    assert since.tzinfo
    assert following.tzinfo
    assert 0 < (following - since).total_seconds() <= 300
    shown = ("causes", "step", "told", "owner", "segments", "drill")
    assert [attributes[each] for each in shown] == [["Cellar"], 1, ["Anna"], None, 1, False]
    await pass_time(301)
    await until(lambda: state_of(hass, STATE).attributes["told"] == ["Anna", "Ben"])
    assert state_of(hass, STATE).attributes["step"] == 2

    await press(hass, TAKE)
    await told(hass)
    state = state_of(hass, STATE)
    # No user pressed it.
    assert (state.state, state.attributes["step"], state.attributes["owner"]) == ("acknowledged", 2, None)
    await switch(hass, "off")
    await pass_time(61)
    await until(lambda: state_of(hass, STATE).state == "idle")
    assert "told" not in state_of(hass, STATE).attributes
    kinds = [kind for kind, _ in happened(events) if kind != "reminded"]
    assert kinds == ["raised", "escalated", "acknowledged", "closed"]


async def test_each_state_is_written_because_it_shows_something_else(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    repeated: list[Event[EventStateReportedData]] = []
    ours = callback(lambda data: data["entity_id"] in (STATE, ARMED))
    hass.bus.async_listen(EVENT_STATE_REPORTED, repeated.append, event_filter=ours)
    written = async_capture_events(hass, EVENT_STATE_CHANGED)
    await switch(hass, "on")
    await until(lambda: state_of(hass, STATE).attributes.get("told"))
    await press(hass, TAKE)
    await told(hass)
    await switch(hass, "off")
    await pass_time(61)
    await until(lambda: state_of(hass, STATE).state == "idle")
    assert len([event for event in written if event.data["entity_id"] == STATE]) <= 6
    assert not [event for event in written if event.data["entity_id"] == ARMED]
    assert repeated == []


async def test_who_presses_the_button_takes_it(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator
) -> None:
    user = await new_user(hass, "system-users")
    await add_persons(hass, "Anna")
    house = next(entry for entry in hass.config_entries.async_entries(DOMAIN) if entry is not alert)
    assert isinstance(house, MockConfigEntry)
    link(hass, house, "Anna", "person.anna")
    state = state_of(hass, "person.anna")
    hass.states.async_set("person.anna", state.state, {**state.attributes, "user_id": user.id})
    await switch(hass, "on")
    await press(hass, TAKE, Context(user_id=user.id))
    await told(hass)
    assert state_of(hass, STATE).attributes["owner"] == "Anna"
    assert state_of(hass, EVENT).attributes["who"] == "Anna"


async def test_nothing_can_be_taken_while_all_is_well(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await press(hass, TAKE)
    assert "Leak" in text_of(caught.value, "alert_not_open")


async def test_a_drill(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, pass_time: PassTime) -> None:
    await press(hass, DRILL)
    await until(lambda: state_of(hass, STATE).attributes.get("told") == ["Anna", "Ben"])
    state = state_of(hass, STATE)
    assert (state.state, state.attributes["drill"], state.attributes["step"]) == ("alerting", True, None)
    assert state_of(hass, EVENT).attributes["drill"] is True
    with pytest.raises(ServiceValidationError) as caught:
        await press(hass, DRILL)
    text_of(caught.value, "alert_is_open")
    await pass_time(1801)
    await until(lambda: state_of(hass, STATE).state == "idle")
    assert state_of(hass, EVENT).attributes["event_type"] == "drill_ended"


async def test_the_switch_is_an_option(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, set_ups: Callable[[MockConfigEntry], int]
) -> None:
    await hass.services.async_call("switch", "turn_off", {"entity_id": ARMED}, blocking=True)
    await told(hass)
    assert (state_of(hass, ARMED).state, alert.options["armed"]) == ("off", False)
    await switch(hass, "on")
    assert state_of(hass, STATE).state == "idle"
    await hass.services.async_call("switch", "turn_on", {"entity_id": ARMED}, blocking=True)
    await told(hass)
    assert (state_of(hass, ARMED).state, alert.options["armed"]) == ("on", True)
    # What is on then raises it.
    assert state_of(hass, STATE).state == "alerting"
    assert set_ups(alert) == 0


async def test_an_open_alert_ends_when_it_is_switched_off(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator
) -> None:
    await switch(hass, "on")
    await until(lambda: state_of(hass, STATE).attributes.get("told"))
    await hass.services.async_call("switch", "turn_off", {"entity_id": ARMED}, blocking=True)
    await told(hass)
    assert state_of(hass, STATE).state == "idle"
    assert state_of(hass, EVENT).attributes["event_type"] == "closed"


async def test_events_of_the_same_moment_are_told_apart(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    events = async_capture_events(hass, EVENT_STATE_CHANGED)
    for occasion in Occasion:
        async_dispatcher_send(hass, ALERT_TOLD, alert.entry_id, Announce(occasion, "Anna"), alert.runtime_data.incident)
    await told(hass)
    assert happened(events) == [(occasion, "Anna") for occasion in Occasion]
    assert len({event.data["new_state"].state for event in events if event.data["entity_id"] == EVENT}) == len(Occasion)


def test_every_occasion_and_state_has_a_name() -> None:
    entities = TRANSLATIONS["entity"]
    told_of = entities["event"]["alert"]["state_attributes"]["event_type"]["state"]
    assert set(told_of) == set(map(str, Occasion))
    assert set(entities["sensor"]["alert_state"]["state"]) == {
        *("idle", "pending", "alerting", "acknowledged", "exhausted")
    }


async def test_every_attribute_has_a_name(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    await switch(hass, "on")
    # Its event has the most attributes.
    ended = Announce(Occasion.DRILL_ENDED)
    async_dispatcher_send(hass, ALERT_TOLD, alert.entry_id, ended, alert.runtime_data.incident)
    for entity_id, key in ((STATE, "alert_state"), (EVENT, "alert")):
        own = {"friendly_name", "device_class", "options", "event_types"}
        attributes = set(state_of(hass, entity_id).attributes) - own
        assert attributes == set(TRANSLATIONS["entity"][entity_id.partition(".")[0]][key]["state_attributes"])
