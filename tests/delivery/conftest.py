"""Databases, outboxes, a worker with a toy gateway, and a whole Home Assistant, for the tests of delivery."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
import time
from typing import Any

import aiohttp
import pytest

from custom_components.texting import messenger
from custom_components.texting.delivery import worker
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from custom_components.texting.storage import entry_state
from homeassistant.core import HomeAssistant
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.loop_clock import LoopClock
from tests.support.clock import ACCOUNT, Clocks
from tests.support.engine import RESULT_TIMEOUT, House
from tests.support.records import UpdateLog
from tests.support.toy_gateway import Bench, ToyGateway


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[MessageDatabase]:
    """An open database. It is closed after the test."""
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def noise() -> list[dict[str, Any]]:
    """The errors that asyncio reports to the loop."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    return heard


@pytest.fixture
def clocks() -> Clocks:
    """Clocks that the test moves."""
    return Clocks()


@pytest.fixture
def log() -> UpdateLog:
    """The updates that the outbox published."""
    return UpdateLog()


@pytest.fixture
def memory_outbox(clocks: Clocks, log: UpdateLog) -> Outbox:
    """An outbox that saves nothing."""
    return Outbox(ACCOUNT, MessageDatabase(Path("unused")), log, now=clocks.now, time=clocks.time)


@pytest.fixture
async def loop_clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """The clock of the loop. It moves only when the test moves it."""
    return LoopClock(asyncio.get_running_loop(), monkeypatch, stands_still=True)


@pytest.fixture
async def bench(database: MessageDatabase, clocks: Clocks, loop_clock: LoopClock) -> AsyncIterator[Bench]:
    """An outbox and a worker with a toy gateway. The worker is stopped after the test."""
    bench = Bench(database, ToyGateway(), clocks, loop_clock)
    yield bench
    bench.worker.stop()
    bench.gateway.open.set()
    if bench.worker.requests:
        await asyncio.wait(bench.worker.requests)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP session. It is closed after the test."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, and let an action wait for a result until the test ends its time."""
    monkeypatch.setattr(worker, "MIN_RETRY", 0.02)
    monkeypatch.setattr(worker, "MAX_RETRY", 0.02)
    monkeypatch.setattr(messenger, "RESULT_TIMEOUT", RESULT_TIMEOUT)
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)


@pytest.fixture
def pass_time(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """Return a function that moves the clocks forward. They run as always in addition, since retries are quick here."""
    clock, time_of_day, passed = hass.loop.time, time.time, 0.0
    monkeypatch.setattr(hass.loop, "time", lambda: clock() + passed)
    monkeypatch.setattr(time, "time", lambda: time_of_day() + passed)

    async def jump(seconds: float, *, background: bool = True, wait: bool = True) -> None:
        nonlocal passed
        passed += seconds
        for _ in range(3):
            await asyncio.sleep(0)
        if wait:
            await hass.async_block_till_done(wait_background_tasks=background)

    return jump


type Enter = Callable[..., Awaitable[House]]


@pytest.fixture
async def enter(hass: HomeAssistant, simulator: Simulator, set_up: SetUp, pass_time: PassTime) -> AsyncIterator[Enter]:
    """A function that sets up an account and forgets the requests made so far."""

    async def move_in(provider: Provider, **values: dict[str, Any]) -> House:
        home = House(hass, simulator, provider, await set_up(provider, **values), pass_time)
        simulator.clear_requests()
        return home

    yield move_in
    # No retry may need a socket after the test.
    for state in hass.data.get(entry_state._STATES, {}).values():
        if state.worker:
            state.worker.stop()
            for request in state.worker.requests:
                request.cancel()
