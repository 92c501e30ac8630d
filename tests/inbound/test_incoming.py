import asyncio
from collections.abc import Awaitable, Callable
import json

import pytest

from custom_components.texting.coordinator import REFRESH_DELAY
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant, State
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.flows import reauth_flow
from tests.support.home import notify, notify_entities, post, record_changes, state_of, until

type Settle = Callable[[], Awaitable[None]]

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
EZ = pytest.mark.parametrize("provider", [Provider.CLUB_TEXTING, Provider.GROUP_TEXTING])


def texts(states: list[State]) -> list[str]:
    return [state.attributes["text"] for state in states]


# -- TextingHouse --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
async def test_a_reply_of_a_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, *, form: bool
) -> None:
    simulator.accounts[HOUSE].callback_form = form
    await connect(await set_up(HOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await notify(hass, "notify.anna", "Water in the cellar")
    await settle()
    message = simulator.messages()[0]
    assert await simulator.answer("+33612345601", "Je viens à l'instant 👍") == (200, "")
    await settle()
    (state,) = incoming
    sent_at = state.attributes["sent_at"]
    assert sent_at.startswith("20")
    assert sent_at.endswith("+00:00")
    assert (
        state.attributes.items()
        >= {
            "event_type": "reply",
            "from": "+33612345601",
            "sender_name": "Anna",
            "text": "Je viens à l'instant 👍",
            "reference": message.client_id,
            "message_id": message.id,
            "keyword": None,
        }.items()
    )


async def test_a_reply_of_someone_else_has_no_name(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    url = await connect(await set_up(HOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    fields = {"apimsgid": "1", "climsgid": "", "txt": "Who is this?"}
    assert await post(url, **fields, **{"from": "33699999999"}) == 200
    await settle()
    assert (incoming[0].attributes["from"], incoming[0].attributes["sender_name"]) == ("+33699999999", None)


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "UNSUBSCRIBE", "arrêt"])
async def test_who_wants_no_more_is_told_apart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, word: str
) -> None:
    await connect(await set_up(HOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await notify(hass, "notify.anna", "Water")
    await simulator.answer("+33612345601", word)
    await settle()
    assert [state.attributes["event_type"] for state in incoming] == ["opt_out"]


async def test_a_reply_twice_is_one_event(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    """The gateway repeats a request that was not acknowledged in time. After 48 hours, it is a new text."""
    url = await connect(await set_up(HOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    reply = {"apimsgid": "a", "climsgid": "", "from": "33612345601", "txt": "Yes", "date": "2026-01-02T03:04:05Z"}
    for _ in range(3):
        assert await post(url, **reply) == 200
    assert texts(incoming) == ["Yes"]
    assert await post(url, **{**reply, "date": "2026-01-02T03:05:05Z"}) == 200
    assert texts(incoming) == ["Yes", "Yes"]
    for hours, heard in ((47, 2), (2, 3)):
        await pass_time(hours * 3600)
        assert await post(url, **reply) == 200
        assert texts(incoming) == ["Yes"] * heard


async def test_a_date_that_is_none_is_left_out(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.accounts[HOUSE].reply_date_format = "yesterday"
    await connect(await set_up(HOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    await notify(hass, "notify.anna", "Water")
    await simulator.answer("+33612345601", "Yes")
    await settle()
    assert incoming[0].attributes["sent_at"] is None


# -- Club and Group ------------------------------------------------------------------------------------------------


def incoming_of(provider: Provider) -> str:
    return f"event.{provider}_incoming_message"


@EZ
async def test_a_reply_and_a_keyword(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Settle,
    provider: Provider,
) -> None:
    simulator.accounts[provider].keywords["status"] = Keyword(autoreply="")
    await connect(await set_up(provider))
    incoming = record_changes(hass, incoming_of(provider))
    await notify(hass, notify_entities(provider)[0], "Water")
    await settle()
    for text in ("On my way", "status", "STOP"):
        assert await simulator.answer("+12125550142", text) == (200, "")
    await settle()
    shown = [{**state.attributes} for state in incoming]
    assert [(each["event_type"], each["text"], each["keyword"]) for each in shown] == [
        ("reply", "On my way", None),
        ("keyword", "status", "status"),
        ("opt_out", "STOP", None),
    ]
    assert {(each["from"], each["sender_name"]) for each in shown} == {("+12125550142", "Clara")}


@EZ
async def test_nothing_is_texted_back(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Settle,
    provider: Provider,
) -> None:
    """These gateways text the body of our response to the sender."""
    simulator.accounts[provider].wait_for_response = True
    await connect(await set_up(provider))
    await notify(hass, notify_entities(provider)[0], "Water")
    await simulator.answer("+12125550142", "Thanks")
    await settle()
    assert [message.text for message in simulator.messages()] == ["Water"]


@EZ
async def test_unique_requests_are_told_apart_and_their_repetition_is_not(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Settle,
    provider: Provider,
) -> None:
    await connect(await set_up(provider))
    incoming = record_changes(hass, incoming_of(provider))
    await notify(hass, notify_entities(provider)[0], "Water")
    for number in ("1", "1", "2"):
        simulator.accounts[provider].callback_extra = {"messageid": number}
        await simulator.answer("+12125550142", "Yes")
    await settle()
    assert [state.attributes["message_id"] for state in incoming] == ["1", "2"]


@EZ
async def test_a_repetition_is_one_text_for_48_hours(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    """If the provider sends no ID, the limit is one minute, because a person may send the same text again."""
    url = await connect(await set_up(provider))
    incoming = record_changes(hass, incoming_of(provider))
    named, nameless = (
        {"from": "2125550142", "message": "Yes", "messageid": "1"},
        {"from": "2125550143", "message": "No"},
    )
    for seconds, fields, heard in (
        (0, named, ["Yes"]),
        (47 * 3600, named, ["Yes"]),
        (2 * 3600, named, ["Yes", "Yes"]),
        (0, nameless, ["Yes", "Yes", "No"]),
        (59, nameless, ["Yes", "Yes", "No"]),
        (2, nameless, ["Yes", "Yes", "No", "No"]),
    ):
        await pass_time(seconds)
        assert await post(url, **fields) == 200
        assert texts(incoming) == heard


# -- TextioPro: polling --------------------------------------------------------------------------------------------


async def test_the_first_look_only_remembers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await simulator.answer("+33612345601", "Long ago", PRO)
    await set_up(PRO)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(31)
    assert incoming == []
    assert state_of(hass, "event.textiopro_incoming_message").state == "unknown"
    for text in ("One", "Two"):
        await simulator.answer("+33612345601", text, PRO)
    await simulator.answer("+33699999999", "STOP", PRO)
    await pass_time(31)
    await pass_time(31)
    shown = [
        (state.attributes["event_type"], state.attributes["sender_name"], state.attributes["text"])
        for state in incoming
    ]
    # Those of one phone come in their order.
    stop = ("opt_out", None, "STOP")
    assert [each for each in shown if each != stop] == [("reply", "Anna", "One"), ("reply", "Anna", "Two")]
    assert shown.count(stop) == 1
    assert len({state.attributes["message_id"] for state in incoming}) == 3


@pytest.mark.parametrize("api", ["bearer", "token"])
async def test_what_was_seen_is_known_after_a_reload(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, api: str
) -> None:
    entry = await set_up(PRO, data={"api": api})
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(31)
    await simulator.answer("+33612345601", "One", PRO)
    await pass_time(31)
    assert texts(incoming) == ["One"]
    await hass.config_entries.async_unload(entry.entry_id)
    await simulator.answer("+33612345601", "While it was away", PRO)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert texts([state for state in incoming if "text" in state.attributes])[-1] == "While it was away"
    fired = [state for state in incoming if state.state not in ("unknown", "unavailable")]
    assert len({state.state for state in fired}) == 2


async def test_the_first_text_ever_is_heard(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The first list is empty, and the integration remembers that it has read it."""
    await set_up(PRO)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(31)
    await simulator.answer("+33612345601", "One", PRO)
    await pass_time(31)
    assert texts(incoming) == ["One"]


async def test_what_comes_in_right_after_the_start_is_news(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    await hass.async_block_till_done(wait_background_tasks=True)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await simulator.answer("+33612345601", "One", PRO)
    await pass_time(31)
    assert texts(incoming) == ["One"]


async def test_texts_that_were_sent_are_no_incoming_ones(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(31)
    await notify(hass, "notify.anna", "Water")
    await pass_time(31)
    assert incoming == []


async def test_a_list_that_cannot_be_read_is_read_the_next_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(31)
    await simulator.answer("+33612345601", "One", PRO)
    simulator.faults.add(PRO, "html")
    await pass_time(31)
    assert incoming == []
    await pass_time(31)
    assert texts(incoming) == ["One"]


async def test_one_look_at_a_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO, options={"incoming_interval": 5})
    simulator.faults.add(PRO, "hang", path="/sms")
    simulator.clear_requests()
    for _ in range(3):
        await pass_time(6, wait=False)
        await until(lambda: simulator.requests(PRO))
        for _ in range(20):  # a second look would begin now
            await asyncio.sleep(0)
        assert len(simulator.requests(PRO)) == 1
    await pass_time(31, wait=False)  # the hanging request times out
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(6)
    assert len(simulator.requests(PRO)) > 1


async def test_refused_credentials_ask_to_sign_in_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    simulator.accounts[PRO].token = "8|changed"
    await pass_time(31)
    # The balance is read too, and decides.
    await pass_time(REFRESH_DELAY + 1)
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


async def test_a_login_that_is_refused_only_for_the_list_asks_for_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """Signing in would succeed, and change nothing."""
    await set_up(PRO)
    refused = json.dumps({"status": "error", "message": "Unauthenticated."})
    simulator.faults.add(PRO, "answer", None, path="/api/v3/sms", status=401, body=refused)
    for _ in range(3):
        await pass_time(31)
    assert not hass.config_entries.flow.async_progress()


async def test_old_ids_are_forgotten_in_the_end(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    memory = entry.runtime_data.store.memory
    memory.seen = [f"{number:013x}" for number in range(500)]
    await simulator.answer("+33612345601", "One", PRO)
    await pass_time(31)
    assert len(memory.seen) == 500
    assert memory.seen[1] == f"{0:013x}"
