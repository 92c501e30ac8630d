"""The API of the "Ultimate SMS" software: its requests, their methods, and the pages of its lists."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
import re
from typing import override
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ...errors import CannotConnect, GatewayError, MessageRejected, NotFound, OutcomeUnknown
from ...json_fields import Row, count, text
from ...phone_number import plain_digits
from ...pieces import in_pieces
from ...provider import Settings, account_field
from ...status import FailureReason
from ...transport import Response, Transport
from . import responses as wire
from .words import NOT_FOUND

# The methods whose bodies some web servers drop.
WITHOUT_BODY = frozenset({"GET", "DELETE"})
OTHER_METHOD = {"GET": "POST", "POST": "GET"}
type Query = Mapping[str, str]
NO_QUERY: Query = {}
# The last page that is read of a list that does not say how many pages it has.
MAX_PAGES = 10_000
# Rows that are read of one list. Only their ids are kept.
MAX_ROWS = 100_000
# Rows whose ids are read at a stretch, which takes about a millisecond.
PIECE_OF_IDS = 500
GROUPS = "contacts"
_HTTP_NOT_FOUND = 404
_NUMBER_SENDER = re.compile(r"\+?[0-9]{3,15}", re.ASCII)
# Something of the installation itself is missing, and no id of the request.
_NOT_AN_ID = re.compile(r"\b(server|serveur|gateway|passerelle|plan|route)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextioProSettings(Settings):
    """The settings of an account at TextioPro, or at another site of the same software."""

    api_token: str = account_field(secret=True)
    sender_id: str = account_field(applied_in_place=True)
    # The account's own numbers, separated by commas. Texts to them came in, if the site's list does not say so.
    own_number: str = account_field(required=False, advanced=True, numbers=True, applied_in_place=True)
    # Where the token is: bearer (in a header, /api/v3/) or token (in the body, /api/http/).
    api: str = account_field(advanced=True, default="bearer", choices=("bearer", "token"))
    # Repeat the token of the token API in the URL of reads, for sites whose front drops the body of a GET request.
    token_in_url: bool = account_field(required=False, advanced=True, switch=True)
    url: str = account_field(advanced=True, default="https://app.textiopro.com")

    @property
    @override
    def default_sender(self) -> str:
        return self.sender_id

    @property
    def own_numbers(self) -> frozenset[str]:
        """The digits of the account's own numbers. A sender that is a number is one of them."""
        written = self.own_number.split(",")
        if _NUMBER_SENDER.fullmatch(self.sender_id):
            written.append(self.sender_id)
        return frozenset(filter(None, map(plain_digits, written)))


class Api:
    """One account at one installation. A path is as sms/{}, with its ids as arguments. Methods raise GatewayError."""

    def __init__(self, transport: Transport, settings: Callable[[], TextioProSettings]) -> None:
        """Learn the methods of reads and the time zone from the first responses."""
        self._transport = transport
        self._settings = settings
        self._methods: dict[str, str] = {}
        self._zone: tzinfo | None = None

    async def read(self, path: str, *ids: str, page: int = 1, query: Query = NO_QUERY) -> object:
        """Fetch the data at a path with the method that worked before; if the method is refused, try the other."""
        query = {**query, "page": str(page)} if page > 1 else query
        method = self._methods.get(path) or self._documented(path)
        # POST would create a group.
        methods = (method,) if path == GROUPS else (method, OTHER_METHOD[method])
        for each in methods:
            response = await self.call(each, path, *ids, query=query)
            if response.status == wire.METHOD_NOT_ALLOWED:
                continue
            envelope = wire.envelope_of(response)
            if (error := wire.refusal(envelope, response)) is None:
                self._methods[path] = each
                return envelope.get("data")
            if not wire.refuses_method(envelope):
                raise missing(error, envelope, response) if ids else error
        raise MessageRejected("no method is allowed", code=str(wire.METHOD_NOT_ALLOWED))

    async def change(self, method: str, path: str, *ids: str, body: Mapping[str, str] | None = None) -> object:
        """Create, change or delete something; return the data of the response."""
        response = await self.call(method, path, *ids, body=body)
        envelope = wire.envelope_of(response)
        if error := wire.refusal(envelope, response):
            raise missing(error, envelope, response) if ids else error
        return envelope.get("data")

    async def call(
        self, method: str, path: str, *ids: str, body: Mapping[str, str] | None = None, query: Query = NO_QUERY
    ) -> Response:
        """Make a request. The token is in a header or in the body. It is in the URL only if the user wants that."""
        if any(not each.strip(".") for each in ids):  # the URL would be another one
            raise NotFound("no id")
        settings, headers = self._settings(), {"Accept": "application/json"}
        if settings.api == "token":
            api, body = "http", {**(body or {}), "api_token": settings.api_token}
            if settings.token_in_url and method in WITHOUT_BODY:
                query = {**query, "api_token": settings.api_token}
        else:
            api, headers["Authorization"] = "v3", f"Bearer {settings.api_token}"
        path = path.format(*(quote(each, safe="") for each in ids))
        return await self._transport.request(
            method,
            f"{settings.url}/api/{api}/{path}",
            body=body,
            query=query or None,
            headers=headers,
        )

    async def rows(self, path: str, *ids: str) -> AsyncIterator[Row]:
        """Iterate over the rows of a list, each once. Rows without an id are left out."""
        async for _, listed in self.pages(path, *ids):
            async for piece in in_pieces(listed):
                for row in piece:
                    if wire.id_of(row):
                        yield row

    async def pages(self, path: str, *ids: str) -> AsyncIterator[tuple[object, list[Row]]]:
        """Iterate over the pages of a list: the data of each page, and its rows that no earlier page had.

        The list ends when a page promises no more pages, or when it has no new rows whatever it promises. It is cut
        after MAX_ROWS rows.
        """
        seen: set[str] = set()
        last = 1
        for number in range(1, MAX_PAGES + 1):
            try:
                data = await self.read(path, *ids, page=number)
            except MessageRejected:
                if number <= last:
                    raise
                return  # a page after the last one, which only the total promised
            listed, last = wire.page(data)
            before, new = len(seen), list[Row]()
            async for piece in in_pieces(listed, PIECE_OF_IDS):
                for row in piece:
                    if (uid := wire.id_of(row)) not in seen:
                        new.append(row)
                        seen |= {uid} - {""}
            if (has_new := len(seen) > before) or number == 1:
                yield data, new
            if not has_new or len(seen) >= MAX_ROWS or not _has_more(data, number, len(seen), last):
                return

    async def zone(self) -> tzinfo:
        """Fetch the time zone of the account's profile once.

        The software's times have no zone. They are in the zone of the profile [assumed, as on its web pages]. If the
        profile has none, UTC is assumed, which is Laravel's default.
        """
        if self._zone is None:
            self._zone = await self._read_zone()
        return self._zone

    async def _read_zone(self) -> tzinfo:
        try:
            profile = await self.read("me")
        except OutcomeUnknown as err:
            # The request that needs the zone was not sent yet.
            raise CannotConnect(err.summary or type(err).__name__) from None
        except MessageRejected:
            return UTC
        name = text(profile, "timezone") if isinstance(profile, dict) else ""
        try:
            # ZoneInfo reads a file.
            return await asyncio.to_thread(ZoneInfo, name)
        except ValueError, OSError, KeyError:
            return UTC

    def _documented(self, path: str) -> str:
        """Return the documented method of a read."""
        if path == GROUPS:
            return "GET"
        return "POST" if path.startswith(f"{GROUPS}/") or self._settings().api == "token" else "GET"


def missing(error: GatewayError, envelope: Row, response: Response) -> GatewayError:
    """Return the error of a request with ids; NotFound if its text means that.

    The HTTP status only counts for Laravel's own errors, which have no envelope of the software.
    """
    message = text(envelope, "message")
    if (
        not isinstance(error, MessageRejected)
        or error.reason is FailureReason.INVALID_NUMBER
        or _NOT_AN_ID.search(message)
    ):
        return error
    bare = not text(envelope, "status") and response.status == _HTTP_NOT_FOUND
    return NotFound(message, code=error.code) if bare or NOT_FOUND.search(message) else error


def _has_more(data: object, page: int, seen: int, last: int) -> bool:
    """Return True if anything on a page promises more pages."""
    if not isinstance(data, dict):
        return False
    return page < last or bool(data.get("next_page_url")) or seen < (count(data, "total") or 0)


def promised_pages(data: object, page: int) -> int:
    """Return the largest number of pages that anything on a page promises."""
    if not isinstance(data, dict):
        return 1
    last, total, size = (count(data, name) or 0 for name in ("last_page", "total", "per_page"))
    if not size and not last:
        size = len(wire.page(data)[0])
    by_total = -(-total // size) if size else 0
    return min(max(last, by_total, page + bool(data.get("next_page_url"))), MAX_PAGES)
