"""The codes of Club Texting and Group Texting for keywords, credits, calls and lookups: each once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    BroadcastRejected,
    CarrierUnknown,
    Declined,
    Field,
    FieldRejected,
    GatewayError,
    InsufficientCredit,
    KeywordTaken,
    MessageRejected,
    OrderTooSmall,
    OrderUnknown,
    OutcomeUnknown,
    RateLimited,
    SetupRejected,
    Unsupported,
)
from custom_components.texting.gateway.message import VoiceBroadcast
from custom_components.texting.gateway.orders import KeywordSetup
from custom_components.texting.gateway.provider import Provider
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.gateways import OpenGateway
from tests.support.samples import CARD

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])
CALL = VoiceBroadcast(numbers=("+12125550142", "+12125550143"), caller_id="+12125550100", sound_file="alarm.wav")

type Operation = Callable[[Gateway], Awaitable[Any]]

OPERATIONS: dict[str, Operation] = {
    "keyword/check": lambda account: account.orders.is_free("home"),
    "credits/buy": lambda account: account.orders.buy_credits(CARD, 200),
    "keyword/rent": lambda account: account.orders.rent("home", CARD),
    "keyword/setup": lambda account: account.orders.set_up(KeywordSetup(keyword="home")),
    "voicemessages": lambda account: account.broadcast(CALL),
    "lookup": lambda account: account.look_up_carrier("+12125550142"),
}
CLUBS_OWN = ("voicemessages", "lookup")


@BRANDS
@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        pytest.param("keyword/check", "1", True, id="check 1"),
        pytest.param("keyword/check", "0", False, id="check 0"),
        pytest.param("credits/buy", "1", None, id="buy 1"),
        pytest.param("keyword/rent", "2", None, id="rent 2"),
        pytest.param("keyword/setup", "1", None, id="set up 1"),
        pytest.param("voicemessages", "1", None, id="call 1"),
        pytest.param("lookup", "VERIZONUS", "VERIZONUS", id="look up a word"),
    ],
)
async def test_what_succeeds(
    gateway: OpenGateway, simulator: Simulator, *, brand: Provider, path: str, code: str, expected: object
) -> None:
    if brand is GROUP and path in CLUBS_OWN:
        with pytest.raises(Unsupported):
            await OPERATIONS[path](gateway(brand))
        assert not simulator.requests()
        return
    simulator.faults.add(brand, "answer", body=code)
    assert await OPERATIONS[path](gateway(brand)) == expected
    (request,) = simulator.requests()
    slash = "" if path == "lookup" else "/"
    assert (request.method, request.path, request.query) == ("POST", f"/api/{path}{slash}", {})


@pytest.mark.parametrize(
    ("path", "code", "kind", "field"),
    [
        pytest.param("keyword/check", "-1", AuthenticationFailed, None, id="check -1"),
        pytest.param("keyword/check", "-2", Declined, None, id="check -2"),
        pytest.param("keyword/check", "-10", OutcomeUnknown, None, id="check -10"),
        pytest.param("credits/buy", "0", Declined, None, id="buy 0"),
        pytest.param("credits/buy", "-1", AuthenticationFailed, None, id="buy -1"),
        pytest.param("credits/buy", "-2", OrderTooSmall, None, id="buy -2"),
        pytest.param("credits/buy", "-10", OrderUnknown, None, id="buy -10"),
        pytest.param("keyword/rent", "1", KeywordTaken, None, id="rent 1"),
        pytest.param("keyword/rent", "0", Declined, None, id="rent 0"),
        pytest.param("keyword/rent", "-1", AuthenticationFailed, None, id="rent -1"),
        pytest.param("keyword/rent", "-10", OrderUnknown, None, id="rent -10"),
        pytest.param("keyword/setup", "-1", AuthenticationFailed, None, id="set up -1"),
        pytest.param("keyword/setup", "-2", SetupRejected, Field.KEYWORD, id="set up -2"),
        pytest.param("keyword/setup", "-3", SetupRejected, Field.GROUP, id="set up -3"),
        pytest.param("keyword/setup", "-4", SetupRejected, Field.EMAIL, id="set up -4"),
        pytest.param("keyword/setup", "-5", SetupRejected, Field.URL, id="set up -5"),
        pytest.param("keyword/setup", "-7", SetupRejected, Field.AUTOREPLY, id="set up -7"),
        pytest.param("keyword/setup", "-10", OutcomeUnknown, None, id="set up -10"),
        pytest.param("voicemessages", "-1", AuthenticationFailed, None, id="call -1"),
        pytest.param("voicemessages", "-2", InsufficientCredit, None, id="call -2"),
        pytest.param("voicemessages", "-3", BroadcastRejected, Field.CALLER_ID, id="call -3"),
        pytest.param("voicemessages", "-4", BroadcastRejected, Field.NUMBERS, id="call -4"),
        pytest.param("voicemessages", "-5", BroadcastRejected, Field.SOUND_FILE, id="call -5"),
        pytest.param("voicemessages", "-6", BroadcastRejected, Field.SOUND_URL, id="call -6"),
        pytest.param("voicemessages", "-7", BroadcastRejected, Field.REQUEST, id="call -7"),
        pytest.param("voicemessages", "-10", OutcomeUnknown, None, id="call -10"),
        pytest.param("lookup", "UNKNOWN", CarrierUnknown, None, id="look up UNKNOWN"),
        pytest.param("lookup", "FAILURE", CarrierUnknown, None, id="look up FAILURE"),
        pytest.param("lookup", "-1", AuthenticationFailed, None, id="look up -1"),
        pytest.param("lookup", "-2", MessageRejected, None, id="look up -2"),
        pytest.param("lookup", "-3", InsufficientCredit, None, id="look up -3"),
        pytest.param("lookup", "-4", RateLimited, None, id="look up -4"),
    ],
)
@BRANDS
async def test_what_is_refused(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    brand: Provider,
    path: str,
    code: str | None,
    kind: type[GatewayError],
    field: Field | None,
) -> None:
    if brand is GROUP and path in CLUBS_OWN:
        kind, code = Unsupported, None
    simulator.faults.add(brand, "answer", body=code or "1")
    with pytest.raises(GatewayError) as raised:
        await OPERATIONS[path](gateway(brand))
    assert isinstance(raised.value, kind)
    assert isinstance(raised.value, OrderUnknown) is (kind is OrderUnknown)
    assert raised.value.code == code
    assert not isinstance(raised.value, FieldRejected) or raised.value.field is field
    assert len(simulator.requests()) == (1 if code else 0)


@BRANDS
async def test_each_parameter_of_a_purchase(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    card = {
        "FirstName",
        "LastName",
        "Address",
        "City",
        "State",
        "Zip",
        "Country",
        "Type",
        "CCNumber",
        "CCCode",
        "Expm",
        "Expy",
    }
    for path, own in (("credits/buy", "Credits"), ("keyword/rent", "Keyword")):
        await OPERATIONS[path](gateway(brand))
        assert set(simulator.requests()[-1].params) == card | {"User", "Pass", own}
    for kind in ("MC", "Visa", "AX", "DS", "JCB"):
        assert kind in gateway(brand).orders.card_types


@BRANDS
async def test_each_parameter_of_a_setup(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    keyword = simulator.accounts[brand].keywords["home"] = Keyword()
    orders = gateway(brand).orders
    await orders.set_up(KeywordSetup(keyword="home"))
    assert keyword == Keyword()
    assert set(simulator.requests()[-1].params) == {"User", "Pass", "Keyword"}
    own = {"group": "Home", "autoreply": "A" * 160, "email": "home@example.com", "url": "https://example.com/hook"}
    await orders.set_up(KeywordSetup(keyword="HOME", **own))
    assert keyword == Keyword(**own)
    with pytest.raises(SetupRejected):
        await orders.set_up(KeywordSetup(keyword="home", autoreply="A" * 161))


@pytest.mark.parametrize(
    ("sound", "name"),
    [({"sound_file": "alarm.wav"}, "SoundFile"), ({"sound_url": "https://example.com/a.wav"}, "SoundSource")],
)
async def test_each_parameter_of_a_call(
    gateway: OpenGateway, simulator: Simulator, sound: dict[str, str], name: str
) -> None:
    await gateway(CLUB).broadcast(VoiceBroadcast(numbers=CALL.numbers, caller_id=CALL.caller_id, **sound))
    (request,) = simulator.requests()
    assert request.params["PhoneNumbers[]"] == ["2125550142", "2125550143"]
    assert request.params["CallerID"] == "2125550100"
    assert request.params[name] in sound.values()
    assert len(request.params) == 5
