"""What texts cost: the price of a segment, the spending of a month, and the budget."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
import sqlite3
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, add_group
from tests.support.flows import suggested
from tests.support.home import pass_until, preview, restart, send, state_of, text_of, until
from tests.support.routes import set_up_route

HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING
SPENT = "sensor.textinghouse_spent_this_month"
PRO_SPENT = "sensor.textiopro_spent_this_month"
EURO: dict[str, Any] = {"segment_price": 0.07, "currency": "EUR"}


NUMBERS = {HOUSE: "+33612345601", PRO: "+34612345603", CLUB: "+12125550142"}


async def text(hass: HomeAssistant, provider: Provider, message: str, **data: Any) -> None:
    """Send one text through the account of a provider."""
    (entry,) = (each for each in hass.config_entries.async_entries("texting") if each.data["provider"] == provider)
    await send(hass, message, account=entry.entry_id, to=[NUMBERS[provider]], **data)


def spent(hass: HomeAssistant, entity: str = SPENT) -> tuple[Decimal, str]:
    """Return what the sensor shows, and in which currency."""
    state = state_of(hass, entity)
    return Decimal(state.state), state.attributes["unit_of_measurement"]


async def rows(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return all texts, newest first."""
    response: Any = await hass.services.async_call("texting", "get_history", {}, blocking=True, return_response=True)
    messages: list[dict[str, Any]] = response["messages"]
    return messages


async def history(hass: HomeAssistant) -> list[tuple[Any, ...]]:
    """Return cost, price and currency of all texts, newest first."""
    return [(row["cost"], row["price"], row["currency"]) for row in await rows(hass)]


def issues(hass: HomeAssistant) -> dict[str, dict[str, str]]:
    """Return the issues about money."""
    found = ir.async_get(hass).issues.values()
    about = {each.translation_key or "": each.translation_placeholders or {} for each in found}
    return {key: texts for key, texts in about.items() if key.startswith(("budget", "currency"))}


# -- prices --------------------------------------------------------------------------------------------------------


async def test_without_a_price_nothing_is_told(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await text(hass, HOUSE, "Water")
    assert hass.states.get(SPENT) is None
    assert await history(hass) == [(1, None, None)]
    told = await preview(hass, entry, "Water")
    assert (told["price"], told["currency"]) == (None, None)


async def test_the_price_of_a_segment(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=EURO)
    assert spent(hass) == (Decimal(0), "EUR")
    told = await preview(hass, entry, "x" * 161)
    assert (told["cost"], told["price"], told["currency"]) == (2, 0.14, "EUR")
    await text(hass, HOUSE, "x" * 161)
    await text(hass, HOUSE, "Water")
    assert await history(hass) == [(1, 0.07, "EUR"), (2, 0.14, "EUR")]
    assert spent(hass) == (Decimal("0.21"), "EUR")
    state = state_of(hass, SPENT)
    assert {name: state.attributes[name] for name in ("device_class", "state_class", "last_reset", "budget")} == {
        "device_class": "monetary",
        "state_class": "total",
        "last_reset": dt_util.start_of_local_day(dt_util.now().replace(day=1)).isoformat(),
        "budget": None,
    }


async def test_a_price_that_is_set_later_counts_from_then_on(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await text(hass, HOUSE, "Water")
    hass.config_entries.async_update_entry(entry, options=EURO)
    await hass.async_block_till_done()
    assert spent(hass) == (Decimal(0), "EUR")
    await text(hass, HOUSE, "Smoke")
    assert await history(hass) == [(1, 0.07, "EUR"), (1, None, None)]
    assert spent(hass) == (Decimal("0.07"), "EUR")


async def test_refused_and_free_texts_cost_nothing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=EURO)
    simulator.accounts[HOUSE].credit = Decimal(0)
    with pytest.raises(HomeAssistantError):
        await text(hass, HOUSE, "Water")
    simulator.accounts[HOUSE].credit = Decimal(100)
    await entry.runtime_data.balance.async_refresh()
    await send(hass, "Test", account=entry.entry_id, to=["999"])
    assert await history(hass) == [(0, 0.0, "EUR"), (0, 0.0, "EUR")]
    assert spent(hass) == (Decimal(0), "EUR")


async def test_another_type_has_its_own_price(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO, options={**EURO, "type_prices": {"voice": 0.2}})
    for kind in ("sms", "voice", "whatsapp"):
        await send(hass, "Water", account=entry.entry_id, to=[NUMBERS[PRO]], type=kind)
    assert [price for _, price, _ in await history(hass)] == [0.07, 0.2, 0.07]
    assert spent(hass, PRO_SPENT) == (Decimal("0.34"), "EUR")


async def test_the_cost_that_the_provider_reports_is_preferred(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """It reports credits: three for a segment."""
    simulator.accounts[PRO].price = Decimal(3)
    await set_up(PRO, options=EURO)
    await text(hass, PRO, "Water")
    assert await history(hass) == [(3, 0.21, "EUR")]
    assert spent(hass, PRO_SPENT) == (Decimal("0.21"), "EUR")


def count_in_money(simulator: Simulator, text: str, price: str) -> None:
    account = simulator.accounts[PRO]
    account.balance_shape, account.balance_text, account.price = "remaining", text, Decimal(price)


async def test_a_provider_that_counts_in_money_needs_no_price(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    count_in_money(simulator, "€{:.2f}", "0.045")
    await set_up(PRO)
    assert spent(hass, PRO_SPENT) == (Decimal(0), "EUR")
    await text(hass, PRO, "Water")
    assert await history(hass) == [(1, 0.045, "EUR")]
    assert spent(hass, PRO_SPENT) == (Decimal("0.045"), "EUR")


async def test_currencies_are_never_added(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    """The price is in euros, and the provider reports pounds."""
    count_in_money(simulator, "£{:.2f}", "0.04")
    entry = await set_up(PRO, options=EURO)
    await text(hass, PRO, "Water")
    assert await history(hass) == [(1, 0.04, "GBP")]
    assert spent(hass, PRO_SPENT) == (Decimal(0), "EUR")
    assert state_of(hass, PRO_SPENT).attributes["other_currencies"] == ["0.04 GBP"]
    assert issues(hass) == {"currency_differs": {"account": "TextioPro", "counted": "GBP", "chosen": "EUR"}}
    hass.config_entries.async_update_entry(entry, options={"segment_price": 0.05, "currency": "GBP"})
    await hass.async_block_till_done()
    assert spent(hass, PRO_SPENT) == (Decimal("0.04"), "GBP")
    assert issues(hass) == {}


async def test_another_currency_begins_another_sum(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=EURO)
    await text(hass, HOUSE, "Water")
    hass.config_entries.async_update_entry(entry, options={"segment_price": 0.08, "currency": "USD"})
    await hass.async_block_till_done()
    assert spent(hass) == (Decimal(0), "USD")
    await text(hass, HOUSE, "Smoke")
    assert spent(hass) == (Decimal("0.08"), "USD")
    assert state_of(hass, SPENT).attributes["other_currencies"] == ["0.07 EUR"]
    await restart(hass, entry)
    assert spent(hass) == (Decimal("0.08"), "USD")
    hass.config_entries.async_update_entry(entry, options=EURO)
    await hass.async_block_till_done()
    assert spent(hass) == (Decimal("0.07"), "EUR")


async def test_a_text_that_may_have_been_charged_twice_counts_twice(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """Club Texting cannot be asked about a text whose response got lost."""
    await set_up(CLUB, options=EURO)
    simulator.faults.add("club_texting", "cut", 1, accept=True)
    credit = simulator.accounts[CLUB].credit
    sending = hass.async_create_task(text(hass, CLUB, "Water", if_unsure="resend"))
    await pass_until(hass, pass_time, lambda: sending.done() and len(simulator.messages()) == 2)
    await until(lambda: spent(hass, "sensor.club_texting_spent_this_month")[0])
    bill = (credit - simulator.accounts[CLUB].credit) * Decimal("0.07")
    assert bill == Decimal("0.14")
    assert spent(hass, "sensor.club_texting_spent_this_month") == (bill, "EUR")


async def test_a_route_tells_what_all_of_its_attempts_cost(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Any, pass_time: PassTime
) -> None:
    """The first account's text was accepted and not delivered, so the next one sent it. Each counts its own attempt."""
    house, pro = await set_up(HOUSE, options=EURO), await set_up(PRO, options=EURO | {"segment_price": 0.05})
    await connect(house)
    route = await set_up_route(hass, [house, pro], confirm_within=5)
    await send(hass, "Water", account=route.entry_id, to="+33612340006")
    await settle()
    await pass_until(hass, pass_time, lambda: not route.runtime_data.outbox, 10)
    assert len(simulator.messages()) == 2
    assert (await history(hass))[0] == (1, 0.12, "EUR")
    assert (spent(hass), spent(hass, PRO_SPENT)) == ((Decimal("0.07"), "EUR"), (Decimal("0.05"), "EUR"))


async def test_ten_is_written_as_ten(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE, options={"segment_price": 10.0, "currency": "EUR"})
    await text(hass, HOUSE, "Water")
    assert state_of(hass, SPENT).state == "10"


async def test_without_a_price_any_more_nothing_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE, options=EURO)
    await text(hass, HOUSE, "Water")
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    state = state_of(hass, SPENT)
    assert (state.state, state.attributes.get("unit_of_measurement")) == ("unknown", None)


async def test_a_text_that_waited_has_the_price_of_when_it_is_sent(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    await simulator.faults.refuse("club_texting")
    waiting = hass.async_create_task(text(hass, CLUB, "Water"))
    await pass_until(hass, pass_time, waiting.done)
    hass.config_entries.async_update_entry(entry, options=EURO)
    await hass.async_block_till_done()
    await simulator.restore()
    sensor = "sensor.club_texting_spent_this_month"
    await pass_until(hass, pass_time, lambda: spent(hass, sensor) == (Decimal("0.07"), "EUR"))


async def test_what_the_provider_charged_last_is_expected_next(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """So a budget holds for texts that are sent at the same moment, and a campaign has a price."""
    count_in_money(simulator, "€{:.2f}", "0.045")
    entry = await set_up(PRO, options={"monthly_budget": 0.2})
    await text(hass, PRO, "Water")
    told = await preview(hass, entry, "x" * 161)
    assert (told["price"], told["currency"]) == (0.09, "EUR")
    sends = [text(hass, PRO, f"Water {number}") for number in range(10)]
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert sum(isinstance(result, ServiceValidationError) for result in results) == 7
    assert spent(hass, PRO_SPENT) == (Decimal("0.18"), "EUR")


async def test_a_cost_that_cannot_be_true_is_ignored(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    count_in_money(simulator, "€{:.2f}", "1000000000000")
    give = simulator.accounts[PRO]
    give.credit = Decimal(10**13)
    await set_up(PRO, options=EURO)
    await text(hass, PRO, "Water")
    assert await history(hass) == [(1, 0.07, "EUR")]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE daily_total SET cost = 1e300",
        "UPDATE daily_total SET cost = 9e999",
        "UPDATE daily_total SET cost = -50.0",
        "UPDATE daily_total SET currency = CAST(x'ff45' AS TEXT)",
        "INSERT INTO daily_total SELECT entry_id, '', recipient_id, currency, 1, 1, 0, 0, 0, 0 FROM daily_total",
    ],
)
async def test_damaged_totals_stop_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, damage: str
) -> None:
    entry = await set_up(HOUSE, options=EURO | {"monthly_budget": 1.0})
    await text(hass, HOUSE, "Water")
    await until(lambda: not entry.runtime_data.outbox)
    path = entry.runtime_data.outbox.database.path

    def edit() -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(damage)

    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_add_executor_job(edit)
    await restart(hass, entry)
    await text(hass, HOUSE, "Smoke")
    assert spent(hass)[0] >= Decimal("0.07")
    assert (await preview(hass, entry, "Water"))["error"] is None


# -- the month -----------------------------------------------------------------------------------------------------


async def test_a_month_ends_in_the_homes_zone(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("Europe/Paris")
    # 23:30 on the last day of October in Paris
    freezer.move_to("2026-10-31T22:30:00+00:00")
    entry = await set_up(HOUSE, options=EURO | {"monthly_budget": 0.07})
    await text(hass, HOUSE, "Water")
    assert spent(hass) == (Decimal("0.07"), "EUR")
    assert set(issues(hass)) == {"budget_spent"}
    freezer.move_to("2026-10-31T23:00:00+00:00")
    async_fire_time_changed(hass, datetime(2026, 10, 31, 23, 0, 1, tzinfo=UTC))
    await hass.async_block_till_done()
    assert spent(hass) == (Decimal(0), "EUR")
    assert state_of(hass, SPENT).attributes["last_reset"] == "2026-11-01T00:00:00+01:00"
    assert issues(hass) == {}
    await text(hass, HOUSE, "Smoke")
    assert spent(hass) == (Decimal("0.07"), "EUR")
    await restart(hass, entry)
    assert spent(hass) == (Decimal("0.07"), "EUR")


async def test_the_totals_outlive_the_texts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=EURO)
    await text(hass, HOUSE, "Water")
    await until(lambda: not entry.runtime_data.outbox)
    database = entry.runtime_data.outbox.database
    assert await database.purge(dt_util.utcnow().timestamp() + 1, entry.entry_id) == 1
    assert await history(hass) == []
    await restart(hass, entry)
    assert spent(hass) == (Decimal("0.07"), "EUR")


@pytest.mark.parametrize("wrong", ["2026-12-01T12:00:00+00:00", "2026-10-20T12:00:00+00:00"])
async def test_a_clock_that_is_wrong_for_a_while_renews_no_budget(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory, wrong: str
) -> None:
    """A home without a clock of its own may also begin in the month before."""
    freezer.move_to("2026-11-30T12:00:00+00:00")
    entry = await set_up(HOUSE, options=EURO | {"monthly_budget": 0.07})
    await text(hass, HOUSE, "Water")
    freezer.move_to(wrong)
    await restart(hass, entry)
    await text(hass, HOUSE, "Water then")
    freezer.move_to("2026-11-30T12:10:00+00:00")
    with pytest.raises(ServiceValidationError):
        await text(hass, HOUSE, "Smoke")
    assert spent(hass) == (Decimal("0.07"), "EUR")


# -- the budget ----------------------------------------------------------------------------------------------------


async def test_a_budget_warns_and_then_refuses(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=EURO | {"monthly_budget": 0.35})
    for number in range(3):
        await text(hass, HOUSE, f"Water {number}")
    assert issues(hass) == {}
    await text(hass, HOUSE, "Water 3")
    assert issues(hass) == {"budget_nearly_spent": {"account": "TextingHouse", "budget": "0.35 EUR"}}
    with pytest.raises(ServiceValidationError) as caught:
        await text(hass, HOUSE, "x" * 161)
    assert set(issues(hass)) == {"budget_spent"}
    assert text_of(caught.value, "limit_budget") == str(caught.value)
    assert "0.28 EUR of its budget of 0.35 EUR" in str(caught.value)
    await text(hass, HOUSE, "Water 4")
    assert issues(hass) == {"budget_spent": {"account": "TextingHouse", "budget": "0.35 EUR"}}
    with pytest.raises(ServiceValidationError):
        await text(hass, HOUSE, "Water 5")
    sent = len(simulator.messages())
    await text(hass, HOUSE, "Water 6", urgent=True)
    assert len(simulator.messages()) == sent + 1
    assert spent(hass) == (Decimal("0.42"), "EUR")
    assert "The budget of this month is spent" in [row["reason_text"] for row in await rows(hass)]
    hass.config_entries.async_update_entry(entry, options=EURO | {"monthly_budget": 1.0})
    await hass.async_block_till_done()
    assert issues(hass) == {}
    await text(hass, HOUSE, "Water 7")


async def test_a_budget_is_spent_if_the_rest_pays_for_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(HOUSE, options=EURO | {"monthly_budget": 0.1})
    await text(hass, HOUSE, "Water")
    assert set(issues(hass)) == {"budget_spent"}


async def test_a_text_that_does_not_fit_into_the_budget_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """A shorter text would still fit, but the home must not go quiet unnoticed."""
    entry = await set_up(HOUSE, options=EURO | {"monthly_budget": 0.2})
    with pytest.raises(ServiceValidationError):
        await text(hass, HOUSE, "x" * 400)
    assert set(issues(hass)) == {"budget_spent"}
    await text(hass, HOUSE, "Water")
    assert set(issues(hass)) == {"budget_spent"}
    hass.config_entries.async_update_entry(entry, options=EURO | {"monthly_budget": 0.5})
    await hass.async_block_till_done()
    assert issues(hass) == {}


async def test_a_group_of_unknown_size_passes_no_budget(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """Nobody knows what it would cost."""
    entry = await set_up(PRO, options=EURO | {"monthly_budget": 10.0, "daily_limit": 0})
    add_group(simulator, FAMILY, "Family", 3)
    simulator.faults.add("textiopro", "html", None, path="/contacts")
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            "texting",
            "send_campaign",
            {"account": entry.entry_id, "groups": [FAMILY], "message": "Water"},
            blocking=True,
            return_response=True,
        )
    assert not simulator.messages()


async def test_a_currency_that_differs_is_told_when_the_balance_is_read(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO, options=EURO)
    assert issues(hass) == {}
    count_in_money(simulator, "£{:.2f}", "0.04")
    await entry.runtime_data.balance.async_refresh()
    assert set(issues(hass)) == {"currency_differs"}


async def test_what_waits_counts_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """A budget below what waits refuses new texts, and what waits is sent."""
    entry = await set_up(CLUB, options=EURO | {"monthly_budget": 0.14})
    await simulator.faults.refuse("club_texting")
    waiting = [hass.async_create_task(text(hass, CLUB, f"Water {number}")) for number in range(2)]
    await pass_until(hass, pass_time, lambda: all(task.done() for task in waiting))
    with pytest.raises(ServiceValidationError):
        await text(hass, CLUB, "Smoke")
    hass.config_entries.async_update_entry(entry, options=EURO | {"monthly_budget": 0.07})
    await hass.async_block_till_done()
    await simulator.restore()
    sensor = "sensor.club_texting_spent_this_month"
    await pass_until(hass, pass_time, lambda: spent(hass, sensor) == (Decimal("0.14"), "EUR"))
    assert set(issues(hass)) == {"budget_spent"}


# -- the form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "stored"),
    [
        ({"segment_price": "0,07", "currency": "EUR"}, {"segment_price": 0.07, "currency": "EUR"}),
        ({"segment_price": " 0.07 ", "currency": "CHF"}, {"segment_price": 0.07, "currency": "CHF"}),
        (
            {"segment_price": "7", "currency": "EUR", "monthly_budget": "1 500"},
            {"segment_price": 7.0, "currency": "EUR", "monthly_budget": 1500.0},
        ),
        ({"segment_price": "0.125"}, {"segment_price": 0.125}),
        ({"currency": "EUR"}, {}),
        ({}, {}),
    ],
)
async def test_amounts_in_the_form(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, money: dict[str, str], stored: dict[str, Any]
) -> None:
    entry = await set_up(HOUSE)
    await save(hass, entry, money)
    names = ("segment_price", "currency", "monthly_budget", "money", "type_prices")
    assert {name: entry.options[name] for name in names if name in entry.options} == stored
    assert suggested(await settings_form(hass, entry)).get("segment_price", "") == money.get(
        "segment_price", ""
    ).strip().replace(",", ".")


@pytest.mark.parametrize(
    ("money", "error"),
    [
        ({"segment_price": "0", "currency": "EUR"}, "invalid_amount"),
        ({"segment_price": "-0.07", "currency": "EUR"}, "invalid_amount"),
        ({"segment_price": "€ 0.07", "currency": "EUR"}, "invalid_amount"),
        ({"segment_price": "0.07", "monthly_budget": "0"}, "invalid_amount"),
        ({"segment_price": "0.07", "monthly_budget": "1,500"}, "invalid_amount"),
        ({"monthly_budget": "10"}, "budget_needs_price"),
    ],
)
async def test_amounts_that_are_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, money: dict[str, str], error: str
) -> None:
    entry = await set_up(HOUSE)
    form = await save(hass, entry, money)
    assert form["errors"] == {"base": error}
    assert entry.options == {}
    # What was typed is not lost.
    assert money.items() <= suggested(form).items()


async def test_a_price_in_another_currency_than_the_providers_is_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    count_in_money(simulator, "£{:.2f}", "0.04")
    entry = await set_up(PRO)
    form = await save(hass, entry, {"segment_price": "0.05", "currency": "EUR"})
    assert form["errors"] == {"base": "currency_of_provider"}
    assert form["description_placeholders"] == {"currency": "GBP"}
    form = await save(hass, entry, {"monthly_budget": "10", "currency": "EUR"})
    assert form["errors"] == {"base": "currency_of_provider"}
    assert suggested(await settings_form(hass, entry))["currency"] == "GBP"
    await save(hass, entry, {"monthly_budget": "10"})
    assert (entry.options["monthly_budget"], entry.options["currency"]) == (10.0, "GBP")


@pytest.mark.parametrize(
    "odd",
    [
        {"segment_price": "abc"},
        {"segment_price": True},
        {"segment_price": -1.0},
        {"type_prices": []},
        {"type_prices": {"voice": None}},
        {"monthly_budget": float("inf")},
        {"monthly_budget": [1]},
        {"segment_price": 0.07, "currency": "Euro"},
        {"segment_price": 0.07, "currency": 5},
    ],
)
async def test_options_that_were_stored_by_hand_can_be_mended(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, odd: dict[str, Any]
) -> None:
    entry = await set_up(PRO, options=odd)
    await text(hass, PRO, "Water")
    assert (await settings_form(hass, entry))["type"] == "form"
    await save(hass, entry, {"segment_price": "0.05", "currency": "EUR"})
    assert (entry.options["segment_price"], entry.options["currency"]) == (0.05, "EUR")


async def test_an_error_in_a_closed_section_opens_it(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    form = await save(hass, entry, {}, type_prices={"voice": "much"})
    assert form["errors"] == {"base": "invalid_amount"}
    sections = {str(name): each for name, each in form["data_schema"].schema.items() if hasattr(each, "options")}
    assert sections["type_prices"].options["collapsed"] is False


async def test_prices_of_types_can_be_emptied(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await save(hass, entry, {"segment_price": "0.05"}, type_prices={"voice": "0,2", "mms": ""})
    assert entry.options["type_prices"] == {"voice": 0.2}
    await save(hass, entry, {})
    assert entry.options.keys().isdisjoint({"type_prices", "segment_price", "currency"})


async def save(hass: HomeAssistant, entry: Any, money: dict[str, str], **sections: Any) -> Any:
    """Save the settings with a section of money."""
    form = await settings_form(hass, entry)
    result = await hass.config_entries.options.async_configure(form["flow_id"], {"money": money, **sections})
    await hass.async_block_till_done()
    return result


async def settings_form(hass: HomeAssistant, entry: Any) -> Any:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "settings"})
