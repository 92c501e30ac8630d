"""A request as it was received, and a response before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import json
from time import monotonic
from typing import Any, Protocol

from aiohttp import web

HTML_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_CARD_FIELDS = {"ccnumber", "cccode"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `params` has body and query, `at` is a time of the monotonic clock."""

    site: str
    method: str
    path: str
    params: dict[str, Any]
    query: dict[str, str]
    headers: dict[str, str]
    host: str
    connection: int
    at: float


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a provider, before a fault changes it."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_aiohttp(self) -> web.Response:
        """Return the response for aiohttp."""
        return web.Response(
            body=self.body, status=self.status, headers={**self.headers, "Content-Type": self.content_type}
        )


class Gateway(Protocol):
    """One provider: reads a request, changes its state, and responds."""

    @property
    def reads_json(self) -> bool:
        """True if JSON bodies are read; if not, their parameters are missing."""

    @property
    def connection_limit(self) -> int | None:
        """The largest number of requests in progress."""

    def handle(self, request: Request) -> Response:
        """Handle one request."""


def text_response(text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
    """Return a plain-text response."""
    return Response(text.encode(), status, content_type)


def json_response(data: Any, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(json.dumps(data, ensure_ascii=False).encode(), status, "application/json")


def html_response(status: int, title: str) -> Response:
    """Return an HTML page, as proxies and web servers send it instead of a response."""
    return Response(HTML_PAGE.format(title).encode(), status, "text/html; charset=utf-8")


async def read_request(site: str, http_request: web.BaseRequest, *, reads_json: bool) -> Request:
    """Read a request; body and query are merged, and repeated names become lists."""
    params: dict[str, Any] = {}
    _collect(params, http_request.query.items())
    if http_request.content_type == "application/json":
        if reads_json:
            params.update(_json_object(await http_request.read()))
    else:
        _collect(params, (await http_request.post()).items())
    peer = http_request.transport.get_extra_info("peername") if http_request.transport else None
    return Request(
        site=site,
        method=http_request.method,
        path=http_request.path,
        params=params,
        query=dict(http_request.query),
        headers=dict(http_request.headers),
        host=http_request.host,
        connection=peer[1] if peer else 0,
        at=monotonic(),
    )


def without_card(request: Request) -> Request:
    """Return the request with card number and security code masked."""
    if not _CARD_FIELDS & {name.lower() for name in request.params}:
        return request
    params = {name: _masked(name, value) for name, value in request.params.items()}
    return replace(request, params=params, query={name: params[name] for name in request.query})


def _masked(name: str, value: Any) -> Any:
    return "*" * len(str(value)) if name.lower() in _CARD_FIELDS else value


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _collect(params: dict[str, Any], items: Any) -> None:
    for name, value in items:
        if name in params and name.endswith("[]"):
            params[name].append(value)
        else:
            params[name] = [value] if name.endswith("[]") else value
