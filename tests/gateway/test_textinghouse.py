"""TextingHouse's codes, limits, balances and webhook calls."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import (
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    LoginOrAddressRefused,
    MessageRejected,
    OutcomeUnknown,
    WebhookRejected,
)
from custom_components.texting.gateway.message import Balance, DeliveryReport, IncomingMessage, WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.clock import Clock
from tests.support.gateways import Calls, OpenGateway, Respond, limit_of
from tests.support.samples import commands, new_message, send, send_one

PROVIDER = HOUSE = Provider.TEXTINGHOUSE


async def test_what_is_sent(account: Gateway, simulator: Simulator) -> None:
    message = new_message(HOUSE, text="100% sûr & +1?", sender="Home")
    (result,) = await send(account, [message])
    (request,) = simulator.requests()
    assert (request.method, request.path, request.query) == ("POST", "/http/v1/do", {})
    assert request.params == {
        "user": "demo",
        "pass": "demo-password",
        "cmd": "sendsms",
        "to": message.to.lstrip("+"),
        "txt": "100% sûr & +1?",
        "iscom": "N",
        "climsgid": message.reference,
        "from": "Home",
    }
    assert (result.message_id, result.provider_status) == (simulator.messages()[0].id, "0")


async def test_the_accounts_sender(gateway: OpenGateway, simulator: Simulator) -> None:
    await send_one(gateway(HOUSE, sender="Default"))
    assert simulator.messages()[0].sender == "Default"


ERRORS: list[tuple[str, type[GatewayError], FailureReason]] = [
    ("100", MessageRejected, FailureReason.OTHER),
    ("101", LoginOrAddressRefused, FailureReason.AUTHENTICATION),
    ("104", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT),
    ("201", MessageRejected, FailureReason.OTHER),
    ("202", MessageRejected, FailureReason.OTHER),
    ("300", OutcomeUnknown, FailureReason.OTHER),
    ("350", MessageRejected, FailureReason.FLOOD),
    ("400", MessageRejected, FailureReason.INVALID_MESSAGE),
    ("999", MessageRejected, FailureReason.OTHER),
]


@pytest.mark.parametrize(("code", "kind", "reason"), ERRORS)
async def test_errors_are_read_by_their_codes(
    account: Gateway, respond: Respond, code: str, kind: type[GatewayError], reason: FailureReason
) -> None:
    for form in ("ERR: {} | Some words", "ERR:{}|Other words", "ERR: {}"):
        respond(form.format(code))
        with pytest.raises(kind) as raised:
            await account.fetch_balance()
        assert type(raised.value) is kind
        assert (raised.value.code, raised.value.reason) == (code, reason)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the monotonic clock of the gateway, which stands still."""
    monkeypatch.setattr(textinghouse, "monotonic", clock := Clock(1000.0))
    return clock


async def test_flood_is_refused_here(account: Gateway, simulator: Simulator, clock: Clock) -> None:
    assert (await send_one(account)).status is Status.ACCEPTED
    again = await send_one(account)
    assert isinstance(again.error, MessageRejected)
    assert (again.status, again.reason, again.error.limit) == (Status.REJECTED, FailureReason.FLOOD, Limit.FLOOD)
    assert len(simulator.requests()) == 1
    clock.at += 9.9
    assert limit_of(await send_one(account)) is Limit.FLOOD
    # Another text, another number, or the same text ten seconds later is no flood.
    for other in ({"text": "Another"}, {"last": 5602}):
        assert (await send_one(account, **other)).status is Status.ACCEPTED
    clock.at += 0.2
    simulator.accounts[HOUSE].flood_seconds = 0
    assert (await send_one(account)).status is Status.ACCEPTED


async def test_only_what_is_past_is_forgotten(account: Gateway, clock: Clock) -> None:
    assert isinstance(account, textinghouse.TextingHouse)
    kept, now = account._sent_at, clock()
    ages = {("+331", "past"): 11, ("+332", "past"): 10.5, ("+333", "fresh"): 1}
    kept.update({key: (now - age, "another") for key, age in ages.items()})
    result = await send_one(account)
    assert account._sent_at is kept
    assert [text for _, text in kept] == ["fresh", "The door is open"]
    assert [reference for _, reference in kept.values()] == ["another", result.message.reference]


async def test_flood_is_refused_there(gateway: OpenGateway, simulator: Simulator) -> None:
    now = datetime.now(UTC)
    simulator.clock = lambda: now
    assert (await send_one(gateway(HOUSE))).status is Status.ACCEPTED
    again = await send_one(gateway(HOUSE))
    assert (again.status, again.reason, again.provider_status) == (Status.REJECTED, FailureReason.FLOOD, "350")
    # The provider is asked for this message, but it has the other one.
    assert commands(simulator) == ["sendsms", "sendsms", "getstatus"]
    assert simulator.requests()[2].params["climsgid"] == again.message.reference


@pytest.mark.parametrize(("code", "reason"), [("104", FailureReason.INSUFFICIENT_CREDIT), ("350", FailureReason.FLOOD)])
async def test_what_was_refused_was_no_flood(
    account: Gateway, respond: Respond, code: str, reason: FailureReason
) -> None:
    respond(f"ERR: {code} | refused")
    assert (await send_one(account)).reason is reason
    assert (await send_one(account)).status is Status.ACCEPTED


async def test_what_is_lost_may_be_flood(account: Gateway, simulator: Simulator, clock: Clock) -> None:
    simulator.faults.add(HOUSE, "html", times=None)
    assert (await send_one(account)).status is Status.UNCERTAIN
    asked = len(simulator.requests())
    assert limit_of(await send_one(account)) is Limit.FLOOD
    assert len(simulator.requests()) == asked


async def test_two_refused_at_once(account: Gateway, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textinghouse, "FLOOD_SECONDS", 0.0)
    simulator.accounts[HOUSE].credit = Decimal()
    results = await send(account, [new_message(HOUSE, last) for last in (5601, 5602)])
    assert {result.reason for result in results} == {FailureReason.INSUFFICIENT_CREDIT}


async def test_doubtful_characters_are_named_not_refused(account: Gateway) -> None:
    message = new_message(HOUSE, text="5 € for a_b\\c ê")
    assert account.preview(message).may_be_replaced == "\\_ê€"
    assert (await send(account, [message]))[0].status is Status.ACCEPTED


@pytest.mark.parametrize("sender", ["TwelveLetter", "My Home", "Maison-1", "é"])
async def test_senders_are_letters_and_digits(account: Gateway, simulator: Simulator, sender: str) -> None:
    result = await send_one(account, sender=sender)
    assert isinstance(result.error, MessageRejected)
    assert result.error.limit is Limit.SENDER
    assert not simulator.requests()


@pytest.mark.parametrize("text", ["stop sms-s.top", "Sale STOP sms-s.to", "Sale"])
async def test_a_text_without_the_stop_mention_is_refused(account: Gateway, simulator: Simulator, text: str) -> None:
    result = await send_one(account, text=text, commercial=True)
    assert isinstance(result.error, MessageRejected)
    assert result.error.limit is Limit.COMMERCIAL_MENTION
    assert not simulator.requests()


async def test_the_stop_mention_may_stand_anywhere(account: Gateway, simulator: Simulator) -> None:
    assert (await send_one(account, text="STOP sms-s.top or come in!", commercial=True)).status is Status.ACCEPTED
    assert simulator.messages()[0].text == "STOP sms-s.top or come in!"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Sale", "Sale STOP sms-s.top"),
        ("Sale stop SMS-S.top ", "Sale STOP sms-s.top"),
        ("Sale STOP sms-s.top\n", "Sale STOP sms-s.top"),
        ("Stop sms-s.top: Sale", "STOP sms-s.top: Sale"),
        ("STOP sms-s.top Sale", "STOP sms-s.top Sale"),
    ],
)
async def test_the_stop_mention_is_added_where_that_is_wanted(
    gateway: OpenGateway, simulator: Simulator, text: str, sent: str
) -> None:
    account = gateway(HOUSE, add_stop_mention=True)
    message = new_message(HOUSE, text=text, commercial=True)
    ready, preview = account.prepare(message)
    assert (ready.text, preview.text, preview.units) == (sent, sent, len(sent))
    assert account.prepare(ready)[0] == ready
    assert (await send(account, [message]))[0].status is Status.ACCEPTED
    assert simulator.messages()[0].text == sent
    assert account.prepare(new_message(HOUSE, text=text))[0].text == text


async def test_the_stop_mention_counts(gateway: OpenGateway) -> None:
    account = gateway(HOUSE, add_stop_mention=True)
    preview = account.preview(new_message(HOUSE, text="x" * 150, commercial=True))
    assert (preview.segments, preview.cost, preview.units) == (2, 2, 165)


CODES: list[tuple[str, Status, FailureReason | None]] = [
    ("0", Status.ACCEPTED, None),
    ("1", Status.SENT, None),
    ("3", Status.DELIVERED, None),
    ("4", Status.EXPIRED, FailureReason.EXPIRED),
    ("5", Status.UNDELIVERED, FailureReason.OTHER),
    ("6", Status.UNDELIVERED, FailureReason.OTHER),
    ("7", Status.REJECTED, FailureReason.PROHIBITED),
    ("20", Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT),
    ("2", Status.UNCERTAIN, None),
    ("42", Status.UNCERTAIN, None),
]


@pytest.mark.parametrize(("code", "status", "reason"), CODES)
async def test_status_codes(
    account: Gateway, simulator: Simulator, respond: Respond, code: str, status: Status, *, reason: FailureReason
) -> None:
    respond(code)
    (report,) = await account.fetch_reports([accepted(new_message(HOUSE), message_id="5d72")])
    assert (report.status, report.reason) == (status, reason)
    assert (report.provider_status, report.message_id) == (code, "5d72")
    assert simulator.requests()[0].params["api_id"] == "5d72"


async def test_an_unknown_message_is_no_news(account: Gateway) -> None:
    assert (
        await account.fetch_reports([accepted(new_message(HOUSE), message_id="5d72"), accepted(new_message(HOUSE))])
        == []
    )


async def test_a_message_is_asked_for_by_both_ids(account: Gateway, simulator: Simulator) -> None:
    result = await send_one(account)
    await simulator.settle()
    simulator.clear_requests()
    (report,) = await account.fetch_reports([replace(result, message_id="5d72")])
    assert (report.status, report.message_id) == (Status.DELIVERED, "5d72")
    asked = [{key: request.params.get(key) for key in ("api_id", "climsgid")} for request in simulator.requests()]
    assert asked == [{"api_id": "5d72", "climsgid": None}, {"api_id": None, "climsgid": result.message.reference}]
    simulator.clear_requests()
    (report,) = await account.fetch_reports([result])
    assert report.status is Status.DELIVERED
    assert len(simulator.requests()) == 1


async def test_documented_errors_as_they_really_come(gateway: OpenGateway, simulator: Simulator) -> None:
    """Each error has a cause at the provider. Errors that are checked before the request do not appear here."""
    kept, account = simulator.accounts[HOUSE], gateway(HOUSE)
    kept.processing_fails = True
    (lost,) = await account.send([new_message(HOUSE)])
    assert (type(lost.error), lost.provider_status) == (OutcomeUnknown, "300")
    kept.processing_fails = False
    assert (await send_one(gateway(HOUSE), to="12")).status is Status.ACCEPTED
    (missing,) = await gateway(HOUSE).send([new_message(HOUSE, text="")])
    assert (type(missing.error), missing.provider_status) == (MessageRejected, "100")
    (unmentioned,) = await gateway(HOUSE).send([new_message(HOUSE, commercial=True)])
    assert (unmentioned.reason, unmentioned.provider_status) == (FailureReason.INVALID_MESSAGE, "400")
    kept.credit = Decimal(0)
    poor = await send_one(gateway(HOUSE), text="Another")
    assert (type(poor.error), poor.provider_status) == (InsufficientCredit, "104")
    kept.ip_locked = True
    with pytest.raises(LoginOrAddressRefused) as raised:
        await gateway(HOUSE).verify()
    assert raised.value.code == "101"


async def test_reports_that_fail(account: Gateway, respond: Respond) -> None:
    for body, kind in (("delivered", InvalidResponse), ("ERR: 100 | api_id", MessageRejected)):
        respond(body)
        with pytest.raises(kind):
            await account.fetch_reports([accepted(new_message(HOUSE), message_id="5d72")])


async def test_balances_with_a_comma(account: Gateway, respond: Respond) -> None:
    respond("1423,50")
    assert await account.fetch_balance() == [Balance(amount=Decimal("1423.50"))]


@pytest.mark.parametrize("body", ["1423", "12.50", "-3", "0"])
async def test_balances(account: Gateway, respond: Respond, body: str) -> None:
    respond(f" {body}\n")
    assert await account.fetch_balance() == [Balance(amount=Decimal(body))]


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("body", ["", "much", "<html>", "1423 credits", "NaN", "Infinity"])
async def test_what_is_no_balance(gateway: OpenGateway, respond: Respond, body: str, status: int) -> None:
    respond(body, status=status)
    with pytest.raises(InvalidResponse):
        await gateway(HOUSE, backup_url="").fetch_balance()


def news(account: Gateway, **parameters: object) -> Any:
    """Return what a webhook call says."""
    (said,) = account.parse_webhook(WebhookCall(method="POST", parameters=parameters))
    return said


@pytest.mark.parametrize("code", ["3", 3])
def test_a_status(account: Gateway, code: object) -> None:
    report = news(account, apimsgid="5d72", climsgid="01J", status=code)
    assert report == DeliveryReport(status=Status.DELIVERED, provider_status="3", message_id="5d72", reference="01J")
    assert news(account, apimsgid="5d72", climsgid="", status="77").status is Status.UNCERTAIN


@pytest.mark.parametrize("date", ["2019-04-01T13:09:16Z", "2019-04-01 13:09:16"])
def test_a_reply(account: Gateway, date: str) -> None:
    reply = news(account, apimsgid="5d72", climsgid="01J", **{"from": "33612345601"}, txt="Oui", date=date)
    assert reply == IncomingMessage(
        sender="+33612345601",
        text="Oui",
        replied_message_id="5d72",
        reference="01J",
        sent_at=datetime(2019, 4, 1, 13, 9, 16, tzinfo=UTC),
    )


def test_a_reply_without_a_date(account: Gateway) -> None:
    assert news(account, **{"from": "38000"}, txt="", date="soon") == IncomingMessage(sender="38000", text="")


@pytest.mark.parametrize(
    "parameters",
    [{}, {"status": "3"}, {"apimsgid": "5d72"}, {"apimsgid": "5d72", "status": "x"}, {"from": "336", "status": ["3"]}],
)
def test_calls_of_others(account: Gateway, parameters: dict[str, object]) -> None:
    with pytest.raises(WebhookRejected):
        news(account, **parameters)


@pytest.mark.parametrize("date_format", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"])
async def test_replies_as_they_really_come(
    account: Gateway, simulator: Simulator, home: Calls, date_format: str
) -> None:
    simulator.accounts[HOUSE].reply_date_format = date_format
    result = await send_one(account)
    await simulator.settle()
    await simulator.answer(result.message.to, "Oui")
    (reply,) = account.parse_webhook(home.webhook_calls[-1])
    assert isinstance(reply, IncomingMessage)
    assert reply.sent_at is not None
    assert abs((reply.sent_at - datetime.now(UTC)).total_seconds()) < 60


async def test_an_endless_id_is_none(account: Gateway, respond: Respond) -> None:
    """It would fill the disk."""
    respond("ID: " + "9" * 101, cmd="sendsms")
    result = await send_one(account)
    assert result.message_id != "9" * 101
    respond("ID: " + "9" * 100, cmd="sendsms")
    assert (await send_one(account, 5602)).message_id == "9" * 100
