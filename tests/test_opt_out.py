"""Test that a number that opted out gets no texts until the opt-out is revoked."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
import json
import logging
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.flows import submit_recipient, suggested
from tests.support.home import (
    ask_to_send,
    first_number,
    notify,
    notify_entities,
    preview,
    record_changes,
    rent,
    restart,
    send,
    state_of,
    text_of,
    told,
    until,
)
from tests.support.privacy import told as told_of
from tests.support.records import full_disk
from tests.support.routes import disconnect, sent, set_up_route

type Settle = Callable[[], Awaitable[None]]

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])
ANNA, CLARA, NATIONAL = "+33612345601", "+12125550142", "2125550142"


def known(entry: MockConfigEntry) -> list[str]:
    """Return the numbers that the account remembers as opted out."""
    return list(entry.runtime_data.state.store.memory.opted_out)


async def text_in(url: str, text: str, provider: Provider = GROUP) -> None:
    """Deliver a text of the first recipient as the provider does."""
    fields = {"from": NATIONAL, "message": text}
    if provider is HOUSE:
        fields = {"apimsgid": "1", "climsgid": "", "from": ANNA.removeprefix("+"), "txt": text}
    async with aiohttp.ClientSession() as session, session.post(url, json=fields) as response:
        assert (response.status, await response.text()) == (200, "")


async def refused(hass: HomeAssistant, simulator: Simulator, *, key: str = "named_opted_out", **data: Any) -> str:
    """Send to an opted-out number, check that it is refused without a request, and return the error text."""
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, "Water", **data)
    assert not [request for request in simulator.requests() if "credit" not in request.path]
    return text_of(raised.value, key)


# -- what the error says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["entity", "name", "number", "route", "question"])
async def test_an_opt_out_names_the_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, way: str
) -> None:
    """Also if the caller gives only a number of a recipient of the account or route."""
    entry = await set_up(HOUSE)
    await connect(entry)
    other = await set_up(PRO)
    for subentry_id in [*other.subentries]:
        hass.config_entries.async_remove_subentry(other, subentry_id)
    route = await set_up_route(hass, [other])
    for each in (entry, other):
        each.runtime_data.state.opt_outs.async_add(ANNA)
    target = {
        "entity": {"entity_id": "notify.anna"},
        "name": {"account": entry.entry_id, "to": "Anna"},
        "number": {"account": entry.entry_id, "to": ANNA},
        "route": {"account": route.entry_id, "to": ANNA},
        "question": {"entity_id": "notify.anna", "question": "Water?"},
    }[way]
    action, text = ("ask", {}) if way == "question" else ("send_message", {"message": "Water"})
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            "texting", action, {**target, **text}, blocking=True, return_response=action == "ask"
        )
    title = "Alerts" if way == "route" else entry.title
    error = text_of(raised.value, "named_opted_out")
    # The route has a recipient of its own with this number.
    assert error.startswith(f"{'Rita' if way == 'route' else 'Anna'} opted out of texts from {title}")
    assert not simulator.messages()


async def test_a_name_that_is_a_number_is_masked(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """Home Assistant logs the errors of scripts and automations."""
    entry = await set_up(HOUSE)
    await connect(entry)
    subentry = next(each for each in entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(entry, subentry, title="+33612345601")
    await hass.async_block_till_done()
    entry.runtime_data.state.opt_outs.async_add(ANNA)
    error = await refused(hass, simulator, account=entry.entry_id, to=ANNA)
    assert ANNA not in error
    assert error.startswith("+33…01 opted out")


async def test_the_error_of_an_unknown_number_names_nobody(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    unknown = ["+33612345688", "+33612345689"]
    for number in unknown:
        entry.runtime_data.state.opt_outs.async_add(number)
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, "Water", account=entry.entry_id, to=unknown[0])
    assert text_of(raised.value, "limit_opted_out").startswith("The person with this number opted out")
    with pytest.raises(HomeAssistantError) as several:
        await send(hass, "Water", account=entry.entry_id, to=[*unknown, "Ben"])
    assert all(number not in text_of(several.value, "some_failed") for number in unknown)


# -- opt-outs that the gateway reports -----------------------------------------------------------------------------


@EZ
@pytest.mark.parametrize("names", ["opted_out", "globally_opted_out"])
async def test_a_refusal_is_remembered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, names: str
) -> None:
    entry = await set_up(provider)
    getattr(simulator.accounts[provider], names).add(NATIONAL)
    entity_id = notify_entities(provider)[0]
    with pytest.raises(HomeAssistantError) as raised:
        await notify(hass, entity_id, "Water")
    text_of(raised.value, "named_opted_out_at_provider")
    await told(hass)
    assert known(entry) == [CLARA]
    assert entry.title in await refused(hass, simulator, entity_id=entity_id)
    previewed = await preview(hass, entry, "Water", to=CLARA)
    assert previewed["limit"] == "opted_out"
    assert previewed["error"].startswith(f"Clara opted out of texts from {entry.title}")
    report = state_of(hass, f"event.{provider}_delivery_report").attributes
    assert (report["event_type"], report["reason"]) == ("rejected", "opted_out")
    await restart(hass, entry)
    await refused(hass, simulator, entity_id=entity_id, urgent=True)
    assert not simulator.messages()


async def test_a_blacklist_is_remembered(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    simulator.faults.add(PRO, "answer", body={"status": "error", "message": "The number is blacklisted"})
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.anna", "Water")
    await told(hass)
    await refused(hass, simulator, entity_id="notify.anna")
    assert known(entry) == [ANNA]


async def test_other_refusals_are_not(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(GROUP)
    simulator.accounts[GROUP].credit = Decimal(0)
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.clara", "Water")
    await told(hass)
    assert known(entry) == []


async def test_the_others_are_sent_to(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].opted_out.add("2125550143")
    for _ in range(2):
        answers = await ask_to_send(hass, "Water", entity_id=["notify.clara", "notify.carl"])
        by_number = {answer["to"]: answer for answer in answers}
        assert [by_number[to]["status"] for to in (CLARA, "+12125550144")] == ["accepted", "accepted"]
        assert (by_number["+12125550143"]["reason"], by_number["+12125550143"]["segments"]) == ("opted_out", 0)
        await told(hass)
        assert known(entry) == ["+12125550143"]
    assert len(simulator.messages()) == 4


# -- opt-outs by text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "«Stop!»",
            "S\u0301top",
            "STOPALL",
            "stop  all",
            "Unsubscribe",
            "cancel",
            "End",
            "QUIT",
        ),
        *("ARRET", "arrêt", "Arre\u0302t !", "ＳＴＯＰ", "_stop_"),
    ],
)
async def test_stop_words(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, text: str
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    events = record_changes(hass, "event.textinghouse_incoming_message")
    await text_in(url, text, HOUSE)
    assert [event.attributes["event_type"] for event in events] == ["opt_out"]
    assert known(entry) == [ANNA]
    await refused(hass, simulator, entity_id="notify.anna")


@pytest.mark.parametrize(
    "text",
    [
        "Stop it",
        "Please stop",
        "STOP1",
        "nonstop",
        "S T O P",
        "",
        " ",
        "!",
        "the end",
        "stop" * 10_000,
        "stop" + " " * 200,
    ],
)
async def test_other_texts_stop_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, text: str
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, text, HOUSE)
    assert known(entry) == []


@EZ
async def test_it_is_on_disk_before_the_provider_is_answered(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    hass_storage: dict[str, Any],
    provider: Provider,
) -> None:
    url = await connect(entry := await set_up(provider))
    await text_in(url, "STOP")
    assert list(hass_storage[f"texting.{entry.entry_id}"]["data"]["opted_out"]) == [CLARA]


async def post(url: str, text: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, params={"from": NATIONAL, "message": text}) as call:
        return call.status


@EZ
async def test_what_cannot_be_written_is_to_be_told_again(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    hass_storage: dict[str, Any],
    provider: Provider,
) -> None:
    url = await connect(entry := await set_up(provider))
    events = record_changes(hass, f"event.{provider}_incoming_message")

    async def fail(*_things: Any) -> None:
        raise WriteError("No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Store, "_async_write_data", fail)
        assert await post(url, "STOP") == 503
        await refused(hass, simulator, entity_id="notify.clara")
        assert await post(url, "STOP") == 503
    assert await post(url, "STOP") == 200
    assert list(hass_storage[f"texting.{entry.entry_id}"]["data"]["opted_out"]) == [CLARA]
    assert [event.attributes["event_type"] for event in events] == ["opt_out"]


@EZ
async def test_it_counts_while_messages_cannot_be_written(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    hass_storage: dict[str, Any],
    provider: Provider,
) -> None:
    url = await connect(entry := await set_up(provider))
    with full_disk():
        await send(hass, "Water", entity_id="notify.clara")
        assert entry.runtime_data.outbox.database.failing
        assert await post(url, "STOP") == 503
    assert known(entry) == [CLARA]
    assert list(hass_storage[f"texting.{entry.entry_id}"]["data"]["opted_out"]) == [CLARA]


async def test_it_counts_while_a_text_waits_for_the_balance(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(entry := await set_up(GROUP))
    simulator.accounts[GROUP].credit = Decimal(0)
    await entry.runtime_data.balance.async_refresh()
    simulator.accounts[GROUP].credit = Decimal(500)
    simulator.clear_requests()
    simulator.latency = 1
    sending = asyncio.create_task(send(hass, "Water", entity_id="notify.clara"))
    await until(simulator.requests)
    await text_in(url, "STOP")
    assert not sending.done()
    await pass_time(1, wait=False)
    with pytest.raises(ServiceValidationError) as raised:
        await sending
    text_of(raised.value, "named_opted_out")
    assert not simulator.messages()


@EZ
async def test_a_keyword_that_stops_is_no_keyword(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    url = await connect(entry := await set_up(provider, options={"reply_timeout": 45}))
    await rent(hass, entry, "Stop", "Never sent")
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, params={"PhoneNumber": NATIONAL, "Message": "Stop"}) as response,
    ):
        assert (response.status, await response.text()) == (200, "")
    assert state_of(hass, f"event.{provider}_incoming_message").attributes["event_type"] == "opt_out"
    assert known(entry) == [CLARA]


async def test_what_waits_is_not_sent_any_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, impatient: None
) -> None:
    url = await connect(entry := await set_up(GROUP))
    await disconnect(simulator, "group_texting")
    (waiting,) = await ask_to_send(hass, "Water", entity_id="notify.clara")
    (other,) = await ask_to_send(hass, "Water", account=entry.entry_id, to="+12125550143")
    assert (waiting["status"], other["status"]) == ("queued", "queued")
    await text_in(url, "STOP")
    await told(hass)
    for answer, status, reason in ((waiting, "rejected", "opted_out"), (other, "queued", None)):
        now: Any = await hass.services.async_call(
            "texting", "get_status", {"reference": answer["reference"]}, blocking=True, return_response=True
        )
        assert (now["status"], now["reason"]) == (status, reason)
    assert not simulator.messages()


async def test_what_still_waits_on_disk_is_not_sent_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, impatient: None
) -> None:
    entry = await set_up(GROUP)
    await disconnect(simulator, "group_texting")
    await ask_to_send(hass, "Water", entity_id="notify.clara")
    # This simulates that Home Assistant stopped right after a STOP came in.
    entry.runtime_data.state.store.memory.opted_out[CLARA] = "2026-01-02T03:04:05+00:00"
    await restart(hass, entry)
    report = state_of(hass, "event.group_texting_delivery_report").attributes
    assert (report["event_type"], report["reason"]) == ("rejected", "opted_out")
    assert not simulator.messages()


async def test_who_stopped_is_not_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(GROUP, options={"reply_timeout": 45}))
    await text_in(url, "STOP")
    incoming_id = state_of(hass, "event.group_texting_incoming_message").attributes["incoming_id"]
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call("texting", "reply", {"incoming_id": incoming_id, "message": "Oh"}, blocking=True)
    text_of(raised.value, "named_opted_out")


@pytest.mark.parametrize("word", ["yes", "YES!", "Start", "unstop"])
async def test_without_a_stop_before_it_is_only_a_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, word: str
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, word, HOUSE)
    assert known(entry) == []
    shown = state_of(hass, "event.textinghouse_incoming_message").attributes
    assert (shown["event_type"], shown["text"]) == ("reply", word)
    await notify(hass, "notify.anna", "Water")
    assert len(simulator.messages()) == 1


# -- revoked opt-outs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["START", "start", " Start! ", "UNSTOP"])
async def test_start_words(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, text: str
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    await text_in(url, "Hello", HOUSE)
    for other in ("Start it", "HELP", "Yes", "YES.", "ok"):
        await text_in(url, other, HOUSE)
    assert known(entry) == [ANNA]
    await text_in(url, text, HOUSE)
    assert known(entry) == []
    await notify(hass, "notify.anna", "Water")
    assert len(simulator.messages()) == 1
    await restart(hass, entry)
    assert known(entry) == []


async def test_stop_after_start_counts_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """A second STOP counts even within the minute in which it looks like a repetition by the provider."""
    url = await connect(entry := await set_up(GROUP))
    for text in ("STOP", "START", "STOP"):
        await text_in(url, text)
    assert known(entry) == [CLARA]


async def test_start_after_stop_counts_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(GROUP))
    for text in ("STOP", "START", "STOP", "START"):
        await text_in(url, text)
    assert known(entry) == []


@EZ
async def test_help_takes_back_what_the_whole_platform_refuses(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    """HELP revokes the opt-out at Group Texting. At Club Texting, only the keyword revokes it."""
    await connect(entry := await set_up(provider))
    await notify(hass, "notify.clara", "Water")
    simulator.accounts[provider].globally_opted_out.add(NATIONAL)
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.clara", "Fire")
    await told(hass)
    await simulator.answer(CLARA, "Help", provider)
    assert known(entry) == ([] if provider is GROUP else [CLARA])
    if provider is GROUP:
        await notify(hass, "notify.clara", "Fire")
        assert simulator.messages()[-1].text == "Fire"


@EZ
@pytest.mark.parametrize("text", ["Home", "home please"])
async def test_a_keyword_takes_it_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider, text: str
) -> None:
    entry = await set_up(provider)
    await rent(hass, entry, "HOME")
    url = await connect(entry)
    simulator.accounts[provider].keywords["home"] = Keyword(url=url, autoreply="")
    await notify(hass, "notify.clara", "Water")
    await simulator.answer(CLARA, "STOP", provider)
    await refused(hass, simulator, entity_id="notify.clara")
    await simulator.answer(CLARA, text, provider)
    await notify(hass, "notify.clara", "Fire")
    assert [message.text for message in simulator.messages()] == ["Water", "Fire"]


# -- routes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("unloaded", [False, True])
@pytest.mark.usefixtures("impatient")
async def test_nobody_gets_texts_by_another_way(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, place: int, *, unloaded: bool
) -> None:
    """The opt-out counts for any account of the route, even if that account is not loaded."""
    accounts = [await set_up(CLUB), await set_up(GROUP)]
    route = await set_up_route(hass, accounts)
    await text_in(await connect(accounts[place]), "STOP")
    if unloaded:
        await hass.config_entries.async_unload(accounts[place].entry_id)
    # Nobody learns of recipients of others by asking for a number.
    error = await refused(hass, simulator, key="limit_opted_out", account=route.entry_id, to=CLARA)
    assert "Alerts" in error
    assert "Clara" not in error
    assert (await preview(hass, route, "Water", to=CLARA))["limit"] == "opted_out"
    assert known(route) == []
    await send(hass, "Water", account=route.entry_id, to="+12125550143")
    # If the first account of the route is not loaded, the text waits for it for a moment.
    assert sent(simulator) == ([] if unloaded and place == 0 else [CLUB])


async def test_what_waits_in_a_route_is_not_sent_any_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, impatient: None
) -> None:
    accounts = [await set_up(CLUB), await set_up(GROUP)]
    route = await set_up_route(hass, accounts)
    await disconnect(simulator, "club_texting")
    (waiting,) = await ask_to_send(hass, "Water", account=route.entry_id, to=CLARA)
    await text_in(await connect(accounts[0]), "STOP")
    await told(hass)
    await until(lambda: not len(route.runtime_data.outbox))
    now: Any = await hass.services.async_call(
        "texting", "get_status", {"reference": waiting["reference"]}, blocking=True, return_response=True
    )
    assert (waiting["status"], now["status"], now["reason"]) == ("queued", "rejected", "opted_out")
    assert not simulator.messages()


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_waits_at_another_account_of_the_route_is_not_sent_any_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, impatient: None, *, restarted: bool
) -> None:
    """Texts that do not use this route stay queued, because their account received no STOP."""
    club, group = await set_up(CLUB), await set_up(GROUP)
    url = await connect(club)
    route = await set_up_route(hass, [group, club])
    other = await set_up_route(hass, [group], title="Others")
    await hass.config_entries.async_unload(club.entry_id)
    await disconnect(simulator, "group_texting")
    asked = {"account": route.entry_id, "to": CLARA}
    (waiting,) = await ask_to_send(hass, "Water", **asked)
    own = await ask_to_send(hass, "Water", account=group.entry_id, to=CLARA)
    others = await ask_to_send(hass, "Water", account=other.entry_id, to=CLARA)
    someone = await ask_to_send(hass, "Water", account=route.entry_id, to="+12125550143")
    await hass.config_entries.async_setup(club.entry_id)
    if restarted:
        # This simulates that Home Assistant stopped right after a STOP came in.
        club.runtime_data.state.store.memory.opted_out[CLARA] = "2026-01-02T03:04:05+00:00"
        await hass.config_entries.async_reload(route.entry_id)
    else:
        await text_in(url, "STOP")
    await told(hass)
    await until(lambda: not route.runtime_data.outbox.get(waiting["reference"]))
    for answer, status, reason in (
        (waiting, "rejected", "opted_out"),
        *((each, "queued", None) for (each,) in (own, others, someone)),
    ):
        now: Any = await hass.services.async_call(
            "texting", "get_status", {"reference": answer["reference"]}, blocking=True, return_response=True
        )
        assert (now["status"], now["reason"]) == (status, reason)
    assert known(group) == []
    assert not simulator.messages()


# -- the recipient's dialog ----------------------------------------------------------------------------------------


async def change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    subentry = next(subentry for subentry in entry.subentries.values() if subentry.title == name)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id}
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> SubentryFlowResult:
    result = await submit_recipient(hass, form, **values)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def asks(form: SubentryFlowResult) -> bool:
    """Return True if the form shows an opt-out."""
    assert form["data_schema"] is not None
    return "opted_out" in {str(marker) for marker in form["data_schema"].schema}


async def test_the_dialog_shows_it_and_takes_it_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    assert not asks(await change(hass, entry, "Anna"))
    await text_in(url, "STOP", HOUSE)
    assert not asks(await change(hass, entry, "Ben"))
    form = await change(hass, entry, "Anna")
    assert asks(form)
    assert form["data_schema"] is not None
    assert form["data_schema"]({"name": "Anna", "number": ANNA})["opted_out"] is True
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["opted_out"] == ANNA
    result = await submit(hass, form, name="Anne", numbers=[ANNA], opted_out=True)
    assert result["reason"] == "reconfigure_successful"
    assert known(entry) == [ANNA]
    form = await submit(hass, await change(hass, entry, "Anne"), name="Anna", numbers=["12"], opted_out=False)
    assert (form["errors"], suggested(form)["opted_out"]) == ({"number": "invalid_number"}, False)
    assert known(entry) == [ANNA]
    result = await submit(hass, form, name="Anna", numbers=[ANNA], opted_out=False)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert known(entry) == []
    (subentry,) = [subentry for subentry in entry.subentries.values() if subentry.title == "Anna"]
    assert dict(subentry.data) == {"numbers": [ANNA]}
    assert not asks(await change(hass, entry, "Anna"))
    await restart(hass, entry)
    await notify(hass, "notify.anna", "Water")
    assert len(simulator.messages()) == 1


async def test_the_sensor_follows_the_dialog(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """The sensor changes even if the recipient does not change and nothing is reloaded."""
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor.textinghouse_pending_messages").attributes["opted_out"] == 1
    await submit(hass, await change(hass, entry, "Anna"), name="Anna", numbers=[ANNA], opted_out=False)
    assert state_of(hass, "sensor.textinghouse_pending_messages").attributes["opted_out"] == 0


async def test_the_dialog_of_an_account_that_does_not_load(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.data.pop("texting_states")
    assert entry.state is ConfigEntryState.NOT_LOADED
    form = await change(hass, entry, "Anna")
    assert asks(form)
    await submit(hass, form, name="Anna", numbers=[ANNA], opted_out=False)
    await hass.config_entries.async_setup(entry.entry_id)
    assert known(entry) == []


async def test_the_dialog_of_a_routes_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    accounts = [await set_up(PRO), await set_up(HOUSE)]
    route = await set_up_route(hass, accounts)
    await text_in(await connect(accounts[1]), "STOP", HOUSE)
    await refused(hass, simulator, entity_id="notify.rita")
    form = await change(hass, route, "Rita")
    assert asks(form)
    await submit(hass, form, name="Rita", numbers=[ANNA], opted_out=False)
    assert known(accounts[1]) == []
    await notify(hass, "notify.rita", "Water")
    assert sent(simulator) == [PRO]


# -- privacy -------------------------------------------------------------------------------------------------------


async def test_nothing_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    url = await connect(entry := await set_up(HOUSE))
    await text_in(url, "STOP", HOUSE)
    error = await refused(hass, simulator, account=entry.entry_id, to=first_number(HOUSE))
    shown = await async_get_config_entry_diagnostics(hass, entry)
    assert shown["opted_out"] == 1
    log = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]
    assert told_of("\n".join([json.dumps(shown), error, *log]), "STOP") == []
