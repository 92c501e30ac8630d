"""The messages of one account that are on their way: what the gateway and its reports say of them."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
import time

from ..gateway.errors import GatewayError
from ..gateway.message import DeliveryReport, SendResult
from ..gateway.status import FailureReason, Status
from .record import FIRST_POLL, Phase, Record

SLOWEST_POLL = 600.0
FOLLOWED_FOR = 48 * 3600.0
# A gateway may hold a commercial text from Saturday 15 h over Sunday and a holiday or two, until 8 h.
COMMERCIAL_HELD_FOR = 5 * 24 * 3600.0
# News of a message that nobody can find any more comes soon, or never.
UNKNOWN_FOLLOWED_FOR = 600.0
# A report may come before the gateway's own answer to the send.
EARLY_KEPT_FOR = 600.0
EARLY_KEPT = 1000


class Book:
    """Pending messages by reference, found by whatever a report names; monotonic clock in seconds."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
        *,
        follows: bool = True,
        finds: bool = False,
        on_taken: Callable[[Record], None] = lambda _record: None,
    ) -> None:
        """Follows: whether the provider tells more than that it accepted; finds: whether a lost message may turn up.

        on_taken hears once of each message that the gateway has accepted, or may have.
        """
        self._on_taken = on_taken
        self.on_follow: Callable[[], None] = lambda: None  # the next poll has become an earlier one
        self.now = now
        self.today = today
        self._follows = follows
        self._finds = finds
        self._records: dict[str, Record] = {}
        self._by_message_id: dict[str, str] = {}
        self._polls: list[tuple[float, int, Record]] = []
        self._numbers = count()
        self._early: dict[str, tuple[float, DeliveryReport]] = {}

    def __iter__(self) -> Iterator[Record]:
        """Every message, oldest first."""
        return iter(self._records.values())

    def __len__(self) -> int:
        """How many are on their way."""
        return len(self._records)

    def get(self, reference: str) -> Record | None:
        """A message by our own id."""
        return self._records.get(reference)

    def add(self, record: Record) -> None:
        """Take a message on; moments that outlive a restart become those of this run."""
        now, left = self.now(), record.expires_at - self.today()
        # Where the clock went back, no message lives longer for it.
        record.deadline = now + min(left, record.expires_at - record.asked_at)
        record.ready = now + min(record.due_at - self.today(), record.due_at - record.asked_at)
        if not record.is_pending:
            return
        self._records[record.reference] = record
        self._name(record, record.message_id)
        if record.phase is Phase.FOLLOWED:
            self._ask_after(record, FIRST_POLL)

    def settle(self, record: Record, result: SendResult) -> bool:
        """Take the gateway's answer, and a report that came before it; whether that moved the message."""
        before = record.status
        # A report that came first may have told the id that this answer does not know.
        self._name(record, result.message_id or record.message_id)
        record.batch_id = result.batch_id or record.batch_id
        # A report that came first says that it was accepted: a later try that was refused takes nothing back.
        if record.status is Status.QUEUED or (not result.error and result.status.follows(record.status)):
            record.status, record.provider_status, record.reason = result.status, result.provider_status, result.reason
            record.error = result.error
        if record.status is not Status.REJECTED:
            self._taken(record)
        self._go_on(record)
        if early := self._early.pop(result.message_id or "", None):
            self.apply(record, early[1])
        return record.status is not before

    def apply(self, record: Record, report: DeliveryReport) -> bool:
        """Take a report; whether it moved the message, which never goes backwards."""
        if not record.status.is_final:
            # The provider's word is kept also where it moves nothing: it may be one that nobody knows.
            record.provider_status, record.otherwise = report.provider_status, report.otherwise
        if not report.status.follows(record.status):
            return False
        record.status, record.provider_status, record.reason = report.status, report.provider_status, report.reason
        record.error = None
        self._name(record, record.message_id or report.message_id)
        self._taken(record)
        if record.phase is Phase.ENDED:
            self._records[record.reference] = record
        self._go_on(record)
        return True

    def mirror(self, record: Record, child: Record) -> bool:
        """Take over what became of one that was sent for this; whether that moved it, which never goes backwards."""
        record.via, record.message_id, record.segments = child.account, child.message_id, child.segments
        if child.taken_at:
            self._taken(record)
        if record.status is not Status.QUEUED and not child.status.follows(record.status):
            return False
        record.status, record.provider_status, record.reason = child.status, child.provider_status, child.reason
        record.phase, record.error = Phase.FOLLOWED, child.error
        return True

    def end(self, record: Record, status: Status, error: GatewayError | None = None) -> None:
        """It ends here, and never left or is known no more."""
        record.status, record.error, record.reason = status, error, error.reason if error else None
        record.provider_status = error.code if error else record.provider_status
        self.close(record)

    def find(self, report: DeliveryReport) -> Record | None:
        """The message on its way that a report is about."""
        reference = report.reference
        if reference is None or reference not in self._records:
            reference = self._by_message_id.get(report.message_id or "")
        return self._records.get(reference or "")

    def keep_early(self, report: DeliveryReport) -> bool:
        """Keep a report that may be of a message whose answer is still to come; whether it may."""
        now = self.now()
        self._early = {key: kept for key, kept in self._early.items() if now - kept[0] < EARLY_KEPT_FOR}
        awaited = any(record.phase is Phase.SENDING for record in self)
        if not (report.message_id and awaited) or len(self._early) >= EARLY_KEPT:
            return False
        if (known := self._early.get(report.message_id)) is None or report.status.follows(known[1].status):
            self._early[report.message_id] = now, report
        return True

    # -- asking for news ---------------------------------------------------------------------------------------------

    def next_poll(self) -> float | None:
        """When to ask next, or None while nothing is followed."""
        return self._polls[0][0] if self._polls else None

    def take_due(self, most: int) -> tuple[list[Record], list[Record]]:
        """Those to ask about now, at most so many, each again after a longer while; and those that end unasked."""
        now, today = self.now(), self.today()
        due, ended = list[Record](), list[Record]()
        while self._polls and self._polls[0][0] <= now and len(due) < most:
            moment, _, record = heappop(self._polls)
            if record.poll_due != moment or record.phase is not Phase.FOLLOWED:
                continue
            since = max(record.asked_at, record.message.send_at.timestamp() if record.message.send_at else 0)
            if today - since > _followed_for(record):
                self._give_up(record)
                ended.append(record)
            else:
                record.interval = min(record.interval * 2, SLOWEST_POLL)
                self._ask_after(record, record.interval)
                due.append(record)
        return due, ended

    def _give_up(self, record: Record) -> None:
        """Follow it no longer; it keeps what was known last, unless the gateway said how such a message ends."""
        self.close(record)
        if record.otherwise:
            record.status, record.reason = record.otherwise, FailureReason.EXPIRED

    def _ask_after(self, record: Record, seconds: float) -> None:
        record.poll_due = self.now() + seconds
        heappush(self._polls, (record.poll_due, next(self._numbers), record))
        if self._polls[0][2] is record:
            self.on_follow()

    def _name(self, record: Record, message_id: str | None) -> None:
        record.message_id = message_id
        if message_id:
            self._by_message_id[message_id] = record.reference

    def _taken(self, record: Record) -> None:
        if record.taken_at is None:
            record.taken_at = self.today()
            self._on_taken(record)

    def _go_on(self, record: Record) -> None:
        """Follow what may still change."""
        followed = self._finds if record.status is Status.UNKNOWN else self._follows
        # A campaign is asked for by its id, and stands in no list.
        found = record.message_id or not record.message.groups
        if not record.status.is_final and followed and found:
            if record.phase is not Phase.FOLLOWED:
                record.phase = Phase.FOLLOWED
                self._ask_after(record, record.interval)
        else:
            self.close(record)

    def close(self, record: Record) -> None:
        """It ends with what is known of it."""
        record.phase = Phase.ENDED
        self._records.pop(record.reference, None)
        self._by_message_id.pop(record.message_id or "", None)


def _followed_for(record: Record) -> float:
    """How long there may be news of a message, in seconds."""
    if record.status is Status.UNKNOWN:
        return UNKNOWN_FOLLOWED_FOR
    return FOLLOWED_FOR + (COMMERCIAL_HELD_FOR if record.message.commercial else 0.0)
