"""TextioPro's message list with the oldest page first, with wrong pages, or without a number of pages."""

from datetime import timedelta

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms.message_list import MessageList
from tests.simulator import Simulator
from tests.support.laravel import uid
from tests.support.samples import new_message, send

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
EVERY_ORDER = pytest.mark.parametrize("oldest_first", [False, True])


async def fill(account: Gateway, simulator: Simulator, count: int) -> list[str]:
    """Fill the list with incoming messages, one each minute; return their ids, newest first."""
    before = len(simulator.messages(TEXTIOPRO))
    await send(account, [new_message(TEXTIOPRO, 2000 + before + place) for place in range(count)])
    await simulator.settle()
    messages = simulator.messages(TEXTIOPRO)
    for place, message in enumerate(messages):
        message.id = uid(timedelta(minutes=1000 - place), place)
        message.extra["direction"] = "incoming"
    simulator.clear_requests()
    return [message.id for message in messages][::-1]


async def heard(account: Gateway) -> list[str | None]:
    """Return the ids of one read."""
    return [message.message_id for message in await account.fetch_incoming()]


def pages_read(simulator: Simulator) -> int:
    """Return how many pages were requested since the last call."""
    count = len(simulator.requests())
    simulator.clear_requests()
    return count


@pytest.mark.parametrize("count", [2, 5, 11])
@pytest.mark.parametrize("lies", ["", "many", "few", "total"])
@EVERY_ORDER
async def test_a_wrong_number_of_pages_hides_nothing(
    account: Gateway, simulator: Simulator, lies: str, count: int, *, oldest_first: bool
) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.lying_pages, kept.oldest_first = 2, lies, oldest_first
    ids = await fill(account, simulator, count)
    assert [message.message_id async for message in account.fetch_messages(100)] == ids
    # The first read takes two pages, in either order.
    assert (await heard(account))[0] == ids[0]
    # A site that only lists incoming messages may filter them, which is tried once.
    assert await heard(account) == []
    pages_read(simulator)
    assert await heard(account) == []
    assert pages_read(simulator) <= 3
    # One more message comes in, then many.
    for more in (1, 9):
        ids = await fill(account, simulator, more)
        assert (await heard(account))[:more] == ids[:more]


async def test_a_list_that_became_shorter_is_read_from_its_new_end(account: Gateway, simulator: Simulator) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.oldest_first = 2, True
    ids = await fill(account, simulator, 8)
    assert (await heard(account))[0] == ids[0]
    kept.per_page = 5
    assert await heard(account) == []
    ids = await fill(account, simulator, 1)
    assert (await heard(account))[0] == ids[0]


@pytest.mark.parametrize("fields", ["next", "total"])
@EVERY_ORDER
async def test_pages_that_are_not_numbered(
    account: Gateway, simulator: Simulator, fields: str, *, oldest_first: bool
) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.page_fields, kept.oldest_first = 2, fields, oldest_first
    ids = await fill(account, simulator, 7)
    for more in (7, 1):
        if more == 1:
            ids = await fill(account, simulator, more)
        assert [message.message_id async for message in account.fetch_messages(100)] == ids
        assert (await heard(account))[0] == ids[0]


@pytest.mark.parametrize("lies", ["empty", "repeated"])
@EVERY_ORDER
async def test_pages_that_hold_nothing_end_the_list(
    account: Gateway, simulator: Simulator, lies: str, *, oldest_first: bool
) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.lying_pages, kept.oldest_first = 4, lies, oldest_first
    ids = await fill(account, simulator, 11)
    # There is only one page.
    first = ids[-4:] if oldest_first else ids[:4]
    assert await heard(account) == first
    assert pages_read(simulator) <= 3
    assert await heard(account) == []
    assert pages_read(simulator) <= 4


async def test_a_refused_page_is_beyond_the_end(account: Gateway, simulator: Simulator) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.lying_pages, kept.oldest_first = 2, "many", True
    ids = await fill(account, simulator, 4)
    for number in range(3, 21):
        body = {"status": "error", "message": "No such page"}
        simulator.faults.add(TEXTIOPRO, "answer", None, params={"page": str(number)}, body=body)
    assert (await heard(account))[0] == ids[0]
    assert await heard(account) == []


async def test_no_more_pages_are_read_than_are_asked_for(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 1
    ids = await fill(account, simulator, 5)
    listed = MessageList(account._api)  # type: ignore[attr-defined]
    assert [row["uid"] async for row in listed.rows(2)] == ids[:2]
    assert pages_read(simulator) == 2
