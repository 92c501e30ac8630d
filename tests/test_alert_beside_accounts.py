"""An alert is no account: whatever lists accounts and routes works beside one, and never takes it for one."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.automations import entry_option
from custom_components.texting.const import DOMAIN
from custom_components.texting.entries import messenger_entries, messenger_entry
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.history_view import sources_of_account
from custom_components.texting.routing.accounts import account_ids
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alerts import new_alert
from tests.support.flows import choices
from tests.support.home import ask_to_send, preview, send, text_of
from tests.support.routes import new_route, set_up_route

HOUSE = Provider.TEXTINGHOUSE


@pytest.fixture
def alert(hass: HomeAssistant) -> MockConfigEntry:
    """Return an alert that was added before any account."""
    entry = new_alert()
    entry.add_to_hass(hass)
    return entry


async def test_an_alert_is_neither_account_nor_route(
    hass: HomeAssistant, alert: MockConfigEntry, set_up: SetUp
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    other = MockConfigEntry(domain="other", data={})
    other.add_to_hass(hass)
    assert messenger_entries(hass) == [house, route]
    assert [messenger_entry(hass, each.entry_id) for each in (house, route, alert, other)] == [house, route, None, None]
    assert messenger_entry(hass, None) is None


async def test_no_action_takes_an_alert_for_an_account(
    hass: HomeAssistant, alert: MockConfigEntry, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(HOUSE)
    for action, data in (
        ("send_message", {"message": "Hello", "to": "+33612345601"}),
        ("preview_message", {"message": "Hello", "to": "+33612345601"}),
        ("get_history", {}),
        ("get_status", {"reference": "none"}),
        ("list_senders", {}),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await hass.services.async_call(
                DOMAIN, action, {**data, "account": alert.entry_id}, blocking=True, return_response=True
            )
        text_of(caught.value, "unknown_account")
    assert simulator.messages() == []


async def test_texts_and_their_status_are_the_same_beside_a_loaded_alert(
    hass: HomeAssistant, alert: MockConfigEntry, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(HOUSE)
    assert alert.state is ConfigEntryState.LOADED
    sent, *_ = await ask_to_send(hass, "Hello", entity_id="notify.anna")
    response = await hass.services.async_call(
        DOMAIN, "get_status", {"reference": sent["reference"]}, blocking=True, return_response=True
    )
    assert response
    assert response["reference"] == sent["reference"]
    history = await hass.services.async_call(DOMAIN, "get_history", {}, blocking=True, return_response=True)
    assert history
    assert [each["text"] for each in history["messages"]] == ["Hello"]  # type: ignore[index, union-attr]
    assert (await preview(hass, house, "Hello"))["segments"] == 1
    await send(hass, "Hello again", entity_id="all")
    await simulator.settle()
    assert {message.text for message in simulator.messages()} == {"Hello", "Hello again"}
    await hass.services.async_call("button", "press", {"entity_id": "button.anna_send_test_message"}, blocking=True)


async def test_a_route_cannot_send_through_an_alert(
    hass: HomeAssistant, alert: MockConfigEntry, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(HOUSE)
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "route"})
    assert choices(form, "accounts") == {house.entry_id: house.title}
    # Somebody wrote it into the file.
    route = new_route([alert, house])
    route.add_to_hass(hass)
    assert account_ids(hass, route.entry_id) == ([house.entry_id], True)


async def test_without_an_account_there_is_no_route(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "route"})
    assert result["reason"] == "no_accounts"


async def test_triggers_and_files_are_of_accounts(hass: HomeAssistant, alert: MockConfigEntry) -> None:
    with pytest.raises(vol.Invalid, match="there is no such account"):
        entry_option(hass, alert.entry_id)
    assert sources_of_account(hass, alert.entry_id, None) is None
