"""Inbox: the texts that came in lately. Repetitions of them are recognized, and each can be replied to for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.util.ulid import ulid_now

from ..gateway.message import IncomingMessage

# All times in seconds. "replies without a keyword within 12 hours" (Group Texting)
MAX_AGE = 12 * 3600.0
MAX_MESSAGES = 1000
# How long the request that brought a command is kept open for its result.
COMMAND_TIMEOUT = 20.0
# Requests of a provider that are kept open at once.
MAX_OPEN = 100
# A provider repeats a call that was not answered. Without id and date a repetition cannot be told from a person who
# repeats themselves, so only the latest text of the sender counts: ON, OFF and ON again are three.
REPETITION_WINDOW = 600.0
REPETITION_WINDOW_WITHOUT_ID = 60.0
# A text that was answered is not repeated. But Club and Group may bring a keyword by both of their APIs.
REPETITION_WINDOW_AFTER_REPLY = 5.0


def _always() -> bool:
    return True


@dataclass(slots=True, eq=False, kw_only=True)
class ReceivedMessage:
    """What is kept of one text that came in, without the text itself."""

    # The id to reply to.
    id: str
    # The phone, in E.164 if it is a number.
    sender: str
    # Equal for texts of the same sender with the same words.
    key: int
    # When it came in, in monotonic seconds.
    at: float
    # The provider's id of the text.
    message_id: str | None = None
    # The provider's id of the message that it answers.
    replied_message_id: str | None = None
    # When it was written, as the provider says.
    sent_at: datetime | None = None
    # Done once entities and automations know of it; None from then on.
    published: asyncio.Future[None] | None = None
    # Gets the reply while the provider's request is open; None if there is none.
    waiter: asyncio.Future[str | None] | None = None
    # Whether the provider still waits.
    is_connected: Callable[[], bool] = _always
    # How long the request is kept open, in seconds.
    timeout: float = 0.0
    # Whether it is a command, which we answer ourselves.
    is_command: bool = False
    # Whether it answers one of our questions.
    is_answer: bool = False
    # Whether it was replied to within the request.
    has_reply: bool = False

    def publish_with(self, task: asyncio.Future[None]) -> None:
        """Remember what publishes this text until that is done. A task keeps the whole request that it runs for."""
        self.published = task
        task.add_done_callback(self._forget_task)

    def _forget_task(self, _task: asyncio.Future[None]) -> None:
        self.published = None

    def repeats(self, known: ReceivedMessage, *, is_latest: bool) -> bool:
        """Return True if this is a known text again: the same words, and nothing that both tell differs."""
        if self.key != known.key:
            return False
        is_identified = False
        for own, other in ((self.message_id, known.message_id), (self.sent_at, known.sent_at)):
            if _differ(own, other):
                return False
            is_identified = is_identified or (own is not None and other is not None)
        age = self.at - known.at
        if is_identified:
            return age < REPETITION_WINDOW
        if _differ(self.replied_message_id, known.replied_message_id):
            return False
        was_answered = known.is_answer or (known.is_command and known.has_reply)
        window = REPETITION_WINDOW_AFTER_REPLY if was_answered else REPETITION_WINDOW_WITHOUT_ID
        return is_latest and age < window


class Inbox:
    """The inbox of one account, in memory only."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start empty; now is in monotonic seconds."""
        self._now = now
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

    def receive(self, incoming: IncomingMessage) -> ReceivedMessage | None:
        """Take a text; return None if it is a repetition."""
        now = self._now()
        received = ReceivedMessage(
            id=ulid_now(),
            sender=incoming.sender,
            key=hash((incoming.sender, incoming.text.strip())),
            at=now,
            message_id=incoming.message_id,
            replied_message_id=incoming.replied_message_id,
            sent_at=incoming.sent_at,
        )
        known = self._by_sender.get(received.sender, [])
        if any(received.repeats(each, is_latest=each is known[-1]) for each in known):
            return None
        self._drop_old(now)
        self._messages[received.id] = received
        self._by_sender.setdefault(received.sender, []).append(received)
        return received

    def keep_open(self, received: ReceivedMessage, timeout: float, is_connected: Callable[[], bool]) -> None:
        """Keep the request of a text open for a reply, if there is room for one more."""
        if timeout and self._is_open and len(self._waiters) < MAX_OPEN:
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
            received.has_reply = waiter.done() and bool(waiter.result())
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


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
