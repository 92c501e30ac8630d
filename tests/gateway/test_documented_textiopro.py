"""TextioPro's documentation of sending and reading, each fact once: parameters, envelopes, errors, statuses."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    MessageRejected,
    ServerError,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error
from tests.support.samples import TOKEN, new_message, number, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])
PICTURE = "https://example.com/image.jpg"

type Cause = Callable[[Simulator], None]


def other_token(simulator: Simulator) -> None:
    """Create a new token on the dashboard."""
    simulator.accounts[TEXTIOPRO].token = "8|another"


def no_quota(simulator: Simulator) -> None:
    """Use up all credit of the plan."""
    simulator.accounts[TEXTIOPRO].credit = Decimal()


def says(words: str) -> Cause:
    """Return a cause that sets a response which the client cannot cause."""

    def cause(simulator: Simulator) -> None:
        simulator.faults.add(TEXTIOPRO, "answer", path="sms/send", body=error(words))

    return cause


@APIS
@pytest.mark.parametrize(
    ("cause", "to", "kind", "reason"),
    [
        pytest.param(
            other_token, None, AuthenticationFailed, FailureReason.AUTHENTICATION, id="Authentification échouée"
        ),
        pytest.param(
            says("Le paramètre message est manquant."),
            None,
            MessageRejected,
            FailureReason.INVALID_MESSAGE,
            id="Paramètres manquants ou invalides",
        ),
        pytest.param(no_quota, None, InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT, id="Quota dépassé"),
        pytest.param(None, "+12345", MessageRejected, FailureReason.INVALID_NUMBER, id="Numéro invalide"),
        pytest.param(
            says("Erreur interne du serveur"), None, ServerError, FailureReason.OTHER, id="Erreur interne du serveur"
        ),
    ],
)
async def test_common_errors(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    api: str,
    cause: Cause | None,
    to: str | None,
    kind: type[GatewayError],
    reason: FailureReason,
) -> None:
    if cause:
        cause(simulator)
    (result,) = await gateway(TEXTIOPRO, api=api).send([new_message(TEXTIOPRO, **({"to": to} if to else {}))])
    assert type(result.error) is kind
    assert result.reason is reason
    assert not simulator.messages()


async def test_a_message_that_is_not_there_is_no_news(account: Gateway, simulator: Simulator) -> None:
    """Ressource non trouvée."""
    assert await account.fetch_reports([accepted(new_message(TEXTIOPRO), message_id="606812e63f78b")]) == []
    assert simulator.requests()[-1].path == "/api/v3/sms/606812e63f78b"


TYPES: list[tuple[MessageType, dict[str, Any], dict[str, str]]] = [
    (MessageType.SMS, {}, {"type": "plain", "message": "The door is open"}),
    (MessageType.SMS, {"text": "ê"}, {"type": "unicode", "message": "ê"}),
    (
        MessageType.VOICE,
        {"language": "en-gb", "gender": "female"},
        {"type": "voice", "language": "en-gb", "gender": "female"},
    ),
    (MessageType.MMS, {"media_url": PICTURE}, {"type": "mms", "media_url": PICTURE}),
    (MessageType.WHATSAPP, {"sender": "YOUR_WHATSAPP_ID"}, {"type": "whatsapp", "sender_id": "YOUR_WHATSAPP_ID"}),
    (MessageType.WHATSAPP, {"media_url": PICTURE}, {"type": "whatsapp", "media_url": PICTURE}),
    (MessageType.VIBER, {"sender": "YOUR_VIBER_ID"}, {"type": "viber", "sender_id": "YOUR_VIBER_ID"}),
    (MessageType.VIBER, {"media_url": PICTURE}, {"type": "viber", "media_url": PICTURE}),
    (MessageType.OTP, {"text": "Your verification code is 123456"}, {"type": "otp"}),
]


@APIS
@pytest.mark.parametrize("scheduled", [pytest.param(False, id="at once"), pytest.param(True, id="scheduled")])
@pytest.mark.parametrize(("kind", "fields", "sent"), TYPES)
async def test_each_type_with_its_parameters(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    api: str,
    scheduled: bool,
    kind: MessageType,
    fields: dict[str, Any],
    sent: dict[str, str],
) -> None:
    when = {"send_at": datetime(2099, 12, 20, 7, tzinfo=UTC)} if scheduled else {}
    result = await send_one(gateway(TEXTIOPRO, api=api), type=kind, **fields, **when)
    assert result.status is Status.ACCEPTED
    request = next(request for request in simulator.requests() if request.path.endswith("/sms/send"))
    assert request.method == "POST"
    assert request.params.items() >= {"sender_id": "MyHome", "recipient": number(TEXTIOPRO).lstrip("+"), **sent}.items()
    assert request.params.get("schedule_time") == ("2099-12-20 07:00" if scheduled else None)
    assert set(request.params) - {"api_token", "schedule_time"} == {
        "recipient", "sender_id", "type", "message", *({"language", "gender", "media_url"} & set(fields)),
    }  # fmt: skip
    (message,) = simulator.messages()
    assert message.text == request.params["message"]


@APIS
async def test_a_dlt_template(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    assert (await send_one(gateway(TEXTIOPRO, api=api), template_id="1107")).status is Status.ACCEPTED
    assert simulator.requests()[0].params["dlt_template_id"] == "1107"


@APIS
async def test_several_numbers_are_one_request(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    results = await send(gateway(TEXTIOPRO, api=api), [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    assert simulator.requests()[0].params["recipient"] == "33612345601,33612345602"
    assert [result.message_id for result in results] == [message.id for message in simulator.messages()]


@APIS
async def test_the_token_and_the_headers(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    account = gateway(TEXTIOPRO, api=api)
    sent = await send(account, [new_message(TEXTIOPRO)])
    await account.fetch_balance()
    await account.fetch_reports(sent)
    await account.fetch_incoming()
    assert {request.path.removeprefix("/api/").partition("/")[0] for request in simulator.requests()} == {
        {"bearer": "v3", "token": "http"}[api]
    }
    for request in simulator.requests():
        assert request.headers["Accept"] == "application/json"
        assert request.headers.get("Authorization") == (f"Bearer {TOKEN}" if api == "bearer" else None)
        assert request.params.get("api_token") == (TOKEN if api == "token" else None)
        assert TOKEN not in str(request.query)
        assert request.method == "GET" or request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        pytest.param("Enroute", Status.SENT, None, id="Enroute"),
        pytest.param("Accepted", Status.ACCEPTED, None, id="Accepted"),
        pytest.param("Delivered", Status.DELIVERED, None, id="Delivered"),
        pytest.param("Expired", Status.EXPIRED, FailureReason.EXPIRED, id="Expired"),
        pytest.param("Undelivered", Status.UNDELIVERED, FailureReason.OTHER, id="Undelivered"),
        pytest.param("Rejected", Status.REJECTED, FailureReason.OTHER, id="Rejected"),
        pytest.param("Failed", Status.UNDELIVERED, FailureReason.OTHER, id="Failed"),
        pytest.param("Skipped", Status.REJECTED, FailureReason.OTHER, id="Skipped"),
        pytest.param("On its way", Status.UNCERTAIN, None, id="an unknown one"),
    ],
)
async def test_statuses_of_one_and_of_several(
    account: Gateway, simulator: Simulator, *, word: str, status: Status, reason: FailureReason | None
) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    await simulator.settle()
    for message in simulator.messages():
        message.status = word
    for asked, path in ((sent[:1], f"sms/{sent[0].message_id}"), (sent, "sms")):
        simulator.clear_requests()
        reports = await account.fetch_reports(asked)
        assert {(report.status, report.reason, report.provider_status) for report in reports} == {
            (status, reason, word)
        }
        assert simulator.requests()[0].path == f"/api/v3/{path}"


async def test_the_documented_balance(account: Gateway, respond: Respond) -> None:
    respond({"status": "success", "data": {"balance": 100, "unit": "sms"}})
    (balance,) = await account.fetch_balance()
    assert (balance.amount, balance.unit) == (100, "SMS")


@pytest.mark.parametrize("data", ["sms reports with all details", None])
async def test_the_documented_answer_of_a_send(account: Gateway, respond: Respond, data: object) -> None:
    respond({"status": "success", "data": data})
    assert (await send_one(account)).status is Status.ACCEPTED


async def test_the_documented_error(account: Gateway, respond: Respond) -> None:
    respond({"status": "error", "message": "A human-readable description of the error."})
    result = await send_one(account)
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.OTHER)
    assert result.error is not None
    assert result.error.detail == "A human-readable description of the error."
