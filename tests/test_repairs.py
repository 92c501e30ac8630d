"""Test the dialog about an account that was never called, and its test of the address. All calls are real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
import logging
import socket
from typing import Any, override

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import own_call
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.issues import async_never_called
from custom_components.texting.own_call import FIELD, Outcome, async_call
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.helpers import aiohttp_client, issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import TRANSLATIONS, notify, post, record_changes, until
from tests.support.tls import Impostor

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
PUSHING = pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
CONFIGURE = TRANSLATIONS["selector"]["configure"]["options"]
RESULTS = TRANSLATIONS["selector"]["webhook_test"]["options"]
FIX = "/api/repairs/issues/fix"

type OpenDialog = Callable[[MockConfigEntry], Awaitable[Dialog]]


class Dialog:
    """The dialog of the issue, as the frontend uses it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.shown: dict[str, Any] = {}

    async def open(self, issue_id: str) -> None:
        """Open it."""
        response = await self._client.post(FIX, json={"handler": DOMAIN, "issue_id": issue_id})
        assert response.status == HTTPStatus.OK
        self.shown = await response.json()

    async def submit(self, **values: Any) -> dict[str, Any]:
        """Submit the step that is shown. Return the next one."""
        response = await self._client.post(f"{FIX}/{self.shown['flow_id']}", json=values)
        assert response.status == HTTPStatus.OK
        self.shown = await response.json()
        return self.shown

    async def test(self) -> dict[str, str]:
        """Select *Test now*. Return what the page of the result says."""
        form = await self.submit(next_step_id="test_webhook")
        assert (form["type"], form["step_id"]) == ("form", "test_webhook")
        said: dict[str, str] = form["description_placeholders"]
        return said


@pytest.fixture
async def open_dialog(
    hass: HomeAssistant, hass_client: Callable[[], Awaitable[Any]], simulator: Simulator
) -> OpenDialog:
    """Return a function that opens the dialog of an account's issue."""
    for component in ("http", "webhook", "repairs"):  # before the web server starts
        assert await async_setup_component(hass, component, {})

    async def open_it(entry: MockConfigEntry) -> Dialog:
        async_never_called(hass, entry)
        dialog = Dialog(await hass_client())
        await dialog.open(f"never_called_{entry.entry_id}")
        return dialog

    return open_it


@pytest.fixture(autouse=True)
def _no_leak(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> Any:
    """Fail if the address of a webhook or the secret of a test reaches the log."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    caplog.set_level(logging.WARNING, logger="aiohttp.access")
    yield
    lines = [logging.Formatter().format(record) for record in caplog.get_records("call")]
    assert not [line for line in lines if "webhook-id-that-is-secret" in line or FIELD in line]


async def set_address(hass: HomeAssistant, url: str) -> None:
    """Set the home's address on the internet."""
    host = url.partition("/api/")[0].rstrip("/")
    await async_process_ha_core_config(hass, {"external_url": host})


type Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest.fixture
async def serve(_loopback: None) -> AsyncIterator[Serve]:
    """Return a function that starts another server on this machine, and returns its address."""
    servers: list[TestServer] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


def untouched(entry: MockConfigEntry) -> bool:
    """Return True if nothing has called the account, and nothing was refused."""
    memory = entry.runtime_data.store.memory
    return (memory.webhook_called_at, memory.webhook_refused) == (None, 0)


# -- the dialog ----------------------------------------------------------------------------------------------------


@PUSHING
async def test_the_dialog_shows_the_address_and_tests_it(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    open_dialog: OpenDialog,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    url = await connect(entry)
    await set_address(hass, url)
    events = record_changes(hass, f"event.{provider}_incoming_message")
    dialog = await open_dialog(entry)
    page = dialog.shown
    assert (page["type"], page["step_id"]) == ("menu", "webhook")
    assert page["menu_options"] == {"test_webhook": "Test now", "close_webhook": "Done"}
    assert page["description_placeholders"] == {
        "account": entry.title,
        "reason": CONFIGURE["no_reports" if provider is HOUSE else "no_replies"],
        "url": url,
        "note": "",
        "where": CONFIGURE[f"paste_{provider}"],
        "last_call": "Nobody has called yet",
        "refused": "0",
    }
    assert await dialog.test() == {"result": RESULTS["reached"], "note": ""}
    assert untouched(entry)
    assert events == []
    # The issue stays: the provider has not called.
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"never_called_{entry.entry_id}") is not None
    assert (await dialog.submit())["step_id"] == "webhook"


async def test_done_waits_for_the_next_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(3700)
    dialog = await open_dialog(entry)
    assert (await dialog.submit(next_step_id="close_webhook"))["type"] == "create_entry"
    issues, issue_id = ir.async_get(hass), f"never_called_{entry.entry_id}"
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(7200)
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    await notify(hass, "notify.anna", "More water")
    await pass_time(3700)
    assert issues.async_get_issue(DOMAIN, issue_id) is not None


@pytest.mark.parametrize("step", ["test_webhook", "close_webhook"])
async def test_the_account_may_be_removed_while_the_dialog_is_open(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog, step: str
) -> None:
    entry = await set_up(HOUSE)
    dialog = await open_dialog(entry)
    await hass.config_entries.async_remove(entry.entry_id)
    end = await dialog.submit(next_step_id=step)
    assert end["type"] == ("abort" if step == "test_webhook" else "create_entry")
    assert end.get("reason") == ("account_removed" if step == "test_webhook" else None)


async def test_an_account_that_is_not_loaded_is_tested_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, open_dialog: OpenDialog
) -> None:
    entry = await set_up(HOUSE)
    await set_address(hass, await connect(entry))
    dialog = await open_dialog(entry)
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await dialog.test())["result"] == RESULTS["reached"]
    await dialog.submit()
    assert (await dialog.submit(next_step_id="close_webhook"))["type"] == "create_entry"


async def test_a_home_without_an_address(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog
) -> None:
    entry = await set_up(HOUSE)
    hass.config.api = None
    dialog = await open_dialog(entry)
    assert dialog.shown["description_placeholders"]["note"] == CONFIGURE["no_address"]
    assert await dialog.test() == {"result": CONFIGURE["no_address"], "note": ""}


async def test_an_address_of_the_home_network(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, open_dialog: OpenDialog
) -> None:
    entry = await set_up(HOUSE)
    host = (await connect(entry)).partition("/api/")[0]
    await async_process_ha_core_config(hass, {"internal_url": host})
    dialog = await open_dialog(entry)
    assert dialog.shown["description_placeholders"]["note"] == CONFIGURE["not_public"]
    assert await dialog.test() == {"result": RESULTS["reached"], "note": CONFIGURE["not_public"]}


async def test_the_options_have_the_same_test(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await set_address(hass, await connect(entry))
    step = await hass.config_entries.options.async_init(entry.entry_id)
    for next_step_id in ("webhook", "test_webhook"):
        step = await hass.config_entries.options.async_configure(step["flow_id"], {"next_step_id": next_step_id})
    assert (step["step_id"], step["description_placeholders"]) == (
        "test_webhook",
        {"result": RESULTS["reached"], "note": ""},
    )
    step = await hass.config_entries.options.async_configure(step["flow_id"], {})
    assert step["step_id"] == "webhook"
    assert untouched(entry)


# -- what is wrong -------------------------------------------------------------------------------------------------


async def sign_in(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="<h1>Sign in</h1>", content_type="text/html")


async def moved(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"https://{request.host}{request.path_qs}")


async def not_found(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (sign_in, Outcome.ELSEWHERE),
        (not_found, Outcome.ELSEWHERE),
        (moved, Outcome.REDIRECT),
        (hang_up, Outcome.NO_RESPONSE),
    ],
)
async def test_something_else_is_at_the_address(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    open_dialog: OpenDialog,
    serve: Serve,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    outcome: Outcome,
) -> None:
    visits: list[web.Request] = []

    async def visited(request: web.Request) -> web.StreamResponse:
        visits.append(request)
        return await handler(request)

    entry = await set_up(HOUSE)
    await set_address(hass, await serve(visited))
    dialog = await open_dialog(entry)
    assert (await dialog.test())["result"] == RESULTS[outcome]
    # It is called once, as the provider does, and nobody follows.
    assert [visit.method for visit in visits] == ["POST"]
    assert "Cookie" not in visits[0].headers
    assert untouched(entry)


async def test_a_proxy_that_spoils_the_response(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, open_dialog: OpenDialog, serve: Serve
) -> None:
    """A provider would repeat such a call again and again."""
    entry = await set_up(HOUSE)
    url = await connect(entry)

    async def spoil(request: web.Request) -> web.StreamResponse:
        async with aiohttp.ClientSession() as session, session.post(url, params=request.query) as response:
            assert response.status == HTTPStatus.OK
        raise web.HTTPBadGateway

    await set_address(hass, await serve(spoil))
    assert (await (await open_dialog(entry)).test())["result"] == RESULTS[Outcome.ELSEWHERE]


async def test_a_certificate_that_is_not_valid(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog, impostor: Impostor
) -> None:
    entry = await set_up(HOUSE)
    await set_address(hass, impostor.url)
    assert (await (await open_dialog(entry)).test())["result"] == RESULTS[Outcome.CERTIFICATE]
    assert (impostor.visits, impostor.received) == (1, b"")


async def test_nobody_listens(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog
) -> None:
    entry = await set_up(HOUSE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    await set_address(hass, f"http://127.0.0.1:{port}")
    assert (await (await open_dialog(entry)).test())["result"] == RESULTS[Outcome.NO_RESPONSE]


async def test_a_name_that_nobody_knows(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, open_dialog: OpenDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NameServer(AbstractResolver):
        @override
        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            raise OSError(None, "Domain name not found")

        @override
        async def close(self) -> None:
            """Do nothing, because nothing is open."""

        real_close = close

    monkeypatch.setattr(aiohttp_client, "_async_make_resolver", lambda _hass: NameServer())
    entry = await set_up(HOUSE)
    await set_address(hass, "http://home.example.com")
    assert (await (await open_dialog(entry)).test())["result"] == RESULTS[Outcome.NO_HOST]


async def test_a_server_that_hangs(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    serve: Serve,
    pass_time: PassTime,
) -> None:
    released, visits = asyncio.Event(), []

    async def hang(request: web.Request) -> web.StreamResponse:
        visits.append(request)
        await released.wait()
        return web.Response()

    entry = await set_up(HOUSE)
    url = await serve(hang)
    test = asyncio.create_task(async_call(hass, entry.entry_id, "POST", url))
    await until(lambda: visits)
    await pass_time(16, wait=False)
    assert await test is Outcome.NO_RESPONSE
    released.set()
    assert hass.data[own_call._CALLS] == {}


# -- only our own call counts --------------------------------------------------------------------------------------


class Spy:
    """A proxy in front of a home that sees the secrets of its tests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secrets: list[str] = []
        # What happens before a call is passed on.
        self.before: Callable[[str], Awaitable[None]] | None = None

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Pass a call on."""
        secret = request.query[FIELD]
        self.secrets.append(secret)
        if self.before:
            await self.before(secret)
        return web.Response(status=await self.call(request.method, secret))

    async def call(self, method: str, secret: str, url: str = "") -> int:
        """Call the home with a secret. Return the HTTP status."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url or self.url, params={FIELD: secret}) as response,
        ):
            return response.status


@pytest.fixture
async def spied(hass: HomeAssistant, set_up: SetUp, connect: Connect, serve: Serve) -> tuple[MockConfigEntry, Spy]:
    """Return an account whose home is behind a spy."""
    entry = await set_up(HOUSE)
    spy = Spy(await connect(entry))
    return entry, spy


async def test_a_secret_counts_once(hass: HomeAssistant, spied: tuple[MockConfigEntry, Spy], serve: Serve) -> None:
    entry, spy = spied
    address = await serve(spy)
    assert await async_call(hass, entry.entry_id, "POST", address) is Outcome.REACHED
    assert untouched(entry)
    (secret,) = spy.secrets
    # Whoever repeats it, or guesses one, is refused as anybody else.
    for wrong in (secret, "", "guessed"):
        assert await spy.call("POST", wrong) == HTTPStatus.BAD_REQUEST
    memory = entry.runtime_data.store.memory
    assert (memory.webhook_called_at, memory.webhook_refused) == (None, 3)


async def test_a_secret_counts_only_for_its_account(
    hass: HomeAssistant, spied: tuple[MockConfigEntry, Spy], set_up: SetUp, connect: Connect, serve: Serve
) -> None:
    entry, spy = spied
    other = await set_up(CLUB)
    other_url = await connect(other)

    async def misuse(secret: str) -> None:
        assert await spy.call("POST", secret, other_url) == HTTPStatus.BAD_REQUEST
        # HEAD, and what the provider never uses, have no effect.
        assert await spy.call("HEAD", secret) == HTTPStatus.OK
        assert await spy.call("PUT", secret) == HTTPStatus.METHOD_NOT_ALLOWED

    spy.before = misuse
    assert await async_call(hass, entry.entry_id, "POST", await serve(spy)) is Outcome.REACHED


async def test_the_provider_may_call_during_a_test(
    hass: HomeAssistant, spied: tuple[MockConfigEntry, Spy], serve: Serve
) -> None:
    entry, spy = spied
    events = record_changes(hass, "event.textinghouse_incoming_message")

    async def reply(_secret: str) -> None:
        assert await post(spy.url, **{"apimsgid": "1", "climsgid": "", "from": "33612345601", "txt": "Yes"}) == 200

    spy.before = reply
    assert await async_call(hass, entry.entry_id, "POST", await serve(spy)) is Outcome.REACHED
    await hass.async_block_till_done()
    assert [event.attributes["text"] for event in events] == ["Yes"]
    assert entry.runtime_data.store.memory.webhook_called_at is not None


async def test_two_tests_at_once(hass: HomeAssistant, spied: tuple[MockConfigEntry, Spy], serve: Serve) -> None:
    entry, spy = spied
    both = asyncio.Event()

    async def wait(_secret: str) -> None:
        if len(spy.secrets) == 2:
            both.set()
        await both.wait()

    spy.before = wait
    address = await serve(spy)
    tests = [async_call(hass, entry.entry_id, "POST", address) for _ in range(2)]
    assert await asyncio.gather(*tests) == [Outcome.REACHED, Outcome.REACHED]
    assert len(set(spy.secrets)) == 2
    assert untouched(entry)


@PUSHING
async def test_every_method_of_a_provider_can_be_tested(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    entry = await set_up(provider)
    url = await connect(entry)
    for method in GATEWAYS[provider].info.webhook_methods:
        assert await async_call(hass, entry.entry_id, method, url) is Outcome.REACHED
    assert untouched(entry)
