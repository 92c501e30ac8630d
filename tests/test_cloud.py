import ast
from collections.abc import Iterator
import importlib.util
from pathlib import Path
import sys
from types import ModuleType
from unittest.mock import AsyncMock, Mock

from aiohttp import ClientError, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.texting.gateway.provider import Provider
import homeassistant.components
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.aiohttp import MockRequest
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import TRANSLATIONS

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE = Provider.TEXTINGHOUSE
HOOK = "https://hooks.example.com/secret"
FUNCTIONS = ("async_active_subscription", "async_get_or_create_cloudhook", "async_delete_cloudhook")


class Cloud(ModuleType):
    """A stand-in for Home Assistant's cloud integration, which needs packages that the test kit lacks."""

    def __init__(self) -> None:
        super().__init__("homeassistant.components.cloud")
        self.async_active_subscription = Mock(return_value=True)
        self.async_get_or_create_cloudhook = AsyncMock(return_value=HOOK)
        self.async_delete_cloudhook = AsyncMock()


@pytest.fixture
def cloud(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Set up the stand-in for Home Assistant Cloud."""
    module = Cloud()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(homeassistant.components, "cloud", module, raising=False)
    hass.config.components.add("cloud")
    yield module
    hass.config.components.remove("cloud")


def test_home_assistant_has_these_functions() -> None:
    """The stand-in is valid only if the real integration has the same functions."""
    found = importlib.util.find_spec("homeassistant.components")
    assert found is not None
    assert found.submodule_search_locations
    source = (Path(found.submodule_search_locations[0]) / "cloud/__init__.py").read_text("utf-8")
    functions = {
        node.name: (type(node), [argument.arg for argument in node.args.args])
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in FUNCTIONS
    }
    assert functions == {
        "async_active_subscription": (ast.FunctionDef, ["hass"]),
        "async_get_or_create_cloudhook": (ast.AsyncFunctionDef, ["hass", "webhook_id"]),
        "async_delete_cloudhook": (ast.AsyncFunctionDef, ["hass", "webhook_id"]),
    }


async def address_shown(hass: HomeAssistant, entry: ConfigEntry) -> str:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    step = {"next_step_id": "webhook"}
    form = await hass.config_entries.options.async_configure(menu["flow_id"], step)
    assert form["description_placeholders"] is not None
    return form["description_placeholders"]["url"]


async def test_the_clouds_address_is_preferred(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, cloud: Cloud
) -> None:
    entry = await set_up(HOUSE)
    data = dict(entry.data)
    assert await address_shown(hass, entry) == HOOK
    assert cloud.async_get_or_create_cloudhook.await_args_list[0].args == (hass, entry.data["webhook_id"])
    assert dict(entry.data) == data


async def test_the_clouds_address_is_tested(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, cloud: Cloud
) -> None:
    """The cloud passes calls on without a connection of its own to the home's web server."""
    entry = await set_up(HOUSE)

    async def pass_on(request: web.Request) -> web.StreamResponse:
        mocked = MockRequest(await request.read(), "cloud", method=request.method, query_string=request.query_string)
        response = await async_handle_webhook(hass, entry.data["webhook_id"], mocked)
        return web.Response(status=response.status)

    app = web.Application()
    app.router.add_post("/hook", pass_on)
    async with TestServer(app) as server:
        cloud.async_get_or_create_cloudhook.return_value = str(server.make_url("/hook"))
        step = await hass.config_entries.options.async_init(entry.entry_id)
        for name in ("webhook", "test_webhook"):
            step = await hass.config_entries.options.async_configure(step["flow_id"], {"next_step_id": name})
    result = TRANSLATIONS["selector"]["webhook_test"]["options"]["reached"]
    assert step["description_placeholders"] == {"result": result, "note": ""}
    assert entry.runtime_data.store.memory.webhook_called_at is None


async def test_without_a_subscription_the_homes_own_address_is_shown(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, cloud: Cloud
) -> None:
    entry = await set_up(HOUSE)
    cloud.async_active_subscription.return_value = False
    assert (await address_shown(hass, entry)).endswith(entry.data["webhook_id"])


@pytest.mark.parametrize("trouble", [HomeAssistantError, ValueError, TimeoutError, ClientError, Exception])
async def test_a_cloud_that_gives_no_address_does_not_hide_the_homes_own(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, cloud: Cloud, trouble: type[Exception]
) -> None:
    """The cloud's library may raise any exception: its CloudApiError is a direct subclass of Exception."""
    entry = await set_up(HOUSE)
    cloud.async_get_or_create_cloudhook.side_effect = trouble
    assert (await address_shown(hass, entry)).endswith(entry.data["webhook_id"])


@pytest.mark.parametrize("trouble", [None, HomeAssistantError, ValueError])
@EVERY_PROVIDER
async def test_removing_the_account_gives_the_clouds_address_back(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    cloud: Cloud,
    provider: Provider,
    trouble: type[Exception] | None,
) -> None:
    entry = await set_up(provider)
    cloud.async_delete_cloudhook.side_effect = trouble
    assert await hass.config_entries.async_remove(entry.entry_id) == {"require_restart": False}
    webhook_id = entry.data.get("webhook_id")
    given_back = [call.args for call in cloud.async_delete_cloudhook.await_args_list]
    assert given_back == ([(hass, webhook_id)] if webhook_id else [])
