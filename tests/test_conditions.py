"""The condition is_credit_below, in real automations."""

from decimal import Decimal
import json
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, trace
from homeassistant.helpers.condition import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.automations import CREDIT, RUN_EVENT, automate, check_condition
from tests.support.home import state_of
from tests.support.routes import set_up_route

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
AMOUNTS = [("19.99", True), ("20", False), ("20.01", False), ("0", True)]


async def read(entry: Any) -> None:
    """Let the account read its balance."""
    await entry.runtime_data.balance.async_refresh()


async def is_low(hass: HomeAssistant, **options: Any) -> tuple[bool, dict[str, Any]]:
    """Return whether the condition is true, and what its trace shows."""
    trace.trace_clear()
    checked = await condition.async_from_config(hass, await check_condition(hass, **options))
    result = checked(hass)
    ((element,),) = (trace.trace_get(clear=False) or {}).values()
    result_trace = json.loads(json.dumps(element.as_dict()["result"]))
    assert result_trace.pop("result") is result
    return bool(result), result_trace


@EVERY_PROVIDER
@pytest.mark.parametrize(("left", "low"), AMOUNTS)
async def test_credit_below_an_amount(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, left: str, *, low: bool
) -> None:
    entry = await set_up(provider)
    account = simulator.accounts[provider]
    account.credit = dict.fromkeys(account.credit, Decimal(left)) if provider is POINT else Decimal(left)
    await read(entry)
    assert await is_low(hass, account=entry.entry_id, amount=20) == (low, {"credit": left, "below": "20"})


async def test_an_automation_runs_only_then(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    low = {"condition": CREDIT, "options": {"account": entry.entry_id, "amount": 20.5}}
    action = {"event": RUN_EVENT, "event_data": {"trigger": "a{}z"}}
    runs = await automate(hass, {"trigger": "event", "event_type": "look"}, conditions=[low], actions=[action])
    for amount in ("20.5", "20.4"):
        simulator.accounts[HOUSE].credit = Decimal(amount)
        await read(entry)
        hass.bus.async_fire("look")
        await hass.async_block_till_done()
        assert len(runs) == (amount == "20.4")
    # The automation works after a reload of the account, and does no harm after its removal.
    await hass.config_entries.async_reload(entry.entry_id)
    hass.bus.async_fire("look")
    await hass.async_block_till_done()
    assert len(runs) == 2
    await hass.config_entries.async_remove(entry.entry_id)
    hass.bus.async_fire("look")
    await hass.async_block_till_done()
    assert len(runs) == 2
    assert state_of(hass, "automation.tested").state == "on"


@pytest.mark.parametrize(
    ("pool", "low", "credit"),
    [
        (None, False, "40"),
        ("Transactional", True, "10"),
        ("promotional", False, "40"),
        ("OTP", True, "5"),
    ],
)
async def test_pools(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pool: str | None, credit: str, *, low: bool
) -> None:
    entry = await set_up(POINT)
    simulator.accounts[POINT].credit |= {"Transactional": Decimal(10), "Promotional": Decimal(40), "OTP": Decimal(5)}
    await read(entry)
    options = {"pool": pool} if pool else {}
    found = await is_low(hass, account=entry.entry_id, amount=20, **options)
    assert found == (low, {"credit": credit, "below": "20"})


async def test_no_limit_is_not_low(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[PRO].unlimited = True
    simulator.accounts[PRO].balance_shape = "remaining"
    entry = await set_up(PRO)
    found = await is_low(hass, account=entry.entry_id, amount=20)
    assert found == (False, {"why": "the credit has no limit", "below": "20"})


async def test_an_unknown_balance_is_not_low(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    """An unknown balance does not count as low, even if the last known balance was low."""
    simulator.accounts[HOUSE].credit = Decimal(1)
    entry = await set_up(HOUSE)
    assert await is_low(hass, account=entry.entry_id, amount=20) == (True, {"credit": "1", "below": "20"})
    for site in (HOUSE, "textinghouse_backup"):
        await simulator.faults.refuse(site)
    await read(entry)
    found = await is_low(hass, account=entry.entry_id, amount=20)
    assert found == (False, {"why": "the balance is not known", "below": "20"})
    await hass.config_entries.async_unload(entry.entry_id)
    found = await is_low(hass, account=entry.entry_id, amount=20)
    assert found == (False, {"why": "the account is not loaded", "below": "20"})


@pytest.mark.parametrize("amount", [None, "", "much", "{{ 20 }}", True, "nan", float("inf"), [20]])
async def test_what_is_no_amount(hass: HomeAssistant, set_up: SetUp, amount: object) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(vol.Invalid, match="expected a number"):
        await check_condition(hass, account=entry.entry_id, amount=amount)


async def test_accounts_and_pools_that_are_refused(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house, point = await set_up(HOUSE), await set_up(POINT)
    route = await set_up_route(hass, [house])
    for options, error in (
        ({"account": "nobody"}, "there is no such account"),
        ({"account": "{{ x }}"}, "templates cannot be used here"),
        ({"account": route.entry_id}, "Alerts is a route: its accounts have the credit"),
        ({"account": house.entry_id, "pool": "OTP"}, "TextingHouse has no such pool"),
        (
            {"account": point.entry_id, "pool": "Gold"},
            "TheSMSPoint has no such pool, but Transactional, Promotional, OTP",
        ),
        ({}, "account"),
    ):
        with pytest.raises(vol.Invalid, match=error):
            await check_condition(hass, amount=20, **options)
    with pytest.raises(vol.Invalid, match="amount"):
        await check_condition(hass, account=house.entry_id)


async def test_home_assistant_describes_it(hass: HomeAssistant, set_up: SetUp) -> None:
    """Read the descriptions as the automation editor does."""
    entry = await set_up(HOUSE)
    assert await async_setup_component(hass, "automation", {})
    await check_condition(hass, account=entry.entry_id, amount=20)
    descriptions = await async_get_all_descriptions(hass)
    found = {name: each for name, each in descriptions.items() if name.startswith(DOMAIN)}
    assert set(found) == {CREDIT, "texting.alert_is_open"}
    assert set((found[CREDIT] or {})["fields"]) == {"account", "amount", "pool"}
