"""TextingHouse's backup host and lost responses."""

import asyncio

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    CannotConnect,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    MessageRejected,
    OutcomeUnknown,
)
from custom_components.texting.gateway.message import SendResult
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.simulator.loop_clock import LoopClock
from tests.support.gateways import OpenGateway, Respond
from tests.support.home import until
from tests.support.samples import commands, new_message, send_one

PROVIDER = HOUSE = Provider.TEXTINGHOUSE
BACKUP = "textinghouse_backup"
SEND = {"cmd": "sendsms"}


async def test_the_backup_host_takes_over(account: Gateway, simulator: Simulator) -> None:
    await simulator.faults.refuse(HOUSE)
    result = await send_one(account)
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    assert (result.status, report.status) == (Status.ACCEPTED, Status.DELIVERED)
    assert commands(simulator, BACKUP) == ["sendsms", "getstatus"]


async def test_an_error_is_an_answer(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond("ERR: 104 | no credit")
    await send_one(account)
    assert not simulator.requests(BACKUP)


async def test_both_hosts_refuse(account: Gateway, simulator: Simulator) -> None:
    await simulator.faults.refuse(HOUSE)
    await simulator.faults.refuse(BACKUP)
    result = await send_one(account)
    assert type(result.error) is CannotConnect
    assert result.status is Status.REJECTED


async def test_lost_and_known(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    result = await send_one(account)
    assert result.error is None
    assert commands(simulator) == ["sendsms", "getstatus"]
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    assert (report.status, report.reference) == (Status.DELIVERED, result.message.reference)


FATES: list[tuple[str, Status, FailureReason | None, type[GatewayError] | None]] = [
    ("0", Status.ACCEPTED, None, None),
    ("1", Status.SENT, None, None),
    ("3", Status.DELIVERED, None, None),
    ("4", Status.EXPIRED, FailureReason.EXPIRED, MessageRejected),
    ("5", Status.UNDELIVERED, FailureReason.OTHER, MessageRejected),
    ("6", Status.UNDELIVERED, FailureReason.OTHER, MessageRejected),
    ("7", Status.REJECTED, FailureReason.PROHIBITED, MessageRejected),
    ("20", Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT, InsufficientCredit),
    ("42", Status.ACCEPTED, None, None),
]


@pytest.mark.parametrize("code", range(len(FATES)))
async def test_lost_and_known_to_have_failed(
    account: Gateway, simulator: Simulator, respond: Respond, code: int
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    word, status, reason, kind = FATES[code]
    respond(word, cmd="getstatus")
    result = await send_one(account)
    assert (result.status, result.reason, result.provider_status) == (status, reason, word)
    assert type(result.error) is (kind or type(None))
    assert commands(simulator) == ["sendsms", "getstatus"]


async def test_lost_and_known_at_the_backup_host(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    (result,) = await account.send([message := new_message(HOUSE)])
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    await simulator.faults.refuse(HOUSE)
    (found,) = await account.resolve_unknown([message])
    assert (found.message, found.error) == (message, None)
    assert commands(simulator, BACKUP) == ["getstatus"]


async def test_unknown_there_twice_was_never_accepted(
    account: Gateway, simulator: Simulator, loop_clock: LoopClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 3600.0)
    message = new_message(HOUSE)
    asking = asyncio.create_task(account.resolve_unknown([message]))
    await until(lambda: loop_clock.waits_for(3600))
    assert commands(simulator) == ["getstatus"]
    loop_clock.advance(3600)
    assert await asking == [SendResult(message=message, status=Status.QUEUED)]
    assert commands(simulator) == ["getstatus", "getstatus"]
    first, second = simulator.requests()
    assert first.params["climsgid"] == second.params["climsgid"] == message.reference


async def test_while_both_hosts_refuse_nothing_is_said(account: Gateway, simulator: Simulator) -> None:
    (sent,) = await account.send([new_message(HOUSE)])
    for host in (HOUSE, BACKUP):
        await simulator.faults.refuse(host)
    assert await account.resolve_unknown([sent.message, new_message(HOUSE, 5602)]) == []
    await simulator.faults.restore(BACKUP)
    (found,) = await account.resolve_unknown([sent.message])
    assert (found.message, found.error) == (sent.message, None)


@pytest.mark.parametrize("kind", ["cut", "html", "rate_limited"])
async def test_only_what_cannot_be_asked_about_is_left_out(account: Gateway, simulator: Simulator, kind: str) -> None:
    unanswered, known, unknown = messages = [new_message(HOUSE, last) for last in (5601, 5602, 5603)]
    for message in messages[:2]:
        await account.send([message])
    for host in (HOUSE, BACKUP):
        simulator.faults.add(host, kind, times=None, params={"climsgid": unanswered.reference})
    found = await account.resolve_unknown(messages)
    assert [result.message for result in found] == [known, unknown]
    assert [(result.status is Status.QUEUED, result.error) for result in found] == [(False, None), (True, None)]


async def test_asked_once_is_not_asked_twice(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond("ERR: 202 | unknown", cmd="getstatus")
    for host in (HOUSE, BACKUP):
        simulator.faults.add(host, "html", times=None)
    assert await account.resolve_unknown([new_message(HOUSE)]) == []
    assert commands(simulator) == ["getstatus", "getstatus"]


async def test_lost_and_known_at_the_second_question(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    respond("ERR: 202 | unknown", cmd="getstatus")
    assert (await send_one(account)).error is None
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus"]


async def test_never_accepted_is_sent_again_once(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=False)
    result = await send_one(account)
    assert result.message_id == simulator.messages()[0].id
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms"]
    assert {request.params["climsgid"] for request in simulator.requests()} == {result.message.reference}


async def test_flood_at_our_own_repetition_means_accepted(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    respond("ERR: 202 | unknown", cmd="getstatus", times=2)
    result = await send_one(account)
    assert result.error is None
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms", "getstatus"]
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize(
    ("last_answer", "status", "kind"),
    [
        ("ERR: 202 | unknown", Status.REJECTED, MessageRejected),
        ("<html>", Status.UNCERTAIN, OutcomeUnknown),
        ("ERR: 101 | login", Status.UNCERTAIN, OutcomeUnknown),
        ("ERR: 300 | error", Status.UNCERTAIN, OutcomeUnknown),
    ],
)
async def test_flood_at_our_own_repetition_is_what_the_status_says(
    account: Gateway, simulator: Simulator, respond: Respond, last_answer: str, status: Status, *, kind: type
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    respond("ERR: 202 | unknown", cmd="getstatus", times=2)
    for host in (HOUSE, BACKUP):
        simulator.faults.add(host, "answer", params={"cmd": "getstatus"}, body=last_answer)
    result = await send_one(account)
    assert (result.status, type(result.error), result.provider_status) == (status, kind, "350")
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms", "getstatus"]
    assert len(simulator.messages()) == 1


async def test_flood_without_a_status_can_be_found_out(account: Gateway, simulator: Simulator) -> None:
    message = new_message(HOUSE)
    await account.send([message])
    for host in (HOUSE, BACKUP):
        simulator.faults.add(host, "html", params={"cmd": "getstatus"})
    (again,) = await account.send([message])
    assert (again.status, type(again.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    (found,) = await account.resolve_unknown([message])
    assert (found.message, found.error) == (message, None)
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize("code", range(len(FATES)))
async def test_flood_of_what_was_accepted_before_a_restart(
    gateway: OpenGateway, simulator: Simulator, respond: Respond, code: int
) -> None:
    message, (word, status, reason, kind) = new_message(HOUSE), FATES[code]
    await gateway(HOUSE).send([message])
    respond(word, cmd="getstatus")
    (result,) = await gateway(HOUSE).send([message])
    assert (result.message, result.status, result.reason, result.provider_status) == (message, status, reason, word)
    assert type(result.error) is (kind or type(None))
    assert commands(simulator) == ["sendsms", "sendsms", "getstatus"]
    assert len(simulator.messages()) == 1


async def test_the_repetition_is_refused(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=False)
    respond("ERR: 104 | no credit", cmd="sendsms")
    result = await send_one(account)
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT)


async def test_the_repetition_is_lost_as_well(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", times=2, params=SEND, accept=False)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    assert not simulator.messages()


async def test_nobody_can_be_asked(account: Gateway, simulator: Simulator) -> None:
    for host in (HOUSE, BACKUP):
        simulator.faults.add(host, "html", times=None)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, InvalidResponse)
    assert commands(simulator) == ["sendsms", "getstatus"]


async def test_a_processing_error_is_found_out(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond("ERR: 300 | Error processing request", cmd="sendsms")
    assert (await send_one(account)).status is Status.ACCEPTED
    assert len(simulator.messages()) == 1


async def test_an_answer_that_says_nothing_is_found_out(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    respond("OK", cmd="sendsms")
    assert (await send_one(account)).status is Status.ACCEPTED
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms"]
