"""The HTTP requests of the providers to the customer's URLs."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

import aiohttp

from .messages import Message

_TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback. If there was no response, its status is 0 and `body` says why."""

    provider: str
    method: str
    url: str
    params: dict[str, Any]
    status: int
    body: str


class Callbacks:
    """Makes callbacks and records them."""

    def __init__(self) -> None:
        """Begin without callbacks."""
        self.made: list[Callback] = []
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the client session."""
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Close the client session."""
        if self._session:
            await self._session.close()
            self._session = None

    async def get(self, provider: str, url: str, params: dict[str, str], seconds: float) -> Callback:
        """Make a GET callback with a timeout in seconds."""
        return await self._make(provider, "GET", url, params, {"params": params}, aiohttp.ClientTimeout(total=seconds))

    async def post(
        self, provider: str, url: str, params: dict[str, Any], *, form: bool, headers: dict[str, str] | None = None
    ) -> Callback:
        """Make a POST callback, as JSON or as a form."""
        content = {"data" if form else "json": params, "headers": headers or {}}
        return await self._make(provider, "POST", url, params, content)

    async def _make(
        self,
        provider: str,
        method: str,
        url: str,
        params: dict[str, Any],
        content: dict[str, dict[str, Any]],
        limit: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> Callback:
        if self._session is None:
            raise RuntimeError("The simulator is not running.")
        try:
            async with self._session.request(
                method,
                url,
                params=content.get("params"),
                data=content.get("data"),
                json=content.get("json"),
                headers=content.get("headers"),
                timeout=limit,
            ) as response:
                made = Callback(provider, method, url, params, response.status, await response.text(errors="replace"))
        except (aiohttp.ClientError, TimeoutError) as error:
            made = Callback(provider, method, url, params, 0, str(error))
        self.made.append(made)
        return made


def textinghouse_status(message: Message) -> dict[str, str]:
    """Return the fields of TextingHouse's status callback (its section 4.5)."""
    return {"apimsgid": message.id, "climsgid": message.client_id or "", "status": message.status}


def textinghouse_reply(message: Message, digits: str, text: str, date: str) -> dict[str, str]:
    """Return the fields of TextingHouse's reply callback (its section 4.6)."""
    return {
        "apimsgid": message.id,
        "climsgid": message.client_id or "",
        "from": digits,
        "txt": text,
        "date": date,
    }


def ez_texting_json(number: str, text: str, at: datetime, answered: Message | None, **flags: bool) -> dict[str, Any]:
    """Return the fields of a text in JSON; `id` is that of the message that it answers. flags are optIn and optOut."""
    return {
        "id": answered.id if answered else token_hex(6),
        "type": "inbound_text.received",
        "fromNumber": f"1{number}",
        "toNumber": "13135550100",
        "message": text,
        "received": at.isoformat(timespec="milliseconds"),
        **flags,
    }
