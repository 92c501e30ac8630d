"""Sites that run TextioPro's software: which messages of their lists came in, and how much of a list is read."""

import asyncio
from dataclasses import replace

import pytest

from custom_components.texting.gateway.base import MAX_INCOMING, Gateway
from custom_components.texting.gateway.pieces import PIECE, in_pieces
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms import api, contacts, incoming
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import page, row, success, uid
from tests.support.samples import new_message, number, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
OWN, OTHER_OWN = "33755000222", "33755000333"


async def texts(account: Gateway) -> list[str]:
    """Return the new incoming messages."""
    return [message.text for message in await account.fetch_incoming()]


async def answer(account: Gateway, simulator: Simulator, text: str, sender: str = OWN) -> None:
    """Text a phone, and let it reply."""
    await send_one(account, sender=sender)
    await simulator.settle()
    await simulator.answer(number(TEXTIOPRO), text, TEXTIOPRO)


def filters(simulator: Simulator) -> list[str | None]:
    """Return the filter of each request since the last call."""
    wanted = [request.query.get("direction") for request in simulator.requests()]
    simulator.clear_requests()
    return wanted


# -- which messages came in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "later"),
    [
        # The filter is tried once there are incoming messages. A site that does not have it is not asked again.
        (None, [["incoming", None], [None]]),
        ("direction-api", [["incoming", None], [None]]),
        ("direction-refused", [["incoming", None], [None]]),
        ("direction-filter", [["incoming"], ["incoming"]]),
        ("lists-3.13", [["incoming"], ["incoming"]]),
        # It needs the word "incoming".
        ("direction-inbound", [[None], [None]]),
    ],
)
@pytest.mark.parametrize("api_name", ["bearer", "token"])
async def test_the_direction_tells_what_came_in(
    gateway: OpenGateway, simulator: Simulator, variant: str | None, later: list[list[str | None]], api_name: str
) -> None:
    if variant:
        simulator.use_variant(TEXTIOPRO, variant)
    account = gateway(TEXTIOPRO, api=api_name)
    await answer(account, simulator, "One")
    assert await texts(account) == ["One"]
    filters(simulator)
    asked = []
    for text in ("Two", "Three"):
        await answer(account, simulator, text)
        simulator.clear_requests()
        assert await texts(account) == [text]
        asked.append(filters(simulator))
    assert asked == later
    assert account.reads_incoming is True
    assert [message.incoming async for message in account.fetch_messages(2)] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        page(),
        page(row(direction="outgoing")),
        success("no such filter"),
        {"status": "error", "message": "SQLSTATE[42S22]: Column not found"},
        "<html>",
    ],
)
async def test_a_filter_that_does_not_work_hides_nothing(account: Gateway, simulator: Simulator, body: object) -> None:
    await answer(account, simulator, "One")
    assert await texts(account) == ["One"]
    simulator.faults.add(TEXTIOPRO, "answer", None, params={"direction": "incoming"}, body=body)
    await answer(account, simulator, "Two")
    filters(simulator)
    assert await texts(account) == ["Two"]
    assert await texts(account) == []
    assert filters(simulator) == ["incoming", None, None]


async def test_more_new_messages_than_a_filtered_page_holds(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "direction-filter")
    simulator.accounts[TEXTIOPRO].per_page = 3
    await answer(account, simulator, "0")
    assert await texts(account) == ["0"]
    for text in range(1, 6):
        await answer(account, simulator, str(text))
    assert await texts(account) == ["5", "4", "3", "2", "1"]
    filters(simulator)
    await answer(account, simulator, "6")
    simulator.clear_requests()
    assert await texts(account) == ["6"]
    assert filters(simulator) == ["incoming"]


@pytest.mark.parametrize("variant", ["no-direction", "everyones-messages", "lists-3.8"])
@pytest.mark.parametrize(
    ("fields", "reads"),
    [
        ({}, False),
        ({"own_number": "+33 7 55 00 02 22"}, True),
        ({"own_number": "+33755000333, 0033755000222"}, True),
        ({"sender_id": OWN}, True),
        ({"own_number": OTHER_OWN}, None),
    ],
)
async def test_without_a_direction_the_own_number_tells_what_came_in(
    gateway: OpenGateway, simulator: Simulator, variant: str, fields: dict[str, str], reads: bool | None
) -> None:
    simulator.use_variant(TEXTIOPRO, variant)
    account = gateway(TEXTIOPRO, **fields)
    # Nothing is known of an empty list.
    simulator.accounts[TEXTIOPRO].other_users, others = 0, simulator.accounts[TEXTIOPRO].other_users
    assert await texts(account) == []
    assert account.reads_incoming is True
    simulator.accounts[TEXTIOPRO].other_users = others
    await answer(account, simulator, "Yes")
    assert await texts(account) == (["Yes"] if reads else [])
    assert account.reads_incoming is (reads is not False)
    assert set(filters(simulator)) == {None}
    marks = {message.text: message.incoming async for message in account.fetch_messages(100)}
    assert marks["Yes"] is {True: True, False: None, None: False}[reads]
    assert len(marks) == others + 2
    shown = [text for text, is_incoming in marks.items() if is_incoming]
    assert shown == (["Yes"] if reads else [])


async def test_a_text_between_own_numbers_did_not_come_in(gateway: OpenGateway, respond: Respond) -> None:
    account = gateway(TEXTIOPRO, own_number=f"{OWN},{OTHER_OWN}")
    respond(page(row(to=OWN) | {"from": OTHER_OWN}, row(5602, to=f"+{OWN}", message="Yes") | {"from": "33612345601"}))
    assert await texts(account) == ["Yes"]


async def test_a_direction_counts_more_than_a_number(gateway: OpenGateway, respond: Respond) -> None:
    account = gateway(TEXTIOPRO, own_number=OWN)
    rows = [
        row(5601 + place, to=OWN, direction=word, message=word) for place, word in enumerate(("api", "x", "Inbound"))
    ]
    respond(page(*(each | {"from": "33612345601"} for each in rows)))
    assert await texts(account) == ["x", "Inbound"]


async def test_an_own_number_that_is_added_counts_at_once(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "no-direction")
    await answer(account, simulator, "Lost")
    assert await texts(account) == []
    assert account.reads_incoming is False
    account.settings = replace(account.settings, own_number=OWN)
    assert account.reads_incoming is True
    await answer(account, simulator, "Yes")
    assert await texts(account) == ["Yes"]
    account.settings = replace(account.settings, own_number="")
    assert account.reads_incoming is False


# -- how much of a list is read ------------------------------------------------------------------------------------


def giant(simulator: Simulator, pages: int) -> None:
    """Let the list have pages of 1,000 rows, half of them incoming."""
    simulator.accounts[TEXTIOPRO].per_page = 1000
    simulator.accounts[TEXTIOPRO].other_users = pages * 1000


async def test_a_giant_list_is_read_in_bounded_reads(account: Gateway, simulator: Simulator) -> None:
    await answer(account, simulator, "Known")
    (known,) = await account.fetch_incoming(None)
    giant(simulator, 3)
    got: list[str] = []
    reads = 0
    while new := await account.fetch_incoming([known.message_id or "", *got[-MAX_INCOMING:]]):
        reads += 1
        assert len(new) <= MAX_INCOMING
        got += [message.message_id or "" for message in reversed(new)]
        assert len(simulator.requests()) <= incoming.MAX_PAGES
        simulator.clear_requests()
        assert len(account._incoming._seen) <= incoming.MAX_SEEN  # type: ignore[attr-defined]
    # The oldest come first, none is left out, and none comes twice.
    rows = [each async for each in account.fetch_messages(5000)]
    assert got == [each.message_id for each in reversed(rows) if each.incoming and each.text != "Known"]
    assert (len(got), reads) == (1500, 3)


async def test_the_first_read_remembers_the_newest(account: Gateway, simulator: Simulator) -> None:
    giant(simulator, 4)
    newest = await account.fetch_incoming(None)
    assert len(newest) == MAX_INCOMING
    assert len(simulator.requests()) == incoming.MAX_FIRST_PAGES
    rows = [each async for each in account.fetch_messages(2000)]
    assert [each.message_id for each in newest] == [each.message_id for each in rows if each.incoming][:MAX_INCOMING]
    assert await account.fetch_incoming([each.message_id or "" for each in newest]) == []


async def test_what_is_older_than_the_known_is_old_after_a_restart(gateway: OpenGateway, simulator: Simulator) -> None:
    """A page may hold more messages than are remembered."""
    giant(simulator, 2)
    known = [each.message_id or "" for each in await gateway(TEXTIOPRO).fetch_incoming(None)][:100]
    again = gateway(TEXTIOPRO)
    assert await again.fetch_incoming(known) == []
    await answer(again, simulator, "Yes")
    assert [each.text for each in await again.fetch_incoming(known)] == ["Yes"]


async def test_a_list_that_is_empty_once_makes_nothing_new(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    await answer(account, simulator, "Old")
    assert await texts(account) == ["Old"]
    respond(page(), times=2)
    assert await texts(account) == []
    assert await texts(account) == []


async def test_a_list_of_contacts_has_an_end(
    account: Gateway, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await account.contacts.create_group("Family")
    kept = simulator.accounts[TEXTIOPRO]
    kept.groups[group.id]["contacts"] = {
        f"c{place}": {"uid": f"c{place}", "phone": f"336{place:08}"} for place in range(30)
    }
    kept.per_page, kept.lying_pages, kept.group_counts = 10, "total", False
    monkeypatch.setattr(api, "MAX_ROWS", 20)
    monkeypatch.setattr(contacts, "MAX_ROWS", 20)
    simulator.clear_requests()
    assert len([each async for each in account.contacts.contacts(group.id)]) == 20
    assert len(simulator.requests()) == 2
    assert (await account.contacts.group(group.id)).size is None


async def test_a_list_of_groups_has_an_end(
    account: Gateway, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "MAX_GROUPS", 3)
    for name in "abcde":
        await account.contacts.create_group(name)
    assert [group.name for group in await account.contacts.groups()] == ["a", "b", "c"]


async def test_a_page_has_an_end(account: Gateway, respond: Respond) -> None:
    respond(page(*[{} for _ in range(6000)], row(direction="incoming", message="Beyond")))
    assert await texts(account) == []


async def test_the_event_loop_runs_between_pieces() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    seen = [turns async for piece in in_pieces(range(4 * PIECE)) for _ in piece]
    running.cancel()
    assert len(seen) == 4 * PIECE
    assert len(set(seen)) == 4


async def test_a_lost_message_is_found_among_many(account: Gateway, respond: Respond) -> None:
    lost, copies = new_message(TEXTIOPRO), [row(5601, uid=uid(place=place)) for place in range(150)]
    respond(page(*(row(1000 + place) for place in range(100)), *copies))
    (found,) = await account.resolve_unknown([lost])
    assert found.message_id == copies[0]["uid"]
