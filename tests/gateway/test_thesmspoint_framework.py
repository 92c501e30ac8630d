"""Errors that the framework of TheSMSPoint's site makes by itself, in a shape that no document has."""

from time import process_time
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InvalidResponse,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
)
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.thesmspoint import responses
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.samples import new_message, send, send_one

PROVIDER = POINT = Provider.THESMSPOINT


async def test_no_login(gateway: OpenGateway, simulator: Simulator) -> None:
    simulator.use_variant(POINT, "framework-errors")
    account = gateway(POINT, api_key="wrong")
    for call in (account.verify, account.fetch_senders, account.fetch_templates):
        with pytest.raises(AuthenticationFailed) as raised:
            await call()
        assert (raised.value.code, raised.value.detail) == ("401", "Unauthenticated.")
    result = await send_one(account)
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.AUTHENTICATION)


async def test_a_refusal_with_its_words(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(POINT, "framework-errors")
    result = await send_one(account, to="+12")
    assert isinstance(result.error, MessageRejected)
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.INVALID_NUMBER)
    assert result.error.detail == "The given data was invalid. The recipient format is invalid."
    assert not simulator.messages()


SENDS: list[tuple[int, Any, type[GatewayError], FailureReason]] = [
    (422, {"message": "The message field is required."}, MessageRejected, FailureReason.INVALID_MESSAGE),
    (
        422,
        {"message": "The selected sender id is invalid.", "errors": {"sender_id": ["The selected sender id is …"]}},
        MessageRejected,
        FailureReason.INVALID_MESSAGE,
    ),
    (422, {"errors": {"recipient": ["Bad", "Worse"]}}, MessageRejected, FailureReason.OTHER),
    (422, {"errors": ["Anything"]}, MessageRejected, FailureReason.OTHER),
    (422, {"message": "Anything", "errors": None}, MessageRejected, FailureReason.OTHER),
    (401, {"message": "Unauthenticated."}, AuthenticationFailed, FailureReason.AUTHENTICATION),
    (401, {"message": "Who are you?"}, AuthenticationFailed, FailureReason.AUTHENTICATION),
    (404, {"message": "The route could not be found."}, MessageRejected, FailureReason.OTHER),
    (405, {"message": "The GET method is not allowed."}, MessageRejected, FailureReason.PROHIBITED),
    (429, {"message": "Too Many Attempts."}, RateLimited, FailureReason.RATE_LIMITED),
    # What a server error did is not known.
    (500, {"message": "Server Error"}, InvalidResponse, FailureReason.OTHER),
    (503, {"message": "Service Unavailable"}, InvalidResponse, FailureReason.OTHER),
    (500, {"message": "Unauthenticated."}, InvalidResponse, FailureReason.OTHER),
    # Nor what an exception left behind, whatever field it names.
    *(
        (status, {"status": "error", "message": words}, OutcomeUnknown, FailureReason.OTHER)
        for status in (200, 500)
        for words in (
            "SQLSTATE[22001]: Data too long for column 'mobile'",
            "cURL error 28: Operation timed out",
            "Undefined index: credits",
            'Attempt to read property "balance" on null',
            "Something went wrong",
        )
    ),
    # Nothing here tells success from error.
    (200, {"message": "The message field is required."}, InvalidResponse, FailureReason.OTHER),
    (422, {}, InvalidResponse, FailureReason.OTHER),
    (422, {"message": "", "errors": {}}, InvalidResponse, FailureReason.OTHER),
    (422, {"message": ["x"], "errors": {"a": {"b": 1}}}, InvalidResponse, FailureReason.OTHER),
    (422, "<html>", InvalidResponse, FailureReason.OTHER),
]


@pytest.mark.parametrize(("status", "body", "kind", "reason"), SENDS)
async def test_a_send(
    account: Gateway, respond: Respond, status: int, body: object, *, kind: type[GatewayError], reason: FailureReason
) -> None:
    respond(body, status=status)
    (result,) = await account.send([new_message(POINT)])
    assert (type(result.error), result.reason) == (kind, reason)
    assert (result.status is Status.UNCERTAIN) is issubclass(kind, OutcomeUnknown)


async def test_words_are_told_once_and_without_numbers(account: Gateway, respond: Respond) -> None:
    wrong = "The number 919812345601 is invalid."
    respond({"message": wrong, "errors": {"recipient": [wrong, "It is too short."]}}, status=422)
    (result,) = await account.send([new_message(POINT)])
    assert result.error is not None
    assert result.error.detail == "The number … is invalid. It is too short."


def test_many_words_are_read_in_no_time() -> None:
    began = process_time()
    with pytest.raises(MessageRejected):
        responses.data_of({"status": "error", "errors": [str(number) for number in range(40_000)]})
    assert process_time() - began < 0.5


async def test_a_bulk_is_refused_as_a_whole(account: Gateway, respond: Respond) -> None:
    respond({"message": "The recipient field is required."}, status=422)
    results = await send(account, [new_message(POINT, last) for last in (5601, 5602)])
    assert [result.reason for result in results] == [FailureReason.INVALID_NUMBER] * 2


async def test_reads(account: Gateway, respond: Respond) -> None:
    sent = [accepted(new_message(POINT), batch_id="1")]
    for call in (account.fetch_balance, account.fetch_senders, lambda: account.fetch_reports(sent)):
        respond({"message": "Unauthenticated."}, status=401)
        with pytest.raises(AuthenticationFailed):
            await call()
        respond({"message": "The job id field is required."}, status=422)
        with pytest.raises(MessageRejected):
            await call()


async def test_pools_without_a_balance(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(POINT, "empty-pools")
    (balance,) = await account.fetch_balance()
    assert balance == Balance(amount=simulator.accounts[POINT].credit["Transactional"], pool="Transactional")
    await account.verify()


async def test_an_account_may_have_no_pool_at_all(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[POINT].empty_pools = dict.fromkeys(("OTP", "Promotional", "Transactional"))
    assert await account.fetch_balance() == []
