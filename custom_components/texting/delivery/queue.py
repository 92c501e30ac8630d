"""Which message leaves next: urgent ones first, then the oldest; those of one batch together."""

from collections.abc import Callable, Hashable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count

from .record import Phase, Record

# Entries that are no longer true and are kept for want of anything better to do.
SPARE = 100

# Urgency, age and ticket, which make an order, and the record.
type Entry = tuple[bool, float, int, Record]
type Moment = tuple[float, int, Record]


class Queue:
    """Waiting messages; an entry that is no longer true of its record is passed over."""

    def __init__(self, key: Callable[[Record], Hashable]) -> None:
        """Messages of one key share a batch."""
        self._key = key
        self._numbers = count(1)
        self._waiting = 0
        self._ready: list[Entry] = []
        self._groups: dict[Hashable, list[Entry]] = {}
        self._held: list[Moment] = []
        self._deadlines: list[Moment] = []

    def put(self, record: Record, now: float) -> None:
        """Let it wait until it is ready."""
        self.remove(record)
        ticket = record.ticket = next(self._numbers)
        self._waiting += 1
        if len(self._deadlines) > 2 * self._waiting + SPARE:
            self._deadlines = [moment for moment in self._deadlines if self._waits(*moment[1:])]
            heapify(self._deadlines)
        heappush(self._deadlines, (record.deadline, ticket, record))
        if record.ready > now:
            heappush(self._held, (record.ready, ticket, record))
        else:
            self._put_ready(ticket, record)

    def take(self, most: int, now: float) -> list[Record]:
        """The messages that leave next, at most so many; they wait no more."""
        while self._held and self._held[0][0] <= now:
            _, ticket, record = heappop(self._held)
            if self._waits(ticket, record):
                self._put_ready(ticket, record)
        while self._ready:
            *_, ticket, record = heappop(self._ready)
            waits = self._waits(ticket, record)
            if batch := list(self._of_group(self._key(record), most if waits else 0)):
                return batch
        return []

    def _put_ready(self, ticket: int, record: Record) -> None:
        entry = (not record.urgent, record.asked_at, ticket, record)
        heappush(self._ready, entry)
        heappush(self._groups.setdefault(self._key(record), []), entry)

    def _of_group(self, key: Hashable, most: int) -> Iterator[Record]:
        """So many of a group, which is rid of what waits no more."""
        group = self._groups.get(key, [])
        while group:
            *_, ticket, record = group[0]
            waits = self._waits(ticket, record)
            if waits and not most:
                return
            heappop(group)
            if waits:
                self.remove(record)
                most -= 1
                yield record
        self._groups.pop(key, None)

    def take_expired(self, now: float) -> list[Record]:
        """The messages whose time has run out; they wait no more."""
        expired = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, ticket, record = heappop(self._deadlines)
            if self._waits(ticket, record):
                self.remove(record)
                expired.append(record)
        return expired

    def remove(self, record: Record) -> None:
        """Let it wait no more."""
        self._waiting -= record.ticket > 0
        record.ticket = 0

    def next_change(self, now: float) -> float | None:
        """The next moment when one becomes ready or expires, or None; one that is ready already is no change."""
        moments = [heap[0][0] for heap in (self._held, self._deadlines) if heap]
        return min((moment for moment in moments if moment > now), default=None)

    def _waits(self, ticket: int, record: Record) -> bool:
        if record.ticket == ticket and record.phase is not Phase.WAITING:
            self.remove(record)  # a report has said what became of it
        return record.ticket == ticket
