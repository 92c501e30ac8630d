"""Alerts name causes and people as they are called now."""

import pytest

from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.alerts import set_up_alert
from tests.support.home import told, until
from tests.support.routes import ANNA

CELLAR = "binary_sensor.cellar"


async def switch(hass: HomeAssistant, state: str, name: str) -> None:
    """Switch the cause, which has this name now."""
    hass.states.async_set(CELLAR, state, {"friendly_name": name})
    await told(hass)


@pytest.mark.usefixtures("simulator")
async def test_the_next_incident_names_a_renamed_cause(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    engine = (await set_up_alert(hass, causes=[CELLAR], cleared_after=0)).runtime_data
    await switch(hass, "on", "Cellar")
    assert engine.incident.what == "Cellar"
    await switch(hass, "off", "Cellar")
    await until(lambda: engine.incident.is_over)
    await switch(hass, "on", "Basement")
    assert engine.incident.what == "Basement"


async def test_who_answers_while_an_alert_reloads_is_named(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, simulator: Simulator
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    alert = await set_up_alert(hass)
    alert.runtime_data.async_raise("Fire")
    engine = alert.runtime_data
    await until(lambda: [each.progress for each in engine.incident.notifications] == [Progress.DELIVERED])
    await told(hass)
    await hass.config_entries.async_unload(alert.entry_id)
    await simulator.answer(ANNA, "OK")
    await hass.config_entries.async_setup(alert.entry_id)
    await told(hass)
    incident = alert.runtime_data.incident
    assert (incident.state, incident.owner, incident.owner_name) == (State.ACKNOWLEDGED, "notify.anna", "Anna")


@pytest.mark.usefixtures("simulator")
async def test_a_person_who_stands_alone_in_a_step_is_renamed_too(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    registry = er.async_get(hass)
    # As a hand in the file may write it.
    alert = await set_up_alert(hass, steps=[{"who": "notify.anna", "wait": 5}])
    registry.async_update_entity("notify.anna", new_entity_id="notify.annie")
    assert alert.runtime_data.definition.responders == ["notify.annie"]
