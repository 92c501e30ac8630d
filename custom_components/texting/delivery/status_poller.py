"""StatusPoller: asks the provider for the status of messages, with growing intervals."""

import asyncio
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count
import logging
from typing import Any

from ..gateway.base import Gateway
from ..gateway.errors import GatewayError
from ..gateway.message import DeliveryReport
from ..gateway.status import Status
from .outbox import Outbox
from .record import MessageRecord, Phase
from .worker import Spawn, call_in

_LOGGER = logging.getLogger(__name__)

# All in seconds: the first poll of a message, the longest interval, and how long a message is polled at all.
FIRST_POLL = 15.0
MAX_POLL_INTERVAL = 600.0
TRACKING_TIMEOUT = 48 * 3600.0
# A provider may hold a commercial text from Saturday 15 h over Sunday and a holiday or two, until 8 h.
COMMERCIAL_TRACKING_TIMEOUT = 5 * 24 * 3600.0
# A message of uncertain outcome is found soon, or never.
UNCERTAIN_TRACKING_TIMEOUT = 600.0
# Messages in one poll. If more are due, the next poll follows at once.
MAX_POLL = 500


class StatusPoller:
    """Polls between start and stop, until every status is final or too old."""

    def __init__(
        self,
        outbox: Outbox,
        gateway: Gateway[Any],
        spawn: Spawn,
        on_failed: Callable[[GatewayError], None],
        on_reports: Callable[[Sequence[DeliveryReport]], None] = lambda _reports: None,
    ) -> None:
        """Ask nothing before start. on_failed gets the error of each poll that failed, on_reports the reports."""
        self._outbox = outbox
        self._gateway = gateway
        self._spawn = spawn
        self._on_failed, self._on_reports = on_failed, on_reports
        # When a message is due, a number that keeps the order, its reference, and the interval before.
        self._due: list[tuple[float, int, str, float]] = []
        self._numbers = count()
        self._tracked: set[str] = set()
        self._timer: asyncio.Handle | None = None
        self._polling: asyncio.Task[None] | None = None
        self._is_running = self._is_polling = False

    def start(self) -> None:
        """Begin to poll."""
        self._is_running = True
        for record in self._outbox:
            self.track(record)
        self._schedule()

    def stop(self) -> None:
        """Poll no more."""
        self._is_running = False
        if self._timer:
            self._timer.cancel()
        if self._polling:
            self._polling.cancel()

    def track(self, record: MessageRecord) -> None:
        """Poll for a message of the outbox from now on, if its phase is TRACKED."""
        if record.phase is Phase.TRACKED and record.reference not in self._tracked:
            self._tracked.add(record.reference)
            self._put(record, FIRST_POLL)
            if self._due[0][2] == record.reference:
                self._schedule()

    def next_poll(self) -> float | None:
        """Return when a message is due next, in monotonic seconds, or None."""
        return self._due[0][0] if self._due else None

    def take_due(self, limit: int) -> tuple[list[MessageRecord], list[MessageRecord]]:
        """Return messages to ask about now, at most limit, and those that are too old to ask about."""
        now = self._outbox.now()
        due, timed_out = list[MessageRecord](), list[MessageRecord]()
        while self._due and self._due[0][0] <= now and len(due) < limit:
            *_, reference, interval = heappop(self._due)
            record = self._outbox.get(reference)
            if record is None or record.phase is not Phase.TRACKED:
                self._tracked.discard(reference)
            elif self._is_too_old(record):
                self._tracked.discard(reference)
                timed_out.append(record)
            else:
                self._put(record, min(interval * 2, MAX_POLL_INTERVAL))
                due.append(record)
        return due, timed_out

    def _put(self, record: MessageRecord, interval: float) -> None:
        heappush(self._due, (self._outbox.now() + interval, next(self._numbers), record.reference, interval))

    def _is_too_old(self, record: MessageRecord) -> bool:
        send_at = record.message.send_at
        since = max(record.created_at, send_at.timestamp() if send_at else 0)
        if record.status is Status.UNCERTAIN:
            longest = UNCERTAIN_TRACKING_TIMEOUT
        else:
            longest = TRACKING_TIMEOUT + (COMMERCIAL_TRACKING_TIMEOUT if record.message.commercial else 0.0)
        return self._outbox.time() - since > longest

    def _schedule(self) -> None:
        """Poll when the next message is due, one poll at a time."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.next_poll()
        if due is not None and self._is_running and not self._is_polling:
            self._timer = call_in(due - self._outbox.now(), self._begin)

    def _begin(self) -> None:
        self._is_polling = True  # before the task, which may begin at once
        self._polling = self._spawn(self._poll(), "texting delivery status")
        self._polling.add_done_callback(self._polled)

    def _polled(self, polling: asyncio.Task[None]) -> None:
        self._polling, self._is_polling = None, False
        if not polling.cancelled():
            self._schedule()

    async def _poll(self) -> None:
        due, timed_out = self.take_due(MAX_POLL)
        changed = [record for record in timed_out if record.status_on_timeout]
        for record in timed_out:
            self._outbox.time_out(record)
        self._outbox.save(timed_out, changed=changed)
        if not due:
            return
        try:
            reports = await self._gateway.fetch_reports([record.result for record in due])
            self._on_reports(reports)
            await self._outbox.apply_reports(reports)
        except GatewayError as err:
            self._on_failed(err)
        except Exception as err:  # noqa: BLE001  the next poll may succeed
            _LOGGER.warning("Unexpected %s while the status of messages was read", type(err).__name__)
