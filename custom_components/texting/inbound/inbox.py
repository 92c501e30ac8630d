"""Inbox: the texts of one account that came in lately, and the requests that are kept open for a reply to them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..delivery.incoming import IncomingRecord
from .repetitions import repeats

# All times in seconds. "replies without a keyword within 12 hours" (Group Texting)
MAX_AGE = 12 * 3600.0
MAX_MESSAGES = 1000
# How long the request that brought a command, or an answer that the home replies to, is kept open for its result.
COMMAND_TIMEOUT = 20.0
# Requests of a provider that are kept open at once.
MAX_OPEN = 100


def _always() -> bool:
    return True


@dataclass(slots=True, eq=False, kw_only=True)
class ReceivedMessage:
    """A text that came in during this run."""

    # The text as it is stored.
    record: IncomingRecord
    # When it came in, in monotonic seconds.
    at: float
    # Done once entities and automations know of it; None from then on.
    published: asyncio.Future[None] | None = None
    # Done once it is on disk, or cannot be saved; None before and after that.
    saved: asyncio.Future[None] | None = None
    # Whether it is on disk.
    is_saved: bool = False
    # Gets the reply while the provider's request is open; None if there is none.
    waiter: asyncio.Future[str | None] | None = None
    # Whether the provider still waits.
    is_connected: Callable[[], bool] = _always
    # How long the request is kept open, in seconds.
    timeout: float = 0.0
    # Whether we reply to it ourselves, so that no fixed reply is needed.
    is_replied_to: bool = False

    @property
    def id(self) -> str:
        """The id to reply to."""
        return self.record.id

    @property
    def sender(self) -> str:
        """The phone, in E.164 if it is a number."""
        return self.record.message.sender

    def save_with(self, saved: asyncio.Future[None]) -> None:
        """Remember what saves this text until that is done."""
        self.saved = saved
        saved.add_done_callback(self._note_saved)

    def _note_saved(self, saved: asyncio.Future[None]) -> None:
        self.is_saved = saved.exception() is None
        if self.saved is saved:
            self.saved = None

    def publish_with(self, task: asyncio.Future[None]) -> None:
        """Remember what publishes this text until that is done. A task keeps the whole request that it runs for."""
        self.published = task
        task.add_done_callback(self._forget_task)

    def _forget_task(self, _task: asyncio.Future[None]) -> None:
        self.published = None


class Inbox:
    """The inbox of one account. The database has the older texts."""

    def __init__(self, now: Callable[[], float], time: Callable[[], float]) -> None:
        """Start empty; now is in monotonic seconds, time in Unix seconds."""
        self._now = now
        self._time = time
        self._messages: dict[str, ReceivedMessage] = {}
        # The same texts by sender, oldest first.
        self._by_sender: dict[str, list[ReceivedMessage]] = {}
        self._waiters: set[asyncio.Future[str | None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Keep requests open for replies from now on."""
        self._is_open = True

    def close(self) -> None:
        """End every request that waits for a reply, and keep no more requests open."""
        self._is_open = False
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def receive(self, record: IncomingRecord, stored: Iterable[IncomingRecord] = ()) -> ReceivedMessage | None:
        """Take a text; return None if it is a repetition, also of a stored one."""
        now = self._now()
        own = self._by_sender.get(record.message.sender, [])
        if any(repeats(record, each.record, now - each.at, is_latest=each is own[-1]) for each in own):
            return None
        others = [each for each in stored if each.id not in self._messages]
        latest = max((each.id for each in others), default="") if not own else None
        if any(self._repeats(record, each, is_latest=each.id == latest) for each in others):
            return None
        return self.take(record)

    def take(self, record: IncomingRecord) -> ReceivedMessage:
        """Take a text that is no repetition."""
        received = ReceivedMessage(record=record, at=self._now())
        self._drop_old(received.at)
        self._messages[record.id] = received
        self._by_sender.setdefault(received.sender, []).append(received)
        return received

    def _repeats(self, record: IncomingRecord, stored: IncomingRecord, *, is_latest: bool) -> bool:
        # Nobody heard of a text that was lost with the run that took it.
        is_lost = not (stored.is_handed_on or stored.keeps_text)
        return not is_lost and repeats(record, stored, self._time() - stored.received_at, is_latest=is_latest)

    def keep_open(self, received: ReceivedMessage, timeout: float, is_connected: Callable[[], bool]) -> None:
        """Keep the request of a text open for a reply, if there is room for one more."""
        if timeout and self._is_open and is_connected() and len(self._waiters) < MAX_OPEN:
            received.is_connected, received.timeout = is_connected, timeout
            received.waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(received.waiter)

    def find(self, incoming_id: str) -> ReceivedMessage | None:
        """Return a text that is not older than MAX_AGE."""
        received = self._messages.get(incoming_id)
        return received if received and self._now() - received.at < MAX_AGE else None

    def reply(self, incoming_id: str, text: str) -> bool:
        """Reply within the request that brought a text. Return True if it was still open."""
        received = self.find(incoming_id)
        if not received or not received.waiter or received.waiter.done() or not received.is_connected():
            return False
        received.waiter.set_result(text)
        return True

    def cancel_reply(self, incoming_id: str) -> None:
        """End the request that waits for a reply that does not come."""
        received = self.find(incoming_id)
        if received and received.waiter and not received.waiter.done():
            received.waiter.set_result(None)

    async def wait(self, received: ReceivedMessage) -> str | None:
        """Return the reply that came in time, or None."""
        if (waiter := received.waiter) is None:
            return None
        try:
            await asyncio.wait([waiter], timeout=received.timeout)
            return waiter.result() if waiter.done() else None
        finally:
            # The provider may repeat the call only from now on.
            received.waiter, received.at = None, self._now()
            received.is_connected = _always  # or the whole request would be kept
            self._waiters.discard(waiter)

    def _drop_old(self, now: float) -> None:
        while self._messages:
            oldest = next(iter(self._messages.values()))
            if len(self._messages) < MAX_MESSAGES and now - oldest.at < MAX_AGE:
                return
            del self._messages[oldest.id]
            self._by_sender[oldest.sender].remove(oldest)
            if not self._by_sender[oldest.sender]:
                del self._by_sender[oldest.sender]
