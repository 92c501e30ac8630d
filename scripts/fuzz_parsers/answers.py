"""The parsers of providers' answers: each call of each gateway, over a session that answers with damaged bodies."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
import json
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from custom_components.texting.gateway.base import Gateway, accepted
from custom_components.texting.gateway.connection_check import Outcome, check_connection
from custom_components.texting.gateway.errors import GatewayError
from custom_components.texting.gateway.message import Message, SendResult, VoiceBroadcast
from custom_components.texting.gateway.orders import Card, KeywordSetup
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import create_gateway, textinghouse

from .corpus import RESPONSES
from .mutate import Mutator
from .parser import AnyParser, Parser
from .wrong_types import check_types

TEXT = "The door is open"
REFERENCES = ("01M8E89CQVGTQ5S6X7RJ4DCSRC", "01M8E89CS25R3FM8HSS6743TBJ", "01M8E89CP8ZV7J2TEHMNM7R82G")
NUMBERS: Mapping[Provider, Sequence[str]] = {
    Provider.TEXTINGHOUSE: ("+33612345601", "+33612345602", "+33612345603"),
    Provider.TEXTIOPRO: ("+33612345601", "+33612345602", "+33612345603"),
    Provider.CLUB_TEXTING: ("+12125555601", "+12125555602", "+12125555603"),
    Provider.GROUP_TEXTING: ("+12125555601", "+12125555602", "+12125555603"),
    Provider.THESMSPOINT: ("+919812345601", "+919812345602", "+919812345603"),
}
LOGIN = {"username": "demo", "password": "demo-password", "url": "https://provider.invalid"}
ACCOUNTS: Mapping[Provider, Mapping[str, str]] = {
    Provider.TEXTINGHOUSE: LOGIN | {"backup_url": "https://backup.invalid"},
    Provider.TEXTIOPRO: LOGIN
    | {"api_token": "7|demoTokenTextioPro", "sender_id": "MyHome", "own_number": "33612345600"},
    Provider.CLUB_TEXTING: LOGIN,
    Provider.GROUP_TEXTING: LOGIN,
    Provider.THESMSPOINT: LOGIN
    | {"api_key": "demo-key", "sender_id": "HOMEHA", "template_id": "1107000000000000004", "channel": "1"},
}
CARD = Card(
    first_name="Anna", last_name="Lindqvist", address="1 Main Street", city="New York", state="NY", zip="10001",
    country="US", type="Visa", number="4111 1111 1111 1111", code="937", month="12", year="99",
)  # fmt: skip
STATUSES = (*[200] * 12, 201, 204, 301, 303, 400, 401, 402, 403, 404, 405, 409, 422, 429, 500, 502, 503, 504)
URL_ASKED = URL("https://provider.invalid/path")
HEADERS = ("Retry-After", "Date", "Location", "Content-Type", "Content-Length", "Set-Cookie", "cf-mitigated")


class UnexpectedError(Exception):
    """A gateway met an error that it did not expect, and made an outcome of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the transport sees it."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    url: URL = URL_ASKED

    @property
    def content(self) -> Answer:
        """The stream of the body."""
        return self

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Iterate over the body in chunks."""
        for begin in range(0, len(self.body), size):
            yield self.body[begin : begin + size]

    def close(self) -> None:
        """Close nothing."""


NO_ANSWER = Answer(503, CIMultiDict(), b"")


class AnsweringSession:
    """A session that answers each request with the next of some responses; the last one answers all others."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        """Begin with the first."""
        self._answers: Iterator[Answer] = iter(answers)
        self._last = answers[0]

    @asynccontextmanager
    async def request(self, _method: str, _url: str, **_parts: Any) -> AsyncIterator[Answer]:
        """Answer a request."""
        self._last = next(self._answers, self._last)
        yield self._last


# -- inputs ----------------------------------------------------------------------------------------------------------


def make_answers(paths: Sequence[str]) -> Callable[[Mutator, bool], Sequence[Answer]]:
    """Return a function that makes up to three responses from what the provider answers at these paths."""
    known = [(status, body) for path in paths for status, body in RESPONSES[path]]

    def make(mutator: Mutator, is_large: bool) -> Sequence[Answer]:
        count = 1 if is_large else mutator.random.choice((1, 1, 2, 3))
        return [make_answer(mutator, known, is_large=is_large) for _ in range(count)]

    return make


def make_answer(mutator: Mutator, known: Sequence[tuple[int, str]], *, is_large: bool) -> Answer:
    """Return a damaged response."""
    status, body = mutator.random.choice(known)
    if mutator.chance(10):
        status = mutator.random.choice(STATUSES)
    return Answer(status, _headers(mutator), make_body(mutator, body, [each for _, each in known], is_large=is_large))


def make_body(mutator: Mutator, body: str, known: Sequence[str], *, is_large: bool) -> bytes:
    """Return a damaged body: mostly as JSON if it is JSON, else as a text."""
    if body[:1] in {"{", "["} and mutator.chance(85):
        try:
            value = json.loads(body)
        except ValueError:
            value = body
        body = mutator.json(mutator.value(value, is_large=is_large))
        if mutator.chance(5):
            body = mutator.text([body])
    else:
        body = mutator.text(known, is_large=is_large)
    return mutator.encoded(body)


def _headers(mutator: Mutator) -> CIMultiDict[str]:
    headers = CIMultiDict[str]()
    if mutator.chance(8):
        headers[mutator.random.choice(HEADERS)] = mutator.text(
            ("120", "Wed, 21 Oct 2026 07:28:00 GMT", "https://a.example")
        )
    if mutator.chance(5):
        headers["Date"] = mutator.text(("Wed, 21 Oct 2026 07:28:00 GMT",))
        headers["Retry-After"] = mutator.text(("Wed, 21 Oct 2026 07:28:00 GMT",))
    return headers


# -- calls -----------------------------------------------------------------------------------------------------------

type Ask = Callable[[Gateway], Awaitable[object]]


def messages(gateway: Gateway, count: int = 1, **fields: Any) -> list[Message]:
    """Return messages to the provider's numbers."""
    pairs = list(zip(REFERENCES, NUMBERS[gateway.info.provider], strict=True))[:count]
    return [Message(**{"reference": reference, "to": number, "text": TEXT, **fields}) for reference, number in pairs]


def sent(gateway: Gateway, count: int = 1, **known: Any) -> list[SendResult]:
    """Return accepted messages."""
    return [
        accepted(message, **{"message_id": f"6b09593844a9{number}", **known})
        for number, message in enumerate(messages(gateway, count))
    ]


def send(count: int, **fields: Any) -> Ask:
    """Return a call that sends some messages."""
    return lambda gateway: send_all(gateway, messages(gateway, count, **fields))


async def send_all(gateway: Gateway, batch: Sequence[Message]) -> list[SendResult]:
    """Send messages; raise the first error, which stands in a result."""
    results = await gateway.send(batch)
    check_types(results)
    if error := next((result.error for result in results if result.error), None):
        raise error
    return results


async def read_all(rows: AsyncIterator[object]) -> list[object]:
    """Return all rows."""
    return [row async for row in rows]


async def read_incoming(gateway: Gateway) -> object:
    """Read incoming texts three times: the first time ever, again, and with known ids."""
    found = [await gateway.fetch_incoming(None), await gateway.fetch_incoming({"6b0959389a2f1"})]
    assert gateway.reads_incoming in {True, False}  # noqa: S101  it reads what was learned
    return found


async def check_all(gateway: Gateway) -> object:
    """Check the connection. It reports an unexpected error as an outcome."""
    findings = await check_connection(gateway, "01M8E89CQVGTQ5S6X7RJ4DCSRC" if gateway.info.test_number else None)
    for finding in findings:
        if finding.outcome is Outcome.UNEXPECTED:
            raise UnexpectedError(f"{finding.item}: {finding.notes}")
    return findings


async def look_up_lost(gateway: Gateway) -> object:
    """Look up lost messages, without a pause before the second time."""
    with patch.object(textinghouse, "ASK_AGAIN_AFTER", 0.0):
        return await gateway.resolve_unknown(messages(gateway, 2))


async def preview_templates(gateway: Gateway) -> object:
    """Read the templates, and check texts against them."""
    found = await gateway.fetch_templates()
    for template in (*[each.template_id for each in found[:3]], "1107000000000000004"):
        try:
            gateway.preview(messages(gateway, template_id=template)[0])
        except GatewayError:
            continue
    return found


def campaign(gateway: Gateway) -> list[Message]:
    """Return a message to contact groups."""
    return messages(gateway, to="6415907d0d7a6", group_size=3)


def keyword(gateway: Gateway) -> Awaitable[object]:
    """Set up a keyword."""
    return gateway.orders.set_up(KeywordSetup(keyword="lights", group="Home", autoreply="Hi", email="a@b.example"))


BROADCAST = VoiceBroadcast(numbers=("+12125555601",), caller_id="+12125555602", sound_url="https://a.example/a.wav")
EZ_CALLS: Mapping[str, tuple[Ask, Sequence[str]]] = {
    "send": (send(1), ["sending"]),
    "balance": (lambda gateway: gateway.fetch_balance(), ["credits/check"]),
    "buy": (lambda gateway: gateway.orders.buy_credits(CARD, 100), ["credits/buy"]),
    "keyword is free": (lambda gateway: gateway.orders.is_free("lights"), ["keyword/check"]),
    "keyword rent": (lambda gateway: gateway.orders.rent("lights", CARD), ["keyword/rent"]),
    "keyword set up": (keyword, ["keyword/setup"]),
}
CONTACT = ("6065ecdc9184a", "606732aec8705")
CALLS: Mapping[Provider, Mapping[str, tuple[Ask, Sequence[str]]]] = {
    Provider.TEXTINGHOUSE: {
        "send": (send(1), ["sendsms", "getstatus"]),
        "lost": (look_up_lost, ["getstatus"]),
        "reports": (lambda gateway: gateway.fetch_reports(sent(gateway, 3)), ["getstatus"]),
        "balance": (lambda gateway: gateway.fetch_balance(), ["getcredit"]),
        "verify": (lambda gateway: gateway.verify(), ["getcredit"]),
        "check": (check_all, ["getcredit", "sendsms", "getstatus"]),
    },
    Provider.TEXTIOPRO: {
        "send": (send(1), ["sms/send"]),
        "batch": (send(3), ["sms/send"]),
        "campaign": (lambda gateway: send_all(gateway, campaign(gateway)), ["sms/campaign"]),
        "scheduled": (send(1, send_at=datetime(2099, 1, 1, tzinfo=UTC)), ["me", "sms/send"]),
        "lost": (lambda gateway: gateway.resolve_unknown(messages(gateway, 3)), ["sms"]),
        "report": (lambda gateway: gateway.fetch_reports(sent(gateway)), ["sms/{}"]),
        "reports": (lambda gateway: gateway.fetch_reports(sent(gateway, 3, message_id=None)), ["sms", "sms/{}"]),
        "campaign report": (
            lambda gateway: gateway.fetch_reports([accepted(campaign(gateway)[0], message_id="606812e63f78b")]),
            ["campaign/{}/view"],
        ),
        "balance": (lambda gateway: gateway.fetch_balance(), ["balance"]),
        "incoming": (read_incoming, ["sms"]),
        "messages": (lambda gateway: read_all(gateway.fetch_messages(100)), ["sms"]),
        "message": (lambda gateway: gateway.fetch_message("606812e63f78b"), ["sms/{}"]),
        "profile": (lambda gateway: gateway.fetch_profile(), ["me"]),
        "groups": (lambda gateway: gateway.contacts.groups(), ["contacts"]),
        "group": (lambda gateway: gateway.contacts.group(CONTACT[0]), ["contacts/{}/show", "contacts/{}/all"]),
        "group create": (lambda gateway: gateway.contacts.create_group("Home"), ["contacts", "contacts/{}/show"]),
        "group rename": (lambda gateway: gateway.contacts.rename_group(CONTACT[0], "Home"), ["contacts/{}"]),
        "group delete": (lambda gateway: gateway.contacts.delete_group(CONTACT[0]), ["contacts/{}"]),
        "contacts": (lambda gateway: read_all(gateway.contacts.contacts(CONTACT[0])), ["contacts/{}/all"]),
        "contact": (lambda gateway: gateway.contacts.contact(*CONTACT), ["contacts/{}/search/{}"]),
        "contact create": (
            lambda gateway: gateway.contacts.create_contact(CONTACT[0], "+33612345601", {"first_name": "A"}),
            ["contacts/{}/store"],
        ),
        "contact update": (
            lambda gateway: gateway.contacts.update_contact(*CONTACT, "+33612345601", {}),
            ["contacts/{}/update/{}", "contacts/{}/search/{}"],
        ),
        "contact delete": (lambda gateway: gateway.contacts.delete_contact(*CONTACT), ["contacts/{}/delete/{}"]),
        "campaign state": (lambda gateway: gateway.contacts.campaign("606812e63f78b"), ["campaign/{}/view", "me"]),
        "check": (check_all, ["balance", "sms", "contacts", "me"]),
    },
    Provider.CLUB_TEXTING: {
        **EZ_CALLS,
        "carrier": (lambda gateway: gateway.look_up_carrier("+12125555601"), ["lookup"]),
        "voice": (lambda gateway: gateway.broadcast(BROADCAST), ["voicemessages"]),
    },
    Provider.GROUP_TEXTING: {**EZ_CALLS, "check": (check_all, ["credits/check"])},
    Provider.THESMSPOINT: {
        "send": (send(1), ["send-single-sms"]),
        "batch": (send(3), ["send-bulk-sms"]),
        "reports": (lambda gateway: gateway.fetch_reports(sent(gateway, 3, batch_id="77")), ["sms-delivery-status"]),
        "balance": (lambda gateway: gateway.fetch_balance(), ["get-sms-balance"]),
        "senders": (lambda gateway: gateway.fetch_senders(), ["get-sender-id"]),
        "templates": (preview_templates, ["get-templates"]),
        "check": (check_all, ["get-sms-balance", "get-sender-id", "get-templates"]),
    },
}


def new_gateway(provider: Provider, answers: Sequence[Answer]) -> Gateway:
    """Return a gateway whose requests get these answers."""
    session = cast("aiohttp.ClientSession", AnsweringSession(answers))
    return create_gateway(session, {"provider": provider, **ACCOUNTS[provider]})


def feed(loop: asyncio.AbstractEventLoop, provider: Provider, ask: Ask, answers: Sequence[Answer]) -> object:
    """Make a call."""
    return loop.run_until_complete(cast("Any", ask(new_gateway(provider, answers))))


def parsers(loop: asyncio.AbstractEventLoop) -> Iterator[AnyParser]:
    """Yield the parser of each call."""
    for provider, calls in CALLS.items():
        for name, (ask, paths) in calls.items():
            yield Parser(
                name=f"{provider} {name}",
                make=make_answers(paths),
                feed=partial(feed, loop, provider, ask),
                errors=(GatewayError,),
            )
