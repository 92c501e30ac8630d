"""The trigger texting.alert and the condition texting.alert_is_open, in real automations."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.alerting.events import Announce, Occasion
from custom_components.texting.automations import AUTOMATIONS_DELAY
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import ALERT_TOLD
from homeassistant.core import Context, CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    condition,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    trace,
)
from homeassistant.helpers.condition import async_get_all_descriptions as condition_descriptions
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.trigger import async_get_all_descriptions as trigger_descriptions
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alert_home import ANNA, BEN, WATER, AlertHome
from tests.support.alerts import press
from tests.support.automations import RUN_EVENT, automate, check_trigger
from tests.support.home import state_of
from tests.support.people import add_persons, change, link
from tests.support.users import new_user

ALERT, IS_OPEN = "texting.alert", "texting.alert_is_open"
STATE, ARMED = "sensor.leak_state", "switch.leak_armed"


@pytest.fixture
def home(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, impatient: None) -> AlertHome:
    """Return a home without accounts, whose clocks stand still until the test moves them."""
    return AlertHome(hass, simulator, pass_time)


@pytest.fixture
async def house(home: AlertHome, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Return an account: Anna and Ben have one phone each, and are persons."""
    await add_persons(home.hass, "Anna", "Ben")
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    change(home.hass, entry, "Ben", numbers=[BEN])
    for name in ("Anna", "Ben"):
        link(home.hass, entry, name, f"person.{name.lower()}")
    await home.settle()
    return entry


def told(target: dict[str, Any] | None = None, *events: str) -> dict[str, Any]:
    """Return the configuration of the trigger."""
    options = {"events": list(events)} if events else {}
    return {"trigger": ALERT, "options": options, **({"target": target} if target else {})}


async def check(hass: HomeAssistant, target: dict[str, Any] | None = None, **options: Any) -> Any:
    """Validate the condition as Home Assistant does. Raises vol.Invalid."""
    config = {"condition": IS_OPEN, "options": options, **({"target": target} if target is not None else {})}
    return await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))


async def is_open(hass: HomeAssistant, target: dict[str, Any] | None = None, **options: Any) -> list[str]:
    """Return the alerts that make the condition true, as its trace shows them."""
    trace.trace_clear()
    checked = await condition.async_from_config(hass, await check(hass, target, **options))
    result = checked(hass)
    ((element,),) = (trace.trace_get(clear=False) or {}).values()
    shown = json.loads(json.dumps(element.as_dict()["result"]))
    assert shown["result"] is result is bool(shown["open"])
    return list(shown["open"])


# -- the trigger -------------------------------------------------------------------------------------------------------


async def test_what_an_incident_tells(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "person.ben", remind_every=0)
    runs = await automate(home.hass, told())
    await home.begin()
    await home.wait(301)
    await home.answer(BEN, "OK")
    home.switch("off")
    await home.wait(61)
    assert [(each["event"], each["who"], each["person"], each["state"]) for each in runs] == [
        ("raised", None, None, "alerting"),
        ("escalated", "Anna", "person.anna", "alerting"),
        ("acknowledged", "Ben", "person.ben", "acknowledged"),
        ("closed", "Ben", "person.ben", "idle"),
    ]
    assert {(each["alert"], each["alert_id"], each["entity_id"]) for each in runs} == {("Leak", alert.entry_id, STATE)}
    assert {each["what"] for each in runs} == {WATER}
    assert {each["drill"] for each in runs} == {False}
    assert [each["causes"] for each in runs] == [[WATER], [WATER], [WATER], []]
    assert [each["minutes"] for each in runs] == [0, 5, 5, 6]
    assert {each["since"] for each in runs} == {runs[0]["since"]}
    assert runs[-1]["segments"] >= 4
    assert runs[0]["description"] == "alert Leak: raised"


async def test_only_some_events(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    runs = await automate(home.hass, told(None, "acknowledged"), told(None, "declined", "raised"))
    await home.begin()
    await home.answer(ANNA, "NO")
    await home.answer(ANNA, "OK")
    assert [(each["idx"], each["event"]) for each in runs] == [
        ("1", "raised"),
        ("1", "declined"),
        ("0", "acknowledged"),
    ]
    assert runs[1]["person"] == "person.anna"


async def test_a_user_who_is_no_responder(home: AlertHome, house: MockConfigEntry) -> None:
    user = await new_user(home.hass, "system-users")
    state = state_of(home.hass, "person.ben")
    home.hass.states.async_set("person.ben", state.state, {**state.attributes, "user_id": user.id})
    await home.alert("notify.anna")
    runs = await automate(home.hass, told(None, "acknowledged", "declined"))
    await home.begin()
    await press(home.hass, "button.leak_i_take_it", Context(user_id=user.id))
    await home.settle()
    assert [(each["event"], each["person"]) for each in runs] == [("acknowledged", "person.ben")]


async def test_nobody_took_it_by_name(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    runs = await automate(home.hass, told(None, "acknowledged"))
    await home.begin()
    await press(home.hass, "button.leak_i_take_it")
    await home.settle()
    assert [(each["who"], each["person"]) for each in runs] == [(None, None)]


async def test_a_drill_says_so(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    runs = await automate(home.hass, told())
    await press(home.hass, "button.leak_drill")
    await home.settle()
    assert [(each["event"], each["drill"]) for each in runs] == [("raised", True)]


async def test_targets(home: AlertHome, house: MockConfigEntry) -> None:
    leak, fire = await home.alert("notify.anna"), await home.alert("notify.ben", title="Fire", causes=["light.fire"])
    area = ar.async_get(home.hass).async_create("Cellar")
    (device,) = dr.async_entries_for_config_entry(dr.async_get(home.hass), leak.entry_id)
    dr.async_get(home.hass).async_update_device(device.id, area_id=area.id)
    runs = await automate(
        home.hass,
        told({"device_id": device.id}, "raised"),
        told({"entity_id": ["switch.fire_armed"]}, "raised"),
        told({"area_id": area.id}, "raised"),
        told({"label_id": "later"}, "raised"),
        told(None, "raised"),
    )
    await home.begin()
    assert {each["idx"] for each in runs} == {"0", "2", "4"}
    runs.clear()
    er.async_get(home.hass).async_update_entity("switch.fire_armed", labels={"later"})
    home.switch("on", "light.fire")
    await home.settle()
    assert {each["idx"] for each in runs} == {"1", "3", "4"}
    assert {each["alert_id"] for each in runs} == {fire.entry_id}


async def test_events_from_before_the_start_are_handed_on(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    runs = await automate(home.hass, told())
    home.hass.set_state(CoreState.starting)
    occasion = Announce(Occasion.UNREACHABLE)
    async_dispatcher_send(home.hass, ALERT_TOLD, alert.entry_id, occasion, home.incident(alert))
    await home.settle()
    assert runs == []
    home.hass.set_state(CoreState.running)
    home.hass.bus.async_fire("homeassistant_started")
    await home.settle()
    await home.wait(AUTOMATIONS_DELAY + 1)
    assert [each["event"] for each in runs] == ["unreachable"]


async def test_an_alert_that_was_removed_ends_its_incident_in_silence(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    runs = await automate(home.hass, told({"entity_id": [STATE]}))
    await home.begin()
    runs.clear()
    await home.hass.config_entries.async_remove(alert.entry_id)
    await home.settle()
    assert [each["event"] for each in runs] == []
    assert state_of(home.hass, "automation.tested").state == "on"


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (told({"entity_id": ["notify.anna"]}), "notify.anna belongs to no alert"),
        (told({"entity_id": ["light.nothing"]}), "light.nothing belongs to no alert"),
        ({**told(), "target": {"entity_id": []}}, "no alert is chosen"),
        (told(None, "odd"), "value must be one of"),
        ({**told(), "options": {"account": "1"}}, "account"),
    ],
)
async def test_what_is_refused(home: AlertHome, house: MockConfigEntry, config: dict[str, Any], error: str) -> None:
    await home.alert("notify.anna")
    with pytest.raises(vol.Invalid, match=error):
        await check_trigger(home.hass, config)


async def test_targets_that_are_taken(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    for target in ({"entity_id": [ARMED]}, {"entity_id": ["group.later"]}, {"label_id": ["later"]}):
        assert (await check_trigger(home.hass, told(target)))["target"] == target


# -- the condition -----------------------------------------------------------------------------------------------------


async def test_the_condition_is_true_while_it_is_open(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna", hold=10)
    target = {"entity_id": [STATE]}
    assert await is_open(home.hass, target) == []
    home.switch("on")
    await home.settle()
    assert state_of(home.hass, STATE).state == "pending"
    assert await is_open(home.hass, target) == []
    await home.wait(11)
    assert await is_open(home.hass, target) == ["Leak"]
    assert await is_open(home.hass, target, state=["alerting", "exhausted"]) == ["Leak"]
    await home.answer(ANNA, "OK")
    assert await is_open(home.hass, target) == ["Leak"]
    assert await is_open(home.hass, target, state="alerting") == []
    home.switch("off")
    await home.wait(61)
    assert await is_open(home.hass, target) == []


async def test_one_of_several_is_enough(home: AlertHome, house: MockConfigEntry) -> None:
    leak = await home.alert("notify.anna")
    await home.alert("notify.ben", title="Fire", causes=["light.fire"])
    await home.begin()
    fire = {"entity_id": ["switch.fire_armed"]}
    assert await is_open(home.hass) == ["Leak"]
    assert await is_open(home.hass, {"entity_id": [ARMED, "switch.fire_armed"]}) == ["Leak"]
    assert await is_open(home.hass, fire) == []
    await home.hass.config_entries.async_unload(leak.entry_id)
    assert await is_open(home.hass) == []


async def test_a_drill_is_not_open(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    await press(home.hass, "button.leak_drill")
    await home.settle()
    assert state_of(home.hass, STATE).state == "alerting"
    assert await is_open(home.hass) == []


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"target": {"entity_id": ["notify.anna"]}}, "notify.anna belongs to no alert"),
        ({"target": {"entity_id": []}}, "no alert is chosen"),
        ({"state": "idle"}, "value must be one of"),
        ({"account": "1"}, "account"),
    ],
)
async def test_conditions_that_are_refused(
    home: AlertHome, house: MockConfigEntry, config: dict[str, Any], error: str
) -> None:
    await home.alert("notify.anna")
    with pytest.raises(vol.Invalid, match=error):
        await check(home.hass, **config)


async def test_an_automation_runs_only_while_it_is_open(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    opened = {"condition": IS_OPEN, "target": {"entity_id": STATE}}
    action = {"event": RUN_EVENT, "event_data": {"trigger": "a{}z"}}
    look = {"trigger": "event", "event_type": "look"}
    runs = await automate(home.hass, look, conditions=[opened], actions=[action])
    home.hass.bus.async_fire("look")
    await home.settle()
    assert runs == []
    await home.begin()
    home.hass.bus.async_fire("look")
    await home.settle()
    assert len(runs) == 1


async def test_home_assistant_describes_both(home: AlertHome, house: MockConfigEntry) -> None:
    """Read the descriptions as the automation editor does."""
    await home.alert("notify.anna")
    assert await async_setup_component(home.hass, "automation", {})
    await check_trigger(home.hass, told())
    await check(home.hass)
    trigger, tested = (await trigger_descriptions(home.hass))[ALERT], (await condition_descriptions(home.hass))[IS_OPEN]
    assert trigger
    assert tested
    assert set(trigger["fields"]) == {"events"}
    assert set(tested["fields"]) == {"state"}
    for each in (trigger, tested):
        (part,) = each["target"]["entity"]
        assert part == {"integration": DOMAIN, "domain": ["sensor"], "device_class": ["timestamp"]}
