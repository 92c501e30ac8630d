"""The dialogs that add and change an alert."""

from typing import Any

import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_USER, ConfigEntryDisabler, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alerts import new_alert, set_up_alert
from tests.support.flows import reconfigure, submit, suggested
from tests.support.people import add_persons, link

HOUSE = Provider.TEXTINGHOUSE
ENTERED: dict[str, Any] = {
    "name": "Water leak",
    "causes": ["binary_sensor.cellar"],
    "first": ["notify.anna"],
    "wait": 10,
    "next": ["notify.ben"],
}


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose the alert in the menu."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "alert"})


async def test_from_the_menu_to_an_alert(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    form = await begin(hass)
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "alert", {})
    result = await submit(hass, form, {**ENTERED, "name": " Water leak "})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Water leak")
    # No recipient follows, as after an account.
    assert "next_flow" not in result
    alert = result["result"]
    assert alert.state is ConfigEntryState.LOADED
    assert alert.data == {"provider": "alert"}
    assert alert.options == {
        "causes": ["binary_sensor.cellar"],
        "steps": [{"who": ["notify.anna"], "wait": 10}, {"who": ["notify.ben"], "wait": 10}],
        "armed": True,
    }
    assert alert.supported_subentry_types == {}
    assert not alert.supports_options


async def test_an_account_keeps_its_options_and_recipients(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    assert house.supports_options
    assert set(house.supported_subentry_types) == {"recipient"}


async def test_one_person_is_enough(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    await add_persons(hass, "Anna")
    link(hass, house, "Anna", "person.anna")
    result = await submit(hass, await begin(hass), {"name": "Help", "first": ["person.anna"]})
    assert result["result"].options == {"causes": [], "steps": [{"who": ["person.anna"], "wait": 5}], "armed": True}


@pytest.mark.parametrize(
    ("values", "errors", "entity"),
    [
        ({"name": " "}, {"name": "no_name"}, ""),
        ({"name": "LEAK"}, {"name": "name_exists"}, ""),
        ({"first": []}, {"first": "nobody_chosen"}, ""),
        ({"first": [], "next": ["light.hall"]}, {"first": "nobody_chosen", "next": "not_a_recipient"}, "light.hall"),
        ({"first": ["notify.anna", "notify.nobody"]}, {"first": "not_a_recipient"}, "notify.nobody"),
        ({"next": ["person.eve"]}, {"next": "person_without_recipient"}, "person.eve"),
        ({"first": ["light.a"], "next": ["person.eve"]}, {"first": "not_a_recipient"}, "light.a"),
    ],
)
async def test_errors(
    hass: HomeAssistant, set_up: SetUp, values: dict[str, Any], errors: dict[str, str], entity: str
) -> None:
    await set_up(HOUSE)
    await add_persons(hass, "Eve")
    await set_up_alert(hass)
    form = await submit(hass, await begin(hass), ENTERED | values)
    assert form["errors"] == errors
    assert form["description_placeholders"] == {"entity": entity}
    assert suggested(form) == ENTERED | values
    result = await submit(hass, form, ENTERED)
    assert result["type"] is FlowResultType.CREATE_ENTRY

    form = await submit(hass, await reconfigure(hass, result["result"]), ENTERED | values)
    assert (form["step_id"], form["errors"]) == ("reconfigure_alert", errors)
    assert suggested(form) == ENTERED | values


async def test_an_alert_may_have_the_name_of_an_account(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    result = await submit(hass, await begin(hass), {**ENTERED, "name": house.title})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_changes_keep_what_the_form_does_not_show(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    third = {"who": ["notify.anna", "notify.ben"], "wait": 30}
    steps = [{"who": ["notify.anna"], "wait": 7}, {"who": ["notify.ben"], "wait": 20}, third]
    alert = await set_up_alert(hass, causes=["binary_sensor.cellar"], steps=steps, rounds=3, armed=False)
    form = await reconfigure(hass, alert)
    assert suggested(form) == {**ENTERED, "name": "Leak", "wait": 7}
    result = await submit(hass, form, {**ENTERED, "name": "Flood", "causes": [], "next": []})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert alert.title == "Flood"
    kept = new_alert(rounds=3, armed=False).options
    assert alert.options == {**kept, "causes": [], "steps": [{"who": ["notify.anna"], "wait": 10}, third]}


async def test_a_disabled_alert_stays_disabled(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    await hass.config_entries.async_set_disabled_by(alert.entry_id, ConfigEntryDisabler.USER)
    await submit(hass, await reconfigure(hass, alert), ENTERED)
    assert (alert.title, alert.state) == ("Water leak", ConfigEntryState.NOT_LOADED)


async def test_damaged_options_can_be_repaired(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    alert = new_alert()
    alert.add_to_hass(hass)
    hass.config_entries.async_update_entry(alert, options={})
    form = await reconfigure(hass, alert)
    assert suggested(form) == {"name": "Leak", "causes": [], "first": [], "wait": 5, "next": []}
    await submit(hass, form, ENTERED)
    assert alert.options["steps"][0] == {"who": ["notify.anna"], "wait": 10}


async def test_a_loaded_alert_is_not_reloaded(hass: HomeAssistant, set_up: SetUp, set_ups: Any) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    assert (alert.state, set_ups(alert)) == (ConfigEntryState.LOADED, 1)
    await submit(hass, await reconfigure(hass, alert), ENTERED)
    assert (alert.state, set_ups(alert)) == (ConfigEntryState.LOADED, 1)


async def test_an_alert_that_is_not_loaded_is_changed_too(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    alert = await set_up_alert(hass)
    await hass.config_entries.async_unload(alert.entry_id)
    await submit(hass, await reconfigure(hass, alert), ENTERED)
    await hass.async_block_till_done()
    assert (alert.title, alert.state) == ("Water leak", ConfigEntryState.LOADED)
