"""SendQueue: which message leaves next. Urgent ones first, then the oldest; those of one batch leave together."""

from collections.abc import Callable, Hashable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count

from .record import MessageRecord, Phase

# Outdated entries that are tolerated before the heap of deadlines is rebuilt.
MAX_OUTDATED = 100

# Urgency, age and token give the order.
type Entry = tuple[bool, float, int, MessageRecord]
type Moment = tuple[float, int, MessageRecord]


class SendQueue:
    """Waiting messages. An entry whose token is not its record's any more is outdated and is skipped."""

    def __init__(self, key: Callable[[MessageRecord], Hashable]) -> None:
        """Start empty. Messages with the same key may share a batch."""
        self._key = key
        self._tokens = count(1)
        self._waiting = 0
        self._ready: list[Entry] = []
        self._batches: dict[Hashable, list[Entry]] = {}
        self._held: list[Moment] = []
        self._deadlines: list[Moment] = []

    def put(self, record: MessageRecord, now: float) -> None:
        """Add a message, or move it if it is queued already. It leaves once it is ready."""
        self.remove(record)
        token = record.queue_token = next(self._tokens)
        self._waiting += 1
        if len(self._deadlines) > 2 * self._waiting + MAX_OUTDATED:
            self._deadlines = [moment for moment in self._deadlines if self._is_waiting(*moment[1:])]
            heapify(self._deadlines)
        heappush(self._deadlines, (record.deadline, token, record))
        if record.ready > now:
            heappush(self._held, (record.ready, token, record))
        else:
            self._put_ready(token, record)

    def take(self, limit: int, now: float) -> list[MessageRecord]:
        """Remove and return the next batch, of at most limit messages."""
        while self._held and self._held[0][0] <= now:
            _, token, record = heappop(self._held)
            if self._is_waiting(token, record):
                self._put_ready(token, record)
        while self._ready:
            *_, token, record = heappop(self._ready)
            size = limit if self._is_waiting(token, record) else 0
            if batch := list(self._take_batch(self._key(record), size)):
                return batch
        return []

    def _put_ready(self, token: int, record: MessageRecord) -> None:
        entry = (not record.urgent, record.created_at, token, record)
        heappush(self._ready, entry)
        heappush(self._batches.setdefault(self._key(record), []), entry)

    def _take_batch(self, key: Hashable, limit: int) -> Iterator[MessageRecord]:
        """Take messages of one key, and drop its outdated entries."""
        entries = self._batches.get(key, [])
        while entries:
            *_, token, record = entries[0]
            is_waiting = self._is_waiting(token, record)
            if is_waiting and not limit:
                return
            heappop(entries)
            if is_waiting:
                self.remove(record)
                limit -= 1
                yield record
        self._batches.pop(key, None)

    def take_expired(self, now: float) -> list[MessageRecord]:
        """Remove and return the messages whose deadline has passed."""
        expired = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, token, record = heappop(self._deadlines)
            if self._is_waiting(token, record):
                self.remove(record)
                expired.append(record)
        return expired

    def remove(self, record: MessageRecord) -> None:
        """Remove a message if it is queued."""
        self._waiting -= record.queue_token > 0
        record.queue_token = 0

    def next_change(self, now: float) -> float | None:
        """Return when a message becomes ready or expires next, or None. One that is ready already is no change."""
        moments = [heap[0][0] for heap in (self._held, self._deadlines) if heap]
        return min((moment for moment in moments if moment > now), default=None)

    def _is_waiting(self, token: int, record: MessageRecord) -> bool:
        if record.queue_token == token and record.phase is not Phase.WAITING:
            self.remove(record)  # a report has settled it
        return record.queue_token == token
