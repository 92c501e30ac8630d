"""Incoming texts: the message they answer, the name of the sender, keywords and pictures."""

from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any

import aiohttp
import pytest

from custom_components.texting import receiver, replies
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.automations import automate, received
from tests.support.home import ask_to_send, first_number, notify_entities, record_changes, rent, restart, state_of, told
from tests.support.routes import ANNA, CLARA, new_route, set_up_route

type Settle = Callable[[], Awaitable[None]]

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
HEARING = pytest.mark.parametrize("provider", [HOUSE, PRO, CLUB, GROUP])
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])


async def text(hass: HomeAssistant, provider: Provider, words: str = "Water") -> str:
    """Send a text to the first recipient and return its reference."""
    (answer,) = await ask_to_send(hass, words, entity_id=notify_entities(provider)[0])
    reference: str = answer["reference"]
    return reference


async def answer(simulator: Simulator, provider: Provider, pass_time: PassTime, words: str = "On my way") -> None:
    """Let the first recipient reply, and let the integration receive the reply."""
    await simulator.answer(first_number(provider), words, provider)
    await pass_time(31 if provider is PRO else 0)


def shown(hass: HomeAssistant, provider: Provider) -> dict[str, Any]:
    """Return the attributes of the last incoming text."""
    return dict(state_of(hass, f"event.{provider}_incoming_message").attributes)


async def come_in(url: str, provider: Provider, number: str, words: str, *, status: int = 200, **more: Any) -> None:
    """Send an incoming text to the webhook, as the provider does."""
    fields: dict[str, Any] = {"from": number, "message": words, **more}
    if provider is HOUSE:
        fields = {"from": number, "txt": words, "apimsgid": "", "climsgid": "", **more}
    async with aiohttp.ClientSession() as session, session.post(url, json=fields) as response:
        assert (response.status, await response.text()) == (status, "")


@pytest.fixture
def connect_if_told(connect: Connect) -> Connect:
    """Return a function that gives the webhook URL to the provider, if the provider uses a webhook."""

    async def paste(entry: Any) -> str:
        return await connect(entry) if "webhook_id" in entry.data else ""

    return paste


# -- what a text answers -------------------------------------------------------------------------------------------


@HEARING
async def test_a_reply_answers_the_last_message(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect_if_told: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    await connect_if_told(await set_up(provider))
    await pass_time(31)
    runs = await automate(hass, received())
    references = [await text(hass, provider), await text(hass, provider, "Fire")]
    await ask_to_send(hass, "Others", entity_id=notify_entities(provider)[1])
    await answer(simulator, provider, pass_time)
    assert shown(hass, provider)["in_reply_to"] == references[1]
    assert [(run["in_reply_to"], run["text"]) for run in runs] == [(references[1], "On my way")]


@HEARING
async def test_who_was_not_texted_answers_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect_if_told: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    url = await connect_if_told(await set_up(provider))
    await pass_time(31)
    await text(hass, provider)
    stranger = "+33699999999" if provider in (HOUSE, PRO) else "+12125550199"
    if provider is PRO:
        await simulator.answer(stranger, "Hello", provider)
        await pass_time(31)
    else:
        await come_in(url, provider, stranger, "Hello")
    assert (shown(hass, provider)["from"], shown(hass, provider)["in_reply_to"]) == (stranger, None)


@HEARING
async def test_it_is_known_after_a_restart(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect_if_told: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    await connect_if_told(entry)
    await pass_time(31)
    reference = await text(hass, provider)
    await told(hass)
    await restart(hass, entry)
    await answer(simulator, provider, pass_time)
    assert shown(hass, provider)["in_reply_to"] == reference


@pytest.mark.parametrize("field", ["climsgid", "apimsgid"])
async def test_what_the_provider_says_it_answers_counts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, field: str
) -> None:
    """The ID from the provider takes precedence over the last text that was sent."""
    url = await connect(await set_up(HOUSE))
    first = await text(hass, HOUSE)
    await text(hass, HOUSE, "Fire")
    await settle()
    said = first if field == "climsgid" else simulator.messages()[0].id
    await come_in(url, HOUSE, ANNA, "The first", **{field: said})
    assert shown(hass, HOUSE)["in_reply_to"] == first


async def test_an_answer_comes_within_three_days(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    url = await connect(await set_up(GROUP))
    reference = await text(hass, GROUP)
    await pass_time(72 * 3600 - 60)
    await come_in(url, GROUP, CLARA, "Late")
    assert shown(hass, GROUP)["in_reply_to"] == reference
    await pass_time(61)
    await come_in(url, GROUP, CLARA, "Too late")
    assert (shown(hass, GROUP)["text"], shown(hass, GROUP)["in_reply_to"]) == ("Too late", None)


async def test_another_accounts_message_is_not_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await set_up(CLUB)
    url = await connect(await set_up(GROUP))
    (sent,) = await ask_to_send(hass, "Water", entity_id="notify.clara")
    assert sent["reference"]
    assert [message.provider for message in simulator.messages()] == [CLUB]
    await come_in(url, GROUP, CLARA, "What?")
    assert shown(hass, GROUP)["in_reply_to"] is None


@pytest.mark.parametrize("provider", [HOUSE, GROUP])
async def test_a_routes_message_is_what_is_answered(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Settle,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    await connect(entry)
    route = await set_up_route(hass, [entry])
    (sent,) = await ask_to_send(hass, "Water", account=route.entry_id, to=first_number(provider))
    await settle()
    await answer(simulator, provider, pass_time)
    assert shown(hass, provider)["in_reply_to"] == sent["reference"]
    own = simulator.messages()[0].client_id
    assert shown(hass, provider)["reference"] == own
    assert own != sent["reference"]


async def test_a_stuck_disk_keeps_no_text_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await set_up(GROUP)
    url = await connect(entry)
    reference = await text(hass, GROUP)
    runs = await automate(hass, received())
    events = record_changes(hass, "event.group_texting_incoming_message")
    monkeypatch.setattr(receiver, "LOOKUP_TIMEOUT", 0.1)
    monkeypatch.setattr(replies, "WRITE_TIMEOUT", 0.1)
    thread, free = entry.runtime_data.outbox.database._thread, Event()
    thread.submit(free.wait)
    try:
        for number in range(3):
            # The provider may repeat the call, because the text is not on disk.
            await come_in(url, GROUP, CLARA, f"Text {number}", status=503)
    finally:
        free.set()
        monkeypatch.setattr(receiver, "LOOKUP_TIMEOUT", 60.0)
    await hass.async_block_till_done()
    assert [(state.attributes["text"], state.attributes["in_reply_to"]) for state in events] == [
        (f"Text {number}", None) for number in range(3)
    ]
    assert [run["text"] for run in runs] == [f"Text {number}" for number in range(3)]
    await come_in(url, GROUP, CLARA, "Free again")
    assert shown(hass, GROUP)["in_reply_to"] == reference


async def test_many_at_once_keep_their_order(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    await pass_time(31)
    reference = await text(hass, PRO)
    events = record_changes(hass, "event.textiopro_incoming_message")
    for number in range(50):
        await simulator.answer(ANNA, f"Text {number}", PRO)
    await pass_time(31)
    assert [state.attributes["text"] for state in events] == [f"Text {number}" for number in range(50)]
    assert {state.attributes["in_reply_to"] for state in events} == {reference}


# -- sender names --------------------------------------------------------------------------------------------------


async def test_names_of_other_accounts_and_routes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(entry := await set_up(GROUP))
    await come_in(url, GROUP, ANNA, "One")
    assert shown(hass, GROUP)["sender_name"] is None
    route = new_route([entry])
    route.add_to_hass(hass)
    await come_in(url, GROUP, ANNA, "Two")
    assert shown(hass, GROUP)["sender_name"] == "Rita"
    await come_in(url, GROUP, CLARA, "Three")
    assert shown(hass, GROUP)["sender_name"] == "Clara"


async def test_the_own_name_comes_first(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    new_route(["nobody"]).add_to_hass(hass)
    url = await connect(await set_up(HOUSE))
    await come_in(url, HOUSE, ANNA, "Hello")
    assert shown(hass, HOUSE)["sender_name"] == "Anna"


# -- keywords ------------------------------------------------------------------------------------------------------


@EZ
async def test_a_keyword_by_whichever_api(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    entry = await set_up(provider)
    await rent(hass, entry, "ALARM")
    url = await connect(entry)
    for words, kind, keyword in (
        ("alarm", "keyword", "ALARM"),
        ("Alarm off please", "keyword", "ALARM"),
        ("The alarm", "reply", None),
        ("alarming", "reply", None),
        ("", "reply", None),
        ("STOP", "opt_out", None),
    ):
        await come_in(url, provider, "2125550142", words)
        await told(hass)
        last = shown(hass, provider)
        assert (last["text"], last["event_type"], last["keyword"]) == (words, kind, keyword)
    async with aiohttp.ClientSession() as session:
        await session.get(url, params={"PhoneNumber": "2125550143", "Message": "aLaRm on"})
    assert (shown(hass, provider)["event_type"], shown(hass, provider)["keyword"]) == ("keyword", "ALARM")


# -- pictures ------------------------------------------------------------------------------------------------------

PICTURE = "https://media.example.com/1?a=b,c"


@pytest.mark.parametrize(
    ("words", "extra", "heard"),
    [
        ("Look", {"media_url": PICTURE}, f"Look\n{PICTURE}"),
        ("", {"media_url": PICTURE}, PICTURE),
        (f"Look {PICTURE}", {"media_url": PICTURE}, f"Look {PICTURE}"),
        (
            "Look",
            {"mms": [PICTURE, "http://two.example", 3], "mediaUrl0": PICTURE},
            f"Look\n{PICTURE}\nhttp://two.example",
        ),
        ("Look", {"media_url": "javascript:alert(1)", "mms_url": None, "media": {"url": PICTURE}}, "Look"),
    ],
)
async def test_pictures_on_the_list(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    words: str,
    extra: dict[str, Any],
    heard: str,
) -> None:
    await set_up(PRO)
    await pass_time(31)
    await simulator.answer(ANNA, words, PRO, media=extra)
    await pass_time(31)
    assert shown(hass, PRO)["text"] == heard


@pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
async def test_pictures_of_a_call(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    url = await connect(entry := await set_up(provider))
    await come_in(url, provider, first_number(provider), "Look", MediaUrl=f"{PICTURE} http://two.example")
    assert shown(hass, provider)["text"] == f"Look\n{PICTURE}\nhttp://two.example"
    await come_in(url, provider, first_number(provider), "STOP", MMS_URL=PICTURE)
    await told(hass)
    assert shown(hass, provider)["event_type"] == "opt_out"
    assert len(entry.runtime_data.state.opt_outs) == 1


# -- opt-outs ------------------------------------------------------------------------------------------------------


async def test_opt_outs_are_counted(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    def counted() -> int:
        count: int = state_of(hass, "sensor.group_texting_pending_messages").attributes["opted_out"]
        return count

    url = await connect(await set_up(GROUP))
    assert counted() == 0
    for number, words, count in ((CLARA, "STOP", 1), ("+12125550143", "Quit!", 2), (CLARA, "START", 1)):
        await come_in(url, GROUP, number, words)
        await hass.async_block_till_done()
        assert counted() == count
