"""TextioPro's authentication, methods, envelopes and balances."""

from decimal import Decimal

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    MessageRejected,
    RateLimited,
    ServerError,
)
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error, row, success
from tests.support.samples import TOKEN, new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])


@APIS
async def test_both_authentications(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    account = gateway(TEXTIOPRO, api=api)
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    await account.verify()
    await simulator.settle()
    assert [report.status for report in await account.fetch_reports(sent)] == [Status.DELIVERED] * 2
    for request in simulator.requests(TEXTIOPRO):
        assert request.headers["Accept"] == "application/json"
        assert request.path.startswith({"bearer": "/api/v3/", "token": "/api/http/"}[api])
        assert (request.headers.get("Authorization") == f"Bearer {TOKEN}") is (api == "bearer")
        assert ("api_token" in request.params) is (api == "token")
        assert "api_token" not in request.query


@pytest.mark.parametrize(("reads", "first"), [("GET", ["POST", "GET"]), ("POST", ["POST"]), ("any", ["POST"])])
async def test_a_read_finds_its_method_once(
    gateway: OpenGateway, simulator: Simulator, reads: str, first: list[str]
) -> None:
    simulator.accounts[TEXTIOPRO].http_reads = reads
    account = gateway(TEXTIOPRO, api="token")
    for methods in (first, first[-1:]):
        simulator.clear_requests()
        await account.fetch_balance()
        assert [request.method for request in simulator.requests(TEXTIOPRO)] == methods


@pytest.mark.parametrize(
    ("body", "status"),
    [("<h1>405 Not Allowed</h1>", 405), (error("Method not allowed"), 200), ({"message": "Method Not Allowed"}, 405)],
)
async def test_a_method_is_refused_in_many_ways(
    account: Gateway, simulator: Simulator, respond: Respond, body: object, status: int
) -> None:
    respond(body, status=status)
    respond(success({"balance": 7}))
    assert (await account.fetch_balance())[0].amount == 7
    assert [request.method for request in simulator.requests()] == ["GET", "POST"]


async def test_no_method_is_tried_a_third_time(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond("", status=405, times=None)
    with pytest.raises(MessageRejected, match="405"):
        await account.fetch_balance()
    assert len(simulator.requests()) == 2


async def test_a_send_has_one_method(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond({"message": "The POST method is not supported for this route."}, status=405)
    assert (await send_one(account)).status is Status.REJECTED
    assert len(simulator.requests()) == 1


WORDS: list[tuple[str, type[GatewayError], FailureReason]] = [
    ("Unauthenticated.", AuthenticationFailed, FailureReason.AUTHENTICATION),
    ("Authentification échouée", AuthenticationFailed, FailureReason.AUTHENTICATION),
    ("You do not have enough SMS credits", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    ("Quota dépassé", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    ("You have reached the sending limit of your plan.", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    ("Too Many Attempts.", RateLimited, FailureReason.RATE_LIMITED),
    ("Invalid phone number: 33612345601", MessageRejected, FailureReason.INVALID_NUMBER),
    ("Le numéro est invalide", MessageRejected, FailureReason.INVALID_NUMBER),
    ("The recipient field is required.", MessageRejected, FailureReason.INVALID_NUMBER),
    ("The number 33612345601 is blacklisted", MessageRejected, FailureReason.OPTED_OUT),
    ("Recipient has opted out", MessageRejected, FailureReason.OPTED_OUT),
    ("Your message contains spam words", MessageRejected, FailureReason.PROHIBITED),
    ("Sender ID is not authorized", MessageRejected, FailureReason.INVALID_MESSAGE),
    ("The message field is required.", MessageRejected, FailureReason.INVALID_MESSAGE),
    ("The selected language is invalid.", MessageRejected, FailureReason.INVALID_MESSAGE),
    ("Erreur interne du serveur", ServerError, FailureReason.OTHER),
    ("Something else", MessageRejected, FailureReason.OTHER),
    ("", MessageRejected, FailureReason.OTHER),
]


@pytest.mark.parametrize(("words", "kind", "reason"), WORDS)
async def test_errors_are_read_by_their_words(
    account: Gateway, respond: Respond, words: str, kind: type[GatewayError], reason: FailureReason
) -> None:
    respond(error(words), "sms/send")
    result = await send_one(account)
    assert type(result.error) is kind
    assert result.reason is reason


@pytest.mark.parametrize("status", [200, 401, 403, 404, 422, 429, 500])
async def test_the_body_decides_whatever_http_says(account: Gateway, respond: Respond, status: int) -> None:
    respond(error("You have reached the sending limit of your plan."), status=status)
    assert isinstance((await send_one(account)).error, InsufficientCredit)
    respond(success(row()), status=status)
    assert (await send_one(account)).error is None


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"message": "Unauthenticated."}, 200, AuthenticationFailed),
        ({"message": "Unauthenticated."}, 401, AuthenticationFailed),
        ({"message": "Too Many Attempts."}, 429, RateLimited),
        ({"message": "Slow down"}, 429, RateLimited),
        ("<h1>Too Many Requests</h1>", 429, RateLimited),
        ({"message": "The given data was invalid."}, 422, MessageRejected),
        ({"message": "Server Error"}, 500, InvalidResponse),
        ({"message": "Hello"}, 200, InvalidResponse),
        ({}, 200, InvalidResponse),
        ([], 200, InvalidResponse),
    ],
)
async def test_answers_without_an_envelope(
    account: Gateway, respond: Respond, body: object, status: int, kind: type[GatewayError]
) -> None:
    respond(body, "balance", status=status)
    with pytest.raises(kind) as raised:
        await account.fetch_balance()
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("data", "amount", "unit"),
    [
        ({"balance": 100, "unit": "sms"}, "100", "SMS"),
        ({"balance": "99.5", "unit": "sms"}, "99.5", "SMS"),
        ({"balance": 0, "unit": "sms"}, "0", "SMS"),
        ({"remaining_balance": "$12.50", "expired_on": "31st Dec 30, 11:59 PM"}, "12.50", "$"),
        ({"remaining_balance": "€1,234.50"}, "1234.50", "EUR"),
        ({"remaining_balance": "1.234,50 EUR"}, "1234.50", "EUR"),
        ({"remaining_balance": "12,50 €"}, "12.50", "EUR"),
        ({"remaining_balance": "1,234,567"}, "1234567", "credits"),
        ({"remaining_balance": "1 234 SMS"}, "1234", "SMS"),
        ({"remaining_balance": "$-3"}, "-3", "$"),
        ({"remaining_balance": "Unlimited"}, None, "credits"),
        ({"balance": "illimité", "unit": "sms"}, None, "SMS"),
        ("250", "250", "credits"),
    ],
)
async def test_shapes_of_a_balance(
    account: Gateway, respond: Respond, data: object, amount: str | None, unit: str
) -> None:
    respond(success(data))
    assert await account.fetch_balance() == [Balance(amount=None if amount is None else Decimal(amount), unit=unit)]


@pytest.mark.parametrize("data", [None, {}, {"balance": None}, {"balance": "much"}, {"balance": "1.2.3"}, [1]])
async def test_what_is_no_balance(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data))
    with pytest.raises(InvalidResponse):
        await account.fetch_balance()


async def test_both_balances_of_the_simulator(account: Gateway, simulator: Simulator) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.balance_shape = "remaining"
    assert await account.fetch_balance() == [Balance(amount=Decimal(100), unit="$")]
    kept.unlimited = True
    assert await account.fetch_balance() == [Balance(amount=None)]
