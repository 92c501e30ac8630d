"""Requests to TheSMSPoint, its limits, and its responses in two shapes."""

import json
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.samples import KEY, new_message, number, send, send_one

PROVIDER = POINT = Provider.THESMSPOINT


def success(data: Any) -> dict[str, Any]:
    """Return the envelope of a success."""
    return {"status": "success", "message": "SMS Sent Successfully", "data": data, "code": 200}


def error(message: str) -> dict[str, Any]:
    """Return the envelope of an error."""
    return {"status": "error", "message": message, "data": None}


def taken(*rows: dict[str, str], **fields: Any) -> dict[str, Any]:
    """Return the response of a send in the first documented shape."""
    data = {"ErrorCode": "000", "ErrorMessage": "Success", "JobId": "77", "MessageData": list(rows)}
    return success(data | fields)


def digits(last: int = 5601) -> str:
    """Return a number as the provider takes it."""
    return number(POINT, last).lstrip("+")


async def test_one_recipient_is_a_single_send(account: Gateway, simulator: Simulator) -> None:
    result = await send_one(account, text="é+&")
    (request,) = simulator.requests()
    assert (request.method, request.path) == ("POST", "/api/v1/send-single-sms")
    assert request.headers["key"] == KEY
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.params == {
        "recipient": digits(),
        "message": "é+&",
        "sender_id": "HOMEHA",
        "template_id": "1107000000000000004",
        "channel": "1",
        "is_unicode": "0",
    }
    (message,) = simulator.messages()
    assert (result.batch_id, result.message_id) == (message.extra["job_id"], message.id)


async def test_texts_may_differ_in_a_bulk(account: Gateway, simulator: Simulator) -> None:
    texts = ["Hello Anna", "Hello Ben", "Été ê", "Hôtel 😀", "Hello Anna"]
    sent = await send(account, [new_message(POINT, 5601 + place, text=text) for place, text in enumerate(texts)])
    assert {result.status for result in sent} == {Status.ACCEPTED}
    plain, unicode = simulator.requests()
    assert (plain.params["is_unicode"], unicode.params["is_unicode"]) == ("0", "1")
    assert [entry["text"] for entry in json.loads(plain.params["recipient"])] == [texts[0], texts[1], texts[4]]
    assert json.loads(unicode.params["recipient"])[1] == {"number": digits(5604), "text": "Hôtel 😀"}
    ids = {message.to: message.id for message in simulator.messages()}
    assert all(result.message_id == ids[result.message.to.lstrip("+")] for result in sent)


async def test_channel_sender_and_template_do_not_differ_in_a_bulk(account: Gateway, simulator: Simulator) -> None:
    changes: list[dict[str, Any]] = [{}, {"channel": 2}, {"template_id": "1107000000000000001"}, {"sender": "11"}]
    await send(account, [new_message(POINT, 5601 + place, **change) for place, change in enumerate(changes)])
    assert len(simulator.requests()) == 4
    assert len(simulator.messages()) == 4


async def test_which_messages_share_a_request(account: Gateway) -> None:
    def key(**fields: Any) -> object:
        return account.batch_key(new_message(POINT, **fields))

    assert key() == key(last=5602) == key(text="Été") != key(text="ê")
    assert key(text="ê") == key(last=5602, text="Hôtel 😀")
    others: list[dict[str, Any]] = [{"sender": "11"}, {"template_id": "1"}, {"channel": 2}, {"text": "ê"}]
    assert len({key(), *(key(**other) for other in others)}) == 1 + len(others)


async def test_results_stand_in_the_batchs_order(account: Gateway, respond: Respond) -> None:
    lasts = (5602, 5604, 5603, 5601)
    respond(taken(*({"Number": digits(last), "message_id": str(last)} for last in sorted(lasts))))
    results = await account.send(messages := [new_message(POINT, last) for last in lasts])
    assert [result.message for result in results] == messages
    assert [result.message_id for result in results] == list(map(str, lasts))


async def test_two_texts_to_one_number(account: Gateway, simulator: Simulator) -> None:
    sent = await send(account, [new_message(POINT, text=text) for text in ("One", "Two", "One")])
    texts = {message.id: message.text for message in simulator.messages()}
    assert [texts[str(result.message_id)] for result in sent] == ["One", "Two", "One"]
    await simulator.settle()
    reports = await account.fetch_reports(sent)
    assert [report.reference for report in reports] == [result.message.reference for result in sent]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 765, 5),
        ("ê" * 335, 5),
        ("[" * 10, 1),
        ("[" * 160, 1),
        ("€" * 161, 2),
        ("[" * 765, 5),
    ],
)
async def test_lengths(account: Gateway, text: str, segments: int) -> None:
    preview = account.preview(new_message(POINT, text=text))
    assert (preview.segments, preview.cost, preview.units) == (segments, segments, len(text))
    assert (await send_one(account, text=text)).status is Status.ACCEPTED


@pytest.mark.parametrize(
    ("account", "fields", "limit"),
    [
        ({}, {"text": "a" * 766}, Limit.TEXT_LENGTH),
        ({}, {"text": "€" * 766}, Limit.TEXT_LENGTH),
        ({}, {"text": "ê" * 336}, Limit.TEXT_LENGTH),
        ({"sender_id": ""}, {}, Limit.SENDER_MISSING),
        ({"template_id": None}, {}, Limit.TEMPLATE_MISSING),
        ({"channel": "4"}, {}, Limit.CHANNEL),
        ({}, {"channel": 0}, Limit.CHANNEL),
    ],
)
async def test_limits(
    gateway: OpenGateway, simulator: Simulator, account: dict[str, Any], fields: dict[str, Any], limit: Limit
) -> None:
    result = await send_one(gateway(POINT, **account), **fields)
    assert isinstance(result.error, MessageRejected)
    assert (result.error.limit, result.reason) == (limit, FailureReason.INVALID_MESSAGE)
    assert not simulator.requests()


async def test_the_account_may_have_no_channel(gateway: OpenGateway, simulator: Simulator) -> None:
    await send_one(gateway(POINT, channel=None))
    assert simulator.messages()[0].extra["channel"] == "1"


@pytest.mark.parametrize(
    ("body", "batch_id", "message_id"),
    [
        (taken({"Number": digits(), "message_id": "5", "message": "x"}), "77", "5"),
        (taken({"Number": "9812345601", "message_id": "5", "message": "x"}), "77", "5"),
        (taken({"Number": "unreadable", "message_id": "5", "message": "x"}), "77", "5"),
        (taken(ErrorCode=0, JobId=78), "78", "78"),
        (taken(MessageData={"Number": digits(), "message_id": 5}), "77", "5"),
        (success({"status": "success", "message_id": "12345"}), "12345", "12345"),
        (success(None), None, None),
    ],
)
async def test_shapes_of_a_sends_answer(
    account: Gateway, respond: Respond, body: object, batch_id: str | None, message_id: str | None
) -> None:
    respond(body)
    result = await send_one(account)
    assert (result.status, result.batch_id, result.message_id) == (Status.ACCEPTED, batch_id, message_id)


async def test_a_number_that_is_missing_is_unknown(account: Gateway, respond: Respond) -> None:
    respond(taken({"Number": digits(5602), "message_id": "5"}))
    first, second = await send(account, [new_message(POINT, last) for last in (5601, 5602)])
    assert (first.status, type(first.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    assert (second.status, second.message_id) == (Status.ACCEPTED, "5")


async def test_a_bulk_with_one_id(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[POINT].bulk_shape = "message_id"
    sent = await send(account, [new_message(POINT, last) for last in (5601, "0006")])
    job = simulator.messages()[0].extra["job_id"]
    assert [(result.batch_id, result.message_id) for result in sent] == [(job, None)] * 2
    await simulator.settle()
    simulator.clear_requests()
    reports = await account.fetch_reports(sent)
    assert [report.status for report in reports] == [Status.DELIVERED, Status.UNDELIVERED]
    assert [report.reference for report in reports] == [result.message.reference for result in sent]
    assert len(simulator.requests()) == 1


WORDS: list[tuple[object, type[GatewayError], FailureReason]] = [
    (error("API Key Does Not Exists"), AuthenticationFailed, FailureReason.AUTHENTICATION),
    (error("SMS Credits Not Available"), InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    (error("Request Type Not Allowed"), MessageRejected, FailureReason.PROHIBITED),
    (error("Too Many Requests"), RateLimited, FailureReason.RATE_LIMITED),
    (error("Internal Server Error"), OutcomeUnknown, FailureReason.OTHER),
    (error("Something else"), MessageRejected, FailureReason.OTHER),
    ({"status": "failure", "message": "Template Not Approved"}, MessageRejected, FailureReason.INVALID_MESSAGE),
    (taken(ErrorCode="013", ErrorMessage="Mobile Number Not Valid"), MessageRejected, FailureReason.INVALID_NUMBER),
    (taken(ErrorCode="015", ErrorMessage="Sender Id Not Valid"), MessageRejected, FailureReason.INVALID_MESSAGE),
    (
        taken(ErrorCode="021", ErrorMessage="Insufficient Credits"),
        InsufficientCredit,
        FailureReason.INSUFFICIENT_CREDIT,
    ),
    (taken(ErrorCode="099", ErrorMessage=None), MessageRejected, FailureReason.OTHER),
    (success({"status": "error", "message": "Invalid recipient"}), MessageRejected, FailureReason.INVALID_NUMBER),
    ({"detail": "Not JSON of this provider"}, InvalidResponse, FailureReason.OTHER),
    ([], InvalidResponse, FailureReason.OTHER),
]


@pytest.mark.parametrize(("body", "kind", "reason"), WORDS)
async def test_errors(
    account: Gateway, respond: Respond, body: Any, kind: type[GatewayError], reason: FailureReason
) -> None:
    for http in (200, 400, 500):
        respond(body, status=http)
        result = await send_one(account)
        assert type(result.error) is kind
        assert result.reason is reason
        if isinstance(body, dict) and isinstance(body.get("data"), dict):
            assert result.error.code == result.provider_status == body["data"].get("ErrorCode")
