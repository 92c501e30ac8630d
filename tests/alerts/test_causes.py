"""Causes that are no entity in a state: a template, and an outage."""

import asyncio
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.support.alert_home import ANNA, CELLAR, WATER, AlertHome
from tests.support.home import until

FREEZER = "sensor.freezer"
TEMPLATE = "{{ states('sensor.freezer') | float > -10 }}"
OUTAGE = 900.0


def freezer(home: AlertHome, degrees: object) -> None:
    home.hass.states.async_set(FREEZER, str(degrees))


@pytest.fixture
async def cold(home: AlertHome, house: MockConfigEntry) -> MockConfigEntry:
    """Return an alert that a freezer raises, which is cold enough."""
    freezer(home, -18)
    return await home.alert("notify.anna", causes=[], template=TEMPLATE, title="Freezer")


async def warm_up(home: AlertHome) -> None:
    freezer(home, -5)
    await until(lambda: home.texts(ANNA))
    await home.settle()


# -- a template --------------------------------------------------------------------------------------------------------


async def test_a_template_is_a_cause_while_it_is_true(home: AlertHome, cold: MockConfigEntry) -> None:
    await home.wait(60)
    assert home.state(cold) is State.IDLE
    await warm_up(home)
    assert home.texts(ANNA)[0].startswith("ALERT ")
    assert ": Freezer, " in home.texts(ANNA)[0]
    freezer(home, -18)
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "clear"]
    assert home.state(cold) is State.CLOSED


@pytest.mark.parametrize("degrees", ["unavailable", "unknown", "warm"])
async def test_an_error_in_the_template_changes_nothing(
    home: AlertHome, cold: MockConfigEntry, caplog: pytest.LogCaptureFixture, degrees: str
) -> None:
    freezer(home, degrees)
    await home.wait(120)
    assert home.state(cold) is State.IDLE
    freezer(home, -18)
    await home.settle()
    await warm_up(home)
    freezer(home, degrees)
    await home.wait(120)
    assert home.state(cold) is State.ALERTING
    # Its words are not logged.
    shown = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Freezer: its template cannot be rendered" in shown
    assert not any("states(" in line or "float" in line for line in shown)


@pytest.mark.parametrize("template", ["{% if %}", "{{ 1 / 0 }}", "{{ states('sensor.freezer') }}", "no", "{{ none }}"])
async def test_a_template_that_is_never_true(home: AlertHome, house: MockConfigEntry, template: str) -> None:
    freezer(home, "unknown")
    alert = await home.alert("notify.anna", template=template)
    await home.wait(60)
    assert home.state(alert) is State.IDLE
    await home.begin()
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "clear"]


async def test_a_template_that_is_true_for_a_moment(home: AlertHome, cold: MockConfigEntry) -> None:
    freezer(home, -5)
    await asyncio.sleep(0)
    freezer(home, -18)
    await home.settle()
    assert home.kinds(ANNA) == ["alert"]
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "clear"]


async def test_a_template_beside_an_entity(home: AlertHome, house: MockConfigEntry) -> None:
    freezer(home, -18)
    alert = await home.alert("notify.anna", template=TEMPLATE, title="Freezer")
    await home.begin()
    freezer(home, -5)
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "also"]
    home.switch("off")
    await home.wait(120)
    assert home.state(alert) is State.ALERTING
    assert home.incident(alert).what == "Freezer"


async def test_a_template_that_is_changed_or_removed(home: AlertHome, cold: MockConfigEntry) -> None:
    await warm_up(home)
    home.hass.config_entries.async_update_entry(cold, options={**cold.options, "template": "{{ 1 / 0 }}"})
    await home.wait(120)
    assert home.state(cold) is State.ALERTING
    home.hass.config_entries.async_update_entry(cold, options={**cold.options, "template": None})
    await home.wait(61)
    assert home.kinds(ANNA)[-1] == "clear"
    freezer(home, -18)
    freezer(home, -5)
    await home.settle()
    assert home.state(cold) is State.CLOSED


async def test_a_template_over_a_restart(
    hass: HomeAssistant, home: AlertHome, house: MockConfigEntry, cold: MockConfigEntry
) -> None:
    await warm_up(home)
    hass.set_state(CoreState.starting)
    # What the template looks at is not there yet, and its error has a default.
    home.hass.config_entries.async_update_entry(
        cold, options={**cold.options, "template": "{{ states('sensor.freezer') | float(-99) > -10 }}"}
    )
    await home.settle()
    hass.states.async_remove(FREEZER)
    await home.restart(house, cold)
    await home.wait(120)
    assert home.state(cold) is State.ALERTING
    freezer(home, -5)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await home.wait(120)
    assert home.state(cold) is State.ALERTING
    freezer(home, -18)
    await home.wait(61)
    assert home.state(cold) is State.CLOSED


async def test_an_alert_that_is_not_armed_has_no_causes(home: AlertHome, house: MockConfigEntry) -> None:
    freezer(home, -5)
    options: dict[str, Any] = {"template": TEMPLATE, "when_unavailable": "raise", "armed": False}
    alert = await home.alert("notify.anna", causes=["binary_sensor.gone"], **options)
    await home.wait(OUTAGE + 10)
    assert home.state(alert) is State.IDLE


# -- an outage ---------------------------------------------------------------------------------------------------------


async def watched(home: AlertHome, **options: Any) -> MockConfigEntry:
    """Return an alert that an outage of the cellar's sensor raises."""
    return await home.alert("notify.anna", when_unavailable="raise", **options)


@pytest.mark.parametrize("state", ["unavailable", "unknown", None])
async def test_an_outage_is_a_cause_after_a_while(home: AlertHome, house: MockConfigEntry, state: str | None) -> None:
    alert = await watched(home)
    if state:
        home.switch(state)
    else:
        home.hass.states.async_remove(CELLAR)
    await home.wait(OUTAGE - 60)
    assert home.state(alert) is State.IDLE
    await home.wait(61)
    name = WATER if state else "binary sensor.cellar"
    assert f"{name} is unavailable, " in home.texts(ANNA)[0]
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA)[-1] == "clear"


async def test_a_short_outage_is_none(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await watched(home)
    for _ in range(3):
        home.switch("unavailable")
        await home.wait(OUTAGE - 60)
        home.switch("off")
        await home.wait(120)
    assert home.state(alert) is State.IDLE
    # Two kinds of it are one outage.
    home.switch("unavailable")
    await home.wait(OUTAGE - 60)
    home.switch("unknown")
    await home.wait(61)
    assert home.state(alert) is State.ALERTING


async def test_what_is_back_and_on_is_a_further_cause(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await watched(home)
    home.switch("unavailable")
    await home.wait(OUTAGE + 1)
    assert home.kinds(ANNA) == ["alert"]
    home.switch("on")
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "also"]
    assert home.incident(alert).what == WATER
    await home.answer(ANNA, "OK")
    # What is on is known, so its outage is no news.
    home.switch("unavailable")
    await home.wait(OUTAGE + 61, 60)
    assert home.state(alert) is State.ACKNOWLEDGED
    home.switch("off")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED


async def test_an_outage_is_no_cause_unless_it_is_chosen(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    home.switch("unavailable")
    await home.wait(2 * OUTAGE)
    assert home.state(alert) is State.IDLE
    home.hass.config_entries.async_update_entry(alert, options={**alert.options, "when_unavailable": "raise"})
    await home.wait(OUTAGE - 60)
    assert home.state(alert) is State.IDLE
    await home.wait(61)
    assert home.state(alert) is State.ALERTING
    # It is chosen no more.
    home.hass.config_entries.async_update_entry(alert, options={**alert.options, "when_unavailable": "keep"})
    await home.wait(61)
    assert home.state(alert) is State.CLOSED


async def test_an_outage_over_a_restart(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await watched(home)
    home.switch("unavailable")
    await home.wait(OUTAGE - 60)
    await home.restart(house, alert)
    # It begins with the run.
    await home.wait(OUTAGE - 60)
    assert home.state(alert) is State.IDLE
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert"]
    await home.restart(house, alert)
    await home.wait(120)
    assert home.state(alert) is State.ALERTING
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA)[-1] == "clear"


async def test_an_outage_of_something_with_a_new_name(home: AlertHome, house: MockConfigEntry) -> None:
    registry = er.async_get(home.hass)
    registry.async_get_or_create("binary_sensor", "test", "1", suggested_object_id="cellar")
    alert = await watched(home)
    home.switch("unavailable")
    await home.wait(OUTAGE + 1)
    registry.async_update_entity(CELLAR, new_entity_id="binary_sensor.basement")
    await home.wait(120)
    assert list(home.incident(alert).causes) == ["binary_sensor.basement unavailable"]
    assert home.state(alert) is State.ALERTING
    home.switch("off", "binary_sensor.basement")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED
