"""Codes, connections and webhook calls of Club Texting and Group Texting."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    LoginOrApiRefused,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    WebhookRejected,
)
from custom_components.texting.gateway.message import Balance, IncomingMessage, IncomingType, WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway
from tests.support.home import until
from tests.support.samples import new_message, number, send, send_one

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])


def respond(simulator: Simulator, brand: Provider, body: str, status: int = 200) -> None:
    """Set the response to the next request."""
    simulator.faults.add(brand, "answer", body=body, status=status)


@BRANDS
async def test_what_is_sent(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    result = await send_one(gateway(brand), title="Door", text="100% open & +1?\nGo")
    (request,) = simulator.requests()
    assert (request.method, request.path, request.query) == ("POST", "/api/sending/", {})
    express = {"Express": "1"} if brand is CLUB else {}
    assert request.params == {
        "User": "demo",
        "Pass": "demo-password",
        "PhoneNumber": "2125555601",
        "Subject": "Door",
        "Message": "100% open & +1?\nGo",
        **express,
    }
    assert (result.message_id, result.provider_status) == (None, "1")
    assert gateway(brand).preview(result.message).segments == 1


ANSWERS: list[tuple[str, int, type[GatewayError] | None, FailureReason | None]] = [
    ("1", 200, None, None),
    (" 1\r\n", 200, None, None),
    ("1 message sent", 200, None, None),
    ("1", 500, None, None),
    ("-1", 200, LoginOrApiRefused, FailureReason.AUTHENTICATION),
    ("-1", 401, LoginOrApiRefused, FailureReason.AUTHENTICATION),
    ("<h1>Unauthorized</h1>", 401, LoginOrApiRefused, FailureReason.AUTHENTICATION),
    ("-2", 200, InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    ("-5", 200, MessageRejected, FailureReason.OPTED_OUT),
    ("-7", 200, MessageRejected, FailureReason.INVALID_MESSAGE),
    ("-104", 200, MessageRejected, FailureReason.OPTED_OUT),
    ("-106", 200, MessageRejected, FailureReason.INVALID_NUMBER),
    ("-10", 200, OutcomeUnknown, FailureReason.OTHER),
    ("-99", 200, MessageRejected, FailureReason.OTHER),
    ("0", 200, InvalidResponse, FailureReason.OTHER),
    ("2", 200, InvalidResponse, FailureReason.OTHER),
    ("", 200, InvalidResponse, FailureReason.OTHER),
    ("sent", 200, InvalidResponse, FailureReason.OTHER),
    ("<html>1</html>", 200, InvalidResponse, FailureReason.OTHER),
    ("500 Internal Server Error", 500, InvalidResponse, FailureReason.OTHER),
    ("Bad Gateway", 502, InvalidResponse, FailureReason.OTHER),
    ("", 503, RateLimited, FailureReason.RATE_LIMITED),
]


@BRANDS
@pytest.mark.parametrize("given_answer", ANSWERS, ids=str)
async def test_answers(gateway: OpenGateway, simulator: Simulator, brand: Provider, given_answer: Any) -> None:
    body, status, kind, reason = given_answer
    respond(simulator, brand, body, status)
    result = await send_one(gateway(brand))
    assert result.reason is reason
    assert (result.error is None) if kind is None else (type(result.error) is kind)
    assert len(simulator.requests()) == 1


@BRANDS
async def test_opted_out(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    simulator.accounts[brand].opted_out.add("2125555601")
    simulator.accounts[brand].globally_opted_out.add("2125555602")
    results = await send(gateway(brand), [new_message(brand, last) for last in (5601, 5602)])
    assert [(result.reason, result.provider_status) for result in results] == [
        (FailureReason.OPTED_OUT, "-5"),
        (FailureReason.OPTED_OUT, "-104"),
    ]


@BRANDS
@pytest.mark.parametrize(
    ("to", "sent"), [("+12125551234", "2125551234"), ("2125551234", "2125551234"), ("+33612345678", "33612345678")]
)
async def test_numbers(gateway: OpenGateway, simulator: Simulator, brand: Provider, to: str, sent: str) -> None:
    result = await send_one(gateway(brand), to=to)
    assert simulator.requests()[0].params["PhoneNumber"] == sent
    assert result.reason is (FailureReason.INVALID_NUMBER if to.startswith("+33") else None)


@BRANDS
async def test_never_more_than_two_at_once(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    fault = simulator.faults.add(brand, "hold", None)
    sending = asyncio.create_task(send(gateway(brand), [new_message(brand, last) for last in range(5601, 5609)]))
    await until(lambda: fault.used == 2)
    fault.release()
    results = await sending
    assert {result.status for result in results} == {Status.ACCEPTED}
    assert simulator.max_in_flight(brand) == 2
    assert len({request.connection for request in simulator.requests()}) == 2


@BRANDS
async def test_a_third_connection_is_not_processed(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    fault = simulator.faults.add(brand, "hold", 2)
    sending = asyncio.create_task(send(gateway(brand), [new_message(brand, last) for last in (5601, 5602)]))
    await until(lambda: fault.used == 2)
    elsewhere = await send_one(gateway(brand), 5603)
    assert isinstance(elsewhere.error, RateLimited)
    fault.release()
    assert [result.error for result in await sending] == [None, None]
    assert len(simulator.messages()) == 2


@BRANDS
@pytest.mark.parametrize(("body", "amount"), [("500", "500"), ("12.5", "12.5"), ("0", "0"), (" 7 credits", "7")])
async def test_balances(gateway: OpenGateway, simulator: Simulator, brand: Provider, body: str, amount: str) -> None:
    respond(simulator, brand, body)
    assert await gateway(brand).fetch_balance() == [Balance(amount=Decimal(amount))]


@BRANDS
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("-1", LoginOrApiRefused),
        ("-10", OutcomeUnknown),
        ("?", InvalidResponse),
        ("9" * 200_000, InvalidResponse),
        (f"-{'9' * 200_000}", InvalidResponse),
    ],
    ids=["login", "unknown", "words", "endless", "endless below 0"],
)
async def test_no_balance(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, body: str, kind: type[GatewayError]
) -> None:
    respond(simulator, brand, body)
    with pytest.raises(kind):
        await gateway(brand).fetch_balance()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"PhoneNumber": "2125555601", "Message": "Lights on"},
            IncomingMessage(sender="+12125555601", text="Lights on", type=IncomingType.KEYWORD, keyword="Lights"),
        ),
        ({"PHONENUMBER": "2125555601", "MESSAGE": " "}, IncomingMessage(sender="+12125555601", text=" ")),
        ({"from": "12125555601", "message": "Yes"}, IncomingMessage(sender="+12125555601", text="Yes")),
        (
            {"From": "2125555601", "Message": "stop", "MessageID": "9", "Group": "Home"},
            IncomingMessage(sender="+12125555601", text="stop", type=IncomingType.OPT_OUT, message_id="9"),
        ),
        (
            {"from": "38000", "message": "Hi", "message_id": "8"},
            IncomingMessage(sender="38000", text="Hi", message_id="8"),
        ),
    ],
)
def test_what_comes_in(method: str, parameters: dict[str, object], message: IncomingMessage, club: Gateway) -> None:
    assert club.parse_webhook(WebhookCall(method=method, parameters=parameters)) == [message]


@pytest.fixture
def club(gateway: OpenGateway) -> Gateway:
    """Return the gateway of the default account at Club Texting."""
    return gateway(CLUB)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"message": "Hi"}, {"from": "2125555601"}, {"from": 1, "message": "Hi"}, {"from": "", "message": "Hi"}],
)
def test_calls_of_others(club: Gateway, parameters: dict[str, object]) -> None:
    with pytest.raises(WebhookRejected):
        club.parse_webhook(WebhookCall(method="GET", parameters=parameters))


async def test_a_message_id_is_passed_on(club: Gateway, simulator: Simulator, home: Any) -> None:
    simulator.accounts[CLUB].callback_extra = {"MessageID": "77"}
    await send_one(club)
    await simulator.answer(number(CLUB), "Yes")
    (message,) = club.parse_webhook(home.webhook_calls[-1])
    assert isinstance(message, IncomingMessage)
    assert message.message_id == "77"
