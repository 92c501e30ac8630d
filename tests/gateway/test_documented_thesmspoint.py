"""TheSMSPoint's documented responses (API v1): each once, with its consequence."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    Limit,
    MessageRejected,
)
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond, limit_of
from tests.support.samples import KEY, new_message, number, send, send_one

PROVIDER = POINT = Provider.THESMSPOINT
COMMANDS = (
    "get-sms-balance",
    "get-sender-id",
    "get-templates",
    "send-single-sms",
    "send-bulk-sms",
    "sms-delivery-status",
)
NO_KEY, NOT_ALLOWED, NO_CREDIT, NO_ID = (
    "API Key Does Not Exists",
    "Request Type Not Allowed",
    "SMS Credits Not Available",
    "Invalid Message ID",
)


async def ask(account: Gateway, command: str) -> GatewayError | None:
    """Use a command; return its error."""
    reads = {
        "get-sms-balance": account.fetch_balance,
        "get-sender-id": account.fetch_senders,
        "get-templates": account.fetch_templates,
        "sms-delivery-status": lambda: account.fetch_reports([accepted(new_message(POINT), batch_id="1")]),
    }
    if command in reads:
        try:
            await reads[command]()
        except GatewayError as err:
            return err
        return None
    lasts = (5601,) if command == "send-single-sms" else (5601, 5602)
    return (await send(account, [new_message(POINT, last) for last in lasts]))[0].error


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "kind", "reason"),
    [
        pytest.param(NO_KEY, AuthenticationFailed, FailureReason.AUTHENTICATION, id="API key does not exist"),
        pytest.param(NOT_ALLOWED, MessageRejected, FailureReason.PROHIBITED, id="request type not allowed"),
    ],
)
async def test_errors_of_every_command(
    account: Gateway, respond: Respond, *, command: str, words: str, kind: type[GatewayError], reason: FailureReason
) -> None:
    respond({"status": "error", "message": words}, command)
    error = await ask(account, command)
    assert type(error) is kind
    assert error.reason is reason


@pytest.mark.parametrize("command", COMMANDS)
async def test_another_key_is_refused_by_every_command(gateway: OpenGateway, command: str) -> None:
    assert isinstance(await ask(gateway(POINT, api_key="another"), command), AuthenticationFailed)


@pytest.mark.parametrize("command", ["send-single-sms", "send-bulk-sms"])
async def test_no_credit_in_the_pool_of_the_sender(account: Gateway, simulator: Simulator, command: str) -> None:
    simulator.accounts[POINT].credit["Transactional"] = Decimal()
    assert isinstance(await ask(account, command), InsufficientCredit)
    assert not simulator.messages()


async def test_an_unknown_message_id_is_no_news(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    assert await account.fetch_reports([accepted(new_message(POINT), batch_id="1")]) == []
    respond({"status": "error", "message": NO_ID, "data": None})
    assert await account.fetch_reports([accepted(new_message(POINT), batch_id="1")]) == []
    assert [request.params["job_id"] for request in simulator.requests()] == ["1", "1"]


async def test_failure_is_an_error_too(account: Gateway, respond: Respond) -> None:
    respond({"status": "failure", "message": NO_KEY})
    assert isinstance(await ask(account, "get-sms-balance"), AuthenticationFailed)


SENT = {"ErrorCode": "000", "ErrorMessage": "Success", "JobId": "xxxxxx"}
ROW = {"Number": number(POINT).lstrip("+"), "message_id": "12345", "message": "The door is open"}
OTHER = {"Number": number(POINT, 5602).lstrip("+"), "message_id": "675676", "message": "The door is open"}


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        pytest.param(SENT | {"MessageData": [ROW]}, [("xxxxxx", "12345")], id="single"),
        pytest.param(SENT | {"MessageData": [ROW, OTHER]}, [("xxxxxx", "12345"), ("xxxxxx", "675676")], id="bulk"),
        pytest.param({"status": "success", "message_id": "12345"}, [("12345", None)] * 2, id="bulk with one id"),
    ],
)
async def test_answers_of_a_send(
    account: Gateway, respond: Respond, data: dict[str, Any], ids: list[tuple[str, str | None]]
) -> None:
    respond({"status": "success", "message": "SMS Sent Successfully", "data": data, "code": 200})
    results = await send(account, [new_message(POINT, 5601 + place) for place in range(len(ids))])
    assert [(result.batch_id, result.message_id) for result in results] == ids
    assert {result.status for result in results} == {Status.ACCEPTED}


@pytest.mark.parametrize("as_list", [pytest.param(True, id="list"), pytest.param(False, id="single report")])
@pytest.mark.parametrize(
    ("word", "status", "status_on_timeout"),
    [
        pytest.param("Sent", Status.SENT, None, id="Sent"),
        pytest.param("Delivered", Status.DELIVERED, None, id="Delivered"),
        pytest.param("UnDelivered", Status.UNDELIVERED, None, id="UnDelivered"),
        pytest.param("U", Status.UNDELIVERED, None, id="U"),
        # "Message pending, the message is en route": it becomes expired if no other report comes in time.
        pytest.param("Expired", Status.SENT, Status.EXPIRED, id="Expired"),
    ],
)
async def test_statuses_in_both_reports(
    account: Gateway,
    simulator: Simulator,
    *,
    word: str,
    status: Status,
    status_on_timeout: Status | None,
    as_list: bool,
) -> None:
    simulator.accounts[POINT].report_shape = "mixed" if as_list else "single"
    sent = await send_one(account)
    await simulator.settle()
    simulator.messages()[0].status = word
    (report,) = await account.fetch_reports([sent])
    assert (report.status, report.status_on_timeout) == (status, status_on_timeout)
    assert report.provider_status.lower() == word.lower()
    assert simulator.requests()[-1].params["job_id"] == sent.batch_id


async def test_the_documented_reports(account: Gateway, respond: Respond) -> None:
    rows = [
        {"status_name": "delivered", name: number(POINT, last)[-10:], "content": "This is message", "message_id": last}
        for name, last in (("mobile_number", "5601"), ("recipient", "5602"))
    ]
    respond({"status": "error", "job_id": "77", "data": rows, "code": "200"})
    sent = [accepted(new_message(POINT, last), batch_id="77") for last in ("5601", "5602")]
    assert [report.status for report in await account.fetch_reports(sent)] == [Status.DELIVERED] * 2
    single = {
        "status": "success",
        "recipient": number(POINT).lstrip("+"),
        "sender_id": "SENDER",
        "content": "This is message",
        "delivery_status_id": "Delivered",
        "delivery_status_remark": "",
    }
    respond({"status": "success", "message": None, "data": single})
    assert [report.status for report in await account.fetch_reports(sent[:1])] == [Status.DELIVERED]
    remark = "Absent subscriber 919812345601"
    respond({"status": "success", "data": {**single, "delivery_status_id": "U", "delivery_status_remark": remark}})
    (report,) = await account.fetch_reports(sent[:1])
    assert (report.status, report.provider_status) == (Status.UNDELIVERED, "U: Absent subscriber …")


async def test_three_balances(account: Gateway, respond: Respond) -> None:
    respond({"status": "success", "message": "", "data": {"balance": {"OTP": 0, "Promotional": 0, "Transactional": 0}}})
    pools = ("Transactional", "Promotional", "OTP")
    assert await account.fetch_balance() == [Balance(amount=Decimal(), pool=pool) for pool in pools]


@pytest.mark.parametrize(
    ("length", "cost"),
    [(160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4), (612, 4), (613, 5), (765, 5)],
)
async def test_the_table_of_credits(account: Gateway, simulator: Simulator, length: int, cost: int) -> None:
    message = new_message(POINT, text="a" * length)
    assert account.preview(message).cost == cost
    before = simulator.accounts[POINT].credit["Transactional"]
    await send(account, [message])
    assert before - simulator.accounts[POINT].credit["Transactional"] == cost


async def test_what_would_be_cut_off_is_refused(account: Gateway, simulator: Simulator) -> None:
    assert limit_of(await send_one(account, text="a" * 766)) is Limit.TEXT_LENGTH
    assert not simulator.requests()


async def test_what_every_request_holds(account: Gateway, simulator: Simulator) -> None:
    for command in COMMANDS:
        await ask(account, command)
    requests = simulator.requests()
    assert [request.path for request in requests] == [f"/api/v1/{command}" for command in COMMANDS]
    for request in requests:
        assert (request.method, request.query) == ("POST", {})
        assert (request.headers["key"], request.headers["Accept"]) == (KEY, "application/json")
    single, bulk = requests[3:5]
    shared = {"sender_id", "template_id", "channel", "is_unicode", "recipient"}
    assert (set(single.params), set(bulk.params)) == (shared | {"message"}, shared)


async def test_2000_numbers_take_no_more_than_the_gateway_allows(account: Gateway) -> None:
    assert account.info.batch_size <= 2000


@pytest.mark.parametrize(("text", "flag"), [("The door is open", "0"), ("दरवाज़ा खुला है", "1")])
async def test_is_unicode_is_of_the_text(account: Gateway, simulator: Simulator, text: str, flag: str) -> None:
    await send_one(account, text=text)
    assert simulator.requests()[0].params["is_unicode"] == flag


async def test_what_senders_and_templates_are_known_by(account: Gateway, simulator: Simulator) -> None:
    kept = simulator.accounts[POINT]
    assert [
        (each.id, each.entity_id, each.sender_id, each.type, each.purpose, each.approved)
        for each in await account.fetch_senders()
    ] == [
        (
            row["id"], row["entity_id"], row["sender_id"], row["type_value"], row["purpose_value"],
            row["approve_status"] == "Approved",
        )
        for row in kept.senders
    ]  # fmt: skip
    assert [
        (each.template_id, each.name, each.type, each.sender_id, each.message, each.approved)
        for each in await account.fetch_templates()
    ] == [
        (
            row["template_id"], row["name"], row["type"], row["sender_id"], row["message"],
            row["template_status"] == "Approved",
        )
        for row in kept.templates
    ]  # fmt: skip
