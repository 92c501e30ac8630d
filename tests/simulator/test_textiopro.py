"""TextioPro against its documents, over plain HTTP."""

from decimal import Decimal
import json
from typing import Any
from urllib.parse import quote

import pytest

from .customer import ACCEPT, BEARER, SMS, TOKEN, Client

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_pro_sends_to_one_and_to_several(client: Client) -> None:
    """The data is an object for one number and a list for several; invalid numbers are only named."""
    one = await client.send_pro()
    assert one["status"] == "success"
    assert one["data"].items() >= {"to": "33600000001", "from": "Home", "message": "Hello"}.items()
    client.simulator.accounts["textiopro"].status_key = "customer_status"
    several = await client.send_pro(recipient="33600000001, 33600000002,12")
    assert [row["customer_status"] for row in several["data"]] == ["Accepted"] * 2
    assert "12" in several["message"]
    assert (await client.pro("balance"))["data"] == {"balance": 97, "unit": "sms"}


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": ""},
        {"recipient": "+33600000001"},
        {"recipient": ",".join(["33600000001"] * 101)},
        {"sender_id": ""},
        {"sender_id": "TwelveLetter"},
        {"type": "fax"},
        {"message": ""},
        {"message": "a" * 153 * 101},
        {"type": "voice", "gender": "male"},
        {"type": "voice", "gender": "male", "language": "xx-xx"},
        {"type": "voice", "language": "fr-fr", "gender": "other"},
        {"type": "mms"},
        {"type": "whatsapp", "media_url": "no address"},
        {"schedule_time": "2026-01-01T10:00"},
        {"schedule_time": "2026-13-01 10:00"},
    ],
)
async def test_pro_refuses(client: Client, changes: dict[str, str]) -> None:
    """A send that breaks a rule gets the error envelope and is not sent."""
    answer = await client.send_pro(**changes)
    assert answer["status"] == "error"
    assert isinstance(answer["message"], str)
    assert not client.simulator.messages()


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "unicode", "message": "😀"},
        {"type": "voice", "language": "en-gb-wls", "gender": "female"},
        {"type": "mms", "media_url": "https://example.com/image.jpg"},
        {"type": "whatsapp", "sender_id": "a long WhatsApp id"},
        {"type": "viber", "sender_id": "a long Viber id"},
        {"type": "otp", "sender_id": "33600000009"},
    ],
)
async def test_pro_message_types(client: Client, changes: dict[str, str]) -> None:
    """Every documented type is sent."""
    assert (await client.send_pro(**changes))["status"] == "success"
    assert client.simulator.messages("textiopro")[0].extra["type"] == changes["type"]


async def test_pro_schedules(client: Client) -> None:
    """A scheduled message has no data yet and waits for its time."""
    answer = await client.send_pro(schedule_time="2099-01-01 10:00")
    assert (answer["status"], answer["data"]) == ("success", None)
    assert await client.received() == []
    assert client.simulator.messages()[0].status == "Accepted"


@pytest.mark.parametrize(("api", "options"), [("v3", {"headers": ACCEPT}), ("http", {"headers": ACCEPT, "json": {}})])
async def test_pro_unauthenticated(client: Client, api: str, options: dict[str, Any]) -> None:
    """The error of a missing token has no envelope."""
    status, body = await client.raw("textiopro", f"/api/{api}/balance", "GET", **options)
    assert (status, json.loads(body)) == (401, {"message": "Unauthenticated."})


@pytest.mark.parametrize(("reads", "get", "post"), [("any", 200, 200), ("GET", 200, 405), ("POST", 405, 200)])
async def test_pro_token_api_reads(client: Client, reads: str, get: int, post: int) -> None:
    """The token API reads with the installation's method, and with the token in the body or the query."""
    client.simulator.accounts["textiopro"].http_reads = reads
    for path in ("balance", "me", "sms"):
        assert (await client.raw("textiopro", f"/api/http/{path}", "GET", headers=ACCEPT, params=TOKEN))[0] == get
        assert (await client.raw("textiopro", f"/api/http/{path}", "POST", headers=ACCEPT, json=TOKEN))[0] == post
    assert (await client.raw("textiopro", "/api/v3/me", "POST", headers=BEARER))[0] == 405


async def test_pro_lists_in_pages_with_incoming(client: Client) -> None:
    """Lists are Laravel pages, and replies are in the list of messages."""
    client.simulator.accounts["textiopro"].per_page = 2
    await client.send_pro(recipient="33600000001,33600000002")
    await client.simulator.settle()
    assert await client.simulator.answer("33600000002", "Yes") is None
    first = (await client.pro("sms"))["data"]
    assert first["data"][0].items() >= {"direction": "incoming", "from": "33600000002", "message": "Yes"}.items()
    assert (first["last_page"], first["total"], first["next_page_url"][-14:]) == (2, 3, "/v3/sms?page=2")
    last = (await client.pro("sms?page=2"))["data"]
    assert last["next_page_url"] is None
    uid = last["data"][0]["uid"]
    assert (await client.pro(f"sms/{uid}"))["data"]["status"] == "Delivered"


async def test_pro_contacts_and_campaign(client: Client) -> None:
    """Groups and contacts are created and deleted, and a campaign goes to all contacts of a list."""
    group = (await client.pro("contacts", "POST", {"name": "Family"}))["data"]
    assert (await client.pro("contacts", "POST", {}))["status"] == "error"
    path = f"contacts/{group['uid']}"
    contact = (await client.pro(f"{path}/store", "POST", {"PHONE": 33600000001, "FIRST_NAME": "Ada"}))["data"]
    client.simulator.accounts["textiopro"].update_requires = "phone"
    update = f"{path}/update/{contact['uid']}"
    assert (await client.pro(update, "PATCH", {"PHONE": "33600000002"}))["status"] == "error"
    assert (await client.pro(update, "PATCH", {"phone": "33600000002"}))["data"]["FIRST_NAME"] == "Ada"
    assert (await client.pro(f"{path}/search/{contact['uid']}", "POST"))["data"]["phone"] == "33600000002"
    assert (await client.pro(f"{path}/all", "POST"))["data"]["total"] == 1
    content = {name: value for name, value in SMS.items() if name != "recipient"}
    campaign = (await client.pro("sms/campaign", "POST", {"contact_list_id": group["uid"], **content}))["data"]
    await client.simulator.settle()
    assert (await client.pro(f"campaign/{campaign['uid']}/view"))["data"]["status"] == "done"
    assert (await client.pro(path, "PATCH", {"name": "Friends"}))["data"]["name"] == "Friends"
    assert (await client.pro(f"{path}/delete/{contact['uid']}", "DELETE"))["status"] == "success"
    assert (await client.pro(path, "DELETE"))["data"] == "null"
    assert (await client.pro(f"{path}/show", "POST"))["status"] == "error"


async def test_pro_shapes(client: Client) -> None:
    """Balance, error status and the profile's token follow the account's switches."""
    account = client.simulator.accounts["textiopro"]
    account.balance_shape, account.credit, account.error_status = "remaining", Decimal("12.5"), 422
    assert (await client.pro("balance"))["data"]["remaining_balance"] == "$12.50"
    assert (await client.raw("textiopro", "/api/v3/sms/unknown", "GET", headers=BEARER))[0] == 422
    assert (await client.pro("me"))["data"]["api_token"] == TOKEN["api_token"]


async def test_pro_as_clients_of_other_sites_expect_it(client: Client) -> None:
    """A site may send without type and Accept header, and call its balance remaining_unit."""
    path = "/api/http/sms/send?recipient=33600000001&sender_id=HOMEHA&message=Hi"
    path += f"&api_token={quote(TOKEN['api_token'])}"
    assert "Accept" in (await client.raw("textiopro", path, "GET"))[1]
    for variant in ("without-type", "balance-units"):
        client.simulator.use_variant("textiopro", variant)
    assert '"status": "success"' in (await client.raw("textiopro", path, "GET"))[1]
    assert [message.extra["type"] for message in client.simulator.messages()] == ["plain"]
    assert (await client.pro("balance"))["data"]["remaining_unit"] == 99


async def new_group(client: Client, *numbers: str) -> str:
    group: str = (await client.pro("contacts", "POST", {"name": "Family"}))["data"]["uid"]
    for number in numbers:
        await client.pro(f"contacts/{group}/store", "POST", {"PHONE": number})
    return group


async def send_campaign(client: Client, **params: str) -> Any:
    content = {name: value for name, value in SMS.items() if name != "recipient"}
    return await client.pro("sms/campaign", "POST", content | params)


async def test_pro_campaigns_count_and_move(client: Client) -> None:
    """A campaign's state follows its messages, and its counts are where the installation has them."""
    simulator = client.simulator
    simulator.sent_after = None
    group = await new_group(client, "33600000001", "33600000006", "33600000009")
    path = f"campaign/{(await send_campaign(client, contact_list_id=group))['data']['uid']}/view"
    assert (await client.pro(path))["data"]["status"] == "queued"
    for message, status in zip(simulator.messages(), ("Enroute", "Undelivered", "Enroute"), strict=True):
        await simulator.set_status(message, status)
    row = (await client.pro(path))["data"]
    assert row.items() >= {"status": "sending", "contact_count": 3, "delivered_count": 0, "failed_count": 1}.items()
    for message in simulator.messages()[::2]:
        await simulator.set_status(message, "Delivered")
    simulator.accounts["textiopro"].campaign_counts = "cache"
    row = (await client.pro(path))["data"]
    counts = {"ContactCount": 3, "DeliveredCount": 2, "FailedDeliveredCount": 1, "NotDeliveredCount": 0}
    assert (row["status"], json.loads(row["cache"]), "contact_count" in row) == ("done", counts, False)
    simulator.accounts["textiopro"].campaign_counts = "none"
    assert not {"cache", "contact_count"} & (await client.pro(path))["data"].keys()


async def test_pro_campaigns_are_checked(client: Client) -> None:
    """A list must exist and have contacts, and the content has the same rules as a send's."""
    group = await new_group(client)
    assert (await send_campaign(client, contact_list_id=group))["message"] == "The contact list is empty."
    assert (await send_campaign(client, contact_list_id=f"{group},none"))["message"] == "Contact list not found."
    assert (await send_campaign(client))["status"] == "error"
    await client.pro(f"contacts/{group}/store", "POST", {"PHONE": "33600000001"})
    for changes in ({"type": "mms"}, {"sender_id": "TwelveLetter"}, {"schedule_time": "soon"}):
        assert (await send_campaign(client, contact_list_id=group, **changes))["status"] == "error"
    client.simulator.accounts["textiopro"].credit = Decimal(0)
    assert "limit" in (await send_campaign(client, contact_list_id=group))["message"]
    assert not client.simulator.messages()
    client.simulator.accounts["textiopro"].credit = Decimal(1)
    later = await send_campaign(client, contact_list_id=group, schedule_time="2099-01-01 10:00")
    assert (later["data"]["status"], later["data"]["schedule_time"]) == ("scheduled", "2099-01-01 10:00")


@pytest.mark.parametrize(("shape", "data"), [("null", None), ("sentence", "campaign reports with all details")])
async def test_pro_campaigns_may_not_tell_their_id(client: Client, shape: str, data: str | None) -> None:
    """Some responses have no campaign."""
    client.simulator.accounts["textiopro"].campaign_data = shape
    group = await new_group(client, "33600000001")
    assert (await send_campaign(client, recipient=group))["data"] == data


@pytest.mark.parametrize(
    ("lies", "second", "last", "total"),
    [
        ("", [3], 2, 3),
        ("empty", [], 2, 3),
        ("repeated", [1, 2], 2, 3),
        ("many", [3], 20, 3),
        ("few", [3], 1, 3),
        ("total", [3], 2, 1003),
    ],
)
async def test_pro_pages_lie_on_request(client: Client, lies: str, second: list[int], last: int, total: int) -> None:
    """Each switch changes one property of the pages."""
    account = client.simulator.accounts["textiopro"]
    account.per_page, account.lying_pages = 2, lies
    group = await new_group(client, *(f"3360000000{place}" for place in (1, 2, 3)))
    page = (await client.pro(f"contacts/{group}/all?page=2", "POST"))["data"]
    assert [int(row["phone"][-1]) for row in page["data"]] == second
    assert (page["last_page"], page["total"]) == (last, total)


async def test_pro_contacts_vary(client: Client) -> None:
    """Counts, duplicate names, delete responses, column names and methods depend on the installation."""
    account = client.simulator.accounts["textiopro"]
    group = await new_group(client)
    assert (await client.pro(f"contacts/{group}/show", "POST"))["data"]["contacts_count"] == 0
    account.group_counts, account.contact_reads = False, "GET"
    assert "contacts_count" not in (await client.pro(f"contacts/{group}/show"))["data"]
    assert "not supported" in (await client.pro(f"contacts/{group}/show", "POST"))["message"]
    assert (await client.pro("contacts", "POST", {"name": "Family"}))["status"] == "success"
    account.unique_names = True
    assert "taken" in (await client.pro("contacts", "POST", {"name": "Family"}))["message"]
    assert "taken" in (await client.pro(f"contacts/{group}", "PATCH", {"name": "Family"}))["message"]
    account.field_names, account.delete_data = "lower", "null"
    fields = {"PHONE": "33600000001", "CITY": "Lyon", "uid": "own"}
    contact = (await client.pro(f"contacts/{group}/store", "POST", fields))["data"]
    assert contact.items() >= {"city": "Lyon", "phone": "33600000001", "group_id": group}.items()
    assert contact["uid"] != "own"
    assert (await client.pro(f"contacts/{group}/delete/{contact['uid']}", "DELETE"))["data"] is None
    assert (await client.pro(f"contacts/{group}", "DELETE"))["data"] is None


@pytest.mark.parametrize(("shape", "status", "has_status"), [("envelope", 200, True), ("laravel", 404, False)])
async def test_pro_unknown_ids(client: Client, shape: str, status: int, has_status: bool) -> None:
    """The error of an unknown id is in the envelope or Laravel's own."""
    client.simulator.accounts["textiopro"].missing_shape = shape
    group = await new_group(client)
    paths = {
        "contacts/x/show": "POST",
        "contacts/x/all": "POST",
        "contacts/x": "DELETE",
        f"contacts/{group}/search/x": "POST",
        f"contacts/{group}/delete/x": "DELETE",
        "campaign/x/view": "GET",
        "sms/x": "GET",
    }
    for path, method in paths.items():
        answered, body = await client.raw("textiopro", f"/api/v3/{path}", method, headers=BEARER)
        assert (answered, "status" in json.loads(body)) == (status, has_status)
