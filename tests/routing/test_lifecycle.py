"""A route continues its texts after a restart, and handles its own removal and the removal of an account."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.storage.entry_state import _STATES
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import new_entry
from tests.support.home import preview, send, state_of, tried, until
from tests.support.routes import ANNA, CLARA, disconnect, sent, set_up_route, shown

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
STATUS, PENDING = "sensor.alerts_last_delivery_status", "sensor.alerts_pending_messages"
type Settle = Callable[[], Awaitable[None]]


async def begin(hass: HomeAssistant, pass_time: PassTime, route: MockConfigEntry, to: str = CLARA) -> MessageRecord:
    """Send a text, let ten seconds pass after the first try and return the record of the text."""
    asked = asyncio.create_task(send(hass, "Water", account=route.entry_id, to=to))
    await tried(hass, asked)
    await pass_time(10.1)
    await asked
    (record,) = route.runtime_data.outbox
    return record


async def restart(hass: HomeAssistant, *entries: MockConfigEntry) -> None:
    """Unload the entries, clear their state in memory, and load them again in the given order."""
    for entry in entries:
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
    for entry in entries:
        hass.data[_STATES].pop(entry.entry_id, None)
    for entry in entries:
        await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def children(route: MockConfigEntry, parent: MessageRecord) -> list[MessageRecord]:
    """Return the records of a route's attempts for a message, as they are in the database."""
    found: list[MessageRecord] = await route.runtime_data.outbox.database.attempts([parent.reference])
    return found


async def test_a_restart_before_the_first_attempt(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The account is loaded after the route, and the route waits for it."""
    club, group = await set_up(CLUB), await set_up(GROUP)
    await hass.config_entries.async_unload(club.entry_id)
    await hass.config_entries.async_unload(group.entry_id)
    route = await set_up_route(hass, [club, group])
    parent = await begin(hass, pass_time, route)
    await restart(hass, route, group, club)
    await until(lambda: sent(simulator))
    assert sent(simulator) == [CLUB]
    assert len(await children(route, parent)) == 1


async def test_a_restart_while_an_account_is_out_of_reach(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club, group = await set_up(CLUB), await set_up(GROUP)
    route = await set_up_route(hass, [club, group])
    await disconnect(simulator, "club_texting")
    parent = await begin(hass, pass_time, route)
    await restart(hass, club, group, route)
    assert [child.phase for child in await children(route, parent)] == [Phase.WAITING]
    for _ in range(20):
        await pass_time(2)
    await until(lambda: sent(simulator))
    await simulator.restore()
    await pass_time(600)
    assert sent(simulator) == [GROUP]
    assert [child.entry_id for child in await children(route, parent)] == [club.entry_id, group.entry_id]


async def test_a_text_that_waits_at_an_account_that_is_not_loaded_any_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club, group = await set_up(CLUB), await set_up(GROUP)
    route = await set_up_route(hass, [club, group])
    await disconnect(simulator, "club_texting")
    parent = await begin(hass, pass_time, route)
    await hass.config_entries.async_unload(club.entry_id)
    await restart(hass, group, route)
    await pass_time(16)
    await until(lambda: sent(simulator))
    await simulator.restore()
    await hass.config_entries.async_setup(club.entry_id)
    await pass_time(600)
    assert sent(simulator) == [GROUP]
    assert [child.phase for child in await children(route, parent)] == [Phase.DONE, Phase.DONE]


async def test_a_restart_after_it_was_sent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.delivered_after = None
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house, await set_up(PRO)])
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    await restart(hass, route, house)
    await shown(hass, PENDING, "1")
    await simulator.set_status(simulator.messages()[0], "3")
    await pass_time(16)
    await shown(hass, STATUS, "delivered")
    assert sent(simulator) == [HOUSE]


async def test_it_is_reloaded_while_it_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    await disconnect(simulator, "club_texting")
    await begin(hass, pass_time, route)
    for _ in range(3):
        await hass.config_entries.async_reload(route.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(9):
        await pass_time(2)
    await until(lambda: sent(simulator))
    await shown(hass, STATUS, "accepted")
    assert sent(simulator) == [GROUP]


async def test_an_account_is_removed_while_a_text_waits_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club = await set_up(CLUB)
    route = await set_up_route(hass, [club, await set_up(GROUP)])
    await disconnect(simulator, "club_texting")
    await begin(hass, pass_time, route)
    await hass.config_entries.async_remove(club.entry_id)
    await shown(hass, STATUS, "accepted")
    assert sent(simulator) == [GROUP]
    registry = ir.async_get(hass)
    issue = f"route_broken_{route.entry_id}"
    assert registry.async_get_issue(DOMAIN, issue)
    hass.config_entries.async_update_entry(route, data={**route.data, "accounts": route.data["accounts"][1:]})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert registry.async_get_issue(DOMAIN, issue) is None


async def test_the_route_is_removed_while_a_text_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB)])
    await disconnect(simulator, "club_texting")
    parent = await begin(hass, pass_time, route)
    await shown(hass, "sensor.club_texting_pending_messages", "1")
    await hass.config_entries.async_remove(route.entry_id)
    await shown(hass, "sensor.club_texting_pending_messages", "0")
    assert parent.phase is Phase.DONE
    await simulator.restore()
    await pass_time(600)
    assert not simulator.messages()
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"account_removed_{route.entry_id}")


async def test_a_text_is_cancelled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club = await set_up(CLUB)
    route = await set_up_route(hass, [club, await set_up(GROUP)])
    await disconnect(simulator, "club_texting")
    parent = await begin(hass, pass_time, route)
    assert await route.runtime_data.async_cancel(parent)
    assert not await route.runtime_data.async_cancel(parent)
    await shown(hass, STATUS, "rejected")
    await simulator.restore()
    await pass_time(600)
    assert not simulator.messages()
    assert state_of(hass, "sensor.club_texting_pending_messages").state == "0"


async def test_a_text_is_cancelled_before_its_first_attempt(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club = await set_up(CLUB)
    route = await set_up_route(hass, [club])
    await hass.config_entries.async_unload(club.entry_id)
    parent = await begin(hass, pass_time, route)
    assert await route.runtime_data.async_cancel(parent)
    await hass.config_entries.async_setup(club.entry_id)
    await pass_time(60)
    assert not simulator.messages()
    await shown(hass, PENDING, "0")


async def test_an_account_cancels_what_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    club = await set_up(CLUB)
    await disconnect(simulator, "club_texting")
    record = await begin(hass, pass_time, club)
    assert await club.runtime_data.async_cancel(record)
    assert not await club.runtime_data.async_cancel(record)
    await simulator.restore()
    await pass_time(60)
    assert not simulator.messages()


async def test_what_is_being_sent_is_not_cancelled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    fault = simulator.faults.add("club_texting", "latency", path="sending")
    asked = asyncio.create_task(send(hass, "Water", account=route.entry_id, to=CLARA))
    await until(lambda: fault.used)
    (parent,) = route.runtime_data.outbox
    assert not await route.runtime_data.async_cancel(parent)
    await pass_time(1, wait=False)
    await asked
    assert sent(simulator) == [CLUB]
    await shown(hass, STATUS, "accepted")


async def test_routes_of_routes(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    club, group, house = await set_up(CLUB), await set_up(GROUP), await set_up(HOUSE)
    inner = await set_up_route(hass, [club, group], title="Inner")
    outer = await set_up_route(hass, [inner, club, house])
    simulator.accounts[CLUB].credit = simulator.accounts[GROUP].credit = Decimal(0)
    await send(hass, "Water", account=outer.entry_id, to=CLARA)
    assert sent(simulator) == [HOUSE]
    assert len(simulator.requests("club_texting")) > 1


async def test_a_route_that_reaches_itself_sends_through_the_rest(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, ["gone", house])
    other = await set_up_route(hass, [route, house], title="Other")
    hass.config_entries.async_update_entry(route, data={**route.data, "accounts": [other.entry_id, house.entry_id]})
    await hass.async_block_till_done(wait_background_tasks=True)
    registry = ir.async_get(hass)
    assert registry.async_get_issue(DOMAIN, f"route_broken_{route.entry_id}")
    assert registry.async_get_issue(DOMAIN, f"route_broken_{other.entry_id}")
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    assert sent(simulator) == [HOUSE]


async def test_a_route_without_accounts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, ["gone"])
    assert (await preview(hass, route, "Water"))["error"]


async def test_preview(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(CLUB)])
    shown_first = await preview(hass, route, "Water", to=CLARA)
    assert (shown_first["error"], shown_first["text"], shown_first["segments"]) == (None, "Water", 1)
    assert (await preview(hass, route, "Water", to=CLARA, express=True))["error"] is None
    assert (await preview(hass, route, "Water", to=ANNA, express=True))["limit"] == "option"


async def test_diagnostics(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.delivered_after = None
    route = await set_up_route(hass, [await set_up(HOUSE)], confirm_within=3)
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    assert await async_get_config_entry_diagnostics(hass, route) == {
        "accounts": 1,
        "confirm_within": 3,
        "options": {},
        "recipients": [{"numbers": 1, "group": None, "type": "sms", "own_sender": False}],
        "pending_messages": {"accepted": 1},
        "last_30_days": {"texts": 1, "segments": 1, "delivered": 0, "failed": 0},
        "database": {"failing": False, "damaged": False, "recovered": 0, "skipped_rows": 0},
    }


async def test_an_account_whose_credentials_are_refused_is_not_awaited(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    wrong = new_entry(CLUB, simulator, data={"password": "wrong"})
    wrong.add_to_hass(hass)
    await hass.config_entries.async_setup(wrong.entry_id)
    await hass.async_block_till_done()
    route = await set_up_route(hass, [wrong, await set_up(GROUP)])
    await send(hass, "Water", account=route.entry_id, to=CLARA)
    assert sent(simulator) == [GROUP]
