"""Club Texting's voice broadcasts and carrier lookups: all codes, carriers and lost responses."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    BroadcastRejected,
    CarrierUnknown,
    Declined,
    Field,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    LoginOrApiRefused,
    MessageRejected,
    OutcomeUnknown,
    RateLimited,
    Unsupported,
)
from custom_components.texting.gateway.message import VoiceBroadcast
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond

PROVIDER = Provider.CLUB_TEXTING
NUMBERS = ("+12125555601", "+12125555602")
CALL: dict[str, Any] = {"numbers": NUMBERS, "caller_id": "+12125550000", "sound_file": "alarm.wav"}
FROM_URL: dict[str, Any] = {**CALL, "sound_file": None, "sound_url": "https://example.com/alarm.wav"}


def call(**changes: Any) -> VoiceBroadcast:
    """Return a broadcast; fields override the defaults."""
    return VoiceBroadcast(**{**CALL, **changes})


# -- voice broadcast -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sound"),
    [(CALL, {"SoundFile": "alarm.wav"}), (FROM_URL, {"SoundSource": "https://example.com/alarm.wav"})],
)
async def test_what_is_asked(
    account: Gateway, simulator: Simulator, fields: dict[str, Any], sound: dict[str, str]
) -> None:
    await account.broadcast(VoiceBroadcast(**{**fields, "numbers": (*NUMBERS, NUMBERS[0])}))
    (request,) = simulator.requests()
    assert (request.method, request.path, request.query) == ("POST", "/api/voicemessages/", {})
    assert request.params == {
        "User": "demo",
        "Pass": "demo-password",
        "PhoneNumbers[]": ["2125555601", "2125555602"],
        "CallerID": "2125550000",
        **sound,
    }
    assert simulator.accounts[PROVIDER].credit == 498


async def test_no_credit(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[PROVIDER].credit = Decimal(1)
    with pytest.raises(InsufficientCredit):
        await account.broadcast(call())


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({**CALL, "sound_file": "none.wav"}, Field.SOUND_FILE, "-5"),
        ({**FROM_URL, "sound_url": "https://example.com/alarm.mp3"}, Field.SOUND_URL, "-6"),
    ],
)
async def test_sounds_that_are_refused(account: Gateway, fields: dict[str, Any], field: Field, code: str) -> None:
    with pytest.raises(BroadcastRejected) as caught:
        await account.broadcast(VoiceBroadcast(**fields))
    assert (caught.value.field, caught.value.code) == (field, code)


CODES: list[tuple[str, type[GatewayError], Field | None]] = [
    ("-1", LoginOrApiRefused, None),
    ("-2", InsufficientCredit, None),
    ("-3", BroadcastRejected, Field.CALLER_ID),
    ("-4", BroadcastRejected, Field.NUMBERS),
    ("-5", BroadcastRejected, Field.SOUND_FILE),
    ("-6", BroadcastRejected, Field.SOUND_URL),
    ("-7", BroadcastRejected, Field.REQUEST),
    ("-10", OutcomeUnknown, None),
    ("-99", Declined, None),
    ("2", InvalidResponse, None),
    ("0", InvalidResponse, None),
    ("", InvalidResponse, None),
    ("<html>1</html>", InvalidResponse, None),
]


@pytest.mark.parametrize("given", CODES, ids=str)
async def test_every_code_of_a_broadcast(account: Gateway, simulator: Simulator, respond: Respond, given: Any) -> None:
    body, kind, field = given
    respond(body)
    with pytest.raises(kind) as caught:
        await account.broadcast(call())
    assert type(caught.value) is kind
    assert getattr(caught.value, "field", None) is field
    assert len(simulator.requests()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"numbers": ()}, Field.NUMBERS),
        ({"numbers": (*NUMBERS, "+33612345601")}, Field.NUMBERS),
        ({"caller_id": ""}, Field.CALLER_ID),
        ({"caller_id": "12345"}, Field.CALLER_ID),
        ({"sound_file": None}, Field.REQUEST),
        ({"sound_url": "https://example.com/a.wav"}, Field.REQUEST),
        ({"sound_file": " "}, Field.SOUND_FILE),
        ({"sound_file": "a\ud800"}, Field.SOUND_FILE),
        ({"sound_file": None, "sound_url": "alarm.wav"}, Field.SOUND_URL),
        ({"sound_file": None, "sound_url": ""}, Field.SOUND_URL),
    ],
)
async def test_calls_that_never_leave(
    account: Gateway, simulator: Simulator, changes: dict[str, Any], field: Field
) -> None:
    with pytest.raises(BroadcastRejected) as caught:
        await account.broadcast(call(**changes))
    assert (caught.value.field, caught.value.code) == (field, None)
    assert simulator.requests() == []


@pytest.mark.parametrize("kind", ["cut", "html", "http_error"])
@pytest.mark.parametrize("accept", [False, True])
async def test_a_lost_call_is_never_repeated(account: Gateway, simulator: Simulator, kind: str, accept: bool) -> None:
    simulator.faults.add(PROVIDER, kind, accept=accept)
    with pytest.raises(OutcomeUnknown):
        await account.broadcast(call())
    assert len(simulator.requests()) == 1
    assert len(simulator.messages()) == (2 if accept else 0)


async def test_a_busy_provider_has_not_called(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(PROVIDER, "unavailable")
    with pytest.raises(RateLimited):
        await account.broadcast(call())
    assert simulator.messages() == []


# -- carrier lookup --------------------------------------------------------------------------------------------------


async def test_what_is_asked_of_a_number(account: Gateway, simulator: Simulator) -> None:
    assert await account.look_up_carrier("+12125555601") == "VERIZONUS"
    (request,) = simulator.requests()
    assert (request.method, request.path, request.query) == ("POST", "/api/lookup", {})
    assert request.params == {"User": "demo", "Pass": "demo-password", "PhoneNumber": "2125555601"}


@pytest.mark.parametrize("word", ["T-Mobile USA, Inc.", "ATT", "U.S. Cellular", "O2", "Vidéotron"])
async def test_carriers(account: Gateway, respond: Respond, word: str) -> None:
    respond(f" {word}\r\n")
    assert await account.look_up_carrier("+12125555601") == word


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        ("+12125550004", CarrierUnknown, "UNKNOWN"),
        ("+12125550006", CarrierUnknown, "FAILURE"),
        ("+12125550009", RateLimited, "-4"),
        ("+33612345601", MessageRejected, "-2"),
    ],
)
async def test_numbers_without_a_carrier(account: Gateway, number: str, kind: type[GatewayError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await account.look_up_carrier(number)
    assert (type(caught.value), caught.value.code) == (kind, code)
    if kind is MessageRejected:
        assert caught.value.reason is FailureReason.INVALID_NUMBER


async def test_a_lookup_costs(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[PROVIDER].credit = Decimal(0)
    with pytest.raises(InsufficientCredit) as caught:
        await account.look_up_carrier("+12125555601")
    assert caught.value.code == "-3"


async def test_a_lookup_with_a_wrong_login(gateway: OpenGateway) -> None:
    with pytest.raises(LoginOrApiRefused):
        await gateway(PROVIDER, password="wrong").look_up_carrier("+12125555601")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("", 200, InvalidResponse),
        ("<html>VERIZONUS</html>", 200, InvalidResponse),
        ("VERIZONUS\nATT", 200, InvalidResponse),
        ("a" * 61, 200, InvalidResponse),
        ("VERIZONUS", 500, InvalidResponse),
        ("12125555601", 200, InvalidResponse),
        ("1", 200, InvalidResponse),
        ("-99", 200, Declined),
        ("-1", 500, LoginOrApiRefused),
        ("", 503, RateLimited),
    ],
)
async def test_what_is_no_carrier(
    account: Gateway, respond: Respond, body: str, status: int, kind: type[GatewayError]
) -> None:
    respond(body, status=status)
    with pytest.raises(kind) as caught:
        await account.look_up_carrier("+12125555601")
    assert type(caught.value) is kind


# -- other brands ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [each for each in Provider if each is not PROVIDER])
async def test_who_has_no_calls_and_no_carriers(gateway: OpenGateway, simulator: Simulator, provider: Provider) -> None:
    with pytest.raises(Unsupported):
        await gateway(provider).broadcast(call())
    with pytest.raises(Unsupported):
        await gateway(provider).look_up_carrier("+12125555601")
    assert simulator.requests() == []
