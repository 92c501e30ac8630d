"""An account that may not use the provider's API: the form, the actions and the repair issue."""

from typing import Any

import pytest

from custom_components.texting.delivery.status_poller import FIRST_POLL
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.textiopro_words import WRONG_TOKEN
from tests.support.flows import WRONG, account_input, begin, reauth_flow, submit
from tests.support.home import notify, send, state_of, text_of

PRO = Provider.TEXTIOPRO
DENIED = pytest.mark.parametrize("variant", ["no-permission", "plan-not-active", "no-subscription"])
# Seconds: the pause between two reads of the balance, and that after a send.
READ, SOON = 15 * 60 + 1, 6


def issue_of(hass: HomeAssistant, entry: Any) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue("texting", f"access_denied_{entry.entry_id}")


def allow(simulator: Simulator) -> None:
    """Mend the account at the provider."""
    simulator.accounts[PRO].denies = ""


# -- the form --------------------------------------------------------------------------------------------------------


@DENIED
async def test_the_form_names_what_is_missing(hass: HomeAssistant, simulator: Simulator, variant: str) -> None:
    simulator.use_variant(PRO, variant)
    result = await submit(hass, await begin(hass, PRO), account_input(PRO, simulator))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "access_denied"})
    allow(simulator)
    result = await submit(hass, result, account_input(PRO, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("language", WRONG_TOKEN)
async def test_the_form_knows_a_wrong_token_in_words(hass: HomeAssistant, simulator: Simulator, language: str) -> None:
    simulator.use_variant(PRO, "wrong-token-in-words")
    simulator.accounts[PRO].language = language
    values = account_input(PRO, simulator, api="token")
    result = await submit(hass, await begin(hass, PRO), {**values, "api_token": WRONG})
    assert result["errors"] == {"base": "invalid_auth"}
    result = await submit(hass, result, values)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("site", ["ultimate-sms-3.8", "ultimate-sms-3.13-token", "french-site"])
async def test_an_account_at_a_real_site(hass: HomeAssistant, simulator: Simulator, site: str) -> None:
    fields = simulator.use_variant(PRO, site).fields
    result = await submit(hass, await begin(hass, PRO), account_input(PRO, simulator, **fields))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    await send(hass, "Water", account=result["result"].entry_id, to="+33612345601")
    assert [message.text for message in simulator.messages()] == ["Water"]


async def test_the_form_tells_an_error_of_the_providers_own(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.use_variant(PRO, "exception-in-reads")
    result = await submit(hass, await begin(hass, PRO), account_input(PRO, simulator))
    assert result["errors"] == {"base": "server_error"}
    simulator.accounts[PRO].exception = ""
    result = await submit(hass, result, account_input(PRO, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


# -- later -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WRONG_TOKEN)
async def test_a_token_that_became_wrong_asks_to_sign_in(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, language: str
) -> None:
    simulator.use_variant(PRO, "wrong-token-in-words")
    entry = await set_up(PRO, data={"api": "token"})
    simulator.accounts[PRO].token, simulator.accounts[PRO].language = WRONG, language
    with pytest.raises(HomeAssistantError) as raised:
        await notify(hass, "notify.anna", "Water")
    assert text_of(raised.value, "authentication_failed")
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id
    assert issue_of(hass, entry) is None


@DENIED
@pytest.mark.parametrize("found_by", ["balance", "send", "start"])
async def test_an_account_that_lost_its_access(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, variant: str, found_by: str
) -> None:
    if found_by == "start":
        simulator.use_variant(PRO, variant)
    entry = await set_up(PRO)
    # Without access the account loads all the same, so that its texts and its settings can be seen.
    assert entry.state is ConfigEntryState.LOADED
    simulator.use_variant(PRO, variant)
    if found_by == "balance":
        await entry.runtime_data.balance.async_refresh()
    elif found_by == "send":
        with pytest.raises(HomeAssistantError) as raised:
            await notify(hass, "notify.anna", "Water")
        assert text_of(raised.value, "access_denied")
    issue = issue_of(hass, entry)
    assert issue is not None
    assert (issue.severity, issue.is_fixable, issue.is_persistent) == (ir.IssueSeverity.ERROR, False, False)
    placeholders = issue.translation_placeholders or {}
    assert placeholders["account"] == entry.title
    assert any(word in placeholders["detail"] for word in ("permission", "plan", "subscription"))
    # Signing in would not help.
    assert not hass.config_entries.flow.async_progress()
    await pass_time(SOON)
    assert issue_of(hass, entry) is not None
    # No text is needed to find out that it is mended.
    allow(simulator)
    await pass_time(READ)
    assert issue_of(hass, entry) is None
    await notify(hass, "notify.anna", "Water")
    assert len(simulator.messages()) == 1


async def test_a_missing_permission_to_send(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    simulator.use_variant(PRO, "no-permission-to-send")
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await notify(hass, "notify.anna", "Water")
        # That the balance can be read proves nothing.
        await pass_time(READ)
        assert issue_of(hass, entry) is not None
    allow(simulator)
    await notify(hass, "notify.anna", "Water")
    assert issue_of(hass, entry) is None


async def test_news_of_an_old_text_proves_no_access(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    simulator.sent_after = None
    await notify(hass, "notify.anna", "Water")
    simulator.use_variant(PRO, "no-permission-to-send")
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.anna", "Fire")
    await simulator.set_status(simulator.messages()[0], "Delivered")
    await pass_time(FIRST_POLL + 1)
    assert state_of(hass, "sensor.textiopro_pending_messages").state == "0"
    assert issue_of(hass, entry) is not None


async def test_a_missing_permission_to_read_what_came_in(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    simulator.use_variant(PRO, "no-permission-to-list")
    await pass_time(READ)
    assert issue_of(hass, entry) is not None
    await notify(hass, "notify.anna", "Water")
    await pass_time(SOON)
    assert issue_of(hass, entry) is not None
    allow(simulator)
    await pass_time(READ)
    assert issue_of(hass, entry) is None


async def test_the_issue_goes_with_the_account(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.use_variant(PRO, "no-permission")
    entry = await set_up(PRO)
    assert issue_of(hass, entry) is not None
    await hass.config_entries.async_unload(entry.entry_id)
    assert issue_of(hass, entry) is None
