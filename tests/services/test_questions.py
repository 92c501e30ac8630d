"""Several questions to one phone, in whole homes: each reply finds its question, or is asked about."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import time

import pytest

from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.open_questions import async_open_items
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.services.test_ask import Asked, ask, texts_to, times_asked
from tests.simulator import Simulator
from tests.support.home import pass_until, record_changes, rent, restart, told, tried, until
from tests.support.routes import ANNA, CLARA, disconnect, set_up_route

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
LONG = {"minutes": 30}


async def stop(*asked: Asked) -> None:
    """Stop the automations that ask."""
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def ask_in_turn(
    hass: HomeAssistant, simulator: Simulator, name: str, number: str, *questions: str
) -> Sequence[Asked]:
    """Ask one person one question after the other."""
    asked = []
    for question in questions:
        before = len(texts_to(simulator, number))
        asked.append(ask(hass, entity_id=f"notify.{name}", question=question, timeout=LONG))
        await times_asked(simulator, number, before + 1)
    return asked


async def ask_anna(hass: HomeAssistant, simulator: Simulator, *questions: str) -> Sequence[Asked]:
    """Ask Anna, who has TextingHouse."""
    return await ask_in_turn(hass, simulator, "anna", ANNA, *questions)


async def ask_clara(hass: HomeAssistant, simulator: Simulator, *questions: str) -> Sequence[Asked]:
    """Ask Clara, who has Club Texting."""
    return await ask_in_turn(hass, simulator, "clara", CLARA, *questions)


# -- what is not understood --------------------------------------------------------------------------------------------


async def test_what_is_not_understood_is_asked_about_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(HOUSE))
    (asked,) = await ask_anna(hass, simulator, "Shut the water off?")
    await simulator.answer(ANNA, "What?", "textinghouse")
    await times_asked(simulator, ANNA, 2)
    assert texts_to(simulator, ANNA)[1] == "Sorry, not understood. Shut the water off?"
    await simulator.answer(ANNA, "Yes please!", "textinghouse")
    said = await asked
    assert (said["choice"], said["text"], said["attempts"], said["timed_out"]) == ("yes", "Yes please!", 2, False)


async def test_what_is_not_understood_twice_is_returned(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(HOUSE))
    (asked,) = await ask_anna(hass, simulator, "Shut the water off?")
    await simulator.answer(ANNA, "What?", "textinghouse")
    await times_asked(simulator, ANNA, 2)
    await simulator.answer(ANNA, "Who is this?", "textinghouse")
    said = await asked
    assert (said["choice"], said["text"], said["attempts"], said["timed_out"]) == (None, "Who is this?", 2, False)
    assert len(texts_to(simulator, ANNA)) == 2


async def test_nobody_replies_once_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    await connect(await set_up(HOUSE))
    asked = ask(hass, entity_id="notify.anna")
    await times_asked(simulator, ANNA, 1)
    await simulator.answer(ANNA, "What?", "textinghouse")
    await pass_until(hass, pass_time, asked.done, 10)
    said = await asked
    assert (said["choice"], said["text"], said["attempts"], said["timed_out"]) == (None, "What?", 1, True)


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_it_is_asked_within_the_providers_call(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    await connect(await set_up(provider))
    asked = ask(hass, entity_id="notify.clara", timeout=LONG)
    await times_asked(simulator, CLARA, 1)
    assert await simulator.answer(CLARA, "What?", provider) == (200, "Sorry, not understood. Shut the water off?")
    assert await simulator.answer(CLARA, "Sure", provider) == (200, "")
    assert (await asked)["choice"] == "yes"


# -- which question it is ----------------------------------------------------------------------------------------------


async def test_a_bare_reply_to_two_questions_is_asked_about(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """The first question gets its number only now."""
    await connect(await set_up(CLUB))
    asked = await ask_clara(hass, simulator, "Water off?", "Light off?")
    assert texts_to(simulator, CLARA) == ["Water off?", "Light off? Reply 10 and your answer."]
    which = "Which one? 11 Water off, 10 Light off. Reply the number and your answer."
    assert await simulator.answer(CLARA, "Yes", CLUB) == (200, which)
    assert await simulator.answer(CLARA, "OK 11", CLUB) == (200, "")
    assert (await asked[0])["choice"] == "yes"
    assert await simulator.answer(CLARA, "Nope", CLUB) == (200, "")
    assert (await asked[1])["choice"] == "no"


async def test_a_closed_number_gets_over(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(CLUB))
    kept, stopped = await ask_clara(hass, simulator, "Water off?", "Light off?")
    await stop(stopped)
    status, body = await simulator.answer(CLARA, "10 yes", CLUB) or (0, "")
    assert status == 200
    assert body.startswith("Light off? (10) is over since ")
    assert not kept.done()
    await stop(kept)


async def test_after_a_restart_a_number_gets_over(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    asked = await ask_clara(hass, simulator, "Water off?", "Light off?")
    await until(lambda: not entry.runtime_data.state.worker.requests)
    await restart(hass, entry)
    status, body = await simulator.answer(CLARA, "No 10", CLUB) or (0, "")
    assert status == 200
    assert body.startswith("Light off? (10) is over since ")
    await stop(*asked)


async def test_the_message_that_the_provider_names_decides(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    first, second = await ask_anna(hass, simulator, "Water off?", "Light off?")
    named = next(message for message in simulator.messages() if message.text == "Water off?").client_id
    await entry.runtime_data.receiver.async_receive(IncomingMessage(sender=ANNA, text="Yes", reference=named))
    assert (await first)["choice"] == "yes"
    await stop(second)


async def test_somebody_else_answers_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    (asked,) = await ask_anna(hass, simulator, "Water off?")
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await entry.runtime_data.receiver.async_receive(IncomingMessage(sender="+33612345699", text="OK 10"))
    await until(lambda: incoming)
    assert not asked.done()
    await stop(asked)


async def test_a_reload_keeps_the_questions(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    first, second = await ask_anna(hass, simulator, "Water off?", "Light off?")
    await hass.config_entries.async_reload(entry.entry_id)
    await simulator.answer(ANNA, "10 no", "textinghouse")
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert ((await first)["choice"], (await second)["choice"]) == ("yes", "no")


async def test_the_entry_is_unloaded_when_the_reply_comes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    route = await set_up_route(hass, [entry])
    asked = ask(hass, entity_id="notify.rita", question="Water off?", timeout=LONG)
    await times_asked(simulator, ANNA, 1)
    await told(hass)
    await hass.config_entries.async_unload(route.entry_id)
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert (await asked)["choice"] == "yes"


async def test_a_keyword_before_the_answer(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    await rent(hass, entry, "HOME")
    asked = [ask(hass, entity_id="notify.clara", question=question, timeout=LONG) for question in ("One?", "Two?")]
    await times_asked(simulator, CLARA, 2)
    assert await simulator.answer(CLARA, "HOME 11 no", CLUB) == (200, "")
    assert (await asked[1])["choice"] == "no"
    assert await simulator.answer(CLARA, "HOME yes", CLUB) == (200, "")
    assert (await asked[0])["choice"] == "yes"


async def test_a_reply_counts_while_the_question_is_sent_once_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """The action returns at once, and the next text is no answer any more."""
    entry = await set_up(HOUSE)
    (asked,) = await ask_anna(hass, simulator, "Water off?")
    await told(hass)
    held = simulator.faults.add("textinghouse", "hold", params={"cmd": "sendsms"})
    receive = entry.runtime_data.receiver.async_receive
    await receive(IncomingMessage(sender=ANNA, text="What?"))
    await held.reached.wait()
    await receive(IncomingMessage(sender=ANNA, text="yes"))
    assert (await asked)["attempts"] == 2
    after = await receive(IncomingMessage(sender=ANNA, text="lights on"))
    assert not after.record.was_answered
    held.release()
    await told(hass)


async def test_repeats_of_the_question_are_caused_by_nobody(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    """What was not understood does not let the loop guard stop them."""
    await connect(await set_up(CLUB))
    every = {"seconds": 30}
    asked = ask(hass, entity_id="notify.clara", question="Smoke?", timeout=LONG, repeat_every=every, urgent=True)
    await times_asked(simulator, CLARA, 1)
    assert await simulator.answer(CLARA, "hm?", CLUB) == (200, "Sorry, not understood. Smoke?")
    await pass_until(hass, pass_time, lambda: len(texts_to(simulator, CLARA)) > 14, 10)
    await stop(asked)


async def test_a_question_that_is_too_long_with_its_number_has_none(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """Its answer may be the number that it would have had."""
    await connect(await set_up(CLUB))
    (first,) = await ask_clara(hass, simulator, "One?")
    question = f"How warm? {'y' * 140}"
    second = ask(hass, entity_id="notify.clara", question=question, timeout=LONG, choices={"warm": "{degrees}"})
    await times_asked(simulator, CLARA, 2)
    assert texts_to(simulator, CLARA)[1] == question
    await stop(first)
    assert await simulator.answer(CLARA, "10", CLUB) == (200, "")
    assert (await second)["slots"] == {"degrees": "10"}


async def test_an_item_that_closes_before_people_are_asked_which_gets_no_number(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    account = entry.runtime_data
    first, second = await ask_anna(hass, simulator, "One?", "Two?")
    await told(hass)
    account.state.async_unready()  # as while it is set up again
    await account.receiver.async_receive(IncomingMessage(sender=ANNA, text="yes"))
    await stop(first)
    account.state.async_ready()
    account.state.async_attach(account)
    await times_asked(simulator, ANNA, 3)
    assert texts_to(simulator, ANNA)[2] == "Which one? 10 Two. Reply the number and your answer."
    await account.receiver.async_receive(IncomingMessage(sender=ANNA, text="10 no"))
    assert (await second)["choice"] == "no"


# -- only real answers -------------------------------------------------------------------------------------------------


async def test_a_question_that_is_queued_has_no_answer(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    asked = ask(hass, entity_id="notify.anna", timeout=LONG)
    await tried(hass, asked)
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await entry.runtime_data.receiver.async_receive(IncomingMessage(sender=ANNA, text="yes"))
    await pass_until(hass, pass_time, lambda: incoming, 10)
    assert not asked.done()
    await stop(asked)


async def test_a_reply_waits_for_the_result_of_the_request(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    held = simulator.faults.add("textinghouse", "hold", params={"cmd": "sendsms"})
    asked = ask(hass, entity_id="notify.anna", timeout=LONG)
    await held.reached.wait()
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    received = await entry.runtime_data.receiver.async_receive(IncomingMessage(sender=ANNA, text="yes"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not incoming
    held.release()
    await asyncio.wait([received.published])
    assert (await asked)["choice"] == "yes"
    assert len(incoming) == 1


@pytest.mark.parametrize(("gap", "counts"), [(110, True), (130, False)])
async def test_a_reply_that_was_written_before(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, gap: float, *, counts: bool
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    (asked,) = await ask_anna(hass, simulator, "Water off?")
    await until(lambda: not entry.runtime_data.outbox or all(each.accepted_at for each in entry.runtime_data.outbox))
    sent_at = datetime.fromtimestamp(time.time(), UTC) - timedelta(seconds=gap)
    await entry.runtime_data.receiver.async_receive(IncomingMessage(sender=ANNA, text="no", sent_at=sent_at))
    await simulator.answer(ANNA, "yes", "textinghouse")
    assert (await asked)["choice"] == ("no" if counts else "yes")


async def test_a_route_asks_several(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    account = await set_up(HOUSE)
    await connect(account)
    await set_up_route(hass, [account])
    first = ask(hass, entity_id="notify.rita", question="Water off?", timeout=LONG)
    await times_asked(simulator, ANNA, 1)
    second = ask(hass, entity_id="notify.anna", question="Light off?", timeout=LONG)
    await times_asked(simulator, ANNA, 2)
    # TextingHouse names the last message.
    await simulator.answer(ANNA, "No", "textinghouse")
    assert (await second)["choice"] == "no"
    await simulator.answer(ANNA, "Yes, turn it off", "textinghouse")
    assert (await first)["choice"] == "yes"


# -- many --------------------------------------------------------------------------------------------------------------


async def test_200_people_answer_three_questions_each_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE, options={"daily_limit": 0})
    await connect(entry)
    people = [f"+3361234{2000 + place}" for place in range(200)]
    choices = {"n": "{n}"}
    asked = {
        (number, question): ask(
            hass, account=entry.entry_id, to=number, question=question, choices=choices, timeout=LONG
        )
        for question in ("One?", "Two?", "Three?")
        for number in people
    }
    await until(lambda: len(simulator.messages()) == len(asked))
    for number in people:
        # All were open when the first was sent.
        assert sorted(texts_to(simulator, number)) == [
            "One? Reply 10 and your answer.",
            "Three? Reply 12 and your answer.",
            "Two? Reply 11 and your answer.",
        ]

    async def answer(number: str) -> None:
        receive = entry.runtime_data.receiver.async_receive
        for text in (f"11 two{number}", f"12 three{number}"):
            await receive(IncomingMessage(sender=number, text=text))
        # Only one is left.
        await receive(IncomingMessage(sender=number, text=f"one{number}"))

    await asyncio.gather(*map(answer, people))
    said = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    words = {"One?": "one", "Two?": "two", "Three?": "three"}
    assert {key: each["slots"]["n"] for key, each in said.items()} == {
        (number, question): f"{words[question]}{number}" for number, question in asked
    }
    assert not len(async_open_items(hass))
