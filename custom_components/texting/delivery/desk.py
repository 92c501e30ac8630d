"""Where the messages of one account, or of one route, are kept: in the outbox before anything else, and told after."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import batched
import logging

from ..gateway.errors import MessageRejected, OutcomeUnknown
from ..gateway.message import DeliveryReport
from ..gateway.status import Status
from .book import Book
from .outbox import Outbox, OutboxError
from .record import Phase, Record

_LOGGER = logging.getLogger(__name__)

# After so much news others get their turn, or after so many messages of an earlier run.
AT_ONCE = 3
MANY = 200


class _Waiter:
    """Waits for the answers to several messages."""

    def __init__(self, missing: set[str]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._missing = missing

    def take(self, answered: set[str]) -> None:
        if self._missing.isdisjoint(answered):
            return
        self._missing -= answered
        if not self._missing:
            _end(self.done)


class Desk:
    """A book that is written down.

    on_news is told of each message that moved, as it was then, when that is on disk, on_end of each that ended, moved
    or not, on_change that anything has changed; on_add gets those that are to be sent.
    """

    def __init__(self, account: str, outbox: Outbox, book: Book) -> None:
        """Nobody is told anything yet."""
        self.account = account
        self.outbox = outbox
        self.book = book
        self.on_news: Callable[[Record], None] = lambda _record: None
        self.on_end: Callable[[Record], None] = lambda _record: None
        self.on_change: Callable[[], None] = lambda: None
        self.on_add: Callable[[Sequence[Record]], None] = lambda _records: None
        self.paused_until = 0.0  # monotonic: before it nothing leaves
        self._waiting: set[_Waiter] = set()
        self._news: deque[Record | asyncio.Future[None]] = deque()
        self._telling = False
        self._reporting = asyncio.Lock()

    async def load(self) -> None:
        """Take on what an earlier run has left."""
        records = await self.outbox.load(self.account)
        for number, record in enumerate(records, 1):
            self.book.add(record)
            if number % MANY == 0:
                await asyncio.sleep(0)
        for some in batched(records, MANY, strict=False):
            self.on_add(some)
            await asyncio.sleep(0)

    def add(self, records: Sequence[Record]) -> asyncio.Future[None]:
        """Write new messages down, then let them go; done when they are written.

        A file that cannot be written keeps none of them back.
        """
        for record in records:
            self.book.add(record)
        # Whoever sends them writes down that they leave, and waits until that is on disk: with this, in one commit.
        self.on_add(records)
        return self.keep(records, moved=[record for record in records if not record.is_pending])

    def keep(self, records: Sequence[Record], *, moved: Iterable[Record] | None = None) -> asyncio.Future[None]:
        """Write down what has changed, then tell of what moved (all, unless said); done when it is told."""
        told = asyncio.get_running_loop().create_future()
        if not records:
            told.set_result(None)
            return told
        copies = {record.reference: record.snapshot() for record in records}
        news = [copies[record.reference] for record in (records if moved is None else moved)]
        moving = {record.reference for record in news}
        ended = [copy for copy in copies.values() if copy.phase is Phase.ENDED and copy.reference not in moving]
        self.outbox.write(copies.values()).add_done_callback(lambda written: self._written(written, news, ended, told))
        return told

    def _written(
        self, written: asyncio.Future[None], news: list[Record], ended: list[Record], told: asyncio.Future[None]
    ) -> None:
        """The first are told before whoever waits for an answer goes on, the others in turns, always in order."""
        with suppress(OutboxError, asyncio.CancelledError):
            written.result()
        if answered := {record.reference for record in news if record.is_answered}:
            for waiter in self._waiting:
                waiter.take(answered)
        self.on_change()
        for record in ended:
            self.on_end(record)
        if not news:
            _end(told)
            return
        self._news.extend(news)
        self._news.append(told)
        # Whoever waits for an answer goes on in the loop's next turn.
        if not self._telling:
            self._tell()

    def _tell(self) -> None:
        self._telling = False
        for _ in range(AT_ONCE):
            if not self._news:
                return
            news = self._news.popleft()
            if isinstance(news, Record):
                try:
                    self.on_news(news)
                    if news.phase is Phase.ENDED:
                        self.on_end(news)
                except Exception as err:  # noqa: BLE001  the others are to be told all the same
                    _LOGGER.warning("Unexpected %s while telling what became of a message", type(err).__name__)
            else:
                _end(news)
        self._telling = True
        asyncio.get_running_loop().call_soon(self._tell)

    async def answered(self, records: Iterable[Record], seconds: float) -> None:
        """Wait until it is known what the gateway did with each that leaves or expires by then, at most so long."""
        until = self.book.now() + seconds
        missing = {record.reference for record in records if self._may_be_answered(record, until)}
        if not missing:
            return
        self._waiting.add(waiter := _Waiter(missing))
        timer = asyncio.get_running_loop().call_later(seconds, _end, waiter.done)
        try:
            await waiter.done
        finally:
            timer.cancel()
            self._waiting.discard(waiter)

    def _may_be_answered(self, record: Record, moment: float) -> bool:
        """Whether it has left, or leaves or expires by then."""
        leaves = min(max(record.ready, self.paused_until), record.deadline)
        return record.phase is Phase.SENDING or (record.phase is Phase.WAITING and leaves <= moment)

    async def find(self, *, reference: str | None = None, message_id: str | None = None) -> Record | None:
        """A message by our own id or the provider's, of any time that the outbox remembers."""
        if reference and (known := self.book.get(reference)):
            return known
        found = await self.outbox.find(reference=reference, message_id=message_id, account=self.account)
        # It may be on its way again, and is then known better here.
        return found and (self.book.get(found.reference) or found)

    async def give_up(self) -> int:
        """Let go of everything: what waits is rejected, what may have left is unknown; how many waited."""
        records = list(self.book)
        waiting = [record for record in records if record.phase is Phase.WAITING]
        for record in waiting:
            self.book.end(record, Status.REJECTED, MessageRejected("the account was removed"))
        for record in records:
            if record.phase is Phase.SENDING and not record.is_in_flight:
                self.book.end(record, Status.UNKNOWN, OutcomeUnknown("the account was removed"))
            elif record.phase is Phase.FOLLOWED:
                self.book.end(record, record.status)
        await self.keep(records, moved=[record for record in records if record.error])
        return len(waiting)

    async def report(self, reports: Iterable[DeliveryReport]) -> int:
        """Take news of messages; how many were of none that is known."""
        unknown, told = 0, self.keep(())
        for number, report in enumerate(reports, 1):
            # One after the other: what has ended is read from the outbox, with what the one before has written.
            async with self._reporting:
                record = self.book.find(report)
                record = record or await self.find(reference=report.reference, message_id=report.message_id)
                if record is None:
                    unknown += not self.book.keep_early(report)
                elif self.book.apply(record, report):
                    told = self.keep([record])
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        await told
        return unknown


def _end(future: asyncio.Future[None]) -> None:
    """Let whoever waits go on; one that was cancelled waits no more."""
    if not future.done():
        future.set_result(None)
