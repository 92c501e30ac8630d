"""Test that a reload of an account loses no pending message and no text that comes in meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import notify, record_changes, send, state_of, told, until

HOUSE, POINT = Provider.TEXTINGHOUSE, Provider.THESMSPOINT
type Settle = Callable[[], Awaitable[None]]


async def begin(hass: HomeAssistant, simulator: Simulator) -> asyncio.Task[None]:
    """Send a text. It has arrived at the provider, whose response comes when a second passes."""
    simulator.faults.add(HOUSE, "latency", params={"cmd": "sendsms"}, delay=1)
    sending = asyncio.create_task(notify(hass, "notify.anna", "Water"))
    await until(simulator.messages)
    return sending


async def test_pending_messages_outlive_a_reload(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.delivered_after = None
    entry = await set_up(HOUSE)
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await settle()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, "sensor.textinghouse_pending_messages").state == "1"
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "accepted"
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    assert state_of(hass, "sensor.textinghouse_pending_messages").state == "0"
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "delivered"


async def test_pending_messages_are_asked_for_after_a_reload(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(POINT)
    await notify(hass, "notify.dev", "Water")
    await hass.config_entries.async_reload(entry.entry_id)
    await simulator.settle()
    await pass_time(16)
    assert state_of(hass, "sensor.thesmspoint_last_delivery_status").state == "delivered"


async def test_a_text_under_way_while_the_account_reloads_is_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    sending = await begin(hass, simulator)
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await until(lambda: entry.state is ConfigEntryState.SETUP_IN_PROGRESS)
    assert not sending.done()
    await pass_time(1, wait=False)
    await asyncio.gather(sending, reload)
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "1"
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state in ("accepted", "sent", "delivered")


async def test_a_text_whose_action_is_cancelled_is_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(HOUSE)
    sending = await begin(hass, simulator)
    sending.cancel()
    await asyncio.wait([sending])
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "0"
    await pass_time(1, wait=False)
    await told(hass)
    assert [message.text for message in simulator.messages()] == ["Water"]
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "1"
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "accepted"


async def test_what_comes_in_while_the_account_is_being_loaded_is_heard(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await settle()
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    simulator.clear_requests()
    simulator.latency = 1
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await until(simulator.requests)
    status, _ = await simulator.answer("+33612345601", "On my way", HOUSE)
    assert status == 200
    assert not reload.done()
    simulator.latency = 0
    await pass_time(1, wait=False)
    await reload
    await settle()
    assert incoming[-1].attributes["text"] == "On my way"


async def test_a_new_text_is_asked_for_soon_although_an_old_one_is_not(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(POINT)
    await send(hass, "Old", account=entry.entry_id, to="+919812340009")  # its status never becomes final
    await simulator.settle()
    for seconds in (16, 31, 61, 121, 241):
        await pass_time(seconds)
    await notify(hass, "notify.dev", "New")
    await simulator.settle()
    await pass_time(16)
    assert state_of(hass, "sensor.thesmspoint_last_delivery_status").state == "delivered"


async def test_entities_show_what_arrived_while_they_were_added(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    sending = await begin(hass, simulator)
    simulator.clear_requests()
    simulator.latency = 2
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    await until(simulator.requests)
    await pass_time(1, wait=False)
    await sending
    assert not reload.done()
    await pass_time(1, wait=False)
    await reload
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "1"
    assert state_of(hass, "sensor.textinghouse_pending_messages").state == "1"


async def test_an_account_that_is_gone_asks_for_no_credentials(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    simulator.accounts[HOUSE].password = "changed"
    simulator.clear_requests()
    simulator.latency = 1
    sending = asyncio.create_task(notify(hass, "notify.anna", "Water"))
    await until(simulator.requests)
    await hass.config_entries.async_remove(entry.entry_id)
    await pass_time(1, wait=False)
    with pytest.raises(HomeAssistantError):
        await sending
    assert not hass.config_entries.flow.async_progress()


async def test_home_assistant_stops_after_the_send(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    state = entry.runtime_data.state
    sending = await begin(hass, simulator)
    stopping = asyncio.create_task(hass.async_stop(force=True))
    await until(lambda: state.worker and not state.worker._is_running)
    assert not sending.done()
    await pass_time(1, wait=False)
    await stopping
    await asyncio.wait([sending])
    assert [message.text for message in simulator.messages()] == ["Water"]
    assert state.counters.segments_today == 1


async def test_old_news_is_no_news(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await settle()
    entry.runtime_data.state.ready = False  # as while the account loads
    await simulator.answer("+33612345601", "Open the gate", HOUSE)
    await pass_time(601)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle()
    assert state_of(hass, "event.textinghouse_incoming_message").state == "unknown"
