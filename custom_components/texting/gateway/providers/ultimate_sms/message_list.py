"""The message list of the "Ultimate SMS" software, read from its newest end."""

from collections.abc import AsyncIterator

from ...errors import MessageRejected
from ...json_fields import Row
from ...pieces import in_pieces
from . import responses as wire
from .api import MAX_PAGES, Api, promised_pages

# Pages that are kept while the end of the list is searched. The pages are read from its end.
MAX_KEPT_PAGES = 3


class MessageList:
    """All messages of an account, sent and received. The first page tells which end of the list is the newest."""

    def __init__(self, api: Api) -> None:
        """Begin at the first page."""
        self._api = api
        self._newest_page = 1

    async def rows(self, max_pages: int | None = None) -> AsyncIterator[Row]:
        """Iterate over the rows, newest first."""
        async for page in self.pages(max_pages):
            async for piece in in_pieces(page):
                for row in piece:
                    yield row

    async def pages(self, max_pages: int | None = None) -> AsyncIterator[list[Row]]:
        """Iterate over the pages, newest first. Each holds the rows that no earlier page had."""
        number = 0
        async for page in self._all_pages():
            yield page
            number += 1
            if number == max_pages:
                return

    async def _all_pages(self) -> AsyncIterator[list[Row]]:
        begin = self._newest_page
        data = await self._read(begin) if begin > 1 else None
        page = wire.page(data)[0]
        if not page:
            begin = self._newest_page = 1
            pages = self._api.pages("sms")
            data, page = await anext(pages)
            if not wire.is_oldest_first(page):
                yield page
                async for _, page in pages:
                    yield page
                return
        # The list begins with the oldest, so the next read begins at its end.
        known = {begin: page}
        self._newest_page = await self._find_end(begin, data, known)
        seen: set[str] = set()
        for number in range(self._newest_page, 0, -1):
            if number not in known:
                known[number] = wire.page(await self._api.read("sms", page=number))[0]
            page = known.pop(number)
            if _ids(page) <= seen:
                # An empty page, or one that repeats another.
                return
            yield [row for row in reversed(page) if wire.id_of(row) not in seen]
            seen |= _ids(page)

    async def _find_end(self, begin: int, data: object, known: dict[int, list[Row]]) -> int:
        """Return the last page that has new rows, from a page that has some; add the pages that were read to known.

        The promised number of pages may be wrong. If the last page and the next page are empty or repeat others, the
        end is searched between them by bisection.
        """
        low, high, limit, seen = begin, promised_pages(data, begin), MAX_PAGES, _ids(known[begin])
        # Usually the end is the last page at the first read, and has moved by at most one page at a later read.
        guesses = ["next", "last"] if begin == 1 else ["last", "next"]
        while low < high:
            guess = guesses.pop() if guesses else "middle"
            number = {"last": high, "next": low + 1}.get(guess, (low + high + 1) // 2)
            data = await self._read(number)
            page = wire.page(data)[0]
            if _ids(page) <= seen:
                high = limit = number - 1
                continue
            seen |= _ids(page)
            low, high, known[number] = number, min(max(high, promised_pages(data, number)), limit), page
            if len(known) > MAX_KEPT_PAGES:
                del known[min(known)]
        return low

    async def _read(self, number: int) -> object:
        """Fetch the data of a page, or None if the list refuses it because it is after the end."""
        try:
            return await self._api.read("sms", page=number)
        except MessageRejected:
            return None


def _ids(page: list[Row]) -> set[str]:
    return {wire.id_of(row) for row in page}
