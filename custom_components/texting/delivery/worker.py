"""Sends the waiting messages of one account, and finds out what became of those whose answer was lost."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
import logging
import random
from typing import Any

from ..gateway.errors import CannotConnect, GatewayError, MessageRejected, OutcomeUnknown, RateLimited
from ..gateway.gateway import Gateway
from ..gateway.message import SendResult
from ..gateway.status import FailureReason, Status
from .desk import Desk
from .queue import Queue
from .record import Phase, Record

_LOGGER = logging.getLogger(__name__)

FASTEST_RETRY = 2.0
SLOWEST_RETRY = 300.0
# How often a message of unknown outcome is sent again where that was asked for.
RESENDS = 3
# A lost message is asked about no longer than it would be followed.
FIND_OUT_FOR = 48 * 3600.0


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row, with jitter."""
    longest = min(FASTEST_RETRY * 2 ** min(failures, 16), SLOWEST_RETRY)
    return max(FASTEST_RETRY, random.uniform(longest / 2, longest))  # noqa: S311  no secret


def call_in(seconds: float, what: Callable[[], None]) -> asyncio.Handle:
    """Call it so much later, or in the loop's next turn."""
    loop = asyncio.get_running_loop()
    return loop.call_later(seconds, what) if seconds > 0 else loop.call_soon(what)


def _spawn(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work, name=name)


type Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]


class Worker:
    """Runs between start and stop; requests under way go on after stop, and the next start counts them."""

    def __init__(self, desk: Desk, gateway: Gateway, spawn: Spawn = _spawn) -> None:
        """Nothing is sent before start."""
        self._desk = desk
        self._book = desk.book
        self._gateway = gateway
        self._spawn = spawn
        self._queue = Queue(lambda record: self._gateway.batch_key(record.message))
        self._running = False
        self._failures = 0
        self._failed_at = 0.0
        self._trouble: type[GatewayError] | None = None
        self._in_flight = 0
        self._look: asyncio.Handle | None = None
        self._soon = False
        self._resolving: set[asyncio.Task[None]] = set()
        self.requests: set[asyncio.Task[None]] = set()
        self.on_trouble: Callable[[GatewayError | None], None] = lambda _error: None
        desk.on_add = self._put

    def start(self, gateway: Gateway) -> None:
        """Begin to send; what was being sent when an earlier run ended is asked about."""
        self._gateway, self._running, self._desk.paused_until = gateway, True, 0.0
        self._look_at(self._book.now())
        self._resolve([record for record in self._book if record.phase is Phase.SENDING and not record.is_in_flight])

    def stop(self) -> None:
        """Begin nothing more."""
        self._running = False
        if self._look:
            self._look.cancel()
            self._look = None
        for task in self._resolving:
            task.cancel()

    async def cancel(self, record: Record, error: GatewayError) -> bool:
        """Take back a message that still waits here; whether it did."""
        if record.phase is not Phase.WAITING:
            return False
        self._queue.remove(record)
        self._book.end(record, Status.REJECTED, error)
        await self._desk.keep([record])
        return True

    def _put(self, records: Sequence[Record]) -> None:
        now = self._book.now()
        for record in records:
            if record.phase is Phase.WAITING:
                self._queue.put(record, now)
        self._look_at(now)

    # -- sending -----------------------------------------------------------------------------------------------------

    def _look_at(self, moment: float | None) -> None:
        """Look at the queue then, unless that is about to be done anyway."""
        if self._look and self._soon:
            return
        if self._look:
            self._look.cancel()
            self._look = None
        if self._running and moment is not None:
            wait = moment - self._book.now()
            self._look, self._soon = call_in(wait, self._send_ready), wait <= 0

    def _send_ready(self) -> None:
        """Send what may leave now."""
        self._look = None
        now, info = self._book.now(), self._gateway.info
        self._expire(now)
        # After a failure one request tries whether the gateway is there again.
        places = 1 if self._failures else info.in_flight
        while (
            self._in_flight < places
            and now >= self._desk.paused_until
            and (batch := self._queue.take(info.batch_size, now))
        ):
            self._in_flight += 1
            for record in batch:
                record.phase, record.is_in_flight = Phase.SENDING, True
            self._begin(self.requests, self._request(batch))
        moments = (self._queue.next_change(now), self._desk.paused_until)
        self._look_at(min((moment for moment in moments if moment and moment > now), default=None))

    def _expire(self, now: float) -> None:
        expired = self._queue.take_expired(now)
        for record in expired:
            if record.resent:  # it may have left the first time
                self._book.settle(record, _unknown(record))
            else:
                self._book.end(record, Status.EXPIRED, MessageRejected(reason=FailureReason.EXPIRED))
        self._desk.keep(expired)

    async def _request(self, batch: list[Record]) -> None:
        began = self._book.now()
        try:
            await self._desk.keep(batch, moved=())
            results = await self._gateway.send([record.message for record in batch])
        finally:
            self._in_flight -= 1
            for record in batch:
                record.is_in_flight = False
        self._note(results, began)
        self._settle(batch, results)
        self._look_at(self._book.now())

    def _settle(self, batch: list[Record], results: Sequence[SendResult]) -> None:
        settled, moved, lost, again = list[Record](), list[Record](), list[Record](), list[Record]()
        for record, result in zip(batch, results, strict=True):
            if not isinstance(result.error, CannotConnect | OutcomeUnknown | RateLimited):
                if self._book.settle(record, result):
                    moved.append(record)
                settled.append(record)
            elif record.phase is not Phase.SENDING:
                continue  # a report came first: it was accepted
            elif isinstance(result.error, OutcomeUnknown):
                record.error = result.error
                lost.append(record)
            else:
                again.append(record)
                if record.error is None:
                    moved.append(record)
                record.error = result.error
        self._wait_again(again)
        self._desk.keep(settled + again, moved=moved)
        self._resolve(lost)

    def _wait_again(self, records: Sequence[Record]) -> None:
        """Let messages that never left wait for their next try."""
        now, today = self._book.now(), self._book.today()
        for record in records:
            record.phase = Phase.WAITING
            record.ready = now + backoff(record.resent) if record.resent else 0.0
            record.due_at = today + max(0.0, record.ready - now, self._desk.paused_until - now)
        self._put(records)

    def _note(self, results: Sequence[SendResult], began: float) -> None:
        """Whether the gateway is there: wait longer after each try that never got through.

        Requests that were under way together are one try, and what began before a failure says nothing of after.
        """
        now, errors = self._book.now(), [result.error for result in results]
        if len(set(map(type, errors))) == 1 and isinstance(failed := errors[0], CannotConnect | RateLimited):
            if began >= self._failed_at:
                self._failures += 1
                self._desk.paused_until = now + backoff(self._failures)
            if isinstance(failed, RateLimited) and failed.retry_after:
                self._desk.paused_until = max(self._desk.paused_until, now + failed.retry_after)
            self._failed_at = now
            if type(failed) is not self._trouble:
                self._trouble = type(failed)
                self.on_trouble(failed)
        elif self._failures and began >= self._failed_at and not all(isinstance(err, OutcomeUnknown) for err in errors):
            self._failures, self._desk.paused_until, self._trouble = 0, 0.0, None
            self.on_trouble(None)

    # -- lost answers ------------------------------------------------------------------------------------------------

    def _resolve(self, lost: list[Record]) -> None:
        if lost and self._running:
            self._begin(self._resolving, self._find_out(lost))

    async def _find_out(self, lost: list[Record]) -> None:
        """The one rule for a lost answer, and for a message that a crash interrupted."""
        failures = 0
        while True:
            found = await self._ask(lost)
            moved, again = list[Record](), list[Record]()
            for record in lost:
                if record.phase is Phase.SENDING:  # else a report has said it meanwhile
                    self._found(record, found.get(record.reference), moved, again)
            self._wait_again(again)
            self._desk.keep(moved + again, moved=moved)
            if not (lost := [record for record in lost if record.phase is Phase.SENDING]):
                return
            failures += 1
            await asyncio.sleep(backoff(failures))

    async def _ask(self, lost: Sequence[Record]) -> dict[str, SendResult]:
        try:
            found = await self._gateway.find_out([record.message for record in lost])
        except Exception as err:  # noqa: BLE001  no fault of ours may end the search
            _LOGGER.warning("Unexpected %s while asking what became of messages", type(err).__name__)
            return {}
        return {result.message.reference: result for result in found}

    def _found(self, record: Record, result: SendResult | None, moved: list[Record], again: list[Record]) -> None:
        too_old = self._book.today() - record.asked_at > FIND_OUT_FOR
        if result is None and not too_old:
            return
        if result and result.status is Status.QUEUED:
            again.append(record)
        elif result and not isinstance(result.error, OutcomeUnknown):
            self._book.settle(record, result)
            moved.append(record)
        elif record.resend and record.resent < RESENDS and not too_old:
            record.resent += 1
            again.append(record)
        else:
            self._book.settle(record, _unknown(record))
            moved.append(record)

    def _begin(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(work, "texting messages")
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _unknown(record: Record) -> SendResult:
    """What cannot be found out any more."""
    error = record.error if isinstance(record.error, OutcomeUnknown) else OutcomeUnknown("no answer")
    return SendResult(message=record.message, status=Status.UNKNOWN, error=error, provider_status=error.code)
