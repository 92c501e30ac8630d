"""The action ask: a question and the reply."""

import asyncio
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.message import IncomingMessage, IncomingType
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.open_questions import async_open_items
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.contacts import FAMILY, add_group
from tests.support.home import first_number, pass_until, record_changes, text_of, tried, until
from tests.support.routes import ANNA, CLARA, disconnect, set_up_route

RECEIVING = pytest.mark.parametrize(
    "provider", [Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING]
)

type Asked = asyncio.Task[dict[str, Any]]


def ask(hass: HomeAssistant, **data: Any) -> Asked:
    """Start the action ask in the background."""
    fields = {"question": "Shut the water off?", "timeout": {"seconds": 30}, **data}
    return asyncio.create_task(hass.services.async_call(DOMAIN, "ask", fields, blocking=True, return_response=True))  # type: ignore[arg-type]


async def times_asked(simulator: Simulator, number: str, times: int) -> None:
    """Wait until a number has received this many texts."""
    await until(lambda: sum(message.to.endswith(number[-10:]) for message in simulator.messages()) >= times)


def texts_to(simulator: Simulator, number: str) -> list[str]:
    """Return the texts that a number has received."""
    return [message.text for message in simulator.messages() if message.to.endswith(number[-10:])]


@RECEIVING
async def test_a_reply_is_returned(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    if "webhook_id" in entry.data:
        await connect(entry)
    number, name = first_number(provider), next(iter(RECIPIENTS[provider]))
    choices = {"shut": ["1", "shut it"], "ignore": ["2"]}
    asked = ask(hass, entity_id=f"notify.{name.lower()}", choices=choices, timeout={"minutes": 5})
    await times_asked(simulator, number, 1)
    await simulator.answer(number, " Shut IT! ", provider)
    if provider is Provider.TEXTIOPRO:
        await pass_time(31)
    assert await asked == {
        "choice": "shut",
        "text": " Shut IT! ".strip() if provider is Provider.TEXTIOPRO else " Shut IT! ",
        "slots": {},
        "from": number,
        "recipient": name,
        "timed_out": False,
        "attempts": 1,
    }


async def test_a_provider_without_incoming_texts_cannot_ask(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(Provider.THESMSPOINT)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, entity_id="notify.dev")
    text_of(caught.value, "no_replies")
    assert not simulator.messages()


@pytest.mark.parametrize(
    ("text", "choice", "slots"),
    [
        ("Oui !", "yes", {}),
        ("n", "no", {}),
        ("maybe", None, {}),
        ("{{ 1/0 }} <script>", None, {}),
        ("x" * 10_000, None, {}),
        ("\u202eiuo", None, {}),
    ],
)
async def test_yes_and_no_in_the_language_of_the_home(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    text: str,
    choice: str | None,
    slots: dict[str, str],
) -> None:
    hass.config.language = "fr"
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    asked = ask(hass, account=entry.entry_id, to="+33612345699", ask_again=False)
    await times_asked(simulator, "+33612345699", 1)
    await simulator.answer("+33612345699", text, "textinghouse")
    said = await asked
    assert (said["choice"], said["slots"], said["text"]) == (choice, slots, text)
    assert (said["from"], said["recipient"]) == ("+33612345699", None)


async def test_slots(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    asked = ask(hass, entity_id="notify.anna", choices={"set": "set {room} to {degrees}"})
    await times_asked(simulator, ANNA, 1)
    await simulator.answer(ANNA, "Set living room to 21,5!", "textinghouse")
    said = await asked
    assert (said["choice"], said["slots"]) == ("set", {"room": "living room", "degrees": "21,5"})


async def test_any_number_of_a_recipient_can_reply(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    asked = ask(hass, entity_id="notify.ben")
    await times_asked(simulator, "+33612345603", 1)
    await simulator.answer("+33612345603", "yes", "textinghouse")
    said = await asked
    assert (said["choice"], said["from"], said["recipient"]) == ("yes", "+33612345603", "Ben")


async def test_nobody_replies(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    asked = ask(hass, entity_id="notify.anna", timeout={"seconds": 30})
    await pass_until(hass, pass_time, asked.done, 10)
    assert await asked == {
        "choice": None,
        "text": None,
        "slots": {},
        "from": None,
        "recipient": "Anna",
        "timed_out": True,
        "attempts": 0,
    }
    # The reply comes after the timeout, so it is an ordinary text.
    await simulator.answer(ANNA, "yes", "textinghouse")
    await simulator.settle()
    assert [state.attributes["text"] for state in incoming] == ["yes"]
    assert not len(async_open_items(hass))


async def test_a_question_is_repeated(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    await connect(await set_up(Provider.CLUB_TEXTING))
    asked = ask(hass, entity_id="notify.clara", timeout={"minutes": 5}, repeat_every={"seconds": 30})
    await times_asked(simulator, CLARA, 1)
    await pass_until(hass, pass_time, lambda: len(simulator.messages()) == 3, 10)
    await simulator.answer(CLARA, "no", "club_texting")
    assert (await asked)["choice"] == "no"


async def test_several_questions_to_one_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """Nothing waits. The first is sent as it is; the others name their numbers."""
    await connect(await set_up(Provider.TEXTINGHOUSE))
    first = ask(hass, entity_id="notify.anna", question="One?")
    await times_asked(simulator, ANNA, 1)
    second = ask(hass, entity_id="notify.anna", question="Two?")
    await times_asked(simulator, ANNA, 2)
    third = ask(hass, entity_id="notify.anna", question="Three?", choices={"red": "red"})
    other = ask(hass, entity_id="notify.ben", question="Else?")
    await times_asked(simulator, "+33612345602", 1)
    await times_asked(simulator, ANNA, 3)
    assert texts_to(simulator, ANNA) == [
        "One?",
        "Two? Reply 10 and your answer.",
        "Three? Reply 11 and your answer.",
    ]
    await simulator.answer(ANNA, "10 yes", "textinghouse")
    assert (await second)["text"] == "yes"
    await simulator.answer(ANNA, "Red!", "textinghouse")
    assert (await third)["choice"] == "red"
    await simulator.answer(ANNA, "no", "textinghouse")
    assert (await first)["choice"] == "no"
    assert not other.done()
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    assert not len(async_open_items(hass))


async def test_a_question_is_not_sent_after_its_timeout(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.anna", timeout={"seconds": 30})
    await tried(hass, asked)
    await pass_until(hass, pass_time, asked.done)
    assert (await asked)["timed_out"]
    # A try that is under way ends first. The text has expired by then.
    await pass_until(hass, pass_time, lambda: not len(entry.runtime_data.outbox))
    await simulator.restore()
    await pass_time(600)
    assert not simulator.messages()


async def test_a_rejected_question_raises(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, entity_id="notify.anna", question=" ")
    text_of(caught.value, "limit_text_empty")
    assert not len(async_open_items(hass))


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"entity_id": ["notify.anna", "notify.ben"]}, "ask_one"),
        ({"to": "Anna"}, "no_account"),
        ({"to": "Nobody", "account": True}, "unknown_recipient"),
        ({"account": True}, "no_target"),
        ({}, "no_target"),
    ],
)
async def test_an_invalid_target(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fields: dict[str, Any], key: str
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    if "account" in fields:
        fields = {**fields, "account": entry.entry_id}
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, **fields)
    text_of(caught.value, key)


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": {"hours": 25}},
        {"timeout": 0},
        {"repeat_every": 29},
        {"choices": {}},
        {"choices": {"a": []}},
        {"choices": {True: ["yes"]}},
        {"choices": {"a": [False]}},
        {"choices": {"a": ["{{ now() }}"]}},
        {"choices": {"a": ["x"], "b": ["X!"]}},
        {"choices": {"a": ["{x}{y}"]}},
    ],
)
async def test_invalid_fields(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fields: dict[str, Any]) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    with pytest.raises(vol.Invalid):
        await ask(hass, entity_id="notify.anna", **fields)


async def test_200_people_reply_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    people = [f"+3361234{2000 + place}" for place in range(200)]
    asked = [ask(hass, account=entry.entry_id, to=number, choices={"n": "{n}"}) for number in people]
    await until(lambda: len(simulator.messages()) == len(people))
    await asyncio.gather(*(simulator.answer(number, number[-4:], "textinghouse") for number in people))
    said = await asyncio.gather(*asked)
    assert [(each["from"], each["slots"]) for each in said] == [(number, {"n": number[-4:]}) for number in people]


async def test_a_route_asks(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    account = await set_up(Provider.TEXTINGHOUSE)
    await connect(account)
    other = await set_up(Provider.TEXTIOPRO)
    await set_up_route(hass, [other, account])
    simulator.accounts["textiopro"].credit = Decimal(0)
    asked = ask(hass, entity_id="notify.rita")
    await times_asked(simulator, ANNA, 1)
    await simulator.answer(ANNA, "yes", "textinghouse")
    said = await asked
    assert (said["choice"], said["recipient"]) == ("yes", "Rita")


async def test_a_contact_group_cannot_be_asked(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(Provider.TEXTIOPRO)
    family = ConfigSubentry(
        data=MappingProxyType({"numbers": [], "group": FAMILY, "group_name": "Family"}),
        subentry_type="recipient",
        title="Family",
        unique_id=None,
    )
    add_group(simulator, FAMILY, "Family", 3)
    hass.config_entries.async_add_subentry(entry, family)
    await hass.async_block_till_done(wait_background_tasks=True)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, entity_id="notify.family")
    text_of(caught.value, "ask_one")
    assert not simulator.messages()


async def test_the_same_reply_to_the_next_question_counts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    """Club Texting sends no ID and no date, so the second reply looks like a repetition of the first."""
    await connect(await set_up(Provider.CLUB_TEXTING))
    for place in (1, 2):
        asked = ask(hass, entity_id="notify.clara", timeout={"minutes": 5})
        await times_asked(simulator, CLARA, place)
        await simulator.answer(CLARA, "yes", "club_texting")
        assert (await asked)["choice"] == "yes"
        await pass_time(10)


async def test_a_late_text_answers_no_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    asked = ask(hass, entity_id="notify.anna", timeout={"seconds": 30})
    await times_asked(simulator, ANNA, 1)
    old = IncomingMessage(sender=ANNA, text="yes", type=IncomingType.REPLY)
    assert await entry.runtime_data.receiver.async_receive(old, late=True)
    await pass_until(hass, pass_time, asked.done, 10)
    assert (await asked)["timed_out"]


async def test_an_automation_that_stops_cancels_its_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, impatient: None
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.anna")
    await until(lambda: len(entry.runtime_data.outbox))
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert not len(entry.runtime_data.outbox)
    assert not len(async_open_items(hass))


async def test_a_reply_to_an_earlier_question_does_not_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    first = ask(hass, entity_id="notify.anna", question="One?", timeout={"seconds": 30})
    await pass_until(hass, pass_time, first.done, 10)
    assert (await first)["timed_out"]
    earlier = simulator.messages()[0].client_id
    asked = ask(hass, entity_id="notify.anna", question="Two?")
    await times_asked(simulator, ANNA, 2)
    late = IncomingMessage(sender=ANNA, text="no", type=IncomingType.REPLY, reference=earlier)
    assert await entry.runtime_data.receiver.async_receive(late)
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert (await asked)["choice"] == "yes"


async def test_a_question_is_cancelled_after_its_route_was_reloaded(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(Provider.TEXTINGHOUSE)])
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.rita", timeout={"minutes": 5})
    await tried(hass, asked)
    await pass_time(10.1)
    assert await hass.config_entries.async_reload(route.entry_id)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert not len(route.runtime_data.outbox)
