"""A client for Home Assistant's REST API and WebSocket API."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import aiohttp


class ApiError(Exception):
    """Home Assistant rejected a request. The text has the path and the response."""


class Api:
    """A client for one user."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str | None = None) -> None:
        """Use the Home Assistant at this address, with this access token if there is one."""
        self.url = url
        self._session = session
        self._token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0
        self._results: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[int, Callable[[dict[str, Any]], None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def sign_up(self, user: str, password: str) -> Self:
        """Create the owner of a new Home Assistant, and sign in."""
        client = f"{self.url}/"
        owner = {"client_id": client, "name": user.title(), "username": user, "password": password, "language": "en"}
        code = (await self.post("/api/onboarding/users", owner))["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            token = (await _read_json(response))["access_token"]
        self._token = token
        return await self.connect()

    async def connect(self) -> Self:
        """Open the WebSocket. It is closed with the session."""
        self._socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        await self._socket.receive_json()
        self._reading = asyncio.create_task(self._read(self._socket))
        return self

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def get(self, path: str) -> Any:
        """Send a GET request."""
        async with self._session.get(self.url + path, headers=self._headers) as response:
            return await _read_json(response)

    async def post(self, path: str, data: Any) -> Any:
        """Send a POST request."""
        async with self._session.post(self.url + path, json=data, headers=self._headers) as response:
            return await _read_json(response)

    async def command(self, command: str, **fields: Any) -> Any:
        """Send a WebSocket command and return its result."""
        return await self._send(command, fields, None)

    async def subscribe(self, command: str, listener: Callable[[dict[str, Any]], None], **fields: Any) -> None:
        """Send a WebSocket command, and call a listener with each of its events from now on."""
        await self._send(command, fields, listener)

    async def _send(
        self, command: str, fields: dict[str, Any], listener: Callable[[dict[str, Any]], None] | None
    ) -> Any:
        if self._socket is None:
            raise RuntimeError("Sign in first.")
        self._last_id += 1
        number = self._last_id
        result = self._results[number] = asyncio.get_running_loop().create_future()
        if listener:
            self._listeners[number] = listener
        try:
            await self._socket.send_json({"id": number, "type": command, **fields})
            response = await result
        finally:
            del self._results[number]
        if not response.get("success", True):
            raise ApiError(f"{command}: {response['error']['message']}")
        return response.get("result")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Pass on what Home Assistant sends until the connection ends. It may send several messages as one."""
        try:
            async for received in socket:
                content = received.json()
                for message in content if isinstance(content, list) else [content]:
                    self._take(message)
        finally:
            for result in self._results.values():
                if not result.done():
                    result.set_exception(ApiError("The WebSocket was closed."))

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self._listeners[message["id"]](message["event"])
        elif (result := self._results.get(message["id"])) and not result.done():
            result.set_result(message)

    async def action(self, action: str, *, return_response: bool = False, **data: Any) -> Any:
        """Perform an action, for example notify.send_message."""
        path = f"/api/services/{action.replace('.', '/')}{'?return_response' if return_response else ''}"
        response = await self.post(path, data)
        return response["service_response"] if return_response else response

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return an entity's state and attributes."""
        state: dict[str, Any] = await self.get(f"/api/states/{entity_id}")
        return state


async def _read_json(response: aiohttp.ClientResponse) -> Any:
    if not response.ok:
        raise ApiError(f"{response.url.path}: {response.status} {(await response.text())[:500]}")
    return await response.json()
