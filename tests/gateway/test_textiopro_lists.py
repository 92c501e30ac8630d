"""TextioPro's reports and incoming messages from its lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import RateLimited
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms.responses import Claims
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import Respond
from tests.support.laravel import error, page, row, success, uid
from tests.support.samples import new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


WORDS = {
    "Enroute": Status.SENT,
    "Accepted": Status.ACCEPTED,
    "Delivered": Status.DELIVERED,
    "Expired": Status.EXPIRED,
    "Undelivered": Status.UNDELIVERED,
    "Rejected": Status.REJECTED,
    "Failed": Status.UNDELIVERED,
    "Skipped": Status.REJECTED,
    "Delivered to handset": Status.UNCERTAIN,
    "Inconnu": Status.UNCERTAIN,
    "": Status.UNCERTAIN,
}


@pytest.mark.parametrize(("word", "status"), WORDS.items())
async def test_status_words(account: Gateway, respond: Respond, word: str, status: Status) -> None:
    for written in (word, word.upper(), word.lower()):
        respond(success(row(status=written)))
        (report,) = await account.fetch_reports([accepted(new_message(TEXTIOPRO), message_id="6068")])
        assert report.status is status
        assert (report.provider_status, report.message_id) == (written, "6068")
        assert (report.reason is not None) is (status.is_final and status is not Status.DELIVERED)


async def test_a_long_status_word_is_cut(account: Gateway, respond: Respond) -> None:
    for written, shown in (("delivered" + " " * 200_000 + "|x", "delivered"), ("a" * 900, "a" * 200)):
        respond(success(row(status=written)))
        (report,) = await account.fetch_reports([accepted(new_message(TEXTIOPRO), message_id="6068")])
        assert report.provider_status == shown


async def test_one_poll_serves_many(account: Gateway, simulator: Simulator) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(60)])
    await simulator.settle()
    simulator.clear_requests()
    reports = await account.fetch_reports(sent)
    assert {report.message_id for report in reports} == {result.message_id for result in sent}
    assert [request.query.get("page") for request in simulator.requests()] == [None, "2", "3"]


async def test_old_messages_are_asked_for_alone(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 2
    sent = await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(10)])
    await simulator.settle()
    simulator.clear_requests()
    assert len(await account.fetch_reports(sent)) == 10
    paths = [request.path.rpartition("/")[2] for request in simulator.requests()]
    assert paths == ["sms"] * 4 + [result.message_id for result in sent[:2]]


async def test_what_is_not_known_any_more_is_no_news(account: Gateway) -> None:
    lost = [accepted(new_message(TEXTIOPRO), message_id=f"606812e63f78{place}") for place in range(2)]
    assert await account.fetch_reports(lost) == []


async def test_an_id_is_no_path(account: Gateway, simulator: Simulator) -> None:
    await account.fetch_reports([accepted(new_message(TEXTIOPRO), message_id="../contacts?x=1")])
    (request,) = simulator.requests()
    assert request.query == {}


async def test_without_a_list_each_is_asked_for(account: Gateway, respond: Respond) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    respond(error("Not found"))
    assert len(await account.fetch_reports(sent)) == 2


async def test_a_rate_limit_keeps_what_is_known(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    sent = [accepted(new_message(TEXTIOPRO, last), message_id=uid(place=last)) for last in (5601, 5602)]
    respond(page(row(5601)))
    simulator.faults.add(TEXTIOPRO, "rate_limited")
    (report,) = await account.fetch_reports(sent)
    assert report.message_id == sent[0].message_id
    simulator.faults.add(TEXTIOPRO, "rate_limited", path="/sms/")
    with pytest.raises(RateLimited):
        await account.fetch_reports(sent[:1])


async def test_messages_without_an_id_are_known_by_number_text_and_time(account: Gateway, respond: Respond) -> None:
    sent, own = accepted(new_message(TEXTIOPRO)), uid(place=7)
    respond(
        page(
            row(5602),
            row(message="The door is shut"),
            row(direction="incoming"),
            row(uid="no-time"),
            row(uid=uid(timedelta(hours=1))),
            row(uid=own),
        )
    )
    (report,) = await account.fetch_reports([sent])
    assert (report.reference, report.message_id) == (sent.message.reference, own)


@pytest.mark.parametrize("last", [1000, "1000"])
async def test_a_page_that_lies_ends_the_list(
    account: Gateway, simulator: Simulator, respond: Respond, last: object
) -> None:
    respond(page(row(direction="incoming", message="Yes"), last=last), times=None)
    assert len(await account.fetch_incoming()) == 1
    assert len(simulator.requests()) == 2


async def test_an_empty_page_ends_the_list(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond(page(row(), last=9))
    respond(page(last=9, current=2))
    assert await account.fetch_incoming() == []
    assert len(simulator.requests()) == 2


@pytest.mark.parametrize("data", [None, "no messages yet", [], {"data": None}, {"data": "none", "last_page": None}])
async def test_lists_of_nothing(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data))
    assert await account.fetch_incoming() == []


async def test_a_list_without_pages(account: Gateway, respond: Respond) -> None:
    respond(success([row(direction="incoming", message="Yes")]))
    assert [message.text for message in await account.fetch_incoming()] == ["Yes"]


async def test_a_list_that_begins_with_the_oldest_is_read_from_its_end(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    def incoming(age: int) -> dict[str, Any]:
        return row(uid=uid(timedelta(minutes=age)), direction="incoming", message=str(age))

    respond(page(incoming(60), incoming(50), last=3))
    respond(page(incoming(2), incoming(1), last=3, current=3))
    respond(page(incoming(40), incoming(30), last=3, current=2))
    assert [message.text for message in await account.fetch_incoming()] == ["1", "2", "30", "40"]
    assert [request.query.get("page") for request in simulator.requests()] == [None, "3", "2"]


@pytest.mark.parametrize(
    ("fields", "sent_at"),
    [
        ({"date": "2026-11-20 10:00:00"}, datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ({"created_at": "2026-11-20T10:00:00.000000Z"}, datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ({"sent_at": "2026-11-20T10:00:00+02:00"}, datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ({"date": "yesterday", "uid": "606812e63f78b"}, datetime(2021, 4, 3, 7, 1, 58, tzinfo=UTC)),
        ({"uid": "abc"}, None),
    ],
)
async def test_when_a_text_came(
    account: Gateway, respond: Respond, fields: dict[str, Any], sent_at: datetime | None
) -> None:
    respond(page(row(**{"from": "+33 612 345 678", "direction": "Inbound", "message": "Yes"} | fields)))
    (message,) = await account.fetch_incoming()
    assert (message.sender, message.sent_at) == ("+33612345678", sent_at)


async def test_without_directions_nothing_comes_in(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].with_direction = False
    result = await send_one(account)
    await simulator.settle()
    await simulator.answer(result.message.to, "Yes", TEXTIOPRO)
    assert await account.fetch_incoming() == []


async def test_news_of_a_message_is_not_news_of_another(account: Gateway, respond: Respond) -> None:
    first, second = accepted(new_message(TEXTIOPRO)), accepted(new_message(TEXTIOPRO))
    listed = row()
    for _ in range(2):
        respond(page(listed))
        (report,) = await account.fetch_reports([first])
        assert (report.message_id, report.reference) == (listed["uid"], first.message.reference)
    respond(page(listed))
    assert await account.fetch_reports([second]) == []


async def test_uids_are_not_remembered_for_ever() -> None:
    claims = Claims(2)
    sent = [accepted(new_message(TEXTIOPRO), message_id=uid(place=place)) for place in range(3)]
    claims.add(*sent)
    other = new_message(TEXTIOPRO)
    assert [claims.fits(row(uid=result.message_id), other) for result in sent] == [True, False, False]
