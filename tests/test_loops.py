"""Test that texts which texts cause end, in every way in which a text can cause another, and that a day has limits."""

from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.automations import automate, received
from tests.support.home import ask_to_send, record_changes, rent, restart, send, state_of, text_of, told, until
from tests.support.routes import set_up_route
from tests.test_opt_out import text_in

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
ANNA, CLARA = "+33612345601", "+12125550142"
INCOMING = "event.textinghouse_incoming_message"
ROUNDS = 25


def loops(hass: HomeAssistant) -> list[tuple[str, dict[str, str] | None, bool]]:
    """Return the issues about loops: kind, what they name, and whether they are kept on disk."""
    return [
        (str(issue.translation_key), issue.translation_placeholders, issue.is_persistent)
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == "texting" and issue_id.startswith("loop_")
    ]


def caused(action: str, data: dict[str, Any], entity_id: str | None = None) -> dict[str, Any]:
    """Return an automation's action that repeats the text to its sender. An error does not end the automation."""
    target = {"target": {"entity_id": entity_id}} if entity_id else {}
    return {"continue_on_error": True, "action": action, "data": {"message": "{{ trigger.text }}!", **data}, **target}


REPLY = caused("texting.reply", {"incoming_id": "{{ trigger.incoming_id }}"})
SEND = caused("texting.send_message", {}, "notify.anna")
NUMBER = caused("texting.send_message", {"account": "{{ trigger.account_id }}", "to": "{{ trigger.from }}"})
NOTIFY = caused("notify.send_message", {}, "notify.anna")
LEGACY = caused("notify.textinghouse", {"target": "Anna"})


@pytest.mark.parametrize("action", [REPLY, SEND, NUMBER, NOTIFY, LEGACY])
async def test_an_auto_responder_that_numbers_its_answers(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    action: dict[str, Any],
) -> None:
    entry = await set_up(HOUSE)
    url = await connect(entry)
    events = record_changes(hass, INCOMING)
    fires = {"event": "texting_run", "event_data": {"trigger": "a{}z"}}
    runs = await automate(hass, received(), actions=[fires, action])
    for number in range(ROUNDS):
        await text_in(url, f"I am away {number}", HOUSE)
        await pass_time(2)
    await told(hass)
    assert len(simulator.messages()) == 10
    # What the texts change goes on.
    assert (len(runs), len(events)) == (ROUNDS, ROUNDS)
    assert loops(hass) == [("loop_stopped", {"account": entry.title, "name": "Anna"}, False)]
    # An alarm has another cause.
    await send(hass, "Fire", entity_id="notify.anna")
    assert simulator.messages()[-1].text == "Fire"
    await pass_time(600)
    await text_in(url, "I am back", HOUSE)
    await pass_time(2)
    assert len(simulator.messages()) == 12


async def test_a_question_that_a_text_causes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(HOUSE))
    ask = {
        "action": "texting.ask",
        "target": {"entity_id": "notify.anna"},
        "data": {"question": "{{ trigger.text }}?", "timeout": {"seconds": 30}},
        "response_variable": "said",
        "continue_on_error": True,
    }
    await automate(hass, received(), actions=[ask])
    for number in range(ROUNDS):
        # Each text answers the question that is open, and asks for another.
        await text_in(url, f"I am away {number}", HOUSE)
        await until(lambda number=number: len(simulator.messages()) > min(number, 9))
    await pass_time(31, wait=False)
    await told(hass)
    assert len(simulator.messages()) == 10
    assert [kind for kind, _, _ in loops(hass)] == ["loop_stopped"]
    await hass.async_block_till_done()


async def test_what_the_event_entity_starts_counts_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(HOUSE))
    action = {**SEND, "data": {"message": "{{ trigger.to_state.attributes.text }}!"}}
    await automate(hass, {"trigger": "state", "entity_id": INCOMING}, actions=[action])
    for number in range(ROUNDS):
        await text_in(url, f"Away {number}", HOUSE)
        await pass_time(2)
    assert len(simulator.messages()) == 10


async def test_texts_to_others_do_not_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(HOUSE))
    await automate(hass, received(), actions=[caused("texting.send_message", {}, "notify.ben")])
    for number in range(ROUNDS):
        await text_in(url, f"News {number}", HOUSE)
        await pass_time(2)
    # Ben has two numbers.
    assert len(simulator.messages()) == 2 * ROUNDS
    assert loops(hass) == []


async def test_a_fixed_reply_counts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    entry = await set_up(GROUP)
    await rent(hass, entry, "HOME", "We are fine")
    url, answers = await connect(entry), []
    async with aiohttp.ClientSession() as session:
        for number in range(ROUNDS):
            params = {"PhoneNumber": CLARA.removeprefix("+1"), "Message": f"Home {number}"}
            async with session.get(url, params=params) as response:
                answers.append(await response.text())
    assert answers == ["We are fine"] * 10 + [""] * 15
    assert [kind for kind, _, _ in loops(hass)] == ["loop_stopped"]


async def test_a_number_without_a_name(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    guard_full = [await _caused_send(hass, entry.entry_id, number) for number in range(11)]
    assert guard_full == [None] * 10 + ["limit_loop"]
    assert loops(hass) == [("loop_stopped_number", {"account": entry.title}, True)]


async def _caused_send(hass: HomeAssistant, entry_id: str, number: int) -> str | None:
    """Send what a stranger's text caused. Return the key of the error, or None."""
    entry: Any = hass.config_entries.async_get_entry(entry_id)
    taken = await entry.runtime_data.receiver.async_receive(
        IncomingMessage(sender="+33699999999", text=f"Away {number}")
    )
    try:
        await hass.services.async_call(
            "texting",
            "send_message",
            {"account": entry_id, "to": "+33699999999", "message": f"Hello {number}"},
            blocking=True,
            context=Context(parent_id=taken.id),
        )
    except HomeAssistantError as err:
        text_of(err, str(err.translation_key))
        return err.translation_key
    return None


async def test_a_route_counts_a_text_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    house = await set_up(HOUSE)
    url = await connect(house)
    await set_up_route(hass, [house])
    await automate(hass, received(), actions=[caused("texting.send_message", {}, "notify.rita")])
    for number in range(ROUNDS):
        await text_in(url, f"Away {number}", HOUSE)
        await pass_time(2)
    await told(hass)
    assert len(simulator.messages()) == 10
    assert [named and named["name"] for _, named, _ in loops(hass)] == ["Rita"]


async def test_a_script_that_asks_again_and_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """What began the script was no text, but each answer that it does not like makes it ask again."""
    url = await connect(await set_up(HOUSE))
    ask = {
        "action": "texting.ask",
        "target": {"entity_id": "notify.anna"},
        "data": {"question": "Round {{ repeat.index }}?", "timeout": {"seconds": 60}},
        "response_variable": "said",
        "continue_on_error": True,
    }
    script = {"nag": {"sequence": [{"repeat": {"count": ROUNDS, "sequence": [ask]}}]}}
    assert await async_setup_component(hass, "script", {"script": script})
    await hass.services.async_call("script", "turn_on", {"entity_id": "script.nag"})
    for number in range(11):
        await until(lambda number=number: len(simulator.messages()) > number)
        await text_in(url, f"I am away {number}", HOUSE)
    await hass.async_block_till_done()
    # The first question has another cause.
    assert len(simulator.messages()) == 11
    assert [kind for kind, _, _ in loops(hass)] == ["loop_stopped"]


async def test_what_is_refused_for_another_reason_does_not_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(HOUSE, options={"daily_limit": 1}))
    await automate(hass, received(), actions=[REPLY])
    for number in range(ROUNDS):
        await text_in(url, f"Away {number}", HOUSE)
        await pass_time(2)
    assert (len(simulator.messages()), loops(hass)) == (1, [])


# -- limits of a day ---------------------------------------------------------------------------------------------------


async def test_urgent_texts_have_a_limit_of_their_own(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE, options={"daily_limit": 2, "urgent_limit": 3})

    async def keys(count: int, **data: Any) -> list[str | None]:
        found: list[str | None] = []
        for number in range(count):
            try:
                await send(hass, f"Text {len(simulator.messages())} {number}", entity_id="notify.anna", **data)
                found.append(None)
            except HomeAssistantError as err:
                text_of(err, str(err.translation_key))
                found.append(err.translation_key)
        return found

    assert await keys(2, urgent=True) == [None, None]
    assert await keys(3) == [None, None, "limit_daily"]
    assert await keys(2, urgent=True) == [None, "limit_daily_urgent"]
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "5"
    await restart(hass, entry)
    assert await keys(1, urgent=True) == ["limit_daily_urgent"]
    assert await keys(1) == ["limit_daily"]
    assert len(simulator.messages()) == 5


async def test_a_day_has_limits_by_default(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    numbers = [f"+33600{number:06}" for number in range(501)]
    for urgent, limit in ((False, 200), (True, 500)):
        answers = await ask_to_send(
            hass, f"Wild {urgent}", account=entry.entry_id, to=numbers[: limit + 1], urgent=urgent
        )
        assert [answer["reason"] for answer in answers] == [None] * limit + ["rate_limited"]
