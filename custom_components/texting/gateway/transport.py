"""The only place that touches aiohttp: limits, and what became of a request as an error."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from .answers import read_json
from .errors import CannotConnect, CertificateInvalid, InvalidResponse, OutcomeUnknown, RateLimited

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10)
ANSWER_LIMIT = 256 * 1024
RETRY_AFTER_LIMIT = 3600.0
TOO_MANY_REQUESTS = 429
_NO_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the body decides, the HTTP status is secondary, the content type is ignored."""

    status: int
    text: str
    retry_after: float | None = None

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises InvalidResponse for anything else."""
        try:
            value = read_json(self.text)
        except ValueError, RecursionError:
            raise InvalidResponse(f"no JSON, HTTP {self.status}") from None
        if not isinstance(value, dict):
            raise InvalidResponse(f"no JSON object, HTTP {self.status}")
        return value


class Transport:
    """Requests to one gateway, in_flight at once; busy are the HTTP statuses that mean: not processed, later."""

    def __init__(
        self, session: aiohttp.ClientSession, *, in_flight: int, busy: Iterable[int] = (TOO_MANY_REQUESTS,)
    ) -> None:
        """Use the given session, which stays its owner's to close."""
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
    ) -> Answer:
        """Make one request, its body a form or JSON.

        Raises CannotConnect when it never left, OutcomeUnknown when it left without an answer,
        RateLimited when the gateway was too busy to process it.
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
                    return await self._answer(response)
            except aiohttp.ClientConnectorCertificateError:
                raise CertificateInvalid from None
            except (*_NO_ADDRESS, *_NO_CONNECTION) as err:
                raise CannotConnect(type(err).__name__) from None
            except (aiohttp.ClientError, TimeoutError) as err:
                raise OutcomeUnknown(type(err).__name__) from None

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        """Read the body up to the limit."""
        retry_after = _retry_after(response.headers.get("Retry-After"))
        if response.status in self._busy:
            raise RateLimited(code=str(response.status), retry_after=retry_after)
        body = bytearray()
        async for chunk in response.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > ANSWER_LIMIT:
                response.close()
                raise InvalidResponse("the answer has no end")
        return Answer(response.status, body.decode("utf-8-sig", "replace").strip(), retry_after)


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait, at most an hour; dates are not used by these gateways and mean None."""
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), RETRY_AFTER_LIMIT)
