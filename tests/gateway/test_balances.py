"""Balances as real sites write them. The golden file says what each must read."""

from decimal import Decimal
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.texting.gateway.balance_text import CODES, SIGNS, currency_of, read_balance, shape_of
from custom_components.texting.gateway.errors import BalanceUnreadable
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms import responses
from homeassistant.generated.currencies import ACTIVE_CURRENCIES, HISTORIC_CURRENCIES
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
BRANDS = (Provider.CLUB_TEXTING, Provider.GROUP_TEXTING)
GOLDEN: list[dict[str, Any]] = json.loads((Path(__file__).parent / "balances.json").read_text("utf-8"))
READABLE = [each for each in GOLDEN if not each.get("unreadable")]
UNREADABLE = [each["data"] for each in GOLDEN if each.get("unreadable")]


def golden(balance: Balance) -> tuple[str | None, str]:
    """Return a balance as the golden file has it. 12.50 is not 12.5 there."""
    return None if balance.amount is None else str(balance.amount), balance.unit


def name_of(each: Any) -> str:
    data = each.get("data", each) if isinstance(each, dict) else each
    return json.dumps(data, ensure_ascii=True)[:60]


def test_the_golden_file_covers_currencies_and_languages() -> None:
    assert len(READABLE) >= 60
    assert len({each["unit"] for each in READABLE} & ACTIVE_CURRENCIES) >= 12
    assert len({each["language"] for each in READABLE}) >= 6


@pytest.mark.parametrize("each", READABLE, ids=name_of)
def test_balances_that_can_be_read(each: dict[str, Any]) -> None:
    assert golden(responses.balance(each["data"])) == (each["amount"], each["unit"])


@pytest.mark.parametrize("data", UNREADABLE, ids=name_of)
def test_balances_that_cannot_be_read(data: Any) -> None:
    with pytest.raises(BalanceUnreadable):
        responses.balance(data)


async def test_a_site_with_each_balance(gateway: OpenGateway, simulator: Simulator) -> None:
    account, site = gateway(PRO), simulator.accounts[PRO]
    found = []
    for each in READABLE:
        site.balance_data = each["data"]
        found += map(golden, await account.fetch_balance())
    assert found == [(each["amount"], each["unit"]) for each in READABLE]
    assert [request.path for request in simulator.requests()] == ["/api/v3/balance"] * len(READABLE)


@pytest.mark.parametrize("data", UNREADABLE, ids=name_of)
async def test_a_site_whose_balance_cannot_be_read_is_logged_in_to(
    gateway: OpenGateway, simulator: Simulator, data: Any
) -> None:
    site = simulator.accounts[PRO]
    site.balance_data = {"remaining_balance": ""} if data == "" else data
    account = gateway(PRO)
    with pytest.raises(BalanceUnreadable):
        await account.fetch_balance()
    await account.verify()


@pytest.mark.parametrize(
    ("variant", "credit", "shown"),
    [
        ("remaining-balance", "1234.5", ("1234.50", "$")),
        ("balance-units", "1234", ("1234", "credits")),
        ("balance-euros", "1234.5", ("1234.50", "EUR")),
        ("balance-reais", "1234.5", ("1234.50", "BRL")),
        ("balance-rupees", "1234.5", ("1234.50", "INR")),
        ("balance-francs", "12500", ("12500", "CFA")),
        ("balance-unlimited", "5", (None, "credits")),
    ],
)
async def test_variants_of_a_site(
    gateway: OpenGateway, simulator: Simulator, variant: str, credit: str, shown: tuple[str | None, str]
) -> None:
    simulator.use_variant(PRO, variant)
    simulator.accounts[PRO].credit = Decimal(credit)
    assert [golden(each) for each in await gateway(PRO).fetch_balance()] == [shown]


async def test_no_limit_in_units(gateway: OpenGateway, simulator: Simulator) -> None:
    simulator.use_variant(PRO, "balance-units")
    simulator.accounts[PRO].unlimited = True
    assert await gateway(PRO).fetch_balance() == [Balance(amount=None)]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("1423,50", ("1423.50", "credits")),
        ("12,5", ("12.5", "credits")),
        ("0,123", ("0.123", "credits")),
        ("0.123", ("0.123", "credits")),
        ("1423.125", ("1423.125", "credits")),
        ("€ 12,50", ("12.50", "EUR")),
    ],
)
async def test_textinghouse(
    gateway: OpenGateway, simulator: Simulator, body: str, shown: tuple[str | None, str]
) -> None:
    simulator.faults.add(HOUSE, "answer", body=body)
    assert [golden(each) for each in await gateway(HOUSE).fetch_balance()] == [shown]


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize(("body", "amount"), [("1,500", "1500"), ("12.5", "12.5"), ("500 left", "500"), ("1x", "1")])
async def test_club_and_group(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, body: str, amount: str
) -> None:
    simulator.faults.add(brand, "answer", body=body)
    (balance,) = await gateway(brand).fetch_balance()
    assert str(balance.amount) == amount


@pytest.mark.parametrize("nothing", [None, "", "soon"])
async def test_a_pool_without_a_balance_hides_only_itself(
    gateway: OpenGateway, simulator: Simulator, nothing: object
) -> None:
    data = {"balance": {"OTP": nothing, "Promotional": "1,500", "Transactional": 12}}
    body = {"status": "success", "message": "", "data": data}
    simulator.faults.add(POINT, "answer", body=body)
    found = {balance.pool: str(balance.amount) for balance in await gateway(POINT).fetch_balance()}
    assert found == {"Promotional": "1500", "Transactional": "12"}


@pytest.mark.parametrize("text", ["1" * 61, "1" * 16, "0." + "1" * 13, "1'2", "1.234'567", "12,34,5", "--5", "$ - 3"])
def test_texts_that_are_no_amount(text: str) -> None:
    with pytest.raises(BalanceUnreadable):
        read_balance(text)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("+5", "5", "credits"),
        ("5-", "-5", "credits"),
        ("1,234", "1234", "credits"),
        ("1.234", "1.234", "credits"),
        ("1.234 SMS", "1234", "SMS"),
        ("1 234,5", "1234.5", "credits"),
        ("1.234.567", "1234567", "credits"),
        ("EUR 1'000", "1000", "EUR"),
        ("$12.50 left", "12.50", "$"),
        ("- 12.50 EUR", "-12.50", "EUR"),
        ("(€5)", "-5", "EUR"),
        ("kr. 5", "5", "kr"),
        ("₿ 5", "5", "₿"),
    ],
)
def test_texts_that_are_amounts(text: str, amount: str, unit: str) -> None:
    assert golden(read_balance(text)) == (amount, unit)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**15, -(10**15), True, None, [], {}])
def test_values_that_are_no_amount(number: object) -> None:
    with pytest.raises(BalanceUnreadable):
        read_balance(number)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("$12 / $5 on hold", "$## / $# a a"),
        ("12,50 / 7|abcDEF é", "##,## / #|a a"),
        ("", "empty"),
        (None, "null"),
        ([1], "list"),
        ({}, "object"),
        (True, "bool"),
        (float("inf"), "number"),
        ("`1` \u200e2", "'#' \u200e#"),
        ("١٢ of ٣", "## a #"),
        ("1" * 99, "#" * 30),
    ],
)
def test_what_is_said_of_a_balance_that_cannot_be_read(value: object, shape: str) -> None:
    assert shape_of(value) == shape
    with pytest.raises(BalanceUnreadable) as raised:
        responses.balance({"remaining_balance": value})
    assert raised.value.detail == " ".join(shape.split())


def test_every_sign_is_of_a_currency_that_home_assistant_knows() -> None:
    # Home Assistant may lag behind with the newest code.
    assert sorted(CODES - ACTIVE_CURRENCIES - set(HISTORIC_CURRENCIES)) in ([], ["ZWG"])
    assert [sign for sign in SIGNS if currency_of(sign) is None or currency_of(sign.upper()) is None] == []
