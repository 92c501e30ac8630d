"""Answers of sites that are written in an unusual way: numbers, lists, exceptions, and words of a status."""

from dataclasses import replace
import gc
from time import process_time

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import NotFound, OutcomeUnknown, ServerError
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms import responses, words
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import batch, error, page, row, success
from tests.support.samples import new_message, number, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


def bare(last: int) -> str:
    """Return a number as the site writes it."""
    return number(TEXTIOPRO, last).lstrip("+")


def in_groups(last: int, separator: str) -> str:
    """Return a number in groups of two digits."""
    digits = bare(last)
    return separator.join(digits[place : place + 2] for place in range(0, len(digits), 2))


# -- numbers and lists -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", [f"+{in_groups(5602, ' ')}", in_groups(5602, "-"), in_groups(5602, "."), f"00{bare(5602)}"]
)
async def test_a_refused_number_in_another_form(account: Gateway, respond: Respond, written: str) -> None:
    respond(success([row(5601)], f"{written} is a invalid phone number"))
    results = await batch(account, 5601, 5602)
    assert results[5601].status is Status.SENT
    assert (results[5602].status, results[5602].reason) == (Status.REJECTED, FailureReason.INVALID_NUMBER)


async def test_a_row_with_zeros_before_the_number(account: Gateway, respond: Respond) -> None:
    respond(success([row(5601, to=f"00{bare(5601)}", uid="a"), row(5602, uid="b")]))
    results = await batch(account, 5601, 5602)
    assert [result.message_id for result in results.values()] == ["a", "b"]


async def test_a_list_whose_rows_were_removed(account: Gateway, respond: Respond) -> None:
    """PHP writes a list as an object if some of its rows are missing."""
    respond(success({"1": row(5602, uid="b")}, f"{bare(5601)} is a invalid phone number"))
    respond(page(), "/sms")
    results = await batch(account, 5601, 5602, 5603)
    assert [result.status for result in results.values()] == [Status.REJECTED, Status.SENT, Status.UNCERTAIN]
    assert results[5602].message_id == "b"


@pytest.mark.parametrize("listed", [[{"uid": "a", "status": "Sent"}], [bare(5601)]])
async def test_a_list_that_is_shorter_and_names_nobody(account: Gateway, respond: Respond, listed: object) -> None:
    respond(success(listed))
    respond(page(), "/sms")
    assert {result.status for result in (await batch(account, 5601, 5602)).values()} == {Status.UNCERTAIN}


@pytest.mark.parametrize("separator", [",+", ", ", ";", " "])
async def test_numbers_that_are_read_as_one_in_another_form(
    account: Gateway, simulator: Simulator, respond: Respond, separator: str
) -> None:
    joined = separator.join(map(bare, (5601, 5602, 5603)))
    respond(error(f"+{joined} is a invalid phone number"), "sms/send")
    results = await batch(account, 5601, 5602, 5603)
    assert {result.status for result in results.values()} == {Status.ACCEPTED}
    assert [message.to for message in simulator.messages()] == list(map(bare, (5601, 5602, 5603)))


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
async def test_a_message_that_is_gone_hides_no_other(account: Gateway, simulator: Simulator, status: int) -> None:
    """Some sites give every error the same HTTP status."""
    there = await send_one(account)
    gone = replace(there, message=new_message(TEXTIOPRO, 5602), message_id="65a0000000000")
    simulator.faults.add(TEXTIOPRO, "answer", path="65a0000000000", body=error("SMS Info not found"), status=status)
    await simulator.settle()
    assert [report.message_id for report in await account.fetch_reports([gone, there])] == [there.message_id]
    simulator.faults.add(TEXTIOPRO, "answer", path="65a0000000000", body=error("SMS Info not found"), status=status)
    with pytest.raises(NotFound):
        await account.fetch_message("65a0000000000")


# -- exceptions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Client error: `POST https://example.com/send` resulted in a `429 Too Many Requests` response",
        "[HTTP 429] Unable to create record: Too Many Requests",
        "SQLSTATE[42S02]: Base table or view not found: 1146 Table 'site.rate_limits' doesn't exist",
        "Illuminate\\Http\\Client\\ConnectionException",
        "Invalid argument supplied for foreach()",
        "Illegal string offset 'status'",
        "Failed to connect to example.com port 443 after 2 ms",
        "Timeout was reached",
        "504 Gateway Time-out",
        "Empty reply from server",
        "Error Fetching http headers",
        "looks like we got no XML document",
        "Unable to parse response body into JSON: 4",
    ],
)
async def test_an_exception_in_a_send_says_nothing(account: Gateway, simulator: Simulator, text: str) -> None:
    simulator.faults.add(TEXTIOPRO, "answer", path="sms/send", body=error(text))
    results = await batch(account, 5601, 5602)
    assert {(result.status, type(result.error)) for result in results.values()} == {(Status.UNCERTAIN, ServerError)}
    assert [request.path for request in simulator.requests()].count("/api/v3/sms/send") == 1


async def test_an_exception_does_not_tell_the_address_of_the_carrier(account: Gateway, respond: Respond) -> None:
    text = "cURL error 28: Operation timed out for https://example.com/send?text=The%20door&key=secret&to=1 at once"
    respond(error(text), "sms/send")
    result = await send_one(account)
    assert isinstance(result.error, OutcomeUnknown)
    assert result.error.detail == "cURL error 28: Operation timed out for https://example.com/send?… at once"


@pytest.mark.parametrize(
    "part", ["phone ", "a", "1", " ", "permission to send ", "region ", "number 336\n", "<", "33 6 "]
)
def test_long_words_are_read_in_no_time(part: str) -> None:
    text = part * (250_000 // len(part))
    gc.disable()  # what other tests left is not what is measured
    try:
        for read in (words.refused_numbers, lambda text: words.error_of_words(text, sending=True)):
            began = process_time()
            read(text)
            assert process_time() - began < 0.2
    finally:
        gc.enable()


def test_the_reason_may_stand_after_all_numbers_of_a_batch() -> None:
    numbers = [str(33612345000 + place) for place in range(100)]
    for text in (f"{','.join(numbers)} is a invalid phone number", f"Blocked: {', '.join(numbers)} are blacklisted."):
        refused = words.refused_numbers(text)
        assert set(refused) >= set(numbers)
        kind = words.error_of_words(text, sending=True)
        assert {refused[each][0].reason for each in numbers} == {kind.reason} != {FailureReason.OTHER}


# -- delivered at the hand-over ----------------------------------------------------------------------------------------


async def test_another_word_after_a_restart_confirms_no_delivery(
    account: Gateway, gateway: OpenGateway, simulator: Simulator
) -> None:
    simulator.use_variant(TEXTIOPRO, "delivered-at-hand-over")
    sent = await send_one(account)
    await simulator.settle()
    restarted = gateway(TEXTIOPRO)
    simulator.accounts[TEXTIOPRO].hand_over_word = ""
    assert (await send_one(restarted, 5602)).status is Status.ACCEPTED
    (report,) = await restarted.fetch_reports([sent])
    assert (report.status, report.provider_status) == (Status.SENT, "Delivered")


async def test_a_campaign_proves_no_more_than_its_messages(account: Gateway, respond: Respond) -> None:
    respond(success(row(status="Delivered")))
    await send_one(account)
    campaign = accepted(replace(new_message(TEXTIOPRO), to="g", group_size=2), message_id="c")
    respond(success({"uid": "c", "status": "done", "stats": {"delivered_count": 2}}))
    (report,) = await account.fetch_reports([campaign])
    assert (report.status, report.provider_status) == (Status.SENT, "done")


# -- balances ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["-$1.00", "$-1", "-1.00"])
def test_a_debt_of_one_is_not_unlimited(text: str) -> None:
    assert responses.balance({"remaining_balance": text}).amount == -1
    assert responses.balance({"remaining_unit": -1}).amount is None
    assert responses.balance({"balance": "-1", "unit": "sms"}).amount is None
