"""An alert that is open goes on once it is known who can reply."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerts import startup
from custom_components.texting.alerts.engine import AlertEngine
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.conftest import SetUp
from tests.support.alerts import set_up_alert
from tests.support.home import state_of, told

type Entries = tuple[MockConfigEntry, MockConfigEntry]


@pytest.fixture
async def entries(hass: HomeAssistant, set_up: SetUp) -> Entries:
    """Return an account and an alert that is open, neither of them loaded, in a home that starts."""
    account = await set_up(Provider.TEXTINGHOUSE)
    alert = await set_up_alert(hass)
    alert.runtime_data.async_raise("Fire")
    await told(hass)
    for entry in (alert, account):
        await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.not_running)
    return account, alert


async def test_an_open_alert_goes_on_after_the_accounts(
    hass: HomeAssistant, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, alert = entries
    happened: list[str] = []

    @callback
    def changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.state is ConfigEntryState.LOADED:
            happened.append(entry.entry_id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)
    resume = AlertEngine._async_resume

    async def resumed(*args: Any) -> None:
        happened.append("goes on")
        await resume(*args)

    monkeypatch.setattr(AlertEngine, "_async_resume", resumed)
    await hass.config_entries.async_setup(alert.entry_id)
    assert state_of(hass, "sensor.leak_state").state == "alerting"
    await hass.config_entries.async_setup(account.entry_id)
    await told(hass)
    assert happened == [alert.entry_id, account.entry_id, "goes on"]


async def test_an_account_that_cannot_load_is_not_waited_for(
    hass: HomeAssistant, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, alert = entries
    monkeypatch.setattr(startup, "ACCOUNTS_TIMEOUT", 0.0)
    await hass.config_entries.async_setup(alert.entry_id)
    assert (account.state, alert.state) == (ConfigEntryState.NOT_LOADED, ConfigEntryState.LOADED)


async def test_in_a_home_that_runs_nothing_is_waited_for(hass: HomeAssistant, entries: Entries) -> None:
    account, alert = entries
    hass.set_state(CoreState.running)
    await hass.config_entries.async_setup(alert.entry_id)
    assert (account.state, alert.state) == (ConfigEntryState.NOT_LOADED, ConfigEntryState.LOADED)
