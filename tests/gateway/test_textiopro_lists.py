"""TextioPro's reports and incoming texts: what its lists and pages tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.texting.gateway.errors import RateLimited
from custom_components.texting.gateway.gateway import Gateway, accepted
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms import Claims
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator

from .bench import GiveAnswer
from .laravel import error, page, row, success, uid
from .samples import new_message, send, send_one

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
    "Delivered to handset": Status.UNKNOWN,
    "Inconnu": Status.UNKNOWN,
    "": Status.UNKNOWN,
}


@pytest.mark.parametrize(("word", "status"), WORDS.items())
async def test_status_words(account: Gateway, answer: GiveAnswer, word: str, status: Status) -> None:
    for written in (word, word.upper(), word.lower()):
        answer(success(row(status=written)))
        (report,) = await account.reports([accepted(new_message(TEXTIOPRO), message_id="6068")])
        assert report.status is status
        assert (report.provider_status, report.message_id) == (written, "6068")
        assert (report.reason is not None) is (status.is_final and status is not Status.DELIVERED)


async def test_one_poll_serves_many(account: Gateway, simulator: Simulator) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(60)])
    await simulator.settle()
    simulator.clear_requests()
    reports = await account.reports(sent)
    assert {report.message_id for report in reports} == {result.message_id for result in sent}
    assert [request.query.get("page") for request in simulator.requests()] == [None, "2", "3"]


async def test_old_messages_are_asked_for_alone(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 2
    sent = await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(10)])
    await simulator.settle()
    simulator.clear_requests()
    assert len(await account.reports(sent)) == 10
    paths = [request.path.rpartition("/")[2] for request in simulator.requests()]
    assert paths == ["sms"] * 4 + [result.message_id for result in sent[:2]]


async def test_what_is_not_known_any_more_is_no_news(account: Gateway) -> None:
    lost = [accepted(new_message(TEXTIOPRO), message_id=f"606812e63f78{place}") for place in range(2)]
    assert await account.reports(lost) == []


async def test_an_id_is_no_path(account: Gateway, simulator: Simulator) -> None:
    await account.reports([accepted(new_message(TEXTIOPRO), message_id="../contacts?x=1")])
    (request,) = simulator.requests()
    assert request.query == {}


async def test_without_a_list_each_is_asked_for(account: Gateway, answer: GiveAnswer) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    answer(error("Not found"))
    assert len(await account.reports(sent)) == 2


async def test_a_rate_limit_keeps_what_is_known(account: Gateway, simulator: Simulator, answer: GiveAnswer) -> None:
    sent = [accepted(new_message(TEXTIOPRO, last), message_id=uid(place=last)) for last in (5601, 5602)]
    answer(page(row(5601)))
    simulator.faults.add(TEXTIOPRO, "rate_limited")
    (report,) = await account.reports(sent)
    assert report.message_id == sent[0].message_id
    simulator.faults.add(TEXTIOPRO, "rate_limited", path="/sms/")
    with pytest.raises(RateLimited):
        await account.reports(sent[:1])


async def test_messages_without_an_id_are_known_by_number_text_and_time(account: Gateway, answer: GiveAnswer) -> None:
    sent, own = accepted(new_message(TEXTIOPRO)), uid(place=7)
    answer(
        page(
            row(5602),
            row(message="The door is shut"),
            row(direction="incoming"),
            row(uid="no-time"),
            row(uid=uid(timedelta(hours=1))),
            row(uid=own),
        )
    )
    (report,) = await account.reports([sent])
    assert (report.reference, report.message_id) == (sent.message.reference, own)


@pytest.mark.parametrize("last", [1000, "1000"])
async def test_a_page_that_lies_ends_the_list(
    account: Gateway, simulator: Simulator, answer: GiveAnswer, last: object
) -> None:
    answer(page(row(direction="incoming", message="Yes"), last=last), times=None)
    assert len(await account.incoming()) == 1
    assert len(simulator.requests()) == 2


async def test_an_empty_page_ends_the_list(account: Gateway, simulator: Simulator, answer: GiveAnswer) -> None:
    answer(page(row(), last=9))
    answer(page(last=9, current=2))
    assert await account.incoming() == []
    assert len(simulator.requests()) == 2


@pytest.mark.parametrize("data", [None, "no messages yet", [], {"data": None}, {"data": "none", "last_page": None}])
async def test_lists_of_nothing(account: Gateway, answer: GiveAnswer, data: object) -> None:
    answer(success(data))
    assert await account.incoming() == []


async def test_a_list_without_pages(account: Gateway, answer: GiveAnswer) -> None:
    answer(success([row(direction="incoming", message="Yes")]))
    assert [message.text for message in await account.incoming()] == ["Yes"]


async def test_a_list_that_begins_with_the_oldest_is_read_from_its_end(
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    def incoming(age: int) -> dict[str, Any]:
        return row(uid=uid(timedelta(minutes=age)), direction="incoming", message=str(age))

    answer(page(incoming(60), incoming(50), last=3))
    answer(page(incoming(2), incoming(1), last=3, current=3))
    answer(page(incoming(40), incoming(30), last=3, current=2))
    assert [message.text for message in await account.incoming()] == ["1", "2", "30", "40"]
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
    account: Gateway, answer: GiveAnswer, fields: dict[str, Any], sent_at: datetime | None
) -> None:
    answer(page(row(**{"from": "+33 612 345 678", "direction": "Inbound", "message": "Yes"} | fields)))
    (message,) = await account.incoming()
    assert (message.sender, message.sent_at) == ("+33612345678", sent_at)


async def test_without_directions_nothing_comes_in(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].with_direction = False
    result = await send_one(account)
    await simulator.settle()
    await simulator.answer(result.message.to, "Yes", TEXTIOPRO)
    assert await account.incoming() == []


async def test_news_of_a_message_is_not_news_of_another(account: Gateway, answer: GiveAnswer) -> None:
    first, second = accepted(new_message(TEXTIOPRO)), accepted(new_message(TEXTIOPRO))
    listed = row()
    for _ in range(2):
        answer(page(listed))
        (report,) = await account.reports([first])
        assert (report.message_id, report.reference) == (listed["uid"], first.message.reference)
    answer(page(listed))
    assert await account.reports([second]) == []


async def test_uids_are_not_remembered_for_ever() -> None:
    claims = Claims(2)
    sent = [accepted(new_message(TEXTIOPRO), message_id=uid(place=place)) for place in range(3)]
    claims.add(*sent)
    other = new_message(TEXTIOPRO)
    assert [claims.fits(row(uid=result.message_id), other) for result in sent] == [True, False, False]
