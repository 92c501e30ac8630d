"""What an alert keeps stays small, whatever raises it and however often."""

from contextlib import closing
from pathlib import Path
import sqlite3

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from tests.support.alert_home import ANNA, AlertHome

MAX_CONTENT = 128 * 1024


def content_size(home: AlertHome) -> int:
    """Return the length of the longest row of an incident."""
    with closing(sqlite3.connect(Path(home.hass.config.path("texting.db")))) as database:
        return int(database.execute("SELECT max(length(content)) FROM incident").fetchone()[0])


async def test_an_action_that_raises_it_again_and_again(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", causes=[])
    for number in range(300):
        data = {"entity_id": "sensor.leak_state", "message": f"Fire {number} " + "x" * 5000}
        await home.hass.services.async_call(DOMAIN, "raise_alert", data, blocking=True)
        if number % 20 == 0:
            await home.wait(2)
    await home.settle()
    assert home.incident(alert).is_open
    assert len(home.texts(ANNA)) <= 80
    assert content_size(home) < MAX_CONTENT
    await home.hass.services.async_call(DOMAIN, "clear_alert", {"entity_id": "sensor.leak_state"}, blocking=True)
    await home.settle()
    assert home.kinds(ANNA)[-1] == "clear"


async def test_fifty_causes_with_long_names_that_flap(home: AlertHome, house: MockConfigEntry) -> None:
    causes = [f"binary_sensor.c{number}" for number in range(50)]
    await home.alert("notify.anna", causes=causes)
    for turn in range(20):
        for number, cause in enumerate(causes):
            home.switch("on" if (turn + number) % 3 else "off", cause, f"Cause {number} " + "x" * 255)
        await home.wait(20)
    assert content_size(home) < MAX_CONTENT
    assert len(home.texts(ANNA)) <= 80
