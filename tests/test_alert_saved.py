"""What people do to an alert is on disk before Home Assistant says that it is done."""

from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.support.alerts import press, set_up_alert

STATE, TAKE, DRILL = "sensor.leak_state", "button.leak_i_take_it", "button.leak_drill"


@pytest.fixture
async def alert(hass: HomeAssistant, set_up: SetUp) -> MockConfigEntry:
    """Return an alert that asks Anna."""
    await set_up(Provider.TEXTINGHOUSE)
    return await set_up_alert(hass)


async def act(hass: HomeAssistant, action: str, **fields: str) -> None:
    """Do something to the alert."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": STATE, **fields}, blocking=True)


def saved(hass: HomeAssistant) -> dict[str, Any]:
    """Return the incident in the database's file."""
    with closing(sqlite3.connect(Path(hass.config.path("texting.db")))) as database:
        ((content,),) = database.execute("SELECT content FROM incident").fetchall()
    stored: dict[str, Any] = json.loads(content)
    return stored


@pytest.mark.usefixtures("alert")
async def test_actions_return_once_they_are_saved(hass: HomeAssistant) -> None:
    await act(hass, "raise_alert", message="Fire")
    assert saved(hass)["what"] == "Fire"
    await act(hass, "acknowledge_alert")
    assert saved(hass)["state"] == "acknowledged"
    await act(hass, "clear_alert")
    assert saved(hass)["end_reason"] == "by_hand"


@pytest.mark.usefixtures("alert")
async def test_a_button_is_saved_when_it_is_pressed(hass: HomeAssistant) -> None:
    await press(hass, DRILL)
    assert saved(hass)["is_drill"] is True


@pytest.mark.usefixtures("alert")
async def test_who_takes_it_is_saved(hass: HomeAssistant) -> None:
    await act(hass, "raise_alert", message="Fire")
    await press(hass, TAKE)
    assert saved(hass)["state"] == "acknowledged"
