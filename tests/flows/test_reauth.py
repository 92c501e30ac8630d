from collections.abc import Callable

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.flows import LOGIN_REFUSED, SECRETS, SITES, WRONG, reauth_flow, submit

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
NEW = "8|aNewSecret"


def change_secret(simulator: Simulator, provider: Provider) -> None:
    setattr(simulator.accounts[provider], SECRETS[provider][1], NEW)


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await entry.runtime_data.balance.async_refresh()
    await hass.async_block_till_done()


@EVERY_PROVIDER
async def test_a_loaded_account_signs_in_again(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    assert entry.state is ConfigEntryState.LOADED
    change_secret(simulator, provider)
    await refresh(hass, entry)

    form = reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    secret, _ = SECRETS[provider]
    before = set_ups(entry)
    form = await submit(hass, form, {secret: WRONG})
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"base": LOGIN_REFUSED[provider][1]})
    assert (form["description_placeholders"] or {})["account"] == entry.title
    assert form["data_schema"] is not None
    assert [str(marker) for marker in form["data_schema"].schema] == [secret]
    assert set_ups(entry) == before

    untouched = {name: value for name, value in entry.data.items() if name != secret}
    result = await submit(hass, form, {secret: NEW})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data == untouched | {secret: NEW}
    assert set_ups(entry) == before + 1
    assert entry.runtime_data.balance.last_update_success
    assert not hass.config_entries.flow.async_progress()


@EVERY_PROVIDER
async def test_a_failed_account_comes_back(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    change_secret(simulator, provider)
    entry = await set_up(provider)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    before = set_ups(entry)
    result = await submit(hass, reauth_flow(hass), {SECRETS[provider][0]: NEW})
    assert result["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED  # type: ignore[comparison-overlap]  # the state changed
    assert set_ups(entry) == before + 1
    assert not hass.config_entries.flow.async_progress()


@EVERY_PROVIDER
async def test_the_provider_cannot_be_reached_meanwhile(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    change_secret(simulator, provider)
    entry = await set_up(provider)
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    form = await submit(hass, reauth_flow(hass), {SECRETS[provider][0]: NEW})
    assert form["errors"] == {"base": "cannot_connect"}
    await simulator.restore()
    result = await submit(hass, form, {SECRETS[provider][0]: NEW})
    assert result["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("provider", [Provider.TEXTIOPRO, Provider.THESMSPOINT])
async def test_the_secret_of_another_account_is_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    """If the secret identifies the account, reauthentication refuses the secret of another account."""
    secret, _ = SECRETS[provider]
    first = await set_up(provider)
    second = await set_up(provider, data={secret: WRONG})
    assert second.state is ConfigEntryState.SETUP_ERROR
    result = await submit(hass, reauth_flow(hass), {secret: first.data[secret]})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert second.data[secret] == WRONG


async def test_an_account_asks_for_its_credentials_only_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(Provider.CLUB_TEXTING)
    change_secret(simulator, Provider.CLUB_TEXTING)
    await refresh(hass, entry)
    await refresh(hass, entry)
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id
