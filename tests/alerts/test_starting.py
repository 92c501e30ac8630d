"""Starts after a long time, and what comes in before everything is loaded."""

from contextlib import closing
from pathlib import Path
import sqlite3

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.home import forget

STEPS = ("notify.anna", "notify.ben")
HOUR, DAY = 3600.0, 86400.0


async def stop(home: AlertHome, *entries: MockConfigEntry) -> None:
    """Stop the home: unload these entries, and forget what is only in memory."""
    await home.settle()
    for entry in entries:
        await home.hass.config_entries.async_unload(entry.entry_id)
    forget(home.hass)


async def start(home: AlertHome, *entries: MockConfigEntry) -> None:
    for entry in entries:
        await home.hass.config_entries.async_setup(entry.entry_id)
    await home.settle()


@pytest.mark.parametrize("text", ["OK", "OK {code}"])
async def test_an_answer_before_the_alert_is_loaded(home: AlertHome, house: MockConfigEntry, text: str) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    code = home.number(alert)
    await stop(home, alert, house)
    await start(home, house)
    await home.answer(ANNA, text.format(code=code))
    await start(home, alert)
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_home_assistant_was_off_for_days(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    first = home.incident(alert).id
    await stop(home, alert, house)
    await home.pass_time(3 * DAY)
    await start(home, house, alert)
    # The old one ended in silence, and its cause is still on.
    assert home.incident(alert).id != first
    assert home.state(alert) is State.ALERTING
    assert home.kinds(ANNA) == ["alert", "alert"]
    await home.wait(10)
    assert home.texts(BEN) == []


async def test_home_assistant_was_off_for_days_and_all_is_well(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await stop(home, alert, house)
    home.switch("off")
    await home.pass_time(3 * DAY)
    await start(home, house, alert)
    await home.wait(120, 10)
    assert home.incident(alert).is_over
    assert home.kinds(ANNA) == ["alert"]


async def test_home_assistant_was_off_for_hours(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await stop(home, alert, house)
    await home.pass_time(5 * HOUR)
    await start(home, house, alert)
    await home.wait(5, 1)
    # One step follows, no burst.
    assert home.kinds(BEN) == ["escalated"]
    assert len(home.texts(ANNA)) <= 2
    await home.wait(280)
    assert len(home.texts(BEN)) == 1


async def test_home_assistant_stops(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert(*STEPS)
    await home.begin()
    await home.hass.async_stop()
    assert home.kinds(ANNA) == ["alert"]
    with closing(sqlite3.connect(Path(home.hass.config.path("texting.db")))) as database:
        assert database.execute("SELECT count(*) FROM incident WHERE ended_at IS NULL").fetchone() == (1,)
