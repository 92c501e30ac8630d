"""Home Assistant as a browser talks to it: sign-in, REST, WebSocket."""

from typing import Any, Self

import aiohttp

NOT_FOUND = 404


class ApiError(Exception):
    """Home Assistant refused something; the text is its answer."""


class Api:
    """One signed-in user."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str | None = None) -> None:
        """Talk to the Home Assistant at this address, as the user an access token is for."""
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
            token = (await _answer(response))["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": token})
        await self._socket.receive_json()
        return self

    async def get(self, path: str) -> Any:
        """Read something."""
        async with self._session.get(self.url + path, headers=self._headers) as response:
            return await _answer(response)

    async def post(self, path: str, data: Any) -> Any:
        """Do something."""
        async with self._session.post(self.url + path, json=data, headers=self._headers) as response:
            return await _answer(response)

    async def command(self, command: str, **fields: Any) -> Any:
        """Do what only the WebSocket offers."""
        if self._socket is None:
            raise RuntimeError("Nobody is signed in.")
        self._last_id += 1
        await self._socket.send_json({"id": self._last_id, "type": command, **fields})
        answer = await self._socket.receive_json()
        if not answer["success"]:
            raise ApiError(f"{command}: {answer['error']['message']}")
        return answer["result"]

    async def action(self, action: str, *, response: bool = False, **data: Any) -> Any:
        """Perform an action such as notify.send_message."""
        path = f"/api/services/{action.replace('.', '/')}{'?return_response' if response else ''}"
        answer = await self.post(path, data)
        return answer["service_response"] if response else answer

    async def state(self, entity_id: str) -> dict[str, Any]:
        """An entity's state and attributes."""
        found: dict[str, Any] = await self.get(f"/api/states/{entity_id}")
        return found


async def _answer(response: aiohttp.ClientResponse) -> Any:
    if not response.ok:
        raise ApiError(f"{response.url.path}: {response.status} {(await response.text())[:500]}")
    return await response.json()
