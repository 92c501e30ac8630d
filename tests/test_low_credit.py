"""The binary sensor and the issue for low credit."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.flows import SITES
from tests.support.home import notify, notify_entities, state_of

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
SENSOR = "binary_sensor.textinghouse_low_credit"
READ = 15 * 60 + 1


def give(simulator: Simulator, provider: Provider, amount: str) -> None:
    """Set the balance of an account. If it has several pools, set each of them."""
    account = simulator.accounts[provider]
    one = Decimal(amount)
    account.credit = dict.fromkeys(account.credit, one) if provider is POINT else one


def low_credit(hass: HomeAssistant, entry: Any) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue("texting", f"low_credit_{entry.entry_id}")


def sensor_of(provider: Provider) -> str:
    return f"binary_sensor.{provider}_low_credit"


@EVERY_PROVIDER
async def test_no_credit_is_told_and_taken_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    assert state_of(hass, sensor_of(provider)).state == "off"
    assert low_credit(hass, entry) is None
    give(simulator, provider, "0")
    await pass_time(READ)
    assert state_of(hass, sensor_of(provider)).state == "on"
    issue = low_credit(hass, entry)
    assert issue is not None
    assert (issue.severity, issue.is_fixable, issue.is_persistent) == (ir.IssueSeverity.WARNING, False, False)
    unit = "SMS" if provider is PRO else "credits"
    site = entry.runtime_data.gateway.site
    assert issue.translation_placeholders == {"account": entry.title, "left": f"0 {unit}", "site": site}
    assert issue.learn_more_url == site
    give(simulator, provider, "20")
    await pass_time(READ)
    assert state_of(hass, sensor_of(provider)).state == "off"
    assert low_credit(hass, entry) is None


@pytest.mark.parametrize("options", [{}, {"low_credit": 20.0}])
@pytest.mark.parametrize(("amount", "state"), [("20", "off"), ("19.99", "on"), ("0", "on")])
async def test_the_threshold_is_the_accounts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, options: dict[str, Any], amount: str, state: str
) -> None:
    give(simulator, HOUSE, amount)
    entry = await set_up(HOUSE, options=options)
    assert state_of(hass, SENSOR).state == state
    issue = low_credit(hass, entry)
    told = {"account": "TextingHouse", "left": f"{amount} credits", "site": "https://www.textinghouse.com"}
    assert (issue and issue.translation_placeholders) == (told if state == "on" else None)


async def test_sending_makes_it_low(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    give(simulator, HOUSE, "10")
    entry = await set_up(HOUSE, options={"low_credit": 10})
    assert state_of(hass, SENSOR).state == "off"
    await notify(hass, notify_entities(HOUSE)[0], "Water")
    await pass_time(6)
    assert state_of(hass, SENSOR).state == "on"
    issue = low_credit(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["left"] == f"{10 - len(RECIPIENTS[HOUSE]['Anna'])} credits"


async def test_the_balance_is_shown_before_it_is_called_low(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """An automation that is triggered by low credit may text how much is left."""
    entry = await set_up(HOUSE)
    seen: list[str] = []

    @callback
    def changed(_event: Event[EventStateChangedData]) -> None:
        seen.append(state_of(hass, "sensor.textinghouse_credit_balance").state)

    async_track_state_change_event(hass, SENSOR, changed)
    give(simulator, HOUSE, "7")
    await entry.runtime_data.balance.async_refresh()
    await hass.async_block_till_done()
    assert seen == ["7"]


async def test_the_largest_pool_counts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.accounts[POINT].credit = {"OTP": Decimal(0), "Promotional": Decimal(9), "Transactional": Decimal(10)}
    entry = await set_up(POINT, options={"low_credit": 10})
    assert state_of(hass, sensor_of(POINT)).state == "off"
    simulator.accounts[POINT].credit["Transactional"] = Decimal(4)
    await pass_time(READ)
    assert state_of(hass, sensor_of(POINT)).state == "on"
    issue = low_credit(hass, entry)
    assert issue is not None
    assert (issue.translation_placeholders or {})["left"] == "9 credits"


async def test_an_account_without_limit_is_never_low(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[PRO].unlimited = True
    simulator.accounts[PRO].balance_shape = "remaining"
    entry = await set_up(PRO, options={"low_credit": 1000})
    assert state_of(hass, sensor_of(PRO)).state == "off"
    assert low_credit(hass, entry) is None


@pytest.mark.parametrize(
    ("unit", "amount", "prices", "state"),
    [
        # 20 segments at 0.05
        ("€{:.2f}", "1.00", {"segment_price": 0.05, "currency": "EUR"}, "off"),
        ("€{:.2f}", "0.99", {"segment_price": 0.05, "currency": "EUR"}, "on"),
        # Nobody knows what a segment costs in this currency.
        ("€{:.2f}", "0.01", {}, "off"),
        ("€{:.2f}", "0.01", {"segment_price": 0.05, "currency": "USD"}, "off"),
        ("€{:.2f}", "0", {}, "on"),
        # Several currencies have this sign.
        ("${:.2f}", "0.99", {"segment_price": 0.05, "currency": "USD"}, "on"),
        ("${:.2f}", "0.99", {"segment_price": 0.05, "currency": "EUR"}, "off"),
    ],
)
async def test_money_is_low_if_it_pays_for_too_few_segments(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    unit: str,
    amount: str,
    prices: dict[str, Any],
    state: str,
) -> None:
    simulator.accounts[PRO].balance_shape, simulator.accounts[PRO].balance_text = "remaining", unit
    give(simulator, PRO, amount)
    await set_up(PRO, options=prices)
    assert state_of(hass, sensor_of(PRO)).state == state


async def test_no_balance_is_not_known_to_be_low(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[POINT].credit = {}
    entry = await set_up(POINT)
    assert state_of(hass, sensor_of(POINT)).state == "unknown"
    assert low_credit(hass, entry) is None


@EVERY_PROVIDER
async def test_a_gateway_out_of_reach_changes_nothing_about_the_issue(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    give(simulator, provider, "0")
    entry = await set_up(provider)
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    await pass_time(READ)
    assert state_of(hass, sensor_of(provider)).state == "unavailable"
    assert low_credit(hass, entry) is not None


async def test_an_account_that_begins_out_of_reach_is_not_low(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    for site in SITES[HOUSE]:
        await simulator.faults.refuse(site)
    entry = await set_up(HOUSE)
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, SENSOR).state == "unavailable"
    assert low_credit(hass, entry) is None


async def test_the_issue_goes_with_the_account(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    give(simulator, HOUSE, "0")
    entry = await set_up(HOUSE)
    assert low_credit(hass, entry) is not None
    await hass.config_entries.async_unload(entry.entry_id)
    assert low_credit(hass, entry) is None
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert low_credit(hass, entry) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert low_credit(hass, entry) is None


async def test_a_lower_threshold_takes_the_issue_back(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    give(simulator, HOUSE, "5")
    entry = await set_up(HOUSE, options={"low_credit": 10})
    assert low_credit(hass, entry) is not None
    hass.config_entries.async_update_entry(entry, options={"low_credit": 5})
    await hass.async_block_till_done()
    assert state_of(hass, SENSOR).state == "off"
    assert low_credit(hass, entry) is None
