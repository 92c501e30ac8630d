"""Commercial texts: the opt-out mention that is added, and the time when the provider sends delayed texts."""

from collections.abc import Awaitable, Callable
from datetime import datetime
import time
from typing import Any

import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, preview, send, text_of
from tests.support.routes import set_up_route

HOUSE, CLUB = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING
ADDS = {"add_stop_mention": True}
SALE = "Sale STOP sms-s.top"
SUNDAY, MONDAY, OPENS = "2026-03-01T12:00:00+01:00", "2026-03-02T12:00:00+01:00", "2026-03-02T08:00:00+01:00"
type SetTime = Callable[[str], None]


@pytest.fixture
def set_time(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> SetTime:
    """Return a function that sets the time here and at the gateway. The time here continues from there."""
    now, ahead = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: now() + ahead)

    def set_to(moment: str) -> None:
        nonlocal ahead
        begun = datetime.fromisoformat(moment)
        ahead = begun.timestamp() - now()
        simulator.clock = lambda: begun

    return set_to


async def status(hass: HomeAssistant, **of: str) -> dict[str, Any]:
    response = await hass.services.async_call(DOMAIN, "get_status", of, blocking=True, return_response=True)
    return dict(response or {})


async def test_the_mention_is_added_or_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Sale", account=entry.entry_id, to="Anna", commercial=True)
    assert "STOP sms-s.top" in text_of(caught.value, "limit_commercial_mention")
    hass.config_entries.async_update_entry(entry, options=ADDS)
    await hass.async_block_till_done()
    seen = await preview(hass, entry, "x" * 150, commercial=True)
    assert (seen["text"], seen["segments"], seen["cost"]) == ("x" * 150 + " STOP sms-s.top", 2, 2)
    (sent,) = await ask_to_send(hass, "Sale", account=entry.entry_id, to="Anna", commercial=True)
    assert sent["error"] is None
    assert simulator.messages()[0].text == SALE
    await send(hass, "No sale", account=entry.entry_id, to="Anna")
    assert simulator.messages()[1].text == "No sale"


async def test_what_is_held_says_until_when(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_time: SetTime
) -> None:
    set_time(SUNDAY)
    entry = await set_up(HOUSE, options=ADDS)
    assert (await preview(hass, entry, "Sale", to="Anna", commercial=True))["held_until"] == OPENS
    assert (await preview(hass, entry, "Sale", to="Anna"))["held_until"] is None
    assert (await preview(hass, entry, "Sale", to="999", commercial=True))["held_until"] is None
    to = ["Anna", "+262692123456", "+12125550142"]
    sent = await ask_to_send(hass, "Sale", account=entry.entry_id, to=to, commercial=True)
    assert [each["held_until"] for each in sent] == [OPENS, "2026-03-02T08:00:00+04:00", None]
    held = {message.to: message.not_before for message in simulator.messages()}
    assert held["33612345601"] == datetime.fromisoformat(OPENS)
    assert held["262692123456"] == datetime.fromisoformat("2026-03-02T08:00:00+04:00")
    found = await status(hass, reference=sent[0]["reference"])
    assert (found["status"], found["held_until"]) == ("accepted", OPENS)


async def test_what_has_left_is_not_held(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_time: SetTime,
    settle: Callable[[], Awaitable[None]],
) -> None:
    set_time(SUNDAY)
    entry = await set_up(HOUSE, options=ADDS)
    (sent,) = await ask_to_send(hass, "Sale", account=entry.entry_id, to="Anna", commercial=True)
    assert sent["held_until"] == OPENS
    set_time(MONDAY)
    await settle()
    found = await status(hass, reference=sent["reference"])
    assert (found["status"], found["held_until"]) == ("delivered", None)
    (sent,) = await ask_to_send(hass, "Sale now", account=entry.entry_id, to="Anna", commercial=True)
    assert sent["held_until"] is None
    assert simulator.messages()[1].not_before == datetime.fromisoformat(MONDAY)


async def test_what_nobody_has_news_of_is_not_held_for_ever(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_time: SetTime
) -> None:
    set_time(SUNDAY)
    entry = await set_up(HOUSE, options=ADDS)
    (sent,) = await ask_to_send(hass, "Sale", account=entry.entry_id, to="Anna", commercial=True)
    simulator.delivered_after = simulator.sent_after = None
    set_time(MONDAY)
    found = await status(hass, reference=sent["reference"])
    assert found["held_until"] is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_other_providers_hold_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_time: SetTime
) -> None:
    set_time(SUNDAY)
    entry = await set_up(CLUB)
    assert (await preview(hass, entry, "Sale"))["held_until"] is None
    (sent,) = await ask_to_send(hass, "Sale", account=entry.entry_id, to="Clara")
    assert sent["held_until"] is None
    assert (await status(hass, reference=sent["reference"]))["held_until"] is None


async def test_a_route_says_what_its_account_does(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_time: SetTime
) -> None:
    set_time(SUNDAY)
    entry = await set_up(HOUSE, options=ADDS)
    route = await set_up_route(hass, [entry])
    (sent,) = await ask_to_send(hass, "Sale", account=route.entry_id, to="+33612345601", commercial=True)
    assert (sent["status"], sent["held_until"]) == ("accepted", OPENS)
    assert (await preview(hass, route, "Sale", to="+33612345601", commercial=True))["held_until"] == OPENS


async def test_nobody_waits_for_the_delivery_of_a_text_that_is_held(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_time: SetTime
) -> None:
    set_time(SUNDAY)
    entry = await set_up(HOUSE, options=ADDS)
    data = {"account": entry.entry_id, "to": "Anna", "commercial": True, "wait_for": "delivered"}
    (sent,) = await ask_to_send(hass, "Sale", **data)
    assert (sent["status"], sent["held_until"]) == ("accepted", OPENS)
