"""A customer of the five providers: makes plain requests as documented, and receives callbacks."""

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import web

from . import Simulator
from .messages import Message

LOGIN = {"user": "demo", "pass": "demo-password"}
BEARER = {"Authorization": "Bearer 7|demoTokenTextioPro", "Accept": "application/json"}
ACCEPT = {"Accept": "application/json"}
TOKEN = {"api_token": "7|demoTokenTextioPro"}
KEY = {"key": "demo-key", "Accept": "application/json"}
SMS = {"recipient": "33600000001", "sender_id": "Home", "type": "plain", "message": "Hello"}
POINT_SMS = {
    "recipient": "919954654365",
    "message": "Hello",
    "sender_id": "HOMEHA",
    "template_id": "1107000000000000001",
    "channel": "1",
    "is_unicode": "0",
}
CARD = dict.fromkeys(("FirstName", "LastName", "Address", "City", "State", "Zip", "Country"), "x") | {
    "Type": "Visa",
    "CCNumber": "4111111111111111",
    "CCCode": "123",
    "Expm": "12",
    "Expy": "99",
}
# Seconds after which a customer gives up. A test that is about this moves the clock.
PATIENCE = 60.0
EZ = ("club_texting", "group_texting")
PUSHING = ("textinghouse", *EZ)


class Client:
    """A customer of all five providers."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session

    async def raw(self, site: str, path: str, method: str = "POST", **options: Any) -> tuple[int, str]:
        url = self.simulator.url(site) + path
        async with self.session.request(
            method, url, timeout=aiohttp.ClientTimeout(total=PATIENCE), **options
        ) as response:
            return response.status, await response.text()

    async def house(self, *, site: str = "textinghouse", **params: str) -> str:
        return (await self.raw(site, "/http/v1/do", data={**LOGIN, **params}))[1]

    async def send_house(self, to: str = "33600000001", txt: str = "Hello", **params: str) -> str:
        return await self.house(cmd="sendsms", to=to, txt=txt, **{"iscom": "N", **params})

    async def ez(self, site: str, path: str, **params: str) -> str:
        return (await self.raw(site, f"/api/{path}/", data={**LOGIN, **params}))[1]

    async def send_ez(self, site: str, text: str = "Hello", number: str = "2125551234", **params: str) -> str:
        return await self.ez(site, "sending", **{"PhoneNumber": number, "Subject": "", "Message": text, **params})

    async def pro(self, path: str, method: str = "GET", data: dict[str, Any] | None = None) -> Any:
        return json.loads((await self.raw("textiopro", f"/api/v3/{path}", method, headers=BEARER, json=data))[1])

    async def send_pro(self, **params: str) -> Any:
        return await self.pro("sms/send", "POST", SMS | params)

    async def point(self, command: str, **params: str) -> Any:
        return json.loads((await self.raw("thesmspoint", f"/api/v1/{command}", headers=KEY, data=params))[1])

    async def received(self) -> list[str]:
        """Return the texts that phones have received, after a last one, "Now", that nothing delays."""
        now = asyncio.Event()

        def receive(message: Message) -> None:
            if message.text == "Now":
                now.set()

        remove = self.simulator.on_text(receive)
        await self.send_house(txt="Now")
        await now.wait()
        remove()
        return [message.text for message in self.simulator.messages() if message.received][:-1]

    async def send_to(self, provider: str) -> None:
        if provider in EZ:
            await self.send_ez(provider)
        else:
            await {"textinghouse": self.send_house, "textiopro": self.send_pro}[provider]()


class Home:
    """A customer's callback URL."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, dict[str, Any]]] = []
        self.body = ""
        self.status = 200
        self.seconds = 0.0
        self.url = ""
        # Set by each call.
        self.called = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if request.method == "GET":
            data: dict[str, Any] = dict(request.query)
        elif request.content_type == "application/json":
            data = await request.json()
        else:
            data = dict(await request.post())
        self.received.append((request.method, request.content_type, data))
        self.called.set()
        await asyncio.sleep(self.seconds)
        return web.Response(text=self.body, status=self.status)
