"""Commands by text."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.recipients import recipients
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentry,
    SubentryFlowResult,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.intent import IntentResponseErrorCode
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.assist import BOILER, HOME_ASSISTANT, Home, Phone, allow, command_sessions, home as make_home, start
from tests.support.automations import automate, received
from tests.support.cards import Watch
from tests.support.flows import fields_of, opened, recipient_values, submit_recipient as submit, suggested
from tests.support.home import (
    TRANSLATIONS,
    first_number,
    kept_open,
    notify,
    notify_entities,
    record_changes,
    rent,
    state_of,
    told,
    until,
)
from tests.support.routes import CLARA, set_up_route

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])
TEXTS: dict[str, str] = TRANSLATIONS["selector"]["assist"]["options"]
SORRY, DONE, TOO_MANY, MORE = TEXTS["sorry"], TEXTS["done"], TEXTS["too_many"], TEXTS["more"]
STRANGER = "+12125559876"


@pytest.fixture
def home(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> Home:
    """Return a function that sets up an account whose first recipient may command an agent of the tests."""
    return make_home(hass, set_up, connect)


async def texts_sent(hass: HomeAssistant, simulator: Simulator) -> list[str]:
    """Return the text of every message that was sent."""
    await told(hass)
    return [message.text for message in simulator.messages()]


# -- a real agent ------------------------------------------------------------------------------------------------------


@EZ
async def test_a_command_is_answered_within_the_providers_request(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    await start(hass)
    entry = await set_up(provider, options={"conversation_agent": HOME_ASSISTANT})
    await allow(hass, entry)
    simulator.accounts[provider].wait_for_response = True
    await connect(entry)
    await notify(hass, notify_entities(provider)[0], "Water")
    simulator.clear_requests()
    status, body = await simulator.answer(CLARA, "Turn on the boiler", provider) or (0, "")
    assert status == HTTPStatus.OK
    assert body
    assert state_of(hass, BOILER).state == "on"
    answer = simulator.messages()[-1]
    assert (answer.text, answer.extra["auto_reply"]) == (body, True)
    assert [request.path for request in simulator.requests() if "sending" in request.path] == []
    await told(hass)
    incoming = state_of(hass, f"event.{provider}_incoming_message").attributes
    assert (incoming["text"], incoming["event_type"]) == ("Turn on the boiler", "reply")
    report = state_of(hass, f"event.{provider}_delivery_report").attributes
    assert (report["event_type"], report["recipient_name"]) == ("accepted", "Clara")


@pytest.mark.parametrize("provider", [HOUSE, PRO])
async def test_a_command_is_answered_with_a_message(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    await start(hass)
    entry = await set_up(provider, options={"conversation_agent": HOME_ASSISTANT})
    await allow(hass, entry)
    if provider is HOUSE:
        await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await simulator.answer("+33612345601", "Turn on the boiler", provider)
    if provider is PRO:
        await pass_time(31)
    await told(hass)
    assert state_of(hass, BOILER).state == "on"
    question, answer = simulator.messages(provider)[:2]
    assert answer.to == question.to
    assert answer.text not in ("", SORRY)


async def test_an_entity_that_is_not_exposed_cannot_be_commanded(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await start(hass)
    async_expose_entity(hass, "conversation", BOILER, False)  # noqa: FBT003  its own signature
    entry = await set_up(CLUB, options={"conversation_agent": HOME_ASSISTANT})
    await allow(hass, entry)
    said = await Phone(CLUB, await connect(entry)).text("Turn on the boiler")
    # The agent wrote this reply.
    assert said not in ("", SORRY)
    assert state_of(hass, BOILER).state == "off"


# -- permission --------------------------------------------------------------------------------------------------------

HOSTILE = [
    "Turn on the boiler",
    "MORE",
    "{{ states('light.hall') }}",
    "{% set x = 1 %}",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "\u202enoitcejni",
    "a\x00b\x1b[31mc",
    "'; DROP TABLE states; --",
    "+12125550142 turn on the boiler",
    "2580 turn on the boiler",
    "",
]


@pytest.mark.parametrize("pin", [None, "2580"])
async def test_the_agent_gets_no_text_without_permission(
    hass: HomeAssistant, simulator: Simulator, home: Home, pin: str | None
) -> None:
    entry, agent, phone = await home(pin=pin)
    incoming = record_changes(hass, "event.club_texting_incoming_message")
    # A stranger, a recipient without permission, a recipient of another account, and an invalid number.
    for number in (STRANGER, "+12125550143", "+33612345601", "+123"):
        for text in HOSTILE:
            assert await phone.of(number).text(text) == ""
    for sender in ("Clara", "tel:2125550142x", "+33612345602"):
        assert await phone.text("Turn on the boiler", **{"from": sender}) == ""
    await told(hass)
    assert agent.asked == []
    assert command_sessions(hass) == {}
    assert len(incoming) >= 4 * len(HOSTILE)
    assert simulator.messages() == []
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("changes", [{"options": {"conversation_agent": None}}, {"allow_commands": False}])
async def test_off_by_default(hass: HomeAssistant, simulator: Simulator, home: Home, changes: dict[str, Any]) -> None:
    _, agent, phone = await home(**changes)
    assert await phone.text("Turn on the boiler") == ""
    await told(hass)
    assert agent.asked == []
    assert simulator.messages() == []


async def test_a_recipient_of_another_account_has_no_permission(
    hass: HomeAssistant, simulator: Simulator, home: Home, set_up: SetUp, connect: Connect
) -> None:
    entry, agent, _ = await home(CLUB)
    other = await set_up(GROUP, options=dict(entry.options))
    assert await Phone(GROUP, await connect(other)).text("Turn on the boiler") == ""
    assert agent.asked == []


async def test_of_two_recipients_with_one_number_the_pin_counts(
    hass: HomeAssistant, simulator: Simulator, home: Home
) -> None:
    entry, agent, phone = await home()
    data = MappingProxyType({"numbers": [CLARA], "allow_commands": True, "pin": "2580"})
    careful = ConfigSubentry(data=data, subentry_type="recipient", title="Careful", unique_id=None)
    hass.config_entries.async_add_subentry(entry, careful)
    await told(hass)
    assert await phone.text("Turn on the boiler") == ""
    assert agent.asked == []
    assert await phone.text("2580 Turn on the boiler") == "You said: Turn on the boiler"


# -- texts that are not commands ---------------------------------------------------------------------------------------


async def test_opt_outs_and_opt_ins_are_no_commands(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    entry, agent, phone = await home()
    for text in ("STOP", "start", "Unstop!", "STOP", "unstop", "stop all"):
        assert await phone.text(text) == ""
    assert agent.asked == []
    assert list(entry.runtime_data.state.store.memory.opted_out) == [CLARA]
    # The command runs, but a number that opted out gets no text.
    assert await phone.text("Boiler off") == ""
    assert agent.texts == ["Boiler off"]
    assert await phone.text("START") == ""
    assert await phone.text("Yes") == "You said: Yes"
    assert await texts_sent(hass, simulator) == []


async def test_a_reply_to_a_question_is_no_command(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(pin="2580")
    asked = asyncio.create_task(
        hass.services.async_call(
            DOMAIN,
            "ask",
            {"entity_id": "notify.clara", "question": "Shut it?", "timeout": {"seconds": 30}},
            blocking=True,
            return_response=True,
        )
    )
    await until(simulator.messages)
    assert await phone.text("2580 yes") == ""
    said: Any = await asked
    assert (said["choice"], said["text"]) == ("yes", "yes")
    assert agent.asked == []
    assert await phone.text("2580 yes please") == "You said: yes please"


async def test_a_keyword_alone_is_no_command(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    entry, agent, phone = await home(pin="2580")
    await rent(hass, entry, "house", "A fixed answer")
    assert await phone.text("House") == "A fixed answer"
    assert await phone.text("House is warm") == "A fixed answer"
    assert agent.asked == []
    incoming = record_changes(hass, "event.club_texting_incoming_message")
    assert await phone.text("House 2580 boiler off") == "You said: boiler off"
    assert await phone.submit("house 2580: boiler on") == "You said: boiler on"
    # This keyword was rented, but not through Home Assistant.
    assert await phone.submit("Home 2580 boiler on") == "You said: boiler on"
    assert await phone.submit("Home") == ""
    heard = ["House boiler off", "house boiler on", "Home boiler on", "Home"]
    assert [state.attributes["text"] for state in incoming] == heard


async def test_a_command_after_a_keyword(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home()
    simulator.accounts[CLUB].wait_for_response = True
    assert await phone.text("Boiler off") == "You said: Boiler off"
    assert agent.texts == ["Boiler off"]


async def test_a_repetition_runs_once(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home()
    bodies = await asyncio.gather(*(phone.text("Boiler off", message_id="m1") for _ in range(5)))
    assert sorted(bodies) == ["", "", "", "", "You said: Boiler off"]
    assert len(agent.asked) == 1


async def test_the_same_command_runs_again(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    """Club Texting sends no ID with a text, but it does not repeat a text that was answered."""
    _, agent, phone = await home()
    agent.says("word " * 100)
    for _ in range(2):
        assert (await phone.text("Tell me all")).endswith(MORE)
        assert await phone.text("Tell me all") == ""
        assert (await phone.text("MORE")).endswith(MORE)
        assert await phone.text("MORE") == ""
        await pass_time(6)
        assert (await phone.text("MORE")).endswith(MORE)
        await pass_time(6)
        assert (await phone.text("MORE")).endswith("word")
        await pass_time(6)
    assert len(agent.asked) == 2


async def test_an_old_text_is_no_command(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(HOUSE)
    now = dt_util.utcnow()
    late = now - timedelta(minutes=11)
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    for moment in (late, now):
        await phone.text(f"Open the gate {moment.minute}", date=f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        await told(hass)
    assert agent.texts == [f"Open the gate {now.minute}"]
    assert len(incoming) == 2


async def test_a_text_that_waited_at_the_provider_is_no_command(
    hass: HomeAssistant, simulator: Simulator, set_up: SetUp, home: Home, connect: Connect, pass_time: PassTime
) -> None:
    other, agent, _ = await home(HOUSE)
    entry = await set_up(PRO, options=dict(other.options))
    await allow(hass, entry)
    await pass_time(31)
    await hass.config_entries.async_unload(entry.entry_id)
    await simulator.answer(first_number(PRO), "Open the gate", PRO)
    await pass_time(700)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await hass.config_entries.async_setup(entry.entry_id)
    await told(hass)
    assert [state.attributes.get("text") for state in incoming if state.attributes.get("text")] == ["Open the gate"]
    assert agent.asked == []
    await simulator.answer(first_number(PRO), "Close the gate", PRO)
    await pass_time(31)
    assert agent.texts == ["Close the gate"]


async def test_commands_run_once_home_assistant_has_started(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    _, agent, phone = await home(HOUSE)
    hass.set_state(CoreState.starting)
    await phone.text("Boiler on")
    await told(hass)
    assert agent.asked == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await pass_time(6)
    await told(hass)
    assert agent.texts == ["Boiler on"]


# -- the PIN -----------------------------------------------------------------------------------------------------------


async def test_a_pin(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(pin="2580")
    runs = await automate(hass, received())
    incoming = record_changes(hass, "event.club_texting_incoming_message")
    for text in ("Boiler on", "on 2580", "2581 Boiler on", "1"):
        assert await phone.text(text) == ""
    assert agent.asked == []
    assert await phone.text("2580 Boiler on") == "You said: Boiler on"
    assert await phone.text("2580") == ""
    assert agent.texts == ["Boiler on"]
    await told(hass)
    heard = ["Boiler on", "on 2580", "Boiler on", "1", "Boiler on", ""]
    assert [state.attributes["text"] for state in incoming] == heard
    assert [run["text"] for run in runs] == heard
    assert await texts_sent(hass, simulator) == []


async def test_a_pin_is_removed_if_commands_are_not_allowed(
    hass: HomeAssistant, simulator: Simulator, home: Home
) -> None:
    _, agent, phone = await home(pin="2580", allow_commands=False)
    incoming = record_changes(hass, "event.club_texting_incoming_message")
    assert await phone.text("2580 Boiler on") == ""
    assert [state.attributes["text"] for state in incoming] == ["Boiler on"]
    assert agent.asked == []


async def test_a_pin_is_removed_at_any_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(HOUSE))
    await allow(hass, await set_up(PRO), "2580")
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await notify(hass, "notify.anna", "Water")
    await simulator.answer("+33612345601", "2580 boiler on", HOUSE)
    await told(hass)
    assert [state.attributes["text"] for state in incoming] == ["boiler on"]


async def test_a_pin_is_no_keyword(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(pin="2580")
    runs = await automate(hass, received())
    assert await phone.submit("2580 Boiler on") == "You said: Boiler on"
    await told(hass)
    assert [(run["text"], run["keyword"]) for run in runs] == [("Boiler on", None)]
    assert agent.texts == ["Boiler on"]


async def test_five_wrong_pins_block_commands(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    _, agent, phone = await home(pin="2580")
    answers = [await phone.text(f"{pin} Boiler on") for pin in range(1000, 1006)]
    assert answers == ["", "", "", "", TEXTS["blocked"], ""]
    # The right PIN gets the same response as a wrong PIN.
    assert await phone.text("2580 Boiler on") == ""
    assert await phone.text("2580 Boiler off") == ""
    assert agent.asked == []
    await pass_time(601)
    assert await phone.text("2580 Boiler on again") == "You said: Boiler on again"
    assert await texts_sent(hass, simulator) == []


async def test_guessing_pins_does_not_work(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(HOUSE, pin="2580")
    await asyncio.gather(*(phone.text(f"{pin} Boiler on") for pin in range(2400, 2600)))
    await told(hass)
    assert agent.asked == []
    assert [message.text for message in simulator.messages()] == [TEXTS["blocked"]]


# -- limits ------------------------------------------------------------------------------------------------------------


async def test_too_many_commands(hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime) -> None:
    _, agent, phone = await home()
    answers = [await phone.text(f"Text {number}") for number in range(20)]
    # The guard against loops allows 10 texts, and keeps back the one that says that it was too much.
    assert answers == [f"You said: Text {number}" for number in range(10)] + [""] * 10
    assert len(agent.asked) == 10
    await pass_time(601)
    assert await phone.text("Again") == "You said: Again"


async def test_two_hundred_commands_of_one_number_at_once(
    hass: HomeAssistant, simulator: Simulator, home: Home
) -> None:
    _, agent, phone = await home()
    incoming = record_changes(hass, "event.club_texting_incoming_message")
    answers = await asyncio.gather(*(phone.text(f"Text {number}") for number in range(200)))
    await told(hass)
    assert len(agent.asked) == 10
    said = [answer for answer in answers if answer]
    assert len(said) == 10
    assert set(said) <= {TOO_MANY, *(f"You said: {text}" for text in agent.texts)}
    assert await texts_sent(hass, simulator) == []
    assert len(incoming) == 200


async def test_two_hundred_people_command_at_once(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    numbers = [f"+1212555{number:04}" for number in range(200)]
    entry, agent, phone = await home(HOUSE, numbers=numbers)
    phones = [phone.of(number) for number in numbers]
    assert {*await asyncio.gather(*(one.text(f"I am {one.number[-4:]}") for one in phones))} == {""}
    await until(lambda: len(simulator.messages()) == 200)
    await told(hass)
    assert len(agent.asked) == 200
    assert {message.to: message.text for message in simulator.messages()} == {
        number.removeprefix("+"): f"You said: I am {number[-4:]}" for number in numbers
    }
    # Unload it before it reads the balance again, because the simulator stops.
    await hass.config_entries.async_unload(entry.entry_id)


async def test_commands_of_one_number_run_one_after_the_other(
    hass: HomeAssistant, simulator: Simulator, home: Home
) -> None:
    _, agent, phone = await home(HOUSE, numbers=["+33612345601", "+33612345602"])
    answers = agent.waits()
    await phone.text("First")
    await phone.text("Second")
    # Another number's command does not wait.
    await phone.of("+33612345602").text("Marker")
    await until(lambda: len(agent.texts) > 1)
    assert agent.texts == ["First", "Marker"]
    answers.set()
    await texts_sent(hass, simulator)
    said = [message.text for message in simulator.messages() if message.to == "33612345601"]
    assert said == ["At last: First", "At last: Second"]


# -- conversations -----------------------------------------------------------------------------------------------------


async def test_a_conversation_continues_for_ten_minutes(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    numbers = [CLARA, "+12125550177"]
    _, agent, phone = await home(numbers=numbers)
    await phone.text("One")
    await pass_time(599)
    await phone.text("Two")
    await phone.of(numbers[1]).text("Three")
    await pass_time(601)
    await phone.text("Four")
    agent.conversation_id = "of-its-own"
    await phone.text("Five")
    await phone.text("Six")
    one, two, three, four, five, six = [asked.conversation_id for asked in agent.asked]
    assert one == two
    assert len({one, three, four}) == 3
    assert (four, six) == (five, "of-its-own")
    assert one is not None
    assert CLARA[1:] not in one


async def test_what_the_agent_gets(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    entry, agent, phone = await home()
    hass.config.language = "fr"
    await phone.text("Allume la lumière")
    (asked,) = agent.asked
    assert (asked.text, asked.language, asked.agent_id) == (
        "Allume la lumière",
        "fr",
        entry.options["conversation_agent"],
    )
    assert (asked.context.user_id, asked.context.parent_id) == (None, None)
    assert (asked.device_id, asked.satellite_id) == (None, None)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("{{ 1 / 0 }}", "{{ 1 / 0 }}"),
        ("<b>{% raw %}</b>", "<b>{% raw %}</b>"),
        ("a\x00b\x1b[31m\x7fc", "ab[31mc"),
        ("\u202elamp\u202c on\u200f", "lamp on"),
        ("one\r\ntwo\tthree\u00a0four", "one \ntwo three four"),
        ("x" * 10_000, "x" * 1000),
        ("\u200b" * 900 + "y" * 500, "y" * 100),
        ("😀 on", "😀 on"),
    ],
)
async def test_hostile_texts_are_data(
    hass: HomeAssistant, simulator: Simulator, home: Home, text: str, heard: str
) -> None:
    _, agent, phone = await home(HOUSE)
    await phone.text(text)
    await told(hass)
    assert agent.texts == [heard]
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u202e\u200b", "\ufeff"])
async def test_an_empty_text_is_no_command(hass: HomeAssistant, simulator: Simulator, home: Home, text: str) -> None:
    _, agent, phone = await home()
    assert await phone.text(text) == ""
    assert agent.asked == []


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [CLUB, GROUP, HOUSE])
async def test_a_long_answer_comes_in_pages(
    hass: HomeAssistant, simulator: Simulator, home: Home, provider: Provider
) -> None:
    _, agent, phone = await home(provider)
    words = [f"word{number}" for number in range(120)]
    agent.says(" ".join(words))

    async def ask(text: str) -> str:
        body = await phone.text(text)
        return body or (await texts_sent(hass, simulator))[-1]

    pages = [await ask("Tell me all")]
    while pages[-1].endswith(MORE):
        pages.append(await ask(f"More{'!' * len(pages)}"))
    longest = 306 if provider is HOUSE else 160
    assert 1 < len(pages) < 10
    assert all(len(page) <= longest for page in pages)
    assert " ".join(page.removesuffix(f" {MORE}") for page in pages).split() == words
    assert len(agent.asked) == 1
    # There is no rest, so MORE is a command like any other.
    agent.says("Of what?")
    assert await ask("MORE") == "Of what?"
    assert agent.texts == ["Tell me all", "MORE"]


async def test_the_rest_is_kept_for_ten_minutes(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    _, agent, phone = await home()
    agent.says("word " * 200)
    assert (await phone.text("Tell me all")).endswith(MORE)
    assert (await phone.text("more")).endswith(MORE)
    await pass_time(601)
    agent.says("Of what?")
    assert await phone.text("More") == "Of what?"
    assert len(agent.asked) == 2


async def test_the_rest_needs_the_pin(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(pin="2580")
    agent.says("word " * 200)
    more = TEXTS["more_with_pin"]
    assert (await phone.text("2580 Tell me all")).endswith(more)
    assert await phone.text("more") == ""
    assert await phone.text("2581 more") == ""
    assert (await phone.text("2580 more")).endswith(more)
    assert (await phone.text("2580 More!")).endswith(more)
    assert len(agent.asked) == 1


async def test_the_rest_counts_as_a_command(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home()
    agent.says("word " * 2000)
    answers = [await phone.text(text) for text in ("Tell me all", *(f"MORE{'!' * number}" for number in range(12)))]
    assert [answer.endswith(MORE) for answer in answers] == [True] * 10 + [False] * 3
    assert answers[10:] == ["", "", ""]


async def test_no_rest_without_permission(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    entry, agent, phone = await home(HOUSE)
    agent.says("word " * 200)
    await phone.text("Tell me all")
    assert len(await texts_sent(hass, simulator)) == 1
    # MORE waits until Home Assistant has started. Meanwhile the permission is withdrawn.
    hass.set_state(CoreState.starting)
    await phone.text("MORE")
    subentry = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "allow_commands": False})
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await pass_time(6)
    assert len(await texts_sent(hass, simulator)) == 1


async def test_a_new_answer_replaces_the_rest(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home()
    agent.says("word " * 200)
    assert (await phone.text("Tell me all")).endswith(MORE)
    agent.says("On.")
    assert await phone.text("Boiler on") == "On."
    assert await phone.text("MORE") == "On."
    assert len(agent.asked) == 3


@EZ
async def test_characters_that_the_provider_does_not_take(
    hass: HomeAssistant, simulator: Simulator, home: Home, provider: Provider
) -> None:
    """Unsupported characters are replaced, because nobody can correct what an agent says."""
    _, agent, phone = await home(provider)
    agent.says("It’s 21 °C – “très” chaud 😀…")
    assert (await phone.text("How warm is it?")).replace('"', "").replace("'", "") == "Its 21  degC - tres chaud ..."
    agent.says("👍")
    assert await phone.text("Boiler on") == DONE


async def test_an_answer_is_sent_without_unprintable_characters(
    hass: HomeAssistant, simulator: Simulator, home: Home
) -> None:
    _, agent, phone = await home(HOUSE)
    agent.says("\x1b[31m{{ 1 }}\x00 on\u202e\nYes")
    await phone.text("How warm is it?")
    assert await texts_sent(hass, simulator) == ["[31m{{ 1 }} on\nYes"]


async def test_quiet_hours_do_not_hold_back_an_answer(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, _, phone = await home(HOUSE, quiet_start="00:00:00", quiet_end="23:59:59")
    await phone.text("Boiler on")
    assert await texts_sent(hass, simulator) == ["You said: Boiler on"]


async def test_the_recipients_sender(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, _, phone = await home(HOUSE, sender="MyHouse")
    await phone.text("Boiler on")
    await told(hass)
    assert simulator.messages()[0].sender == "MyHouse"


async def test_an_answer_that_no_page_can_hold(
    hass: HomeAssistant, simulator: Simulator, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    _, agent, phone = await home(HOUSE, sender="A sender that is too long")
    await phone.text("Boiler on")
    assert await texts_sent(hass, simulator) == []
    assert agent.texts == ["Boiler on"]
    assert any("the answer to a command was not sent" in record.getMessage() for record in caplog.records)


async def test_an_automation_replies_too(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    """The first reply goes back within the provider's request."""
    _, agent, phone = await home()
    answers = agent.waits()
    text = asyncio.create_task(phone.text("Boiler on"))
    await until(lambda: agent.asked)
    incoming_id = state_of(hass, "event.club_texting_incoming_message").attributes["incoming_id"]
    await hass.services.async_call(
        DOMAIN, "reply", {"incoming_id": incoming_id, "message": "I was first"}, blocking=True
    )
    answers.set()
    assert await text == "I was first"
    assert await texts_sent(hass, simulator) == ["At last: Boiler on"]


# -- agents that fail --------------------------------------------------------------------------------------------------


async def test_an_agent_that_takes_long(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    entry, agent, phone = await home()
    await rent(hass, entry, "house", "A fixed answer")
    answers = agent.waits()
    text = asyncio.create_task(phone.text("House boiler on"))
    await until(lambda: agent.asked)
    await kept_open(hass)
    await pass_time(19, wait=False)
    assert entry.runtime_data.state.inbox._waiters
    await pass_time(1.1, wait=False)
    # The fixed reply of the keyword is not sent either, because the agent's answer comes later.
    assert await text == ""
    answers.set()
    assert await texts_sent(hass, simulator) == ["At last: boiler on"]


@pytest.mark.parametrize("seconds", [10, 40])
async def test_a_longer_reply_timeout_applies_to_commands_too(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime, seconds: int
) -> None:
    entry, agent, phone = await home(options={"reply_timeout": seconds})
    agent.waits()
    text = asyncio.create_task(phone.text("Boiler on"))
    await until(lambda: agent.asked)
    await kept_open(hass)
    await pass_time(max(seconds, 20) - 1, wait=False)
    assert entry.runtime_data.state.inbox._waiters
    await pass_time(1.1, wait=False)
    assert await text == ""


async def test_an_agent_that_never_answers(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime
) -> None:
    _, agent, phone = await home(HOUSE)
    agent.waits()
    await phone.text("Boiler on")
    await until(lambda: agent.asked)
    await pass_time(301, wait=False)
    assert await texts_sent(hass, simulator) == [SORRY]


@pytest.mark.parametrize("error", [ValueError, RuntimeError, TimeoutError, KeyError, RecursionError])
async def test_an_agent_that_raises(
    hass: HomeAssistant, simulator: Simulator, home: Home, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    _, agent, phone = await home()

    async def fail(asked: conversation.ConversationInput) -> str:
        raise error(asked.text)

    agent.answer = fail
    assert await phone.text("A secret wish") == SORRY
    own = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]
    assert any(error.__name__ in line for line in own)
    assert not any("secret" in line or CLARA[-7:] in line for line in own)
    agent.says("On.")
    assert await phone.text("Boiler on") == "On."


async def test_the_agents_own_error_message(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home()
    agent.error = IntentResponseErrorCode.NO_VALID_TARGETS
    agent.says("No lamp of that name")
    assert await phone.text("Lamp on") == "No lamp of that name"
    agent.says("")
    assert await phone.text("Lamp off") == SORRY
    agent.error = None
    assert await phone.text("Boiler on") == DONE

    async def fail(asked: conversation.ConversationInput) -> str:
        raise HomeAssistantError("Out of tokens")

    agent.answer = fail
    assert await phone.text("Boiler off") == "Out of tokens"


async def test_an_agent_that_does_not_exist(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    _, agent, phone = await home(options={"conversation_agent": "conversation.nobody"})
    assert await phone.text("Boiler on") == SORRY
    assert agent.asked == []


async def test_a_home_without_the_conversation_integration(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB, options={"conversation_agent": HOME_ASSISTANT})
    await allow(hass, entry)
    assert "conversation" not in hass.config.components
    assert await Phone(CLUB, await connect(entry)).text("Boiler on") == SORRY


async def test_an_answer_over_the_daily_limit(
    hass: HomeAssistant, simulator: Simulator, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    _, agent, phone = await home(options={"daily_limit": 1})
    assert await phone.text("Boiler on") == "You said: Boiler on"
    assert await phone.text("Boiler off") == ""
    assert len(agent.asked) == 2
    assert await texts_sent(hass, simulator) == []
    assert any("the answer to a command was not sent" in record.getMessage() for record in caplog.records)


# -- changes while a command runs --------------------------------------------------------------------------------------


async def test_the_account_is_reloaded_during_a_command(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    entry, agent, phone = await home()
    answers = agent.waits()
    text = asyncio.create_task(phone.text("Boiler on"))
    await until(lambda: agent.asked)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await text == ""
    answers.set()
    assert await texts_sent(hass, simulator) == ["At last: Boiler on"]


async def test_the_account_comes_back_after_the_answer(hass: HomeAssistant, simulator: Simulator, home: Home) -> None:
    entry, agent, phone = await home(HOUSE)
    answers = agent.waits()
    await phone.text("Boiler on")
    await until(lambda: agent.asked)
    assert await hass.config_entries.async_unload(entry.entry_id)
    answers.set()
    # The agent has answered, and the answer waits for the account.
    await until(lambda: not any(session.lock.locked() for session in command_sessions(hass).values()))
    assert simulator.messages() == []
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await texts_sent(hass, simulator) == ["At last: Boiler on"]


@pytest.mark.parametrize("way", ["unload", "remove"])
async def test_the_account_is_gone_when_the_answer_comes(
    hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime, way: str
) -> None:
    entry, agent, phone = await home(HOUSE)
    answers = agent.waits()
    await phone.text("Boiler on")
    await phone.text("Boiler off")
    await until(lambda: agent.asked)
    await (hass.config_entries.async_unload if way == "unload" else hass.config_entries.async_remove)(entry.entry_id)
    answers.set()
    await until(lambda: not any(session.lock.locked() for session in command_sessions(hass).values()))
    await pass_time(61, wait=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.messages() == []
    assert agent.texts == ["Boiler on", "Boiler off"][: 2 if way == "unload" else 1]


@pytest.mark.parametrize("change", [{"allow_commands": False}, {"numbers": ["+33612345699"]}])
async def test_permission_is_withdrawn_during_a_command(
    hass: HomeAssistant, simulator: Simulator, home: Home, change: dict[str, Any]
) -> None:
    entry, agent, phone = await home(HOUSE)
    answers = agent.waits()
    await phone.text("Boiler on")
    await phone.text("Boiler off")
    await until(lambda: agent.asked)
    subentry = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **change})
    await hass.async_block_till_done()
    answers.set()
    await told(hass)
    assert agent.texts == ["Boiler on"]


async def test_home_assistant_stops(hass: HomeAssistant, simulator: Simulator, home: Home, pass_time: PassTime) -> None:
    """A running command does not delay the stop."""
    _, agent, phone = await home()
    agent.waits()
    text = asyncio.create_task(phone.text("Boiler on"))
    await until(lambda: agent.asked)
    # No time passes, so a stop that waited for the command would never end.
    await hass.async_stop(force=True)
    assert await text == ""


# -- privacy -----------------------------------------------------------------------------------------------------------


async def test_texts_and_answers_are_not_logged(
    hass: HomeAssistant, simulator: Simulator, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    _, agent, phone = await home()
    agent.says("A secret answer " * 30)
    assert await phone.text("A secret wish")
    assert await phone.text("MORE")
    for number in range(12):
        await phone.text(f"A secret wish {number}")
    await told(hass)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]
    assert not [line for line in own if "secret" in line or CLARA[2:] in line]


PIN = "739105"


def files_of(folder: Path) -> str:
    """Return the contents of all files, except the recipient's own settings."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "core.config_entries")
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


@pytest.mark.parametrize("provider", [CLUB, HOUSE])
async def test_nobody_sees_the_pin(
    hass: HomeAssistant,
    simulator: Simulator,
    home: Home,
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
) -> None:
    entry, agent, phone = await home(provider, pin=PIN)
    watch = Watch(hass, caplog)
    caplog.set_level(logging.DEBUG)
    runs = await automate(hass, received(), id="told")
    name = notify_entities(provider)[0]
    asked = asyncio.create_task(
        hass.services.async_call(
            DOMAIN, "ask", {"entity_id": name, "question": "Shut?"}, blocking=True, return_response=True
        )
    )
    await until(simulator.messages)
    for text in ("yes", "Boiler on", ": Boiler off", "STOP the music", "more", "{{ 1 }}", "x" * 2000, ""):
        await phone.text(f"{PIN} {text}")
    await phone.text(f"{PIN}lamp on")
    await phone.text(f"({PIN}) lamp off")

    async def fail(asked: conversation.ConversationInput) -> str:
        raise ValueError(repr(asked))

    agent.answer = fail
    await phone.text(f"{PIN} Fail")
    await told(hass)
    watch.answers += [str(await asked), str(runs), str(agent.asked), str(command_sessions(hass))]
    watch.answers += [str(recipient) for recipient in recipients(entry)]
    watch.answers += [message.text for message in simulator.messages()]
    assert len(agent.asked) > 7
    assert len(runs) == 11
    form = await dialog(hass, entry)
    watch.answers.append(f"{form} {suggested(form)}")
    places = await watch.places(entry)
    # Home Assistant stores the PIN in its config entries, and the test's web client logs what it sends.
    places.pop("entry")
    places["disk"] = await hass.async_add_executor_job(files_of, Path(hass.config.config_dir))
    places["log"] = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("custom_components", "homeassistant"))
    )
    assert all(places[place] for place in ("disk", "log", "events", "states", "answers", "diagnostics", "traces"))
    assert "Boiler on" in places["events"]
    assert {place: text.count(PIN) for place, text in places.items() if PIN in text} == {}


async def test_the_list_of_texts_shows_no_pin(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await allow(hass, entry, PIN)
    await simulator.answer(first_number(PRO), f"{PIN} Boiler on", PRO)
    await simulator.answer("+33612345699", "7391 is my number", PRO)
    response: Any = await hass.services.async_call(
        DOMAIN, "list_messages", {"account": entry.entry_id}, blocking=True, return_response=True
    )
    assert [message["text"] for message in response["messages"]] == ["7391 is my number", "Boiler on"]


# -- dialogs -----------------------------------------------------------------------------------------------------------


async def dialog(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Return the form that changes the first recipient."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": next(iter(entry.subentries))},
    )


async def test_the_dialog_of_a_recipient(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    known = {"name": "Clara", "numbers": [CLARA]}

    def settings() -> dict[str, Any]:
        data = dict(next(iter(entry.subentries.values())).data)
        data.pop("numbers")
        return data

    form = await dialog(hass, entry)
    assert {"allow_commands", "pin"} <= fields_of(form).keys()
    assert "remove_pin" not in fields_of(form)
    assert settings() == {}
    for pin in ("12", "1234567890123", "12 34", "abcd"):
        form = await submit(hass, form, **known, allow_commands=True, pin=pin)
        assert form["errors"] == {"base": "invalid_pin"}
        assert "commands" in opened(form)
    await submit(hass, form, **known, allow_commands=True, pin=" ٢٥٨٠ ")
    assert settings() == {"allow_commands": True, "pin": "2580"}
    form = await dialog(hass, entry)
    assert recipient_values(form) == {**known, "allow_commands": True}
    assert "2580" not in str(suggested(form))
    # An empty field does not change the PIN.
    await submit(hass, form, **known, allow_commands=True)
    assert settings() == {"allow_commands": True, "pin": "2580"}
    await submit(hass, await dialog(hass, entry), **known, allow_commands=False, pin="123456", remove_pin=False)
    assert settings() == {"pin": "123456"}
    await submit(hass, await dialog(hass, entry), **known, allow_commands=True, remove_pin=True)
    assert settings() == {"allow_commands": True}
    assert "remove_pin" not in fields_of(await dialog(hass, entry))


@pytest.mark.parametrize("provider", Provider)
async def test_the_fields_for_commands(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    receives = GATEWAYS[provider].info.receives
    assert receives is (provider is not Provider.THESMSPOINT)
    assert ({"allow_commands", "pin"} <= fields_of(await dialog(hass, entry)).keys()) is receives
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "settings"})
    assert ("conversation_agent" in fields_of(form)) is receives


async def test_an_agent_is_chosen_and_removed(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB, options={"something_else": 1})

    async def choose(**values: Any) -> None:
        menu = await hass.config_entries.options.async_init(entry.entry_id)
        form = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "settings"})
        assert suggested(form).get("conversation_agent") == entry.options.get("conversation_agent")
        await hass.config_entries.options.async_configure(form["flow_id"], values)
        await hass.async_block_till_done()

    await choose()
    assert "conversation_agent" not in entry.options
    await choose(conversation_agent=HOME_ASSISTANT)
    assert entry.options["conversation_agent"] == HOME_ASSISTANT
    await choose()
    assert "conversation_agent" not in entry.options
    assert entry.options["something_else"] == 1


async def test_a_route_has_no_commands(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    route = await set_up_route(hass, CLUB)
    form = await hass.config_entries.subentries.async_init(
        (route.entry_id, "recipient"), context={"source": SOURCE_USER}
    )
    assert fields_of(form).keys() == {"original", "name", "number", "numbers", "person"} | {
        *("quiet_start", "quiet_end", "urgent_after_stop")
    }
