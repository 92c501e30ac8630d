from collections.abc import Callable
from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.accounts import account_data, new_entry
from tests.support.flows import (
    LOGIN_REFUSED,
    SECRETS,
    SENDER_INPUT,
    SITES,
    WRONG,
    account_input,
    choices,
    reconfigure,
    submit,
    submit_account,
    suggested,
)

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)


def without_secret(provider: Provider, simulator: Simulator, **changes: Any) -> dict[str, Any]:
    return account_input(provider, simulator, **{SECRETS[provider][0]: None}, **changes)


@EVERY_PROVIDER
async def test_the_form_shows_what_is_known_but_no_secret(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    form = await reconfigure(hass, entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    values = without_secret(provider, simulator)
    assert suggested(form) == {**values.pop("advanced"), **values}


@EVERY_PROVIDER
async def test_a_secret_left_empty_stays(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    data, before = dict(entry.data), set_ups(entry)
    values = without_secret(provider, simulator, url=simulator.url(provider) + "/")
    result = await submit_account(hass, await reconfigure(hass, entry), provider, values)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert dict(entry.data) == data
    assert set_ups(entry) == before


@EVERY_PROVIDER
async def test_a_loaded_account_reloads_once(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    secret, kept_in = SECRETS[provider]
    setattr(simulator.accounts[provider], kept_in, "9|changed")
    before = set_ups(entry)
    values = account_input(provider, simulator, **{secret: "9|changed"})
    result = await submit_account(hass, await reconfigure(hass, entry), provider, values)
    assert result["reason"] == "reconfigure_successful"
    assert dict(entry.data) == account_data(provider, simulator) | {secret: "9|changed"}
    assert entry.state is ConfigEntryState.LOADED
    assert set_ups(entry) == before + 1


@EVERY_PROVIDER
async def test_a_failed_account_is_set_up_again(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider, data={SECRETS[provider][0]: WRONG})
    assert entry.state is ConfigEntryState.SETUP_ERROR
    before = set_ups(entry)
    form = await reconfigure(hass, entry)
    result = await submit_account(hass, form, provider, account_input(provider, simulator))
    assert result["reason"] == "reconfigure_successful"
    assert entry.state is ConfigEntryState.LOADED  # type: ignore[comparison-overlap]  # the state changed
    assert set_ups(entry) == before + 1
    assert not hass.config_entries.flow.async_progress()


@EVERY_PROVIDER
async def test_an_error_changes_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    data = dict(entry.data)
    form = await reconfigure(hass, entry)
    form = await submit(hass, form, account_input(provider, simulator, **{SECRETS[provider][0]: WRONG}))
    assert (form["step_id"], form["errors"]) == ("reconfigure", {"base": LOGIN_REFUSED[provider][1]})
    form = await submit(hass, form, account_input(provider, simulator, url="http://gateway.example.com"))
    assert form["errors"] == {"base": "invalid_url"}
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    form = await submit(hass, form, account_input(provider, simulator))
    assert form["errors"] == {"base": "cannot_connect"}
    assert dict(entry.data) == data
    await simulator.restore()
    result = await submit_account(hass, form, provider, account_input(provider, simulator))
    assert result["reason"] == "reconfigure_successful"


@EVERY_PROVIDER
async def test_another_accounts_login_is_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    elsewhere = "http://127.0.0.1:9"
    new_entry(provider, simulator, data={"url": elsewhere}).add_to_hass(hass)
    form = await reconfigure(hass, entry)
    result = await submit(hass, form, account_input(provider, simulator, url=elsewhere))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data["url"] == simulator.url(provider)


async def test_a_sender_left_empty_is_removed(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    provider = Provider.TEXTINGHOUSE
    entry = await set_up(provider, data={"sender": "MyHome"})
    form = await reconfigure(hass, entry)
    assert suggested(form)["sender"] == "MyHome"
    result = await submit(hass, form, account_input(provider, simulator, sender=""))
    assert result["reason"] == "reconfigure_successful"
    assert "sender" not in entry.data


async def test_the_second_step_shows_and_changes_the_sender(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    provider = Provider.THESMSPOINT
    entry = await set_up(provider)
    form = await submit(hass, await reconfigure(hass, entry), without_secret(provider, simulator))
    assert form["step_id"] == "thesmspoint_sender"
    assert suggested(form) == SENDER_INPUT
    chosen = {"sender_id": "HOMEAD", "template_id": "1107000000000000003", "channel": "2"}
    result = await submit(hass, form, chosen)
    assert result["reason"] == "reconfigure_successful"
    assert dict(entry.data) == account_data(provider, simulator) | chosen


async def test_senders_and_templates_are_read_again(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    provider = Provider.THESMSPOINT
    entry = await set_up(provider)
    account = simulator.accounts[provider]
    account.senders[1]["approve_status"] = "Approved"
    account.templates.append(account.templates[0] | {"template_id": "1107000000000000009", "name": "New"})
    form = await submit(hass, await reconfigure(hass, entry), without_secret(provider, simulator))
    assert choices(form, "sender_id")["HOMEAD"] == "HOMEAD (Promotional)"
    assert choices(form, "template_id")["1107000000000000009"] == "New: “The front door is open.” (Transactional)"


@EVERY_PROVIDER
@pytest.mark.usefixtures("localhost")
async def test_another_host_does_not_rename(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    url = simulator.url(provider).replace("127.0.0.1", "localhost")
    values = without_secret(provider, simulator, url=url)
    result = await submit_account(hass, await reconfigure(hass, entry), provider, values)
    assert result["reason"] == "reconfigure_successful"
    assert (entry.data["url"], entry.title) == (url, GATEWAYS[provider].info.name)


async def test_a_sender_the_provider_does_not_take(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    provider = Provider.TEXTINGHOUSE
    entry = await set_up(provider)
    form = await submit(hass, await reconfigure(hass, entry), without_secret(provider, simulator, sender="My Home"))
    assert form["errors"] == {"sender": "invalid_sender"}
    assert "sender" not in entry.data
