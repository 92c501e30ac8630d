"""Fixtures for all tests: a simulator on 127.0.0.1, and accounts that are set up with it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
import itertools
import math
from pathlib import Path
import time
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

# Import it at module level: the test kit has its own custom_components folder, which would hide this one.
import custom_components.texting  # noqa: F401
from custom_components.texting.delivery import worker
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway import redaction
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.routing.route import Route
from custom_components.texting.storage.entry_state import _STATES
from homeassistant.components import webhook
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import aiohttp_client
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.util.async_ import get_scheduled_timer_handles
from tests.simulator import Simulator, site
from tests.support.accounts import new_entry
from tests.support.flows import Loopback
from tests.support.home import told, until
from tests.support.texts import GivenVariables
from tests.support.tls import Impostor


@pytest.fixture(autouse=True)
def _no_old_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the secrets of earlier tests. The test kit keeps their gateways from being freed."""
    monkeypatch.setattr(redaction, "_secrets", WeakKeyDictionary())


@pytest.fixture(autouse=True)
def _home(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """If a test uses Home Assistant, enable the integration, use a temporary folder and set the country to France."""
    if "recorder_mock" in request.fixturenames:
        # The recorder must exist before Home Assistant.
        request.getfixturevalue("async_test_recorder")
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        hass = request.getfixturevalue("hass")
        hass.config.country, hass.config.config_dir = "FR", str(tmp_path)
        # asyncio would log what is slow on a busy machine, with the texts in it.
        hass.loop.slow_callback_duration = math.inf


@pytest.fixture(autouse=True)
def _all_entities(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable also the entities that are off by default, unless a test has the marker default_entities."""
    if "hass" in request.fixturenames and not request.node.get_closest_marker("default_entities"):
        monkeypatch.setattr(Entity, "entity_registry_enabled_default", property(lambda _entity: True))


@pytest.fixture(autouse=True)
def _given_variables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail if a dialog, an issue or an exception gives other variables than its texts have."""
    given = GivenVariables()
    if "hass" in request.fixturenames:
        given.watch(monkeypatch)
    yield
    assert given.wrong == [], "\n".join(given.wrong)


@pytest.fixture(autouse=True)
def _forgotten_timers(request: pytest.FixtureRequest, _home: None) -> Iterator[None]:
    """Cancel timers that a Debouncer of 2026.5 forgot: it drops one that is set while its function runs.

    Such a timer does nothing any more, but the test kit would take it for a leak.
    """
    hass = request.getfixturevalue("hass") if "hass" in request.fixturenames else None
    yield
    for handle in get_scheduled_timer_handles(hass.loop) if hass else ():
        debouncer = getattr(handle._callback, "__self__", None)
        if isinstance(debouncer, Debouncer) and debouncer._timer_task is not handle:
            handle.cancel()


@pytest.fixture
def _loopback() -> None:
    """Allow sockets to this machine. The test kit blocks all sockets when the next test begins.

    Not when this one ends: its home may still make a request, which is refused then.
    """
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)


@pytest.fixture
async def simulator(_loopback: None) -> AsyncIterator[Simulator]:
    """Start all five gateways with their default accounts."""
    async with Simulator() as running:
        yield running


type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, simulator: Simulator) -> SetUp:
    """Return a function that sets up an account with its two recipients. Its data and options override the defaults."""

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
    """Start an HTTPS server whose certificate is invalid."""
    host = Impostor(tmp_path)
    host.start()
    yield host
    host.stop()


@pytest.fixture
def set_ups(hass: HomeAssistant) -> Iterator[Callable[[ConfigEntry], int]]:
    """Return a function that tells how often the setup of an account started. Each reload counts once."""
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
    """Return a function that starts the web server, gives the webhook's URL to the gateway and returns the URL."""

    async def paste_address(entry: ConfigEntry) -> str:
        client = await hass_client_no_auth()
        url = str(client.make_url(webhook.async_generate_path(entry.data["webhook_id"])))
        simulator.accounts[entry.data["provider"]].callback_url = url
        return url

    return paste_address


@pytest.fixture
def settle(hass: HomeAssistant, simulator: Simulator) -> Callable[[], Awaitable[None]]:
    """Return a function that waits until every message and callback has arrived and Home Assistant has processed it."""

    async def wait() -> None:
        await simulator.settle()
        await told(hass)

    return wait


@pytest.fixture
def impatient(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an action wait for a result only until each text was tried once, or is known to leave later."""
    wait_for_results = Outbox.wait_for_results

    def was_tried(text: MessageRecord, outbox: Outbox) -> bool:
        leaves_later = text.phase is Phase.WAITING and max(text.ready, outbox.paused_until) > outbox.now()
        return leaves_later or text.error is not None or text.has_result

    def is_known(text: MessageRecord, outbox: Outbox) -> bool:
        entry = hass.config_entries.async_get_entry(outbox.entry_id)
        route = entry.runtime_data if entry else None
        if not isinstance(route, Route) or not (attempts := route._messages.get(text.reference)):
            return was_tried(text, outbox)
        if text.reference in route._busy:
            return False
        # Without an attempt it waits for an account.
        return not (last := attempts.last) or was_tried(last, hass.data[_STATES][last.entry_id].outbox)

    async def wait_for_a_try(outbox: Outbox, records: Iterable[MessageRecord], timeout: float) -> None:  # noqa: ASYNC109
        texts = list(records)
        results = asyncio.create_task(wait_for_results(outbox, texts, timeout))
        try:
            await until(lambda: results.done() or all(is_known(text, outbox) for text in texts))
            await asyncio.wait([outbox.database.write(())])
            await until(lambda: not outbox.is_publishing)
        finally:
            results.cancel()

    monkeypatch.setattr(Outbox, "wait_for_results", wait_for_a_try)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry failed sends and ask for unknown results after 0.05 seconds."""
    monkeypatch.setattr(worker, "MIN_RETRY", 0.05)
    monkeypatch.setattr(worker, "MAX_RETRY", 0.05)


class PassTime(Protocol):
    """Let seconds pass, after what is under way has ended. If background is true, wait for background tasks too.

    If wait is false, what is under way continues.
    """

    def __call__(self, seconds: float, *, background: bool = True, wait: bool = True) -> Awaitable[None]:
        """Return when everything that became due is done, or has begun if wait is false."""


@pytest.fixture
def pass_time(hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[PassTime]:
    """Stop the event loop's clock and the time of day. Return a function that moves both forward without waiting."""
    clock, time_of_day, stopped_at, started_at = hass.loop.time, time.time, hass.loop.time(), time.time()
    passed, is_stopped, readings = 0.0, True, itertools.count()
    # A simulated provider may not wait either.
    monkeypatch.setattr(site, "_NOTICE_SECONDS", 0.0, raising=False)
    monkeypatch.setattr(hass.loop, "time", lambda: (stopped_at if is_stopped else clock()) + passed)
    # No two moments of the day are the same, or what happens in order could not be told from its times.
    monkeypatch.setattr(
        time, "time", lambda: (started_at + next(readings) * 1e-6 if is_stopped else time_of_day()) + passed
    )

    async def jump(seconds: float, *, background: bool = True, wait: bool = True) -> None:
        nonlocal passed
        if wait:
            await hass.async_block_till_done(wait_background_tasks=background)
        for step in (0.0, seconds):  # what has just begun may still set a timer
            passed += step
            for _ in range(5):
                await asyncio.sleep(0)
        if wait:
            await hass.async_block_till_done(wait_background_tasks=background)

    yield jump
    is_stopped = False


@pytest.fixture
def localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve http://localhost to this machine, because the test kit would ask a name server."""
    monkeypatch.setattr(aiohttp_client, "_async_make_resolver", lambda _hass: Loopback())
