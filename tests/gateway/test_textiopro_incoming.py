"""TextioPro's incoming messages: how much of the message list is read."""

from datetime import timedelta
from typing import Any

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.provider import Provider
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import page, row, uid
from tests.support.samples import new_message, number, send

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


async def texts(account: Gateway, *known: str) -> list[str]:
    """Return the incoming messages of one read."""
    return [message.text for message in await account.fetch_incoming(known)]


async def send_many(account: Gateway, simulator: Simulator, count: int = 60) -> None:
    """Send messages, which are then the newest of the list."""
    await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(count)])
    await simulator.settle()
    simulator.clear_requests()


async def answer_from(simulator: Simulator, text: str) -> None:
    """Let a phone send a text."""
    await simulator.answer(number(TEXTIOPRO), text, TEXTIOPRO)


def pages_read(simulator: Simulator) -> list[str | None]:
    """Return the pages that were requested since the last call."""
    pages = [request.query.get("page") for request in simulator.requests()]
    simulator.clear_requests()
    return pages


async def test_an_idle_look_is_one_request(account: Gateway, simulator: Simulator) -> None:
    await send_many(account, simulator)
    assert await texts(account) == []
    assert pages_read(simulator) == [None, "2"]
    for _ in range(2):
        assert await texts(account) == []
        assert pages_read(simulator) == [None]


async def test_a_page_that_fails_keeps_what_the_others_said(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    said = row(direction="incoming", message="Yes")
    respond(page(said, last=2))
    respond("<html>")
    assert await texts(account) == ["Yes"]
    assert pages_read(simulator) == [None, "2"]
    # The next read ends at the rows of the last read, and fetches each message once.
    respond(page(said, row(), last=2), times=2)
    assert await texts(account) == []
    assert pages_read(simulator) == [None, None]


async def test_an_empty_list_is_looked_at_once(account: Gateway, simulator: Simulator) -> None:
    for _ in range(2):
        assert await texts(account) == []
        assert pages_read(simulator) == [None]
    await answer_from(simulator, "Yes")
    await send_many(account, simulator)
    assert await texts(account) == ["Yes"]
    assert pages_read(simulator) == [None, "2", "3"]


async def test_nothing_is_lost_behind_outgoing_messages(account: Gateway, simulator: Simulator) -> None:
    await answer_from(simulator, "Old")
    assert await texts(account) == ["Old"]
    await answer_from(simulator, "Yes")
    await answer_from(simulator, "No")
    await send_many(account, simulator)
    assert await texts(account) == ["No", "Yes"]
    # First it is tried if the site lists only the incoming messages.
    assert pages_read(simulator) == [None, None, "2", "3"]
    assert await texts(account) == []
    assert pages_read(simulator) == [None]


async def test_after_a_restart_what_is_known_ends_the_look(
    account: Gateway, gateway: OpenGateway, simulator: Simulator
) -> None:
    await send_many(account, simulator, 30)
    await answer_from(simulator, "Old")
    (old,) = await account.fetch_incoming()
    await answer_from(simulator, "Yes")
    await send_many(account, simulator)
    again = gateway(TEXTIOPRO)
    assert await texts(again, old.message_id or "") == ["Yes"]
    assert pages_read(simulator) == [None, "2", "3"]
    assert await texts(again, old.message_id or "") == []
    assert pages_read(simulator) == [None, None]


async def test_a_look_has_an_end(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 1
    await account.fetch_incoming()
    await send_many(account, simulator, 50)
    assert await texts(account) == []
    assert len(pages_read(simulator)) == 40


async def test_a_row_that_moves_to_the_next_page_comes_once(account: Gateway, respond: Respond) -> None:
    rows = [row(place, uid=uid(place=place), direction="incoming", message=str(place)) for place in range(3)]
    respond(page(rows[2], rows[1], last=2))
    respond(page(rows[1], rows[0], last=2, current=2))
    assert await texts(account) == ["2", "1", "0"]


async def test_an_idle_look_at_a_list_that_begins_with_the_oldest(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    def incoming(age: int) -> dict[str, Any]:
        return row(uid=uid(timedelta(minutes=age)), direction="incoming", message=str(age))

    old, newer = page(incoming(60), incoming(50), last=2), [incoming(40), incoming(30)]
    respond(old)
    respond(page(newer[0], last=2, current=2))
    assert await texts(account) == ["40", "50", "60"]
    assert pages_read(simulator) == [None, "2"]
    respond(old)
    respond(page(newer[0], last=2, current=2))
    assert await texts(account) == []
    # A list of incoming messages that begins with the oldest is of no use. That is tried once.
    assert pages_read(simulator) == [None, "2"]
    # The end of the list is requested first, then its new end if it has grown.
    respond(page(newer[0], last=2, current=2))
    assert await texts(account) == []
    assert pages_read(simulator) == ["2"]
    respond(page(*newer, last=3, current=2))
    respond(page(incoming(1), last=3, current=3))
    assert await texts(account) == ["1", "30"]
    assert pages_read(simulator) == ["2", "3"]
