"""TextioPro's lost responses, and how the message list resolves them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.message import Message, SendResult
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import batch, page, row, uid
from tests.support.samples import new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


def fates(results: Sequence[SendResult]) -> list[tuple[Message, Status, type]]:
    """Return the result of each message."""
    return [(result.message, result.status, type(result.error)) for result in results]


async def test_a_lost_batch_is_found_with_one_list(account: Gateway, simulator: Simulator) -> None:
    simulator.sent_after = None
    simulator.faults.add(TEXTIOPRO, "cut", accept=True)
    results = await batch(account, *range(5601, 5621))
    assert {result.status for result in results.values()} == {Status.ACCEPTED}
    assert all(result.message_id for result in results.values())
    assert [request.path for request in simulator.requests()] == ["/api/v3/sms/send", "/api/v3/sms"]


async def test_not_found_proves_nothing(account: Gateway, simulator: Simulator) -> None:
    await send_one(account)
    simulator.faults.add(TEXTIOPRO, "cut", accept=False)
    result = await send_one(account, 5602)
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)


async def test_an_earlier_message_of_the_same_text_is_no_proof(account: Gateway, respond: Respond) -> None:
    respond(page(row(uid=uid(timedelta(minutes=5)))), "/sms")
    lost = new_message(TEXTIOPRO)
    assert fates(await account.resolve_unknown([lost])) == [(lost, Status.UNCERTAIN, OutcomeUnknown)]


async def test_two_batches_lost_at_once_are_both_found(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(TEXTIOPRO, "cut", times=2, path="sms/send", accept=True)
    lasts, texts = range(5601, 5606), ("The door is open", "The door is shut")
    batches = [[new_message(TEXTIOPRO, last, text=text) for last in lasts] for text in texts]
    for results in await asyncio.gather(*map(account.send, batches)):
        assert {(result.status, type(result.error)) for result in results} == {(Status.UNCERTAIN, OutcomeUnknown)}
    first, second = await asyncio.gather(*map(account.resolve_unknown, batches))
    results = [*first, *second]
    assert [result.message for result in results] == [*batches[0], *batches[1]]
    assert [result.error for result in results] == [None] * 10
    kept = {message.id: (f"+{message.to}", message.text) for message in simulator.messages()}
    assert [kept[result.message_id or ""] for result in results] == [
        (result.message.to, result.message.text) for result in results
    ]
    assert len(simulator.requests()) == 4


async def test_a_message_that_is_another_of_ours_is_no_proof(account: Gateway, simulator: Simulator) -> None:
    assert (await send_one(account)).status is Status.ACCEPTED
    simulator.faults.add(TEXTIOPRO, "cut", accept=False)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    assert len(simulator.messages()) == 1
    # A row that was found or reported once belongs to its message.
    simulator.faults.add(TEXTIOPRO, "cut", accept=True)
    found = await send_one(account)
    (again,) = await account.resolve_unknown([found.message])
    assert again.message_id == found.message_id == simulator.messages()[1].id
    assert fates(await account.resolve_unknown([result.message])) == [
        (result.message, Status.UNCERTAIN, OutcomeUnknown)
    ]


async def test_two_of_the_same_text_are_not_found_in_one_row(account: Gateway, respond: Respond) -> None:
    respond(page(listed := row()), "/sms")
    first, second = lost = [new_message(TEXTIOPRO) for _ in range(2)]
    found = await account.resolve_unknown(lost)
    assert fates(found) == [(first, Status.SENT, type(None)), (second, Status.UNCERTAIN, OutcomeUnknown)]
    assert [result.message_id for result in found] == [listed["uid"], None]


async def test_a_lost_message_that_failed_is_told_so(account: Gateway, respond: Respond) -> None:
    respond(page(row(status="Rejected")), "/sms")
    (found,) = await account.resolve_unknown([new_message(TEXTIOPRO)])
    assert (found.status, type(found.error), found.provider_status) == (Status.REJECTED, MessageRejected, "Rejected")


# The time of the last one is after the year 9999.
@pytest.mark.parametrize("reference", ["x", "!" * 26, "0" * 32, "Z" * 26])
async def test_a_reference_that_has_no_time(account: Gateway, respond: Respond, reference: str) -> None:
    respond(page(row(), row(5602)))
    lost, other = new_message(TEXTIOPRO, reference=reference), new_message(TEXTIOPRO, 5602)
    assert fates(await account.resolve_unknown([lost, other])) == [
        (lost, Status.UNCERTAIN, OutcomeUnknown),
        (other, Status.SENT, type(None)),
    ]


async def test_a_lost_list_leaves_it_unknown(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(TEXTIOPRO, "html", times=None)
    results = await batch(account, 5601, 5602)
    assert {result.status for result in results.values()} == {Status.UNCERTAIN}
    assert len(simulator.requests()) == 2


@pytest.mark.parametrize("kind", ["html", "cut", "rate_limited", "refuse"])
async def test_while_the_list_is_out_of_reach_nothing_is_said(
    account: Gateway, simulator: Simulator, kind: str
) -> None:
    sent = await send(account, lost := [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    if kind == "refuse":
        await simulator.faults.refuse(TEXTIOPRO)
    else:
        simulator.faults.add(TEXTIOPRO, kind, times=None)
    assert await account.resolve_unknown(lost) == []
    simulator.faults.clear()
    await simulator.faults.restore(TEXTIOPRO)
    found = await account.resolve_unknown(lost)
    assert [(result.message, result.message_id) for result in found] == [
        (result.message, result.message_id) for result in sent
    ]


async def test_half_a_list_is_no_list(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond(page(row(), last=2))
    respond("<html>")
    assert await account.resolve_unknown([new_message(TEXTIOPRO), new_message(TEXTIOPRO, 5602)]) == []
    assert [request.query.get("page") for request in simulator.requests()] == [None, "2"]


async def test_after_a_restart_the_list_is_read_again(
    account: Gateway, gateway: OpenGateway, simulator: Simulator
) -> None:
    message = new_message(TEXTIOPRO)
    simulator.sent_after = None
    assert fates(await account.resolve_unknown([message])) == [(message, Status.UNCERTAIN, OutcomeUnknown)]
    await send(account, [message])
    for asked in (account, gateway(TEXTIOPRO)):
        found = await asked.resolve_unknown([message])
        assert fates(found) == [(message, Status.ACCEPTED, type(None))]
        assert found[0].message_id == simulator.messages()[0].id
