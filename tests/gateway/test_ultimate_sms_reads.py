"""Sites that run TextioPro's software: the methods of reads, campaigns and contacts."""

from collections.abc import Awaitable, Callable
import logging
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.contacts import Campaign
from custom_components.texting.gateway.errors import AuthenticationFailed, GatewayError, MessageRejected
from custom_components.texting.gateway.message import SendResult
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.redaction import redact
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error, success
from tests.support.samples import TOKEN, new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


# -- reads of the token API ----------------------------------------------------------------------------------------


async def _first_text(account: Gateway) -> object:
    async for message in account.fetch_messages(1):
        return await account.fetch_message(message.message_id)
    return None


async def _first_contact(account: Gateway) -> object:
    contacts = account.contacts
    group = (await contacts.groups())[0]
    assert (await contacts.group(group.id)).size == 1
    return [await contacts.contact(group.id, contact.id) async for contact in contacts.contacts(group.id)]


READS: dict[str, Callable[[Gateway], Awaitable[object]]] = {
    "balance": lambda account: account.fetch_balance(),
    "profile": lambda account: account.fetch_profile(),
    "texts": _first_text,
    "contacts": _first_contact,
}
EVERY_READ = pytest.mark.parametrize("read", READS)


async def fill(account: Gateway) -> None:
    """Send a text, and add a contact."""
    await send_one(account)
    group = await account.contacts.create_group("Family")
    await account.contacts.create_contact(group.id, "+33612345601", {})


@EVERY_READ
async def test_reads_of_the_token_api_may_be_get_requests(
    gateway: OpenGateway, simulator: Simulator, read: str
) -> None:
    simulator.use_variant(TEXTIOPRO, "token-reads")
    account = gateway(TEXTIOPRO, api="token")
    await fill(account)
    for _ in range(2):
        simulator.clear_requests()
        assert await READS[read](account)
        assert not [request for request in simulator.requests() if "api_token" in request.query]
        assert {request.params["api_token"] for request in simulator.requests()} == {TOKEN}
        methods = [request.method for request in simulator.requests()]
    # The method that works is remembered.
    assert set(methods) == {"GET"}


@EVERY_READ
async def test_the_token_is_in_the_address_only_if_the_user_says_so(
    gateway: OpenGateway, simulator: Simulator, read: str
) -> None:
    simulator.use_variant(TEXTIOPRO, "dropped-bodies")
    with pytest.raises(AuthenticationFailed):
        await READS[read](gateway(TEXTIOPRO, api="token"))
    assert not [request for request in simulator.requests() if request.query]
    account = gateway(TEXTIOPRO, api="token", token_in_url=True)
    await fill(account)
    simulator.clear_requests()
    assert await READS[read](account)
    for request in simulator.requests():
        assert ("api_token" in request.query) is (request.method == "GET")


async def test_the_bearer_api_never_has_the_token_in_the_address(gateway: OpenGateway, simulator: Simulator) -> None:
    account = gateway(TEXTIOPRO, token_in_url=True)
    await fill(account)
    await _first_text(account)
    assert not [request for request in simulator.requests() if request.query or "api_token" in request.params]


@pytest.mark.parametrize("fault", ["refuse", "cut", "html", "echo"])
async def test_an_address_with_the_token_is_shown_nowhere(
    gateway: OpenGateway, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """A site may repeat the address in its error."""
    caplog.set_level(logging.DEBUG)
    simulator.accounts[TEXTIOPRO].http_reads = "GET"
    account = gateway(TEXTIOPRO, api="token", token_in_url=True)
    await account.fetch_balance()
    if fault == "refuse":
        await simulator.faults.refuse(TEXTIOPRO)
    elif fault == "echo":
        address = "api/http/balance?api_token=7%7CdemoTokenTextioPro"
        simulator.faults.add(TEXTIOPRO, "answer", None, body=error(f"Nothing at {address}"))
    else:
        simulator.faults.add(TEXTIOPRO, fault, None)
    with pytest.raises(GatewayError) as caught:
        await account.fetch_balance()
    for shown in (str(caught.value), repr(caught.value), caught.value.detail, caplog.text, repr(account.settings)):
        assert "demoToken" not in shown


@pytest.mark.parametrize("token", ["7|abc", "7%7Cabc", "7%7cabc", "short"])
def test_a_token_in_an_address_is_cut_out(token: str) -> None:
    shown = redact(f"GET https://example.com/api/http/me?api_token={token}&page=2 failed")
    assert token not in shown
    assert "failed" in shown


# -- campaigns -----------------------------------------------------------------------------------------------------


async def send_campaign(account: Gateway, *lasts: int | str, text: str = "The door is open") -> SendResult:
    """Send a text to a new group."""
    group = await account.contacts.create_group("Family")
    for last in lasts:
        await account.contacts.create_contact(group.id, f"+3361234{last:0>4}", {})
    (result,) = await send(account, [new_message(TEXTIOPRO, to=group.id, group_size=len(lasts), text=text)])
    return result


async def test_the_first_campaign_of_a_site_is_not_followed(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "lists-3.8")
    kept = simulator.accounts[TEXTIOPRO].campaigns
    first = await send_campaign(account, 5601)
    assert first.message_id in kept
    kept[first.message_id or ""]["campaign_name"] = "API_1700000000"
    # Not even if it had the same text.
    second = await send_campaign(account, 5602)
    assert (second.status, second.message_id, second.provider_status) == (Status.ACCEPTED, None, None)
    assert await account.fetch_reports([second]) == []
    assert len(simulator.messages()) == 2


NOW = object()


@pytest.mark.parametrize(
    ("row", "is_own"),
    [
        ({"campaign_name": NOW, "message": "Other"}, True),
        ({"name": NOW}, True),
        ({"campaign_name": "API_1700000000", "message": "The door is open"}, False),
        ({"campaign_name": "Sale", "message": "The door is open"}, True),
        ({"message": " The door is open "}, True),
        ({"campaign_name": "Sale", "message": "Other"}, False),
        ({"campaign_name": "Sale"}, False),
        ({"campaign_name": "API_now", "message": None}, False),
        ({"message": "Other"}, False),
        ({}, True),
    ],
)
@pytest.mark.parametrize("word", ["queued", "failed"])
async def test_whose_campaign_it_is(
    account: Gateway, respond: Respond, row: dict[str, Any], is_own: bool, word: str
) -> None:
    now = f"API_{int(account.clock().timestamp())}"
    respond(success({"uid": "c", "status": word} | {name: now if each is NOW else each for name, each in row.items()}))
    (result,) = await send(account, [new_message(TEXTIOPRO, to="g", group_size=2)])
    status = Status.UNDELIVERED if is_own and word == "failed" else Status.ACCEPTED
    assert (result.message_id, result.status) == ("c" if is_own else None, status)


@pytest.mark.parametrize(
    ("stats", "status", "counts"),
    [
        ({"delivered_count": 2, "undelivered_count": 1, "enroute_count": 0}, Status.DELIVERED, (3, 2, 1)),
        ({"delivered_count": "0", "expired_count": 1, "failed_count": "1"}, Status.UNDELIVERED, (2, 0, 2)),
        ({"delivered_count": 0, "undelivered_count": 1, "enroute_count": 1}, Status.SENT, (2, 0, 1)),
        ({"delivered_count": 0, "rejected_count": 1, "skipped_count": 1, "contact_count": 2}, None, (2, 0, 2)),
        ({"delivered_count": 0, "undelivered_count": 1, "total": 5}, Status.SENT, (5, 0, 1)),
        ({"delivered_count": None, "sent_count": "x"}, Status.SENT, (0, None, 0)),
        ({}, Status.SENT, (0, None, 0)),
    ],
)
async def test_counts_in_stats(
    account: Gateway,
    respond: Respond,
    stats: dict[str, Any],
    status: Status | None,
    counts: tuple[int, int | None, int],
) -> None:
    respond(success({"uid": "c", "status": "done", "stats": stats}))
    campaign = await account.contacts.campaign("c")
    assert isinstance(campaign, Campaign)
    assert campaign.status is (status or Status.UNDELIVERED)
    assert (campaign.total, campaign.delivered, campaign.failed) == counts


@pytest.mark.parametrize(
    ("lasts", "status"),
    [
        ((5601, "0004"), Status.DELIVERED),
        (("0004", "0005", "0006", "0007", "0020"), Status.UNDELIVERED),
        ((5601, "0009"), Status.SENT),
    ],
)
async def test_how_a_campaign_with_stats_ends(
    account: Gateway, simulator: Simulator, lasts: tuple[int | str, ...], status: Status
) -> None:
    simulator.use_variant(TEXTIOPRO, "lists-3.13")
    result = await send_campaign(account, *lasts)
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    kept = await account.contacts.campaign(result.message_id or "")
    assert (report.status, kept.status, kept.total) == (status, status, len(lasts))
    assert kept.delivered == lasts.count(5601)
    assert kept.failed == len(lasts) - lasts.count(5601) - lasts.count("0009")


# -- contacts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reads", ["upper", "lower"])
async def test_a_contact_is_made_in_both_spellings(account: Gateway, simulator: Simulator, reads: str) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.create_reads, kept.update_requires = reads, "phone" if reads == "lower" else "PHONE"
    group = await account.contacts.create_group("Family")
    fields = {"FIRST_NAME": "Anna", "last_name": "Berg", "City": "Lyon"}
    made = await account.contacts.create_contact(group.id, "+33612345601", fields)
    assert made.fields == {"FIRST_NAME": "Anna", "LAST_NAME": "Berg", "CITY": "Lyon"}
    assert made.number == "+33612345601"
    params = simulator.requests()[-1].params
    assert params["PHONE"] == params["phone"] == "33612345601"
    assert params["LAST_NAME"] == params["last_name"] == "Berg"
    changed = await account.contacts.update_contact(group.id, made.id, "+33612345602", {"first_name": "Eva"})
    assert (changed.number, changed.fields["FIRST_NAME"]) == ("+33612345602", "Eva")


async def test_a_field_of_the_software_is_refused(account: Gateway) -> None:
    with pytest.raises(MessageRejected):
        await account.contacts.create_contact("g", "+33612345601", {"Phone": "1"})
