"""One listening port: reads requests, counts them, and sends the response of the provider or of a fault."""

import asyncio
from collections.abc import Callable
import socket

from aiohttp import web

from .faults import Faults, respond
from .front import Front, open_session, turn_away, with_session
from .network import Network
from .wire import Gateway, Request, Response, html_response, read_request, without_card

type Seconds = float | Callable[[], float]

HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.1
_NOTICE_SECONDS = 0.02
_NOTICE_TURNS = 10


class Site:
    """One provider at one address."""

    def __init__(self, name: str, gateway: Gateway, network: Network, requests: list[Request], front: Front) -> None:
        """Prepare a site; it adds each request to `requests`."""
        self.name = name
        self.port = 0
        self.processing: Seconds = 0.0
        self.latency: Seconds = 0.0
        self.max_in_flight = 0
        self._in_flight = 0
        self._gateway = gateway
        self._network = network
        self._front = front
        self._requests = requests
        self._faults: Faults | None = None
        self._runner: web.ServerRunner | None = None
        self._listener: web.TCPSite | None = None
        self._reserved: socket.socket | None = None

    async def start(self, port: int, faults: Faults) -> None:
        """Listen; port 0 picks a free one."""
        self._faults = faults
        self._runner = web.ServerRunner(
            web.Server(self._handle, handler_cancellation=True, access_log=None), shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await self._runner.setup()
        self.port = await self._listen(self._runner, port)

    async def stop(self) -> None:
        """Close everything."""
        self._release()
        self._listener = None
        if self._runner:
            self._drop_connections(self._runner)
            await self._runner.cleanup()
            self._runner = None

    async def refuse(self) -> None:
        """Refuse connections and drop the open ones, but keep the port."""
        if self._listener is None or self._runner is None:
            return
        await self._listener.stop()
        self._listener = None
        self._drop_connections(self._runner)
        # A socket that is bound but does not listen refuses connections, and keeps the port from others.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((HOST, self.port))
        # Clients in this process notice in the next turns of the loop that their connections are closed.
        await asyncio.sleep(_NOTICE_SECONDS)
        for _ in range(_NOTICE_TURNS):
            await asyncio.sleep(0)

    async def restore(self) -> None:
        """Listen again after `refuse`."""
        if self._listener is None and self._runner is not None:
            self._release()
            await self._listen(self._runner, self.port)

    async def _listen(self, runner: web.ServerRunner, port: int) -> int:
        self._listener = web.TCPSite(runner, HOST, port, reuse_address=True)
        await self._listener.start()
        return int(runner.addresses[0][1])

    def _release(self) -> None:
        if self._reserved:
            self._reserved.close()
            self._reserved = None

    def _drop_connections(self, runner: web.ServerRunner) -> None:
        for connection in runner.server.connections if runner.server else []:
            connection.force_close()

    async def _handle(self, http_request: web.BaseRequest) -> web.StreamResponse:
        self._in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self._in_flight)
        try:
            return await self._respond(http_request)
        finally:
            self._in_flight -= 1

    async def _respond(self, http_request: web.BaseRequest) -> web.StreamResponse:
        request = await read_request(self.name, http_request, reads_json=self._gateway.reads_json)
        self._requests.append(without_card(request))
        limit = self._gateway.connection_limit
        if limit is not None and self._in_flight > limit:
            return html_response(503, "Service Unavailable").to_aiohttp()
        if self._front.silent_site == self.name and http_request.transport:
            http_request.transport.abort()
            return web.Response()
        if turned_away := turn_away(self._front):
            return turned_away.to_aiohttp()
        if self.processing:
            await _pass(self.processing)
        fault = self._faults.take(request) if self._faults else None
        if fault is not None:
            response = self._gateway.handle(request) if fault.accepts else Response(b"")
            self._network.carry(self._network.take_accepted())
            await _pass(self.latency)
            return await respond(fault, http_request, response)
        request = with_session(self._front, request)
        response = open_session(self._front, self.name, request, self._gateway.handle(request))
        accepted = self._network.take_accepted()
        try:
            await _pass(self.latency)
            stream = response.to_aiohttp()
            await stream.prepare(http_request)
            await stream.write_eof()
        finally:
            self._network.carry(accepted)
        return stream


async def _pass(seconds: Seconds) -> None:
    await asyncio.sleep(seconds() if callable(seconds) else seconds)
