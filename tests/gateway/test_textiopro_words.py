"""The words of real sites: wrong tokens, missing permissions, exceptions, rate limits, and words of carriers."""

from decimal import Decimal

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AccessDenied,
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    ServerError,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.simulator.textiopro_words import WRONG_TOKEN
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import batch, error
from tests.support.samples import send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
# Some installations give every error one of these.
STATUSES = pytest.mark.parametrize("status", [200, 401, 403, 404, 422, 429, 500])
LOST = (Status.UNCERTAIN, OutcomeUnknown)


# -- the login and the access ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WRONG_TOKEN)
async def test_a_wrong_token_in_the_words_of_the_site(
    gateway: OpenGateway, simulator: Simulator, language: str
) -> None:
    simulator.use_variant(TEXTIOPRO, "wrong-token-in-words")
    simulator.accounts[TEXTIOPRO].language = language
    account = gateway(TEXTIOPRO, api="token", api_token="8|another")
    with pytest.raises(AuthenticationFailed):
        await account.verify()
    assert type((await send_one(account)).error) is AuthenticationFailed
    assert not simulator.messages()


@STATUSES
@pytest.mark.parametrize(
    "words",
    [
        "We can't find a user with that email address.",
        "We can’t find a user with that e-mail address",
        "Ces identifiants ne correspondent pas à nos enregistrements.",
        "Aucun utilisateur n'a été trouvé avec cette adresse email.",
        "No encontramos ningún usuario con ese correo electrónico.",
        "Es konnte leider kein Nutzer mit dieser E-Mail-Adresse gefunden werden.",
        "Non riusciamo a trovare un utente con questo indirizzo email.",
        "Não existe nenhum usuário com o e-mail indicado.",
        "As credenciais indicadas não coincidem com as registradas no sistema.",
        "Unauthenticated.",
    ],
)
async def test_other_sentences_of_a_wrong_token(account: Gateway, respond: Respond, words: str, status: int) -> None:
    respond(error(words), status=status, times=2)
    assert type((await send_one(account)).error) is AuthenticationFailed
    with pytest.raises(AuthenticationFailed):
        await account.fetch_balance()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("variant", ["no-permission", "plan-not-active", "no-subscription"])
async def test_an_account_that_may_not_use_the_api(
    account: Gateway, simulator: Simulator, variant: str, language: str
) -> None:
    simulator.use_variant(TEXTIOPRO, variant)
    simulator.accounts[TEXTIOPRO].language = language
    with pytest.raises(AccessDenied) as raised:
        await account.verify()
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.REJECTED, AccessDenied)
    assert raised.value.detail
    assert not simulator.messages()


async def test_a_permission_for_sends_only(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "no-permission-to-send")
    await account.verify()
    assert type((await send_one(account)).error) is AccessDenied


async def test_lost_answers_of_an_account_that_may_not_list(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "no-permission-to-list")
    simulator.faults.add(TEXTIOPRO, "cut", accept=True)
    result = await send_one(account)
    # It is not looked for again and again.
    assert (result.status, type(result.error)) == LOST
    assert [found.status for found in await account.resolve_unknown([result.message])] == [Status.UNCERTAIN]
    with pytest.raises(AccessDenied):
        await account.fetch_incoming()


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"message": "Nope"}, 401, AuthenticationFailed),
        ({"message": "Nope"}, 403, AccessDenied),
        ({"message": "This action is unauthorized."}, 403, AccessDenied),
        ({"message": "Unauthorized"}, 401, AuthenticationFailed),
        (error("Token inválido"), 401, AuthenticationFailed),
        (error("Ungültig"), 401, AuthenticationFailed),
        (error("Message not found."), 401, MessageRejected),
        (error("Nope"), 403, MessageRejected),
        (error("Purchased plan is not active. Please contact support team."), 200, AccessDenied),
        (error("You have no active subscription"), 200, AccessDenied),
        (error("Customer not found"), 200, AccessDenied),
    ],
)
async def test_what_a_refused_read_means(
    account: Gateway, respond: Respond, body: object, status: int, kind: type[GatewayError]
) -> None:
    respond(body, "balance", status=status)
    with pytest.raises(kind) as raised:
        await account.fetch_balance()
    assert type(raised.value) is kind


# -- words of the carrier behind the site ------------------------------------------------------------------------------


@STATUSES
@pytest.mark.parametrize(
    "words",
    [
        "authentication error",
        "Access token not found",
        "Balance Insufficient",
        "Insufficient balance",
        "Invalid request",
    ],
)
async def test_a_carriers_words_are_only_relayed(
    account: Gateway, simulator: Simulator, words: str, status: int
) -> None:
    simulator.accounts[TEXTIOPRO].carrier_error = words
    simulator.accounts[TEXTIOPRO].error_status = status
    result = await send_one(account)
    assert (result.status, type(result.error), result.reason) == (Status.REJECTED, MessageRejected, FailureReason.OTHER)
    assert result.error is not None
    assert result.error.detail == words
    assert len(simulator.requests()) == 1


async def test_a_carriers_words_in_the_place_of_a_status(account: Gateway, respond: Respond) -> None:
    respond({"status": "success", "data": {"uid": "6068", "status": "Authentication error"}})
    result = await send_one(account)
    assert (result.status, result.message_id, result.reason) == (Status.REJECTED, "6068", FailureReason.OTHER)


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_credit_of_the_account_itself(account: Gateway, simulator: Simulator, language: str) -> None:
    simulator.accounts[TEXTIOPRO].credit = Decimal()
    simulator.accounts[TEXTIOPRO].language = language
    assert type((await send_one(account)).error) is InsufficientCredit


# -- exceptions --------------------------------------------------------------------------------------------------------

EXCEPTIONS = [
    "SQLSTATE[HY000] [2002] Connection refused (SQL: select * from users)",
    "cURL error 28: Operation timed out after 30001 milliseconds",
    "Undefined array key 0",
    "Undefined variable $status",
    'Attempt to read property "id" on null',
    "Trying to get property 'id' of non-object",
    "Trying to access array offset on value of type null",
    "Maximum execution time of 60 seconds exceeded",
    "Allowed memory size of 134217728 bytes exhausted",
    "Something went wrong. Please try again",
    "Call to a member function send() on null",
    "Call to undefined method App\\Models\\User::plan()",
    "App\\Library\\SMSCounter::count(): Argument #1 ($text) must be of type string, null given",
    "Target class [App\\Services\\Sms] does not exist.",
    'Class "Twilio\\Rest\\Client" not found',
    "Unsupported operand types: string * int",
    "A non-numeric value encountered",
    "Division by zero",
    "file_get_contents(https://example.com): Failed to open stream: HTTP request failed!",
    "Client error: `POST https://example.com/send` resulted in a `401 Unauthorized` response",
    "Server Error",
    "Quelque chose s'est mal passé. Veuillez réessayer",
    "Algo salió mal",
]


@STATUSES
@pytest.mark.parametrize("words", EXCEPTIONS)
async def test_an_exception_says_nothing(account: Gateway, simulator: Simulator, words: str, status: int) -> None:
    body = error(words)
    simulator.faults.add(TEXTIOPRO, "answer", path="sms/send", body=body, status=status)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, ServerError)
    # It was not sent a second time.
    assert [request.path for request in simulator.requests()] == ["/api/v3/sms/send", "/api/v3/sms"]
    # The same words in a read are no reason to sign in again.
    simulator.faults.add(TEXTIOPRO, "answer", path="balance", body=body, status=status)
    with pytest.raises(ServerError):
        await account.fetch_balance()


async def test_an_exception_does_not_tell_the_text(account: Gateway, respond: Respond) -> None:
    query = "insert into `reports` values ('33612345601', 'The door is open')"
    for words in (
        f"SQLSTATE[42S22]: Column not found: 1054 Unknown column (Connection: mysql, SQL: {query})",
        f"SQLSTATE[HY000]: General error: 1366 Incorrect string value: 'The door is open' (SQL: {query})",
        'Call to a member function "The door is open"() on null',
    ):
        respond(error(words), "sms/send")
        result = await send_one(account)
        assert isinstance(result.error, ServerError)
        assert "door" not in f"{result.error} {result.error.detail}"
        assert result.error.detail.startswith(words[:8])


async def test_a_batch_that_ends_with_an_exception_is_found(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "exception-in-sends")
    simulator.sent_after = None
    results = await batch(account, 5601, 5602, 5603)
    assert {result.status for result in results.values()} == {Status.ACCEPTED}
    assert [result.message_id for result in results.values()] == [message.id for message in simulator.messages()]
    assert [request.path for request in simulator.requests()] == ["/api/v3/sms/send", "/api/v3/sms"]


async def test_while_reads_end_with_exceptions_nothing_is_said(account: Gateway, simulator: Simulator) -> None:
    result = await send_one(account)
    simulator.use_variant(TEXTIOPRO, "exception-in-reads")
    with pytest.raises(ServerError):
        await account.fetch_reports([result])
    with pytest.raises(ServerError):
        await account.fetch_incoming()
    # It is asked about again later.
    assert await account.resolve_unknown([result.message]) == []


# -- rate limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("variant", "seconds"), [("throttled", 1), ("throttled-200", None)])
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_too_many_requests(
    account: Gateway, simulator: Simulator, variant: str, seconds: float | None, language: str
) -> None:
    simulator.use_variant(TEXTIOPRO, variant)
    simulator.accounts[TEXTIOPRO].language = language
    result = await send_one(account)
    assert isinstance(result.error, RateLimited)
    assert result.error.retry_after == seconds
    with pytest.raises(RateLimited):
        await account.fetch_balance()
    simulator.accounts[TEXTIOPRO].throttled_status = 0
    assert (await send_one(account)).status is Status.ACCEPTED


async def test_too_many_requests_in_an_envelope(account: Gateway, respond: Respond) -> None:
    respond(error("Too Many Attempts."), times=2)
    assert type((await send_one(account)).error) is RateLimited
    with pytest.raises(RateLimited):
        await account.fetch_balance()


# -- senders -----------------------------------------------------------------------------------------------------------


async def test_a_sender_that_the_site_refuses(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].refused_sender = "SMSAPI Demo"
    for sender in ("SMSAPI-Demo", "My_Home.1"):
        assert (await send_one(account, sender=sender)).status is Status.ACCEPTED
        assert simulator.messages()[-1].sender == sender
    result = await send_one(account, sender="SMSAPI Demo")
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.INVALID_MESSAGE)
    assert result.error is not None
    assert result.error.detail == "Sender ID SMSAPI Demo is not authorized"


async def test_a_one_time_password_that_needs_a_placeholder(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "otp-template")
    result = await send_one(account, type="otp")
    assert (result.reason, result.error and result.error.detail) == (
        FailureReason.INVALID_MESSAGE,
        "The OTP template must hold {{OTP}}",
    )
    assert (await send_one(account, type="otp", text="Your code: {{OTP}}")).status is Status.ACCEPTED
