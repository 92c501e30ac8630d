"""The API of the "Ultimate SMS" software: how it is asked, with which method, and how its pages are walked through."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, tzinfo
import re
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ..answers import Row, count, text
from ..errors import CannotConnect, GatewayError, MessageRejected, NotFound, OutcomeUnknown
from ..status import FailureReason
from ..transport import Answer, Transport
from . import ultimate_sms as wire

OTHER_METHOD = {"GET": "POST", "POST": "GET"}
# Where no installation says how many pages a list has, this is as far as it is read.
MOST_PAGES = 10_000
GROUPS = "contacts"
_HTTP_NOT_FOUND = 404
_NOT_FOUND = re.compile(
    r"not found|no query results|no such|does(n.t| not) exist|introuvable|non trouv|n.existe pas", re.IGNORECASE
)
# What an installation may lack of its own: no id of ours is wrong then.
_NOT_OURS = re.compile(r"\b(server|serveur|gateway|passerelle|plan|route)\b", re.IGNORECASE)


class Api:
    """One account at one installation. Paths are as sms/{}, their ids beside them; methods raise GatewayError."""

    def __init__(self, transport: Transport, account: Mapping[str, Any]) -> None:
        """Start without knowing which method reads take here, or in which zone the account's times are."""
        self._transport = transport
        self._account = account
        self._methods: dict[str, str] = {}
        self._zone: tzinfo | None = None

    async def read(self, path: str, *ids: str, page: int = 1) -> object:
        """The data at a path, with the method that worked there before, else once with the other one."""
        method = self._methods.get(path) or self._documented(path)
        # With POST, groups are made.
        methods = (method,) if path == GROUPS else (method, OTHER_METHOD[method])
        for tried in methods:
            answer = await self.call(tried, path, *ids, page=page)
            if answer.status == wire.METHOD_NOT_ALLOWED:
                continue
            envelope = wire.envelope_of(answer)
            if (error := wire.refusal(envelope, answer)) is None:
                self._methods[path] = tried
                return envelope.get("data")
            if not wire.refuses_method(envelope):
                raise missing(error, envelope, answer) if ids else error
        raise MessageRejected("no method is allowed", code=str(wire.METHOD_NOT_ALLOWED))

    async def change(self, method: str, path: str, *ids: str, body: Mapping[str, str] | None = None) -> object:
        """Make, change or delete something; the data of the answer."""
        answer = await self.call(method, path, *ids, body=body)
        envelope = wire.envelope_of(answer)
        if error := wire.refusal(envelope, answer):
            raise missing(error, envelope, answer) if ids else error
        return envelope.get("data")

    async def call(
        self, method: str, path: str, *ids: str, body: Mapping[str, str] | None = None, page: int = 1
    ) -> Answer:
        """Ask the API; the token stands in a header or in the body, never in the URL."""
        if any(not each.strip(".") for each in ids):  # it would be another address
            raise NotFound("no id")
        token, headers = self._account["api_token"], {"Accept": "application/json"}
        if self._account.get("api") == "token":
            api, body = "http", {**(body or {}), "api_token": token}
        else:
            api, headers["Authorization"] = "v3", f"Bearer {token}"
        path = path.format(*(quote(each, safe="") for each in ids))
        return await self._transport.request(
            method,
            f"{self._account['url']}/api/{api}/{path}",
            body=body,
            query={"page": str(page)} if page > 1 else None,
            headers=headers,
        )

    async def rows(self, path: str, *ids: str) -> AsyncIterator[Row]:
        """The rows of a list that have ids, each once, page by page as they are asked for."""
        async for _, listed in self.pages(path, *ids):
            for row in listed:
                if wire.id_of(row):
                    yield row

    async def pages(self, path: str, *ids: str) -> AsyncIterator[tuple[object, list[Row]]]:
        """The pages of a list as they are asked for: the data of each, and its rows that no earlier one held.

        It ends where nothing says that there is more, or with a page that lies: one that holds nothing new.
        """
        seen: set[str] = set()
        last = 1
        for number in range(1, MOST_PAGES + 1):
            try:
                data = await self.read(path, *ids, page=number)
            except MessageRejected:
                if number <= last:
                    raise
                return  # beyond the last page, where only a total promised more
            listed, last = wire.page(data)
            before, new = len(seen), list[Row]()
            for row in listed:
                if (uid := wire.id_of(row)) not in seen:
                    new.append(row)
                    seen |= {uid} - {""}
            if (has_new := len(seen) > before) or number == 1:
                yield data, new
            if not has_new or not _has_more(data, number, len(seen), last):
                return

    async def zone(self) -> tzinfo:
        """The time zone of the account's profile, in which it writes and reads times.

        The software's times have no zone and are those of the profile [assumed, as its web pages do]; where the
        profile names none, UTC is assumed, Laravel's own default.
        """
        if self._zone is None:
            self._zone = await self._read_zone()
        return self._zone

    async def _read_zone(self) -> tzinfo:
        try:
            profile = await self.read("me")
        except OutcomeUnknown as err:
            # What the zone is for has not left yet.
            raise CannotConnect(err.detail) from None
        except MessageRejected:
            return UTC
        name = text(profile, "timezone") if isinstance(profile, dict) else ""
        try:
            # Reads a file.
            return await asyncio.to_thread(ZoneInfo, name)
        except ValueError, OSError, KeyError:
            return UTC

    def _documented(self, path: str) -> str:
        """The method that the documentation names for a read."""
        if path == GROUPS:
            return "GET"
        return "POST" if path.startswith(f"{GROUPS}/") or self._account.get("api") == "token" else "GET"


def missing(error: GatewayError, envelope: Row, answer: Answer) -> GatewayError:
    """The error of a request about ids, as NotFound where its words mean that.

    The HTTP status counts only where Laravel answers itself, without the software's envelope.
    """
    words = text(envelope, "message")
    if (
        not isinstance(error, MessageRejected)
        or error.reason is FailureReason.INVALID_NUMBER
        or _NOT_OURS.search(words)
    ):
        return error
    bare = not text(envelope, "status") and answer.status == _HTTP_NOT_FOUND
    return NotFound(words, code=error.code) if bare or _NOT_FOUND.search(words) else error


def _has_more(data: object, page: int, seen: int, last: int) -> bool:
    """Whether anything that a page says of its list promises more."""
    if not isinstance(data, dict):
        return False
    return page < last or bool(data.get("next_page_url")) or seen < (count(data, "total") or 0)


def promised(data: object, page: int) -> int:
    """How many pages a page says that there are, in any way it says it."""
    if not isinstance(data, dict):
        return 1
    last, total, size = (count(data, name) or 0 for name in ("last_page", "total", "per_page"))
    if not size and not last:
        size = len(wire.page(data)[0])
    by_total = -(-total // size) if size else 0
    return min(max(last, by_total, page + bool(data.get("next_page_url"))), MOST_PAGES)
