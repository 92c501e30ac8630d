"""Requests over real connections, and their failures."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import socket
import ssl
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from custom_components.texting.gateway.errors import (
    CannotConnect,
    CertificateInvalid,
    GatewayError,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
)
from custom_components.texting.gateway.transport import MAX_RESPONSE, Response, Transport
from tests.simulator import Simulator
from tests.simulator.loop_clock import LoopClock
from tests.support.gateways import Serve
from tests.support.home import until

SITE = "thesmspoint"
PATH = "/api/v1/get-sms-balance"
HEADERS = {"key": "demo-key"}


async def ask(transport: Transport, simulator: Simulator) -> Response:
    """Make one request to the simulator."""
    return await transport.request("POST", simulator.url(SITE) + PATH, form={"a": "ü"}, headers=HEADERS)


async def test_answers(transport: Transport, simulator: Simulator) -> None:
    response = await ask(transport, simulator)
    assert (response.status, response.json()["status"]) == (200, "success")
    (request,) = simulator.requests(SITE)
    assert request.params == {"a": "ü"}


# Seconds after which a request has ended, and a connection that cannot be made.
REQUEST_ENDS, CONNECTION_ENDS = 31.0, 11.0


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("cut", {}, OutcomeUnknown),
        ("hang", {}, OutcomeUnknown),
        ("slow", {"seconds": 36_000}, OutcomeUnknown),
        ("truncated_body", {}, OutcomeUnknown),
        ("endless", {}, InvalidResponse),
        ("rate_limited", {"seconds": 7}, RateLimited),
    ],
)
async def test_faults(
    transport: Transport,
    simulator: Simulator,
    loop_clock: LoopClock,
    kind: str,
    options: dict[str, Any],
    error: type[GatewayError],
) -> None:
    fault = simulator.faults.add(SITE, kind, **options)
    asking = asyncio.create_task(ask(transport, simulator))
    await fault.reached.wait()
    if kind in ("hang", "slow"):
        loop_clock.advance(REQUEST_ENDS)
    with pytest.raises(error) as raised:
        await asking
    assert type(raised.value) is error
    if isinstance(raised.value, RateLimited):
        assert (raised.value.code, raised.value.retry_after) == ("429", 7)
    # The failed connection does not block the next request.
    assert (await ask(transport, simulator)).status == 200


@pytest.mark.parametrize("kind", ["html", "empty", "truncated"])
async def test_what_is_no_answer(transport: Transport, simulator: Simulator, kind: str) -> None:
    simulator.faults.add(SITE, kind)
    response = await ask(transport, simulator)
    with pytest.raises(InvalidResponse):
        response.json()


@pytest.mark.parametrize(
    "body", ["[]", "1", "null", "[" * 100_000, '{"a": 1', "\ud83d".encode("utf-8", "replace").decode()]
)
def test_only_an_object_is_json(body: str) -> None:
    with pytest.raises(InvalidResponse):
        Response(200, body).json()


async def test_nobody_listens(transport: Transport, simulator: Simulator) -> None:
    await simulator.faults.refuse(SITE)
    with pytest.raises(CannotConnect) as raised:
        await ask(transport, simulator)
    assert type(raised.value) is CannotConnect


async def test_a_connection_that_is_never_made(transport: Transport, loop_clock: LoopClock) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        host, port = listener.getsockname()
        # The server accepts nothing. Once its queue is full, the next connection waits without a response.
        waiting = [asyncio.create_task(asyncio.open_connection(host, port)) for _ in range(4)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        asking = asyncio.create_task(transport.request("POST", f"http://{host}:{port}/"))
        await loop_clock.advance_until(asking.done, CONNECTION_ENDS)
        with pytest.raises(CannotConnect) as raised:
            await asking
        assert raised.value.detail == "ConnectionTimeoutError"
        for task in waiting:
            task.cancel()
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            if not isinstance(result, BaseException):
                result[1].close()


class NoSuchHost(AbstractResolver):
    """A resolver that finds no host."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise OSError(f"{host} is not known")

    async def close(self) -> None:
        pass


@pytest.mark.usefixtures("_loopback")
async def test_a_host_that_has_no_address() -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=NoSuchHost())) as session:
        with pytest.raises(CannotConnect):
            await Transport(session, in_flight=1).request("POST", "https://gateway.invalid/")


@pytest.mark.parametrize(
    "url", ["", "no address", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://a..b/"]
)
async def test_what_is_no_address(transport: Transport, url: str) -> None:
    with pytest.raises(CannotConnect):
        await transport.request("POST", url)


async def test_a_header_that_cannot_be_sent(transport: Transport, simulator: Simulator) -> None:
    with pytest.raises(CannotConnect):
        await transport.request("POST", simulator.url(SITE) + PATH, headers={"key": "demo\nkey"})
    assert not simulator.requests()


def certificate(folder: Path, host: str) -> ssl.SSLContext:
    """Return a self-signed certificate of a server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_certificate_that_does_not_hold(
    serve: Serve, tmp_path: Path, session: aiohttp.ClientSession, trusted: bool
) -> None:
    """The certificate is not trusted, or it is trusted but of another host."""
    arrived: list[web.BaseRequest] = []

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        arrived.append(request)
        return web.Response()

    address = await serve(note, certificate(tmp_path, "192.0.2.1" if trusted else "127.0.0.1"))
    context = ssl.create_default_context(cafile=tmp_path / "server.pem") if trusted else ssl.create_default_context()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as own:
        with pytest.raises(CertificateInvalid):
            await Transport(own, in_flight=1).request("POST", f"https://{address}/", form={"pass": "secret"})
    assert not arrived


async def test_no_tls_where_it_is_asked_for(transport: Transport, simulator: Simulator) -> None:
    with pytest.raises(CannotConnect):
        await transport.request("POST", simulator.url(SITE).replace("http:", "https:") + PATH)
    assert not simulator.requests()


async def test_no_more_at_once_than_allowed(transport: Transport, simulator: Simulator) -> None:
    fault = simulator.faults.add(SITE, "hold", None)
    asking = [asyncio.create_task(ask(transport, simulator)) for _ in range(8)]
    await until(lambda: fault.used == 2)
    fault.release()
    await asyncio.gather(*asking)
    assert fault.used == 8
    assert simulator.max_in_flight(SITE) == 2


async def test_which_statuses_mean_busy(session: aiohttp.ClientSession, simulator: Simulator) -> None:
    simulator.faults.add(SITE, "unavailable", times=2)
    with pytest.raises(RateLimited):
        await ask(Transport(session, in_flight=1, busy={503}), simulator)
    assert (await ask(Transport(session, in_flight=1), simulator)).status == 503


async def test_odd_bytes_are_read(transport: Transport, serve: Serve) -> None:
    async def odd(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"\xef\xbb\xbf ok \xff\n")

    assert (await transport.request("GET", f"http://{await serve(odd)}/")).text == "ok \ufffd"


@pytest.mark.parametrize(("size", "fits"), [(MAX_RESPONSE, True), (MAX_RESPONSE + 1, False)])
async def test_how_long_an_answer_may_be(transport: Transport, serve: Serve, size: int, fits: bool) -> None:
    async def long(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"1" * size)

    request = transport.request("GET", f"http://{await serve(long)}/")
    if fits:
        assert len((await request).text) == size
    else:
        with pytest.raises(InvalidResponse):
            await request
