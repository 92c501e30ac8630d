"""How much a text, a reply and saved settings write: states for the recorder, and lines in Activity."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, count_writes, notify, told
from tests.support.routes import set_up_route

pytestmark = pytest.mark.default_entities

HOUSE, CLUB = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING
# design.md, what users see
MAX_WRITES, MAX_LINES, MAX_REPLY_LINES = 6, 5, 3
ANNA = "+33612345601"
type Lines = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def lines(recorder_mock: Any, hass: HomeAssistant, hass_client: Callable[[], Awaitable[Any]]) -> Lines:
    """Return a function that reads the lines of Activity since its last call: the entity, or our own sentence."""
    # The logbook depends on the frontend, but the test requests no page.
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "logbook", {})
    began = dt_util.utcnow() - timedelta(minutes=1)
    read_before = 0

    async def read() -> list[str]:
        nonlocal read_before
        await told(hass)
        await get_instance(hass).async_block_till_done()
        client = await hass_client()
        end = (dt_util.utcnow() + timedelta(hours=1)).isoformat()
        url = f"/api/logbook/{began.isoformat().replace('+00:00', 'Z')}"
        found = await (await client.get(url, params={"end_time": end.replace("+00:00", "Z")})).json()
        new, read_before = found[read_before:], len(found)
        return [line.get("entity_id") or line["message"] for line in new]

    return read


@pytest.mark.parametrize("way", ["entity", "action"])
async def test_a_text(
    lines: Lines,
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    way: str,
) -> None:
    await connect(await set_up(HOUSE))
    await notify(hass, "notify.anna", "The first one")
    await simulator.settle()
    await pass_time(31)
    await lines()
    writes = count_writes(hass)
    if way == "entity":
        await notify(hass, "notify.anna", "Water")
    else:
        await ask_to_send(hass, "Water", entity_id="notify.anna")
    await simulator.settle()
    await told(hass)
    await pass_time(31)
    assert sorted(writes) == [
        "notify.anna",
        "sensor.anna_last_message",
        "sensor.textinghouse_credit_balance",
        "sensor.textinghouse_last_delivery_status",
        "sensor.textinghouse_last_delivery_status",
        "sensor.textinghouse_segments_today",
    ]
    assert len(writes) <= MAX_WRITES
    written = await lines()
    assert sorted(written) == [
        "Text to Anna was delivered",
        "notify.anna",
        "sensor.textinghouse_last_delivery_status",
        "sensor.textinghouse_last_delivery_status",
    ]
    assert len(written) <= MAX_LINES


async def test_a_text_of_a_route(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    """The first account refuses it. The second one delivers it, and only the route tells so."""
    first, second = await set_up(CLUB), await set_up(HOUSE)
    await connect(second)
    await set_up_route(hass, [first, second])
    await lines()
    await notify(hass, "notify.rita", "Water")
    await simulator.settle()
    await pass_time(31)
    written = await lines()
    assert sorted(written) == [
        "Text to Rita was delivered",
        "notify.rita",
        "sensor.alerts_last_delivery_status",
        "sensor.alerts_last_delivery_status",
        "sensor.rita_last_message",
    ]
    assert len(written) <= MAX_LINES


@pytest.fixture
async def answered(
    lines: Lines, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> Callable[[str], Awaitable[list[str]]]:
    """Return a function that lets Anna answer a text. It returns the lines that her answer makes."""
    await connect(await set_up(HOUSE))
    await notify(hass, "notify.anna", "Water")
    await simulator.settle()
    await pass_time(31)
    await lines()

    async def answer(text: str) -> list[str]:
        await simulator.answer(ANNA, text, HOUSE)
        await pass_time(31)
        return sorted(await lines())

    return answer


async def test_a_reply(answered: Callable[[str], Awaitable[list[str]]], hass: HomeAssistant) -> None:
    writes = count_writes(hass)
    written = await answered("Thank you")
    assert sorted(writes) == ["event.anna_message", "event.textinghouse_incoming_message"]
    assert written == ["Anna wrote", "event.anna_message", "event.textinghouse_incoming_message"]
    assert len(written) <= MAX_REPLY_LINES


async def test_a_stop(answered: Callable[[str], Awaitable[list[str]]]) -> None:
    written = await answered("STOP")
    assert written == [
        "Anna wants no more texts",
        "binary_sensor.anna_opted_out",
        "event.textinghouse_incoming_message",
    ]
    assert len(written) <= MAX_REPLY_LINES


async def test_saved_settings_write_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(31)
    await told(hass)
    writes = count_writes(hass)
    options = {"low_credit": 2, "daily_limit": 50, "balance_interval": 20, "keep_days": 10}
    hass.config_entries.async_update_entry(entry, options=entry.options | options)
    anna = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, anna, data={**anna.data, "sender": "Home"})
    await told(hass)
    assert writes == []


async def test_many_texts_at_once_are_published_together(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(Provider.TEXTIOPRO)
    writes = count_writes(hass)
    await ask_to_send(hass, "Water", account=entry.entry_id, to=[f"+336123450{number:02}" for number in range(30)])
    await told(hass)
    assert sorted(writes) == ["sensor.textiopro_last_delivery_status", "sensor.textiopro_segments_today"]


async def test_which_entities_are_off_by_default(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert sorted(entity.translation_key or "" for entity in entities if entity.disabled_by) == [
        "credit_lasts_until",
        "delivery_rate",
        "delivery_report",
        "oldest_pending",
        "pending_messages",
        "send_test_message",
        "send_test_message",
    ]
