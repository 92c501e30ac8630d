"""Faults on request: they change the response of a provider.

kind            options (defaults)                              the client sees
hang            accept (no)                                     no response
cut             accept (no)                                     connection closed without a response
http_error      status (500), accept (no)                       an HTML page with that status
html            accept (no)                                     200 with an HTML page
empty           accept (no)                                     200 with an empty body
answer          body, status (200), content_type, accept (no)   this response
rate_limited    seconds (1), -                                  429 with Retry-After
redirect        status (302), target, -                         a redirect to the target
challenge       status (403), -                                 the page of a firewall that asks for a browser
unavailable     -                                               503
truncated       - (accepted)                                    the first half of the response as a whole one
truncated_body  - (accepted)                                    the first half of the response, then a closed connection
content_type    content_type (application/octet-stream)         the response with another content type
slow            seconds (1), - (accepted)                       the response, byte by byte
endless         - (accepted)                                    the response with a body that never ends
latency         delay (1), - (accepted)                         the response after a delay, its reports before it
hold            - (accepted)                                    the response once it is released, its reports before it
echo            encoding (raw), accept (no)                     an error whose words repeat the request and its login
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
import json
import random
from typing import Any

from aiohttp import web

from .echo import echo
from .front import busy_response, challenge_response, redirect_response
from .wire import Request, Response, html_response

type Options = dict[str, Any]

_CHUNK = 16 * 1024
_CHUNK_PAUSE = 0.005

# The options of each kind. `accept` says whether the provider handles the request first. A kind without it changes the
# real response, so the request is always handled, except for the kinds in _NEVER_ACCEPTED.
KINDS: dict[str, Options] = {
    "hang": {"accept": False},
    "cut": {"accept": False},
    "http_error": {"accept": False, "status": 500},
    "html": {"accept": False},
    "empty": {"accept": False},
    "answer": {"accept": False, "status": 200, "body": "", "content_type": None},
    "rate_limited": {"seconds": 1},
    "redirect": {"status": 302, "target": "https://sms.example.com/moved"},
    "challenge": {"status": 403},
    "unavailable": {},
    "truncated": {},
    "truncated_body": {},
    "content_type": {"content_type": "application/octet-stream"},
    "slow": {"seconds": 1.0},
    "endless": {},
    "latency": {"delay": 1.0},
    "hold": {},
    "echo": {"encoding": "raw", "accept": False},
}
_NEVER_ACCEPTED = {"rate_limited", "unavailable", "redirect", "challenge"}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault: which requests it matches, and how many are left (None: all)."""

    site: str
    kind: str
    times: int | None
    path: str | None
    method: str | None
    params: dict[str, Any]
    options: Options
    chance: float = 1.0
    used: int = 0
    # The last request that it applied to.
    request: Request | None = None
    # Set once a request is handled to which the fault applies.
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the responses go that a "hold" fault holds, and those that come."""
        self._released.set()

    async def hold(self) -> None:
        """Wait until the fault is released."""
        await self._released.wait()

    @property
    def accepts(self) -> bool:
        """True if the provider handles the request."""
        return bool(self.options.get("accept", self.kind not in _NEVER_ACCEPTED))

    def matches(self, request: Request) -> bool:
        """Return True if this fault applies to the request."""
        if self.times is not None and self.used >= self.times:
            return False
        return (
            request.site == self.site
            and (self.path is None or self.path in request.path)
            and self.method in (None, request.method)
            and all(request.params.get(name) == value for name, value in self.params.items())
            and (self.chance >= 1 or random.random() < self.chance)  # noqa: S311  it protects no secret
        )


class Faults:
    """The active faults, oldest first; `refuse` and `restore` act on a site's listening port."""

    def __init__(
        self,
        sites: tuple[str, ...],
        refuse: Callable[[str], Awaitable[None]],
        restore: Callable[[str], Awaitable[None]],
    ) -> None:
        """Begin without faults."""
        self._sites = sites
        self._faults: list[Fault] = []
        self.refuse = refuse
        self.restore = restore

    def add(
        self,
        site: str,
        kind: str,
        times: int | None = 1,
        path: str | None = None,
        *,
        method: str | None = None,
        params: dict[str, Any] | None = None,
        chance: float = 1.0,
        **options: Any,
    ) -> Fault:
        """Let the next `times` matching requests fail (None: until cleared).

        `path` is a part of the path, `params` are parameter values that must match, `chance` is the share of the
        matching requests that fail, 0 to 1. Raises ValueError for an invalid kind or option.
        """
        if site not in self._sites or kind not in KINDS:
            raise ValueError(f"No such site or kind of fault: {site}, {kind}.")
        if unknown := set(options) - set(KINDS[kind]):
            raise ValueError(f"A {kind} fault has no {', '.join(sorted(unknown))}.")
        fault = Fault(site, kind, times, path, method, params or {}, {**KINDS[kind], **options}, chance)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults and release what they hold; a site that refuses connections needs `restore`."""
        for fault in self._faults:
            fault.release()
        self._faults.clear()

    def take(self, request: Request) -> Fault | None:
        """Return the fault that applies to this request, or None."""
        for fault in self._faults:
            if fault.matches(request):
                fault.used += 1
                fault.request = request
                return fault
        return None


async def respond(fault: Fault, http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    """Send the response that the fault makes; `response` is empty if the request was not handled."""
    fault.reached.set()
    if fault.kind == "echo" and fault.request:
        return echo(fault.request, fault.options["encoding"]).to_aiohttp()
    if fault.kind in _CHANGES:
        return _CHANGES[fault.kind](fault.options, response).to_aiohttp()
    return await _STREAMS[fault.kind](fault, http_request, response)


def _canned(options: Options) -> Response:
    body, content_type = options["body"], options["content_type"]
    if isinstance(body, bytes):
        return Response(body, options["status"], content_type or "application/octet-stream")
    if isinstance(body, str):
        return Response(body.encode(), options["status"], content_type or "text/plain; charset=utf-8")
    return Response(json.dumps(body).encode(), options["status"], content_type or "application/json")


async def _hang(_fault: Fault, _http_request: web.BaseRequest, _response: Response) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def _cut(_fault: Fault, http_request: web.BaseRequest, _response: Response) -> web.StreamResponse:
    if http_request.transport:
        http_request.transport.abort()
    return web.Response()


async def _truncated_body(_fault: Fault, http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    stream = _stream(response, length=max(2, len(response.body)))
    await stream.prepare(http_request)
    await stream.write(response.body[: len(response.body) // 2] or b" ")
    if http_request.transport:
        http_request.transport.close()
    return stream


async def _slow(fault: Fault, http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    stream = _stream(response, length=len(response.body))
    await stream.prepare(http_request)
    for byte in response.body:
        await asyncio.sleep(fault.options["seconds"] / len(response.body))
        await stream.write(bytes([byte]))
    return stream


async def _endless(_fault: Fault, http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    stream = _stream(response, length=None)
    await stream.prepare(http_request)
    await stream.write(response.body)
    while True:
        await stream.write(b"." * _CHUNK)
        await asyncio.sleep(_CHUNK_PAUSE)


async def _latency(fault: Fault, _http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    await asyncio.sleep(fault.options["delay"])
    return response.to_aiohttp()


async def _hold(fault: Fault, _http_request: web.BaseRequest, response: Response) -> web.StreamResponse:
    await fault.hold()
    return response.to_aiohttp()


def _stream(response: Response, length: int | None) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    stream.content_length = length
    return stream


# Faults that only replace the response, and faults that need the connection.
_CHANGES: dict[str, Callable[[Options, Response], Response]] = {
    "http_error": lambda options, _: html_response(options["status"], "Server Error"),
    "html": lambda _options, _: html_response(200, "Maintenance"),
    "empty": lambda _options, _: Response(b""),
    "answer": lambda options, _: _canned(options),
    "rate_limited": lambda options, _: busy_response(str(options["seconds"])),
    "redirect": lambda options, _: redirect_response(options["status"], options["target"]),
    "challenge": lambda options, _: challenge_response(options["status"]),
    "unavailable": lambda _options, _: html_response(503, "Service Unavailable"),
    "truncated": lambda _options, response: replace(response, body=response.body[: len(response.body) // 2]),
    "content_type": lambda options, response: replace(response, content_type=options["content_type"]),
}
_STREAMS: dict[str, Callable[[Fault, web.BaseRequest, Response], Awaitable[web.StreamResponse]]] = {
    "hang": _hang,
    "cut": _cut,
    "truncated_body": _truncated_body,
    "slow": _slow,
    "endless": _endless,
    "latency": _latency,
    "hold": _hold,
}
