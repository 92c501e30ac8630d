"""Requests to TextioPro, and the shapes of its responses."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.encoding import Encoding
from custom_components.texting.gateway.errors import (
    CannotConnect,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    Unsupported,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms.textiopro import INFO
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import batch, error, page, row, success
from tests.support.samples import new_message, number, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO


@pytest.mark.parametrize(
    ("data", "message_id", "status"),
    [
        (row(uid="6068", status="Enroute"), "6068", Status.SENT),
        (row(uid="6068", status="", customer_status="ACCEPTED"), "6068", Status.ACCEPTED),
        ([row(uid="6068")], "6068", Status.SENT),
        ({"uid": "6068", "status": "On its way"}, "6068", Status.ACCEPTED),
        ({"queued": True}, None, Status.ACCEPTED),
        ("sms reports with all details", None, Status.ACCEPTED),
        (None, None, Status.ACCEPTED),
    ],
)
async def test_shapes_of_a_sends_answer(
    account: Gateway, respond: Respond, data: object, message_id: str | None, status: Status
) -> None:
    respond(success(data))
    result = await send_one(account)
    assert (result.message_id, result.status, result.error) == (message_id, status, None)


@pytest.mark.parametrize("word", ["Failed", "REJECTED", "skipped", "Undelivered", "expired"])
async def test_a_send_that_failed_at_once(account: Gateway, respond: Respond, word: str) -> None:
    respond(success(row(status=word)))
    result = await send_one(account)
    assert result.status.is_final
    assert isinstance(result.error, MessageRejected)
    assert result.provider_status == word


async def test_a_batchs_invalid_numbers_stand_in_the_message_only(account: Gateway, respond: Respond) -> None:
    named = number(TEXTIOPRO, 5602).lstrip("+")
    listed = [row(5603), row(5601)]
    respond(success(listed, f"Accepted. Invalid phone number: {named}."))
    respond(page(), "/sms")
    results = await batch(account, 5601, 5602, 5603, 5604)
    assert [result.message_id for result in results.values()] == [listed[1]["uid"], None, listed[0]["uid"], None]
    assert results[5602].reason is FailureReason.INVALID_NUMBER
    assert results[5604].status is Status.UNCERTAIN


async def test_a_success_without_data_names_invalid_numbers(account: Gateway, respond: Respond) -> None:
    named = number(TEXTIOPRO, 5602).lstrip("+")
    respond(success(None, f"Scheduled. Invalid phone number: {named}."))
    results = await batch(account, 5601, 5602)
    assert [result.status for result in results.values()] == [Status.ACCEPTED, Status.REJECTED]
    # Valid numbers may be named too.
    respond(success(None, f"Your message was sent to {named}."))
    assert (await batch(account, 5601, 5602))[5602].status is Status.ACCEPTED
    # A success that refuses all numbers makes no sense.
    respond(success(None, f"Invalid phone number: {named}."))
    respond(page(), "/sms")
    assert (await send_one(account, 5602)).status is Status.UNCERTAIN


async def test_the_same_number_twice_in_a_batch(account: Gateway, respond: Respond) -> None:
    respond(success([row(5601, uid="a"), row(5601, uid="b")]))
    results = await send(account, [new_message(TEXTIOPRO), new_message(TEXTIOPRO)])
    assert [result.message_id for result in results] == ["a", "b"]
    respond(success([row(5601, uid="a"), row(5602, uid="b")]))
    respond(page(), "/sms")
    results = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602, 5601)])
    assert [result.status for result in results] == [Status.SENT, Status.SENT, Status.UNCERTAIN]


LISTED = [row(last) for last in (5603, 5601, 5604, 5602)]


@pytest.mark.parametrize(
    ("body", "rejected"),
    [
        (success(LISTED), []),
        (error(f"Invalid phone number {number(TEXTIOPRO, 5603)}"), [5603]),
        (error("A phone number is invalid"), []),
    ],
)
async def test_results_stand_in_the_batchs_order(
    account: Gateway, simulator: Simulator, respond: Respond, body: object, rejected: list[int]
) -> None:
    respond(body)
    lasts = (5602, 5604, 5603, 5601)
    results = await account.send(messages := [new_message(TEXTIOPRO, last) for last in lasts])
    assert [result.message for result in results] == messages
    assert [result.status is Status.REJECTED for result in results] == [last in rejected for last in lasts]
    numbers = {each["uid"]: each["to"] for each in LISTED} | {kept.id: kept.to for kept in simulator.messages()}
    assert [numbers.get(result.message_id or "") for result in results] == [
        None if last in rejected else number(TEXTIOPRO, last).lstrip("+") for last in lasts
    ]


async def test_which_messages_share_a_request(account: Gateway) -> None:
    first, second = new_message(TEXTIOPRO), new_message(TEXTIOPRO, 5602)
    assert account.batch_key(first) == account.batch_key(second)
    others = [
        {"text": "The door is shut"},
        {"sender": "Garage"},
        {"type": MessageType.OTP},
        {"media_url": "https://example.com/a.jpg"},
        {"language": "en-gb"},
        {"gender": "male"},
        {"template_id": "9"},
        {"send_at": HALF_PAST},
    ]
    keys = {account.batch_key(new_message(TEXTIOPRO, **other)) for other in others}
    assert len(keys | {account.batch_key(first)}) == 1 + len(others)


async def test_a_batch_refused_whole_goes_out_without_the_named(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    named = number(TEXTIOPRO, 5602).lstrip("+")
    respond(error(f"Invalid phone number {named}"))
    results = await batch(account, 5601, 5602, 5603)
    assert [result.status for result in results.values()] == [Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED]
    assert results[5602].reason is FailureReason.INVALID_NUMBER
    assert [request.params["recipient"].count(",") for request in simulator.requests()] == [2, 1]


async def test_a_batch_refused_whole_for_all_is_sent_no_more(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    respond(error("These are blacklisted: " + " ".join(number(TEXTIOPRO, last) for last in (5601, 5602))))
    results = await batch(account, 5601, 5602)
    assert {result.reason for result in results.values()} == {FailureReason.OPTED_OUT}
    assert len(simulator.requests()) == 1


async def test_a_batch_refused_without_a_name_is_halved(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    for _ in range(2):
        respond(error("A phone number is invalid"))
    results = await batch(account, 5601, 5602, 5603, 5604, 5605)
    # 1-5 is refused, then 1-2; 1 and 2 alone and 3-5 are accepted.
    assert [request.params["recipient"].count(",") + 1 for request in simulator.requests()] == [5, 2, 1, 1, 3]
    assert {result.status for result in results.values()} == {Status.ACCEPTED}


async def test_what_breaks_the_rest_of_a_batch_stays_with_the_rest(
    account: Gateway, simulator: Simulator, respond: Respond
) -> None:
    respond(error(f"Invalid phone number {number(TEXTIOPRO, 5602)}"))
    respond(error("You have reached the sending limit of your plan."))
    results = await batch(account, 5601, 5602)
    assert results[5601].reason is FailureReason.INSUFFICIENT_CREDIT
    assert results[5602].reason is FailureReason.INVALID_NUMBER


async def test_what_is_sent(account: Gateway, simulator: Simulator) -> None:
    types: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {"type": "plain"}),
        ({"text": "Été ê"}, {"type": "unicode"}),
        ({"type": MessageType.OTP}, {"type": "otp"}),
        (
            {"type": MessageType.VOICE, "language": "fr-fr", "gender": "female"},
            {"type": "voice", "language": "fr-fr", "gender": "female"},
        ),
        (
            {"type": MessageType.MMS, "media_url": "https://example.com/a.jpg"},
            {"type": "mms", "media_url": "https://example.com/a.jpg"},
        ),
        ({"type": MessageType.WHATSAPP, "sender": "a long WhatsApp id"}, {"type": "whatsapp"}),
        ({"type": MessageType.VIBER, "sender": "a long Viber id", "template_id": "9"}, {"dlt_template_id": "9"}),
    ]
    for asked, arrived in types:
        assert (await send_one(account, **asked)).status is Status.ACCEPTED
        assert simulator.messages()[-1].extra.items() >= arrived.items()


async def test_what_is_counted(account: Gateway) -> None:
    long = "a" * 161
    assert account.preview(new_message(TEXTIOPRO, text=long)).segments == 2
    assert account.preview(new_message(TEXTIOPRO, text="ê")).encoding is Encoding.UCS2
    whatsapp = account.preview(new_message(TEXTIOPRO, text=long, type=MessageType.WHATSAPP))
    assert (whatsapp.segments, whatsapp.cost) == (1, 1)


VOICE = {"type": MessageType.VOICE, "language": "en-gb", "gender": "male"}


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"sender": "TwelveLetter"}, Limit.SENDER_OR_NUMBER),
        ({"sender": "My-Own_Home."}, Limit.SENDER_OR_NUMBER),
        ({"sender": "My/Home"}, Limit.SENDER_OR_NUMBER),
        ({"sender": " MyHome"}, Limit.SENDER_OR_NUMBER),
        ({"sender": "+3361234567890123"}, Limit.SENDER_OR_NUMBER),
        ({"type": MessageType.MMS}, Limit.MEDIA_MISSING),
        (VOICE | {"language": None}, Limit.LANGUAGE),
        (VOICE | {"language": "xx-xx"}, Limit.LANGUAGE),
        (VOICE | {"gender": None}, Limit.GENDER),
        (VOICE | {"gender": "other"}, Limit.GENDER),
    ],
)
async def test_limits(account: Gateway, simulator: Simulator, fields: dict[str, Any], limit: Limit) -> None:
    result = await send_one(account, **fields)
    assert isinstance(result.error, MessageRejected)
    assert not isinstance(result.error, Unsupported)
    assert (result.error.limit, result.reason) == (limit, FailureReason.INVALID_MESSAGE)
    assert not simulator.requests()


async def test_senders(gateway: OpenGateway) -> None:
    for sender in ("+33612345678", "33612345678", "A1", "ElevenChars", "SMSAPI Demo", "MY-HOME_1.a"):
        assert gateway(TEXTIOPRO).preview(new_message(TEXTIOPRO, sender=sender))
    # Digits of other scripts do not count.
    assert not INFO.takes_sender("+٣٣٦١٢٣٤٥٦٧٨")
    with pytest.raises(MessageRejected) as raised:
        gateway(TEXTIOPRO, sender_id="").preview(new_message(TEXTIOPRO))
    assert raised.value.limit is Limit.SENDER_MISSING


@pytest.mark.parametrize("language", INFO.languages)
async def test_every_documented_language(account: Gateway, language: str) -> None:
    assert account.preview(new_message(TEXTIOPRO, **VOICE | {"language": language}))


HALF_PAST = datetime(2099, 7, 1, 18, 30, tzinfo=timezone(timedelta(hours=3)))


@pytest.mark.parametrize(
    ("profile", "written"),
    [
        (success({"timezone": "Europe/Paris"}), "2099-07-01 17:30"),
        (success({"timezone": "Mars/Olympus"}), "2099-07-01 15:30"),
        (success({"timezone": ""}), "2099-07-01 15:30"),
        (success({}), "2099-07-01 15:30"),
        (success(None), "2099-07-01 15:30"),
        (error("Not found"), "2099-07-01 15:30"),
    ],
)
async def test_times_are_the_accounts(
    account: Gateway, simulator: Simulator, respond: Respond, profile: object, written: str
) -> None:
    respond(profile, "/me")
    for _ in range(2):
        assert (await send_one(account, send_at=HALF_PAST)).status is Status.ACCEPTED
        assert simulator.messages()[-1].extra["schedule_time"] == written
    assert [request.path for request in simulator.requests()].count("/api/v3/me") == 1


async def test_nothing_is_sent_early(account: Gateway, simulator: Simulator) -> None:
    await send_one(account, send_at=HALF_PAST + timedelta(seconds=1))
    assert simulator.messages()[-1].not_before == HALF_PAST + timedelta(minutes=1)


async def test_a_fault_of_ours_hides_no_other_result(
    account: Gateway, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    never = datetime.max.replace(tzinfo=UTC)
    messages = [new_message(TEXTIOPRO, 5601, send_at=never), new_message(TEXTIOPRO, 5602)]
    first, second = await send(account, messages)
    assert (first.status, type(first.error), second.status) == (Status.UNCERTAIN, OutcomeUnknown, Status.ACCEPTED)
    assert len(simulator.messages()) == 1
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "OverflowError" in record.getMessage()
    assert not record.exc_info


async def test_without_the_zone_nothing_is_sent(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    respond("<h1>Maintenance</h1>", "/me")
    result = await send_one(account, send_at=HALF_PAST)
    assert type(result.error) is CannotConnect
    assert not simulator.messages()
    assert (await send_one(account, send_at=HALF_PAST)).status is Status.ACCEPTED
