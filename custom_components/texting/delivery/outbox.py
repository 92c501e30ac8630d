"""Outbox: the messages of one entry that have no final outcome yet. Every change is saved first, then published."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
import logging
from operator import attrgetter
import time
from typing import NamedTuple, Protocol

from ..gateway.errors import GatewayError, MessageRejected, OutcomeUnknown
from ..gateway.message import DeliveryReport, SendResult
from ..gateway.status import Status
from .database import MessageDatabase
from .record import MessageRecord, Phase
from .waiting import Waiters, finish

_LOGGER = logging.getLogger(__name__)

# Updates published in one turn of the event loop, so that a large batch does not block it.
MAX_PUBLISH = 40
# Messages of an earlier run loaded in one turn.
MAX_LOAD = 200
# A report may arrive before the response to the send. It is kept so long, in seconds.
EARLY_REPORT_TIMEOUT = 600.0
MAX_EARLY_REPORTS = 1000


def local_day() -> str:
    """Return the day of the system's time zone, in ISO format."""
    return date.today().isoformat()  # noqa: DTZ011  the local day is what is asked for


class Change(StrEnum):
    """What happened to a message. One save may publish two: ACCEPTED or UPDATED first, then ENDED."""

    # The provider accepted it, or may have; this happens once.
    ACCEPTED = "accepted"
    # There is news, usually another status.
    UPDATED = "updated"
    # It is done; this happens once, unless a late report arrives.
    ENDED = "ended"


class Update(NamedTuple):
    """One change of one message."""

    # The message as it was saved. It does not change any more.
    record: MessageRecord
    # What happened to it.
    change: Change


class OutboxListener(Protocol):
    """Hears of messages after the change is saved, or after it is known that it cannot be saved."""

    def messages_updated(self, updates: Sequence[Update]) -> None:
        """Take what was saved together, or a part of it if that is much."""


class Outbox:
    """The pending messages of one account or route."""

    def __init__(  # noqa: PLR0913  each is a fact of its own
        self,
        entry_id: str,
        database: MessageDatabase,
        listener: OutboxListener,
        *,
        now: Callable[[], float] = time.monotonic,
        time: Callable[[], float] = time.time,
        today: Callable[[], str] = local_day,
        tracks_accepted: bool = True,
        tracks_uncertain: bool = False,
        charge: Callable[[MessageRecord, Decimal | None], None] | None = None,
    ) -> None:
        """Start empty.

        now is in monotonic seconds, time in Unix seconds, today the home's day in ISO format. tracks_accepted: the
        provider reports more than that it accepted a message. tracks_uncertain: a message of uncertain outcome may
        still be found. charge notes the price of a message that was accepted, with the cost that the provider reports.
        """
        self.entry_id = entry_id
        self.database = database
        self.now = now
        self.time = time
        self._today = today
        self.paused_until = 0.0  # nothing leaves before this moment, in monotonic seconds
        self._listener = listener
        self._tracks_accepted = tracks_accepted
        self._tracks_uncertain = tracks_uncertain
        self._charge = charge
        self._records: dict[str, MessageRecord] = {}
        self._references: dict[str, str] = {}  # by the provider's message id
        self._early: dict[str, tuple[float, DeliveryReport]] = {}
        self._accepted: set[str] = set()  # accepted, and not saved since
        self._ended: set[str] = set()  # done, and not saved since
        self._unpublished_accepted: dict[str, MessageRecord] = {}  # by reference
        self._waiters = Waiters()
        # Updates in the order of their saves. A future follows the updates of its save.
        self._updates: deque[Update | asyncio.Future[None]] = deque()
        self._unpublished = 0
        self._reporting = asyncio.Lock()

    def __iter__(self) -> Iterator[MessageRecord]:
        """Iterate over the pending messages, oldest first."""
        return iter(self._records.values())

    def __len__(self) -> int:
        """Return how many messages are pending."""
        return len(self._records)

    def get(self, reference: str) -> MessageRecord | None:
        """Return a pending message."""
        return self._records.get(reference)

    def attempts(self, parent: str) -> list[MessageRecord]:
        """Return the attempts for a route's message that are pending, or accepted and not published yet."""
        return [each for each in (*self, *self._unpublished_accepted.values()) if each.parent == parent]

    @property
    def is_publishing(self) -> bool:
        """Return True while the listener will hear of more that was saved."""
        return self._unpublished > 0

    @property
    def uncounted(self) -> Sequence[MessageRecord]:
        """The messages that may still be accepted, or whose acceptance was not published yet."""
        return *(record for record in self if record.accepted_at is None), *self._unpublished_accepted.values()

    # -- new messages, and messages of an earlier run ------------------------------------------------------------------

    async def load(self) -> list[MessageRecord]:
        """Take over the pending messages of an earlier run, and return them."""
        records = await self.database.load(self.entry_id)
        for number, record in enumerate(records, 1):
            self.take(record)
            if number % MAX_LOAD == 0:
                await asyncio.sleep(0)
        return records

    def add(self, records: Sequence[MessageRecord]) -> asyncio.Future[None]:
        """Take new messages and save them. The future is done once they are saved, or cannot be saved.

        A message whose reference is pending already is left out: what is known goes on, and is saved by then. Of one
        that is done, nothing is known here. Whoever adds a reference that may have been used looks with find first.
        """
        new = [record for record in records if record.reference not in self._records]
        for record in new:
            self.take(record)
        if new or not records:
            return self.save(new, changed=[record for record in new if not record.is_pending])
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.database.write((), then=lambda: finish(saved))
        return saved

    def take(self, record: MessageRecord) -> None:
        """Take a message without saving it. Its Unix times become monotonic ones of this run."""
        now, left = self.now(), record.expires_at - self.time()
        # If the clock was set back, no message lives longer because of it.
        record.deadline = now + min(left, record.expires_at - record.created_at)
        record.ready = now + min(record.not_before - self.time(), record.not_before - record.created_at)
        if record.is_pending:
            self._records[record.reference] = record
            self._index_message_id(record)
        else:
            self._ended.add(record.reference)

    # -- what is known of them -----------------------------------------------------------------------------------------

    def apply_result(self, record: MessageRecord, result: SendResult) -> bool:
        """Take the result of a send, and a report that came before it. Return True if the status changed."""
        before = record.status
        record.apply_result(result)
        self._index_message_id(record)
        if record.status is not Status.REJECTED:
            self._accept(record, result.cost)
        self._track(record)
        if early := self._early.pop(result.message_id or "", None):
            self.apply_report(record, early[1])
        return record.status is not before

    def apply_report(self, record: MessageRecord, report: DeliveryReport) -> bool:
        """Take a report about a message. Return True if the status changed."""
        if not record.apply_report(report):
            return False
        self._index_message_id(record)
        self._accept(record)
        if not record.is_pending:
            self._records[record.reference] = record
        self._track(record)
        return True

    def apply_attempt(self, record: MessageRecord, attempt: MessageRecord) -> bool:
        """Show a route's message as its attempt stands. Return True if the status changed."""
        is_changed = record.apply_attempt(attempt)
        if attempt.accepted_at:
            self._accept(record)
        return is_changed

    def fail(self, record: MessageRecord, status: Status, error: GatewayError | None = None) -> None:
        """End a message here."""
        record.fail(status, error)
        self._forget(record)

    def finish(self, record: MessageRecord) -> None:
        """End a message with what is known of it."""
        record.phase = Phase.DONE
        self._forget(record)

    def time_out(self, record: MessageRecord) -> None:
        """End a message that no report is expected for any more."""
        record.time_out()
        self._forget(record)

    async def abandon(self) -> int:
        """End everything because the entry is removed. Return how many messages had not left."""
        records = list(self)
        waiting = [record for record in records if record.phase is Phase.WAITING]
        for record in waiting:
            self.fail(record, Status.REJECTED, MessageRejected(code="account_removed"))
        for record in records:
            if record.phase is Phase.SENDING and not record.is_in_flight:
                self.fail(record, Status.UNCERTAIN, OutcomeUnknown("the account was removed"))
            elif record.phase is Phase.TRACKED:
                self.fail(record, record.status)
        await self.save(records, changed=[record for record in records if record.error])
        return len(waiting)

    def _index_message_id(self, record: MessageRecord) -> None:
        if record.message_id:
            self._references[record.message_id] = record.reference

    def _accept(self, record: MessageRecord, cost: Decimal | None = None) -> None:
        if record.accepted_at is None:
            record.accepted_at = self.time()
            if self._charge:
                self._charge(record, cost)
            self._accepted.add(record.reference)
            self._unpublished_accepted[record.reference] = record
        if record.status is Status.DELIVERED and record.delivered_at is None:
            record.delivered_at = self.time()

    def _track(self, record: MessageRecord) -> None:
        """Wait for reports if there may be any."""
        is_tracked = self._tracks_uncertain if record.status is Status.UNCERTAIN else self._tracks_accepted
        # A campaign without an id cannot be found at the provider.
        if not record.status.is_final and is_tracked and (record.message_id or not record.message.groups):
            record.phase = Phase.TRACKED
        else:
            self.finish(record)

    def _forget(self, record: MessageRecord) -> None:
        if self._records.pop(record.reference, None):
            self._ended.add(record.reference)
        self._references.pop(record.message_id or "", None)

    # -- reports -------------------------------------------------------------------------------------------------------

    async def apply_reports(self, reports: Iterable[DeliveryReport]) -> int:
        """Take reports and save what they changed. Return how many belong to no known message."""
        unknown, saved = 0, self.save(())
        for number, report in enumerate(reports, 1):
            # One at a time: a message that is done is read from the database, with what the last report wrote.
            async with self._reporting:
                record = self.match(report)
                record = record or await self.find(reference=report.reference, message_id=report.message_id)
                if record is None:
                    unknown += not self.keep_early(report)
                elif self.apply_report(record, report):
                    saved = self.save([record])
            if number % MAX_PUBLISH == 0:
                await asyncio.sleep(0)
        await saved
        return unknown

    def match(self, report: DeliveryReport) -> MessageRecord | None:
        """Return the pending message that a report names."""
        reference = report.reference
        if reference is None or reference not in self._records:
            reference = self._references.get(report.message_id or "")
        return self._records.get(reference or "")

    def keep_early(self, report: DeliveryReport) -> bool:
        """Keep a report for a message whose result is still to come. Return True if that is possible."""
        now = self.now()
        self._early = {key: kept for key, kept in self._early.items() if now - kept[0] < EARLY_REPORT_TIMEOUT}
        is_sending = any(record.phase is Phase.SENDING for record in self)
        if not (report.message_id and is_sending) or len(self._early) >= MAX_EARLY_REPORTS:
            return False
        if (known := self._early.get(report.message_id)) is None or report.status.follows(known[1].status):
            self._early[report.message_id] = now, report
        return True

    async def find(self, *, reference: str | None = None, message_id: str | None = None) -> MessageRecord | None:
        """Return a message of this entry by our id or the provider's, pending or done."""
        if reference and (known := self.get(reference)):
            return known
        found = await self.database.find(reference=reference, message_id=message_id, entry_id=self.entry_id)
        # It may have become pending again meanwhile.
        return found and (self.get(found.reference) or found)

    # -- saving and publishing -----------------------------------------------------------------------------------------

    def save(
        self, records: Sequence[MessageRecord], *, changed: Iterable[MessageRecord] | None = None, syncs: bool = True
    ) -> asyncio.Future[None]:
        """Save messages, then publish those that changed (default: all) or are done. Done when that is published.

        syncs is as in MessageDatabase.write. A database that cannot be written holds back nothing.
        """
        published = asyncio.get_running_loop().create_future()
        if not records:
            published.set_result(None)
            return published
        for record in records:
            if record.day is None and (record.accepted_at is not None or record.status.is_final):
                record.day = self._today()
        with_news = {record.reference for record in (records if changed is None else changed)}
        snapshots = {record.reference: record.snapshot() for record in records}
        updates = [
            Update(snapshot, change)
            for snapshot in snapshots.values()
            for change in self._changes(snapshot, has_news=snapshot.reference in with_news)
        ]
        self.database.write(snapshots.values(), syncs=syncs, then=lambda: self._saved(updates, published))
        return published

    def _changes(self, record: MessageRecord, *, has_news: bool) -> Iterator[Change]:
        if record.reference in self._accepted:
            self._accepted.discard(record.reference)
            yield Change.ACCEPTED
        elif has_news:
            yield Change.UPDATED
        if record.reference in self._ended:
            self._ended.discard(record.reference)
            yield Change.ENDED

    def _saved(self, updates: Sequence[Update], published: asyncio.Future[None]) -> None:
        """Publish in the loop's next turn, with all that was saved by the same commit; then wake who waits."""
        if not updates:
            finish(published)
            return
        if not self._updates:
            asyncio.get_running_loop().call_soon(self._publish)
        self._updates.extend((*updates, published))
        self._unpublished += len(updates)
        self._waiters.take(record for record, _ in updates)

    def _publish(self) -> None:
        updates: list[Update] = []
        finished: list[asyncio.Future[None]] = []
        while self._updates and len(updates) < MAX_PUBLISH:
            update = self._updates.popleft()
            if isinstance(update, asyncio.Future):
                finished.append(update)
            else:
                updates.append(update)
        if self._updates:
            asyncio.get_running_loop().call_soon(self._publish)
        self._unpublished -= len(updates)
        for record, change in updates:
            if change is Change.ACCEPTED:
                self._unpublished_accepted.pop(record.reference, None)
        try:
            self._listener.messages_updated(updates)
        except Exception as err:  # noqa: BLE001  the other updates must be published all the same
            _LOGGER.warning("Unexpected %s while message updates were published", type(err).__name__)
        for future in finished:
            finish(future)

    async def wait_for_results(self, records: Iterable[MessageRecord], timeout: float) -> None:  # noqa: ASYNC109  it raises nothing
        """Wait for the results of messages that leave or expire within timeout seconds, and no longer than that."""
        until = self.now() + timeout
        missing = {record.reference for record in records if self._has_result_by(record, until)}
        await self._waiters.wait(missing, attrgetter("has_result"), timeout)

    async def wait_for_ends(self, records: Iterable[MessageRecord], timeout: float) -> None:  # noqa: ASYNC109  it raises nothing
        """Wait until messages are done, except those that leave later, and no longer than timeout seconds."""
        until = self.now() + timeout
        missing = {
            each.reference for each in records if each.phase is Phase.TRACKED or self._has_result_by(each, until)
        }
        await self._waiters.wait(missing, lambda record: not record.is_pending, timeout)

    def _has_result_by(self, record: MessageRecord, moment: float) -> bool:
        """Return True if the message has left, or leaves or expires by then."""
        leaves = min(max(record.ready, self.paused_until), record.deadline)
        return record.phase is Phase.SENDING or (record.phase is Phase.WAITING and leaves <= moment)
