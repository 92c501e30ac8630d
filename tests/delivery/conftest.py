"""An outbox for a test, open, and closed after it; a book with clocks that are told how late it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from custom_components.texting import line
from custom_components.texting.delivery import worker
from custom_components.texting.delivery.book import Book
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import Record
from custom_components.texting.gateway import transport
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from custom_components.texting.gateway.transport import Transport
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator

from .clock import Clocks
from .through import WITHIN, House
from .toy import Bench, Toy


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    yield outbox
    await outbox.close()


@pytest.fixture
async def noise() -> list[dict[str, Any]]:
    """What asyncio complains of."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    return heard


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def taken() -> list[Record]:
    """The messages that the gateway has accepted, or may have."""
    return []


@pytest.fixture
def book(clocks: Clocks, taken: list[Record]) -> Book:
    return Book(clocks.now, clocks.today, on_taken=taken.append)


@pytest.fixture
async def bench(outbox: Outbox, clocks: Clocks, session: aiohttp.ClientSession) -> AsyncIterator[Bench]:
    """A worker with a gateway that answers as it is told to."""
    bench = Bench(outbox, Toy(Transport(session, in_flight=1)), clocks)
    yield bench
    bench.worker.stop()
    bench.gateway.open.set()
    if bench.worker.requests:
        await asyncio.wait(bench.worker.requests)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 20 ms where it would be 2 s."""
    monkeypatch.setattr(worker, "FASTEST_RETRY", 0.02)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, hasty: None) -> None:
    """Let nothing that waits for a gateway wait for long."""
    monkeypatch.setattr(line, "ANSWER_WITHIN", WITHIN)
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)
    monkeypatch.setattr(transport, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))


type Enter = Callable[..., Awaitable[House]]


@pytest.fixture
def enter(hass: HomeAssistant, simulator: Simulator, set_up: SetUp) -> Enter:
    """Set up an account, and count requests from then on."""

    async def move_in(provider: Provider, **values: dict[str, Any]) -> House:
        home = House(hass, simulator, provider, await set_up(provider, **values))
        simulator.clear_requests()
        return home

    return move_in
