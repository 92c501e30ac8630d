"""What real sites make of a batch: refusals in words, one number for all, and statuses that prove little."""

from dataclasses import replace
import re

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import InsufficientCredit, MessageRejected, OutcomeUnknown, RateLimited
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms.words import refused_numbers
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import batch, error, page, row, success
from tests.support.samples import new_message, number, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
REGION = "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}"
INVALID, PROHIBITED = FailureReason.INVALID_NUMBER, FailureReason.PROHIBITED


def bare(last: int) -> str:
    """Return a number as the site writes it."""
    return number(TEXTIOPRO, last).lstrip("+")


# -- refusals in words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_refused_numbers_stand_only_in_words(account: Gateway, simulator: Simulator, language: str) -> None:
    simulator.use_variant(TEXTIOPRO, "refuses-in-words")
    kept = simulator.accounts[TEXTIOPRO]
    kept.language, kept.invalid_numbers, kept.closed_regions = language, {bare(5602)}, {bare(5603)}
    results = await batch(account, 5601, 5602, 5603, 5604)
    assert [(result.status, result.reason) for result in results.values()] == [
        (Status.ACCEPTED, None),
        (Status.REJECTED, INVALID),
        (Status.REJECTED, PROHIBITED),
        (Status.ACCEPTED, None),
    ]
    assert [message.to for message in simulator.messages()] == [bare(5601), bare(5604)]
    assert len(simulator.requests()) == 1
    detail = results[5602].error.detail if results[5602].error else ""
    assert ("invalide" if language == "fr" else "is a invalid phone number") in detail


@pytest.mark.parametrize("lasts", [(5602,), (5602, 5603)])
async def test_an_empty_list_refuses_what_is_named(
    account: Gateway, simulator: Simulator, lasts: tuple[int, ...]
) -> None:
    simulator.use_variant(TEXTIOPRO, "refuses-in-words")
    simulator.accounts[TEXTIOPRO].invalid_numbers = {bare(last) for last in lasts}
    results = await batch(account, *lasts)
    assert {(result.status, result.reason) for result in results.values()} == {(Status.REJECTED, INVALID)}
    assert len(simulator.requests()) == 1


@pytest.mark.parametrize("words", ["", "Your message was sent to {}.", "1 unit was sent to {}"])
@pytest.mark.parametrize("data", [[], [row(5601)], row(5601)])
async def test_who_is_missing_and_not_refused_is_uncertain(
    account: Gateway, respond: Respond, data: object, words: str
) -> None:
    respond(success(data, words.format(bare(5602))))
    respond(page(), "/sms")
    result = (await batch(account, 5601, 5602))[5602]
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)


async def test_one_who_is_missing_is_uncertain(account: Gateway, respond: Respond) -> None:
    respond(success([]))
    respond(page(), "/sms")
    assert (await send_one(account)).status is Status.UNCERTAIN


async def test_a_single_row_for_several(account: Gateway, respond: Respond) -> None:
    respond(success(row(5602, status="Enroute"), f"{bare(5601)} could not be processed"))
    results = await batch(account, 5601, 5602)
    assert [result.status for result in results.values()] == [Status.REJECTED, Status.SENT]
    assert results[5601].reason is FailureReason.OTHER


A, B = "33612345601", "33612345602"


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        (f"{A} is a invalid phone number", {A: INVALID}),
        (f"{A} is a invalid phone number {B} is a invalid phone number", {A: INVALID, B: INVALID}),
        (f"{A} is a invalid phone number. {REGION.format(B)}", {A: INVALID, B: PROHIBITED}),
        (f"{A} is a invalid phone number {REGION.format(B)}", {A: INVALID, B: PROHIBITED}),
        (f"{REGION.format(A)} {B} is a invalid phone number", {A: PROHIBITED, B: INVALID}),
        (f"{REGION.format(A)}.{REGION.format(B)}.", {A: PROHIBITED, B: PROHIBITED}),
        (f"<p>{A} is blacklisted</p><p>{REGION.format(B)}</p>", {A: FailureReason.OPTED_OUT, B: PROHIBITED}),
        (f"{A} est un numéro de téléphone invalide", {A: INVALID}),
        (f"{A} est un numéro de téléphone invalide {REGION.format(B)}", {A: INVALID, B: PROHIBITED}),
        (f"{A} is blacklisted {B} is a invalid phone number", {A: FailureReason.OPTED_OUT, B: INVALID}),
        (f"Your message was sent to {A} and {B}", {}),
        (f"Your message could not be sent to {A}", {A: FailureReason.INVALID_MESSAGE}),
        (f"Accepted. Invalid phone number: {A}, {B}.", {A: INVALID, B: INVALID}),
        (f"These are blacklisted: {A}\n{B}", {A: FailureReason.OPTED_OUT, B: FailureReason.OPTED_OUT}),
        (f"Sent to {A}. {B} is a invalid phone number", {B: INVALID}),
        ("Your message was successfully accepted.", {}),
        ("", {}),
    ],
)
def test_each_number_has_the_reason_of_its_sentence(words: str, reasons: dict[str, FailureReason]) -> None:
    assert {number: error.reason for number, (error, _) in refused_numbers(words).items()} == reasons


async def test_a_text_with_the_words_of_a_refusal_hides_no_refusal(account: Gateway, respond: Respond) -> None:
    respond(success("Sent", REGION.format(bare(5602))))
    message = "Permission to send an SMS has not been enabled for the region"
    results = await send(account, [new_message(TEXTIOPRO, last, text=message) for last in (5601, 5602)])
    assert [(result.status, result.reason) for result in results] == [
        (Status.ACCEPTED, None),
        (Status.REJECTED, PROHIBITED),
    ]


async def test_a_text_with_the_words_of_a_carrier_hides_no_refusal(account: Gateway, respond: Respond) -> None:
    respond(success(row(5601, status="Balance insufficient")))
    (result,) = await send(account, [new_message(TEXTIOPRO, 5601, text="My balance insufficient again")])
    assert (result.status, result.provider_status) == (Status.REJECTED, "…")


async def test_a_batch_refused_whole_for_a_region_goes_out_without_it(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    respond(error(REGION.format(bare(5602))))
    results = await batch(account, 5601, 5602, 5603)
    assert [result.reason for result in results.values()] == [None, PROHIBITED, None]
    assert [request.params["recipient"].count(",") for request in simulator.requests()] == [2, 1]


async def test_a_lost_answer_of_a_batch_with_refusals(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "refuses-in-words")
    simulator.accounts[TEXTIOPRO].invalid_numbers = {bare(5602)}
    simulator.sent_after = None
    simulator.faults.add(TEXTIOPRO, "cut", accept=True)
    results = await batch(account, 5601, 5602)
    assert [result.status for result in results.values()] == [Status.ACCEPTED, Status.UNCERTAIN]
    assert len(simulator.messages()) == 1


# -- an early version reads three numbers as one -----------------------------------------------------------------------


@pytest.mark.parametrize("refusals", ["error", "words"])
async def test_a_batch_that_is_read_as_one_number(account: Gateway, simulator: Simulator, refusals: str) -> None:
    simulator.use_variant(TEXTIOPRO, "one-number")
    simulator.accounts[TEXTIOPRO].refusals = refusals
    lasts = range(5601, 5606)
    results = await batch(account, *lasts)
    assert {result.status for result in results.values()} == {Status.ACCEPTED}
    assert [message.to for message in simulator.messages()] == [bare(last) for last in lasts]
    assert [result.message_id for result in results.values()] == [message.id for message in simulator.messages()]
    assert [request.params["recipient"].count(",") for request in simulator.requests()] == [4, 0, 0, 0, 0, 0]
    # It is not tried again.
    simulator.clear_requests()
    await batch(account, *lasts)
    assert [request.params["recipient"].count(",") for request in simulator.requests()] == [0] * 5
    assert len(simulator.messages()) == 10


async def test_three_numbers_that_are_really_invalid(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(TEXTIOPRO, "one-number")
    lasts = (5601, 5602, 5603)
    simulator.accounts[TEXTIOPRO].invalid_numbers = {bare(last) for last in lasts}
    results = await batch(account, *lasts)
    assert {(result.status, result.reason) for result in results.values()} == {(Status.REJECTED, INVALID)}
    assert not simulator.messages()


@pytest.mark.parametrize(
    ("fault", "statuses", "kind"),
    [
        # The others are sent: the fault was this one's.
        ({"kind": "cut", "accept": False}, [Status.ACCEPTED, Status.UNCERTAIN, Status.ACCEPTED], OutcomeUnknown),
        (
            {"kind": "answer", "body": error("Spam")},
            [Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED],
            MessageRejected,
        ),
        # The others would meet the same.
        ({"kind": "rate_limited"}, [Status.ACCEPTED, Status.REJECTED, Status.REJECTED], RateLimited),
        (
            {"kind": "answer", "body": error("You have reached the sending limit of your plan.")},
            [Status.ACCEPTED, Status.REJECTED, Status.REJECTED],
            InsufficientCredit,
        ),
    ],
)
async def test_a_fault_between_single_sends(
    account: Gateway, simulator: Simulator, fault: dict[str, object], statuses: list[Status], kind: type
) -> None:
    simulator.use_variant(TEXTIOPRO, "one-number")
    simulator.faults.add(TEXTIOPRO, path="sms/send", params={"recipient": bare(5602)}, **fault)  # type: ignore[arg-type]
    results = await batch(account, 5601, 5602, 5603)
    assert [result.status for result in results.values()] == statuses
    assert type(results[5602].error) is kind
    sent = [bare(last) for last, result in results.items() if result.status is Status.ACCEPTED]
    assert [message.to for message in simulator.messages()] == sent


# -- delivered at the hand-over ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["documented", "carrier", "smpp"])
async def test_delivered_at_the_hand_over_is_sent(
    account: Gateway, gateway: OpenGateway, simulator: Simulator, form: str
) -> None:
    simulator.use_variant(TEXTIOPRO, "delivered-at-hand-over")
    simulator.accounts[TEXTIOPRO].status_form = form
    ends = (5601, "0006", "0004")
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in ends])
    assert {result.status for result in sent} == {Status.SENT}
    await simulator.settle()
    expected = [Status.SENT, Status.UNDELIVERED, Status.EXPIRED]
    # After a restart, the messages themselves tell.
    for asked in (account, gateway(TEXTIOPRO)):
        reports = {report.message_id: report.status for report in await asked.fetch_reports(sent)}
        assert [reports[result.message_id or ""] for result in sent] == expected
        (alone,) = await asked.fetch_reports(sent[:1])
        assert alone.status is Status.SENT
    listed = [message async for message in account.fetch_messages(10)]
    assert sorted(message.status for message in listed) == sorted(expected)
    assert (await account.fetch_message(sent[0].message_id or "")).status is Status.SENT


async def test_once_is_enough(account: Gateway, simulator: Simulator) -> None:
    """A site that called one message delivered too early is not believed for the others."""
    first = await send_one(account)
    simulator.use_variant(TEXTIOPRO, "delivered-at-hand-over")
    await send_one(account)
    # Nor after it has used another word again.
    simulator.accounts[TEXTIOPRO].hand_over_word = ""
    assert (await send_one(account)).status is Status.ACCEPTED
    await simulator.settle()
    (report,) = await account.fetch_reports([first])
    assert (report.status, report.provider_status) == (Status.SENT, "Delivered")


async def test_other_sites_are_believed(account: Gateway, gateway: OpenGateway, simulator: Simulator) -> None:
    sent = await send_one(account)
    await simulator.settle()
    # After a restart, and after a report that is not the last.
    for status in (sent.status, Status.SENT):
        known = replace(sent, status=status, provider_status="Enroute")
        for asked in (account, gateway(TEXTIOPRO)):
            (report,) = await asked.fetch_reports([known])
            assert report.status is Status.DELIVERED


async def test_a_lost_answer_that_is_found_as_delivered(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(TEXTIOPRO, "cut", accept=True)
    message = new_message(TEXTIOPRO)
    await account.send([message])
    await simulator.settle()
    (found,) = await account.resolve_unknown([message])
    assert (found.status, found.provider_status) == (Status.SENT, "Delivered")
    # The site's next response to a send shows what the word means there.
    await send_one(account, 5602)
    (report,) = await account.fetch_reports([found])
    assert report.status is Status.DELIVERED


# -- words of statuses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Delivered|SM0123456789abcdef0123456789abcdef", Status.DELIVERED),
        ("DELIVRD", Status.DELIVERED),
        ("delivered | 7", Status.DELIVERED),
        ("Sent", Status.SENT),
        ("ENROUTE", Status.SENT),
        ("UNDELIV", Status.UNDELIVERED),
        ("Undelivered|SM1", Status.UNDELIVERED),
        ("Queued", Status.ACCEPTED),
        ("pending", Status.ACCEPTED),
        ("Processing|7", Status.ACCEPTED),
        ("SKIPPED", Status.REJECTED),
        ("Failed|x", Status.UNDELIVERED),
        ("Somewhere|Delivered", Status.UNCERTAIN),
        ("|", Status.UNCERTAIN),
    ],
)
async def test_words_of_a_status(account: Gateway, simulator: Simulator, word: str, status: Status) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    await simulator.settle()
    for message in simulator.messages():
        message.status = word
    for asked in (sent, sent[:1]):
        for report in await account.fetch_reports(asked):
            assert report.status is status
            assert report.provider_status == re.sub(r"SM\w{16,}", "…", word)


@pytest.mark.parametrize(("form", "statuses"), [("queue", {"Queued", "Sent"}), ("smpp", {"Pending", "ENROUTE"})])
async def test_statuses_on_the_way(account: Gateway, simulator: Simulator, form: str, statuses: set[str]) -> None:
    simulator.accounts[TEXTIOPRO].status_form = form
    simulator.delivered_after = None
    sent = await send_one(account)
    await simulator.settle()
    (report,) = await account.fetch_reports([sent])
    assert (sent.status, report.status) == (Status.ACCEPTED, Status.SENT)
    assert {sent.provider_status, report.provider_status} == statuses
