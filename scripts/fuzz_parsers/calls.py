"""The parsers of webhook calls: our whole handler with each provider's parser, over a request with a damaged body."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
import json
import time
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlencode

from aiohttp.web import Request
from multidict import CIMultiDict, MultiDict

from custom_components.texting.account import Account
from custom_components.texting.delivery.incoming import IncomingRecord, fingerprint
from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.message import DeliveryReport, IncomingMessage, WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.inbound.inbox import Inbox
from custom_components.texting.webhook import async_handle_call
from homeassistant.util.ulid import ulid_now

from .answers import NO_ANSWER, make_body, new_gateway
from .corpus import CALLS
from .mutate import LARGE, Mutator
from .parser import AnyParser, Parser

REFUSALS = {400, 408, 413}


class WrongResponseError(Exception):
    """The handler responded with a status that no call may get."""


class Refused(Exception):
    """The call was refused, and has no effect."""


@dataclass(slots=True)
class Call:
    """A request as our handler sees it."""

    method: str
    query: MultiDict[str]
    body: bytes
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    _at: int = 0

    @property
    def content(self) -> Call:
        """The stream of the body."""
        return self

    async def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the body."""
        begin, self._at = self._at, len(self.body) if size < 0 else self._at + size
        return self.body[begin : self._at]


class Receiver:
    """Stands for the account: it takes what a call says, and stores nothing."""

    def __init__(self, gateway: Gateway, inbox: Inbox) -> None:
        """Use the gateway's parser."""
        self.info = gateway.info
        self.gateway = SimpleNamespace(parse_webhook=self._parse)
        self.store = SimpleNamespace(memory=SimpleNamespace(webhook_refused=0), async_changed=lambda: None)
        self.calls = SimpleNamespace(async_called=lambda: None)
        self.found: Sequence[DeliveryReport | IncomingMessage] = ()
        self._gateway, self._inbox = gateway, inbox

    def _parse(self, call: WebhookCall) -> Sequence[object]:
        """Take what a call says. Our handler gets nothing, since it would answer a text."""
        self.found = self._gateway.parse_webhook(call)
        for each in self.found:
            if isinstance(each, IncomingMessage):
                self._inbox.receive(_record(each))
        return ()

    async def async_report(self, _reports: object) -> bool:
        """Take no report."""
        return True


def _record(incoming: IncomingMessage) -> IncomingRecord:
    return IncomingRecord(
        id=ulid_now(),
        entry_id="fuzz",
        message=incoming,
        received_at=time.time(),
        fingerprint=fingerprint("key", "fuzz", incoming.sender, incoming.text),
    )


def make_call(provider: Provider) -> Callable[[Mutator, bool], Call]:
    """Return a function that makes calls of a provider: in the query, as a form, or as JSON."""
    known = CALLS[provider]

    def make(mutator: Mutator, is_large: bool) -> Call:
        method, parameters = mutator.random.choice(known)
        if mutator.chance(10):
            method = mutator.random.choice(("GET", "POST", "PUT", "HEAD"))
        fields = (
            mutator.value(parameters, is_large=is_large and mutator.chance(30)) if mutator.chance(85) else parameters
        )
        query, body = MultiDict[str](), b""
        match mutator.random.randrange(4):
            case 0 if isinstance(fields, dict):
                query = MultiDict((name, str(value)) for name, value in fields.items())
            case 1 if isinstance(fields, dict):
                form = urlencode([(name, str(value)) for name, value in fields.items()], errors="replace")
                body = mutator.encoded(mutator.text([form], is_large=is_large) if mutator.chance(50) else form)
            case 2:
                body = mutator.encoded(mutator.json(fields))
            case _:
                document = json.dumps(parameters)
                body = make_body(mutator, document, [document], is_large=is_large)
        return Call(method, query, body[: LARGE + mutator.random.choice((0, 0, 0, 1, 9))])

    return make


def feed(loop: asyncio.AbstractEventLoop, gateway: Gateway, inbox: Inbox, call: Call) -> object:
    """Let our handler handle a call, and return what it says; raise Refused if it is refused."""
    receiver = Receiver(gateway, inbox)
    response = loop.run_until_complete(async_handle_call(cast("Account", receiver), cast("Request", call)))
    if response.status in REFUSALS:
        raise Refused
    if response.status != 200:  # noqa: PLR2004  HTTP's
        raise WrongResponseError(str(response.status))
    return receiver.found


def parsers(loop: asyncio.AbstractEventLoop) -> Iterator[AnyParser]:
    """Yield the webhook of each provider that has one."""
    for provider, gateway_type in GATEWAYS.items():
        if gateway_type.info.uses_webhook:
            gateway, inbox = new_gateway(provider, [NO_ANSWER]), Inbox(loop.time, time.time)
            yield Parser(
                name=f"{provider} webhook",
                make=make_call(provider),
                feed=partial(feed, loop, gateway, inbox),
                errors=(Refused,),
                weight=4,
            )
