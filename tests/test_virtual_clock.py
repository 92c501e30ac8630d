"""The clock that jumps: order, threads, sockets and the time of day."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
import threading
import time
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.texting.gateway.provider import Provider
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.simulator.people import ScriptedReply
from tests.support.home import first_number, notify, notify_entities
from tests.support.virtual_clock import VirtualClock

DAY = 86400.0
# 2026-03-29 00:30 UTC, half an hour before summer time begins in Paris.
NIGHT = 1774744200.0


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
    """The clock of the test's loop."""
    return VirtualClock(asyncio.get_running_loop(), monkeypatch, NIGHT)


async def test_a_year_passes_in_order(clock: VirtualClock) -> None:
    """Timers run in the order of their moments, and each at its moment."""
    begin, seen = clock(), []

    async def work(name: str, seconds: float) -> None:
        for _ in range(3):
            await asyncio.sleep(seconds)
            seen.append((name, round(clock() - begin)))

    await asyncio.gather(work("hour", 3600.0), work("year", 365 * DAY), work("minutes", 4000.0))
    assert seen == [
        ("hour", 3600),
        ("minutes", 4000),
        ("hour", 7200),
        ("minutes", 8000),
        ("hour", 10800),
        ("minutes", 12000),
        *(("year", round(years * 365 * DAY)) for years in (1, 2, 3)),
    ]


async def test_a_thread_ends_before_time_passes(clock: VirtualClock) -> None:
    """No timer comes while a job of a thread is under way."""
    begin, entered, may_end = clock(), threading.Event(), threading.Event()

    def job() -> float:
        entered.set()
        may_end.wait()
        return clock()

    with ThreadPoolExecutor(1) as thread:
        timer = asyncio.create_task(asyncio.sleep(0.5))
        working = asyncio.get_running_loop().run_in_executor(thread, job)
        releasing = threading.Thread(target=lambda: (entered.wait(), time.sleep(0.05), may_end.set()))
        releasing.start()
        assert await working == begin
        releasing.join()
        assert not timer.done()
        await timer
    assert clock() == pytest.approx(begin + 0.5)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_response_comes_before_a_timeout(clock: VirtualClock) -> None:
    """What goes through a socket of this machine arrives while the time stands still."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for _ in range(20):
            begin = clock()
            async with asyncio.timeout(0.001):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"Hello\n")
                assert await reader.readline() == b"Hello\n"
            writer.close()
            assert clock() == begin


@pytest.mark.parametrize("seconds", [DAY, -DAY, 3600.0, -3600.0])
async def test_the_time_of_day_is_set(clock: VirtualClock, seconds: float) -> None:
    """A clock that is set moves no timer."""
    begin, at = clock(), time.time()
    timer = asyncio.create_task(asyncio.sleep(60.0))
    await asyncio.sleep(10.0)
    clock.set_time(seconds)
    await timer
    assert clock() == pytest.approx(begin + 60.0)
    assert time.time() == pytest.approx(at + seconds + 60.0)


async def test_summer_time_begins(clock: VirtualClock) -> None:
    """The hour that does not exist takes no time."""
    zone = ZoneInfo("Europe/Paris")
    await asyncio.sleep(1700.0)
    before = datetime.fromtimestamp(time.time(), zone)
    await asyncio.sleep(200.0)
    after = datetime.fromtimestamp(time.time(), zone)
    assert (before.hour, after.hour) == (1, 3)
    assert after.timestamp() - before.timestamp() == pytest.approx(200.0)
    assert clock.time() == time.time()


async def test_hours_pass_in_a_whole_home(
    hass: HomeAssistant,
    simulator: Simulator,
    set_up: SetUp,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the database's thread, the web server and the simulated provider: somebody replies hours later."""
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    number = first_number(Provider.TEXTINGHOUSE)
    simulator.people.script(number, ScriptedReply(to="Hello", text="Here I am", after=3 * 3600.0))
    replied = async_capture_events(hass, EVENT_STATE_CHANGED)
    clock = VirtualClock(hass.loop, monkeypatch, time.time())
    began = clock()
    await notify(hass, notify_entities(Provider.TEXTINGHOUSE)[0], "Hello")
    assert clock() < began + 60.0
    await simulator.settle()
    await simulator.people.settle()
    assert simulator.people.given[-1].status == 200
    assert clock() == pytest.approx(began + 3 * 3600.0, abs=60.0)
    assert any(event.data["entity_id"].startswith("event.") for event in replied)
