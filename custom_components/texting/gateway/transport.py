"""HTTP requests: their limits, and their failures as our errors. Only this module uses aiohttp."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from .errors import CannotConnect, CertificateInvalid, InvalidResponse, OutcomeUnknown, RateLimited
from .json_fields import read_json

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10)
# Bytes.
MAX_RESPONSE = 256 * 1024
# Seconds.
MAX_RETRY_AFTER = 3600.0
TOO_MANY_REQUESTS = 429
# Gateways share a session.
type Session = aiohttp.ClientSession

_NO_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


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

    def __init__(self, session: Session, *, in_flight: int, busy: Iterable[int] = (TOO_MANY_REQUESTS,)) -> None:
        """Use a session that its owner closes; busy are HTTP statuses that mean: not processed, try again later."""
        self._session = session
        self._slots = asyncio.Semaphore(in_flight)
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

        Raises CannotConnect if the request was not sent, OutcomeUnknown if it was sent but no response came, and
        RateLimited if the provider was too busy to process it.
        """
        if headers and not all(value.isprintable() for value in headers.values()):
            raise CannotConnect("a header that cannot be written")
        async with self._slots:
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
            except aiohttp.ClientConnectorCertificateError:
                raise CertificateInvalid from None
            except (*_NO_ADDRESS, *_NO_CONNECTION) as err:
                raise CannotConnect(type(err).__name__) from None
            except (aiohttp.ClientError, TimeoutError) as err:
                raise OutcomeUnknown(type(err).__name__) from None

    async def _read(self, response: aiohttp.ClientResponse) -> Response:
        """Read the body; raise InvalidResponse if it is longer than MAX_RESPONSE."""
        retry_after = _retry_after(response.headers.get("Retry-After"))
        if response.status in self._busy:
            raise RateLimited(code=str(response.status), retry_after=retry_after)
        body = bytearray()
        async for chunk in response.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > MAX_RESPONSE:
                response.close()
                raise InvalidResponse("the answer has no end")
        return Response(response.status, body.decode("utf-8-sig", "replace").strip(), retry_after)


def _retry_after(header: str | None) -> float | None:
    """Return the seconds to wait, at most MAX_RETRY_AFTER. These providers send no dates; a date gives None."""
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), MAX_RETRY_AFTER)
