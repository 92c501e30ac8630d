"""Texts that the gateway does not accept now, or whose response got lost: they wait, but the action does not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS, textinghouse
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SITES
from tests.support.home import (
    ask_to_send,
    first_number,
    notify,
    notify_entities,
    pass_until,
    restart,
    state_of,
    text_of,
    told,
    tried,
    until,
)

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
CLUB, HOUSE, PRO = Provider.CLUB_TEXTING, Provider.TEXTINGHOUSE, Provider.TEXTIOPRO


def sensor(provider: Provider, key: str) -> str:
    return f"sensor.{GATEWAYS[provider].info.name.lower().replace(' ', '_')}_{key}"


@EVERY_PROVIDER
@pytest.mark.parametrize("fault", ["refuse", "rate_limited"])
@pytest.mark.usefixtures("impatient")
async def test_what_a_gateway_does_not_take_now_waits_until_it_does(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider, fault: str
) -> None:
    await set_up(provider)
    for site in SITES[provider]:
        if fault == "refuse":
            await simulator.faults.refuse(site)
        else:
            simulator.faults.add(site, fault, None)
    (answer,) = await ask_to_send(hass, "Water", entity_id=notify_entities(provider)[0])
    assert (answer["status"], answer["reason"], answer["error"]) == ("queued", None, None)
    await told(hass)
    assert not simulator.messages()
    assert state_of(hass, sensor(provider, "segments_today")).state == "0"
    assert state_of(hass, sensor(provider, "pending_messages")).state == "1"
    assert state_of(hass, sensor(provider, "last_delivery_status")).state == "none"
    await simulator.restore()
    await pass_time(61)
    await told(hass)
    assert [message.text for message in simulator.messages()] == ["Water"]
    assert state_of(hass, sensor(provider, "segments_today")).state == "1"


async def test_what_is_known_to_wait_keeps_no_action_waiting(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    simulator.faults.add(CLUB, "rate_limited", None, seconds=60)
    first = asyncio.create_task(ask_to_send(hass, "One", entity_id="notify.clara"))
    await tried(hass, first)
    assert not first.done()
    # No time passes, so an action that waited for its result would never return.
    (answer,) = await ask_to_send(hass, "Two", entity_id="notify.clara")
    assert answer["status"] == "queued"
    # The action waits if the text expires before the gateway is available again.
    third = asyncio.create_task(ask_to_send(hass, "Three", entity_id="notify.clara", valid_for=1))
    await until(lambda: len(entry.runtime_data.outbox._waiters) == 2)
    await pass_time(1.1)
    with pytest.raises(HomeAssistantError) as caught:
        await third
    text_of(caught.value, "rejected_expired")
    await pass_time(9)
    assert (await first)[0]["status"] == "queued"
    await simulator.restore()
    await pass_time(61)
    assert [message.text for message in simulator.messages()] == ["One", "Two"]


async def test_a_text_waits_for_the_end_of_quiet_hours_unless_it_is_urgent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    now, margin = dt_util.now(), timedelta(minutes=5)
    quiet = {"quiet_start": f"{now - margin:%H:%M:%S}", "quiet_end": f"{now + margin:%H:%M:%S}"}
    anna = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, anna, data={**anna.data, **quiet})
    await told(hass)
    # No time passes, so an action that waited for its result would never return.
    (answer,) = await ask_to_send(hass, "Laundry is done", entity_id="notify.anna")
    await ask_to_send(hass, "Fire", entity_id="notify.anna", urgent=True)
    assert answer["status"] == "queued"
    assert [message.text for message in simulator.messages()] == ["Fire"]
    await pass_time(301)
    await told(hass)
    assert [message.text for message in simulator.messages()] == ["Fire", "Laundry is done"]


@pytest.mark.parametrize(("provider", "sent"), [(HOUSE, 1), (PRO, 0)])
@pytest.mark.parametrize("fault", ["html", "http_error", "cut"])
@pytest.mark.usefixtures("impatient")
async def test_a_lost_answer_is_asked_for_until_the_gateway_says_it(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    pass_time: PassTime,
    provider: Provider,
    sent: int,
    fault: str,
) -> None:
    """TextingHouse reports that the text never arrived, so the text is sent again.

    If a text is not in TextioPro's list, that proves nothing.
    """
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)
    entry = await set_up(provider)
    for site in SITES[provider]:
        simulator.faults.add(site, fault, None)
    (answer,) = await ask_to_send(hass, "Water", account=entry.entry_id, to=first_number(provider))
    assert (answer["status"], answer["error"]) == ("queued", None)
    simulator.clear_requests()
    await pass_until(hass, pass_time, lambda: len(simulator.requests()) > 2)
    assert not simulator.messages()
    assert state_of(hass, sensor(provider, "pending_messages")).state == "1"
    await simulator.restore()
    await pass_until(hass, pass_time, lambda: all(text.has_result for text in entry.runtime_data.outbox))
    await told(hass)
    assert len(simulator.messages()) == sent
    state = state_of(hass, sensor(provider, "last_delivery_status"))
    assert (state.state == "uncertain") is (sent == 0)
    assert state.attributes["reference"] == answer["reference"]
    assert state_of(hass, sensor(provider, "pending_messages")).state == "1"


@pytest.mark.usefixtures("impatient")
async def test_since_when_the_oldest_pending_text_waits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    sensor = "sensor.club_texting_oldest_pending_message"
    assert state_of(hass, sensor).state == "unknown"
    await simulator.faults.refuse(CLUB)
    await notify(hass, "notify.clara", "Water")
    await told(hass)
    (record,) = entry.runtime_data.outbox
    since = datetime.fromtimestamp(record.created_at, UTC).isoformat(timespec="seconds")
    assert state_of(hass, sensor).state == since
    await pass_time(61)
    await notify(hass, "notify.clara", "More water")
    await told(hass)
    assert state_of(hass, sensor).state == since
    await restart(hass, entry)
    assert state_of(hass, sensor).state == since
    await simulator.restore()
    await pass_time(301)
    await told(hass)
    assert len(simulator.messages()) == 2
    assert state_of(hass, sensor).state == "unknown"
