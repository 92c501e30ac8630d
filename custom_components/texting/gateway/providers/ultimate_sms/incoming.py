"""The incoming messages of the "Ultimate SMS" software. They are read from the list of all messages."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ...base import MAX_INCOMING
from ...errors import GatewayError, MessageRejected, OutcomeUnknown
from ...json_fields import Row, text
from ...message import IncomingMessage
from ...pieces import in_pieces
from . import responses as wire
from .api import Api, TextioProSettings
from .message_list import MessageList

# Pages of the message list for the first and for later reads.
MAX_FIRST_PAGES = 2
MAX_PAGES = 40
# Ids of rows that are remembered.
MAX_SEEN = 5000
INCOMING = "incoming"
FILTER = {"direction": INCOMING}


@dataclass(slots=True)
class _Read:
    """What one read has found so far."""

    # The ids of rows that are not new.
    known: frozenset[str]
    # The very first read only remembers what is there, so its newest messages matter.
    is_first: bool
    # New incoming messages, newest first: the newest of a first read, and the oldest of any other.
    new: deque[Row] = field(default_factory=lambda: deque(maxlen=MAX_INCOMING))
    # The ids of the newest rows.
    seen: set[str] = field(default_factory=set)
    # Whether there are more new messages than one read takes.
    has_more: bool = False
    # Whether there are rows, and whether any of them shows its direction.
    has_rows: bool = False
    shows_direction: bool = False

    def add(self, row: Row, *, is_incoming: bool) -> None:
        """Take a row."""
        if not (uid := wire.id_of(row)):
            return
        if len(self.seen) < MAX_SEEN:
            self.seen.add(uid)
        if not is_incoming or uid in self.known:
            return
        if len(self.new) == MAX_INCOMING:
            if self.is_first:
                return
            self.has_more = True
        self.new.append(row)


class IncomingList:
    """The incoming messages of an account. Each is fetched once."""

    def __init__(self, api: Api, messages: MessageList, settings: Callable[[], TextioProSettings]) -> None:
        """Read the list of all messages."""
        self._api = api
        self._messages = messages
        self._settings = settings
        # The ids of the last read; None before it.
        self._seen: set[str] | None = None
        # Whether the list shows the directions of its messages.
        self._shows_direction = True
        # Whether the site lists only the incoming messages if it is asked to. None: not tried yet.
        self._filters: bool | None = None
        # Whether the site has used the word that the filter needs.
        self._uses_word = False

    @property
    def is_readable(self) -> bool:
        """Return False if the list does not say which messages came in, and the account's own number is unknown."""
        return self._shows_direction or bool(self._settings().own_numbers)

    async def fetch(self, known: Collection[str] | None) -> list[IncomingMessage]:
        """Fetch new incoming messages, newest first: at most MAX_INCOMING, and the oldest ones if there are more.

        The list is read up to the first page that has a known row. Rows after the last known row are older.
        """
        read = _Read(frozenset({*(known or ()), *(self._seen or ())}), is_first=known is None and self._seen is None)
        if (page := await self._filtered(read.known)) is not None:
            await self._take(page, read)
        else:
            await self._read_all(read)
        if read.has_rows:
            self._shows_direction = read.shows_direction
        # A list that is empty once does not make the old messages new.
        self._seen = {wire.id_of(row) for row in read.new} if read.has_more else read.seen or self._seen or set()
        return [wire.incoming(row) async for piece in in_pieces(list(read.new)) for row in piece]

    async def _read_all(self, read: _Read) -> None:
        """Read the list of all messages."""
        max_pages = MAX_FIRST_PAGES if self._seen is None and not read.known else MAX_PAGES
        try:
            async for page in self._messages.pages(max_pages):
                if await self._take(page, read):
                    return
        except GatewayError:  # the pages so far still count; the next read would fail at the same page
            if not read.seen:
                raise

    async def _take(self, page: list[Row], read: _Read) -> bool:
        """Take the new rows of a page. Return True if it has a known one."""
        places = [place for place, row in enumerate(page) if wire.id_of(row) in read.known]
        end = places[-1] + 1 if places else len(page)
        own = self._settings().own_numbers
        async for piece in in_pieces(page):
            for row in piece:
                read.has_rows = True
                read.shows_direction |= wire.direction_of(row, ()) is not None
                self._uses_word |= text(row, "direction").lower() == INCOMING
        async for piece in in_pieces(page[:end]):
            for row in piece:
                read.add(row, is_incoming=wire.direction_of(row, own) is True)
        return bool(places)

    async def _filtered(self, known: Collection[str]) -> list[Row] | None:
        """Fetch the newest incoming messages only; None if the site cannot do that, or if none of them is known.

        A site that ignores or refuses the filter is not asked again.
        """
        if self._filters is False or not self._uses_word:
            return None
        try:
            page, _ = wire.page(await self._api.read("sms", query=FILTER))
        except MessageRejected, OutcomeUnknown:
            page = []
        is_filtered = bool(page) and all(wire.direction_of(row, ()) is True for row in page)
        self._filters = is_filtered and not wire.is_oldest_first(page)
        return page if self._filters and any(wire.id_of(row) in known for row in page) else None
