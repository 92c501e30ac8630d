from collections.abc import Awaitable, Callable
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.home import first_number, notify, notify_entities, numbers
from tests.support.privacy import digits_of

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
TEXT = "Nobody else shall read this"


async def diagnostics(hass: HomeAssistant, set_up: SetUp, provider: Provider) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send some texts and return the account's data and its diagnostics."""
    sender = {"sender": "MyHome"} if provider is Provider.TEXTINGHOUSE else {}
    entry = await set_up(provider, data=sender, options={"balance_interval": 20})
    for entity_id in notify_entities(provider):
        await notify(hass, entity_id, TEXT)
    await hass.async_block_till_done()
    return dict(entry.data), await async_get_config_entry_diagnostics(hass, entry)


@EVERY_PROVIDER
async def test_what_is_told(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    snapshot: SnapshotAssertion,
    freezer: FrozenDateTimeFactory,
    provider: Provider,
) -> None:
    _, told = await diagnostics(hass, set_up, provider)
    assert json.loads(re.sub(r":\d+\"", ':PORT"', json.dumps(told, sort_keys=True))) == snapshot


@EVERY_PROVIDER
async def test_what_is_not_told(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Callable[[], Awaitable[None]],
    provider: Provider,
) -> None:
    data, told = await diagnostics(hass, set_up, provider)
    text = json.dumps(told)
    kept = {"provider", "url", "backup_url", "country", "api", "channel"}
    assert not [value for name, value in data.items() if name not in kept and str(value) in text]
    assert not [number for number in numbers(provider) if digits_of(number) in digits_of(text)]
    assert not [name for name in RECIPIENTS[provider] if name in text]
    assert TEXT not in text


async def test_calls_of_the_webhook_are_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await settle()
    await simulator.answer(first_number(Provider.TEXTINGHOUSE), TEXT)
    await hass.async_block_till_done()
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["webhook"]["called_at"]
    assert told["last_30_days"]["delivered"] == 1
    assert TEXT not in json.dumps(told)


@EVERY_PROVIDER
async def test_an_account_whose_gateway_never_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    for site in ("textinghouse_backup", provider):
        await simulator.faults.refuse(site)
    told = await async_get_config_entry_diagnostics(hass, await set_up(provider))
    assert (told["balance_read"], told["balances"], told["pending_messages"]) == (False, [], {})
