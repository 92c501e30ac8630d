"""The logbook of a real Home Assistant: it shows who wrote and how deliveries ended, but not the texts."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import json
from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.phone_number import mask
from custom_components.texting.gateway.provider import Provider
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, notify, notify_entities, state_of, told
from tests.support.routes import ANNA, CLARA, disconnect, set_up_route

type Lines = Callable[[], Awaitable[list[str]]]

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
IN = "event.textinghouse_incoming_message"
HOSTILE = "<script>alert(1)</script> {{ 1/0 }} [x](javascript:1) \u202eevil\u202c\x1b[2J\0\n' OR 1=1"


@pytest.fixture
async def lines(recorder_mock: Any, hass: HomeAssistant, hass_client: Callable[[], Awaitable[Any]]) -> Lines:
    """Return a function that reads our logbook lines. None belongs to an entity, and the message says everything."""
    # The logbook depends on the frontend, but the test requests no page.
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "logbook", {})
    began = dt_util.utcnow() - timedelta(minutes=1)

    async def read() -> list[str]:
        await told(hass)
        await get_instance(hass).async_block_till_done()
        client = await hass_client()
        response = await client.get(f"/api/logbook/{began.isoformat().replace('+00:00', 'Z')}")
        assert response.status == 200
        found = [line for line in await response.json() if line.get("domain") == "texting"]
        assert not any("entity_id" in line or line["name"] for line in found)
        return [line["message"] for line in found]

    return read


def kept(hass: HomeAssistant) -> str:
    """Return all state attributes and event data in Home Assistant's database."""
    with session_scope(hass=hass, read_only=True) as session:
        connection = session.connection()
        rows = [
            row
            for sql in ("SELECT shared_attrs FROM state_attributes", "SELECT shared_data FROM event_data")
            for row in connection.exec_driver_sql(sql).fetchall()
        ]
    assert rows
    return "\n".join(str(row[0]) for row in rows)


async def database(hass: HomeAssistant) -> str:
    await get_instance(hass).async_block_till_done()
    text: str = await get_instance(hass).async_add_executor_job(kept, hass)
    return text


async def come_in(url: str, number: str, words: str) -> None:
    """Deliver a text as TextingHouse does."""
    fields = {"from": number, "txt": words, "apimsgid": "", "climsgid": ""}
    async with aiohttp.ClientSession() as session, session.post(url, json=fields) as response:
        assert response.status == 200


async def test_who_wrote(lines: Lines, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    url = await connect(await set_up(HOUSE))
    await come_in(url, ANNA, "A private word")
    await come_in(url, "+33699999999", "Another private word")
    await come_in(url, ANNA, "STOP")
    assert await lines() == [
        "Anna wrote",
        "+33…99 wrote",
        "Anna wants no more texts",
    ]


@pytest.mark.parametrize("provider", [HOUSE, PRO, CLUB, GROUP])
async def test_every_provider(
    lines: Lines,
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    if "webhook_id" in entry.data:
        await connect(entry)
    await pass_time(31)
    entity_id = notify_entities(provider)[0]
    name = entity_id.removeprefix("notify.").capitalize()
    await notify(hass, entity_id, "Secret one")
    await simulator.settle()
    await told(hass)
    await pass_time(31)
    await simulator.answer(ANNA if provider in (HOUSE, PRO) else CLARA, "Secret two", provider)
    await pass_time(31)
    end = "was sent" if provider in (CLUB, GROUP) else "was delivered"
    assert await lines() == [
        f"Text to {name} {end}",
        f"{name} wrote",
    ]
    assert state_of(hass, f"event.{provider}_incoming_message").attributes["text"] == "Secret two"
    stored = await database(hass)
    assert "delivery_report" in stored
    assert "Secret two" not in stored
    # Home Assistant fires an event for the action itself and saves its data.
    assert not [line for line in stored.splitlines() if "Secret one" in line and "service_data" not in line]


async def test_what_did_not_arrive(
    lines: Lines,
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Callable[[], Awaitable[None]],
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    await ask_to_send(hass, "Water", account=entry.entry_id, to=["+33612340006", "+33612340004"])
    await settle()
    assert sorted(await lines()) == [
        "Text to +33…04 was not delivered: phone off or out of reach",
        "Text to +33…06 was not delivered: the phone did not get it",
    ]


async def test_what_may_have_arrived(lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(GROUP)
    simulator.faults.add(GROUP, "html", path="/sending")
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.clara", "Water")
    assert await lines() == ["Text to Clara may not have been delivered"]


async def test_what_was_refused_here(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await come_in(await connect(await set_up(HOUSE)), ANNA, "STOP")
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.anna", "Water")
    assert (await lines())[1:] == ["Text to Anna was not delivered: the person opted out (STOP)"]


async def test_what_waits_is_no_news_until_it_is_taken_back(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, impatient: None
) -> None:
    await set_up(HOUSE)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    (waiting,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    assert await lines() == []
    await hass.services.async_call("texting", "cancel_message", {"reference": waiting["reference"]}, blocking=True)
    assert await lines() == ["Text to Anna was canceled"]


async def test_a_route_tells_once(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    await ask_to_send(hass, "Water", account=route.entry_id, to=CLARA)
    assert await lines() == [f"Text to {mask(CLARA)} was sent"]


async def test_a_hostile_name_is_one_harmless_line(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(HOUSE))
    await come_in(url, HOSTILE, "Who?")
    assert await lines() == ["Somebody wrote"]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [("+33699999999", "+33…99"), ("33 6 99 99 99 99", "+33…99"), ("36000", "36000"), ("Bank", "Bank")],
)
async def test_the_number_of_a_stranger_is_not_whole(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, sender: str, shown: str
) -> None:
    await come_in(await connect(await set_up(HOUSE)), sender, "Hello")
    assert await lines() == [f"{shown} wrote"]
    assert "699999999" not in await database(hass)


async def test_the_event(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> None:
    fired: list[dict[str, Any]] = []

    @callback
    def record(event: Event[Any]) -> None:
        fired.append(json.loads(json.dumps(event.data)))

    # The option of earlier versions that kept the text has no effect.
    url = await connect(await set_up(HOUSE, options={"log_texts": True}))
    hass.bus.async_listen("texting_message", record)
    await come_in(url, ANNA, "Hello")
    assert fired == [{"device_id": device_of(hass, "notify.anna"), "kind": "reply", "name": "Anna"}]
    fired.clear()
    await come_in(url, "+33699999999", "Hello")
    assert fired == [{"device_id": device_of(hass, IN), "kind": "reply", "name": "+33…99"}]


async def test_the_event_of_a_text_that_failed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    fired: list[dict[str, Any]] = []
    entry = await set_up(HOUSE)
    await connect(entry)
    hass.bus.async_listen("texting_message", callback(lambda event: fired.append(dict(event.data))))
    await ask_to_send(hass, "Water", account=entry.entry_id, to="+33612340004")
    await settle()
    device = device_of(hass, IN)
    assert fired == [{"device_id": device, "kind": "expired", "name": "+33…04", "reason": "phone_unreachable"}]


def device_of(hass: HomeAssistant, entity_id: str) -> str | None:
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    return entity.device_id


async def test_an_event_of_somebody_else_is_shown_as_it_is(lines: Lines, hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "texting", {})
    hass.bus.async_fire("texting_message", {"kind": "odd", "name": None})
    hass.bus.async_fire("texting_message", {"kind": "rejected", "name": "Anna", "reason": ["odd"]})
    hass.bus.async_fire("texting_message", {"kind": "rejected", "name": "Anna", "reason": "odd"})
    hass.bus.async_fire("texting_opted_out", {})
    # A name is shown as it is.
    hass.bus.async_fire("texting_message", {"kind": "delivered", "name": "<b>{Anna}</b>"})
    assert await lines() == [
        "Text to Somebody odd",
        "Text to Anna was not delivered",
        "Text to Anna was not delivered",
        "Somebody wants no more texts",
        "Text to <b>{Anna}</b> was delivered",
    ]


async def test_a_lock_of_commands(lines: Lines, hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "texting", {})
    hass.bus.async_fire("texting_commands_locked", {"device_id": "1", "name": "Anna", "account": "2", "minutes": 20})
    assert await lines() == ["Anna’s commands are locked for 20 minutes"]
