"""What every test of the integration may use: a simulator on 127.0.0.1, and accounts set up against it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
import time
from typing import Any, Protocol

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

# At module level: the test kit has a custom_components of its own, which would hide this one.
import custom_components.texting  # noqa: F401
from custom_components.texting import line
from custom_components.texting.delivery import worker
from custom_components.texting.gateway.provider import Provider
from homeassistant.components import webhook
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import aiohttp_client
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.accounts import new_entry
from tests.flows import Loopback
from tests.simulator import Simulator
from tests.tls import Impostor


@pytest.fixture(autouse=True)
def _home(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Where a test uses Home Assistant, let it find the integration, in a folder of its own; it stands in France."""
    if "recorder_mock" in request.fixturenames:
        # It has to be there before Home Assistant.
        request.getfixturevalue("async_test_recorder")
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        hass = request.getfixturevalue("hass")
        hass.config.country, hass.config.config_dir = "FR", str(tmp_path)


@pytest.fixture
def _loopback() -> Iterator[None]:
    """Open sockets to this machine, which the test kit closes."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture
async def simulator(_loopback: None) -> AsyncIterator[Simulator]:
    """All five gateways, with their default accounts."""
    async with Simulator() as running:
        yield running


type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, simulator: Simulator) -> SetUp:
    """Set up an account with its two recipients; data and options override what it has."""

    async def set_up_account(
        provider: Provider, *, data: dict[str, Any] | None = None, options: dict[str, Any] | None = None
    ) -> MockConfigEntry:
        entry = new_entry(provider, simulator, data=data, options=options)
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return set_up_account


@pytest.fixture
def impostor(_loopback: None, tmp_path: Path) -> Iterator[Impostor]:
    """A host on https whose certificate does not hold."""
    host = Impostor(tmp_path)
    host.start()
    yield host
    host.stop()


@pytest.fixture
def set_ups(hass: HomeAssistant) -> Iterator[Callable[[ConfigEntry], int]]:
    """How often an account was begun to be set up, each reload once."""
    begun: Counter[str] = Counter()
    states: dict[str, ConfigEntryState] = {}

    @callback
    def count(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.state is ConfigEntryState.SETUP_IN_PROGRESS is not states.get(entry.entry_id):
            begun[entry.entry_id] += 1
        states[entry.entry_id] = entry.state

    stop = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, count)
    yield lambda entry: begun[entry.entry_id]
    stop()


type Connect = Callable[[ConfigEntry], Awaitable[str]]


@pytest.fixture
def connect(hass: HomeAssistant, simulator: Simulator, hass_client_no_auth: Callable[[], Awaitable[Any]]) -> Connect:
    """Start Home Assistant's own web server and paste the webhook's address at the gateway; returns the address."""

    async def paste_address(entry: ConfigEntry) -> str:
        client = await hass_client_no_auth()
        url = str(client.make_url(webhook.async_generate_path(entry.data["webhook_id"])))
        simulator.accounts[entry.data["provider"]].callback_url = url
        return url

    return paste_address


@pytest.fixture
def settle(hass: HomeAssistant, simulator: Simulator) -> Callable[[], Awaitable[None]]:
    """Wait until every message and callback has arrived and the home has taken it in."""

    async def wait() -> None:
        await simulator.settle()
        await hass.async_block_till_done(wait_background_tasks=True)

    return wait


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no action wait for long."""
    monkeypatch.setattr(line, "ANSWER_WITHIN", 0.1)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what failed be tried again, and what got lost be asked for, after a twentieth of a second."""
    monkeypatch.setattr(worker, "FASTEST_RETRY", 0.05)
    monkeypatch.setattr(worker, "SLOWEST_RETRY", 0.05)


class PassTime(Protocol):
    """Lets so many seconds pass; background: whether to wait for what goes on there too."""

    def __call__(self, seconds: float, *, background: bool = True) -> Awaitable[None]:
        """Done when all that has become due is done."""


@pytest.fixture
def pass_time(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """Let seconds pass at once for everything that waits: the loop's own clock jumps ahead, and the time of day."""
    clock, time_of_day, passed = hass.loop.time, time.time, 0.0
    monkeypatch.setattr(hass.loop, "time", lambda: clock() + passed)
    monkeypatch.setattr(time, "time", lambda: time_of_day() + passed)

    async def jump(seconds: float, *, background: bool = True) -> None:
        nonlocal passed
        passed += seconds
        for _ in range(3):
            await asyncio.sleep(0)
        await hass.async_block_till_done(wait_background_tasks=background)

    return jump


@pytest.fixture
def localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let http://localhost be this machine, which the test kit asks a name server for."""
    monkeypatch.setattr(aiohttp_client, "_async_make_resolver", lambda _hass: Loopback())
