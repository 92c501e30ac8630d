"""The entities of a person: the last text to them, what they wrote, their picture, and a test text."""

from typing import Any

import pytest

from custom_components.texting.delivery.outbox import Change, Update
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from custom_components.texting.signals import MESSAGES_UPDATED
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.services.test_history import sent, store
from tests.simulator import Simulator
from tests.support.home import notify, restart, send, state_of, text_of, told
from tests.support.people import add, add_persons, change, link, recipient_id, remove
from tests.support.routes import ANNA, CLARA, set_up_route

HOUSE, PRO, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.THESMSPOINT
# The simulator's phone that is off.
OFF = "+33600000005"
LAST = "sensor.anna_last_message"


# -- the last text -----------------------------------------------------------------------------------------------------


async def test_the_last_message_changes_when_its_fate_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    await connect(await set_up(HOUSE))
    assert (state_of(hass, LAST).state, state_of(hass, LAST).attributes.get("reason_text")) == ("none", None)
    await notify(hass, "notify.anna", "Water")
    assert state_of(hass, LAST).state == "none"
    await simulator.settle()
    await pass_time(31)
    state = state_of(hass, LAST)
    assert (state.state, state.attributes["reason_text"]) == ("delivered", None)
    assert dt_util.parse_datetime(state.attributes["sent_at"])
    # Nobody else's changes.
    assert state_of(hass, "sensor.ben_last_message").state == "none"


async def test_a_failure_says_why_in_words_also_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    change(hass, entry, "Anna", numbers=[OFF])
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await simulator.settle()
    await pass_time(31)
    before = state_of(hass, LAST)
    assert before.state == "undelivered"
    # In words, and without the provider's code.
    assert " " in before.attributes["reason_text"]
    assert "provider_status" not in before.attributes
    await restart(hass, entry)
    assert (state_of(hass, LAST).state, state_of(hass, LAST).attributes) == (before.state, before.attributes)


async def test_where_no_report_comes_accepted_is_the_end(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    await notify(hass, "notify.clara", "Water")
    await told(hass)
    assert state_of(hass, "sensor.clara_last_message").state == "accepted"
    await restart(hass, entry)
    assert state_of(hass, "sensor.clara_last_message").state == "accepted"


async def test_a_refused_text_is_the_last_one_too(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    entry.runtime_data.state.opt_outs.async_add(ANNA)
    with pytest.raises(Exception, match="opted out"):
        await notify(hass, "notify.anna", "Water")
    await told(hass)
    state = state_of(hass, LAST)
    assert (state.state, state.attributes["sent_at"]) == ("rejected", None)
    assert state.attributes["reason_text"] == "The person opted out (STOP)"


async def test_a_routes_recipient_shows_the_fate_of_the_routes_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    account = await set_up(HOUSE)
    await connect(account)
    await set_up_route(hass, [account])
    await notify(hass, "notify.rita", "Water")
    await simulator.settle()
    await pass_time(31)
    await told(hass)
    assert state_of(hass, "sensor.rita_last_message").state == "delivered"
    assert state_of(hass, LAST).state == "none"


async def test_a_text_that_ends_after_a_later_one_is_not_the_last(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    anna = recipient_id(entry, "Anna")
    old, new = (
        sent(entry, number, recipient_id=anna, status=status)
        for number, status in enumerate((Status.EXPIRED, Status.DELIVERED))
    )
    await store(entry, [old, new])
    for each in (new, old):
        async_dispatcher_send(hass, MESSAGES_UPDATED, entry.entry_id, [Update(each, Change.ENDED)])
    assert state_of(hass, LAST).state == "delivered"
    await restart(hass, entry)
    assert state_of(hass, LAST).state == "delivered"


async def test_an_attempt_for_a_route_is_not_the_accounts_last_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account = await set_up(HOUSE)
    await set_up_route(hass, [account])
    await notify(hass, "notify.rita", "Water")
    await told(hass)
    for _ in range(2):
        assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "none"
        await restart(hass, account)


# -- what a person writes ----------------------------------------------------------------------------------------------


async def test_one_recipient_shows_what_a_person_wrote(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    account, other = await set_up(HOUSE), await set_up(PRO)
    await connect(account)
    route = await set_up_route(hass, [account])
    add(hass, route, "Anna", numbers=[ANNA], original=recipient_id(account, "Anna"))
    await notify(hass, "notify.anna", "Is all well?")
    await simulator.answer(ANNA, "All is well", HOUSE)
    await told(hass)
    events = [state for state in hass.states.async_all("event") if state.attributes.get("text") == "All is well"]
    assert sorted(event.entity_id for event in events) == ["event.anna_message", "event.textinghouse_incoming_message"]
    attributes = state_of(hass, "event.anna_message").attributes
    assert (attributes["event_type"], attributes["sender_name"]) == ("reply", "Anna")
    assert other.state.value == "loaded"


async def test_a_routes_recipient_shows_it_if_there_is_no_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    account = await set_up(HOUSE)
    await connect(account)
    change(hass, account, "Anna", numbers=[OFF])
    await set_up_route(hass, [account])
    await notify(hass, "notify.rita", "Hello?")
    await simulator.answer(ANNA, "Hello", HOUSE)
    await told(hass)
    assert state_of(hass, "event.rita_message").attributes["text"] == "Hello"


async def test_a_recipient_that_shows_no_texts_leaves_them_to_another(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """The original is at a provider that has no incoming texts, or at an account that is disabled."""
    point, account = await set_up(POINT), await set_up(HOUSE)
    await connect(account)
    for name in ("Anna", "Ben"):
        remove(hass, account, name)
    add(hass, point, "Mia", numbers=[ANNA])
    route = await set_up_route(hass, [point, account])
    remove(hass, route, "Rita")
    add(hass, route, "Mia", numbers=[ANNA], original=recipient_id(point, "Mia"))
    await told(hass)
    await send(hass, "Well?", account=account.entry_id, to=ANNA)
    await simulator.answer(ANNA, "Hello", HOUSE)
    await told(hass)
    assert state_of(hass, "event.mia_message").attributes["text"] == "Hello"


async def test_the_recorder_keeps_nothing_of_what_a_person_wrote(
    recorder_mock: Any, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(HOUSE))
    began = dt_util.utcnow()
    await notify(hass, "notify.anna", "Well?")
    await simulator.answer(ANNA, "Our secret", HOUSE)
    await told(hass)
    await get_instance(hass).async_block_till_done()
    states = await get_instance(hass).async_add_executor_job(
        get_significant_states, hass, began, None, ["event.anna_message"]
    )
    recorded = str(states)
    assert "event.anna_message" in recorded
    assert "secret" not in recorded
    assert ANNA.removeprefix("+") not in recorded


async def test_where_no_texts_come_in_nobody_has_the_event(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(POINT)
    assert not hass.states.async_entity_ids("event") or "event.dev_message" not in hass.states.async_entity_ids()


# -- picture, model, test ----------------------------------------------------------------------------------------------


async def test_the_picture_follows_the_person(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Anna", "Zoe", picture="/local/a.png")

    def pictures() -> list[Any]:
        entities = ("notify.anna", "event.anna_message")
        return [state_of(hass, each).attributes.get("entity_picture") for each in entities]

    assert pictures() == [None, None]
    link(hass, entry, "Anna", "person.anna")
    await told(hass)
    assert pictures() == ["/local/a.png"] * 2
    person = state_of(hass, "person.anna")
    hass.states.async_set("person.anna", "home", {**person.attributes, "entity_picture": "/local/b.png"})
    await told(hass)
    assert pictures() == ["/local/b.png"] * 2
    # An icon tells a failure, so no picture hides it.
    assert "entity_picture" not in state_of(hass, LAST).attributes
    link(hass, entry, "Anna", "person.zoe")
    await told(hass)
    assert pictures() == ["/local/a.png"] * 2
    hass.states.async_remove("person.zoe")
    await told(hass)
    assert pictures() == [None, None]


async def test_each_device_says_what_it_is(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account = await set_up(HOUSE)
    route = await set_up_route(hass, [account])
    devices = [
        device
        for entry in (account, route)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    ]
    assert {device.name: device.model for device in devices} == {
        "TextingHouse": "SMS account",
        "Anna": "Recipient",
        "Ben": "Recipient",
        "Alerts": "Route",
        "Rita": "Recipient",
    }


async def test_a_test_text_goes_to_the_recipient(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    await hass.services.async_call("button", "press", {"entity_id": "button.anna_send_test_message"}, blocking=True)
    (message,) = simulator.messages()
    assert (f"+{message.phone_number}", message.text) == (ANNA, "Test from Home Assistant")


async def test_a_test_text_follows_the_accounts_template(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(POINT, data={"template_id": "1107000000000000002"})
    await hass.services.async_call("button", "press", {"entity_id": "button.dev_send_test_message"}, blocking=True)
    assert [message.text for message in simulator.messages()] == ["Home alert: Test from Home Assistant"]


async def test_test_texts_that_a_text_caused_are_limited(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(CLUB))
    await notify(hass, "notify.clara", "Well?")
    await simulator.answer(CLARA, "OK", CLUB)
    await told(hass)
    before = len(simulator.messages())
    context = Context(parent_id=state_of(hass, "event.clara_message").context.id)
    press = {"entity_id": "button.clara_send_test_message"}
    for _ in range(10):
        await hass.services.async_call("button", "press", press, blocking=True, context=context)
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("button", "press", press, blocking=True, context=context)
    text_of(caught.value, "limit_loop")
    assert len(simulator.messages()) == before + 10


async def test_a_recipient_without_a_number_gets_an_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    change(hass, await set_up(HOUSE), "Anna", numbers=[])
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, "notify.anna", "Water")
    text_of(caught.value, "recipient_without_number")
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("button", "press", {"entity_id": "button.anna_send_test_message"}, blocking=True)
    text_of(caught.value, "recipient_without_number")


@pytest.mark.default_entities
async def test_the_test_button_is_off_by_default(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(PRO)
    assert hass.states.async_entity_ids("button") == []
