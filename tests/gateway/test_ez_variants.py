"""How the EZ Texting platform really answers, where its documents say nothing or something else."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    LoginOrApiRefused,
    MessageRejected,
    WebhookRejected,
)
from custom_components.texting.gateway.message import Balance, IncomingMessage, IncomingType, WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import Calls, OpenGateway
from tests.support.samples import number, send_one

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])
JSON = {
    "id": "309112289003",
    "type": "inbound_text.received",
    "fromNumber": "12125550142",
    "toNumber": "13135550100",
    "message": "Yes",
    "received": "2026-09-14T17:06:31.042+00:00",
    "optIn": False,
    "optOut": False,
}
TEXT = IncomingMessage(
    sender="+12125550142",
    text="Yes",
    replied_message_id="309112289003",
    sent_at=datetime(2026, 9, 14, 17, 6, 31, 42000, tzinfo=UTC),
    takes_reply=False,
)


@BRANDS
async def test_as_it_was_recorded(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    """HTTP 200, text/html, a bare number, a session cookie, no subject needed."""
    simulator.use_variant(brand, "recorded")
    account = gateway(brand)
    await account.verify()
    assert (await send_one(account)).status is Status.ACCEPTED
    bad = await send_one(account, to="+12")
    assert (bad.reason, bad.provider_status) == (FailureReason.INVALID_NUMBER, "-106")


@pytest.mark.parametrize("slashes", [True, False])
async def test_the_carrier_is_looked_up_without_a_slash(
    gateway: OpenGateway, simulator: Simulator, slashes: bool
) -> None:
    simulator.accounts[CLUB].slashes = slashes
    assert await gateway(CLUB).look_up_carrier(number(CLUB)) == "VERIZONUS"
    assert [request.path for request in simulator.requests()] == ["/api/lookup"]


@BRANDS
async def test_the_legacy_api_is_closed_for_new_accounts(
    gateway: OpenGateway, simulator: Simulator, brand: Provider
) -> None:
    simulator.use_variant(brand, "closed-api")
    with pytest.raises(LoginOrApiRefused) as raised:
        await gateway(brand).verify()
    assert raised.value.code == "-1"
    result = await send_one(gateway(brand))
    assert (type(result.error), result.reason) == (LoginOrApiRefused, FailureReason.AUTHENTICATION)


async def test_a_count_that_differs_from_the_document(gateway: OpenGateway, simulator: Simulator) -> None:
    text = "=" * 20 + "a" * 130
    account = gateway(CLUB)
    assert (await send_one(account, text=text)).status is Status.ACCEPTED
    simulator.use_variant(CLUB, "counts-double")
    result = await send_one(account, text=text)
    assert isinstance(result.error, MessageRejected)
    assert (result.reason, result.provider_status) == (FailureReason.INVALID_MESSAGE, "-7")


@BRANDS
@pytest.mark.parametrize(("body", "amount"), [("499,50", "499.50"), ("500", "500"), ("0,5", "0.5")])
async def test_credit_with_a_comma(
    gateway: OpenGateway, simulator: Simulator, brand: Provider, body: str, amount: str
) -> None:
    simulator.faults.add(brand, "answer", body=body)
    assert await gateway(brand).fetch_balance() == [Balance(amount=Decimal(amount))]


# -- texts in JSON -------------------------------------------------------------------------------------------------


@pytest.fixture
def account(gateway: OpenGateway) -> Gateway:
    """Return an account of either brand; both read calls alike."""
    return gateway(GROUP)


def heard(account: Gateway, **changes: object) -> object:
    """Return what a JSON call says, with some of its fields changed. A change to ... leaves a field out."""
    fields = {name: value for name, value in {**JSON, **changes}.items() if value is not ...}
    (said,) = account.parse_webhook(WebhookCall(method="POST", parameters=fields))
    return said


def test_a_text_in_json(account: Gateway) -> None:
    assert heard(account) == TEXT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"optOut": True}, {"type": IncomingType.OPT_OUT}),
        ({"optOut": "true"}, {"type": IncomingType.OPT_OUT}),
        ({"optOut": True, "message": None}, {"type": IncomingType.OPT_OUT, "text": ""}),
        ({"message": "Stop"}, {"type": IncomingType.OPT_OUT, "text": "Stop"}),
        ({"optIn": True}, {"opts_in": True}),
        ({"optIn": 1, "optOut": "no"}, {}),
        ({"optIn": ..., "optOut": ..., "toNumber": ...}, {}),
        ({"fromNumber": 12125550142}, {}),
        ({"fromNumber": "2125550142"}, {}),
        ({"fromNumber": "38000"}, {"sender": "38000"}),
        ({"id": 309112289003}, {}),
        ({"id": ...}, {"replied_message_id": None}),
        ({"id": ""}, {"replied_message_id": None}),
        ({"id": ["1"]}, {"replied_message_id": None}),
        ({"received": "2026-09-14T17:06:31.042Z"}, {}),
        # The zone of a time without one is not known.
        ({"received": "2026-09-14T17:06:31"}, {"sent_at": None}),
        ({"received": "yesterday"}, {"sent_at": None}),
        ({"received": 1789405591}, {"sent_at": None}),
        ({"received": ...}, {"sent_at": None}),
    ],
)
def test_fields_of_a_text_in_json(account: Gateway, changes: dict[str, object], expected: dict[str, object]) -> None:
    said = heard(account, **changes)
    assert said == replace(TEXT, **expected)  # type: ignore[arg-type]
    # The id is that of the answered message, and never the text's own.
    assert isinstance(said, IncomingMessage)
    assert said.message_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "keyword.opt_in"},
        {"type": ["inbound_text.received"]},
        {"fromNumber": None},
        {"fromNumber": ["12125550142"]},
        {"message": {"text": "Yes"}},
        {"fromNumber": ...},
        {"type": ..., "message": ...},
    ],
)
def test_json_that_brings_no_text(account: Gateway, changes: dict[str, object]) -> None:
    with pytest.raises(WebhookRejected):
        heard(account, **changes)


@BRANDS
async def test_texts_in_json_as_they_really_come(
    gateway: OpenGateway, simulator: Simulator, home: Calls, brand: Provider
) -> None:
    simulator.use_variant(brand, "json")
    account = gateway(brand)
    result = await send_one(account)
    for text in ("On my way", "STOP", "start"):
        await simulator.answer(result.message.to, text)
    first, stop, start = (account.parse_webhook(call)[0] for call in home.webhook_calls)
    assert isinstance(first, IncomingMessage)
    assert isinstance(stop, IncomingMessage)
    assert isinstance(start, IncomingMessage)
    assert (first.sender, first.text, first.type) == (result.message.to, "On my way", IncomingType.REPLY)
    assert {each.replied_message_id for each in (first, stop, start)} == {simulator.messages()[0].id}
    assert (stop.type, start.opts_in) == (IncomingType.OPT_OUT, True)
    assert first.sent_at is not None
    assert abs((first.sent_at - datetime.now(UTC)).total_seconds()) < 60
