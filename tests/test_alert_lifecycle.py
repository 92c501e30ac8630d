"""Alerts that are reloaded, disabled, removed or restarted while they are open."""

from glob import glob
from pathlib import Path
import sqlite3

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.issues import Issue
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alerts import press, set_up_alert
from tests.support.home import state_of, told, until

HOUSE = Provider.TEXTINGHOUSE
STATE = "sensor.leak_state"
CELLAR = "binary_sensor.cellar"


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime) -> MockConfigEntry:
    """Return an account, in a home whose cellar is dry."""
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    return await set_up(HOUSE)


@pytest.fixture
async def alert(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> MockConfigEntry:
    """Return an alert that is open, of which Anna was told."""
    entry = await set_up_alert(hass, causes=[CELLAR])
    hass.states.async_set(CELLAR, "on", {"friendly_name": "Cellar"})
    await until(lambda: state_of(hass, STATE).attributes.get("told") == ["Anna"])
    await simulator.settle()
    await told(hass)
    return entry


def texts(simulator: Simulator) -> list[str]:
    return [message.text for message in simulator.messages()]


def rows(hass: HomeAssistant) -> list[str]:
    """Return the entries whose incidents the database holds."""
    with sqlite3.connect(Path(hass.config.path("texting.db"))) as database:
        found = [entry_id for (entry_id,) in database.execute("SELECT entry_id FROM incident")]
    database.close()
    return found


async def test_a_reloaded_alert_goes_on(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    since = state_of(hass, STATE).attributes["since"]
    await hass.config_entries.async_reload(alert.entry_id)
    await told(hass)
    state = state_of(hass, STATE)
    assert (state.state, state.attributes["told"], state.attributes["since"]) == ("alerting", ["Anna"], since)
    assert len(texts(simulator)) == 1
    await press(hass, "button.leak_i_take_it")
    await told(hass)
    assert state_of(hass, STATE).state == "acknowledged"


async def test_a_disabled_alert_ends(hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator) -> None:
    await hass.config_entries.async_set_disabled_by(alert.entry_id, ConfigEntryDisabler.USER)
    await until(lambda: len(texts(simulator)) == 2)
    assert "No longer watched" in texts(simulator)[1]
    await hass.config_entries.async_set_disabled_by(alert.entry_id, None)
    await told(hass)
    # It is enabled again while its cause is on: that is a new incident.
    await until(lambda: len(texts(simulator)) == 3)
    assert texts(simulator)[2].startswith("ALERT")


async def test_a_removed_alert_leaves_nothing(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator
) -> None:
    assert rows(hass) == [alert.entry_id]
    await hass.config_entries.async_remove(alert.entry_id)
    await until(lambda: len(texts(simulator)) == 2)
    await told(hass)
    assert "No longer watched" in texts(simulator)[1]
    assert rows(hass) == []
    assert dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id) == []
    assert er.async_entries_for_config_entry(er.async_get(hass), alert.entry_id) == []
    assert hass.states.get(STATE) is None
    assert [issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN] == []


async def test_a_removed_alert_takes_its_issues_along(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    alert = await set_up_alert(hass, who=["notify.nobody"], causes=["binary_sensor.gone"])
    await pass_time(601)
    await told(hass)
    kinds = (Issue.RESPONDER_MISSING, Issue.CAUSE_MISSING)
    shown = {kind: ir.async_get(hass).async_get_issue(DOMAIN, f"{kind}_{alert.entry_id}") for kind in kinds}
    for issue, entity_id in zip(shown.values(), ("notify.nobody", "binary_sensor.gone"), strict=True):
        assert issue
        assert issue.translation_placeholders == {"alert": "Leak", "entities": entity_id}
    await hass.config_entries.async_remove(alert.entry_id)
    assert not [issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN]


async def test_the_last_entry_takes_the_database_along(
    hass: HomeAssistant, house: MockConfigEntry, alert: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.config_entries.async_remove(house.entry_id)
    await told(hass)
    assert alert.state is ConfigEntryState.LOADED
    assert rows(hass) == [alert.entry_id]
    await hass.config_entries.async_remove(alert.entry_id)
    await told(hass)
    assert not list(glob(hass.config.path("texting.db*")))  # noqa: PTH207  it blocks nobody here


async def test_an_account_is_reloaded_beside_an_open_alert(
    hass: HomeAssistant, house: MockConfigEntry, alert: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.config_entries.async_reload(house.entry_id)
    await told(hass)
    await press(hass, "button.leak_i_take_it")
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    await told(hass)
    assert state_of(hass, STATE).state == "acknowledged"
    assert len(texts(simulator)) == 1 + sum("takes care" in text for text in texts(simulator))


async def test_changes_apply_to_an_open_alert(
    hass: HomeAssistant, alert: MockConfigEntry, simulator: Simulator, pass_time: PassTime
) -> None:
    steps = [{"who": ["notify.anna"], "wait": 5}, {"who": ["notify.ben"], "wait": 5}]
    hass.config_entries.async_update_entry(alert, options={**alert.options, "steps": steps}, title="Flood")
    await told(hass)
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), alert.entry_id)
    assert device.name == "Flood"
    await pass_time(301)
    await until(lambda: state_of(hass, STATE).attributes["told"] == ["Anna", "Ben"])
