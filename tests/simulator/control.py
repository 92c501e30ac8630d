"""The control API: another process can control the simulator with JSON over HTTP."""

import asyncio
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .messages import TITLES, Message
from .people import ScriptedReply
from .site import HOST

if TYPE_CHECKING:
    from .server import Simulator

_SHUTDOWN_SECONDS = 0.1


class Control:
    """The port of the control API."""

    def __init__(self, simulator: Simulator) -> None:
        """Control one simulator."""
        self.port = 0
        self._simulator = simulator
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        """Listen; port 0 picks a free one."""
        app = web.Application(middlewares=[_errors_as_json])
        app.add_routes(
            [
                web.get("/messages", self._messages),
                web.get("/count", self._count),
                web.get("/requests", self._requests),
                web.delete("/requests", self._clear_requests),
                web.get("/events", self._events),
                web.post("/answer", self._answer),
                web.post("/script", self._script),
                web.get("/replies", self._replies),
                web.post("/switch", self._switch),
                web.post("/faults", self._add_fault),
                web.delete("/faults", self._clear_faults),
                web.post("/callback", self._set_callback),
                web.post("/credit", self._set_credit),
                web.post("/latency", self._set_latency),
                web.post("/variant", self._use_variant),
            ]
        )
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close everything."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _messages(self, request: web.Request) -> web.Response:
        messages = self._simulator.messages(request.query.get("provider"))
        return _json([asdict(message) for message in messages])

    async def _count(self, request: web.Request) -> web.Response:
        return _json({"messages": len(self._simulator.messages(request.query.get("provider")))})

    async def _requests(self, request: web.Request) -> web.Response:
        requests = self._simulator.requests(request.query.get("site"))
        return _json([asdict(recorded) for recorded in requests])

    async def _clear_requests(self, request: web.Request) -> web.Response:
        self._simulator.clear_requests()
        return _json({})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Stream the texts that phones receive, one JSON object per line."""
        received: asyncio.Queue[Message] = asyncio.Queue()
        remove = self._simulator.on_text(received.put_nowait)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        try:
            await response.prepare(request)
            while True:
                line = json.dumps(event(await received.get()), ensure_ascii=False)
                await response.write(f"{line}\n".encode())
        finally:
            remove()

    async def _answer(self, request: web.Request) -> web.Response:
        data = await request.json()
        callback = await self._simulator.answer(data["number"], data["text"], data.get("provider"))
        status, body = callback or (None, None)
        return _json({"status": status, "body": body})

    async def _script(self, request: web.Request) -> web.Response:
        """Give a phone its replies: {"number", "replies": [{fields of ScriptedReply}], "repeats"?}."""
        data = await request.json()
        replies = [ScriptedReply(**reply) for reply in data["replies"]]
        self._simulator.people.script(data["number"], *replies, repeats=data.get("repeats", False))
        return _json({})

    async def _replies(self, request: web.Request) -> web.Response:
        return _json([asdict(reply) for reply in self._simulator.people.given])

    async def _switch(self, request: web.Request) -> web.Response:
        data = await request.json()
        self._simulator.people.switch(data["number"], on=data["on"])
        return _json({})

    async def _add_fault(self, request: web.Request) -> web.Response:
        data = await request.json()
        if data["kind"] == "refuse":
            await self._simulator.faults.refuse(data["site"])
        else:
            self._simulator.faults.add(**data)
        return _json({})

    async def _clear_faults(self, request: web.Request) -> web.Response:
        await self._simulator.restore()
        return _json({})

    async def _set_callback(self, request: web.Request) -> web.Response:
        data = await request.json()
        self._simulator.accounts[data["provider"]].callback_url = data["url"]
        return _json({})

    async def _set_latency(self, request: web.Request) -> web.Response:
        data = await request.json()
        self._simulator.latency = float(data["seconds"])
        return _json({})

    async def _use_variant(self, request: web.Request) -> web.Response:
        data = await request.json()
        self._simulator.use_variant(data["provider"], data["name"])
        return _json({})

    async def _set_credit(self, request: web.Request) -> web.Response:
        data = await request.json()
        account = self._simulator.accounts[data["provider"]]
        credit = Decimal(str(data["credit"]))
        if "pool" in data:
            account.credit[data["pool"]] = credit
        else:
            account.credit = credit
        return _json({})


def event(message: Message) -> dict[str, Any]:
    """Return a received text as the stream shows it."""
    return {
        "event": "text",
        "provider": message.provider,
        "title": TITLES[message.provider],
        "to": f"+{message.phone_number}",
        "text": message.text,
        "sender": message.sender,
        "id": message.id,
    }


@web.middleware
async def _errors_as_json(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except (KeyError, TypeError, ValueError, InvalidOperation, LookupError) as error:
        return _json({"error": str(error)}, status=400)
    return response


def _json(data: Any, status: int = 200) -> web.Response:
    return web.Response(
        text=json.dumps(data, default=str, ensure_ascii=False), status=status, content_type="application/json"
    )
