"""How much an alert writes, and how soon its text leaves. The figures are printed."""

from contextlib import closing
from pathlib import Path
import sqlite3
from statistics import quantiles
import time

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alert_home import ANNA, CELLAR, AlertHome
from tests.support.alerts import set_up_alert
from tests.support.home import count_writes, told, until

TIMES = 200
# What one incident may write: raised, taken, all clear.
MAX_ALERT_STATES, MAX_STATES, MAX_ROWS = 20, 56, 6


async def test_how_soon_a_text_leaves(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(Provider.TEXTINGHOUSE, options={"daily_limit": 0, "urgent_limit": 0, "low_credit": 0})
    simulator.accounts["textinghouse"].credit = 10_000
    hass.states.async_set(CELLAR, "off")
    alert = await set_up_alert(hass, causes=[CELLAR], cleared_after=0, all_clear=False)
    seconds = []
    for number in range(TIMES):
        sent = len(simulator.requests("textinghouse"))
        began = time.perf_counter()
        hass.states.async_set(CELLAR, "on", {"friendly_name": f"Water {number}"})
        await until(lambda: len(simulator.requests("textinghouse")) > sent)  # noqa: B023
        seconds.append(time.perf_counter() - began)
        await until(lambda: alert.runtime_data.incident.told)
        hass.states.async_set(CELLAR, "off")
        await until(lambda: alert.runtime_data.incident.state is State.CLOSED)
    cuts = quantiles(seconds, n=100)
    print(f"cause to request: p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms")  # noqa: T201  the result
    await told(hass)
    texts = [message.text for message in simulator.messages()]
    assert [f"Water {number}," in text for number, text in enumerate(texts)] == [True] * TIMES


async def test_what_one_incident_writes(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    before = _rows(home)
    states = count_writes(home.hass)
    await home.begin()
    await home.answer(ANNA, "OK")
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "thanks", "clear"]
    rows = {table: count - before[table] for table, count in _rows(home).items()}
    own = [entity_id for entity_id in states if "leak" in entity_id]
    print(f"states: {len(own)} of the alert, {len(states)} in all; rows: {rows}")  # noqa: T201  the result
    assert rows["incident"] == 1
    assert sum(rows.values()) <= MAX_ROWS
    assert len(own) <= MAX_ALERT_STATES
    assert len(states) <= MAX_STATES


def _rows(home: AlertHome) -> dict[str, int]:
    with closing(sqlite3.connect(Path(home.hass.config.path("texting.db")))) as database:
        tables = ("message", "incoming", "reply_code", "incident")
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608  our own names
