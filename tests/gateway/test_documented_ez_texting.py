"""The documents of Club Texting and Group Texting about sending, credits and our webhook: each fact once."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from custom_components.texting.gateway.errors import (
    GatewayError,
    InsufficientCredit,
    Limit,
    LoginOrApiRefused,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
)
from custom_components.texting.gateway.message import IncomingMessage, IncomingType
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.gateways import Calls, OpenGateway, limit_of
from tests.support.samples import new_message, number, send_one

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])
NATIONAL = number(CLUB)[2:]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIGNS = {CLUB: ".,:;!?()~=+-_\\/@$#&%'\"", GROUP: ".,:;!?()~=+-_\\/@$#&%"}
DOUBLE = {CLUB: "\r\n", GROUP: "~@#%+=/\\\r\n"}

type Cause = Callable[[Simulator, Provider], object]


def says(code: str) -> Cause:
    """Return a cause that sets a response which the client cannot cause."""
    return lambda simulator, brand: simulator.faults.add(brand, "answer", body=code)


def no_api(simulator: Simulator, brand: Provider) -> None:
    """Disable the API for the account."""
    simulator.accounts[brand].api_allowed = False


def no_credit(simulator: Simulator, brand: Provider) -> None:
    """Spend all credit."""
    simulator.accounts[brand].credit = Decimal()


SENDS = [
    pytest.param(None, "1", None, None, id="1"),
    pytest.param(no_api, "-1", LoginOrApiRefused, FailureReason.AUTHENTICATION, id="-1"),
    pytest.param(no_credit, "-2", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT, id="-2"),
    pytest.param(
        lambda simulator, brand: simulator.accounts[brand].opted_out.add(NATIONAL),
        "-5",
        MessageRejected,
        FailureReason.OPTED_OUT,
        id="-5",
    ),
    pytest.param(says("-7"), "-7", MessageRejected, FailureReason.INVALID_MESSAGE, id="-7"),
    pytest.param(
        lambda simulator, brand: simulator.accounts[brand].globally_opted_out.add(NATIONAL),
        "-104",
        MessageRejected,
        FailureReason.OPTED_OUT,
        id="-104",
    ),
    pytest.param(says("-106"), "-106", MessageRejected, FailureReason.INVALID_NUMBER, id="-106"),
    pytest.param(says("-10"), "-10", OutcomeUnknown, FailureReason.OTHER, id="-10"),
]


@BRANDS
@pytest.mark.parametrize(("cause", "code", "kind", "reason"), SENDS)
async def test_codes_of_a_send(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    brand: Provider,
    cause: Cause | None,
    code: str,
    kind: type[GatewayError] | None,
    reason: FailureReason | None,
) -> None:
    if cause:
        cause(simulator, brand)
    (result,) = await gateway(brand).send([new_message(brand)])
    assert (result.provider_status, result.reason) == (code, reason)
    assert (result.error is None) if kind is None else (type(result.error) is kind)
    assert len(simulator.messages()) == (0 if kind else 1)
    assert len(simulator.requests()) == 1


@BRANDS
async def test_a_number_of_another_length_is_the_gateways_to_refuse(
    gateway: OpenGateway, simulator: Simulator, brand: Provider
) -> None:
    result = await send_one(gateway(brand), to="+442071838750")
    assert (result.provider_status, result.reason) == ("-106", FailureReason.INVALID_NUMBER)
    assert simulator.requests()[0].params["PhoneNumber"] == "442071838750"


@BRANDS
@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        pytest.param(None, None, id="any non-negative number"),
        pytest.param(no_api, LoginOrApiRefused, id="-1"),
        pytest.param(says("-10"), OutcomeUnknown, id="-10"),
    ],
)
async def test_codes_of_the_credit(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    brand: Provider,
    cause: Cause | None,
    kind: type[GatewayError] | None,
) -> None:
    if cause and kind:
        cause(simulator, brand)
        with pytest.raises(kind):
            await gateway(brand).fetch_balance()
        return
    for credit in (500, 0):
        simulator.accounts[brand].credit = Decimal(credit)
        assert [balance.amount for balance in await gateway(brand).fetch_balance()] == [credit]


@BRANDS
async def test_too_many_connections_are_not_processed(
    gateway: OpenGateway, simulator: Simulator, brand: Provider
) -> None:
    simulator.faults.add(brand, "unavailable")
    assert isinstance((await send_one(gateway(brand))).error, RateLimited)
    assert not simulator.messages()
    assert gateway(brand).info.in_flight == 2


@BRANDS
async def test_all_allowed_characters_arrive(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    for text in (LETTERS, f"a {SIGNS[brand]}", "one\ntwo\r\nthree"):
        assert (await send_one(gateway(brand), text=text)).status is Status.ACCEPTED
        assert simulator.messages()[-1].text == text
    for wrong in "<>[]{}|^*`é€😀" + ("" if brand is CLUB else "'\""):
        assert limit_of(await send_one(gateway(brand), text=f"a{wrong}")) is Limit.CHARACTERS
        assert limit_of(await send_one(gateway(brand), title=f"a{wrong}")) is Limit.CHARACTERS


@BRANDS
async def test_each_character_counts_as_documented(gateway: OpenGateway, brand: Provider) -> None:
    for character in f"{LETTERS}{SIGNS[brand]} \r\n":
        preview = gateway(brand).preview(new_message(brand, text=f"x{character}"))
        assert preview.units == 1 + (2 if character in DOUBLE[brand] else 1), repr(character)


@pytest.mark.parametrize(
    ("brand", "country", "express", "most"),
    [
        pytest.param(CLUB, "us", True, 160, id="Club express"),
        pytest.param(CLUB, "us", None, 160, id="Club, nothing said: express"),
        pytest.param(CLUB, "ca", True, 136, id="Club express, Canada"),
        pytest.param(CLUB, "us", False, 130, id="Club standard"),
        pytest.param(CLUB, "ca", False, 130, id="Club standard, Canada"),
        pytest.param(GROUP, None, None, 160, id="Group"),
    ],
)
async def test_subject_and_message_together(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    brand: Provider,
    country: str | None,
    express: bool | None,
    most: int,
) -> None:
    simulator.accounts[brand].country = country or "us"
    account = gateway(brand, **({"country": country} if country else {}))
    title = "T" * 13
    for over in (0, 1):
        result = await send_one(account, title=title, text="a" * (most - 13 + over), express=express)
        assert (limit_of(result) is Limit.TEXT_LENGTH) if over else (result.status is Status.ACCEPTED)
    assert limit_of(await send_one(account, title="T" * 14, text="a", express=express)) is Limit.TITLE_LENGTH
    (message,) = simulator.messages()
    assert message.extra.get("express") == (None if brand is GROUP else express is not False)


@BRANDS
async def test_an_empty_subject_is_sent(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    await send_one(gateway(brand))
    assert simulator.requests()[0].params["Subject"] == ""


@BRANDS
async def test_the_two_calls(gateway: OpenGateway, simulator: Simulator, home: Calls, brand: Provider) -> None:
    account = gateway(brand)
    simulator.accounts[brand].unique_requests = True
    simulator.accounts[brand].keywords["lights"] = Keyword(url=home.url)
    await simulator.answer(number(brand), "LIGHTS", brand)
    await send_one(account)
    # A reply within twelve hours comes by another API with other names.
    for text in ("lights on", "Hello World"):
        await simulator.answer(number(brand), text, brand)
    assert [set(call.parameters) for call in home.webhook_calls] == [
        {"PhoneNumber", "Message"},
        {"from", "message"},
        {"from", "message"},
    ]
    assert {call.method for call in home.webhook_calls} == {"GET"}
    said = [news for call in home.webhook_calls for news in account.parse_webhook(call)]
    assert [(news.type, news.text, news.sender) for news in said if isinstance(news, IncomingMessage)] == [
        (IncomingType.KEYWORD, "LIGHTS", number(brand)),
        (IncomingType.REPLY, "lights on", number(brand)),
        (IncomingType.REPLY, "Hello World", number(brand)),
    ]
