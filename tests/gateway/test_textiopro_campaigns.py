"""TextioPro's campaigns: one text to contact groups, and its reports."""

from datetime import UTC, datetime, timedelta, timezone
import json
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.contacts import Campaign
from custom_components.texting.gateway.errors import (
    InsufficientCredit,
    Limit,
    MessageRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
)
from custom_components.texting.gateway.message import Message, SendResult
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond, limit_of
from tests.support.laravel import error, page, row, success
from tests.support.samples import TOKEN, new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])
PATHS = {"bearer": "/api/v3", "token": "/api/http"}


async def new_group(account: Gateway, *lasts: int | str) -> str:
    """Create a group with contacts at the provider, by the last digits of their numbers."""
    group = await account.contacts.create_group("Family")
    for last in lasts:
        await account.contacts.create_contact(group.id, f"+3361234{last:0>4}", {})
    return group.id


def campaign(to: str, size: int = 2, **fields: Any) -> Message:
    return new_message(TEXTIOPRO, to=to, group_size=size, **fields)


async def send_campaign(account: Gateway, *lasts: int | str) -> SendResult:
    (result,) = await send(account, [campaign(await new_group(account, *lasts), len(lasts))])
    return result


@APIS
async def test_a_campaign_goes_to_all_contacts_of_groups(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    account = gateway(TEXTIOPRO, api=api)
    first, second = await new_group(account, 5601, 5602), await new_group(account, 5603)
    simulator.clear_requests()
    (result,) = await send(account, [campaign(f"{first}, {second}", 3)])
    assert (result.status, result.provider_status, result.error) == (Status.ACCEPTED, "queued", None)
    assert sorted(message.to[-4:] for message in simulator.messages()) == ["5601", "5602", "5603"]
    (request,) = simulator.requests()
    assert request.path == f"{PATHS[api]}/sms/campaign"
    token = {"api_token": TOKEN} if api == "token" else {}
    assert request.params == token | {
        "contact_list_id": f"{first},{second}",
        "sender_id": "MyHome",
        "type": "plain",
        "message": "The door is open",
    }
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    assert (report.status, report.provider_status, report.message_id) == (Status.DELIVERED, "done", result.message_id)
    assert simulator.requests()[-1].path == f"{PATHS[api]}/campaign/{result.message_id}/view"
    assert await account.contacts.campaign(result.message_id or "") == Campaign(
        id=result.message_id or "",
        status=Status.DELIVERED,
        provider_status="done",
        name="API campaign 1",
        text="The door is open",
        total=3,
        delivered=3,
        failed=0,
    )


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"text": "ê中"}, {"type": "unicode"}),
        (
            {"type": MessageType.VOICE, "language": "fr-fr", "gender": "female"},
            {"type": "voice", "language": "fr-fr", "gender": "female"},
        ),
        (
            {"type": MessageType.MMS, "media_url": "https://example.com/a.jpg"},
            {"type": "mms", "media_url": "https://example.com/a.jpg"},
        ),
        ({"type": MessageType.WHATSAPP, "sender": "a long id"}, {"type": "whatsapp", "sender_id": "a long id"}),
        ({"type": MessageType.VIBER, "sender": "a long id"}, {"type": "viber", "sender_id": "a long id"}),
        ({"type": MessageType.OTP}, {"type": "otp"}),
        ({"template_id": "1107"}, {"dlt_template_id": "1107"}),
    ],
)
async def test_what_a_campaign_may_be(
    account: Gateway, simulator: Simulator, fields: dict[str, Any], sent: dict[str, str]
) -> None:
    group = await new_group(account, 5601)
    (result,) = await send(account, [campaign(group, 1, **fields)])
    assert result.status is Status.ACCEPTED
    params = simulator.requests()[-1].params
    assert params.items() >= sent.items()
    assert "recipient" not in params


async def test_a_scheduled_campaign(account: Gateway, simulator: Simulator) -> None:
    send_at = datetime(2099, 7, 1, 18, 30, tzinfo=timezone(timedelta(hours=2)))
    (result,) = await send(account, [campaign(await new_group(account, 5601), 1, send_at=send_at)])
    assert (result.status, result.provider_status) == (Status.ACCEPTED, "scheduled")
    assert simulator.messages()[0].not_before == send_at
    kept = await account.contacts.campaign(result.message_id or "")
    assert (kept.status, kept.send_at, kept.delivered) == (Status.ACCEPTED, send_at, 0)


@pytest.mark.parametrize(
    ("written", "send_at"),
    [
        ("2099-07-01 18:30", datetime(2099, 7, 1, 16, 30, tzinfo=UTC)),
        ("2099-07-01T18:30:00Z", datetime(2099, 7, 1, 18, 30, tzinfo=UTC)),
        ("soon", None),
        (None, None),
    ],
)
async def test_when_a_campaign_is_sent(
    account: Gateway, respond: Respond, written: str | None, send_at: datetime | None
) -> None:
    respond(success({"timezone": "Europe/Paris"}), "/me")
    respond(success({"uid": "c", "status": "scheduled", "schedule_time": written}))
    assert (await account.contacts.campaign("c")).send_at == send_at


# -- limits ----------------------------------------------------------------------------------------------------------


async def test_what_a_campaign_costs(account: Gateway) -> None:
    preview = account.preview(campaign("g", 250, text="a" * 161))
    assert (preview.segments, preview.cost) == (500, 500)
    voice = campaign("g", 250, text="a" * 161, type=MessageType.VOICE, language="fr-fr", gender="male")
    assert (account.preview(voice).segments, account.preview(voice).cost) == (250, 250)


@pytest.mark.parametrize(("to", "size"), [("g", 0), ("", 3), (" , ", 3)])
async def test_nobody_is_sent_nothing(account: Gateway, simulator: Simulator, to: str, size: int) -> None:
    (result,) = await send(account, [campaign(to, size)])
    assert limit_of(result) is Limit.GROUP_EMPTY
    assert not simulator.requests()


async def test_campaigns_share_no_request(account: Gateway, simulator: Simulator) -> None:
    group = await new_group(account, 5601)
    first, second = campaign(group, 1), campaign(group, 1)
    assert account.batch_key(first) != account.batch_key(second)
    assert account.batch_key(first) == account.batch_key(first)
    simulator.clear_requests()
    results = await send(account, [first, second, new_message(TEXTIOPRO)])
    assert [result.status for result in results] == [Status.ACCEPTED] * 3
    paths = sorted(request.path.rpartition("/")[2] for request in simulator.requests())
    assert paths == ["campaign", "campaign", "send"]


@pytest.mark.parametrize("shape", ["envelope", "laravel"])
async def test_a_group_that_is_not_there(account: Gateway, simulator: Simulator, shape: str) -> None:
    simulator.accounts[TEXTIOPRO].missing_shape = shape
    (result,) = await send(account, [campaign("6415907d0d7a6")])
    assert (result.status, type(result.error)) == (Status.REJECTED, NotFound)


async def test_a_group_that_became_empty(account: Gateway) -> None:
    (result,) = await send(account, [campaign(await new_group(account))])
    assert (result.status, type(result.error)) == (Status.REJECTED, MessageRejected)


async def test_no_credit_for_all(account: Gateway, simulator: Simulator) -> None:
    group = await new_group(account, 5601, 5602)
    simulator.accounts[TEXTIOPRO].credit = 1
    (result,) = await send(account, [campaign(group)])
    assert isinstance(result.error, InsufficientCredit)
    assert not simulator.messages()


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (error("Sending server not found"), 200, MessageRejected),
        ({"message": "The route api/v3/sms/campaign could not be found."}, 404, MessageRejected),
        (error("Too Many Attempts."), 429, RateLimited),
        (error("Invalid phone number: 33612345601"), 200, MessageRejected),
    ],
)
async def test_a_campaign_that_is_refused(
    account: Gateway, simulator: Simulator, respond: Respond, body: object, status: int, kind: type[Exception]
) -> None:
    respond(body, status=status)
    (result,) = await send(account, [campaign("g")])
    assert (result.status, type(result.error)) == (Status.REJECTED, kind)
    assert len(simulator.requests()) == 1


# -- reports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["null", "sentence"])
async def test_a_campaign_whose_id_is_not_told(account: Gateway, simulator: Simulator, data: str) -> None:
    simulator.accounts[TEXTIOPRO].campaign_data = data
    result = await send_campaign(account, 5601)
    assert (result.status, result.message_id, result.error) == (Status.ACCEPTED, None, None)
    simulator.clear_requests()
    # No list is fetched: there is none of campaigns, and that of messages does not help.
    assert await account.fetch_reports([result]) == []
    assert not simulator.requests()


@pytest.mark.parametrize(
    ("data", "status"),
    [({"uid": "c", "status": "failed"}, Status.UNDELIVERED), ({"uid": "c", "status": "cancelled"}, Status.REJECTED)],
)
async def test_a_campaign_that_failed_at_once(
    account: Gateway, respond: Respond, data: dict[str, str], status: Status
) -> None:
    respond(success(data))
    (result,) = await send(account, [campaign("g")])
    assert (result.status, result.message_id, type(result.error)) == (status, "c", MessageRejected)


async def test_an_unknown_word_changes_nothing_about_its_success(account: Gateway, respond: Respond) -> None:
    respond(success({"uid": "c", "status": "Preparing"}))
    (result,) = await send(account, [campaign("g")])
    assert (result.status, result.provider_status) == (Status.ACCEPTED, "Preparing")


@pytest.mark.parametrize("accept", [True, False])
async def test_a_lost_campaign_stays_unknown(account: Gateway, simulator: Simulator, accept: bool) -> None:
    group = await new_group(account, 5601)
    simulator.clear_requests()
    simulator.faults.add(TEXTIOPRO, "cut", accept=accept)
    lost = campaign(group, 1)
    (result,) = await account.send([lost])
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    (found,) = await account.resolve_unknown([lost])
    assert (found.message, found.status, type(found.error)) == (lost, Status.UNCERTAIN, OutcomeUnknown)
    assert len(simulator.requests()) == 1


async def test_a_lost_campaign_hides_no_other_message(account: Gateway, simulator: Simulator) -> None:
    lost, alone = campaign("g"), (await send_one(account)).message
    found = {result.message.reference: result for result in await account.resolve_unknown([lost, alone])}
    assert found[lost.reference].status is Status.UNCERTAIN
    assert found[alone.reference].status in (Status.ACCEPTED, Status.SENT, Status.DELIVERED)
    # If the list cannot be fetched, the campaign is uncertain all the same.
    simulator.faults.add(TEXTIOPRO, "html")
    assert [result.message for result in await account.resolve_unknown([lost, alone])] == [lost]


@pytest.mark.parametrize("counts", ["row", "cache"])
@pytest.mark.parametrize(
    ("lasts", "status", "reason"),
    [
        ((5601, 5602), Status.DELIVERED, None),
        ((5601, "0006"), Status.DELIVERED, None),
        (("0006", "0007"), Status.UNDELIVERED, FailureReason.OTHER),
        ((5601, "0009"), Status.SENT, None),
    ],
)
async def test_how_a_campaign_ends(
    account: Gateway,
    simulator: Simulator,
    counts: str,
    lasts: tuple[int | str, ...],
    status: Status,
    reason: FailureReason | None,
) -> None:
    simulator.accounts[TEXTIOPRO].campaign_counts = counts
    result = await send_campaign(account, *lasts)
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    assert (report.status, report.reason, report.status_on_timeout) == (status, reason, None)
    kept = await account.contacts.campaign(result.message_id or "")
    delivered = sum(last not in ("0006", "0007", "0009") for last in lasts)
    failed = sum(last in ("0006", "0007") for last in lasts)
    assert (kept.status, kept.total, kept.delivered, kept.failed) == (status, len(lasts), delivered, failed)


CACHE = {"ContactCount": 3, "DeliveredCount": 0, "FailedDeliveredCount": 0}


@pytest.mark.parametrize(
    ("data", "status", "status_on_timeout"),
    [
        ({"status": "new"}, Status.ACCEPTED, None),
        ({"status": "Queued"}, Status.ACCEPTED, None),
        ({"status": "queuing"}, Status.ACCEPTED, None),
        ({"status": "scheduled"}, Status.ACCEPTED, None),
        ({"status": "paused", "delivered_count": 2}, Status.ACCEPTED, None),
        ({"status": "SENDING", "delivered_count": 2}, Status.SENT, None),
        ({"status": "processing"}, Status.SENT, None),
        ({"status": "done"}, Status.SENT, None),
        ({"status": "done", "cache": CACHE}, Status.SENT, Status.UNDELIVERED),
        ({"status": "done", "cache": json.dumps({**CACHE, "DeliveredCount": "1"})}, Status.DELIVERED, None),
        ({"status": "done", "cache": json.dumps({**CACHE, "FailedDeliveredCount": 3})}, Status.UNDELIVERED, None),
        ({"status": "done", "cache": "{"}, Status.SENT, None),
        ({"status": "done", "cache": "[" * 5000}, Status.SENT, None),
        ({"status": "done", "delivered_count": 0}, Status.SENT, Status.UNDELIVERED),
        ({"status": "done", "delivered_count": -1}, Status.SENT, None),
        ({"status": "delivered"}, Status.DELIVERED, None),
        ({"status": "delivered", "delivered_count": 0, "failed_count": 3}, Status.SENT, Status.UNDELIVERED),
        ({"status": "delivered", "contact_count": 3, "delivered": 0, "failed": 3}, Status.UNDELIVERED, None),
        ({"status": "failed"}, Status.UNDELIVERED, None),
        ({"status": "error", "delivered_count": 0}, Status.UNDELIVERED, None),
        ({"status": "failed", "delivered_count": 1}, Status.DELIVERED, None),
        ({"status": "cancelled"}, Status.REJECTED, None),
        ({"status": "cancelled", "delivered_count": 1}, Status.DELIVERED, None),
        ({"status": "On its way"}, Status.UNCERTAIN, None),
        ({"id": 5}, Status.UNCERTAIN, None),
    ],
)
async def test_states_of_a_campaign(
    account: Gateway, respond: Respond, data: dict[str, Any], status: Status, status_on_timeout: Status | None
) -> None:
    respond(success(data), times=2)
    (report,) = await account.fetch_reports([accepted(campaign("g"), message_id="c")])
    assert (report.status, report.status_on_timeout, report.message_id) == (status, status_on_timeout, "c")
    assert report.provider_status == data.get("status", "")
    assert (await account.contacts.campaign("c")).status is status


async def test_states_that_move(account: Gateway, simulator: Simulator) -> None:
    simulator.sent_after = None
    result = await send_campaign(account, 5601, 5602)
    words = []
    for status in (None, "Enroute", "Delivered"):
        if status:
            for message in simulator.messages():
                await simulator.set_status(message, status)
        (report,) = await account.fetch_reports([result])
        words.append((report.status, report.provider_status))
    assert words == [(Status.ACCEPTED, "queued"), (Status.SENT, "sending"), (Status.DELIVERED, "done")]
    simulator.accounts[TEXTIOPRO].campaigns[result.message_id or ""]["status"] = "paused"
    (report,) = await account.fetch_reports([result])
    assert (report.status, report.provider_status) == (Status.ACCEPTED, "paused")


async def test_reports_tell_campaigns_from_messages(account: Gateway, simulator: Simulator) -> None:
    both = [await send_campaign(account, 5601), await send_one(account, 5602), await send_one(account, 5603)]
    await simulator.settle()
    simulator.clear_requests()
    reports = {report.message_id: report for report in await account.fetch_reports(both)}
    assert [reports[result.message_id].status for result in both] == [Status.DELIVERED] * 3
    assert [reports[result.message_id].provider_status for result in both] == ["done", "Delivered", "Delivered"]
    paths = [request.path.removeprefix("/api/v3/") for request in simulator.requests()]
    assert paths == ["sms", f"campaign/{both[0].message_id}/view"]


async def test_reports_of_what_is_not_there(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    gone, there = accepted(campaign("g"), message_id="gone"), await send_campaign(account, 5601)
    await simulator.settle()
    assert [report.message_id for report in await account.fetch_reports([gone, there])] == [there.message_id]
    simulator.faults.add(TEXTIOPRO, "rate_limited", path="gone")
    with pytest.raises(RateLimited):
        await account.fetch_reports([gone, there])
    simulator.faults.add(TEXTIOPRO, "rate_limited", path="gone")
    assert [report.message_id for report in await account.fetch_reports([there, gone])] == [there.message_id]
    respond(page(row()))
    assert await account.fetch_reports([accepted(campaign("g"))]) == []
