"""Phones with the app of Home Assistant, whose real integration runs in the home, and the service that shows pushes."""

from collections.abc import Awaitable, Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any, override
from unittest.mock import MagicMock

from aiohttp import web
from aiohttp.test_utils import TestServer
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.auth.models import User
from homeassistant.components.person import async_add_user_device_tracker, async_create_person
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

# Packages for cameras and voices that the app's integration imports.
UNUSED = ("haffmpeg", "hassil", "home_assistant_intents", "mutagen", "pymicro_vad", "pyspeex_noise", "turbojpeg")


class StandIn(MetaPathFinder, Loader):
    """Replace the packages for cameras and voices that the app's integration imports."""

    @override
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        unused = fullname.partition(".")[0] in UNUSED
        return spec_from_loader(fullname, self, is_package=True) if unused else None

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        vars(module)["__getattr__"] = lambda _name: MagicMock()
        return module

    @override
    def exec_module(self, module: ModuleType) -> None:
        pass


class Phone:
    """A phone with the app, where a user logged in."""

    def __init__(self, phones: Phones, name: str, entry: MockConfigEntry) -> None:
        self._phones = phones
        self.name = name
        self.entry = entry
        # All that the push service was asked to show, oldest first.
        self.shown: list[dict[str, Any]] = []

    @property
    def entity_id(self) -> str:
        """The id of the notify entity of the app."""
        return self._entity("notify")

    @property
    def tracker(self) -> str:
        """The id of the device tracker of the app."""
        return self._entity("device_tracker")

    @property
    def texts(self) -> list[str]:
        """The words of all that was shown, oldest first."""
        return [each["message"] for each in self.shown]

    @property
    def screen(self) -> list[dict[str, Any]]:
        """What the phone shows now: a notification replaces the one with the same tag."""
        screen: dict[Any, dict[str, Any]] = {}
        for number, each in enumerate(self.shown):
            tag = each.get("data", {}).get("tag", number)
            screen.pop(tag, None)
            screen[tag] = each
        return list(screen.values())

    @property
    def buttons(self) -> dict[str, str]:
        """The buttons of the latest notification: what each says, and what it sends back."""
        return {each["title"]: each["action"] for each in self.shown[-1].get("data", {}).get("actions", ())}

    async def press(self, title: str) -> None:
        """Press a button of the latest notification."""
        await self.send(self.buttons[title])

    async def send(self, action: Any) -> None:
        """Say that a button was pressed, as the app does."""
        event = {"event_type": "mobile_app_notification_action", "event_data": {"action": action}}
        client = await self._phones.client()
        data = {"type": "fire_event", "data": event}
        response = await client.post(f"/api/webhook/{self.entry.data['webhook_id']}", json=data)
        assert response.status == 200

    def _entity(self, domain: str) -> str:
        entities = er.async_entries_for_config_entry(er.async_get(self._phones.hass), self.entry.entry_id)
        return next(each.entity_id for each in entities if each.domain == domain)


class Phones:
    """Adds phones to a home, and receives what is pushed to them. The app's integration must be set up before."""

    def __init__(self, hass: HomeAssistant, new_client: Callable[[], Awaitable[Any]]) -> None:
        self.hass = hass
        self._new_client = new_client
        self._client: Any = None
        self._phones: dict[str, Phone] = {}
        # The status with which the push service responds.
        self.status = 201
        server = web.Application()
        server.router.add_post("/push/{name}", self._push)
        self.server = TestServer(server, host="127.0.0.1")

    async def client(self) -> Any:
        """Return a client of the home."""
        self._client = self._client or await self._new_client()
        return self._client

    async def add(self, name: str, user: User, **app_data: Any) -> Phone:
        """Register the app of a user, as its first start does. app_data replaces the address of the push service."""
        url = str(self.server.make_url(f"/push/{name}"))
        data = {
            "app_data": app_data or {"push_token": "token", "push_url": url},
            **dict.fromkeys(("app_id", "app_name", "app_version", "manufacturer", "model"), "one"),
            "device_id": f"device {name}",
            "device_name": name,
            "os_name": "Android",
            "os_version": "17",
            "supports_encryption": False,
            "user_id": user.id,
            "webhook_id": f"hook-of-{name}",
        }
        entry = MockConfigEntry(domain="mobile_app", title=name, data=data)
        phone = self._phones[name] = Phone(self, name, entry)
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done()
        return phone

    async def belongs(self, name: str, user: User | None, *phones: Phone) -> str:
        """Add a person who has these phones. Return the id of the entity."""
        trackers = [phone.tracker for phone in phones]
        await async_create_person(self.hass, name, user_id=user.id if user else None, device_trackers=trackers)
        await self.hass.async_block_till_done()
        return f"person.{name.lower()}"

    async def also_belongs(self, user: User, phone: Phone) -> None:
        """Give one more phone to the person of a user, as the app does."""
        await async_add_user_device_tracker(self.hass, user.id, phone.tracker)
        await self.hass.async_block_till_done()

    async def _push(self, request: web.Request) -> web.Response:
        """Receive a notification as the push service does."""
        if self.status < 400:
            self._phones[request.match_info["name"]].shown.append(await request.json())
        return web.json_response({"ok": True}, status=self.status)
