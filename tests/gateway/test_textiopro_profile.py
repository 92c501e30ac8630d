"""TextioPro's profile and its message list."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InvalidResponse,
    NotFound,
)
from custom_components.texting.gateway.message import ListedMessage, Profile
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error, page, row, success, uid
from tests.support.samples import TOKEN, new_message, number, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])


@APIS
async def test_whose_account_it_is(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    profile = await gateway(TEXTIOPRO, api=api).fetch_profile()
    assert profile == Profile(
        id="5f0e1d2c3b4a5", name="Demo Home", email="demo@example.com", language="en", time_zone="UTC"
    )
    assert TOKEN not in repr(profile)
    (request,) = simulator.requests()
    assert (request.method, TOKEN in str(request.query)) == ({"bearer": "GET", "token": "POST"}[api], False)


@pytest.mark.parametrize(
    ("data", "profile"),
    [
        ({"id": 1, "name": "Home", "language": "fr"}, Profile(id="1", name="Home", language="fr")),
        ({"uid": "a", "id": 1, "first_name": "Ada", "last_name": None}, Profile(id="a", name="Ada")),
        ({"uid": "a", "timezone": "Europe/Paris", "email": None}, Profile(id="a", time_zone="Europe/Paris")),
        ({"uid": "a", "name": TOKEN, "email": f"x{TOKEN}"}, Profile(id="a")),
        ({}, Profile(id="")),
    ],
)
async def test_shapes_of_a_profile(account: Gateway, respond: Respond, data: dict[str, Any], profile: Profile) -> None:
    respond(success({"api_token": TOKEN, **data}))
    assert await account.fetch_profile() == profile


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (success(None), InvalidResponse),
        (success(TOKEN), InvalidResponse),
        (success([{"api_token": TOKEN}]), InvalidResponse),
        ({"message": f"Unauthenticated: {TOKEN}"}, AuthenticationFailed),
        (error(f"{TOKEN} may not do that"), AuthenticationFailed),
    ],
)
async def test_errors_of_a_profile_do_not_tell_the_token(
    account: Gateway, respond: Respond, caplog: pytest.LogCaptureFixture, body: object, kind: type[GatewayError]
) -> None:
    respond(body)
    with pytest.raises(kind) as raised:
        await account.fetch_profile()
    assert TOKEN not in f"{raised.value!r} {raised.value} {raised.value.detail} {caplog.text}"


async def listed(account: Gateway, most: int = 1000) -> list[ListedMessage]:
    return [message async for message in account.fetch_messages(most)]


@APIS
async def test_texts_are_listed_with_the_newest_first(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    account = gateway(TEXTIOPRO, api=api)
    sent = await send_one(account)
    await simulator.settle()
    await simulator.answer(sent.message.to, "Yes", TEXTIOPRO)
    reply, message = await listed(account)
    assert (reply.incoming, reply.sender, reply.text, reply.to) == (True, sent.message.to, "Yes", "MyHome")
    assert message == ListedMessage(
        message_id=sent.message_id or "",
        incoming=False,
        to=sent.message.to,
        sender="MyHome",
        text="The door is open",
        status=Status.DELIVERED,
        provider_status="Delivered",
        type=MessageType.SMS,
        sent_at=message.sent_at,
        cost=Decimal(1),
    )
    assert message.sent_at is not None
    assert abs(message.sent_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert await account.fetch_message(message.message_id) == message
    assert await account.fetch_message(reply.message_id) == reply


async def test_as_many_as_wanted_from_as_few_pages(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 10
    await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(95)])
    await simulator.settle()
    for most, count, requests in ((0, 0, 0), (-1, 0, 0), (1, 1, 1), (10, 10, 1), (11, 11, 2), (1000, 95, 10)):
        simulator.clear_requests()
        assert len({message.message_id for message in await listed(account, most)}) == count
        assert len(simulator.requests()) == requests
    newest = next(iter(await listed(account, 1)))
    assert newest.to == number(TEXTIOPRO, 2094)


@pytest.mark.parametrize(("lies", "count"), [("empty", 2), ("repeated", 2), ("many", 5)])
async def test_a_list_that_lies_has_an_end(account: Gateway, simulator: Simulator, lies: str, count: int) -> None:
    await send(account, [new_message(TEXTIOPRO, 2000 + place) for place in range(5)])
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.lying_pages = 2, lies
    simulator.clear_requests()
    assert len(await listed(account)) == count
    assert len(simulator.requests()) <= 4


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"direction": "Inbound"}, {"incoming": True}),
        ({"direction": "outgoing"}, {"incoming": False}),
        ({"direction": "sideways"}, {"incoming": None}),
        ({}, {"incoming": None, "type": None, "cost": None}),
        ({"sms_type": "Unicode"}, {"type": MessageType.SMS}),
        ({"type": "whatsapp"}, {"type": MessageType.WHATSAPP}),
        ({"type": "fax"}, {"type": None}),
        ({"cost": "0.05"}, {"cost": Decimal("0.05")}),
        ({"cost": 2}, {"cost": Decimal(2)}),
        ({"cost": "free"}, {"cost": None}),
        ({"status": "On its way"}, {"status": Status.UNCERTAIN, "provider_status": "On its way"}),
        ({"status": "", "customer_status": "Enroute"}, {"status": Status.SENT, "provider_status": "Enroute"}),
        ({"to": "33 612", "from": "12345"}, {"to": "33 612", "sender": "12345"}),
        ({"from": "33612345678", "message": None}, {"sender": "+33612345678", "text": ""}),
        ({"uid": None, "id": 7}, {"message_id": "7", "sent_at": None}),
        ({"created_at": "2026-11-20T10:00:00.000000Z"}, {"sent_at": datetime(2026, 11, 20, 10, tzinfo=UTC)}),
    ],
)
async def test_shapes_of_a_listed_text(
    account: Gateway, respond: Respond, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    respond(page(row(**fields)))
    respond(success(row(**fields)))
    (of_list,), alone = await listed(account), await account.fetch_message("7")
    for message in (of_list, alone):
        assert {name: getattr(message, name) for name in expected} == expected


async def test_rows_without_an_id_are_left_out(account: Gateway, respond: Respond) -> None:
    respond(page(row(uid=None), row(uid=(kept := uid()))))
    assert [message.message_id for message in await listed(account)] == [kept]
    respond(success({"message": "Yes"}))
    assert (await account.fetch_message("6068")).message_id == "6068"


@pytest.mark.parametrize("data", [None, "null", []])
async def test_a_text_that_is_not_there(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data))
    with pytest.raises(NotFound):
        await account.fetch_message("6068")
    with pytest.raises(NotFound):
        await account.fetch_message("6068")
