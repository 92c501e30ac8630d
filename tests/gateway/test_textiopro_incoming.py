"""TextioPro's incoming texts: how much of the message list a look reads."""

from datetime import timedelta
from typing import Any

from custom_components.texting.gateway.gateway import Gateway
from custom_components.texting.gateway.provider import Provider
from tests.simulator import Simulator

from .bench import GiveAnswer, OpenGateway
from .laravel import page, row, uid
from .samples import new_message, number, send

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


async def texts(account: Gateway, *known: str) -> list[str]:
    """The incoming texts of one look."""
    return [message.text for message in await account.incoming(known)]


async def send_many(account: Gateway, simulator: Simulator, count: int = 60) -> None:
    """Send texts that stand on the list before anything else."""
    await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(count)])
    await simulator.settle()
    simulator.clear_requests()


async def answer_from(simulator: Simulator, text: str) -> None:
    """A text of a phone."""
    await simulator.answer(number(TEXTIOPRO), text, TEXTIOPRO)


def pages_read(simulator: Simulator) -> list[str | None]:
    """The pages of the list that were asked for since the last time."""
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
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    said = row(direction="incoming", message="Yes")
    answer(page(said, last=2))
    answer("<html>")
    assert await texts(account) == ["Yes"]
    assert pages_read(simulator) == [None, "2"]
    # What was read then is where the next look ends.
    answer(page(said, last=2))
    assert await texts(account) == ["Yes"]
    assert pages_read(simulator) == [None]


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
    assert await texts(account) == ["No", "Yes", "Old"]
    assert pages_read(simulator) == [None, "2", "3"]
    assert await texts(account) == []
    assert pages_read(simulator) == [None]


async def test_after_a_restart_what_is_known_ends_the_look(
    account: Gateway, gateway: OpenGateway, simulator: Simulator
) -> None:
    await send_many(account, simulator, 30)
    await answer_from(simulator, "Old")
    (old,) = await account.incoming()
    await answer_from(simulator, "Yes")
    await send_many(account, simulator)
    again = gateway(TEXTIOPRO)
    assert await texts(again, old.message_id or "") == ["Yes", "Old"]
    assert pages_read(simulator) == [None, "2", "3"]
    assert await texts(again, old.message_id or "") == []
    assert pages_read(simulator) == [None]


async def test_a_look_has_an_end(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 1
    await account.incoming()
    await send_many(account, simulator, 50)
    assert await texts(account) == []
    assert len(pages_read(simulator)) == 40


async def test_a_row_that_moves_to_the_next_page_comes_once(account: Gateway, answer: GiveAnswer) -> None:
    rows = [row(place, uid=uid(place=place), direction="incoming", message=str(place)) for place in range(3)]
    answer(page(rows[2], rows[1], last=2))
    answer(page(rows[1], rows[0], last=2, current=2))
    assert await texts(account) == ["2", "1", "0"]


async def test_an_idle_look_at_a_list_that_begins_with_the_oldest(
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    def incoming(age: int) -> dict[str, Any]:
        return row(uid=uid(timedelta(minutes=age)), direction="incoming", message=str(age))

    old, newer = page(incoming(60), incoming(50), last=2), [incoming(40), incoming(30)]
    answer(old)
    answer(page(newer[0], last=2, current=2))
    assert await texts(account) == ["40", "50", "60"]
    assert pages_read(simulator) == [None, "2"]
    # Its end is asked for first, and its new end when it has grown.
    answer(page(newer[0], last=2, current=2))
    assert await texts(account) == ["40"]
    assert pages_read(simulator) == ["2"]
    answer(page(*newer, last=3, current=2))
    answer(page(incoming(1), last=3, current=3))
    assert await texts(account) == ["1", "30", "40"]
    assert pages_read(simulator) == ["2", "3"]
