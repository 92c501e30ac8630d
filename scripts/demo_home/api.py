"""A client for Home Assistant's REST API and WebSocket API."""

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
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0

    async def sign_up(self, user: str, password: str) -> Self:
        """Create the owner of a new Home Assistant, and sign in."""
        client = f"{self.url}/"
        owner = {"client_id": client, "name": user.title(), "username": user, "password": password, "language": "en"}
        code = (await self.post("/api/onboarding/users", owner))["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            token = (await _read_json(response))["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": token})
        await self._socket.receive_json()
        return self

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
        if self._socket is None:
            raise RuntimeError("Sign in first.")
        self._last_id += 1
        await self._socket.send_json({"id": self._last_id, "type": command, **fields})
        response = await self._socket.receive_json()
        if not response["success"]:
            raise ApiError(f"{command}: {response['error']['message']}")
        return response["result"]

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
