"""Send a text and wait until it is known who got it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, add_group
from tests.support.home import ask_to_send, pass_until, send, text_of, told, until
from tests.support.people import add, add_persons, change, link
from tests.support.routes import set_up_route
from tests.test_group_recipients import add_recipient

CLUB, HOUSE, POINT, PRO = Provider.CLUB_TEXTING, Provider.TEXTINGHOUSE, Provider.THESMSPOINT, Provider.TEXTIOPRO
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
# TextingHouse's words.
DELIVERED, NO_PHONE = "3", "4"
BOTH = ["notify.anna", "notify.ben"]

type Settle = Callable[[], Awaitable[None]]
type Report = Callable[..., Awaitable[None]]


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp, connect: Connect, simulator: Simulator) -> MockConfigEntry:
    """Set up an account whose provider pushes reports, which come when a test says so, and persons."""
    simulator.delivered_after = None
    await add_persons(hass, "Anna", "Ben")
    entry = await set_up(HOUSE)
    await connect(entry)
    return entry


@pytest.fixture
def report(hass: HomeAssistant, simulator: Simulator) -> Report:
    """Return a function that reports a status of the texts to some numbers."""

    async def set_status(status: str, *numbers: str) -> None:
        for message in simulator.messages():
            if f"+{message.phone_number}" in numbers:
                await simulator.set_status(message, status)
        await told(hass)

    return set_status


async def respond(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Send a text, wait for its delivery, and return the response."""
    data = {"message": "Water", "wait_for": "delivered", **data}
    response = await hass.services.async_call(DOMAIN, "send_message", data, blocking=True, return_response=True)
    found: dict[str, Any] = json.loads(json.dumps(response))
    return found


def begin(hass: HomeAssistant, **data: Any) -> asyncio.Task[dict[str, Any]]:
    """Begin to send a text and to wait for its delivery."""
    return asyncio.create_task(respond(hass, **data))


async def sent(hass: HomeAssistant, simulator: Simulator, texts: int) -> None:
    """Wait until so many texts have left, and all that is known of them is published."""
    await until(lambda: len(simulator.messages()) == texts)
    await simulator.settle()
    await told(hass)


def who(response: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lists of names of a response. Each who did not get the text has a reason."""
    assert len(response["reasons"]) == len(response["not_delivered"])
    return {key: names for key, names in response.items() if key not in {"messages", "reasons"}}


def people(delivered: list[str] = [], not_delivered: list[str] = [], unknown: list[str] = []) -> dict[str, list[str]]:  # noqa: B006  they do not change
    """Return what a response tells of people."""
    return {"delivered": delivered, "not_delivered": not_delivered, "unknown": unknown}


# -- what the response tells ------------------------------------------------------------------------------------------


async def test_the_action_returns_once_all_are_final(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    waiting = begin(hass, entity_id=BOTH)
    await sent(hass, simulator, 3)
    await report(DELIVERED, ANNA, BENS_OTHER)
    assert not waiting.done()
    # Ben got it at one of his numbers.
    await report(NO_PHONE, BEN)
    response = await waiting
    assert who(response) == people(delivered=["Anna", "Ben"])
    assert [(each["to"], each["status"], each["reason"]) for each in response["messages"]] == [
        (ANNA, "delivered", None),
        (BEN, "expired", "expired"),
        (BENS_OTHER, "delivered", None),
    ]
    assert [bool(each["reason_text"]) for each in response["messages"]] == [False, True, False]


async def test_a_text_that_failed_is_told_in_words(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    waiting = begin(hass, entity_id=["notify.ben"])
    await sent(hass, simulator, 2)
    await report(NO_PHONE, BEN, BENS_OTHER)
    response = await waiting
    assert who(response) == people(not_delivered=["Ben"])
    assert response["reasons"] == ["phone off or out of reach"]
    (first, _) = response["messages"]
    assert first["error"].startswith(f"The text was not delivered. Reason: {first['reason_text']}. Send it again")


async def test_a_text_that_is_refused_is_not_delivered(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(HOUSE, "answer", None, params={"cmd": "sendsms"}, body="ERR: 104 | Not enough credit")
    response = await respond(hass, account=house.entry_id, to=["nobody", STRANGER])
    assert who(response) == people(not_delivered=["nobody", STRANGER])
    assert [each["reason"] for each in response["messages"]] == ["invalid_number", "insufficient_credit"]
    assert response["reasons"][0].startswith("TextingHouse has no recipient named “nobody”")
    assert response["reasons"][1] == "not enough credit"


@pytest.mark.parametrize(("data", "seconds"), [({}, 300), ({"wait_limit": {"seconds": 20}}, 20)])
async def test_the_limit_ends_the_wait(
    hass: HomeAssistant,
    pass_time: PassTime,
    house: MockConfigEntry,
    simulator: Simulator,
    report: Report,
    data: dict[str, Any],
    seconds: int,
) -> None:
    waiting = begin(hass, entity_id=BOTH, **data)
    await sent(hass, simulator, 3)
    await report(DELIVERED, ANNA)
    await pass_time(seconds - 1, wait=False)
    assert not waiting.done()
    await pass_time(2, wait=False)
    response = await waiting
    assert who(response) == people(delivered=["Anna"], unknown=["Ben"])
    assert [each["error"] for each in response["messages"]] == [None] * 3


async def test_a_provider_that_does_not_tell_is_not_waited_for(
    hass: HomeAssistant, set_up: SetUp, pass_time: PassTime
) -> None:
    await set_up(CLUB)
    # No time passes, so an action that waited for a report would never return.
    response = await respond(hass, entity_id="notify.carl")
    assert who(response) == people(unknown=["Carl"])
    assert {each["status"] for each in response["messages"]} == {"accepted"}


async def test_without_the_option_nothing_waits_and_nobody_is_listed(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry
) -> None:
    response: Any = await hass.services.async_call(
        DOMAIN, "send_message", {"message": "Water", "entity_id": "notify.anna"}, blocking=True, return_response=True
    )
    assert response.keys() == {"messages"}
    assert response["messages"][0]["reason_text"] is None


async def test_two_people_with_one_number_get_one_text_and_both_are_told(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    add(hass, house, "Zoe", numbers=[ANNA])
    await told(hass)
    waiting = begin(hass, entity_id=["notify.anna", "notify.zoe"])
    await sent(hass, simulator, 1)
    await report(DELIVERED, ANNA)
    assert who(await waiting) == people(delivered=["Anna", "Zoe"])


async def test_a_person_is_reached_once_and_told_by_name(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    link(hass, house, "Ben", "person.ben")
    await told(hass)
    waiting = begin(hass, entity_id=["person.ben"])
    await sent(hass, simulator, 2)
    await report(DELIVERED, BEN)
    await report(NO_PHONE, BENS_OTHER)
    assert who(await waiting) == people(delivered=["Ben"])


async def test_a_person_who_is_texted_through_two_accounts_is_one_person(
    hass: HomeAssistant, house: MockConfigEntry, set_up: SetUp, simulator: Simulator, report: Report
) -> None:
    pro = await set_up(PRO)
    for entry in (house, pro):
        link(hass, entry, "Anna", "person.anna")
    await told(hass)
    simulator.faults.add(PRO, "answer", None, path="sms/send", status=403, body='{"status":"error","message":"No"}')
    waiting = begin(hass, entity_id=["notify.anna", "notify.anna_2"])
    await sent(hass, simulator, 1)
    await report(DELIVERED, ANNA)
    assert who(await waiting) == people(delivered=["Anna"])


async def test_names_alike_in_two_accounts_are_two_people(
    hass: HomeAssistant, house: MockConfigEntry, set_up: SetUp, simulator: Simulator, report: Report
) -> None:
    await set_up(PRO)
    simulator.faults.add(PRO, "answer", None, path="sms/send", status=403, body='{"status":"error","message":"No"}')
    waiting = begin(hass, entity_id=["notify.anna", "notify.anna_2"])
    await sent(hass, simulator, 1)
    await report(DELIVERED, ANNA)
    assert who(await waiting) == people(delivered=["Anna"], not_delivered=["Anna"])


# -- what is not waited for --------------------------------------------------------------------------------------------


async def set_quiet_hours(hass: HomeAssistant, entry: MockConfigEntry, minutes: int) -> None:
    """Set quiet hours of Anna that end after some minutes."""
    now = dt_util.now()
    quiet = {
        "quiet_start": f"{now - timedelta(minutes=5):%H:%M:%S}",
        "quiet_end": f"{now + timedelta(minutes=minutes):%H:%M:%S}",
    }
    change(hass, entry, "Anna", **quiet)
    await told(hass)


async def test_a_text_that_is_held_longer_returns_at_once(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry
) -> None:
    await set_quiet_hours(hass, house, 10)
    response = await respond(hass, entity_id="notify.anna")
    assert who(response) == people(unknown=["Anna"])
    assert response["messages"][0]["status"] == "queued"


async def test_a_text_that_the_provider_sends_later_returns_at_once(
    hass: HomeAssistant, pass_time: PassTime, set_up: SetUp
) -> None:
    await set_up(PRO)
    later = dt_util.now() + timedelta(minutes=6)
    response = await respond(hass, entity_id="notify.anna", send_at=f"{later:%Y-%m-%d %H:%M:%S}")
    assert who(response) == people(unknown=["Anna"])
    assert response["messages"][0]["status"] == "accepted"


async def test_a_text_that_is_held_for_less_is_waited_for(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    await set_quiet_hours(hass, house, 2)
    waiting = begin(hass, entity_id="notify.anna")
    await until(lambda: len(house.runtime_data.outbox))
    await pass_time(121, wait=False)
    assert not waiting.done()
    await sent(hass, simulator, 1)
    await report(DELIVERED, ANNA)
    assert who(await waiting) == people(delivered=["Anna"])


# -- without a response ------------------------------------------------------------------------------------------------


async def test_failures_raise_without_a_response(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    sending = asyncio.create_task(send(hass, "Water", entity_id=BOTH, wait_for="delivered"))
    await sent(hass, simulator, 3)
    await report(DELIVERED, ANNA, BEN)
    await report(NO_PHONE, BENS_OTHER)
    with pytest.raises(HomeAssistantError) as caught:
        await sending
    text = text_of(caught.value, "some_failed")
    assert text.startswith("1 of 3 texts failed. Ben: The text was not delivered. Reason: ")


async def test_what_is_not_known_does_not_raise(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, simulator: Simulator
) -> None:
    sending = asyncio.create_task(send(hass, "Water", entity_id=BOTH, wait_for="delivered", wait_limit=30))
    await sent(hass, simulator, 3)
    await pass_time(31, wait=False)
    await sending


# -- what happens meanwhile --------------------------------------------------------------------------------------------


async def test_a_reload_does_not_end_the_wait(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    waiting = begin(hass, entity_id="notify.anna")
    await sent(hass, simulator, 1)
    await hass.config_entries.async_reload(house.entry_id)
    await told(hass)
    assert not waiting.done()
    await report(DELIVERED, ANNA)
    assert who(await waiting) == people(delivered=["Anna"])


async def test_an_account_that_is_removed_ends_the_wait(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, simulator: Simulator
) -> None:
    waiting = begin(hass, entity_id="notify.anna")
    await sent(hass, simulator, 1)
    await hass.config_entries.async_remove(house.entry_id)
    # No time passes, so nothing but the removal ends it.
    assert who(await waiting) == people(unknown=["Anna"])


async def test_home_assistant_that_stops_ends_the_wait(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, simulator: Simulator
) -> None:
    waiting = begin(hass, entity_id="notify.anna")
    await sent(hass, simulator, 1)
    stopping = asyncio.create_task(hass.async_stop(force=True))
    with pytest.raises(HomeAssistantError) as caught:
        await waiting
    text_of(caught.value, "wait_ended")
    await stopping


async def test_a_wait_that_is_given_up_leaves_nothing(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    waiting = begin(hass, entity_id="notify.anna")
    await sent(hass, simulator, 1)
    assert len(house.runtime_data.outbox._waiters) == 1
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not house.runtime_data.outbox._waiters
    await report(DELIVERED, ANNA)


async def test_accounts_wait_side_by_side(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(PRO)
    waiting = begin(hass, entity_id=["notify.anna", "notify.anna_2"], wait_limit={"minutes": 2})
    await sent(hass, simulator, 2)
    await pass_time(121, wait=False)
    # Two waits one after the other would need more time, which does not pass.
    assert who(await waiting)["unknown"] == ["Anna", "Anna"]


async def test_the_next_account_of_a_route_delivers(
    hass: HomeAssistant, house: MockConfigEntry, set_up: SetUp, simulator: Simulator, report: Report
) -> None:
    pro = await set_up(PRO)
    await set_up_route(hass, [pro, house])
    simulator.faults.add(PRO, "answer", None, path="sms/send", status=403, body='{"status":"error","message":"No"}')
    waiting = begin(hass, entity_id="notify.rita")
    await sent(hass, simulator, 1)
    assert not waiting.done()
    await report(DELIVERED, ANNA)
    response = await waiting
    assert who(response) == people(delivered=["Rita"])
    assert [each["status"] for each in response["messages"]] == ["delivered"]


@pytest.mark.usefixtures("eager")
async def test_a_text_whose_response_was_lost_is_delivered_all_the_same(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, report: Report
) -> None:
    simulator.faults.add(HOUSE, "cut", 1, params={"cmd": "sendsms"})
    waiting = begin(hass, entity_id="notify.anna")
    await sent(hass, simulator, 1)
    assert not waiting.done()
    await report(DELIVERED, ANNA)
    response = await waiting
    assert who(response) == people(delivered=["Anna"])
    assert response["messages"][0]["error"] is None


@pytest.mark.usefixtures("eager")
async def test_a_text_that_is_sent_again_is_waited_for(
    hass: HomeAssistant, pass_time: PassTime, set_up: SetUp, simulator: Simulator
) -> None:
    """TheSMSPoint cannot be asked about a lost response. Its reports are polled."""
    await set_up(POINT)
    lost = simulator.faults.add(POINT, "cut", 1, path="send-")
    waiting = begin(hass, entity_id="notify.dev", if_unsure="resend")
    await pass_until(hass, pass_time, waiting.done)
    response = await waiting
    assert who(response) == people(delivered=["Dev"])
    assert lost.used == 1


# -- the fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"wait_for": "sent"}, "value must be one of|not a valid option|expected"),
        ({"wait_limit": {"seconds": 0}}, "at least|small"),
        ({"wait_limit": "00:15:01"}, "at most|large"),
    ],
)
async def test_fields_that_are_refused(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, fields: dict[str, Any], error: str
) -> None:
    with pytest.raises(vol.Invalid, match=error):
        await respond(hass, entity_id="notify.anna", **fields)
    assert not simulator.messages()


async def test_a_limit_needs_something_to_limit(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator
) -> None:
    with pytest.raises(vol.Invalid, match="it needs 'wait_for: delivered'"):
        await ask_to_send(hass, "Water", entity_id="notify.anna", wait_limit=60)
    assert not simulator.messages()


async def test_a_group_whose_id_the_provider_writes_otherwise_is_found(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """The answer names the group by another id than the one that was stored."""
    entry, other = await set_up(PRO, options={"daily_limit": 0}), "6415907d0d37b"
    add_group(simulator, FAMILY, "Family", 3)
    add_group(simulator, other, "Family", 3)
    await add_recipient(hass, entry)
    found = {"status": "success", "data": {"uid": other, "name": "Family", "contacts_count": 3}}
    simulator.faults.add(PRO, "answer", None, path=f"contacts/{FAMILY}/show", status=200, body=json.dumps(found))
    response = await respond(hass, entity_id="notify.everyone", wait_limit=2)
    assert who(response) == people(unknown=["Everyone"])


async def test_a_route_says_what_the_account_says(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up_route(hass, [await set_up(HOUSE)])
    simulator.faults.add(HOUSE, "answer", None, params={"cmd": "sendsms"}, body="ERR: 400 | Some")
    for entity_id in ("notify.anna", "notify.rita"):
        response = await respond(hass, entity_id=entity_id)
        assert response["reasons"] == ["the notice on how to opt out is missing"]


async def test_a_route_without_an_account_that_runs_says_so(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account = await set_up(HOUSE)
    await set_up_route(hass, [account])
    await hass.config_entries.async_set_disabled_by(account.entry_id, ConfigEntryDisabler.USER)
    response = await respond(hass, entity_id="notify.rita")
    assert response["reasons"] == ["no account of the route is running"]


async def test_a_wait_that_begins_while_home_assistant_stops_ends_at_once(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator
) -> None:
    hass.set_state(CoreState.stopping)
    with pytest.raises(HomeAssistantError) as caught:
        await respond(hass, entity_id="notify.anna")
    text_of(caught.value, "wait_ended")
    hass.set_state(CoreState.running)


async def test_a_recipient_of_an_account_that_does_not_run_is_named(
    hass: HomeAssistant, house: MockConfigEntry, set_up: SetUp, simulator: Simulator
) -> None:
    other = await set_up(PRO)
    await hass.config_entries.async_set_disabled_by(other.entry_id, ConfigEntryDisabler.USER)
    response = await respond(hass, entity_id="notify.anna_2")
    assert response["not_delivered"] == ["Anna"]
    assert response["reasons"][0].startswith("TextioPro is not running")
