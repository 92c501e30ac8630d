"""The parser of whole HTTP responses: aiohttp with our transport, over a real connection to this machine."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
import gzip
import zlib

import aiohttp

from custom_components.texting.gateway.errors import GatewayError
from custom_components.texting.gateway.transport import Transport

from .mutate import LARGE, Mutator
from .parser import AnyParser, Parser

BODY = b'{"status": "success", "data": {"balance": "99.5", "unit": "sms"}}'
HEADS = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{encoding}\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{encoding}\r\n",
    "HTTP/1.0 200 OK\r\n{encoding}\r\n",
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: {length}\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: https://a.example/x\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n",
)
ENCODINGS = ("gzip", "deflate", "br", "zstd", "x-gzip", "identity", "gzip, gzip", "²")


def make_response(mutator: Mutator, is_large: bool) -> bytes:
    """Return a damaged response as bytes."""
    body = BODY * (LARGE // len(BODY)) if is_large else BODY
    encoding = mutator.random.choice(ENCODINGS) if mutator.chance(70) else ""
    if encoding in {"gzip", "x-gzip"} and mutator.chance(90):
        body = gzip.compress(body * mutator.random.choice((1, 1, 100)), 1)
    elif encoding == "deflate" and mutator.chance(90):
        body = zlib.compress(body * mutator.random.choice((1, 1, 100)), 1)
    if mutator.chance(50):
        body = mutator.damaged_bytes(body)
    head = mutator.random.choice(HEADS)
    if mutator.chance(20):
        head = mutator.text((head,))
    header = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = head.replace("{length}", str(len(body))).replace("{encoding}", header)
    if "chunked" in head:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    response = head.encode("utf-8", "replace") + body
    return mutator.damaged_bytes(response) if mutator.chance(20) else response


class Server:
    """A server that answers each connection with some bytes, and a session that asks it. It starts at the first."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run in this loop."""
        self._loop = loop
        self._response = b""
        self._address = ""
        self._server: asyncio.Server | None = None
        self._session: aiohttp.ClientSession | None = None

    def feed(self, response: bytes) -> object:
        """Let our transport read a response."""
        return self._loop.run_until_complete(self._ask(response))

    def close(self) -> None:
        """Release everything."""
        self._loop.run_until_complete(self._close())

    async def _ask(self, response: bytes) -> object:
        self._response = response
        session = self._session or await self._start()
        return await Transport(session, in_flight=1).request("GET", self._address)

    async def _start(self) -> aiohttp.ClientSession:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self._address = f"http://{host}:{port}/"
        connector = aiohttp.TCPConnector(force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, which has no body, write the response, and hang up."""
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._response)
            await writer.drain()
        writer.close()

    async def _close(self) -> None:
        if self._session:
            await self._session.close()
        if self._server:
            self._server.close()
            await self._server.wait_closed()


def parsers(server: Server) -> Iterator[AnyParser]:
    """Yield the parser of whole responses."""
    yield Parser(name="http response", make=make_response, feed=server.feed, errors=(GatewayError,), weight=0.3)
