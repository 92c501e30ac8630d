"""The message list of the "Ultimate SMS" software, read from its newest end."""

from collections.abc import AsyncIterator

from ..answers import Row
from ..errors import MessageRejected
from . import ultimate_sms as wire
from .ultimate_api import MOST_PAGES, Api, promised


class MessageList:
    """All texts of an account, sent and received; which end is the newest is learned from the first page."""

    def __init__(self, api: Api) -> None:
        """Start without knowing where the list ends."""
        self._api = api
        self._newest_page = 1

    async def rows(self, pages: int | None = None) -> AsyncIterator[Row]:
        """The messages, newest first, from at most so many pages where that is given."""
        async for listed in self.pages(pages):
            for row in listed:
                yield row

    async def pages(self, most: int | None = None) -> AsyncIterator[list[Row]]:
        """The pages, newest first, each with what no earlier one held, as they are asked for."""
        number = 0
        async for listed in self._all_pages():
            yield listed
            number += 1
            if number == most:
                return

    async def _all_pages(self) -> AsyncIterator[list[Row]]:
        begin = self._newest_page
        data = await self._read(begin) if begin > 1 else None
        listed = wire.page(data)[0]
        if not listed:
            begin = self._newest_page = 1
            walk = self._api.pages("sms")
            data, listed = await anext(walk)
            if not wire.is_oldest_first(listed):
                yield listed
                async for _, listed in walk:
                    yield listed
                return
        # Where a list begins with the oldest, the next look begins at its end.
        found = {begin: listed}
        self._newest_page = await self._end(begin, data, found)
        seen: set[str] = set()
        for number in range(self._newest_page, 0, -1):
            if number not in found:
                found[number] = wire.page(await self._api.read("sms", page=number))[0]
            listed = found.pop(number)
            if _ids(listed) <= seen:
                # A page that lies: nothing on it, or what another page held.
                return
            yield [row for row in reversed(listed) if wire.id_of(row) not in seen]
            seen |= _ids(listed)

    async def _end(self, begin: int, data: object, found: dict[int, list[Row]]) -> int:
        """The last page that holds rows of its own, from one that does; keeps what it finds.

        How many pages there are may be a lie: where the last one, and the next one, are empty or repeat others, it is
        searched for between them.
        """
        low, high, most, seen = begin, promised(data, begin), MOST_PAGES, _ids(found[begin])
        # Mostly it is the last one at the first look, and has not moved by more than one later.
        ways = ["next", "last"] if begin == 1 else ["last", "next"]
        while low < high:
            way = ways.pop() if ways else "middle"
            number = {"last": high, "next": low + 1}.get(way, (low + high + 1) // 2)
            data = await self._read(number)
            listed = wire.page(data)[0]
            if _ids(listed) <= seen:
                high = most = number - 1
                continue
            seen |= _ids(listed)
            low, high, found[number] = number, min(max(high, promised(data, number)), most), listed
        return low

    async def _read(self, number: int) -> object:
        """The data of a page that may be beyond the end, where a list may say so."""
        try:
            return await self._api.read("sms", page=number)
        except MessageRejected:
            return None


def _ids(listed: list[Row]) -> set[str]:
    return {wire.id_of(row) for row in listed}
