"""Activity of an alert: whole sentences on its device, without what is wrong."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.texting.alert_activity import sentence_of
from custom_components.texting.alerting.events import Announce, Occasion
from custom_components.texting.const import EVENT_ALERT
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import ALERT_TOLD
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alert_home import ANNA, BEN, WATER, AlertHome
from tests.support.alerts import press
from tests.support.people import change


@pytest.fixture
def home(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, impatient: None) -> AlertHome:
    """Return a home without accounts, whose clocks stand still until the test moves them."""
    return AlertHome(hass, simulator, pass_time)


@pytest.fixture
async def house(home: AlertHome, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Return an account: Anna and Ben have one phone each."""
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    change(home.hass, entry, "Ben", numbers=[BEN])
    await home.settle()
    return entry


@pytest.fixture
def lines(home: AlertHome) -> Callable[[], list[str]]:
    """Return a function that returns the lines so far."""
    events = async_capture_events(home.hass, EVENT_ALERT)
    return lambda: [sentence_of(json.loads(json.dumps(event.data))) for event in events]


async def test_somebody_takes_it(home: AlertHome, house: MockConfigEntry, lines: Callable[[], list[str]]) -> None:
    await home.alert("notify.anna", "notify.ben", remind_every=0)
    await home.begin()
    await home.wait(301)
    await home.answer(BEN, "NO")
    await home.answer(ANNA, "OK")
    home.switch("off")
    await home.wait(360)
    told = lines()
    assert told[:2] == ["Raised: Anna is asked", "No answer from Anna: Ben is asked"]
    assert "Ben cannot" in told
    assert told[-2:] == ["Anna took it", "All clear after 6 min"]


async def test_nobody_takes_it(home: AlertHome, house: MockConfigEntry, lines: Callable[[], list[str]]) -> None:
    await home.alert(["notify.anna", "notify.ben"], rounds=1)
    await home.begin(2)
    await home.wait(301)
    await home.hass.services.async_call("switch", "turn_off", {"entity_id": "switch.leak_armed"}, blocking=True)
    await home.settle()
    assert lines() == ["Raised: Anna and Ben are asked", "Nobody took it", "No longer watched"]


async def test_a_drill(home: AlertHome, house: MockConfigEntry, lines: Callable[[], list[str]]) -> None:
    await home.alert("notify.anna", "notify.ben")
    await press(home.hass, "button.leak_drill")
    await home.settle()
    await home.answer(ANNA, "OK")
    await home.wait(1801)
    assert lines() == ["A drill began: Anna and Ben are asked", "Drill: 1 of 2 answered"]


async def test_an_automation_that_takes_it(
    home: AlertHome, house: MockConfigEntry, lines: Callable[[], list[str]]
) -> None:
    await home.alert("notify.anna")
    await home.begin()
    await press(home.hass, "button.leak_i_take_it")
    await home.settle()
    assert lines() == ["Raised: Anna is asked", "Somebody took it"]


async def test_each_event_has_a_line_on_the_device(
    home: AlertHome, house: MockConfigEntry, lines: Callable[[], list[str]]
) -> None:
    alert = await home.alert("notify.anna")
    events = async_capture_events(home.hass, EVENT_ALERT)
    for occasion in Occasion:
        async_dispatcher_send(home.hass, ALERT_TOLD, alert.entry_id, Announce(occasion, "Anna"), home.incident(alert))
    async_dispatcher_send(home.hass, ALERT_TOLD, house.entry_id, Announce(Occasion.RAISED), home.incident(alert))
    await home.settle()
    assert lines() == [
        "Raised",
        "No answer from Anna",
        "Anna took it",
        "Anna cannot",
        "All clear after 0 min",
        "Nobody took it",
        "Nobody can be reached",
        "The limit of 50 segments is reached",
        "Drill: 0 of 0 answered",
    ]
    (device,) = dr.async_entries_for_config_entry(dr.async_get(home.hass), alert.entry_id)
    assert {event.data["device_id"] for event in events} == {device.id}
    assert not any("entity_id" in event.data for event in events)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"event": "closed", "reason": "cleared", "minutes": 60}, "All clear after 1 h"),
        ({"event": "closed", "reason": "by_hand", "minutes": 125}, "All clear after 2 h 5 min"),
        ({"event": "closed", "reason": "expired", "minutes": 1440}, "Over after 24 h"),
        ({"event": "closed", "minutes": "odd"}, "All clear after some time"),
        ({"event": "raised", "asked": ["A", "B", "C", "D", "E"]}, "Raised: A, B, C, D and E are asked"),
        ({"event": "raised", "asked": list("ABCDEF")}, "Raised: A, B, C, D and 2 more are asked"),
        ({"event": "raised", "asked": "Anna"}, "Raised"),
        ({"event": "escalated", "asked": ["Ben"]}, "Ben is asked"),
        ({"event": "escalated"}, "The next step"),
        ({"event": "acknowledged", "who": "An\nna\u202e"}, "An na took it"),
        ({"event": "odd"}, "odd"),
        ({"event": ["odd"]}, "['odd']"),
        ({}, ""),
    ],
)
def test_sentences(data: dict[str, Any], sentence: str) -> None:
    """Others may fire the event too, so anything may be in it."""
    assert sentence_of(data) == sentence


@pytest.fixture
async def logbook(recorder_mock: Any, hass: HomeAssistant, hass_client: Callable[[], Awaitable[Any]]) -> None:
    """Set up Activity."""
    # The logbook depends on the frontend, but the test requests no page.
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "logbook", {})


async def test_the_recorder_and_the_page(
    logbook: None,
    home: AlertHome,
    house: MockConfigEntry,
    hass_client: Callable[[], Awaitable[Any]],
) -> None:
    """The whole sentence is the message, there is no name, and what is wrong is not told."""
    began = dt_util.utcnow() - timedelta(minutes=1)
    change(home.hass, house, "Anna", title="+33612345601")
    await home.settle()
    await home.alert("notify.anna")
    await home.begin()
    await get_instance(home.hass).async_block_till_done()
    client = await hass_client()
    response = await client.get(f"/api/logbook/{began.isoformat().replace('+00:00', 'Z')}")
    found = [line for line in await response.json() if line.get("domain") == "texting"]
    own = [line for line in found if line["message"].startswith("Raised")]
    assert [(line["name"], line["message"], line["icon"]) for line in own] == [
        ("", "Raised: +33…01 is asked", "mdi:alarm-light")
    ]
    assert WATER not in json.dumps(found)
