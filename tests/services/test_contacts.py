"""The actions for contact groups and contacts, from Home Assistant to the gateway."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.services.contacts import ACTIONS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, NEIGHBOURS, add_group, ask
from tests.support.flows import reauth_flow
from tests.support.home import text_of

PRO = Provider.TEXTIOPRO
# The fields that each action requires besides the account.
NEEDED: dict[str, dict[str, Any]] = {
    "list_contact_groups": {},
    "get_contact_group": {"group": "Family"},
    "create_contact_group": {"name": "New"},
    "update_contact_group": {"group": "Family", "name": "New"},
    "delete_contact_group": {"group": "Family"},
    "list_contacts": {"group": "Family"},
    "get_contact": {"group": "Family", "contact": "0700000000"},
    "create_contact": {"group": "Family", "number": "0612345678"},
    "update_contact": {"group": "Family", "contact": "0700000000", "number": "0612345678"},
    "delete_contact": {"group": "Family", "contact": "0700000000"},
}
EVERY_ACTION = pytest.mark.parametrize("action", NEEDED)


def groups(simulator: Simulator) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = simulator.accounts["textiopro"].groups
    return known


async def refused(hass: HomeAssistant, entry: MockConfigEntry, key: str, action: str, **data: Any) -> str:
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, entry, **data)
    return text_of(caught.value, key)


def test_every_action_is_tried() -> None:
    assert {action.name for action in ACTIONS} == set(NEEDED)


# -- groups --------------------------------------------------------------------------------------------------------


async def test_a_groups_life(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    assert await ask(hass, "list_contact_groups", entry) == {"groups": []}
    made = await ask(hass, "create_contact_group", entry, name=" Family ")
    assert made == {"id": made["id"], "name": "Family", "size": 0}
    assert groups(simulator)[made["id"]]["name"] == "Family"
    assert await ask(hass, "list_contact_groups", entry) == {"groups": [made]}
    assert await ask(hass, "get_contact_group", entry, group="Family") == made
    renamed = await ask(hass, "update_contact_group", entry, group=made["id"], name="Clan")
    assert renamed == {**made, "name": "Clan"}
    assert groups(simulator)[made["id"]]["name"] == "Clan"
    # A group can change the case of its own name.
    await ask(hass, "update_contact_group", entry, group="Clan", name="CLAN")
    assert groups(simulator)[made["id"]]["name"] == "CLAN"
    assert await ask(hass, "delete_contact_group", entry, group="CLAN") == {**made, "name": "CLAN"}
    assert groups(simulator) == {}


async def test_a_name_that_exists_is_refused(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    add_group(simulator, NEIGHBOURS, "Neighbours")
    text = await refused(hass, entry, "group_exists", "create_contact_group", name="family")
    assert FAMILY in text
    await refused(hass, entry, "group_exists", "update_contact_group", group="Neighbours", name="Family")
    assert {group["name"] for group in groups(simulator).values()} == {"Family", "Neighbours"}
    assert len(groups(simulator)) == 2


@pytest.mark.parametrize("name", ["", "  "])
async def test_a_group_needs_a_name(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, name: str) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    await refused(hass, entry, "limit_group_name", "create_contact_group", name=name)
    await refused(hass, entry, "limit_group_name", "update_contact_group", group="Family", name=name)
    assert [group["name"] for group in groups(simulator).values()] == ["Family"]


async def test_an_ambiguous_name_names_the_ids(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    add_group(simulator, NEIGHBOURS, "Family", 2)
    text = await refused(hass, entry, "ambiguous_group", "delete_contact_group", group="Family")
    assert FAMILY in text
    assert NEIGHBOURS in text
    assert len(groups(simulator)) == 2
    assert (await ask(hass, "get_contact_group", entry, group=NEIGHBOURS))["size"] == 2


@pytest.mark.parametrize("group", ["family", "6415907d00000", "", "+33 6 12 34 56 78", "Family/../x", "..", "F,a"])
@pytest.mark.parametrize("action", [action for action, data in NEEDED.items() if "group" in data])
async def test_a_group_that_is_not_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, group: str
) -> None:
    entry = await set_up(PRO)
    before = add_group(simulator, FAMILY, "Family", 1)
    text = await refused(hass, entry, "unknown_group", action, **{**NEEDED[action], "group": group})
    assert "12 34" not in text
    assert groups(simulator) == {FAMILY: before}
    assert len(before["contacts"]) == 1


async def test_groups_on_several_pages(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    for number in range(60):
        add_group(simulator, f"{number:013x}", f"Group {number}")
    listed = await ask(hass, "list_contact_groups", entry)
    assert [group["name"] for group in listed["groups"]] == [f"Group {number}" for number in range(60)]
    assert (await ask(hass, "get_contact_group", entry, group="Group 59"))["id"] == f"{59:013x}"


async def test_an_id_needs_no_list(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].group_counts = False
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 60)
    simulator.clear_requests()
    await ask(hass, "create_contact", entry, group=FAMILY, number="+33612345678")
    # The integration does not list the groups and does not count the contacts.
    paths = [request.path.rpartition("/api/v3/")[2] for request in simulator.requests("textiopro")]
    assert paths == [f"contacts/{FAMILY}/show", f"contacts/{FAMILY}/store"]
    assert (await ask(hass, "get_contact_group", entry, group=FAMILY))["size"] == 61


@pytest.mark.parametrize("api", ["bearer", "token"])
async def test_a_site_that_does_not_list_groups(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, api: str
) -> None:
    """The token API documents the list with POST, but POST with a name creates a group."""
    entry = await set_up(PRO, data={"api": api})
    add_group(simulator, FAMILY, "Family", 1)
    body = {"message": "The GET method is not supported for this route. Supported methods: POST."}
    simulator.faults.add("textiopro", "answer", None, path="/contacts", method="GET", body=body, status=405)
    for action, data in NEEDED.items():
        text = await refused(hass, entry, "groups_not_listed", action, **data)
        assert "405" in text
    assert len(groups(simulator)) == 1
    assert (await ask(hass, "get_contact_group", entry, group=FAMILY))["name"] == "Family"
    made = await ask(hass, "create_contact", entry, group=FAMILY, number="+33612345678")
    assert (await ask(hass, "get_contact", entry, group=FAMILY, contact=made["id"])) == made
    await ask(hass, "delete_contact_group", entry, group=FAMILY)
    assert groups(simulator) == {}


async def test_a_name_goes_before_a_number_that_is_an_id_elsewhere(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """If a value is the name of one group and the site's ID of another, the integration uses the name."""
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "12", 3)
    other = {"status": "success", "data": {"uid": NEIGHBOURS, "name": "Neighbours"}}
    simulator.faults.add("textiopro", "answer", None, path="/contacts/12/show", body=other)
    assert (await ask(hass, "get_contact_group", entry, group="12"))["id"] == FAMILY


# -- contacts ------------------------------------------------------------------------------------------------------


async def test_a_contacts_life(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    fields = {"FIRST_NAME": "Anna", "AGE": 7}
    made = await ask(hass, "create_contact", entry, group="Family", number="06 12 34 56 78", fields=fields)
    assert made == {"id": made["id"], "number": "+33612345678", "fields": {"FIRST_NAME": "Anna", "AGE": "7"}}
    assert await ask(hass, "list_contacts", entry, group="Family") == {"contacts": [made], "has_more": False}
    for named in (made["id"], "+33612345678", "0612345678", "06.12.34.56.78"):
        assert await ask(hass, "get_contact", entry, group=FAMILY, contact=named) == made
    changed = await ask(hass, "update_contact", entry, group="Family", contact=made["id"], fields={"AGE": "8"})
    assert changed == {**made, "fields": {"FIRST_NAME": "Anna", "AGE": "8"}}
    moved = await ask(hass, "update_contact", entry, group="Family", contact="0612345678", number="+33 712345678")
    assert moved == {**changed, "number": "+33712345678"}
    assert groups(simulator)[FAMILY]["contacts"][made["id"]]["phone"] == "33712345678"
    assert await ask(hass, "delete_contact", entry, group="Family", contact="0712345678") == moved
    assert groups(simulator)[FAMILY]["contacts"] == {}


async def test_an_id_that_looks_like_a_number(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    contacts = add_group(simulator, FAMILY, "Family", 1)["contacts"]
    contacts["33612345601"] = {"uid": "33612345601", "group_id": FAMILY, "phone": "33700000099"}
    found = await ask(hass, "get_contact", entry, group="Family", contact="33612345601")
    assert found["number"] == "+33700000099"
    found = await ask(hass, "get_contact", entry, group="Family", contact="0700000000")
    assert found["id"] == f"{0:013x}"


@pytest.mark.parametrize("contact", ["6415907d00000", "0712345678", "", "Anna", ".."])
@pytest.mark.parametrize("action", ["get_contact", "update_contact", "delete_contact"])
async def test_a_contact_that_is_not_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, contact: str
) -> None:
    entry = await set_up(PRO)
    before = dict(add_group(simulator, FAMILY, "Family", 30)["contacts"])
    text = await refused(hass, entry, "unknown_contact", action, **{**NEEDED[action], "contact": contact})
    assert "12345678" not in text
    assert groups(simulator)[FAMILY]["contacts"] == before


@pytest.mark.parametrize("number", ["12", "", "Anna", "+33 6 12"])
async def test_a_number_that_is_none(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, number: str) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 1)
    await refused(hass, entry, "limit_number", "create_contact", group="Family", number=number)
    data = {"group": "Family", "contact": "0700000000", "number": number}
    await refused(hass, entry, "limit_number", "update_contact", **data)
    assert [contact["phone"] for contact in groups(simulator)[FAMILY]["contacts"].values()] == ["33700000000"]


async def test_what_changes_nothing_is_refused(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 1)
    simulator.clear_requests()
    for fields in ({}, {"fields": {}}):
        data = {"group": "Family", "contact": "0700000000", **fields}
        await refused(hass, entry, "nothing_to_change", "update_contact", **data)
    data = {"group": "Family", "number": "0612345678", "fields": {" ": "Anna"}}
    await refused(hass, entry, "field_name_empty", "create_contact", **data)
    assert not simulator.requests()


async def test_ten_thousand_contacts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    simulator.accounts["textiopro"].per_page = 100
    add_group(simulator, FAMILY, "Family", 10_001)
    simulator.clear_requests()
    listed = await ask(hass, "list_contacts", entry, group="Family")
    assert (len(listed["contacts"]), listed["has_more"]) == (1000, True)
    # The integration looks up the ID and lists the groups. Then it reads ten pages of contacts, and one more page
    # to find out if there are more contacts.
    assert len(simulator.requests()) <= 13
    listed = await ask(hass, "list_contacts", entry, group="Family", limit=10_000)
    assert (len({contact["id"] for contact in listed["contacts"]}), listed["has_more"]) == (10_000, True)
    found = await ask(hass, "get_contact", entry, group="Family", contact=f"0{700_009_999}")
    assert found["fields"] == {"FIRST_NAME": "Name 9999"}


@pytest.mark.parametrize(("limit", "has_more"), [(29, True), (30, False), (31, False)])
async def test_a_limit(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, limit: int, *, has_more: bool) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 30)
    listed = await ask(hass, "list_contacts", entry, group="Family", limit=limit)
    assert (len(listed["contacts"]), listed["has_more"]) == (min(limit, 30), has_more)


@pytest.mark.parametrize("limit", [0, -1, 10_001, "many"])
async def test_a_limit_that_is_none(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, limit: Any) -> None:
    entry = await set_up(PRO)
    with pytest.raises(vol.Invalid):
        await ask(hass, "list_contacts", entry, group="Family", limit=limit)


@pytest.mark.parametrize(
    "page", [{"last_page": 99, "total": 9999}, {"last_page": 1, "total": 0}, {"next_page_url": "http://x/?page=2"}]
)
async def test_a_page_that_lies_about_its_length(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, page: dict[str, Any]
) -> None:
    """The gateway returns the first page for every page number and reports a wrong number of pages."""
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    rows = [{"uid": "a", "phone": "33612345601", "AGE": 7}, {"uid": "b", "phone": "33612345602"}]
    body = {"status": "success", "data": {"current_page": 1, "data": rows, **page}}
    simulator.faults.add("textiopro", "answer", None, path=f"/{FAMILY}/all", body=body)
    listed = await ask(hass, "list_contacts", entry, group="Family")
    assert [contact["id"] for contact in listed["contacts"]] == ["a", "b"]
    assert listed["has_more"] is False


@pytest.mark.parametrize("name", ["status", "Phone", "group_id"])
@pytest.mark.parametrize("action", ["create_contact", "update_contact"])
async def test_a_field_of_the_softwares_own_is_refused_by_name(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, name: str
) -> None:
    entry = await set_up(PRO)
    before = add_group(simulator, FAMILY, "Family", 1)
    fields = {"FIRST_NAME": "Anna", name: "1"}
    text = await refused(hass, entry, "limit_contact_field", action, **NEEDED[action], fields=fields)
    assert f"“{name}”" in text
    assert groups(simulator) == {FAMILY: before}
    assert [contact["FIRST_NAME"] for contact in before["contacts"].values()] == ["Name 0"]


# -- unsupported accounts and errors -------------------------------------------------------------------------------


@EVERY_ACTION
@pytest.mark.parametrize("provider", [provider for provider in Provider if provider is not PRO])
async def test_other_providers_keep_no_contacts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, action: str
) -> None:
    entry = await set_up(provider)
    text = await refused(hass, entry, "not_offered", action, **NEEDED[action])
    assert GATEWAYS[PRO].info.name in text


@EVERY_ACTION
async def test_a_route_keeps_no_contacts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str) -> None:
    account = await set_up(PRO)
    recipient = ConfigSubentryData(data={"numbers": []}, subentry_type="recipient", title="Zoe", unique_id=None)
    data = {"provider": "route", "accounts": [account.entry_id], "confirm_within": 0}
    route = MockConfigEntry(domain="texting", title="Alarms", data=data, subentries_data=[recipient])
    route.add_to_hass(hass)
    assert await hass.config_entries.async_setup(route.entry_id)
    await refused(hass, route, "not_offered", action, **NEEDED[action])


@EVERY_ACTION
@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("refuse", "request_cannot_connect"),
        ("cut", "request_outcome_unknown"),
        ("http_error", "request_outcome_unknown"),
        ("html", "request_invalid_response"),
        ("truncated", "request_invalid_response"),
        ("rate_limited", "request_rate_limited"),
    ],
)
async def test_a_gateway_in_trouble(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, fault: str, key: str
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 1)
    if fault == "refuse":
        await simulator.faults.refuse("textiopro")
    else:
        simulator.faults.add("textiopro", fault, None, path="/contacts")
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, entry, **NEEDED[action])
    assert not isinstance(caught.value, ServiceValidationError)
    text = str(caught.value)
    assert caught.value.translation_key in (key, "request_invalid_response")
    assert entry.title in text
    assert not hass.config_entries.flow.async_progress()


@EVERY_ACTION
async def test_refused_credentials_are_asked_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str
) -> None:
    entry = await set_up(PRO)
    simulator.accounts["textiopro"].token = "8|another"
    await refused(hass, entry, "authentication_failed", action, **NEEDED[action])
    await hass.async_block_till_done()
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


async def test_what_the_provider_refuses_says_why(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    body = {"status": "error", "message": "Your plan has no groups."}
    simulator.faults.add("textiopro", "answer", None, path="/contacts", body=body)
    text = await refused(hass, entry, "request_rejected", "create_contact_group", name="Family")
    assert "Your plan has no groups." in text


async def test_a_group_that_goes_meanwhile(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 1)
    body = {"status": "error", "message": "Contact group not found."}
    simulator.faults.add("textiopro", "answer", None, path=f"/contacts/{FAMILY}", body=body)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "create_contact", entry, group="Family", number="0612345678")
    text_of(caught.value, "not_found")


@pytest.mark.parametrize("fault", ["cut", "http_error"])
async def test_a_lost_answer_is_not_repeated(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fault: str
) -> None:
    """The action may have taken effect, and the error says so. The integration does not repeat the request."""
    entry = await set_up(PRO)
    simulator.faults.add("textiopro", fault, None, path="/contacts", method="POST", accept=True)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, "create_contact_group", entry, name="Family")
    assert "may or may not have taken effect" in str(caught.value)
    assert [group["name"] for group in groups(simulator).values()] == ["Family"]
    await simulator.restore()
    await refused(hass, entry, "group_exists", "create_contact_group", name="Family")


async def test_an_account_that_is_not_loaded(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "list_contact_groups", entry)
    text_of(caught.value, "account_not_loaded")
