"""Recipients that are contact groups: a text to a group is always a campaign, however it is sent."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import contact_groups
from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.flows import recipient as recipient_flow
from custom_components.texting.gateway.contacts import ContactGroup
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, NEIGHBOURS, add_group
from tests.support.flows import choices, recipient_values, submit_recipient as submit
from tests.support.home import (
    TRANSLATIONS,
    ask_to_send,
    notify,
    preview,
    record_changes,
    restart,
    send,
    state_of,
    text_of,
    told,
    until,
)

PRO = Provider.TEXTIOPRO
# The default limit refuses texts to groups whose contacts are not counted.
UNLIMITED = {"daily_limit": 0}
REPORT, PENDING = "event.textiopro_delivery_report", "sensor.textiopro_pending_messages"
UNKNOWN_NOTE = TRANSLATIONS["selector"]["configure"]["options"]["groups_unknown"]


async def add_recipient(
    hass: HomeAssistant, entry: MockConfigEntry, name: str = "Everyone", group: str = FAMILY, **data: Any
) -> None:
    """Add a recipient as the form does."""
    known = {"numbers": [], "group": group, "group_name": "Family", **data}
    subentry = ConfigSubentry(data=MappingProxyType(known), subentry_type="recipient", title=name, unique_id=None)
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()


def campaigns(simulator: Simulator) -> list[dict[str, Any]]:
    return list(simulator.accounts["textiopro"].campaigns.values())


# -- the form ------------------------------------------------------------------------------------------------------


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> Any:
    subentry = next(subentry for subentry in entry.subentries.values() if subentry.title == name)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id}
    )


def data_of(entry: MockConfigEntry, name: str) -> dict[str, Any]:
    return dict(next(subentry.data for subentry in entry.subentries.values() if subentry.title == name))


@pytest.mark.parametrize("named", [FAMILY, "Family", " Family "])
async def test_the_form_offers_the_groups(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, named: str) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    add_group(simulator, NEIGHBOURS, "Neighbours")
    form = await begin(hass, entry)
    assert choices(form, "group") == {FAMILY: "Family (3)", NEIGHBOURS: "Neighbours (0)"}
    assert form["description_placeholders"]["note"] == ""
    result = await submit(hass, form, name="Everyone", group=named, quiet_start="22:00:00", quiet_end="07:00:00")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    quiet = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
    known = {"numbers": [], "group": FAMILY, "group_name": "Family"}
    assert data_of(entry, "Everyone") == known | quiet
    form = await change(hass, entry, "Everyone")
    assert recipient_values(form) == {"name": "Everyone", "numbers": [], "group": FAMILY} | quiet
    result = await submit(hass, form, name="Everyone", group="Neighbours")
    assert result["reason"] == "reconfigure_successful"
    assert data_of(entry, "Everyone") == known | {"group": NEIGHBOURS, "group_name": "Neighbours"}
    # Change the recipient from a group to numbers.
    await submit(hass, await change(hass, entry, "Everyone"), name="Everyone", numbers=["0612345678"])
    assert data_of(entry, "Everyone") == {"numbers": ["+33612345678"]}


async def test_the_form_names_groups_whose_size_no_list_tells(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    simulator.accounts["textiopro"].group_counts = False
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    form = await begin(hass, entry)
    assert choices(form, "group") == {FAMILY: "Family"}
    await submit(hass, form, name="Everyone", group=FAMILY)
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.everyone")
    assert (answer["to"], answer["segments"]) == ("Family", 3)


@pytest.mark.usefixtures("impatient")
async def test_a_gateway_that_takes_its_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The text does not wait for the size of the group, because only the limit checks need it."""
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    fault = simulator.faults.add("textiopro", "latency", None, path="/contacts", delay=20)

    async def ask(asking: Coroutine[Any, Any, Any]) -> Any:
        """Wait no longer for the size of the group than the integration does."""
        asked, counts = asyncio.create_task(asking), fault.used + (not entry.runtime_data.contact_groups._counting)
        for _ in range(20):  # the action begins
            await asyncio.sleep(0)
        await until(lambda: fault.used == counts)
        await pass_time(contact_groups.GROUPS_TIMEOUT + 0.1, wait=False)
        return await asked

    seen = await ask(preview(hass, entry, "Water", to="everyone"))
    assert (seen["error"], seen["segments"], seen["cost"]) == (None, 1, None)
    (answer,) = await ask(ask_to_send(hass, "Water", entity_id="notify.everyone"))
    assert (answer["to"], answer["segments"]) == ("Family", 1)
    await until(lambda: len(simulator.messages()) == 3)
    # The size of the group arrives in the background, well before the request times out.
    await pass_time(10, wait=False)
    await told(hass)
    (answer,) = await ask(ask_to_send(hass, "Fire", entity_id="notify.everyone"))
    await pass_time(20, wait=False)
    await told(hass)
    assert (answer["to"], answer["segments"]) == ("Family", 3)


async def test_a_daily_limit_and_a_group_that_nobody_has_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO, options={"daily_limit": 500})
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    simulator.faults.add("textiopro", "html", None, path="/contacts")
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, "notify.everyone", "Water")
    text_of(caught.value, "limit_group_uncounted")
    assert not campaigns(simulator)
    (answer,) = await ask_to_send(hass, "Fire", entity_id="notify.everyone", urgent=True)
    assert (answer["status"], answer["segments"]) == ("accepted", 1)
    await simulator.restore()
    await notify(hass, "notify.everyone", "Water")
    assert state_of(hass, "sensor.textiopro_segments_today").state == "4"


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {"number": "no_number_or_group"}),
        ({"numbers": [], "group": " "}, {"number": "no_number_or_group"}),
        ({"numbers": ["0612345678"], "group": FAMILY}, {"group": "number_and_group"}),
        ({"group": "family"}, {"group": "unknown_group"}),
        ({"group": f"{FAMILY},{NEIGHBOURS}"}, {"group": "unknown_group"}),
        ({"group": "Twins"}, {"group": "ambiguous_group"}),
        ({"group": FAMILY, "name": " "}, {"name": "no_name"}),
        ({"group": FAMILY, "name": "anna"}, {"name": "name_exists"}),
        ({"group": FAMILY, "quiet_start": "22:00:00"}, {"base": "quiet_hours_incomplete"}),
        ({"numbers": ["12"], "group": FAMILY}, {"number": "invalid_number"}),
    ],
)
async def test_what_is_wrong_is_named_and_can_be_mended(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any], errors: dict[str, str]
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    for group_id in ("a1", "a2"):
        add_group(simulator, group_id, "Twins", 1)
    form = await submit(hass, await begin(hass, entry), **{"name": "Everyone", **values})
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, errors)
    assert len(entry.subentries) == 2
    result = await submit(hass, form, name="Everyone", group=FAMILY)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("fault", ["refuse", "html", "hang"])
async def test_the_form_works_while_the_groups_cannot_be_read(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(recipient_flow, "GROUPS_TIMEOUT", 0.1)
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry, "Known")
    if fault == "refuse":
        await simulator.faults.refuse("textiopro")
    else:
        simulator.faults.add("textiopro", fault, None, path="/contacts")
    form = await begin(hass, entry)
    assert (form["errors"], form["description_placeholders"]["note"]) == ({}, UNKNOWN_NOTE)
    assert choices(form, "group") == {}
    form = await submit(hass, form, name="Everyone", group="The family")
    assert form["errors"] == {"group": "group_id"}
    await submit(hass, form, name="Everyone", group=NEIGHBOURS)
    assert data_of(entry, "Everyone") == {"numbers": [], "group": NEIGHBOURS}
    # The form keeps the saved data of a known group.
    before = data_of(entry, "Known")
    form = await change(hass, entry, "Known")
    await submit(hass, form, name="Known", group=FAMILY)
    assert data_of(entry, "Known") == before


async def test_the_groups_are_read_again_where_they_could_not_be(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await simulator.faults.refuse("textiopro")
    form = await begin(hass, entry)
    await simulator.restore()
    form = await submit(hass, form, name="Everyone", group="family")
    assert form["errors"] == {"group": "unknown_group"}
    assert form["description_placeholders"]["note"] == ""
    assert choices(form, "group") == {FAMILY: "Family (3)"}


@pytest.mark.parametrize("provider", [provider for provider in Provider if provider is not PRO])
async def test_elsewhere_there_are_numbers_only(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    form = await begin(hass, await set_up(provider))
    markers = {str(marker): marker for marker in form["data_schema"].schema}
    assert "group" not in markers
    assert type(markers["number"]).__name__ == "Required"


async def test_a_route_has_no_groups(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account = await set_up(PRO)
    data = {"provider": "route", "accounts": [account.entry_id], "confirm_within": 0}
    route = MockConfigEntry(domain="texting", title="Alarms", data=data)
    route.add_to_hass(hass)
    await hass.config_entries.async_setup(route.entry_id)
    form = await begin(hass, route)
    assert "group" not in {str(marker) for marker in form["data_schema"].schema}


# -- sending -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["entity", "action", "names", "legacy"])
async def test_every_way_to_send_makes_one_campaign(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, way: str
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    reports = record_changes(hass, REPORT)
    before = state_of(hass, "notify.everyone").state
    match way:
        case "entity":
            await notify(hass, "notify.everyone", "Water")
        case "action":
            await send(hass, "Water", entity_id="notify.everyone")
        case "names":
            await send(hass, "Water", account=entry.entry_id, to=["everyone", "Everyone"])
        case "legacy":
            data = {"message": "Water", "target": "Everyone"}
            await hass.services.async_call("notify", "textiopro", data, blocking=True)
    await told(hass)
    (made,) = campaigns(simulator)
    assert len(simulator.messages()) == 3
    assert state_of(hass, "notify.everyone").state != before
    assert state_of(hass, "sensor.textiopro_segments_today").state == "3"
    await simulator.settle()
    await pass_time(16)
    await told(hass)
    last = reports[-1].attributes
    assert (last["event_type"], last["to"], last["recipient_name"]) == ("delivered", "Family", "Everyone")
    assert last["message_id"] == made["uid"]
    status: Any = await hass.services.async_call(
        "texting", "get_status", {"reference": last["reference"]}, blocking=True, return_response=True
    )
    assert (status["recipient"], status["number"], status["status"]) == ("Everyone", None, "delivered")


async def test_groups_and_numbers_side_by_side(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    """The result contains the current name of the group at the provider."""
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Clan", 3)
    await add_recipient(hass, entry)
    data = {"message": "Water", "target": ["Everyone", "Anna", "Ben"]}
    await hass.services.async_call("notify", "textiopro", data, blocking=True)
    assert len(simulator.messages()) == 6
    answers = await ask_to_send(hass, "Fire", account=entry.entry_id, to=["Everyone", "Anna", "+33612345678"])
    assert [(answer["to"], answer["recipient"], answer["segments"]) for answer in answers] == [
        ("Clan", "Everyone", 3),
        ("+33612345601", "Anna", 1),
        ("+33612345678", None, 1),
    ]
    assert answers[0]["message_id"] == campaigns(simulator)[1]["uid"]


async def test_all_recipients_of_an_account_are_its_people(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """A text to all recipients never becomes a campaign, even if a group is added. Each number gets one text."""
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await hass.services.async_call("notify", "textiopro", {"message": "Water"}, blocking=True)
    before = [message.to for message in simulator.messages()]
    await add_recipient(hass, entry)
    await hass.services.async_call("notify", "textiopro", {"message": "Water"}, blocking=True)
    assert [message.to for message in simulator.messages()] == before * 2
    assert not campaigns(simulator)
    # If only groups are left, the text has no recipients.
    for subentry in list(entry.subentries.values()):
        if subentry.title != "Everyone":
            hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("notify", "textiopro", {"message": "Water"}, blocking=True)
    text_of(caught.value, "no_recipients")


async def test_a_group_that_is_gone_keeps_the_text_from_no_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    await add_recipient(hass, entry)
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, "notify.everyone", "Water")
    assert "Family" in text_of(caught.value, "unknown_group")
    gone, anna = await ask_to_send(hass, "Water", account=entry.entry_id, to=["Everyone", "Anna"])
    assert (gone["to"], gone["status"], gone["reason"]) == ("Family", "rejected", "invalid_number")
    assert (anna["status"], anna["error"]) == ("accepted", None)
    assert len(simulator.messages()) == 1
    refused = await preview(hass, entry, "Water", to="Everyone")
    assert (refused["reason"], refused["limit"]) == ("invalid_number", None)
    assert "Family" in refused["error"]


async def test_an_empty_group_is_refused(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family")
    await add_recipient(hass, entry)
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, "notify.everyone", "Water")
    text_of(caught.value, "limit_group_empty")
    assert (await preview(hass, entry, "Water", to="Everyone"))["limit"] == "group_empty"
    assert not campaigns(simulator)


async def test_a_preview_counts_all(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    seen = await preview(hass, entry, "x" * 161, to="everyone")
    assert (seen["error"], seen["segments"], seen["cost"]) == (None, 2, 6)
    assert not campaigns(simulator)


async def test_quiet_hours_hold_a_campaign_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    now, margin = dt_util.now(), timedelta(minutes=5)
    quiet = {"quiet_start": f"{now - margin:%H:%M:%S}", "quiet_end": f"{now + margin:%H:%M:%S}"}
    await add_recipient(hass, entry, **quiet)
    (answer,) = await ask_to_send(hass, "Laundry is done", entity_id="notify.everyone")
    await ask_to_send(hass, "Fire", entity_id="notify.everyone", urgent=True)
    (taken,) = await ask_to_send(hass, "Taken back", entity_id="notify.everyone")
    assert (answer["status"], answer["to"]) == ("queued", "Family")
    await hass.services.async_call("texting", "cancel_message", {"reference": taken["reference"]}, blocking=True)
    assert [made["message"] for made in campaigns(simulator)] == ["Fire"]
    await restart(hass, entry)
    await pass_time(301)
    await told(hass)
    assert [made["message"] for made in campaigns(simulator)] == ["Fire", "Laundry is done"]


@pytest.mark.usefixtures("impatient")
async def test_it_waits_for_a_gateway_that_is_out_of_reach(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    await simulator.faults.refuse("textiopro")
    (first,) = await ask_to_send(hass, "Water", entity_id="notify.everyone")
    # The size of the group is not known yet.
    assert (first["status"], first["to"], first["segments"]) == ("queued", "Family", 1)
    await simulator.restore()
    await pass_time(61)
    await notify(hass, "notify.everyone", "Fire")
    await told(hass)
    assert len(simulator.messages()) == 6
    await simulator.faults.refuse("textiopro")
    (third,) = await ask_to_send(hass, "Storm", entity_id="notify.everyone")
    assert (third["status"], third["segments"]) == ("queued", 3)
    await restart(hass, entry)
    await simulator.restore()
    await pass_time(301)
    await told(hass)
    assert [made["message"] for made in campaigns(simulator)] == ["Water", "Fire", "Storm"]


# -- other features --------------------------------------------------------------------------------------------------


async def test_a_text_of_one_of_the_group_is_nobodys(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    await pass_time(31)
    await notify(hass, "notify.everyone", "Water?")
    await simulator.settle()
    await simulator.answer("+33700000001", "Yes", "textiopro")
    await pass_time(31)
    incoming = state_of(hass, "event.textiopro_incoming_message").attributes
    assert (incoming["from"], incoming["sender_name"], incoming["text"]) == ("+33700000001", None, "Yes")


async def test_diagnostics_tell_ids_and_no_names(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await add_recipient(hass, entry)
    await notify(hass, "notify.everyone", "Water")
    shown = await async_get_config_entry_diagnostics(hass, entry)
    assert [recipient["group"] for recipient in shown["recipients"]] == [None, None, FAMILY]
    assert "Family" not in str(shown)
    assert "Everyone" not in str(shown)


async def test_no_more_groups_are_remembered_than_are_used(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.texting.contact_groups.MAX_REMEMBERED", 2)
    entry = await set_up(PRO)
    for number in range(4):
        add_group(simulator, f"a{number}", f"Group {number}", number)
    for number in (0, 1, 0, 2, 3, 2):
        await entry.runtime_data.contact_groups.async_measure(ContactGroup(id=f"a{number}", name=""))
    assert entry.runtime_data.store.memory.groups == {
        "a3": {"name": "Group 3", "size": 3},
        "a2": {"name": "Group 2", "size": 2},
    }
    await hass.services.async_call(
        "texting", "delete_contact_group", {"account": entry.entry_id, "group": "a3"}, blocking=True
    )
    assert list(entry.runtime_data.store.memory.groups) == ["a2"]
    await restart(hass, entry)
    assert list(entry.runtime_data.store.memory.groups) == ["a2"]
    assert state_of(hass, PENDING).state == "0"
