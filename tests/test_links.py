"""Recipients of routes that have name, numbers and person from a recipient of another account."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.flows import is_added, recipient_values, submit_recipient, suggested
from tests.support.home import notify, state_of, told
from tests.support.people import add, add_persons, change, link, person_id, recipient_id, remove
from tests.support.routes import ANNA, new_route, set_up_route

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
NEW = "+33612345678"


async def form_of(hass: HomeAssistant, entry: MockConfigEntry, name: str | None = None) -> SubentryFlowResult:
    """Open the dialog of a new recipient, or of one with a name."""
    context: Any = {"source": SOURCE_USER}
    if name:
        context = {"source": SOURCE_RECONFIGURE, "subentry_id": recipient_id(entry, name)}
    return await hass.config_entries.subentries.async_init((entry.entry_id, "recipient"), context=context)


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> SubentryFlowResult:
    result = await submit_recipient(hass, form, **values)
    await told(hass)
    return result


def offered(form: SubentryFlowResult) -> dict[str, str]:
    """Return the people whom a form offers, by label."""
    assert form["data_schema"] is not None
    for marker, selector in form["data_schema"].schema.items():
        if marker == "original":
            return {option["label"]: option["value"] for option in selector.config["options"]}
    return {}


def data_of(entry: MockConfigEntry, name: str) -> dict[str, Any]:
    return dict(entry.subentries[recipient_id(entry, name)].data)


def names(entry: MockConfigEntry) -> list[str]:
    return sorted(each.title for each in entry.subentries.values())


def copies(hass: HomeAssistant) -> list[str]:
    """Return the names of the links whose original was removed."""
    issues = ir.async_get(hass).issues.values()
    return [
        (issue.translation_placeholders or {})["name"]
        for issue in issues
        if issue.translation_key == "original_removed"
    ]


async def home(hass: HomeAssistant, set_up: SetUp) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Set up TextingHouse, and a route through it with a link to its recipient Anna."""
    account = await set_up(HOUSE)
    route = await set_up_route(hass, [account])
    remove(hass, route, "Rita")
    await told(hass)
    form = await form_of(hass, route)
    result = await submit(hass, form, original=offered(form)["Anna (TextingHouse)"])
    assert is_added(result)
    return account, route


async def test_a_routes_dialog_offers_people_and_takes_over_name_numbers_and_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account = await set_up(HOUSE)
    await add_persons(hass, "Anna")
    link(hass, account, "Anna", "person.anna")
    route = await set_up_route(hass, [account])
    form = await form_of(hass, route)
    people = offered(form)
    assert set(people) == {"Anna (TextingHouse)", "Ben (TextingHouse)"}
    result = await submit(hass, form, original=people["Anna (TextingHouse)"], quiet_start="22:00", quiet_end="07:00")
    assert is_added(result)
    assert data_of(route, "Anna") == {
        "original": people["Anna (TextingHouse)"],
        "numbers": [ANNA],
        "person": person_id(hass, "person.anna"),
        "quiet_start": "22:00:00",
        "quiet_end": "07:00:00",
    }
    # An account's dialog offers nobody.
    assert offered(await form_of(hass, account)) == {}


async def test_a_link_follows_its_original_at_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account, route = await home(hass, set_up)
    await add_persons(hass, "Anna")
    change(hass, account, "Anna", title="Mum", numbers=[NEW], person=person_id(hass, "person.anna"))
    # No turn of the event loop lies between the change and the text.
    assert names(route) == ["Mum"]
    await notify(hass, "notify.anna_2", "Water")
    assert [f"+{message.phone_number}" for message in simulator.messages()] == [NEW]
    assert data_of(route, "Mum")["person"] == person_id(hass, "person.anna")
    await told(hass)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), route.entry_id)
    assert sorted(str(device.name) for device in devices) == ["Alerts", "Mum"]
    assert copies(hass) == []


@pytest.mark.parametrize("way", ["recipient", "account", "numbers"])
async def test_without_its_original_a_link_is_a_copy_and_an_issue_says_so(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, way: str
) -> None:
    account, other = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [other])
    form = await form_of(hass, route)
    await submit(hass, form, original=recipient_id(account, "Anna"))
    if way == "recipient":
        remove(hass, account, "Anna")
    elif way == "account":
        await hass.config_entries.async_remove(account.entry_id)
    else:
        change(hass, account, "Anna", numbers=[], group="1", group_name="Family")
    await told(hass)
    assert copies(hass) == ["Anna"]
    await notify(hass, notify_of(hass, route, "Anna"), "Water")
    assert [f"+{message.phone_number}" for message in simulator.messages()] == [ANNA]
    # The dialog shows the copy. Once it is saved, it is a recipient like others.
    form = await form_of(hass, route, "Anna")
    assert {"name": "Anna", "numbers": [ANNA]}.items() <= recipient_values(form).items()
    await submit(hass, form, name="Anna", numbers=[ANNA])
    assert data_of(route, "Anna") == {"numbers": [ANNA]}
    assert copies(hass) == []


def notify_of(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> str:
    entity_id = er.async_get(hass).async_get_entity_id("notify", "texting", recipient_id(entry, name))
    assert entity_id
    return entity_id


async def test_the_issue_goes_with_the_link(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account, route = await home(hass, set_up)
    remove(hass, account, "Anna")
    await told(hass)
    assert copies(hass) == ["Anna"]
    remove(hass, route, "Anna")
    await told(hass)
    assert copies(hass) == []


async def test_a_text_on_its_way_ends_as_before_when_its_original_is_removed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account, route = await home(hass, set_up)
    change(hass, route, "Anna", quiet_start="00:00:00", quiet_end="23:59:59.999999")
    await notify(hass, notify_of(hass, route, "Anna"), "Water")
    change(hass, account, "Anna", title="Mum", numbers=[NEW])
    remove(hass, account, "Mum")
    await told(hass)
    (waiting,) = route.runtime_data.outbox
    assert (waiting.message.to, waiting.recipient_name) == (ANNA, "Anna")
    assert state_of(hass, notify_of(hass, route, "Mum"))


async def test_names_alike_in_two_accounts_are_told_apart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [house, pro])
    for entry in (house, pro):
        form = await form_of(hass, route)
        assert {"Anna (TextingHouse)", "Anna (TextioPro)"} <= set(offered(form))
        await submit(hass, form, original=recipient_id(entry, "Anna"))
    # The second has its account in its name, and its dialog works.
    assert names(route) == ["Anna", "Anna (TextioPro)", "Rita"]
    form = await form_of(hass, route, "Anna (TextioPro)")
    await submit(hass, form, original=recipient_id(pro, "Anna"), urgent_after_stop=True)
    assert data_of(route, "Anna (TextioPro)")["urgent_after_stop"]
    add(hass, route, "Ben", numbers=[NEW], original=recipient_id(house, "Ben"))
    change(hass, pro, "Ben", title="Bob")
    add(hass, route, "Bob", numbers=[NEW], original=recipient_id(pro, "Bob"))
    await told(hass)
    change(hass, pro, "Bob", title="Ben")
    assert names(route) == ["Anna", "Anna (TextioPro)", "Ben", "Ben (TextioPro)", "Rita"]


async def test_a_link_and_a_group_are_no_originals(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account, route = await home(hass, set_up)
    add(hass, account, "Family", numbers=[], group="1", group_name="Family")
    second = await set_up_route(hass, [account], title="Second")
    form = await form_of(hass, second)
    assert set(offered(form)) == {"Anna (TextingHouse)", "Ben (TextingHouse)"}
    with pytest.raises(InvalidData):
        await submit(hass, form, original=recipient_id(route, "Anna"))


async def test_nobody_is_linked_twice(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account, route = await home(hass, set_up)
    result = await submit(hass, await form_of(hass, route), original=recipient_id(account, "Anna"))
    assert result["errors"] == {"original": "name_exists"}
    result = await submit(hass, await form_of(hass, route, "Anna"), original=recipient_id(account, "Anna"))
    assert result["type"] is FlowResultType.ABORT


async def test_an_original_that_goes_while_the_form_is_open(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account = await set_up(HOUSE)
    route = await set_up_route(hass, [account])
    form, original = await form_of(hass, route), recipient_id(account, "Anna")
    remove(hass, account, "Anna")
    result = await submit(hass, form, original=original)
    assert result["errors"] == {"original": "original_gone"}


async def test_the_original_of_others_is_no_link(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account = await set_up(HOUSE)
    route, second = await set_up_route(hass, [account]), await set_up_route(hass, [account], title="Second")
    form = await form_of(hass, second)
    await submit(hass, form, original=recipient_id(route, "Rita"))
    result = await submit(hass, await form_of(hass, route, "Rita"), original=recipient_id(account, "Anna"))
    assert result["errors"] == {"original": "is_original"}


@pytest.mark.parametrize("own", [{"name": "Mum"}, {"numbers": [NEW]}, {"person": "person.anna"}])
async def test_a_link_has_nothing_of_its_own(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, own: dict[str, Any]
) -> None:
    account = await set_up(HOUSE)
    route = await set_up_route(hass, [account])
    await add_persons(hass, "Anna")
    form = await form_of(hass, route)
    original = recipient_id(account, "Anna")
    result = await submit(hass, form, original=original, **own)
    assert result["errors"] == {"original": "original_and_own"}
    result = await submit(hass, form, original=original)
    assert is_added(result)


async def test_a_link_can_become_another_and_then_somebody_new(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account, route = await home(hass, set_up)
    form = await form_of(hass, route, "Anna")
    assert suggested(form) == {"original": recipient_id(account, "Anna")}
    await submit(hass, form, original=recipient_id(account, "Ben"))
    assert (names(route), data_of(route, "Ben")["numbers"]) == (["Ben"], ["+33612345602", "+33612345603"])
    await submit(hass, await form_of(hass, route, "Ben"), name="Zoe", numbers=[NEW])
    assert data_of(route, "Zoe") == {"numbers": [NEW]}


async def test_a_link_that_missed_a_change_is_made_equal_at_the_start(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    route = new_route(["1"])
    route.add_to_hass(hass)
    account = await set_up(HOUSE)
    stale = {"original": recipient_id(account, "Anna"), "numbers": [NEW]}
    add(hass, route, "Old name", **stale)
    await told(hass)
    assert (names(route), data_of(route, "Anna")["numbers"]) == (["Anna", "Rita"], [ANNA])
    assert account.state is ConfigEntryState.LOADED


# -- persons -----------------------------------------------------------------------------------------------------------


async def test_a_recipient_gets_name_and_picture_of_its_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Zoe", picture="/local/zoe.png")
    result = await submit(hass, await form_of(hass, entry), person="person.zoe", numbers=[NEW])
    assert is_added(result)
    assert data_of(entry, "Zoe") == {"numbers": [NEW], "person": person_id(hass, "person.zoe")}
    assert state_of(hass, "notify.zoe").attributes["entity_picture"] == "/local/zoe.png"
    form = await form_of(hass, entry, "Zoe")
    assert recipient_values(form) == {"name": "Zoe", "numbers": [NEW], "person": "person.zoe"}
    await submit(hass, form, name="Zoe", numbers=[NEW])
    assert data_of(entry, "Zoe") == {"numbers": [NEW]}


@pytest.mark.parametrize("entity_id", ["person.nobody", "notify.anna"])
async def test_what_is_no_person_is_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, entity_id: str
) -> None:
    entry = await set_up(HOUSE)
    form = await form_of(hass, entry)
    result = await submit_or_refuse(hass, form, name="Zoe", person=entity_id, numbers=[NEW])
    assert result in ({"person": "unknown_person"}, "invalid")
    assert names(entry) == ["Anna", "Ben"]


async def submit_or_refuse(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> Any:
    try:
        return (await submit(hass, form, **values))["errors"]
    except InvalidData:
        return "invalid"
