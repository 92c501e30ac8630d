"""The sensors of an alert beside its state."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.outlook import Upcoming
from custom_components.texting.gateway.provider import Provider
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alert_home import ANNA, BEN, CARA, WATER, AlertHome
from tests.support.alerts import press, set_up_alert
from tests.support.home import TRANSLATIONS, state_of
from tests.support.people import change

STATE = "sensor.leak_state"
BEGAN, TAKEN_BY, TOLD, NEXT = "sensor.leak_began", "sensor.leak_taken_by", "sensor.leak_told", "sensor.leak_next"
SEGMENTS, COST = "sensor.leak_segments", "sensor.leak_cost"
PRICED = {"segment_price": 0.05, "currency": "EUR"}


@pytest.fixture
def home(
    hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> AlertHome:
    """Return a home without accounts, whose clocks stand still until the test moves them."""
    return AlertHome(hass, simulator, pass_time)


@pytest.fixture
def options() -> Mapping[str, Any]:
    """Return the options of the account: there is no price."""
    return {}


@pytest.fixture
async def house(home: AlertHome, set_up: SetUp, connect: Connect, options: Mapping[str, Any]) -> MockConfigEntry:
    """Return an account: Anna, Ben and Cara have one phone each."""
    entry = await set_up(Provider.TEXTINGHOUSE, options=dict(options))
    await connect(entry)
    change(home.hass, entry, "Ben", numbers=[BEN])
    home.recruit(entry, "Cara", CARA)
    await home.settle()
    return entry


def shown(hass: HomeAssistant, *entity_ids: str) -> list[str]:
    return [state_of(hass, each).state for each in entity_ids]


def seconds_to_next(hass: HomeAssistant, since: str) -> float:
    """Return how many seconds after a moment the next thing comes."""
    return (datetime.fromisoformat(state_of(hass, NEXT).state) - datetime.fromisoformat(since)).total_seconds()


async def test_before_the_first_incident(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    assert shown(home.hass, BEGAN, TAKEN_BY, TOLD, NEXT, SEGMENTS, COST) == [
        *("unknown", "nobody", "nobody", "unknown", "unknown", "unknown")
    ]


async def test_from_the_cause_to_the_end(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna", ["notify.ben", "notify.cara"], remind_every=0)
    await home.begin()
    began = state_of(home.hass, BEGAN).state
    assert datetime.fromisoformat(began).tzinfo
    assert shown(home.hass, TAKEN_BY, TOLD, SEGMENTS) == ["nobody", "Anna", "1"]
    assert state_of(home.hass, NEXT).attributes["what"] == Upcoming.STEP
    assert state_of(home.hass, NEXT).attributes["who"] == ["Ben", "Cara"]
    assert abs(seconds_to_next(home.hass, began) - 300) <= 1
    await home.wait(301)
    assert shown(home.hass, TAKEN_BY, TOLD, SEGMENTS) == ["nobody", "Anna, Ben, Cara", "3"]

    await home.answer(BEN, "OK")
    assert shown(home.hass, TAKEN_BY, TOLD) == ["Ben", "Anna, Ben, Cara"]
    assert state_of(home.hass, NEXT).attributes["what"] == Upcoming.AGAIN
    home.switch("off")
    await home.settle()
    assert state_of(home.hass, NEXT).attributes["what"] == Upcoming.ALL_CLEAR
    await home.wait(61)
    # The page goes on to tell of the last incident.
    assert shown(home.hass, STATE, BEGAN, TAKEN_BY, TOLD, NEXT) == ["idle", began, "Ben", "Anna, Ben, Cara", "unknown"]
    assert state_of(home.hass, BEGAN).attributes["minutes"] == 6
    assert "what" not in state_of(home.hass, NEXT).attributes
    assert shown(home.hass, SEGMENTS) == [str(len(home.simulator.messages()))]


async def test_what_is_pending_hides_nothing(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna", hold=120)
    home.switch("on")
    await home.wait(121)
    await home.answer(ANNA, "OK")
    home.switch("off")
    await home.wait(61)
    entities = (BEGAN, TAKEN_BY, TOLD, SEGMENTS)
    before = shown(home.hass, *entities)
    assert before[1:] == ["Anna", "Anna", "3"]
    home.switch("on")
    await home.settle()
    assert shown(home.hass, STATE, *entities) == ["pending", *before]
    assert state_of(home.hass, NEXT).attributes["what"] == Upcoming.RAISED
    home.switch("off")
    await home.settle()
    assert shown(home.hass, STATE, *entities) == ["idle", *before]


async def test_a_restart_keeps_what_is_open(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await home.answer(ANNA, "OK")
    entities = (STATE, BEGAN, TAKEN_BY, TOLD, NEXT, SEGMENTS, COST)
    before = shown(home.hass, *entities)
    await home.restart(house, alert)
    assert shown(home.hass, *entities) == before


async def test_who_hands_it_on_has_not_taken_it(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    await home.begin()
    await home.answer(ANNA, "OK")
    assert shown(home.hass, TAKEN_BY) == ["Anna"]
    await home.answer(ANNA, "NO")
    assert shown(home.hass, TAKEN_BY) == ["nobody"]


async def test_an_automation_that_takes_it_has_no_name(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    await home.begin()
    await press(home.hass, "button.leak_i_take_it")
    await home.settle()
    assert shown(home.hass, TAKEN_BY) == ["somebody"]


async def test_many_names_fit_into_a_state(home: AlertHome, house: MockConfigEntry) -> None:
    names = [f"Somebody with a rather long name {number:02}" for number in range(12)]
    people = []
    for number, name in enumerate(names):
        home.recruit(house, name, f"+336123457{number:02}")
        people.append(f"notify.{name.lower().replace(' ', '_')}")
    await home.settle()
    await home.alert(people, max_segments=100)
    await home.begin(len(people))
    told = state_of(home.hass, TOLD).state
    assert told.startswith(names[0])
    assert told.endswith("…")
    assert len(told) <= 255


async def test_a_name_that_is_a_number_is_masked(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Anna", title=ANNA)
    await home.settle()
    await home.alert("notify.anna")
    await home.begin()
    assert ANNA[-8:] not in state_of(home.hass, TOLD).state
    assert state_of(home.hass, TOLD).state != "nobody"


# -- what it costs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [PRICED])
async def test_what_the_texts_cost(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    assert Decimal(state_of(home.hass, COST).state) == Decimal("0.05")
    assert state_of(home.hass, COST).attributes["unit_of_measurement"] == "EUR"
    await home.answer(ANNA, "OK")
    assert Decimal(state_of(home.hass, COST).state) == Decimal("0.1")
    await home.restart(house, alert)
    assert Decimal(state_of(home.hass, COST).state) == Decimal("0.1")
    home.switch("off")
    await home.wait(61)
    assert Decimal(state_of(home.hass, COST).state) == Decimal("0.15")
    assert "other_currencies" not in state_of(home.hass, COST).attributes
    # The next incident begins with nothing.
    await home.wait(7200, 3600)
    await home.begin()
    assert Decimal(state_of(home.hass, COST).state) == Decimal("0.05")


@pytest.mark.parametrize("options", [PRICED])
@pytest.mark.parametrize(
    ("other", "cost", "others"),
    [
        ({"segment_price": 0.02, "currency": "EUR"}, "0.07", None),
        ({"segment_price": 0.02, "currency": "USD"}, "0.05", ["0.02 USD"]),
        ({}, "unknown", None),
    ],
)
async def test_two_accounts(
    home: AlertHome,
    house: MockConfigEntry,
    set_up: SetUp,
    other: dict[str, Any],
    cost: str,
    others: list[str] | None,
) -> None:
    """Amounts of different currencies are not added. A price that is not known makes the sum unknown."""
    pro = await set_up(Provider.TEXTIOPRO, options=other)
    zoe = home.recruit(pro, "Zoe", "+33612345777")
    await home.settle()
    await home.alert("notify.anna", zoe, remind_every=0)
    await home.begin()
    await home.wait(301)
    assert shown(home.hass, TOLD) == ["Anna, Zoe"]
    state = state_of(home.hass, COST)
    assert state.state == cost
    assert state.attributes.get("other_currencies") == others


# -- what is kept ------------------------------------------------------------------------------------------------------


async def test_the_recorder_keeps_no_names_of_attributes_and_no_texts(
    recorder_mock: Any, home: AlertHome, house: MockConfigEntry
) -> None:
    await home.alert("notify.anna", "notify.ben", message="Secret words")
    await home.begin()
    await home.wait(301)
    await home.answer(BEN, "OK")
    await get_instance(home.hass).async_block_till_done()

    def kept() -> tuple[str, str]:
        with session_scope(hass=home.hass, read_only=True) as session:
            connection = session.connection()
            attributes = connection.exec_driver_sql("SELECT shared_attrs FROM state_attributes").fetchall()
            events = connection.exec_driver_sql("SELECT shared_data FROM event_data").fetchall()
        assert attributes
        assert events
        return "\n".join(str(row[0]) for row in attributes), "\n".join(str(row[0]) for row in events)

    attributes, events = await get_instance(home.hass).async_add_executor_job(kept)
    own = [line for line in attributes.splitlines() if '"causes"' in line or '"who"' in line or '"told"' in line]
    assert own == []
    for words in ("Secret words", WATER, ANNA, BEN):
        assert words not in events
    assert "Secret words" not in attributes


async def test_every_attribute_has_a_name(home: AlertHome, house: MockConfigEntry) -> None:
    await set_up_alert(home.hass, causes=["binary_sensor.cellar"])
    home.switch("on")
    await home.settle()
    home.switch("off")
    await home.wait(10)
    own = {"friendly_name", "device_class", "state_class", "unit_of_measurement"}
    for entity_id in (BEGAN, TAKEN_BY, TOLD, NEXT, SEGMENTS, COST):
        entity = er.async_get(home.hass).async_get(entity_id)
        assert entity
        texts = TRANSLATIONS["entity"]["sensor"][entity.translation_key]
        attributes = set(state_of(home.hass, entity_id).attributes) - own
        assert attributes <= set(texts.get("state_attributes", ()))
