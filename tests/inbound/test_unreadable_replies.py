"""Replies through a site whose list does not say which texts came in."""

from collections.abc import Callable

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import account_input, opened, reconfigure, submit, submit_account
from tests.support.home import first_number, notify, record_changes, send, state_of, text_of
from tests.support.routes import set_up_route

PRO, HOUSE = Provider.TEXTIOPRO, Provider.TEXTINGHOUSE
OWN = "33755000222"
POLL = 31
EVENT = "event.textiopro_incoming_message"


def issue_of(hass: HomeAssistant, entry: ConfigEntry) -> ir.IssueEntry | None:
    """Return the repair issue of an account, if there is one."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"replies_unreadable_{entry.entry_id}")


@pytest.fixture
async def unreadable(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> MockConfigEntry:
    """Return an account that cannot tell which texts came in, after it noticed that."""
    simulator.use_variant(PRO, "no-direction")
    entry = await set_up(PRO)
    await notify(hass, "notify.anna", "Water")
    await pass_time(POLL)
    return entry


async def refused_question(hass: HomeAssistant, **target: object) -> str:
    """Ask a question that cannot be asked. Return why."""
    data = {"question": "Shut the water off?", **target}
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(DOMAIN, "ask", data, blocking=True, return_response=True)
    return text_of(caught.value, "replies_unreadable")


@pytest.mark.parametrize("variant", ["no-direction", "everyones-messages", "lists-3.8"])
async def test_an_account_says_so_until_its_own_number_is_known(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    set_ups: Callable[[ConfigEntry], int],
    variant: str,
) -> None:
    simulator.use_variant(PRO, variant)
    entry = await set_up(PRO)
    incoming = record_changes(hass, EVENT)
    await send(hass, "Water", account=entry.entry_id, to=[first_number(PRO)], sender=OWN)
    await simulator.settle()
    await simulator.answer(first_number(PRO), "Not heard", PRO)
    await pass_time(POLL)
    issue = issue_of(hass, entry)
    assert issue is not None
    assert (issue.severity, issue.translation_placeholders) == (ir.IssueSeverity.WARNING, {"account": "TextioPro"})
    assert "TextioPro" in await refused_question(hass, entity_id="notify.anna")
    assert state_of(hass, EVENT).state == "unavailable"
    # The own number is entered, and counts without a reload.
    before, form = set_ups(entry), await reconfigure(hass, entry)
    form = await submit(hass, form, account_input(PRO, simulator, own_number="the one on my desk"))
    assert form["errors"] == {"base": "invalid_own_number"}
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["example"] == "+33 6 12 34 56 78"
    assert opened(form) == {"advanced"}
    result = await submit_account(hass, form, PRO, account_input(PRO, simulator, own_number="+33 7 55 00 02 22"))
    assert result["reason"] == "reconfigure_successful"
    assert (entry.data["own_number"], set_ups(entry)) == (f"+{OWN}", before)
    assert issue_of(hass, entry) is None
    assert state_of(hass, EVENT).state == "unknown"
    await pass_time(POLL)
    await simulator.answer(first_number(PRO), "Yes", PRO)
    await pass_time(POLL)
    assert [text for state in incoming if (text := state.attributes.get("text"))] == ["Yes"]
    assert issue_of(hass, entry) is None


async def test_a_question_through_routes_that_cannot_hear_the_reply(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.use_variant(PRO, "no-direction")
    pro = await set_up(PRO)
    route = await set_up_route(hass, [pro])
    await notify(hass, "notify.anna", "Water")
    await pass_time(POLL)
    sent = len(simulator.messages())
    assert "TextioPro" in await refused_question(hass, entity_id="notify.rita")
    assert "TextioPro" in await refused_question(hass, account=route.entry_id, to="+33612345601")
    assert len(simulator.messages()) == sent


async def test_a_read_that_fails_leaves_an_issue_ignored(
    hass: HomeAssistant, unreadable: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    issue_id = f"replies_unreadable_{unreadable.entry_id}"
    ir.async_ignore_issue(hass, "texting", issue_id, ignore=True)
    # As after a restart: the first read fails, so nobody knows yet.
    unreadable.runtime_data.gateway._incoming._shows_direction = True
    simulator.faults.add(PRO, "html", None)
    await pass_time(POLL)
    simulator.faults.clear()
    await pass_time(POLL)
    issue = issue_of(hass, unreadable)
    assert issue is not None
    assert issue.dismissed_version is not None


async def test_the_issue_goes_with_the_account(hass: HomeAssistant, unreadable: MockConfigEntry) -> None:
    assert issue_of(hass, unreadable)
    await hass.config_entries.async_unload(unreadable.entry_id)
    assert issue_of(hass, unreadable) is None


async def test_the_issue_ends_when_the_site_is_updated(
    hass: HomeAssistant, unreadable: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    assert issue_of(hass, unreadable)
    simulator.accounts[PRO].with_direction = True
    await pass_time(POLL)
    assert issue_of(hass, unreadable) is None


async def test_an_account_whose_list_shows_directions_is_silent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    await notify(hass, "notify.anna", "Water")
    await pass_time(POLL)
    assert len(simulator.messages()) == 1
    assert issue_of(hass, entry) is None
