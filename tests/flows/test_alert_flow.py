"""The dialogs that add and change an alert."""

from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alert_flow import ADVANCED, ALERT, PEOPLE, TEXTS, add_alert, begin, go_through
from tests.support.alerts import new_alert, set_up_alert
from tests.support.flows import fields_of, opened, reconfigure, submit, suggested
from tests.support.people import add, add_persons, link

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
# What is stored of ALERT, PEOPLE and TEXTS.
STORED = {
    "causes": ["binary_sensor.cellar", "binary_sensor.kitchen"],
    "states": ["on"],
    "hold": 0,
    "when_unavailable": "keep",
    "steps": [{"who": ["notify.anna"], "wait": 10}, {"who": ["notify.ben"], "wait": 5}],
    "rounds": 2,
    "remind_every": 5,
    "acknowledged_for": 30,
    "all_clear": True,
    "urgent": True,
    "max_segments": 50,
    "cleared_after": 60,
    "armed": True,
}


async def test_from_the_menu_to_an_alert(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    form = await begin(hass)
    assert (form["type"], form["step_id"], form["last_step"]) == (FlowResultType.FORM, "alert", False)
    assert not opened(form)
    form = await submit(hass, form, {**ALERT, "name": " Water leak "})
    assert (form["step_id"], form["last_step"], suggested(form)) == ("alert_people", False, {"steps": [], "rounds": 2})
    form = await submit(hass, form, PEOPLE)
    assert (form["step_id"], form["last_step"]) == ("alert_texts", False)
    assert not opened(form)
    form = await submit(hass, form, TEXTS)
    assert (form["step_id"], form["last_step"], form["errors"]) == ("alert_check", True, None)
    result = await submit(hass, form, {})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Water leak")
    # No recipient follows, as after an account.
    assert "next_flow" not in result
    alert = result["result"]
    assert (alert.state, alert.data) == (ConfigEntryState.LOADED, {"provider": "alert"})
    assert alert.options == STORED
    assert alert.supported_subentry_types == {}
    assert not alert.supports_options
    assert simulator.messages() == []


async def test_everything_that_can_be_entered(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await add_alert(
        hass,
        alert={
            "causes": ["cover.gate", "sensor.door"],
            "states": ["open", " ajar ", " "],
            "hold": {"minutes": 1, "seconds": 30},
            "advanced": {"template": "{{ false }} ", "when_unavailable": "raise"},
        },
        people={"rounds": 3},
        texts={
            "message": " Water! ",
            "remind_every": 0,
            "acknowledged_for": 12.5,
            "all_clear": False,
            "advanced": {**ADVANCED, "urgent": False, "max_segments": 9, "cleared_after": {"hours": 1}},
        },
    )
    entered = {"causes": ["cover.gate", "sensor.door"], "states": ["open", "ajar"], "hold": 90}
    entered |= {"template": "{{ false }}", "when_unavailable": "raise"}
    entered |= {"rounds": 3, "message": "Water!", "remind_every": 0, "acknowledged_for": 12.5, "all_clear": False}
    entered |= {"urgent": False, "max_segments": 9, "cleared_after": 3600}
    assert alert.options == {**STORED, **entered}

    # The dialog that changes it shows all of that, and saves it as it is.
    form = await reconfigure(hass, alert)
    assert opened(form) == {"advanced"}
    for step_id, expected in (
        ("alert", {"states": ["ajar", "open"], "hold": {"hours": 0, "minutes": 1, "seconds": 30}}),
        ("alert_people", {"rounds": 3, "steps": STORED["steps"]}),
        ("alert_texts", {"message": "Water!", "acknowledged_for": 12.5, "max_segments": 9}),
    ):
        assert form["step_id"] == step_id
        values = suggested(form)
        assert values.items() >= expected.items()
        inside = {str(each) for each in fields_of(form)} - {str(each) for each in form["data_schema"].schema}
        nested = {name: values.pop(name) for name in inside if name in values}
        form = await submit(hass, form, {**values, **({"advanced": nested} if nested else {})})
    result = await submit(hass, form, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert alert.options == {**STORED, **entered, "states": ["ajar", "open"]}


async def test_an_account_keeps_its_options_and_recipients(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    assert house.supports_options
    assert set(house.supported_subentry_types) == {"recipient"}


async def test_one_person_is_enough(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    await add_persons(hass, "Anna")
    link(hass, house, "Anna", "person.anna")
    alert = await add_alert(hass, alert={"causes": []}, people={"steps": [{"who": ["person.anna"]}]})
    assert alert.options == {**STORED, "causes": [], "steps": [{"who": ["person.anna"], "wait": 5}]}


async def test_no_states_are_the_default(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    assert (await add_alert(hass, alert={"states": []})).options["states"] == ["on"]


@pytest.mark.parametrize(
    ("values", "errors", "error"),
    [
        ({"name": " "}, {"name": "no_name"}, ""),
        ({"name": "LEAK"}, {"name": "name_exists"}, ""),
        ({"advanced": {"template": "{{ 1 / 0 }}"}}, {"base": "template_fails"}, "ZeroDivisionError: division by zero"),
    ],
)
async def test_what_is_wrong_with_the_causes(
    hass: HomeAssistant, set_up: SetUp, values: dict[str, Any], errors: dict[str, str], error: str
) -> None:
    await set_up(HOUSE)
    await set_up_alert(hass)
    form = await submit(hass, await begin(hass), ALERT | values)
    assert (form["step_id"], form["errors"]) == ("alert", errors)
    assert form["description_placeholders"] == {"error": error, "entity": "", "state": ""}
    assert ("advanced" in opened(form)) is ("base" in errors)
    form = await submit(hass, form, ALERT)
    assert form["step_id"] == "alert_people"


@pytest.mark.parametrize(
    ("causes", "states", "error", "state"),
    [
        # A page calls its state Open.
        (["binary_sensor.door"], ["open"], "never_in_state", "off"),
        (["cover.gate", "input_boolean.gone"], ["open", "unlocked"], "never_in_state", "unknown"),
        # The form suggests On.
        (["lock.front"], ["on"], "never_in_state", "locked"),
        (["person.eve"], ["on", "off"], "never_in_state", "home"),
        (["switch.leak_armed", "lock.front"], ["on"], "own_cause", "on"),
    ],
)
async def test_a_cause_that_would_never_or_always_raise_the_alert(
    hass: HomeAssistant, set_up: SetUp, causes: list[str], states: list[str], error: str, state: str
) -> None:
    await set_up(HOUSE)
    form = await reconfigure(hass, await set_up_alert(hass))
    for entity_id, value in {"binary_sensor.door": "off", "lock.front": "locked", "person.eve": "home"}.items():
        hass.states.async_set(entity_id, value)
    form = await submit(hass, form, ALERT | {"name": "Leak", "causes": causes, "states": states})
    assert (form["step_id"], form["errors"]) == ("alert", {"causes": error})
    wrong = causes[0] if error == "own_cause" else causes[-1]
    assert form["description_placeholders"] == {"error": "", "entity": wrong, "state": state}
    # A door and a lock each have a state of their own.
    both = {"causes": ["binary_sensor.door", "lock.front"], "states": ["on", "unlocked"]}
    assert (await submit(hass, form, ALERT | both))["step_id"] == "alert_people"


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
async def test_an_outage_is_no_state(hass: HomeAssistant, set_up: SetUp, state: str) -> None:
    await set_up(HOUSE)
    form = await submit(hass, await begin(hass), ALERT | {"states": ["on", state]})
    assert (form["step_id"], form["errors"]) == ("alert", {"states": "no_known_state"})


async def test_a_time_that_was_entered_as_text(hass: HomeAssistant, set_up: SetUp) -> None:
    """Home Assistant takes it for a number."""
    await set_up(HOUSE)
    alert = await add_alert(hass, people={"steps": [{"who": ["notify.anna"], "wait": "7.5"}]})
    assert alert.options["steps"] == [{"who": ["notify.anna"], "wait": 7.5}]


@pytest.mark.parametrize(
    ("steps", "error", "entity"),
    [
        ([], "nobody_chosen", ""),
        ([{"who": []}], "nobody_chosen", ""),
        ([{"who": ["notify.anna"]}, {"who": ["light.hall"]}], "not_a_recipient", "light.hall"),
        ([{"who": ["notify.anna", "notify.nobody"]}], "not_a_recipient", "notify.nobody"),
        ([{"who": ["person.eve"]}], "person_without_recipient", "person.eve"),
        ([{"who": ["light.a"]}, {"who": ["person.eve"]}], "not_a_recipient", "light.a"),
        ([{"who": ["notify.everyone"]}], "group_cannot_answer", "notify.everyone"),
        ([{"who": ["notify.anna"], "wait": 0}], "wait_range", ""),
        ([{"who": ["notify.anna"], "wait": 1441}], "wait_range", ""),
        ([{"who": ["notify.anna"], "wait": -1}, {"who": ["light.hall"]}], "not_a_recipient", "light.hall"),
    ],
)
async def test_what_is_wrong_with_the_people(
    hass: HomeAssistant, set_up: SetUp, steps: list[dict[str, Any]], error: str, entity: str
) -> None:
    pro = await set_up(PRO)
    add(hass, pro, "Everyone", group="6415907d0d37a")
    await hass.async_block_till_done(wait_background_tasks=True)
    await add_persons(hass, "Eve")
    form = await submit(hass, await begin(hass), ALERT)
    form = await submit(hass, form, {"steps": steps})
    assert (form["step_id"], form["errors"]) == ("alert_people", {"steps": error})
    assert form["description_placeholders"] == {"entity": entity}
    form = await submit(hass, form, PEOPLE)
    assert form["step_id"] == "alert_texts"


async def test_any_notify_service_can_be_asked(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    hass.states.async_set("notify.telegram", "unknown")
    alert = await add_alert(hass, people={"steps": [{"who": ["notify.telegram"], "wait": 0.5}]})
    assert alert.options["steps"] == [{"who": ["notify.telegram"], "wait": 0.5}]


async def test_who_cannot_be_reached_only_now_is_no_error(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    await hass.config_entries.async_set_disabled_by(house.entry_id, ConfigEntryDisabler.USER)
    assert (await add_alert(hass)).options == STORED


async def test_a_message_that_fails(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    form = await submit(hass, await begin(hass), ALERT)
    form = await submit(hass, form, PEOPLE)
    form = await submit(hass, form, {**TEXTS, "message": "{{ causes / 2 }}"})
    assert (form["step_id"], form["errors"]) == ("alert_texts", {"message": "template_fails"})
    assert form["description_placeholders"]["error"].startswith("TypeError")
    assert suggested(form)["message"] == "{{ causes / 2 }}"
    form = await submit(hass, form, TEXTS)
    assert form["step_id"] == "alert_check"


async def test_an_alert_may_have_the_name_of_an_account(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    assert (await add_alert(hass, alert={"name": house.title})).title == house.title


async def test_two_dialogs_at_once_do_not_add_one_name_twice(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    first, second = await go_through(hass, await begin(hass)), await go_through(hass, await begin(hass))
    assert (await submit(hass, first, {}))["type"] is FlowResultType.CREATE_ENTRY
    form = await submit(hass, second, {})
    assert (form["step_id"], form["errors"]) == ("alert", {"name": "name_exists"})
    form = await go_through(hass, form, alert={"name": "Flood"})
    assert (await submit(hass, form, {}))["type"] is FlowResultType.CREATE_ENTRY


async def test_changes_keep_what_the_dialog_does_not_show(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    steps = [{"who": ["notify.anna"], "wait": 7}, {"who": ["notify.ben"], "wait": 20}]
    alert = await set_up_alert(
        hass, causes=["binary_sensor.cellar"], steps=steps, rounds=3, armed=False, max_segments=20, later="kept"
    )
    form = await reconfigure(hass, alert)
    assert (form["step_id"], suggested(form)["name"], suggested(form)["causes"]) == (
        "alert",
        "Leak",
        ["binary_sensor.cellar"],
    )
    form = await submit(hass, form, {"name": "Flood", "causes": []})
    assert suggested(form) == {"steps": steps, "rounds": 3}
    form = await submit(hass, form, {"steps": steps[:1], "rounds": 3})
    assert opened(form) == {"advanced"}
    # A closed section may send nothing.
    form = await submit(hass, form, {})
    result = await submit(hass, form, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert alert.title == "Flood"
    assert alert.options == {
        **STORED,
        "causes": [],
        "steps": steps[:1],
        "rounds": 3,
        "max_segments": 20,
        "armed": False,
        "later": "kept",
    }


async def test_what_was_switched_meanwhile_stays(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    form = await go_through(hass, await reconfigure(hass, alert))
    hass.config_entries.async_update_entry(alert, options={**alert.options, "armed": False})
    await submit(hass, form, {})
    assert alert.options == {**STORED, "armed": False}


async def test_a_field_that_is_emptied_is_stored_no_more(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass, message="Water", template="{{ false }}")
    form = await reconfigure(hass, alert)
    assert suggested(form)["template"] == "{{ false }}"
    form = await go_through(hass, form, alert={"advanced": {"when_unavailable": "keep"}})
    await submit(hass, form, {})
    assert alert.options == STORED


async def test_a_disabled_alert_stays_disabled(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    await hass.config_entries.async_set_disabled_by(alert.entry_id, ConfigEntryDisabler.USER)
    await submit(hass, await go_through(hass, await reconfigure(hass, alert)), {})
    assert (alert.title, alert.state) == ("Water leak", ConfigEntryState.NOT_LOADED)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"causes": 5, "steps": "x", "states": [None], "hold": "long", "rounds": [], "message": {}, "urgent": "yes"},
        {"steps": [3, {"who": 1}, {"who": ["notify.anna"], "wait": "x"}], "rounds": 1e300, "hold": -5},
        {"remind_every": float("nan"), "max_segments": True, "cleared_after": float("inf"), "template_id": 7},
        {"rounds": 99999, "max_segments": 0, "acknowledged_for": 1e8, "remind_every": -1, "when_unavailable": None},
    ],
)
async def test_damaged_options_can_be_repaired(hass: HomeAssistant, set_up: SetUp, options: dict[str, Any]) -> None:
    await set_up(HOUSE)
    alert = new_alert()
    alert.add_to_hass(hass)
    hass.config_entries.async_update_entry(alert, options=options)
    form = await reconfigure(hass, alert)
    assert (form["step_id"], suggested(form)["name"]) == ("alert", "Leak")
    form = await go_through(hass, form)
    await submit(hass, form, {})
    expected = {name: value for name, value in STORED.items() if name != "armed"}
    assert {name: alert.options[name] for name in expected} == expected


async def test_a_loaded_alert_is_not_reloaded(hass: HomeAssistant, set_up: SetUp, set_ups: Any) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    assert (alert.state, set_ups(alert)) == (ConfigEntryState.LOADED, 1)
    await submit(hass, await go_through(hass, await reconfigure(hass, alert)), {})
    assert (alert.title, alert.state, set_ups(alert)) == ("Water leak", ConfigEntryState.LOADED, 1)


async def test_an_alert_that_is_not_loaded_is_changed_too(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    await hass.config_entries.async_unload(alert.entry_id)
    await submit(hass, await go_through(hass, await reconfigure(hass, alert)), {})
    await hass.async_block_till_done()
    assert (alert.title, alert.state) == ("Water leak", ConfigEntryState.LOADED)
