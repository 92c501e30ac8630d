"""Fixtures: a running simulator, and a customer with a callback URL."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
import pytest

from . import Simulator
from .customer import PUSHING, Client, Home
from .loop_clock import LoopClock


@pytest.fixture
async def loop_clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """The clock of the loop, for the test to move."""
    return LoopClock(asyncio.get_running_loop(), monkeypatch)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a simulator."""
    async with Simulator() as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    """Return a customer of all providers."""
    async with aiohttp.ClientSession() as session:
        yield Client(simulator, session)


@pytest.fixture
async def home(simulator: Simulator) -> AsyncIterator[Home]:
    """Return the callback URL of all accounts that push."""
    receiver = Home()
    runner = web.ServerRunner(web.Server(receiver.handle, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    for provider in PUSHING:
        simulator.accounts[provider].callback_url = receiver.url
    yield receiver
    await runner.cleanup()
