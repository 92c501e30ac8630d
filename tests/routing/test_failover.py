"""A route sends through the next account only if the current account fails."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, pass_until, send, state_of, text_of, told, tried, until
from tests.support.routes import ANNA, CLARA, disconnect, sent, set_up_route, shown

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
POINT = Provider.THESMSPOINT


async def begin(hass: HomeAssistant, pass_time: PassTime, **data: Any) -> dict[str, Any]:
    """Send a text, let ten seconds pass after the first try and return the action's response."""
    asked = asyncio.create_task(ask_to_send(hass, "Water", **data))
    await tried(hass, asked)
    await pass_time(10.1)
    (answer,) = await asked
    return answer


async def test_the_first_account_sends(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    (answer,) = await ask_to_send(hass, "Water", account=route.entry_id, to=ANNA)
    assert sent(simulator) == [HOUSE]
    assert (answer["status"], answer["error"], answer["segments"]) == ("accepted", None, 1)
    assert answer["message_id"] == simulator.messages()[0].id


async def test_an_attempt_that_waits_is_pending_at_its_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    house.runtime_data.outbox.paused_until = hass.loop.time() + 3600
    assert (await begin(hass, pass_time, account=route.entry_id, to=ANNA))["status"] == "queued"
    await shown(hass, "sensor.textinghouse_pending_messages", "1")
    assert sent(simulator) == []


async def test_no_credit_at_the_first(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    simulator.accounts[HOUSE].credit = Decimal(0)
    (answer,) = await ask_to_send(hass, "Water", account=route.entry_id, to=ANNA)
    assert sent(simulator) == [PRO]
    assert (answer["status"], answer["error"], answer["reason"]) == ("accepted", None, None)


async def test_many_texts_change_the_account_together(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[HOUSE].credit = Decimal(0)
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    simulator.clear_requests()
    to = [f"+336123456{number}" for number in range(10, 30)]
    answers = await ask_to_send(hass, "Water", account=route.entry_id, to=to)
    assert [answer["status"] for answer in answers] == ["accepted"] * 20
    assert sent(simulator) == [PRO] * 20
    assert len(simulator.requests("textinghouse")) <= 2


async def test_every_account_refuses(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    simulator.accounts[HOUSE].credit = simulator.accounts[PRO].credit = Decimal(0)
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, "Water", account=route.entry_id, to=ANNA)
    assert "Alerts" in text_of(raised.value, "insufficient_credit")
    assert not simulator.messages()
    report = state_of(hass, "event.alerts_delivery_report").attributes
    assert (report["event_type"], report["reason"], report["account"]) == ("rejected", "insufficient_credit", None)


async def test_no_account_could_take_it(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, "Water", account=route.entry_id, to=ANNA, express=True)
    text_of(raised.value, "limit_option")
    assert not simulator.requests()
    await shown(hass, "sensor.alerts_pending_messages", "0")


async def test_accounts_that_do_not_serve_the_number_are_passed_over(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    club = await set_up(CLUB)
    route = await set_up_route(hass, [club, await set_up(HOUSE)])
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    await send(hass, "Fire", account=route.entry_id, to=CLARA)
    assert sent(simulator) == [HOUSE, CLUB]
    only = await set_up_route(hass, [club], title="Only")
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, "Water", account=only.entry_id, to=ANNA)
    text_of(raised.value, "rejected_invalid_number")


async def test_who_opted_out_gets_nothing_by_another_way(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    simulator.accounts[CLUB].opted_out.add(CLARA.removeprefix("+1"))
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, "Water", account=route.entry_id, to=CLARA)
    text_of(raised.value, "rejected_opted_out")
    assert not simulator.messages()


async def test_out_of_reach(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    answer = await begin(hass, pass_time, account=route.entry_id, to=ANNA)
    assert (answer["status"], answer["error"]) == ("queued", None)
    assert not simulator.messages()
    await pass_time(5)
    await pass_time(1.1)
    assert sent(simulator) == [PRO]
    await simulator.restore()
    await pass_time(600)
    assert sent(simulator) == [PRO]
    await shown(hass, "sensor.textinghouse_pending_messages", "0")


async def test_all_out_of_reach_are_tried_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    await disconnect(simulator, "club_texting", "group_texting")
    await begin(hass, pass_time, account=route.entry_id, to=CLARA)
    for _ in range(60):
        await pass_time(2)
    await shown(hass, "sensor.alerts_pending_messages", "1")
    await simulator.restore()
    for _ in range(40):
        await pass_time(10)
    assert len(sent(simulator)) == 1
    await shown(hass, "sensor.alerts_last_delivery_status", "accepted")


async def test_its_time_runs_out(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    await disconnect(simulator, "club_texting", "group_texting")
    await begin(hass, pass_time, account=route.entry_id, to=CLARA, valid_for={"minutes": 1})
    for _ in range(30):
        await pass_time(2)
    await shown(hass, "sensor.alerts_last_delivery_status", "expired")
    await shown(hass, "sensor.alerts_pending_messages", "0")
    await simulator.restore()
    await pass_time(600)
    assert not simulator.messages()


async def test_an_unknown_outcome(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    simulator.faults.add("club_texting", "cut", times=None, path="sending", accept=True)
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, "Water", account=route.entry_id, to=CLARA)
    text_of(raised.value, "outcome_unknown")
    assert sent(simulator) == [CLUB]
    await shown(hass, "sensor.alerts_last_delivery_status", "uncertain")
    await shown(hass, "sensor.alerts_pending_messages", "0")


async def test_an_unknown_outcome_where_twice_is_better_than_never(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The first account resends the text before the route uses the next account."""
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(GROUP)])
    simulator.faults.add("club_texting", "cut", times=None, path="sending", accept=True)
    asked = asyncio.create_task(ask_to_send(hass, "Water", account=route.entry_id, to=CLARA, if_unsure="resend"))
    await pass_until(hass, pass_time, asked.done)
    assert (await asked)[0]["status"] == "queued"
    assert GROUP not in sent(simulator)
    await pass_until(hass, pass_time, lambda: GROUP in sent(simulator))
    await shown(hass, "sensor.alerts_last_delivery_status", "accepted")
    assert set(sent(simulator)) == {CLUB, GROUP}


async def test_an_account_that_is_not_loaded_is_passed_over(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [house, pro])
    await pass_time(16)
    await hass.config_entries.async_unload(house.entry_id)
    await send(hass, "Water", account=route.entry_id, to=ANNA)
    assert sent(simulator) == [PRO]
    await hass.config_entries.async_unload(pro.entry_id)
    answer = await begin(hass, pass_time, account=route.entry_id, to=ANNA)
    assert answer["status"] == "queued"
    await hass.config_entries.async_setup(house.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sent(simulator) == [PRO, HOUSE]


async def test_a_text_that_only_some_accounts_take(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(POINT)])
    await send(hass, "Water", account=route.entry_id, to="+919812345601", channel=1)
    assert sent(simulator) == [POINT]


async def test_quiet_hours_and_urgent_texts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The route applies quiet hours. The account that sends the text does not apply them again."""
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house])
    (recipient,) = route.subentries.values()
    now = dt_util.now()
    quiet = {"quiet_start": f"{now - timedelta(hours=1):%H:%M:%S}", "quiet_end": f"{now + timedelta(hours=1):%H:%M:%S}"}
    hass.config_entries.async_update_subentry(route, recipient, data={**recipient.data, **quiet})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await begin(hass, pass_time, entity_id="notify.rita"))["status"] == "queued"
    await send(hass, "Fire", entity_id="notify.rita", urgent=True)
    assert [message.text for message in simulator.messages()] == ["Fire"]
    await pass_time(3600)
    await until(lambda: len(simulator.messages()) == 2)
    assert route.runtime_data.state.last_record.recipient_name == "Rita"
    # An attempt is the route's text. The account shows only its own.
    assert house.runtime_data.state.last_record is None


async def test_a_voice_message_is_read_in_the_homes_language(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE), await set_up(PRO)])
    await send(hass, "Water", account=route.entry_id, to=ANNA, type="voice")
    assert sent(simulator) == [PRO]


async def test_an_accounts_own_rule_for_unknown_outcomes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    resends = await set_up_route(hass, [await set_up(HOUSE, options={"if_unsure": "resend"}), await set_up(PRO)])
    assert resends.runtime_data.resends
    other = await set_up_route(hass, [resends.data["accounts"][1]], title="Other")
    assert not other.runtime_data.resends


@pytest.mark.parametrize("cancelled", [True, False])
async def test_while_the_first_account_looks_at_its_credit(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, cancelled: bool
) -> None:
    """Cancel the text or unload the account while the account checks its credit."""
    simulator.accounts[CLUB].credit = Decimal(0)
    club = await set_up(CLUB)
    route = await set_up_route(hass, [club, await set_up(GROUP)])
    await pass_time(16)  # until then, the route waits for accounts that are still loading
    simulator.clear_requests()
    simulator.latency = 0.5  # the response comes when time passes
    asked = asyncio.create_task(ask_to_send(hass, "Water", account=route.entry_id, to=[CLARA, "+12125550143"]))
    await until(lambda: simulator.requests("club_texting"))
    if cancelled:
        for record in list(route.runtime_data.outbox)[:1]:
            assert await route.runtime_data.async_cancel(record)
    else:
        await hass.config_entries.async_unload(club.entry_id)
    simulator.latency = 0.0
    await pass_time(0.5, wait=False)
    await told(hass)
    await pass_time(1.1)
    answers = await asked
    assert sorted(answer["status"] for answer in answers) == ["accepted", "rejected" if cancelled else "accepted"]
    assert sent(simulator) == [GROUP] * (1 if cancelled else 2)
