"""TextingHouse's documented responses (API SMS PRO 1.1.1): each once, with its consequence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import aiohttp
import pytest

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    LoginOrAddressRefused,
    MessageRejected,
    OutcomeUnknown,
)
from custom_components.texting.gateway.message import DeliveryReport, IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.textinghouse import CHARACTERS
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import Calls, OpenGateway, Respond
from tests.support.samples import commands, new_message, send_one

PROVIDER = HOUSE = Provider.TEXTINGHOUSE

type Cause = Callable[[Simulator], None]


def says(code: int) -> Cause:
    """Return a cause that sets a response which the client cannot cause."""

    def cause(simulator: Simulator) -> None:
        simulator.faults.add(HOUSE, "answer", body=f"ERR: {code} | Some words", times=None)

    return cause


def no_credit(simulator: Simulator) -> None:
    """Spend all credit."""
    simulator.accounts[HOUSE].credit = Decimal()


def other_password(simulator: Simulator) -> None:
    """Change the password on the site."""
    simulator.accounts[HOUSE].password = "another"


def lock(simulator: Simulator) -> None:
    """Turn on the IP lock for another address."""
    simulator.accounts[HOUSE].ip_locked = True


@pytest.mark.parametrize(
    ("cause", "code", "kind", "reason"),
    [
        pytest.param(says(100), "100", MessageRejected, FailureReason.OTHER, id="100"),
        pytest.param(other_password, "101", LoginOrAddressRefused, FailureReason.AUTHENTICATION, id="101"),
        pytest.param(lock, "101", LoginOrAddressRefused, FailureReason.AUTHENTICATION, id="101 IP lock"),
        pytest.param(no_credit, "104", InsufficientCredit, FailureReason.INSUFFICIENT_CREDIT, id="104"),
        pytest.param(says(300), "300", OutcomeUnknown, FailureReason.OTHER, id="300"),
        pytest.param(says(350), "350", OutcomeUnknown, FailureReason.OTHER, id="350 without a status"),
        pytest.param(says(400), "400", MessageRejected, FailureReason.INVALID_MESSAGE, id="400"),
    ],
)
async def test_error_codes_of_a_send(
    account: Gateway,
    simulator: Simulator,
    *,
    cause: Cause,
    code: str,
    kind: type[GatewayError],
    reason: FailureReason,
) -> None:
    cause(simulator)
    (result,) = await account.send([new_message(HOUSE)])
    assert type(result.error) is kind
    assert (result.error.code, result.error.reason) == (code, reason)
    assert commands(simulator).count("sendsms") == 1
    assert not simulator.messages()


async def test_flood_of_another_client(gateway: OpenGateway, simulator: Simulator) -> None:
    assert (await send_one(gateway(HOUSE))).status is Status.ACCEPTED
    again = await send_one(gateway(HOUSE))
    assert (again.status, again.reason, again.provider_status) == (Status.REJECTED, FailureReason.FLOOD, "350")
    # Another number or another text is no flood.
    assert (await send_one(gateway(HOUSE), 5602)).status is Status.ACCEPTED
    assert (await send_one(gateway(HOUSE), text="The door is open again")).status is Status.ACCEPTED


@pytest.mark.parametrize(
    ("message_id", "asked", "code"),
    [
        pytest.param("5d726149a129c829e8c23f7b", ["api_id", "climsgid"], "201", id="201 by TextingHouse's id"),
        pytest.param(None, ["climsgid"], "202", id="202 by our id"),
    ],
)
async def test_error_codes_of_a_status(
    account: Gateway, simulator: Simulator, message_id: str | None, asked: list[str], code: str
) -> None:
    sent = accepted(new_message(HOUSE), message_id=message_id)
    assert await account.fetch_reports([sent]) == []
    ids = {"api_id": message_id, "climsgid": sent.message.reference}
    # Never both in one request, because only api_id would count.
    assert [{name: request.params.get(name) for name in ids} for request in simulator.requests()] == [
        {name: value if name == by else None for name, value in ids.items()} for by in asked
    ]
    # The text beside the code does not count.
    simulator.faults.add(HOUSE, "answer", body=f"ERR: {code} | other words")
    assert await account.fetch_reports([sent]) == []


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        pytest.param("0", Status.ACCEPTED, None, id="0"),
        pytest.param("1", Status.SENT, None, id="1"),
        pytest.param("3", Status.DELIVERED, None, id="3"),
        pytest.param("4", Status.EXPIRED, FailureReason.EXPIRED, id="4"),
        pytest.param("5", Status.UNDELIVERED, FailureReason.OTHER, id="5"),
        pytest.param("6", Status.UNDELIVERED, FailureReason.OTHER, id="6"),
        pytest.param("7", Status.REJECTED, FailureReason.PROHIBITED, id="7"),
        pytest.param("20", Status.REJECTED, FailureReason.INSUFFICIENT_CREDIT, id="20"),
    ],
)
async def test_statuses_asked_for_and_pushed(
    account: Gateway, simulator: Simulator, home: Calls, *, code: str, status: Status, reason: FailureReason | None
) -> None:
    simulator.sent_after = None
    sent = await send_one(account)
    await simulator.set_status(simulator.messages()[0], code)
    for result in (sent, accepted(sent.message)):  # by either id
        (report,) = await account.fetch_reports([result])
        assert (report.status, report.reason, report.provider_status) == (status, reason, code)
    pushed = {news for call in home.webhook_calls for news in account.parse_webhook(call)}
    # 0 is the status that it had before.
    assert pushed == (set() if code == "0" else {replace(report, message_id=sent.message_id)})
    assert status.is_final is (code not in ("0", "1"))


async def test_the_documented_examples(account: Gateway, respond: Respond) -> None:
    respond("ID:5d726149a129c829e8c23f7b")
    assert (await send_one(account)).message_id == "5d726149a129c829e8c23f7b"
    respond("ERR: 101 | Authentication failed")
    assert isinstance((await send_one(account, 5602)).error, AuthenticationFailed)
    respond("3")
    assert (await account.fetch_reports([accepted(new_message(HOUSE), message_id="5d72")]))[
        0
    ].status is Status.DELIVERED
    respond("1423")
    assert (await account.fetch_balance())[0].amount == 1423


async def test_the_documented_callbacks(account: Gateway, home: Calls, session: aiohttp.ClientSession) -> None:
    ids = {"apimsgid": "5d726149a129c829e8c23f7b", "climsgid": "FR-6468446"}
    reply = {**ids, "from": "33600000000", "txt": "Texte du message", "date": "2019-04-01T13:09:16Z"}
    for body in ({**ids, "status": "3"}, reply):
        async with session.post(home.url, json=body) as response:
            assert response.status == 200
    status, text = [news for call in home.webhook_calls for news in account.parse_webhook(call)]
    assert isinstance(status, DeliveryReport)
    assert (status.status, status.message_id, status.reference) == (Status.DELIVERED, *ids.values())
    assert isinstance(text, IncomingMessage)
    assert (text.sender, text.text, text.replied_message_id) == ("+33600000000", "Texte du message", ids["apimsgid"])
    assert text.sent_at == datetime(2019, 4, 1, 13, 9, 16, tzinfo=UTC)


def test_the_documented_characters() -> None:
    pattern = (
        " 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZÄäàÅåÆæßÇèéÉìÖöòØøÑñÜüù#¤%&()*+,-./:;<>=§$!?£¿"
        "·@¡'\"\n[]{}~^|"
    )
    assert frozenset(pattern) == CHARACTERS


async def test_parameter_names_and_forms(account: Gateway, simulator: Simulator) -> None:
    await send_one(account, sender="Home2026abc")
    (request,) = simulator.requests()
    assert set(request.params) == {"user", "pass", "cmd", "to", "txt", "iscom", "climsgid", "from"}
    assert request.params["to"].isdecimal()
    assert len(request.params["climsgid"]) <= 32
    assert request.query == {}
