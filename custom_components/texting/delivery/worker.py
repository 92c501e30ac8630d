"""Worker: sends the waiting messages of one account, and finds out the outcome of lost responses."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
import logging
import random
from typing import Any

from ..gateway.base import Gateway
from ..gateway.errors import CannotConnect, GatewayError, MessageRejected, OutcomeUnknown, RateLimited
from ..gateway.message import SendResult
from ..gateway.status import FailureReason, Status
from .outbox import Outbox
from .record import MessageRecord, Phase
from .send_queue import SendQueue

_LOGGER = logging.getLogger(__name__)

# Seconds between two tries.
MIN_RETRY = 2.0
MAX_RETRY = 300.0
# How often a message of uncertain outcome is sent again, if that was asked for.
MAX_RESENDS = 3
# How long the gateway is asked about a message whose response was lost, in seconds. Then it is uncertain.
RESOLVE_TIMEOUT = 48 * 3600.0


def backoff(failures: int) -> float:
    """Return the seconds to wait after this number of failures in a row, with jitter."""
    longest = min(MIN_RETRY * 2 ** min(failures, 16), MAX_RETRY)
    return max(MIN_RETRY, random.uniform(longest / 2, longest))  # noqa: S311  no secret


def call_in(seconds: float, what: Callable[[], None]) -> asyncio.Handle:
    """Call a function after some seconds, or in the loop's next turn."""
    loop = asyncio.get_running_loop()
    return loop.call_later(seconds, what) if seconds > 0 else loop.call_soon(what)


def create_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Run a coroutine in the running loop."""
    return asyncio.get_running_loop().create_task(work, name=name)


type Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
type Records = list[MessageRecord]


class Worker:
    """Runs between start and stop. Requests under way continue after stop, and the next start counts them."""

    def __init__(
        self,
        outbox: Outbox,
        gateway: Gateway[Any],
        on_trouble: Callable[[GatewayError | None], None] = lambda _error: None,
        spawn: Spawn = create_task,
    ) -> None:
        """Send nothing before start.

        on_trouble is called with the error when the provider is out of reach or busy, again if the kind of error
        changes, and with None when the provider is back.
        """
        self._outbox = outbox
        self._gateway = gateway
        self._on_trouble = on_trouble
        self._spawn = spawn
        self._queue = SendQueue(lambda record: self._gateway.batch_key(record.message))
        self._is_running = False
        self._failures = 0
        self._failed_at = 0.0
        self._trouble: type[GatewayError] | None = None
        self._in_flight = 0
        self._timer: asyncio.Handle | None = None
        self._wakes_now = False
        self._resolving: set[asyncio.Task[None]] = set()
        # Why messages that are being sent are not tried again, by reference.
        self._cancelled: dict[str, GatewayError] = {}
        # The requests under way.
        self.requests: set[asyncio.Task[None]] = set()

    def start(self, gateway: Gateway[Any]) -> None:
        """Begin to send, and find out about what was being sent when an earlier run ended."""
        self._gateway, self._is_running, self._outbox.paused_until = gateway, True, 0.0
        self._wake_at(self._outbox.now())
        self._resolve([record for record in self._outbox if record.phase is Phase.SENDING and not record.is_in_flight])

    def stop(self) -> None:
        """Begin no more requests."""
        self._is_running = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for task in self._resolving:
            task.cancel()

    def enqueue(self, records: Sequence[MessageRecord]) -> None:
        """Let messages of the outbox wait for their turn."""
        now = self._outbox.now()
        for record in records:
            if record.phase is Phase.WAITING:
                self._queue.put(record, now)
        self._wake_at(now)

    async def cancel(self, record: MessageRecord, error: GatewayError) -> bool:
        """End a message that has not left, with an error. Return True if it had not left.

        If it is being sent, it ends only if it did not leave: it is not tried again.
        """
        if record.phase is Phase.SENDING:
            self._cancelled[record.reference] = error
        if record.phase is not Phase.WAITING:
            return False
        self._queue.remove(record)
        self._outbox.fail(record, Status.REJECTED, error)
        await self._outbox.save([record])
        return True

    # -- sending -----------------------------------------------------------------------------------------------------

    def _wake_at(self, moment: float | None) -> None:
        """Look at the queue at a moment, unless that happens in the next turn anyway."""
        if self._timer and self._wakes_now:
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._is_running and moment is not None:
            wait = moment - self._outbox.now()
            self._timer, self._wakes_now = call_in(wait, self._send_ready), wait <= 0

    def _send_ready(self) -> None:
        """Send what may leave now."""
        self._timer = None
        now, info = self._outbox.now(), self._gateway.info
        self._expire(now)
        # After a failure, one request tries if the provider is back.
        max_in_flight = 1 if self._failures else info.in_flight
        while (
            self._in_flight < max_in_flight
            and now >= self._outbox.paused_until
            and (batch := self._queue.take(info.batch_size, now))
        ):
            self._in_flight += 1
            for record in batch:
                record.phase, record.is_in_flight = Phase.SENDING, True
            # This is one commit with what added the messages.
            self._begin(self.requests, self._send_batch(batch, self._outbox.save(batch, changed=())))
        moments = (self._queue.next_change(now), self._outbox.paused_until)
        self._wake_at(min((moment for moment in moments if moment and moment > now), default=None))

    def _expire(self, now: float) -> None:
        expired = self._queue.take_expired(now)
        for record in expired:
            if record.resend_count:
                self._outbox.apply_result(record, _not_this_time(record))
            else:
                self._outbox.fail(record, Status.EXPIRED, MessageRejected(reason=FailureReason.EXPIRED))
        self._outbox.save(expired)

    async def _send_batch(self, batch: Records, saved: Awaitable[None]) -> None:
        began = self._outbox.now()
        try:
            # After a crash from here on, _resolve_all finds out about the messages.
            await saved
            # A report of an earlier try may have come meanwhile.
            sent = [record for record in batch if record.phase is Phase.SENDING]
            results = await self._gateway.send([record.message for record in sent]) if sent else []
        finally:
            self._in_flight -= 1
            for record in batch:
                record.is_in_flight = False
        self._note_connection(results, began)
        self._apply_results(sent, results)
        self._wake_at(self._outbox.now())

    def _apply_results(self, batch: Records, results: Sequence[SendResult]) -> None:
        settled: Records = []
        changed: Records = []
        lost: Records = []
        again: Records = []
        for record, result in zip(batch, results, strict=True):
            if not isinstance(result.error, CannotConnect | OutcomeUnknown | RateLimited):
                if self._outbox.apply_result(record, result):
                    changed.append(record)
                settled.append(record)
                self._cancelled.pop(record.reference, None)
            elif record.phase is not Phase.SENDING:
                continue  # a report came first: it was accepted
            elif isinstance(result.error, OutcomeUnknown):
                record.error = result.error
                lost.append(record)
            else:
                again.append(record)
                if record.error is None:
                    changed.append(record)
                record.error = result.error
        self._wait_again(again)
        # After a power failure that takes this back, _resolve_all finds it out again.
        self._outbox.save(settled + again, changed=changed, syncs=False)
        self._resolve(lost)

    def _wait_again(self, records: Records) -> None:
        """Let messages that did not leave wait for their next try."""
        now = self._outbox.now()
        for record in records:
            if error := self._cancelled.pop(record.reference, None):
                if record.resend_count:
                    self._outbox.apply_result(record, _not_this_time(record))
                else:
                    self._outbox.fail(record, Status.REJECTED, error)
                continue
            record.phase = Phase.WAITING
            record.ready = now + backoff(record.resend_count) if record.resend_count else 0.0
            wait = max(0.0, record.ready - now, self._outbox.paused_until - now)
            record.not_before = self._outbox.time() + wait
        self.enqueue(records)

    def _note_connection(self, results: Sequence[SendResult], began: float) -> None:
        """Wait longer after each request that did not get through.

        Requests that were under way together count as one, and a request that began before a failure says nothing
        about the time after it.
        """
        now, errors = self._outbox.now(), [result.error for result in results]
        if len(set(map(type, errors))) == 1 and isinstance(failed := errors[0], CannotConnect | RateLimited):
            if began >= self._failed_at:
                self._failures += 1
                self._outbox.paused_until = now + backoff(self._failures)
            if isinstance(failed, RateLimited) and failed.retry_after:
                self._outbox.paused_until = max(self._outbox.paused_until, now + failed.retry_after)
            self._failed_at = now
            if type(failed) is not self._trouble:
                self._trouble = type(failed)
                self._on_trouble(failed)
        elif self._failures and began >= self._failed_at and not all(isinstance(err, OutcomeUnknown) for err in errors):
            self._failures, self._outbox.paused_until, self._trouble = 0, 0.0, None
            self._on_trouble(None)

    # -- lost responses ------------------------------------------------------------------------------------------------

    def _resolve(self, lost: Records) -> None:
        if lost and self._is_running:
            self._begin(self._resolving, self._resolve_all(lost))

    async def _resolve_all(self, lost: Records) -> None:
        """Find out the outcome of messages whose response was lost, or that a crash interrupted."""
        failures = 0
        while True:
            found = await self._ask(lost)
            changed: Records = []
            again: Records = []
            for record in lost:
                if record.phase is Phase.SENDING:  # else a report came meanwhile
                    self._apply_resolved(record, found.get(record.reference), changed, again)
            self._wait_again(again)
            self._outbox.save(changed + again, changed=changed)
            for record in changed:
                self._cancelled.pop(record.reference, None)
            if not (lost := [record for record in lost if record.phase is Phase.SENDING]):
                return
            failures += 1
            await asyncio.sleep(backoff(failures))

    async def _ask(self, lost: Records) -> dict[str, SendResult]:
        try:
            found = await self._gateway.resolve_unknown([record.message for record in lost])
        except Exception as err:  # noqa: BLE001  no fault of ours may end the search
            _LOGGER.warning("Unexpected %s while the outcome of messages was looked up", type(err).__name__)
            return {}
        return {result.message.reference: result for result in found}

    def _apply_resolved(
        self, record: MessageRecord, result: SendResult | None, changed: Records, again: Records
    ) -> None:
        is_too_old = self._outbox.time() - record.created_at > RESOLVE_TIMEOUT
        if result is None and not is_too_old:
            return
        if result and result.status is Status.QUEUED:
            again.append(record)
        elif result and not isinstance(result.error, OutcomeUnknown):
            self._outbox.apply_result(record, result)
            changed.append(record)
        elif record.resend and record.resend_count < MAX_RESENDS and not is_too_old:
            record.resend_count += 1
            again.append(record)
        else:
            self._outbox.apply_result(record, _uncertain(record))
            changed.append(record)

    def _begin(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(work, "texting messages")
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _not_this_time(record: MessageRecord) -> SendResult:
    """Return the result of a message that did not leave this time, but may have left before."""
    record.resend_count -= 1
    return _uncertain(record)


def _uncertain(record: MessageRecord) -> SendResult:
    """Return the result of a message whose outcome cannot be found out."""
    error = record.error if isinstance(record.error, OutcomeUnknown) else OutcomeUnknown("no answer")
    return SendResult(message=record.message, status=Status.UNCERTAIN, error=error, provider_status=error.code)
