"""Fixtures: gateways that talk to the simulator, and a webhook that it calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
import ssl
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import GatewayError
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import create_gateway, textinghouse
from custom_components.texting.gateway.transport import Transport
from tests.simulator import Simulator
from tests.simulator.customer import PUSHING
from tests.simulator.loop_clock import LoopClock
from tests.support.accounts import account_data
from tests.support.gateways import Bench, Calls, OpenGateway, Respond, Serve
from tests.support.samples import KEY, PASSWORD, TOKEN


@pytest.fixture
async def loop_clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """Return the clock of the loop, for the test to move."""
    return LoopClock(asyncio.get_running_loop(), monkeypatch)


@pytest.fixture
async def session(_loopback: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return the session that the gateways share."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def transport(session: aiohttp.ClientSession) -> Transport:
    """Return a transport for two requests at the same time."""
    return Transport(session, in_flight=2)


@pytest.fixture
async def serve(_loopback: None) -> AsyncIterator[Serve]:
    """Return a function that starts a server; it returns the address without the scheme."""
    runners: list[web.ServerRunner] = []

    async def start(
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], context: ssl.SSLContext | None = None
    ) -> str:
        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return f"127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def gateway(simulator: Simulator, session: aiohttp.ClientSession) -> OpenGateway:
    """Return a function that creates the gateway of the simulator's default account; fields override the account's."""

    def open_gateway(provider: Provider, **fields: object) -> Gateway:
        return create_gateway(session, {**account_data(provider, simulator), **fields})

    return open_gateway


@pytest.fixture
def account(request: pytest.FixtureRequest, gateway: OpenGateway) -> Gateway:
    """Return the gateway of the default account at the module's PROVIDER."""
    return gateway(request.module.PROVIDER)


@pytest.fixture
def respond(request: pytest.FixtureRequest, simulator: Simulator) -> Respond:
    """Return a function that sets the next response of the module's PROVIDER, for any path or one path."""

    def give(
        body: object, path: str | None = None, *, status: int = 200, times: int | None = 1, cmd: str | None = None
    ) -> None:
        params = {"cmd": cmd} if cmd else None
        simulator.faults.add(
            request.module.PROVIDER, "answer", times, path=path, params=params, body=body, status=status
        )

    return give


@pytest.fixture
async def home(simulator: Simulator) -> AsyncIterator[Calls]:
    """Return the webhook of all accounts that push."""
    receiver = Calls()
    runner = web.ServerRunner(web.Server(receiver.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    for provider in PUSHING:
        simulator.accounts[provider].callback_url = receiver.url
    yield receiver
    await runner.cleanup()


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait ten seconds between two look-ups of a lost message."""
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)


@pytest.fixture(autouse=True)
def _no_secrets_in_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check after each test that no error holds a secret, a whole number or a message."""
    texts: list[str] = []
    make = GatewayError.__init__

    def remember(self: GatewayError, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        texts.append(f"{self} {self!r} {self.detail}")

    monkeypatch.setattr(GatewayError, "__init__", remember)
    yield
    for secret in (
        TOKEN,
        TOKEN.partition("|")[2],
        KEY,
        PASSWORD,
        "The door is open",
        "61234",
        "12555",
        "981234",
        "4111",
        "Lindqvist",
    ):
        assert not [text for text in texts if secret in text]


@pytest.fixture
def bench(provider: Provider, simulator: Simulator, gateway: OpenGateway, home: Calls) -> Bench:
    """Return the bench of the provider of a parametrized test."""
    return Bench(provider, simulator, gateway, home)
