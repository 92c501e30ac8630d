"""TextingHouse's backup host, and answers that were lost."""

import pytest

from custom_components.texting.gateway.errors import CannotConnect, InvalidResponse, OutcomeUnknown
from custom_components.texting.gateway.provider import Gateway, Provider, accepted
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator

from .bench import GiveAnswer
from .samples import commands, new_message, send_one

PROVIDER = HOUSE = Provider.TEXTINGHOUSE
BACKUP = "textinghouse_backup"
SEND = {"cmd": "sendsms"}


async def test_the_backup_host_takes_over(account: Gateway, simulator: Simulator) -> None:
    await simulator.faults.refuse(HOUSE)
    result = await send_one(account)
    await simulator.settle()
    (report,) = await account.reports([result])
    assert (result.status, report.status) == (Status.ACCEPTED, Status.DELIVERED)
    assert commands(simulator, BACKUP) == ["sendsms", "getstatus"]


async def test_an_error_is_an_answer(account: Gateway, simulator: Simulator, answer: GiveAnswer) -> None:
    answer("ERR: 104 | no credit")
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
    assert (result.status, result.error) == (Status.ACCEPTED, None)
    assert commands(simulator) == ["sendsms", "getstatus"]
    await simulator.settle()
    (report,) = await account.reports([result])
    assert (report.status, report.reference) == (Status.DELIVERED, result.message.reference)


async def test_lost_and_known_at_the_backup_host(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    sending = account._send([message := new_message(HOUSE)])
    with pytest.raises(OutcomeUnknown) as raised:
        await sending
    await simulator.faults.refuse(HOUSE)
    lost = accepted(message, error=raised.value)
    assert (await account.find_out(lost)).error is None
    assert commands(simulator, BACKUP) == ["getstatus"]


async def test_lost_and_known_at_the_second_question(
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    answer("ERR: 202 | unknown", cmd="getstatus")
    assert (await send_one(account)).status is Status.ACCEPTED
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus"]


async def test_never_accepted_is_sent_again_once(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=False)
    result = await send_one(account)
    assert result.message_id == simulator.messages()[0].id
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms"]
    assert {request.params["climsgid"] for request in simulator.requests()} == {result.message.reference}


async def test_flood_at_our_own_repetition_means_accepted(
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    answer("ERR: 202 | unknown", cmd="getstatus", times=2)
    result = await send_one(account)
    assert (result.status, result.error) == (Status.ACCEPTED, None)
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms", "getstatus"]
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize("last_answer", ["ERR: 202 | unknown", "<html>"])
async def test_flood_at_our_own_repetition_without_a_status_stays_unknown(
    account: Gateway, simulator: Simulator, answer: GiveAnswer, last_answer: str
) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=True)
    answer("ERR: 202 | unknown", cmd="getstatus", times=2)
    answer(last_answer, cmd="getstatus")
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNKNOWN, OutcomeUnknown)


async def test_the_repetition_is_refused(account: Gateway, simulator: Simulator, answer: GiveAnswer) -> None:
    simulator.faults.add(HOUSE, "cut", params=SEND, accept=False)
    answer("ERR: 104 | no credit", cmd="sendsms")
    result = await send_one(account)
    assert (result.status, result.reason) == (Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT)


async def test_the_repetition_is_lost_as_well(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "cut", times=2, params=SEND, accept=False)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNKNOWN, OutcomeUnknown)
    assert not simulator.messages()


async def test_nobody_can_be_asked(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(HOUSE, "html", times=None)
    result = await send_one(account)
    assert (result.status, type(result.error)) == (Status.UNKNOWN, InvalidResponse)
    assert commands(simulator) == ["sendsms", "getstatus"]


async def test_a_processing_error_is_found_out(account: Gateway, simulator: Simulator, answer: GiveAnswer) -> None:
    answer("ERR: 300 | Error processing request", cmd="sendsms")
    assert (await send_one(account)).status is Status.ACCEPTED
    assert len(simulator.messages()) == 1


async def test_an_answer_that_says_nothing_is_found_out(
    account: Gateway, simulator: Simulator, answer: GiveAnswer
) -> None:
    answer("OK", cmd="sendsms")
    assert (await send_one(account)).status is Status.ACCEPTED
    assert commands(simulator) == ["sendsms", "getstatus", "getstatus", "sendsms"]
