"""TheSMSPoint against its documents, over plain HTTP."""

from decimal import Decimal
import json
from typing import Any

import pytest

from .customer import KEY, POINT_SMS, Client

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_point_reads(client: Client) -> None:
    """Balance, senders and templates have the documented fields."""
    balance = (await client.point("get-sms-balance"))["data"]["balance"]
    assert balance == {"OTP": 100, "Promotional": 2000, "Transactional": 5000}
    senders = (await client.point("get-sender-id"))["data"]
    assert {sender["approve_status"] for sender in senders} == {"Approved", "Pending"}
    templates = (await client.point("get-templates"))["data"]
    assert any("{#var#}" in template["message"] for template in templates)


@pytest.mark.parametrize("content", [{"data": POINT_SMS}, {"json": POINT_SMS}])
async def test_point_sends_and_charges_its_pool(client: Client, content: dict[str, Any]) -> None:
    """The response of a send has the job and the message; long texts are cut at 765 characters, five credits."""
    next(iter(content.values()))["message"] = "a" * 766
    answer = json.loads((await client.raw("thesmspoint", "/api/v1/send-single-sms", headers=KEY, **content))[1])
    assert (answer["data"]["ErrorCode"], answer["code"]) == ("000", 200)
    assert answer["data"]["MessageData"][0]["Number"] == "919954654365"
    assert len(client.simulator.messages()[0].text) == 765
    assert (await client.point("get-sms-balance"))["data"]["balance"]["Transactional"] == 4995


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_id": "NOBODY"},
        {"sender_id": "HOMEAD"},
        {"template_id": "1107000000000000003"},
        {"channel": "4"},
        {"is_unicode": "yes"},
        {"recipient": "33600000001"},
        {"message": ""},
    ],
)
async def test_point_rejects(client: Client, changes: dict[str, str]) -> None:
    """An unknown id has an error code of its own."""
    data = (await client.point("send-single-sms", **POINT_SMS | changes))["data"]
    assert data["ErrorCode"] != "000"
    assert not client.simulator.messages()


async def test_point_errors(client: Client) -> None:
    """The documented errors, word for word."""
    client.simulator.accounts["thesmspoint"].credit["Transactional"] = Decimal(0)
    wrong = await client.raw("thesmspoint", "/api/v1/get-sms-balance", headers={"key": "wrong"})
    assert json.loads(wrong[1]) == {"status": "error", "message": "API Key Does Not Exists"}
    assert await client.point("delete-all") == {"status": "error", "message": "Request Type Not Allowed"}
    none_left = {"status": "error", "message": "SMS Credits Not Available", "data": None}
    assert await client.point("send-single-sms", **POINT_SMS) == none_left
    unknown = {"status": "error", "message": "Invalid Message ID", "data": None}
    assert await client.point("sms-delivery-status", job_id="1") == unknown


async def test_point_errors_in_their_other_field(client: Client) -> None:
    """The description says that the error text is in `errors`."""
    client.simulator.accounts["thesmspoint"].error_field = "errors"
    answer = await client.point("delete-all")
    assert answer == {"status": "error", "message": None, "errors": ["Request Type Not Allowed"]}


@pytest.mark.parametrize(("text", "code"), [("Home alert: a\nb", "000"), ("Home alert: ", "024"), ("Water", "024")])
async def test_point_may_check_templates(client: Client, text: str, code: str) -> None:
    """A text must follow its template if the account checks templates."""
    client.simulator.accounts["thesmspoint"].checks_templates = True
    sms = POINT_SMS | {"template_id": "1107000000000000002", "message": text}
    assert (await client.point("send-single-sms", **sms))["data"]["ErrorCode"] == code


@pytest.mark.parametrize("shape", ["message_data", "message_id"])
async def test_point_bulk(client: Client, shape: str) -> None:
    """Recipients are a JSON string; the response has either documented shape."""
    client.simulator.accounts["thesmspoint"].bulk_shape = shape
    rows = [{"number": 919954654365, "text": "One"}, {"number": "919954654366", "text": "Two"}]
    data = (await client.point("send-bulk-sms", **POINT_SMS | {"recipient": json.dumps(rows)}))["data"]
    job = data["message_id"] if shape == "message_id" else data["JobId"]
    assert [message.extra["job_id"] for message in client.simulator.messages()] == [job] * 2
    too_many = json.dumps(rows * 1001)
    assert (await client.point("send-bulk-sms", **POINT_SMS | {"recipient": too_many}))["data"]["ErrorCode"] != "000"


@pytest.mark.parametrize("shape", ["mobile_number", "recipient", "mixed"])
async def test_point_delivery_status(client: Client, shape: str) -> None:
    """A report has the status "error" and rows by job or by message, with numbers in one of two fields."""
    client.simulator.accounts["thesmspoint"].report_shape = shape
    rows = [{"number": "919954654365", "text": "One"}, {"number": "919954650006", "text": "Two"}]
    data = (await client.point("send-bulk-sms", **POINT_SMS | {"recipient": json.dumps(rows)}))["data"]
    await client.simulator.settle()
    report = await client.point("sms-delivery-status", job_id=data["JobId"])
    assert report["status"] == "error"
    assert [row["status_name"] for row in report["data"]] == ["delivered", "U"]
    names = {"mixed": ["mobile_number", "recipient"]}.get(shape, [shape] * 2)
    assert [next(iter(row.keys() & {"mobile_number", "recipient"})) for row in report["data"]] == names
    single = await client.point("sms-delivery-status", job_id=data["MessageData"][1]["message_id"])
    assert len(single["data"]) == 1


async def test_point_single_report(client: Client) -> None:
    """The other example: one object, its state in another field."""
    account = client.simulator.accounts["thesmspoint"]
    account.report_shape, account.report_status = "single", "success"
    job = (await client.point("send-single-sms", **POINT_SMS))["data"]["JobId"]
    await client.simulator.settle()
    report = await client.point("sms-delivery-status", job_id=job)
    assert (report["status"], report["data"]["delivery_status_id"]) == ("success", "Delivered")
