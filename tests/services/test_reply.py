"""The action reply: replies in the response to the provider's request, or as new messages."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
import json
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.inbound import inbox
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.aiohttp import MockRequest
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.home import (
    kept_open,
    notify,
    notify_entities,
    pass_until,
    record_changes,
    rent,
    restart,
    state_of,
    text_of,
    told,
    until,
)
from tests.support.privacy import told as told_of

type Settle = Callable[[], Awaitable[None]]

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])
CLARA, NATIONAL = "+12125550142", "2125550142"


async def reply(hass: HomeAssistant, incoming_id: str, message: str, **data: Any) -> dict[str, Any]:
    """Call the action reply and return its response."""
    response: Any = await hass.services.async_call(
        DOMAIN, "reply", {"incoming_id": incoming_id, "message": message, **data}, blocking=True, return_response=True
    )
    found: dict[str, Any] = json.loads(json.dumps(response))
    return found


async def automate(hass: HomeAssistant, provider: Provider, message: str, **trigger: Any) -> None:
    """Set up an automation that replies to every incoming text, as a user would write it."""
    automation = {
        "id": "answer",
        "alias": "Answer",
        "triggers": {"trigger": "state", "entity_id": incoming_of(provider), **trigger},
        "actions": {
            "action": "texting.reply",
            "data": {"incoming_id": "{{ trigger.to_state.attributes.incoming_id }}", "message": message},
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()


def incoming_of(provider: Provider) -> str:
    return f"event.{provider}_incoming_message"


def id_of(hass: HomeAssistant, provider: Provider) -> str:
    """Return the ID of the last incoming text."""
    incoming_id: str = state_of(hass, incoming_of(provider)).attributes["incoming_id"]
    return incoming_id


async def call(url: str, **fields: str) -> tuple[int, str]:
    """Send a GET request as the provider does, and return the status and the body of the response."""
    async with aiohttp.ClientSession() as session, session.get(url, params=fields) as response:
        return response.status, await response.text()


async def heard(hass: HomeAssistant, provider: Provider, count: int = 1) -> None:
    """Wait until this many texts have been received and published, and their requests wait for replies."""
    states = hass.data[f"{DOMAIN}_states"]
    await until(lambda: sum(len(state.inbox._messages) for state in states.values()) >= count)
    for state in states.values():
        await asyncio.gather(*(text.published for text in state.inbox._messages.values() if text.published))
    await kept_open(hass)


# -- replies within the request ------------------------------------------------------------------------------------


@EZ
async def test_an_automation_answers_within_the_request(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    simulator.accounts[provider].wait_for_response = True
    await connect(await set_up(provider, options={"reply_timeout": 30}))
    await automate(hass, provider, "You said: {{ trigger.to_state.attributes.text }}")
    await notify(hass, notify_entities(provider)[0], "Water")
    simulator.clear_requests()
    assert await simulator.answer(CLARA, "On my way") == (HTTPStatus.OK, "You said: On my way")
    answer = simulator.messages()[-1]
    assert (answer.text, answer.phone_number, answer.extra["auto_reply"]) == (
        "You said: On my way",
        f"1{NATIONAL}",
        True,
    )
    assert [request.path for request in simulator.requests() if "sending" in request.path] == []
    await told(hass)
    report = state_of(hass, f"event.{provider}_delivery_report").attributes
    assert (report["event_type"], report["to"], report["recipient_name"]) == ("accepted", CLARA, "Clara")
    assert state_of(hass, f"sensor.{provider}_segments_today").state == "2"
    assert state_of(hass, f"sensor.{provider}_pending_messages").state == "0"


@EZ
async def test_a_keyword_is_answered_by_an_automation(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    account = simulator.accounts[provider]
    account.wait_for_response, account.keywords["status"] = True, Keyword(autoreply="Thanks for joining")
    await connect(await set_up(provider, options={"reply_timeout": 30}))
    await automate(hass, provider, "All is well")
    assert await simulator.answer("+12125559999", "Status", provider) == (HTTPStatus.OK, "All is well")
    assert [message.text for message in simulator.messages()] == ["All is well"]


@EZ
async def test_the_response_tells_the_way(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    url = await connect(await set_up(provider, options={"reply_timeout": 30}))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, provider)
    first = await reply(hass, id_of(hass, provider), "One")
    assert await request == (HTTPStatus.OK, "One")
    reference = first.pop("reference")
    assert first == {
        "method": "webhook",
        "to": CLARA,
        "recipient": "Clara",
        "message_id": None,
        "status": "accepted",
        "segments": 1,
        "held_until": None,
        "reason": None,
        "error": None,
    }
    status: Any = await hass.services.async_call(
        DOMAIN, "get_status", {"reference": reference}, blocking=True, return_response=True
    )
    assert (status["status"], status["number"]) == ("accepted", CLARA)
    assert not simulator.messages()
    second = await reply(hass, id_of(hass, provider), "Two")
    assert (second["method"], second["status"], second["to"]) == ("message", "accepted", CLARA)
    assert [(message.text, message.phone_number) for message in simulator.messages()] == [("Two", f"1{NATIONAL}")]


async def test_two_replies_at_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": 30}))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    answers = await asyncio.gather(*(reply(hass, id_of(hass, CLUB), text) for text in ("One", "Two", "Three")))
    assert sorted(answer["method"] for answer in answers) == ["message", "message", "webhook"]
    _, body = await request
    assert sorted([body, *(message.text for message in simulator.messages())]) == ["One", "Three", "Two"]


@EZ
async def test_an_answer_keeps_to_the_gateways_rules(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    """A rejected reply leaves the request open for a valid reply."""
    options = {"reply_timeout": 30, "replace_characters": False}
    url = await connect(await set_up(provider, options=options))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, provider)
    for text, key in (
        ("Déjà vu", "limit_characters"),
        ("a" * 161, "limit_text_length"),
        (" ", "limit_text_empty"),
        ("👍", "limit_characters"),
        ("a\ud83d", "limit_characters"),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await reply(hass, id_of(hass, provider), text)
        text_of(raised.value, key)
    assert not request.done()
    await reply(hass, id_of(hass, provider), "a" * 160)
    assert await request == (HTTPStatus.OK, "a" * 160)
    assert not simulator.messages()


async def test_refused_characters_are_replaced_where_that_is_wanted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(GROUP, options={"reply_timeout": 30, "replace_characters": True}))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, GROUP)
    await reply(hass, id_of(hass, GROUP), "Déjà vu…")
    assert await request == (HTTPStatus.OK, "Deja vu...")


async def test_the_daily_limit_holds_for_answers_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": 30, "daily_limit": 1}))
    for text, body in (("One", "First"), ("Two", "Urgent")):
        request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": text}))
        await heard(hass, CLUB, 1 if text == "One" else 2)
        if text == "Two":
            with pytest.raises(ServiceValidationError) as raised:
                await reply(hass, id_of(hass, CLUB), "Second")
            text_of(raised.value, "limit_daily")
        await reply(hass, id_of(hass, CLUB), body, urgent=text == "Two")
        assert await request == (HTTPStatus.OK, body)


@pytest.mark.parametrize("way", ["webhook", "message", "fixed"])
async def test_an_answer_passes_quiet_hours(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, way: str
) -> None:
    """A reply ignores quiet hours, because the sender is awake. Other texts wait."""
    entry = await set_up(CLUB, options={"reply_timeout": 30 if way == "webhook" else 0})
    clara = next(subentry for subentry in entry.subentries.values() if subentry.title == "Clara")
    now, hour = dt_util.now(), timedelta(hours=1)
    quiet = {"quiet_start": f"{now - hour:%H:%M:%S}", "quiet_end": f"{now + hour:%H:%M:%S}"}
    hass.config_entries.async_update_subentry(entry, clara, data={**clara.data, **quiet})
    if way == "fixed":
        await rent(hass, entry, "Hi", "Hello")
    await hass.async_block_till_done(wait_background_tasks=True)
    url = await connect(entry)
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    if way == "fixed":
        assert await request == (HTTPStatus.OK, "Hello")
        await told(hass)
        assert state_of(hass, "event.club_texting_delivery_report").attributes["event_type"] == "accepted"
    else:
        answer = await reply(hass, id_of(hass, CLUB), "Hello")
        assert (answer["method"], answer["status"]) == (way, "accepted")
        assert (await request)[1] == ("Hello" if way == "webhook" else "")
    await notify(hass, notify_entities(CLUB)[0], "Good morning")
    assert [message.text for message in simulator.messages()] == (["Hello"] if way == "message" else [])


async def test_home_assistant_cloud(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(GROUP, options={"reply_timeout": 30})
    await automate(hass, GROUP, "Thanks")
    request = MockRequest(b"", "cloud", method="GET", query_string=f"from={NATIONAL}&message=Hi")
    response = await async_handle_webhook(hass, entry.data["webhook_id"], request)
    assert (response.status, response.text) == (HTTPStatus.OK, "Thanks")


# -- replies outside the request -----------------------------------------------------------------------------------


async def test_the_webhook_answers_at_once_unless_it_shall_wait(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(CLUB))
    assert await call(url, **{"from": NATIONAL, "message": "Hi"}) == (HTTPStatus.OK, "")
    assert (await reply(hass, id_of(hass, CLUB), "Hello"))["method"] == "message"
    assert [message.text for message in simulator.messages()] == ["Hello"]


async def test_other_providers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    """These providers get replies as messages, even if the entry has the option reply_timeout."""
    await connect(await set_up(HOUSE, options={"reply_timeout": 45}))
    await set_up(PRO)
    await notify(hass, "notify.anna", "Water")
    await settle()
    assert await simulator.answer("+33612345601", "Oui", HOUSE) == (HTTPStatus.OK, "")
    await simulator.answer("+33612345601", "Yes", PRO)
    await pass_time(31)
    for provider in (HOUSE, PRO):
        answer = await reply(hass, id_of(hass, provider), "Merci ☀", valid_for={"minutes": 5}, if_unsure="leave")
        assert (answer["method"], answer["to"], answer["recipient"]) == ("message", "+33612345601", "Anna")
        assert simulator.messages(provider)[-1].text == "Merci ☀"


async def test_nobody_answers_in_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": 45}))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    await pass_time(44)
    assert not request.done()
    await pass_time(1.1)
    assert await request == (HTTPStatus.OK, "")
    assert (await reply(hass, id_of(hass, CLUB), "Late"))["method"] == "message"


@pytest.mark.parametrize("seconds", [46, 3600, 10**9])
async def test_no_option_keeps_a_request_longer_than_the_provider_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime, seconds: int
) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": seconds}))
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    await pass_time(45.1)
    assert await request == (HTTPStatus.OK, "")


async def test_a_provider_that_has_hung_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    """If the provider closes the connection, the reply is sent as a message."""
    entry = await set_up(CLUB, options={"reply_timeout": 30})
    await rent(hass, entry, "Hi", "Hello")
    url = await connect(entry)
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    (text,) = entry.runtime_data.state.inbox._messages.values()
    request.cancel()
    await until(lambda: text.waiter is None)
    assert (await reply(hass, id_of(hass, CLUB), "Late"))["method"] == "message"
    assert [message.text for message in simulator.messages()] == ["Late"]
    await pass_time(31)
    assert state_of(hass, "sensor.club_texting_segments_today").state == "1"


async def test_more_requests_than_can_wait(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": 30}))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(number: int) -> tuple[int, str]:
            async with session.get(url, params={"from": f"212555{number:04}", "message": "Hi"}) as response:
                return response.status, await response.text()

        requests = [asyncio.create_task(ask(number)) for number in range(150)]
        await until(lambda: sum(request.done() for request in requests) == 50)
        await heard(hass, CLUB, 150)
        assert sum(request.done() for request in requests) == 50
        await pass_time(31)
        assert {*await asyncio.gather(*requests)} == {(HTTPStatus.OK, "")}
        last = asyncio.create_task(ask(9999))
        await heard(hass, CLUB, 151)
        assert (await reply(hass, id_of(hass, CLUB), "Room again"))["method"] == "webhook"
        assert await last == (HTTPStatus.OK, "Room again")


@pytest.mark.parametrize("way", ["unload", "stop", "remove"])
async def test_the_end_ends_what_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, way: str
) -> None:
    entry = await set_up(CLUB, options={"reply_timeout": 45})
    await rent(hass, entry, "Hi", "Hello")
    url = await connect(entry)
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    incoming_id = id_of(hass, CLUB)
    if way == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    elif way == "remove":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        for job in hass._shutdown_jobs:  # Home Assistant does this first when it stops
            await job.job.target(*job.args)
    # No automation replied, so the webhook sends the fixed reply of the keyword.
    assert await request == (HTTPStatus.OK, "Hello")
    if way == "stop":
        assert (await call(url, **{"from": NATIONAL, "message": "Too late"}))[0] == HTTPStatus.OK
        return
    with pytest.raises(ServiceValidationError) as raised:
        await reply(hass, incoming_id, "Hello")
    text_of(raised.value, "account_not_loaded" if way == "unload" else "unknown_incoming")
    assert not simulator.messages()


async def test_a_reload_and_a_restart_keep_what_can_be_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB, options={"reply_timeout": 30})
    url = await connect(entry)
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "Hi"}))
    await heard(hass, CLUB)
    incoming_id = id_of(hass, CLUB)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await request == (HTTPStatus.OK, "")
    assert (await reply(hass, incoming_id, "Hello"))["method"] == "message"
    await restart(hass, entry)
    assert (await reply(hass, incoming_id, "Hello again"))["method"] == "message"
    await pass_time(12 * 3600)
    with pytest.raises(ServiceValidationError) as raised:
        await reply(hass, incoming_id, "Too late")
    text_of(raised.value, "unknown_incoming")
    assert [message.text for message in simulator.messages()] == ["Hello", "Hello again"]


async def test_old_texts_cannot_be_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(CLUB))
    await call(url, **{"from": NATIONAL, "message": "Hi"})
    incoming_id = id_of(hass, CLUB)
    await pass_time(12 * 3600 - 60)
    await reply(hass, incoming_id, "In time")
    await pass_time(120)
    for unknown in (incoming_id, "", "01JABCDEF0123456789ABCDEFG", "{{ x }}", "x" * 10_000):
        with pytest.raises(ServiceValidationError) as raised:
            await reply(hass, unknown, "Too late")
        text_of(raised.value, "unknown_incoming")
    assert [message.text for message in simulator.messages()] == ["In time"]


async def test_no_more_than_so_many_are_in_memory(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_MESSAGES", 50)
    url = await connect(entry := await set_up(CLUB))
    await call(url, **{"from": NATIONAL, "message": "The first"})
    incoming_id = id_of(hass, CLUB)
    async with aiohttp.ClientSession() as session:
        for number in range(50):
            async with session.get(url, params={"from": NATIONAL, "message": f"Text {number}"}) as response:
                assert response.status == HTTPStatus.OK
    for each in (incoming_id, id_of(hass, CLUB)):
        assert (await reply(hass, each, "Hello"))["method"] == "message"
    assert len(entry.runtime_data.state.inbox._messages) == 50


@pytest.mark.parametrize("sender", ["38000", "Anna", "Clara", "36000-not-a-number", "+", "+x"])
async def test_who_is_no_number_cannot_be_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, sender: str
) -> None:
    """A sender without a phone number gets no reply, even if it has the name of a recipient."""
    url = await connect(await set_up(CLUB))
    await call(url, **{"from": sender, "message": "Hi"})
    with pytest.raises(HomeAssistantError):
        await reply(hass, id_of(hass, CLUB), "Hello")
    assert not simulator.messages()


async def test_a_gateway_that_refuses_the_message(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(CLUB))
    await call(url, **{"from": NATIONAL, "message": "Hi"})
    simulator.accounts[CLUB].opted_out.add(NATIONAL)
    with pytest.raises(HomeAssistantError) as raised:
        await reply(hass, id_of(hass, CLUB), "Hello")
    text_of(raised.value, "named_opted_out_at_provider")


# -- fixed replies -------------------------------------------------------------------------------------------------


@EZ
@pytest.mark.parametrize("text", ["Status", "STATUS", "status please", " status of the house"])
async def test_a_keyword_has_a_fixed_answer(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider, text: str
) -> None:
    entry = await set_up(provider)
    await rent(hass, entry, "Status", "All is well")
    await rent(hass, entry, "Other")
    url = await connect(entry)
    assert await call(url, PhoneNumber=NATIONAL, Message=text) == (HTTPStatus.OK, "All is well")
    assert await call(url, PhoneNumber=NATIONAL, Message="Other") == (HTTPStatus.OK, "")
    assert await call(url, **{"from": NATIONAL, "message": f"My {text}"}) == (HTTPStatus.OK, "")
    await told(hass)
    assert state_of(hass, f"sensor.{provider}_segments_today").state == "1"


@EZ
async def test_an_automation_goes_before_the_fixed_answer(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider, options={"reply_timeout": 20})
    await rent(hass, entry, "Status", "All is well")
    url = await connect(entry)
    for text, answered in (("status", True), ("status again", False)):
        request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": text}))
        await heard(hass, provider, 1 if answered else 2)
        if answered:
            await reply(hass, id_of(hass, provider), "21 degrees")
            assert await request == (HTTPStatus.OK, "21 degrees")
        else:
            await pass_time(20.1)
            assert await request == (HTTPStatus.OK, "All is well")
            assert (await reply(hass, id_of(hass, provider), "Later"))["method"] == "message"


@EZ
async def test_a_fixed_answer_that_may_not_be_sent(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    await rent(hass, entry, "Status", "Tout va très bien 👍")
    url = await connect(entry)
    assert await call(url, PhoneNumber=NATIONAL, Message="Status") == (HTTPStatus.OK, "")
    assert "the fixed reply of a keyword was not sent" in caplog.text
    await told(hass)
    assert state_of(hass, f"event.{provider}_delivery_report").attributes["event_type"] == "rejected"


@pytest.mark.parametrize("stuck", ["balance", "outbox", "store"])
async def test_the_provider_never_waits_for_what_is_stuck(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    stuck: str,
) -> None:
    """The webhook waits 45 seconds for an automation and then responds in less than 55 seconds in total."""
    entry = await set_up(CLUB, options={"reply_timeout": 45})
    await rent(hass, entry, "Status", "All is well")
    url = await connect(entry)
    account, disk = entry.runtime_data, asyncio.Event()
    if stuck == "balance":
        simulator.accounts[CLUB].credit = Decimal(0)
        await account.balance.async_refresh()
        simulator.faults.add(CLUB, "hang", None)
    elif stuck == "outbox":
        write = account.outbox.database.write

        def write_later(records: Any, **known: Any) -> asyncio.Future[None]:
            async def later(copies: list[Any]) -> None:
                await disk.wait()
                await write(copies, **known)

            return asyncio.ensure_future(later(list(records)))

        monkeypatch.setattr(account.outbox.database, "write", write_later)
    else:
        monkeypatch.setattr(account.store._store, "async_save", lambda _data: disk.wait())
    request = asyncio.create_task(call(url, PhoneNumber=NATIONAL, Message="stop" if stuck == "store" else "Status"))
    if stuck == "outbox":  # the text is published all the same
        texts = account.state.inbox._messages
        await pass_until(hass, pass_time, lambda: texts and not any(text.published for text in texts.values()), 1.1)
    await heard(hass, CLUB)
    for seconds in (45.1, 5.1):
        await pass_time(seconds, wait=False)
        for _ in range(50):  # the next step begins
            await asyncio.sleep(0)
    # If the opt-out is not saved, the provider must send the text again.
    expected = (HTTPStatus.SERVICE_UNAVAILABLE, "") if stuck == "store" else (HTTPStatus.OK, "All is well")
    assert await request == expected
    disk.set()
    await simulator.restore()
    await pass_time(31, wait=False)  # the hanging request times out
    await hass.async_block_till_done(wait_background_tasks=True)


# -- both APIs -----------------------------------------------------------------------------------------------------


@EZ
@pytest.mark.parametrize("first", ["keyword", "reply"])
async def test_without_unique_requests_a_keyword_is_heard_once(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    provider: Provider,
    first: str,
) -> None:
    """The provider calls the keyword's URL and the forwarding URL. In either order, the event is a keyword."""
    entry = await set_up(provider)
    await rent(hass, entry, "Status", "All is well")
    url = await connect(entry)
    events = record_changes(hass, incoming_of(provider))
    calls = [{"PhoneNumber": NATIONAL, "Message": "Status"}, {"from": f"1{NATIONAL}", "message": "Status "}]
    if first == "reply":
        calls.reverse()
    assert [await call(url, **fields) for fields in calls] == [(HTTPStatus.OK, "All is well"), (HTTPStatus.OK, "")]
    assert [event.attributes["event_type"] for event in events] == ["keyword"]
    assert await call(url, **{"from": "2125550199", "message": "Status"}) == (HTTPStatus.OK, "All is well")
    await pass_time(61)
    assert await call(url, **calls[1]) == (HTTPStatus.OK, "All is well")
    assert len(events) == 3


@EZ
@pytest.mark.parametrize("unique", [False, True])
async def test_one_text_is_answered_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider, *, unique: bool
) -> None:
    """The text gets one reply, with unique requests and without them."""
    url = await connect(await set_up(provider, options={"reply_timeout": 30}))
    account = simulator.accounts[provider]
    account.wait_for_response, account.unique_requests = True, unique
    account.keywords["status"] = Keyword(url=url, autoreply="Thanks for joining")
    await automate(hass, provider, "All is well")
    events = record_changes(hass, incoming_of(provider))
    assert await simulator.answer(CLARA, "Status", provider) == (HTTPStatus.OK, "All is well")
    assert len(simulator.callbacks) == (1 if unique else 2)
    assert [event.attributes["event_type"] for event in events] == ["keyword"]
    assert [message.text for message in simulator.messages()] == ["All is well"]


async def test_the_second_call_does_not_wait(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(CLUB, options={"reply_timeout": 30}))
    request = asyncio.create_task(call(url, PhoneNumber=NATIONAL, Message="Status"))
    await heard(hass, CLUB)
    assert await call(url, **{"from": NATIONAL, "message": "Status"}) == (HTTPStatus.OK, "")
    await reply(hass, id_of(hass, CLUB), "All is well")
    assert await request == (HTTPStatus.OK, "All is well")


# -- logs, errors and diagnostics ----------------------------------------------------------------------------------


async def test_nothing_is_told(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    entry = await set_up(GROUP, options={"reply_timeout": 2, "replace_characters": False})
    await rent(hass, entry, "Status", "A fixed secret é")
    url = await connect(entry)
    request = asyncio.create_task(call(url, **{"from": NATIONAL, "message": "An incoming secret"}))
    await heard(hass, GROUP)
    raised = []
    for incoming_id, text in ((id_of(hass, GROUP), "A secret é"), ("01JABCDEF0123456789ABCDEFG", "A secret")):
        with pytest.raises(ServiceValidationError) as caught:
            await reply(hass, incoming_id, text)
        raised.append(str(caught.value))
    await reply(hass, id_of(hass, GROUP), "A secret")
    await request
    await call(url, PhoneNumber=NATIONAL, Message="Status")
    await told(hass)
    log = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]
    shown = json.dumps(await async_get_config_entry_diagnostics(hass, entry))
    assert log
    assert told_of("\n".join([*log, *raised, shown]), "secret", NATIONAL) == []
