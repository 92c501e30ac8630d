"""Credits and keywords of Club Texting and Group Texting: all codes, lost responses, and no trace of a card."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
import gc
import logging
import re
import traceback
from typing import Any

import pytest

from custom_components.texting.gateway.errors import (
    CannotConnect,
    Declined,
    Field,
    GatewayError,
    InvalidResponse,
    KeywordTaken,
    LoginOrApiRefused,
    OrderTooSmall,
    OrderUnknown,
    OutcomeUnknown,
    RateLimited,
    SetupRejected,
    Unsupported,
)
from custom_components.texting.gateway.orders import KeywordSetup, Orders
from custom_components.texting.gateway.provider import Provider
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.gateways import OpenGateway
from tests.support.samples import CARD

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])

type Operation = Callable[[Orders], Awaitable[Any]]

PURCHASES: dict[str, Operation] = {
    "credits/buy": lambda orders: orders.buy_credits(CARD, 200),
    "keyword/rent": lambda orders: orders.rent("home", CARD),
}
OPERATIONS: dict[str, Operation] = {
    **PURCHASES,
    "keyword/check": lambda orders: orders.is_free("home"),
    "keyword/setup": lambda orders: orders.set_up(KeywordSetup(keyword="home")),
}
EVERY_PURCHASE = pytest.mark.parametrize("path", PURCHASES)


def state(simulator: Simulator, brand: Provider) -> tuple[Decimal, dict[str, Keyword]]:
    """Return what an account has bought."""
    account = simulator.accounts[brand]
    return account.credit, dict(account.keywords)


async def error_of(operation: Awaitable[Any]) -> GatewayError:
    """Return the error that an operation raises."""
    with pytest.raises(GatewayError) as caught:
        await operation
    return caught.value


# -- requests --------------------------------------------------------------------------------------------------------


@BRANDS
@pytest.mark.parametrize(("path", "more"), [("credits/buy", {"Credits": "200"}), ("keyword/rent", {"Keyword": "home"})])
async def test_the_form_of_a_purchase(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str, more: dict[str, str]
) -> None:
    await PURCHASES[path](gateway(brand).orders)
    (request,) = simulator.requests()
    assert (request.method, request.path, request.query) == ("POST", f"/api/{path}/", {})
    assert request.params == {
        "User": "demo",
        "Pass": "demo-password",
        "FirstName": "Anna",
        "LastName": "Lindqvist",
        "Address": "1 Main Street",
        "City": "New York",
        "State": "NY",
        "Zip": "10001",
        "Country": "US",
        "Type": "Visa",
        "CCNumber": "*" * 16,
        "CCCode": "***",
        "Expm": "12",
        "Expy": "99",
        **more,
    }


@BRANDS
async def test_the_form_of_a_setup(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    simulator.accounts[brand].keywords["home"] = Keyword()
    orders = gateway(brand).orders
    await orders.set_up(KeywordSetup(keyword=" Home "))
    await orders.set_up(
        KeywordSetup(
            keyword="home", group="Home", autoreply="Hi!", email="a@example.com", url="https://example.com/x?y=1"
        )
    )
    login = {"User": "demo", "Pass": "demo-password"}
    first, second = [request.params for request in simulator.requests()]
    assert first == {**login, "Keyword": "Home"}
    assert second == {
        **login,
        "Keyword": "home",
        "Group": "Home",
        "Autoreply": "Hi!",
        "Email": "a@example.com",
        "URL": "https://example.com/x?y=1",
    }


@BRANDS
async def test_whether_a_keyword_is_free(gateway: OpenGateway, brand: Provider) -> None:
    orders = gateway(brand).orders
    assert [await orders.is_free(keyword) for keyword in ("home", "Pizza")] == [True, False]


# -- all documented codes, each from an account with its cause -------------------------------------------------------


@BRANDS
@pytest.mark.parametrize("path", OPERATIONS)
async def test_a_wrong_login(gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str) -> None:
    for simulator.accounts[brand].login_failed_status in (200, 401):
        error = await error_of(OPERATIONS[path](gateway(brand, password="wrong").orders))
        assert (type(error), error.code) == (LoginOrApiRefused, "-1")


@BRANDS
@pytest.mark.parametrize("path", OPERATIONS)
async def test_an_unknown_error(gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str) -> None:
    simulator.accounts[brand].broken.add(path)
    error = await error_of(OPERATIONS[path](gateway(brand).orders))
    assert (type(error), error.code) == (OrderUnknown if path in PURCHASES else OutcomeUnknown, "-10")
    assert len(simulator.requests()) == 1


@BRANDS
async def test_orders_that_are_refused(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    before = state(simulator, brand)
    orders = gateway(brand).orders
    bad = type(CARD)(**{name: getattr(CARD, name) for name in CARD.__slots__} | {"number": "4000 0000 0000 0002"})
    refusals = [
        (orders.buy_credits(bad, 200), Declined, "0"),
        (orders.buy_credits(CARD, 99), OrderTooSmall, "-2"),
        (orders.rent("home", bad), Declined, "0"),
        (orders.rent("PIZZA", CARD), KeywordTaken, "1"),
    ]
    for refusal, kind, code in refusals:
        error = await error_of(refusal)
        assert (type(error), error.code) == (kind, code)
    assert state(simulator, brand) == before


@BRANDS
async def test_a_check_below_the_minimum(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    simulator.accounts[brand].below_minimum = True
    error = await error_of(gateway(brand).orders.is_free("home"))
    assert (type(error), error.code) == (Declined, "-2")


@BRANDS
@pytest.mark.parametrize(
    ("setup", "field", "code"),
    [
        (KeywordSetup(keyword="other"), Field.KEYWORD, "-2"),
        (KeywordSetup(keyword="home", group="Nobody"), Field.GROUP, "-3"),
    ],
)
async def test_setups_that_are_refused(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, setup: KeywordSetup, field: Field, code: str
) -> None:
    simulator.accounts[brand].keywords["home"] = Keyword()
    error = await error_of(gateway(brand).orders.set_up(setup))
    assert isinstance(error, SetupRejected)
    assert (error.field, error.code) == (field, code)


@BRANDS
@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("-2", Field.KEYWORD),
        ("-3", Field.GROUP),
        ("-4", Field.EMAIL),
        ("-5", Field.URL),
        ("-7", Field.AUTOREPLY),
    ],
)
async def test_the_codes_of_a_setup(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, code: str, field: Field
) -> None:
    simulator.faults.add(brand, "answer", body=code)
    error = await error_of(gateway(brand).orders.set_up(KeywordSetup(keyword="home")))
    assert isinstance(error, SetupRejected)
    assert (error.field, error.code) == (field, code)


@BRANDS
@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize("code", ["-3", "-99", "-1.5", "3", "1.5"])
async def test_codes_that_no_document_has(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str, code: str
) -> None:
    if (path, code) == ("keyword/setup", "-3"):
        code = "-6"
    simulator.faults.add(brand, "answer", body=code)
    error = await error_of(OPERATIONS[path](gateway(brand).orders))
    lost = OrderUnknown if path in PURCHASES else InvalidResponse
    assert (type(error), error.code) == (Declined if code.startswith("-") else lost, code)


@BRANDS
async def test_one_operations_success_is_anothers_refusal(
    gateway: OpenGateway, simulator: Simulator, brand: Provider
) -> None:
    simulator.faults.add(brand, "answer", times=None, body="1")
    orders = gateway(brand).orders
    await orders.buy_credits(CARD, 200)
    await orders.set_up(KeywordSetup(keyword="home"))
    assert type(await error_of(orders.rent("home", CARD))) is KeywordTaken


# -- checks before requests ------------------------------------------------------------------------------------------


@BRANDS
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"keyword": " "}, Field.KEYWORD),
        ({"keyword": "two words"}, Field.KEYWORD),
        ({"keyword": "a\ud800"}, Field.KEYWORD),
        ({"autoreply": ""}, Field.AUTOREPLY),
        ({"autoreply": " \n"}, Field.AUTOREPLY),
        ({"autoreply": "a" * 161}, Field.AUTOREPLY),
        ({"autoreply": "Été"}, Field.AUTOREPLY),
        ({"email": "me"}, Field.EMAIL),
        ({"email": "a@b.c\ud800"}, Field.EMAIL),
        ({"url": "example.com"}, Field.URL),
        ({"url": "https:///x"}, Field.URL),
        ({"url": "https://example.com/\ud800"}, Field.URL),
        ({"group": "a\ud800"}, Field.GROUP),
    ],
)
async def test_setups_that_never_leave(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, fields: dict[str, str], wrong: Field
) -> None:
    error = await error_of(gateway(brand).orders.set_up(KeywordSetup(**{"keyword": "home", **fields})))
    assert isinstance(error, SetupRejected)
    assert error.field is wrong
    assert simulator.requests() == []


@BRANDS
async def test_orders_that_never_leave(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    orders = gateway(brand).orders
    assert isinstance(await error_of(orders.buy_credits(CARD, 0)), OrderTooSmall)
    assert isinstance(await error_of(orders.rent("two words", CARD)), SetupRejected)
    assert isinstance(await error_of(orders.is_free("")), SetupRejected)
    assert simulator.requests() == []


@BRANDS
async def test_the_longest_autoreply(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    simulator.accounts[brand].keywords["home"] = Keyword()
    await gateway(brand).orders.set_up(KeywordSetup(keyword="home", autoreply="a" * 160))
    assert simulator.accounts[brand].keywords["home"].autoreply == "a" * 160


@pytest.mark.parametrize("provider", [Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT])
async def test_providers_that_sell_nothing(gateway: OpenGateway, provider: Provider) -> None:
    with pytest.raises(Unsupported):
        _ = gateway(provider).orders


# -- lost responses --------------------------------------------------------------------------------------------------


@BRANDS
@EVERY_PURCHASE
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("cut", {}),
        ("cut", {"accept": True}),
        ("http_error", {}),
        ("http_error", {"status": 502, "accept": True}),
        ("html", {"accept": True}),
        ("empty", {"accept": True}),
        ("truncated", {}),
        ("truncated_body", {}),
        ("answer", {"body": "Thank you", "accept": True}),
    ],
)
async def test_a_lost_purchase_is_never_repeated(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str, kind: str, options: dict[str, Any]
) -> None:
    before = state(simulator, brand)
    fault = simulator.faults.add(brand, kind, **options)
    error = await error_of(PURCHASES[path](gateway(brand).orders))
    assert type(error) is OrderUnknown
    assert len(simulator.requests()) == 1
    assert (state(simulator, brand) != before) is fault.accepts


@BRANDS
@EVERY_PURCHASE
@pytest.mark.parametrize(("kind", "times"), [("rate_limited", 1), ("unavailable", 1)])
async def test_a_busy_provider_has_sold_nothing(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str, kind: str, times: int
) -> None:
    before = state(simulator, brand)
    simulator.faults.add(brand, kind, times)
    assert type(await error_of(PURCHASES[path](gateway(brand).orders))) is RateLimited
    assert len(simulator.requests()) == 1
    assert state(simulator, brand) == before


@BRANDS
@EVERY_PURCHASE
async def test_a_purchase_that_never_left(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, path: str
) -> None:
    await simulator.faults.refuse(brand)
    assert type(await error_of(PURCHASES[path](gateway(brand).orders))) is CannotConnect


# -- no trace of a card ----------------------------------------------------------------------------------------------


def told(error: BaseException) -> str:
    """Return all that an error and its causes hold, with the values of their frames except the test's."""
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    chained = [part for part in (summary, summary.__context__, summary.__cause__) if part]
    frames = [frame for part in chained for frame in part.stack if not frame.filename.endswith("test_ez_orders.py")]
    words = "\n".join([repr(error), str(error), *(f"{frame.locals}" for frame in frames)])
    # An object's address in memory may contain the digits of the code.
    return re.sub(r" at 0x[0-9a-f]+", "", words)


@EVERY_PURCHASE
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("cut", {}),
        ("html", {}),
        ("unavailable", {}),
        ("answer", {"body": "0"}),
        ("answer", {"body": "-1"}),
        ("answer", {"body": "-10"}),
    ],
)
async def test_no_error_and_no_log_holds_the_card(
    gateway: OpenGateway,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    path: str,
    kind: str,
    options: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.faults.add(CLUB, kind, **options)
    error = await error_of(PURCHASES[path](gateway(CLUB).orders))
    # asyncio logs port numbers, which may contain the digits of the code.
    log = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    words = "\n".join((told(error), *log))
    for secret in ("4111111", CARD.code, "Lindqvist"):
        assert secret not in words
    assert error.__context__ is None


async def test_the_card_is_dropped_once_it_is_sent(gateway: OpenGateway) -> None:
    await PURCHASES["credits/buy"](gateway(CLUB).orders)
    await asyncio.sleep(0)
    gc.collect()
    forms = [each for each in gc.get_objects() if isinstance(each, list) and ("CCNumber", "4111111111111111") in each]
    assert forms == []


async def test_a_fault_of_ours_holds_no_card(gateway: OpenGateway, simulator: Simulator) -> None:
    fields = {name: getattr(CARD, name) for name in CARD.__slots__} | {"last_name": "Lindqvist\ud800"}
    error = await error_of(gateway(CLUB).orders.buy_credits(type(CARD)(**fields), 200))
    assert str(error) == "OrderUnknown: UnicodeEncodeError"
    assert "Lindqvist" not in told(error)
    assert simulator.requests() == []


def test_a_card_shows_nothing() -> None:
    for words in (repr(CARD), str(CARD), f"{CARD}"):
        assert "4111111" not in words
        assert "Lindqvist" not in words
