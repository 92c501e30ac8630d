"""Registered templates: they are read in the background, and errors say where a text differs from its template."""

from datetime import timedelta
import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, first_number, preview, send, text_of

POINT = Provider.THESMSPOINT
ALERT = {"template_id": "1107000000000000002"}
DIFFERS = (
    "The text does not follow the template “Home alert: {#var#}” of TheSMSPoint: at character 8, the template "
    "continues with “ert: ”. Change the text, with 1 to 40 characters for each placeholder, or choose another template"
)


def reads(simulator: Simulator) -> int:
    return sum(request.path.endswith("get-templates") for request in simulator.requests(POINT))


async def an_hour_later(hass: HomeAssistant) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=61))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_an_action_says_where_a_text_differs(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(POINT)
    simulator.clear_requests()
    target = {"account": entry.entry_id, "to": first_number(POINT)}
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Home alarm secret", **target, **ALERT)
    # The error text contains the template's own braces.
    assert caught.value.translation_key == "limit_template_mismatch"
    assert str(caught.value) == DIFFERS
    assert "secret" not in str(caught.value)
    seen = await preview(hass, entry, "Home alarm secret", **ALERT)
    assert (seen["error"], seen["limit"], seen["reason"]) == (DIFFERS, "template_mismatch", "invalid_message")
    assert not simulator.requests(POINT)
    (sent,) = await ask_to_send(hass, "Home alert: water", **target, **ALERT)
    assert (sent["status"], sent["error"]) == ("accepted", None)
    assert (await preview(hass, entry, "Home alert: water", **ALERT))["error"] is None
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", **target, template_id="1107000000000000001")
    assert "placeholder" in text_of(caught.value, "limit_template_mismatch")


async def test_templates_are_read_once_an_hour(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(POINT)
    assert reads(simulator) == 1
    await entry.runtime_data.balance.async_refresh()
    assert reads(simulator) == 1
    simulator.accounts[POINT].templates[1]["message"] = "Home alarm {#var#}"
    await an_hour_later(hass)
    assert reads(simulator) == 2
    assert (await preview(hass, entry, "Home alarm now", **ALERT))["error"] is None
    await hass.config_entries.async_unload(entry.entry_id)
    await an_hour_later(hass)
    assert reads(simulator) == 2


@pytest.mark.parametrize("fault", ["html", "cut", "rate_limited", "http_error"])
async def test_templates_that_cannot_be_read_keep_nothing_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    simulator.faults.add("thesmspoint", fault, None, path="get-templates")
    entry: MockConfigEntry = await set_up(POINT)
    assert entry.state is ConfigEntryState.LOADED
    assert (await preview(hass, entry, "Anything", **ALERT))["error"] is None
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING and "texting" in record.name]
    await simulator.restore()
    await an_hour_later(hass)
    assert (await preview(hass, entry, "Anything", **ALERT))["limit"] == "template_mismatch"


@pytest.mark.parametrize("provider", [provider for provider in Provider if provider is not POINT])
async def test_others_have_nothing_to_read(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    simulator.clear_requests()
    await entry.runtime_data.gateway.refresh()
    assert not simulator.requests()
