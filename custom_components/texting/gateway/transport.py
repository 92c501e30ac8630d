"""HTTP requests: their limits, and their failures as our errors. Only this module uses aiohttp."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import re
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from .errors import (
    Blocked,
    CannotConnect,
    CertificateInvalid,
    GatewayError,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
    Redirected,
)
from .json_fields import read_json

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10)
# Bytes.
MAX_RESPONSE = 256 * 1024
# Seconds.
MAX_RETRY_AFTER = 3600.0
TOO_MANY_REQUESTS = 429
# The request was not processed; it belongs to another address. A 303 is not among them: it says what was processed.
REDIRECTS = frozenset({301, 302, 307, 308})
# Cloudflare sets this header when it shows a page that only a browser passes, instead of the provider's response.
CHALLENGE_HEADER = "cf-mitigated"
CHALLENGER = "Cloudflare"
# Gateways share a session.
type Session = aiohttp.ClientSession

_NO_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_MAX_URL = 2000
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:]{2,45}")
_SECONDS = re.compile(r"[0-9]{1,100}")


@dataclass(frozen=True, slots=True)
class Response:
    """A response. The body decides; the HTTP status is secondary, and the content type is ignored."""

    status: int
    text: str
    # Seconds to wait before the next request. None: the provider does not say.
    retry_after: float | None = None

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; raise InvalidResponse if it is anything else."""
        try:
            value = read_json(self.text)
        except ValueError, RecursionError:
            raise InvalidResponse(f"no JSON, HTTP {self.status}") from None
        if not isinstance(value, dict):
            raise InvalidResponse(f"no JSON object, HTTP {self.status}")
        return value


class Transport:
    """Requests to one provider. Limits how many run at the same time."""

    def __init__(
        self,
        session: Session,
        *,
        in_flight: int,
        busy: Iterable[int] = (TOO_MANY_REQUESTS,),
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        """Use a session that its owner closes; busy are HTTP statuses that mean: not processed, try again later.

        slots are those of another transport to the same account, since both together may not exceed the limit.
        """
        self._session = session
        # Taken by each request.
        self.slots = slots or asyncio.Semaphore(in_flight)
        self._busy = frozenset(busy)

    async def request(  # noqa: PLR0913  an HTTP request has that many parts
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | list[tuple[str, str]] | None = None,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Make one request. Its body is a form or JSON.

        Raises CannotConnect if the request was not sent or not processed, OutcomeUnknown if it was sent but no response
        came, and RateLimited if the provider was too busy to process it. The error names the host.
        """
        if headers and not all(value.isprintable() for value in headers.values()):
            raise CannotConnect("a header that cannot be written")
        async with self.slots:
            try:
                async with self._session.request(
                    method,
                    url,
                    data=form,
                    json=body,
                    params=query,
                    headers=headers,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                ) as response:
                    return await self._read(response)
            except (GatewayError, aiohttp.ClientError, TimeoutError) as err:
                error = err if isinstance(err, GatewayError) else _error_of(err)
                error.host = host_of(url)
                raise error from None

    async def _read(self, response: aiohttp.ClientResponse) -> Response:
        """Read the body; raise InvalidResponse if it is longer than MAX_RESPONSE."""
        if CHALLENGE_HEADER in response.headers:
            raise Blocked(code=str(response.status), firewall=CHALLENGER)
        if response.status in REDIRECTS:
            target = host_of(response.headers.get("Location", ""), str(response.url))
            raise Redirected(code=str(response.status), target=target)
        retry_after = _retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
        if response.status in self._busy:
            raise RateLimited(code=str(response.status), retry_after=retry_after)
        body = bytearray()
        async for chunk in response.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > MAX_RESPONSE:
                response.close()
                raise InvalidResponse("the answer has no end")
        return Response(response.status, body.decode("utf-8-sig", "replace").strip(), retry_after)


def _error_of(error: aiohttp.ClientError | TimeoutError) -> GatewayError:
    """Return our error of a failure of aiohttp, without its words."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateInvalid()
    name = type(error).__name__
    return CannotConnect(name) if isinstance(error, (*_NO_ADDRESS, *_NO_CONNECTION)) else OutcomeUnknown(name)


def host_of(url: str, base: str = "") -> str:
    """Return the host of an address, with its port if it has one; empty if it has no host. No other part is safe."""
    if len(url) > _MAX_URL:
        return ""
    try:
        parts = urlsplit(urljoin(base, url))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not _HOST.fullmatch(host):
        return ""
    return f"{host}:{port}" if port else host


def _retry_after(header: str | None, sent_at: str | None) -> float | None:
    """Return the seconds to wait, 0 to MAX_RETRY_AFTER; None if the header is neither a number nor a date.

    A date counts from the time at which the provider sent the response, because our clock may be wrong.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    elif moment := _http_date(text):
        began = _http_date(sent_at or "") or datetime.fromtimestamp(time.time(), UTC)
        seconds = (moment - began).total_seconds()
    else:
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _http_date(text: str) -> datetime | None:
    """Parse a date such as Wed, 21 Oct 2026 07:28:00 GMT; return None for anything else."""
    if not text.isascii():
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError, TypeError, IndexError, OverflowError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
