"""A route tracks its texts: delivery reports that arrive in time, late or never."""

import asyncio
from collections.abc import Awaitable, Callable
import gc
import weakref

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import notify, pass_until, record_changes, send, state_of, until
from tests.support.leftovers import what_is_left
from tests.support.routes import ANNA, CLARA, disconnect, sent, set_up_route, shown

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
STATUS, PENDING = "sensor.alerts_last_delivery_status", "sensor.alerts_pending_messages"
type Settle = Callable[[], Awaitable[None]]


async def test_entities(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE)])
    entities = er.async_entries_for_config_entry(er.async_get(hass), route.entry_id)
    assert sorted(entity.entity_id for entity in entities) == [
        "binary_sensor.rita_opted_out",
        "button.rita_send_test_message",
        "event.alerts_delivery_report",
        "event.rita_message",
        "notify.rita",
        STATUS,
        "sensor.alerts_oldest_pending_message",
        PENDING,
        "sensor.rita_last_message",
    ]
    assert hass.services.has_service("notify", "alerts")


async def test_what_becomes_of_a_text_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    await set_up_route(hass, [house])
    reports = record_changes(hass, "event.alerts_delivery_report")
    simulator.delivered_after = None
    await notify(hass, "notify.rita", "Water")
    assert state_of(hass, "notify.rita").state != "unknown"
    await settle()
    await shown(hass, STATUS, "accepted")
    await shown(hass, PENDING, "1")
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    await shown(hass, STATUS, "delivered")
    await shown(hass, PENDING, "0")
    assert [report.attributes["event_type"] for report in reports] == ["delivered"]
    told = reports[-1].attributes
    assert (told["to"], told["recipient_name"], told["account"]) == (ANNA, "Rita", "TextingHouse")
    assert told["message_id"] == simulator.messages()[0].id
    assert state_of(hass, STATUS).attributes["account"] == "TextingHouse"


async def test_the_legacy_action(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up_route(hass, [await set_up(HOUSE)])
    await hass.services.async_call("notify", "alerts", {"message": "Water"}, blocking=True)
    assert [message.phone_number for message in simulator.messages()] == [ANNA.removeprefix("+")]


async def test_not_delivered_is_the_end_where_nobody_has_to_confirm(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    route = await set_up_route(hass, [house, await set_up(PRO)])
    await send(hass, "Water", account=route.entry_id, to="+33612340006")
    await settle()
    assert sent(simulator) == [HOUSE]
    await shown(hass, STATUS, "undelivered")
    await shown(hass, PENDING, "0")


async def test_nobody_confirms_in_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    simulator.delivered_after = None
    house = await set_up(HOUSE)
    await connect(house)
    await set_up_route(hass, [house, await set_up(PRO)], confirm_within=5)
    await notify(hass, "notify.rita", "Water")
    await settle()
    await pass_time(290)
    assert sent(simulator) == [HOUSE]
    simulator.accounts[HOUSE].callback_url, url = None, simulator.accounts[HOUSE].callback_url
    await pass_time(20)
    await settle()
    await until(lambda: PRO in sent(simulator))
    assert sent(simulator) == [HOUSE, PRO]
    simulator.accounts[HOUSE].callback_url = url
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    await shown(hass, STATUS, "delivered")
    await shown(hass, PENDING, "0")
    assert state_of(hass, STATUS).attributes["account"] == "TextingHouse"


async def test_a_bad_report_lets_the_next_account_send_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    route = await set_up_route(hass, [house, await set_up(PRO)], confirm_within=5)
    await send(hass, "Water", account=route.entry_id, to="+33612340006")
    await settle()
    assert sent(simulator) == [HOUSE, PRO]
    await shown(hass, PENDING, "1")


async def test_who_cannot_confirm_is_believed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)], confirm_within=1)
    await send(hass, "Water", account=route.entry_id, to=CLARA)
    await shown(hass, STATUS, "accepted")
    await shown(hass, PENDING, "0")
    await pass_time(120)
    assert sent(simulator) == [CLUB]


async def test_delivered_late_while_another_account_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    """The text that waits at the other account is cancelled."""
    simulator.delivered_after = None
    house = await set_up(HOUSE)
    await connect(house)
    await set_up_route(hass, [house, await set_up(PRO)], confirm_within=1)
    await notify(hass, "notify.rita", "Water")
    await settle()
    await disconnect(simulator, "textiopro")
    await pass_time(62)
    await shown(hass, "sensor.textiopro_pending_messages", "1")
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    await shown(hass, STATUS, "delivered")
    await shown(hass, PENDING, "0")
    await shown(hass, "sensor.textiopro_pending_messages", "0")
    await simulator.restore()
    await pass_time(300)
    assert sent(simulator) == [HOUSE]


@pytest.mark.parametrize("reloaded", [False, True])
async def test_delivered_after_it_was_given_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, reloaded: bool
) -> None:
    """A report can arrive after the integration stopped tracking the text."""
    simulator.sent_after = None
    house = await set_up(HOUSE)
    url = await connect(house)
    route = await set_up_route(hass, [house])
    other = await set_up_route(hass, [house], title="Other")
    simulator.accounts[HOUSE].callback_url = None
    await notify(hass, "notify.rita", "Water")
    line, account = route.runtime_data, house.runtime_data
    (parent,) = line.outbox
    (child,) = account.outbox
    account.outbox.finish(child)
    await account.outbox.save([child])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not parent.is_pending
    if reloaded:
        await hass.config_entries.async_reload(route.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    simulator.accounts[HOUSE].callback_url = url
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    await shown(hass, STATUS, "delivered")
    assert state_of(hass, STATUS).attributes["account"] == "TextingHouse"
    await shown(hass, "sensor.other_last_delivery_status", "none")
    assert other.runtime_data.outbox.get(parent.reference) is None


async def test_unloading_leaves_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.delivered_after = None
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house, await set_up(PRO)], confirm_within=5)
    await notify(hass, "notify.rita", "Water")
    assert "timers" in what_is_left(hass, route)
    gone = weakref.ref(route.runtime_data)
    for entry in hass.config_entries.async_entries("texting"):
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert what_is_left(hass, route) == {}
    gc.collect()
    assert gone() is None


async def test_no_text_arrives_twice_or_never(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The first gateway rejects requests at random, but it does not lose responses."""
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    for kind in ("rate_limited", "unavailable"):
        simulator.faults.add("club_texting", kind, times=None, chance=0.3)
    to = [f"+1212555{number}" for number in range(1000, 1060)]
    asked = asyncio.create_task(send(hass, "Water", account=route.entry_id, to=to))
    await pass_until(hass, pass_time, lambda: len(simulator.messages()) >= 20)
    await hass.config_entries.async_reload(route.entry_id)
    await pass_until(hass, pass_time, lambda: asked.done() and state_of(hass, PENDING).state == "0")
    await asked
    assert sorted(f"+{message.phone_number}" for message in simulator.messages()) == to
