"""Gateways that talk to the simulator, and a home that it calls."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.texting.gateway.errors import GatewayError
from custom_components.texting.gateway.gateway import Gateway
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS, textinghouse
from custom_components.texting.gateway.transport import Transport
from tests.accounts import account_data
from tests.simulator import Simulator
from tests.simulator.customer import PUSHING

from .bench import Bench, Calls, GiveAnswer, OpenGateway
from .samples import KEY, PASSWORD, TOKEN


@pytest.fixture
async def session(_loopback: None) -> AsyncIterator[aiohttp.ClientSession]:
    """What the gateways share."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def gateway(simulator: Simulator, session: aiohttp.ClientSession) -> OpenGateway:
    """Open the simulator's default account at a provider, with other fields where given."""

    def open_gateway(provider: Provider, **fields: object) -> Gateway:
        kind = GATEWAYS[provider]
        transport = Transport(session, in_flight=kind.info.in_flight, busy=kind.info.busy)
        return kind(transport, {**account_data(provider, simulator), **fields})

    return open_gateway


@pytest.fixture
def account(request: pytest.FixtureRequest, gateway: OpenGateway) -> Gateway:
    """The default account at the provider of the test's module."""
    return gateway(request.module.PROVIDER)


@pytest.fixture
def answer(request: pytest.FixtureRequest, simulator: Simulator) -> GiveAnswer:
    """Let the provider of the test's module give the next request, or the next to a path, this very answer."""

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
    """Be the URL that every account which pushes calls."""
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
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait the ten seconds between two questions about a lost message."""
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no error that was made tells a secret, a whole number or a message."""
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
    """The provider of a parametrized test."""
    return Bench(provider, simulator, gateway, home)
