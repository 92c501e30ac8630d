"""texting.ask: a question, and the answer to it."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.actions import asking
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.message import IncomingMessage, IncomingType
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.two_way.hearing import async_asks
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.accounts import RECIPIENTS
from tests.conftest import Connect, PassTime, SetUp
from tests.contacts import FAMILY, add_group
from tests.home import first_number, record_changes, text_of, until
from tests.routes import ANNA, CLARA, disconnect, set_up_route
from tests.simulator import Simulator

HEARING = pytest.mark.parametrize(
    "provider", [Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING]
)

type Asked = asyncio.Task[dict[str, Any]]


def ask(hass: HomeAssistant, **data: Any) -> Asked:
    """Ask, in the background."""
    fields = {"question": "Shut the water off?", "timeout": {"seconds": 30}, **data}
    return asyncio.create_task(hass.services.async_call(DOMAIN, "ask", fields, blocking=True, return_response=True))  # type: ignore[arg-type]


async def times_asked(simulator: Simulator, number: str, times: int) -> None:
    """Wait until a number was texted so often."""
    await until(lambda: sum(message.to.endswith(number[-10:]) for message in simulator.messages()) >= times)


@HEARING
async def test_a_conversation(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    if "webhook_id" in entry.data:
        await connect(entry)
    number, name = first_number(provider), next(iter(RECIPIENTS[provider]))
    answers = {"shut": ["1", "shut it"], "ignore": ["2"]}
    asked = ask(hass, entity_id=f"notify.{name.lower()}", answers=answers, timeout={"minutes": 5})
    await times_asked(simulator, number, 1)
    await simulator.answer(number, " Shut IT! ", provider)
    if provider is Provider.TEXTIOPRO:
        await pass_time(30)
    assert await asked == {
        "answer": "shut",
        "text": " Shut IT! ".strip() if provider is Provider.TEXTIOPRO else " Shut IT! ",
        "slots": {},
        "from": number,
        "recipient": name,
        "timed_out": False,
    }


async def test_a_provider_without_incoming_texts_cannot_ask(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(Provider.THESMSPOINT)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, entity_id="notify.dev")
    text_of(caught.value, "no_answers")
    assert not simulator.messages()


@pytest.mark.parametrize(
    ("text", "answer", "slots"),
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
    answer: str | None,
    slots: dict[str, str],
) -> None:
    hass.config.language = "fr"
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    asked = ask(hass, account=entry.entry_id, to="+33612345699")
    await times_asked(simulator, "+33612345699", 1)
    await simulator.answer("+33612345699", text, "textinghouse")
    said = await asked
    assert (said["answer"], said["slots"], said["text"]) == (answer, slots, text)
    assert (said["from"], said["recipient"]) == ("+33612345699", None)


async def test_slots(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    asked = ask(hass, entity_id="notify.anna", answers={"set": "set {room} to {degrees}"})
    await times_asked(simulator, ANNA, 1)
    await simulator.answer(ANNA, "Set living room to 21,5!", "textinghouse")
    said = await asked
    assert (said["answer"], said["slots"]) == ("set", {"room": "living room", "degrees": "21,5"})


async def test_any_number_of_a_recipient_answers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    asked = ask(hass, entity_id="notify.ben")
    await times_asked(simulator, "+33612345603", 1)
    await simulator.answer("+33612345603", "yes", "textinghouse")
    said = await asked
    assert (said["answer"], said["from"], said["recipient"]) == ("yes", "+33612345603", "Ben")


async def test_nobody_answers(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    assert await ask(hass, entity_id="notify.anna", timeout={"seconds": 1}) == {
        "answer": None,
        "text": None,
        "slots": {},
        "from": None,
        "recipient": "Anna",
        "timed_out": True,
    }
    # Too late by what it takes to write this: it is a text like any other.
    await simulator.answer(ANNA, "yes", "textinghouse")
    await simulator.settle()
    assert [state.attributes["text"] for state in incoming] == ["yes"]
    late = IncomingMessage(sender=ANNA, text="yes", type=IncomingType.REPLY)
    assert not async_asks(hass).hear(hass.config_entries.async_entries(DOMAIN)[0].entry_id, late)


async def test_it_is_asked_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(await set_up(Provider.CLUB_TEXTING))
    monkeypatch.setattr(asking, "LONGEST", timedelta(seconds=0.1))
    asked = ask(hass, entity_id="notify.clara")
    await times_asked(simulator, CLARA, 3)
    await simulator.answer(CLARA, "no", "club_texting")
    assert (await asked)["answer"] == "no"


async def test_questions_to_one_person_wait_for_each_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    first = ask(hass, entity_id="notify.anna", question="One?")
    await times_asked(simulator, ANNA, 1)
    second = ask(hass, entity_id="notify.anna", question="Two?")
    third = ask(hass, entity_id="notify.anna", question="Three?")
    other = ask(hass, entity_id="notify.ben", question="Else?")
    await times_asked(simulator, "+33612345602", 1)
    assert [message.text for message in simulator.messages() if message.to == ANNA[1:]] == ["One?"]
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert (await first)["answer"] == "yes"
    await times_asked(simulator, ANNA, 2)
    # An automation that is stopped leaves its turn to the next.
    second.cancel()
    await times_asked(simulator, ANNA, 3)
    await simulator.answer(ANNA, "no", "textinghouse")
    assert (await third)["answer"] == "no"
    assert not other.done()
    other.cancel()
    await asyncio.gather(second, other, return_exceptions=True)
    assert not async_asks(hass).busy


async def test_a_question_that_cannot_leave_does_not_come_later(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, impatient: None, eager: None
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    said = await ask(hass, entity_id="notify.anna", timeout={"seconds": 1})
    assert said["timed_out"]
    assert not len(entry.runtime_data.desk.book)
    assert not simulator.messages()


async def test_what_is_refused_is_told(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, entity_id="notify.anna", question=" ")
    text_of(caught.value, "limit_text_empty")
    assert not async_asks(hass).busy


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"entity_id": ["notify.anna", "notify.ben"]}, "ask_one"),
        ({"to": "Anna"}, "no_account"),
        ({"to": "Nobody", "account": True}, "unknown_recipient"),
        ({"account": True}, "no_target"),
    ],
)
async def test_whom_nobody_can_ask(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fields: dict[str, Any], key: str
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    if "account" in fields:
        fields = {**fields, "account": entry.entry_id}
    with pytest.raises((ServiceValidationError, vol.Invalid)) as caught:
        await ask(hass, **fields)
    if isinstance(caught.value, ServiceValidationError):
        text_of(caught.value, key)


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": {"hours": 25}},
        {"timeout": 0},
        {"repeat_every": 29},
        {"answers": {}},
        {"answers": {"a": []}},
        {"answers": {True: ["yes"]}},
        {"answers": {"a": [False]}},
        {"answers": {"a": ["{{ now() }}"]}},
        {"answers": {"a": ["x"], "b": ["X!"]}},
        {"answers": {"a": ["{x}{y}"]}},
    ],
)
async def test_what_is_no_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fields: dict[str, Any]
) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    with pytest.raises(vol.Invalid):
        await ask(hass, entity_id="notify.anna", **fields)


async def test_200_people_answer_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    people = [f"+3361234{2000 + place}" for place in range(200)]
    asked = [ask(hass, account=entry.entry_id, to=number, answers={"n": "{n}"}) for number in people]
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
    assert (said["answer"], said["recipient"]) == ("yes", "Rita")


async def test_a_group_of_contacts_is_nobody_to_ask(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
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


async def test_the_same_answer_to_the_next_question_counts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    """Club Texting tells no id and no date, so that it could be a repetition."""
    await connect(await set_up(Provider.CLUB_TEXTING))
    for place in (1, 2):
        asked = ask(hass, entity_id="notify.clara", timeout={"minutes": 5})
        await times_asked(simulator, CLARA, place)
        await simulator.answer(CLARA, "yes", "club_texting")
        assert (await asked)["answer"] == "yes"
        await pass_time(10)


async def test_what_is_late_answers_nothing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    asked = ask(hass, entity_id="notify.anna", timeout={"seconds": 1})
    await times_asked(simulator, ANNA, 1)
    old = IncomingMessage(sender=ANNA, text="yes", type=IncomingType.REPLY)
    assert entry.runtime_data.async_receive(old, is_late=True)
    assert (await asked)["timed_out"]


async def test_an_automation_that_is_stopped_while_it_asks_takes_the_question_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, impatient: None
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.anna")
    await until(lambda: len(entry.runtime_data.desk.book))
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert not len(entry.runtime_data.desk.book)
    assert not async_asks(hass).busy


async def test_an_answer_to_an_earlier_question_is_none_to_this_one(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    assert (await ask(hass, entity_id="notify.anna", question="One?", timeout={"seconds": 1}))["timed_out"]
    earlier = simulator.messages()[0].client_id
    asked = ask(hass, entity_id="notify.anna", question="Two?")
    await times_asked(simulator, ANNA, 2)
    late = IncomingMessage(sender=ANNA, text="no", type=IncomingType.REPLY, reference=earlier)
    assert entry.runtime_data.async_receive(late)
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert (await asked)["answer"] == "yes"


async def test_a_question_is_taken_back_though_its_route_was_loaded_anew(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, impatient: None
) -> None:
    route = await set_up_route(hass, [await set_up(Provider.TEXTINGHOUSE)])
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.rita", timeout={"minutes": 5})
    await until(lambda: len(route.runtime_data.desk.book))
    await asyncio.sleep(0.3)
    assert await hass.config_entries.async_reload(route.entry_id)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert not len(route.runtime_data.desk.book)
