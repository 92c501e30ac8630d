"""The dialogs that add, change and configure a route."""

from typing import Any

import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.flows import (
    choices,
    fields_of,
    is_added,
    recipient_values,
    reconfigure,
    submit,
    submit_recipient,
    suggested,
)
from tests.support.routes import ANNA, set_up_route

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose the route in the menu."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "route"})


async def test_from_the_menu_to_the_first_recipient(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    form = await begin(hass)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "route")
    assert choices(form, "accounts") == {house.entry_id: "TextingHouse", pro.entry_id: "TextioPro"}
    order = [pro.entry_id, house.entry_id]
    result = await submit(hass, form, {"name": " Alerts ", "accounts": order, "confirm_within": 5})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Alerts")
    route = result["result"]
    assert route.data == {"provider": "route", "accounts": order, "confirm_within": 5}
    assert route.state is ConfigEntryState.LOADED

    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    recipient = hass.config_entries.subentries.async_get(flow_id)
    assert recipient["step_id"] == "user"
    hours = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
    assert is_added(await submit_recipient(hass, recipient, name="Rita", numbers=[ANNA], **hours))
    assert hass.states.get("notify.rita") is not None


async def test_a_recipient_of_a_route_has_neither_type_nor_sender(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    route = await set_up_route(hass, [await set_up(PRO)])
    form = await hass.config_entries.subentries.async_init(
        (route.entry_id, "recipient"), context={"source": SOURCE_USER}
    )
    assert form["data_schema"] is not None
    visible = [str(marker) for marker in form["data_schema"].schema]
    assert visible == ["original", "name", "number", "person", "more_numbers", "quiet_hours", "advanced"]
    assert list(fields_of(form))[4:] == ["numbers", "quiet_start", "quiet_end", "urgent_after_stop"]


async def test_a_route_sends_to_the_countries_of_all_its_accounts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    point, club, house = await set_up(Provider.THESMSPOINT), await set_up(Provider.CLUB_TEXTING), await set_up(HOUSE)
    countries = {"Far": "India", "Farther": "India, the United States and Canada", "Everywhere": ""}
    for (title, names), accounts in zip(countries.items(), ([point], [point, club], [point, house]), strict=True):
        route = await set_up_route(hass, accounts, title=title)
        hass.config_entries.async_remove_subentry(route, next(iter(route.subentries)))
        form = await hass.config_entries.subentries.async_init(
            (route.entry_id, "recipient"), context={"source": SOURCE_USER}
        )
        assert form["description_placeholders"] is not None
        assert (form["description_placeholders"]["provider"], form["description_placeholders"]["countries"]) == (
            title,
            names,
        )
        result = await submit_recipient(hass, form, name="Rita", numbers=[ANNA])
        anna = next(each.subentry_id for each in house.subentries.values() if each.title == "Anna")
        if not names:
            assert is_added(result)
            continue
        assert result["errors"] == {"number": "country_not_served"}
        # Somebody with such a number is refused too.
        result = await submit_recipient(hass, result, original=anna)
        assert result["errors"] == {"original": "original_not_served"}
        assert recipient_values(result) == {"original": anna, "numbers": []}


async def test_a_route_needs_an_account(hass: HomeAssistant, simulator: Simulator) -> None:
    result = await begin(hass)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_accounts")


@pytest.mark.parametrize(
    ("values", "errors"),
    [({"name": " "}, {"name": "no_name"}), ({"accounts": []}, {"accounts": "no_account"})],
)
async def test_errors(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any], errors: dict[str, str]
) -> None:
    house = await set_up(HOUSE)
    entered = {"name": "Alerts", "accounts": [house.entry_id], "confirm_within": 0}
    form = await submit(hass, await begin(hass), entered | values)
    assert form["errors"] == errors
    assert suggested(form) == entered | values
    result = await submit(hass, form, entered)
    assert result["type"] is FlowResultType.CREATE_ENTRY

    form = await reconfigure(hass, result["result"])
    form = await submit(hass, form, entered | values)
    assert (form["step_id"], form["errors"]) == ("reconfigure_route", errors)


async def test_changing_a_route(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [house, "gone"])
    form = await reconfigure(hass, route)
    assert suggested(form) == {"name": "Alerts", "accounts": [house.entry_id], "confirm_within": 0}
    assert route.entry_id not in choices(form, "accounts")
    order = [pro.entry_id, house.entry_id]
    result = await submit(hass, form, {"name": "Family", "accounts": order, "confirm_within": 10})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (route.title, route.data["accounts"], route.data["confirm_within"]) == ("Family", order, 10)
    assert route.runtime_data.accounts.ids == order
    assert hass.services.has_service("notify", "family")


async def test_a_route_that_is_not_loaded_is_set_up_when_it_is_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    await hass.config_entries.async_unload(route.entry_id)
    form = await reconfigure(hass, route)
    await submit(hass, form, {"name": "Alerts", "accounts": [house.entry_id], "confirm_within": 1})
    assert route.state is ConfigEntryState.LOADED


async def test_a_route_cannot_lead_back_to_itself(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    middle = await set_up_route(hass, [route], title="Middle")
    outer = await set_up_route(hass, [middle], title="Outer")
    form = await reconfigure(hass, route)
    values = {"name": "Alerts", "accounts": [house.entry_id, outer.entry_id], "confirm_within": 0}
    form = await submit(hass, form, values)
    assert form["errors"] == {"accounts": "cyclic"}
    result = await submit(hass, form, values | {"accounts": [house.entry_id]})
    assert result["reason"] == "reconfigure_successful"


async def test_options(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE)])
    form = await hass.config_entries.options.async_init(route.entry_id)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "settings")
    assert form["data_schema"] is not None
    assert [str(marker) for marker in form["data_schema"].schema] == ["keep_days"]
    result = await hass.config_entries.options.async_configure(form["flow_id"], {"keep_days": 7})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert route.options == {"keep_days": 7}
