"""TheSMSPoint's reports, whose envelope has a misleading status, and its lists."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import AuthenticationFailed, InvalidResponse
from custom_components.texting.gateway.message import Balance, Sender, SendResult, Template
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import Respond
from tests.support.samples import new_message, number, send

PROVIDER = POINT = Provider.THESMSPOINT


def success(data: Any) -> dict[str, Any]:
    """Return the envelope of a success."""
    return {"status": "success", "message": "SMS Sent Successfully", "data": data, "code": 200}


def error(message: str) -> dict[str, Any]:
    """Return the envelope of an error."""
    return {"status": "error", "message": message, "data": None}


def digits(last: int = 5601) -> str:
    """Return a number as the provider takes it."""
    return number(POINT, last).lstrip("+")


async def send_three(account: Gateway, simulator: Simulator) -> list[SendResult]:
    """Send three messages in one job: one arrives, one fails, one is on its way."""
    sent = await send(account, [new_message(POINT, last) for last in (5601, "0006", "0004")])
    await simulator.settle()
    simulator.clear_requests()
    return list(sent)


@pytest.mark.parametrize("status", ["error", "success"])
@pytest.mark.parametrize(("shape", "requests"), [("mobile_number", 1), ("recipient", 1), ("mixed", 1), ("single", 3)])
async def test_shapes_of_reports(
    account: Gateway, simulator: Simulator, shape: str, requests: int, status: str
) -> None:
    kept = simulator.accounts[POINT]
    kept.report_shape, kept.report_status = shape, status
    sent = await send_three(account, simulator)
    reports = await account.fetch_reports(sent)
    assert [report.status for report in reports] == [Status.DELIVERED, Status.UNDELIVERED, Status.SENT]
    assert [report.message_id for report in reports] == [result.message_id for result in sent]
    assert reports[2].provider_status.lower() == "expired"
    assert [report.status_on_timeout for report in reports] == [None, None, Status.EXPIRED]
    assert len(simulator.requests()) == requests


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"status_name": "delivered", "mobile_number": digits(), "message_id": "5"}, Status.DELIVERED),
        ({"status_name": "UnDelivered", "recipient": "9812345601"}, Status.UNDELIVERED),
        ({"status_name": "U", "mobile_number": 9812345601}, Status.UNDELIVERED),
        ({"delivery_status_id": "Sent", "recipient": digits(), "status": "success"}, Status.SENT),
        ({"delivery_status_id": "Expired", "message_id": 5}, Status.SENT),
        ({"status_name": "Submitted", "message_id": "5"}, Status.UNCERTAIN),
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
async def test_rows_of_reports(
    account: Gateway, respond: Respond, row: dict[str, Any], status: Status, as_list: bool
) -> None:
    respond({"status": "error", "job_id": "77", "data": [row] if as_list else row, "code": "200"})
    sent = accepted(new_message(POINT), batch_id="77", message_id="5")
    (report,) = await account.fetch_reports([sent])
    assert report.status is status
    assert (report.reference, report.message_id) == (sent.message.reference, "5")
    assert report.provider_status == (row.get("status_name") or row.get("delivery_status_id"))


async def test_two_of_one_number_are_told_apart_by_their_texts(account: Gateway, respond: Respond) -> None:
    rows = [{"status_name": word, "recipient": digits(), "content": word} for word in ("Delivered", "U")]
    respond({"status": "error", "data": [*rows, *({**row, "content": "Twice"} for row in rows)]})
    words = ("Delivered", "U", "Twice", "Never")
    sent = [accepted(new_message(POINT, text=word), batch_id="77") for word in words]
    assert [report.provider_status for report in await account.fetch_reports(sent)] == ["Delivered", "U"]


async def test_what_a_job_does_not_name_is_asked_for_by_its_own_id(account: Gateway, simulator: Simulator) -> None:
    sent = [replace(result, batch_id="1") for result in await send_three(account, simulator)]
    assert len(await account.fetch_reports(sent)) == 3
    assert [request.params["job_id"] for request in simulator.requests()] == ["1", *(r.message_id for r in sent)]


async def test_few_are_asked_for_alone_and_each_in_its_turn(account: Gateway, simulator: Simulator) -> None:
    sent = await send(account, [new_message(POINT, 2000 + place) for place in range(50)])
    await simulator.settle()
    lost = [replace(result, batch_id="1") for result in sent]
    simulator.clear_requests()
    known = [{report.message_id for report in await account.fetch_reports(lost)} for _ in range(3)]
    assert [len(ids) for ids in known] == [20, 20, 20]
    assert set.union(*known) == {result.message_id for result in sent}
    assert len(simulator.requests()) == 3 * 21


async def test_what_fails_while_asking_alone_keeps_what_is_known(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    sent = await send_three(account, simulator)
    lost = [replace(result, batch_id="1") for result in sent]
    respond({"status": "success", "data": [{"recipient": digits(), "status_name": "Delivered"}]})
    simulator.faults.add(POINT, "rate_limited", params={"job_id": lost[2].message_id})
    reports = await account.fetch_reports(lost)
    assert [report.message_id for report in reports] == [result.message_id for result in sent[:2]]
    assert [request.params["job_id"] for request in simulator.requests()] == ["1", *(r.message_id for r in sent[1:])]


async def test_what_nobody_knows_is_no_news(account: Gateway, simulator: Simulator) -> None:
    message = new_message(POINT)
    unknown = [
        accepted(message),
        accepted(message, message_id="1"),
        accepted(message, batch_id="2", message_id="2"),
        accepted(message, batch_id="3"),
        accepted(message, batch_id="4", message_id="5"),
    ]
    assert await account.fetch_reports(unknown) == []
    assert [request.params["job_id"] for request in simulator.requests()] == ["1", "2", "3", "4", "5"]


async def test_reports_that_fail(account: Gateway, respond: Respond) -> None:
    sent = [accepted(new_message(POINT), batch_id="1")]
    respond(error("API Key Does Not Exists"))
    with pytest.raises(AuthenticationFailed):
        await account.fetch_reports(sent)
    respond({"status": "success", "data": [{"mobile_number": digits()}, "row", None]})
    assert await account.fetch_reports(sent) == []


async def test_pools(account: Gateway) -> None:
    assert await account.fetch_balance() == [
        Balance(amount=Decimal(5000), pool="Transactional"),
        Balance(amount=Decimal(2000), pool="Promotional"),
        Balance(amount=Decimal(100), pool="OTP"),
    ]


@pytest.mark.parametrize("nothing", [None, ""])
async def test_a_pool_without_a_balance_hides_only_itself(account: Gateway, respond: Respond, nothing: object) -> None:
    respond(success({"balance": {"Transactional": "12,5", "Promotional": nothing, "OTP": 0}}))
    assert await account.fetch_balance() == [
        Balance(amount=Decimal("12.5"), pool="Transactional"),
        Balance(amount=Decimal(), pool="OTP"),
    ]


async def test_balances_as_text(account: Gateway, respond: Respond) -> None:
    respond(success({"balance": {"Transactional": "12.5", "Voice": 1}}))
    assert await account.fetch_balance() == [Balance(amount=Decimal("12.5"), pool="Transactional")]


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"balance": 5}, *({"balance": {"OTP": wrong}} for wrong in ("many", "NaN", float("inf")))],
)
async def test_what_is_no_balance(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data))
    with pytest.raises(InvalidResponse):
        await account.fetch_balance()


async def test_senders_and_templates(account: Gateway) -> None:
    assert (await account.fetch_senders())[0] == Sender(
        id="11",
        sender_id="HOMEHA",
        type="Transactional",
        approved=True,
        entity_id="1101000000000000001",
        purpose="Home alerts",
    )
    assert (await account.fetch_templates())[2] == Template(
        template_id="1107000000000000003",
        name="Water leak",
        type="Transactional",
        sender_id="HOMEHA",
        message="Water in the {#var#}.",
        approved=False,
    )


async def test_an_account_without_senders(account: Gateway, respond: Respond) -> None:
    nothing: tuple[object, ...] = (None, [], "")
    for data in nothing:
        respond(success(data))
        assert await account.fetch_senders() == []
