"""Test that people see an opt-out: in Repairs, on the person's device, as an event, and what urgent texts may do."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.texting.gateway.message import IncomingMessage, IncomingType
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, notify, preview, restart, send, state_of, told, until
from tests.support.routes import disconnect, sent, set_up_route
from tests.test_opt_out import change, known, submit, text_in

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
ANNA, CLARA = "+33612345601", "+12125550142"
SENSOR = "binary_sensor.anna_opted_out"
type Settle = Callable[[], Awaitable[None]]


def told_issues(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the issues about opt-outs: kind and name of the person."""
    return sorted(
        (str(issue.translation_key), (issue.translation_placeholders or {}).get("name", ""))
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == "texting" and issue.active
    )


def agree(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> None:
    """Let a person agree to urgent texts after STOP."""
    subentry = next(each for each in entry.subentries.values() if each.title == name)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "urgent_after_stop": True})


def holds_no_number(events: list[Event]) -> bool:
    return not any(digits in str(event.data) for event in events for digits in ("12345601", "5550142"))


async def test_a_stop_is_told_until_a_start(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    stops, starts = async_capture_events(hass, "texting_opted_out"), async_capture_events(hass, "texting_opted_in")
    url = await connect(entry := await set_up(HOUSE))
    assert (state_of(hass, SENSOR).state, told_issues(hass)) == ("off", [])
    for _ in range(2):
        await text_in(url, "STOP", HOUSE)
    assert (state_of(hass, SENSOR).state, state_of(hass, "binary_sensor.ben_opted_out").state) == ("on", "off")
    assert told_issues(hass) == [("opted_out", "Anna")]
    device = er.async_get(hass).async_get("notify.anna")
    assert device is not None
    assert [event.data for event in stops] == [
        {"device_id": device.device_id, "name": "Anna", "account": entry.entry_id}
    ]
    for text in ("Hello", "Yes", "stop it"):
        await text_in(url, text, HOUSE)
    assert (state_of(hass, SENSOR).state, len(starts)) == ("on", 0)
    await text_in(url, "START", HOUSE)
    assert (state_of(hass, SENSOR).state, told_issues(hass), len(stops), len(starts)) == ("off", [], 1, 1)
    assert holds_no_number([*stops, *starts])


async def test_the_sensor_is_on_the_persons_device(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    entities = er.async_get(hass)
    sensor, person = entities.async_get(SENSOR), entities.async_get("notify.anna")
    assert sensor is not None
    assert person is not None
    assert sensor.device_id == person.device_id
    assert (sensor.config_subentry_id, sensor.original_name) == (person.config_subentry_id, "Opted out")


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_a_refusal_of_the_provider_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    stops = async_capture_events(hass, "texting_opted_out")
    await set_up(provider)
    simulator.accounts[provider].opted_out.add("2125550142")
    with pytest.raises(HomeAssistantError):
        await send(hass, "Fire", entity_id="notify.clara", urgent=True)
    await told(hass)
    assert state_of(hass, "binary_sensor.clara_opted_out").state == "on"
    assert told_issues(hass) == [("opted_out", "Clara"), ("urgent_refused", "Clara")]
    assert [event.data["name"] for event in stops] == ["Clara"]


async def test_a_stranger_who_stops_is_no_issue(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    stops = async_capture_events(hass, "texting_opted_out")
    url = await connect(entry := await set_up(HOUSE))
    async with aiohttp.ClientSession() as session:
        fields = {"apimsgid": "", "climsgid": "", "from": "33699999999", "txt": "STOP"}
        await session.post(url, json=fields)
    account = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("texting", entry.entry_id)}
    )
    assert [event.data for event in stops] == [{"device_id": account.id, "name": None, "account": entry.entry_id}]
    assert told_issues(hass) == []
    assert known(entry) == ["+33699999999"]


async def test_an_urgent_text_that_was_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    with pytest.raises(ServiceValidationError):
        await notify(hass, "notify.anna", "News")
    await told(hass)
    assert told_issues(hass) == [("opted_out", "Anna")]
    with pytest.raises(ServiceValidationError):
        await send(hass, "Fire", entity_id="notify.anna", urgent=True)
    await told(hass)
    assert told_issues(hass) == [("opted_out", "Anna"), ("urgent_refused", "Anna")]
    await submit(hass, await change(hass, entry, "Anna"), name="Anna", numbers=[ANNA], opted_out=False)
    assert told_issues(hass) == []
    assert state_of(hass, SENSOR).state == "off"


async def test_an_urgent_text_to_a_number_that_was_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    entry.runtime_data.state.opt_outs.async_add("+33699999999")
    with pytest.raises(ServiceValidationError):
        await send(hass, "Fire", account=entry.entry_id, to="+33699999999", urgent=True)
    await told(hass)
    assert told_issues(hass) == [("urgent_refused_number", "")]
    assert all("99999999" not in issue_id for _, issue_id in ir.async_get(hass).issues)


async def test_it_is_told_again_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    ((key, _),) = ir.async_get(hass).issues.items()
    ir.async_ignore_issue(hass, *key, ignore=True)
    await restart(hass, entry)
    # Who ignores it still ignores it.
    issue = ir.async_get(hass).issues[key]
    assert (issue.active, issue.dismissed_version is not None, issue.is_persistent) == (True, True, False)
    # As after a restart, where issues that name people are not kept.
    ir.async_delete_issue(hass, *key)
    await restart(hass, entry)
    assert told_issues(hass) == [("opted_out", "Anna")]
    assert state_of(hass, SENSOR).state == "on"


async def test_it_goes_with_the_recipient_the_account_and_while_that_is_disabled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert told_issues(hass) == []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert told_issues(hass) == [("opted_out", "Anna")]
    subentry = next(each for each in entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(entry, subentry, title="Anne")
    await hass.async_block_till_done()
    assert told_issues(hass) == [("opted_out", "Anne")]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    assert (told_issues(hass), known(entry)) == ([], [ANNA])
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    # Removing the recipient did not end the opt-out.
    assert told_issues(hass) == [("opted_out", "Anne")]
    await hass.config_entries.async_remove(entry.entry_id)
    assert told_issues(hass) == []


async def test_a_route_tells_it_too(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    house = await set_up(HOUSE)
    url = await connect(house)
    route = await set_up_route(hass, [await set_up(PRO), house])
    sensor = "binary_sensor.rita_opted_out"
    assert state_of(hass, sensor).state == "off"
    await text_in(url, "STOP", HOUSE)
    assert state_of(hass, sensor).state == "on"
    assert ("opted_out", "Rita") in told_issues(hass)
    for _ in range(2):
        # A route may be loaded before its accounts.
        await hass.config_entries.async_unload(house.entry_id)
        await hass.config_entries.async_reload(route.entry_id)
        await hass.config_entries.async_setup(house.entry_id)
        await hass.async_block_till_done()
        assert state_of(hass, sensor).state == "on"
    await text_in(url, "START", HOUSE)
    assert (state_of(hass, sensor).state, told_issues(hass)) == ("off", [])


# -- urgent texts also after STOP --------------------------------------------------------------------------------------


async def test_who_agreed_gets_urgent_texts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    agree(hass, entry, "Anna")
    await text_in(url, "STOP", HOUSE)
    with pytest.raises(ServiceValidationError):
        await notify(hass, "notify.anna", "News")
    await send(hass, "Fire", entity_id="notify.anna", urgent=True)
    await send(hass, "Water", account=entry.entry_id, to="Anna", urgent=True)
    await told(hass)
    assert [message.text for message in simulator.messages()] == ["Fire", "Water"]
    assert told_issues(hass) == [("opted_out", "Anna")]
    assert (await preview(hass, entry, "Fire", to=ANNA, urgent=True))["error"] is None
    assert (await preview(hass, entry, "Fire", to=ANNA))["limit"] == "opted_out"


async def test_what_waits_urgently_for_who_agreed_is_sent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, impatient: None, settle: Settle
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    agree(hass, entry, "Anna")
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    await ask_to_send(hass, "Fire", entity_id="notify.anna", urgent=True)
    await ask_to_send(hass, "News", entity_id="notify.anna")
    await text_in(url, "STOP", HOUSE)
    await simulator.restore()
    await restart(hass, entry)
    await until(simulator.messages)
    await settle()
    assert [message.text for message in simulator.messages()] == ["Fire"]


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_where_the_provider_blocks_nobody_gets_them(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    url = await connect(entry := await set_up(provider))
    agree(hass, entry, "Clara")
    await text_in(url, "STOP", provider)
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError):
        await send(hass, "Fire", entity_id="notify.clara", urgent=True)
    await told(hass)
    assert not [request for request in simulator.requests() if "sending" in request.path]
    assert told_issues(hass) == [("opted_out", "Clara"), ("urgent_refused", "Clara")]
    form = await change(hass, entry, "Clara")
    assert form["data_schema"] is not None
    assert "urgent_after_stop" not in {str(marker) for marker in form["data_schema"].schema}


async def test_a_route_sends_them_through_accounts_that_may(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    accounts = [await set_up(HOUSE), await set_up(PRO)]
    url = await connect(accounts[0])
    route = await set_up_route(hass, accounts)
    agree(hass, route, "Rita")
    await text_in(url, "STOP", HOUSE)
    with pytest.raises(ServiceValidationError):
        await notify(hass, "notify.rita", "News")
    await send(hass, "Fire", entity_id="notify.rita", urgent=True)
    assert sent(simulator) == [HOUSE]
    # The list of the provider may refuse the number. The next account tries then.
    simulator.faults.add(HOUSE, "answer", body="ERR: 105", times=1)
    await send(hass, "Fire", entity_id="notify.rita", urgent=True)
    await until(lambda: len(sent(simulator)) > 1)


async def test_the_dialog_sets_it(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    for value, stored in ((True, True), (False, None)):
        form = await change(hass, entry, "Anna")
        await submit(hass, form, name="Anna", numbers=[ANNA], urgent_after_stop=value)
        subentry: Any = next(each for each in entry.subentries.values() if each.title == "Anna")
        assert subentry.data.get("urgent_after_stop") is stored


# -- what a review found -----------------------------------------------------------------------------------------------


async def test_a_route_knows_the_opt_outs_of_an_account_that_is_disabled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    house = await set_up(HOUSE)
    url = await connect(house)
    route = await set_up_route(hass, [await set_up(PRO), house])
    await text_in(url, "STOP", HOUSE)
    await hass.config_entries.async_set_disabled_by(house.entry_id, ConfigEntryDisabler.USER)
    # As after a restart.
    await hass.config_entries.async_unload(route.entry_id)
    del hass.data["texting_states"][house.entry_id]
    await hass.config_entries.async_setup(route.entry_id)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError):
        await notify(hass, "notify.rita", "News")
    assert sent(simulator) == []
    assert state_of(hass, "binary_sensor.rita_opted_out").state == "on"
    assert ("opted_out", "Rita") in told_issues(hass)


async def test_a_removed_account_leaves_no_issue_at_its_routes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    house = await set_up(HOUSE)
    url = await connect(house)
    await set_up_route(hass, [await set_up(PRO), house])
    await text_in(url, "STOP", HOUSE)
    assert ("opted_out", "Rita") in told_issues(hass)
    await hass.config_entries.async_remove(house.entry_id)
    await hass.async_block_till_done()
    assert [kind for kind, _ in told_issues(hass) if kind != "route_broken"] == []


async def test_an_older_start_does_not_end_a_newer_stop(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    receive = entry.runtime_data.receiver.async_receive
    now = dt_util.utcnow()
    await receive(IncomingMessage(sender=ANNA, text="STOP", type=IncomingType.OPT_OUT, sent_at=now))
    await receive(IncomingMessage(sender=ANNA, text="START", sent_at=now - timedelta(hours=5)))
    assert known(entry) == [ANNA]
    # A later STOP counts too, and a START that a provider brings late was written after an older one.
    await receive(IncomingMessage(sender=ANNA, text="START", sent_at=now + timedelta(seconds=5)))
    assert known(entry) == []
    old = now - timedelta(hours=9)
    await receive(IncomingMessage(sender=ANNA, text="STOP.", type=IncomingType.OPT_OUT, sent_at=old))
    await receive(IncomingMessage(sender=ANNA, text="Start.", sent_at=old + timedelta(minutes=1)))
    assert known(entry) == []
    await receive(IncomingMessage(sender=ANNA, text="STOP!", type=IncomingType.OPT_OUT, sent_at=old))
    await receive(IncomingMessage(sender=ANNA, text="STOP!!", type=IncomingType.OPT_OUT, sent_at=now))
    await receive(IncomingMessage(sender=ANNA, text="Start!", sent_at=old + timedelta(hours=1)))
    assert known(entry) == [ANNA]


async def test_that_an_urgent_text_was_refused_is_told_again_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    with pytest.raises(ServiceValidationError):
        await send(hass, "Fire", entity_id="notify.anna", urgent=True)
    await told(hass)
    expected = [("opted_out", "Anna"), ("urgent_refused", "Anna")]
    assert told_issues(hass) == expected
    for key in list(ir.async_get(hass).issues):
        ir.async_delete_issue(hass, *key)
    await restart(hass, entry)
    assert told_issues(hass) == expected
    await text_in(url, "START", HOUSE)
    assert (told_issues(hass), entry.runtime_data.store.memory.urgent_refused) == ([], [])


async def test_a_stop_ends_what_waits_for_the_quiet_hours_of_a_routes_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    url = await connect(house)
    route = await set_up_route(hass, [house])
    rita = next(iter(route.subentries.values()))
    now = dt_util.now()
    quiet = {"quiet_start": f"{now - timedelta(hours=1):%H:%M}", "quiet_end": f"{now + timedelta(hours=2):%H:%M}"}
    hass.config_entries.async_update_subentry(route, rita, data={**rita.data, **quiet})
    (waiting,) = await ask_to_send(hass, "News", entity_id="notify.rita")
    assert waiting["status"] == "queued"
    await text_in(url, "STOP", HOUSE)
    await settle()
    shown: Any = await hass.services.async_call(
        "texting", "get_status", {"reference": waiting["reference"]}, blocking=True, return_response=True
    )
    assert (shown["status"], shown["reason"], sent(simulator)) == ("rejected", "opted_out", [])
