"""Texts that came in lately: their repetitions are known, and each can be answered for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.util.ulid import ulid_now

from .gateway.message import IncomingMessage

# "replies without a keyword within 12 hours" (Group Texting)
KEPT_FOR = 12 * 3600.0
KEPT = 1000
# How long the request that tells of a command is kept open for its answer, in seconds.
COMMAND_WITHIN = 20.0
# So many requests of a provider are kept open at once.
OPEN = 100
# A provider repeats a call that was not answered; without id and date it cannot be told from a person who does, and
# only the latest text of its sender counts: ON, OFF and ON again are three.
REPEATED_WITHIN = 600.0
NAMELESS_REPEATED_WITHIN = 60.0
# One that was answered is not repeated; but of a keyword Club and Group may tell by their other API next.
ANSWERED_REPEATED_WITHIN = 5.0


@dataclass(slots=True, eq=False, kw_only=True)
class Heard:
    """One text that came in, without the text itself: key tells whether two are alike, at is monotonic.

    waiter gets the answer while the provider's request is open, None where nobody answered; for as long as
    is_connected says so, open_for seconds at most. A command is answered by us, and is_answered within the request;
    is_answer where it answers a question of ours.
    """

    id: str
    sender: str
    key: int
    at: float
    message_id: str | None = None
    # Done when entities and automations know of it.
    told: asyncio.Future[None] | None = None
    answered_id: str | None = None
    sent_at: datetime | None = None
    waiter: asyncio.Future[str | None] | None = None
    is_connected: Callable[[], bool] = lambda: True
    open_for: float = 0.0
    is_command: bool = False
    is_answer: bool = False
    is_answered: bool = False

    def repeats(self, known: Heard, *, is_latest: bool) -> bool:
        """Whether it is a text that is known, its sender's latest or not: alike, and all that both tell is the same.

        Club and Group tell of a keyword by both of their APIs, where nobody asked for unique requests.
        """
        if self.key != known.key or _differ(self.answered_id, known.answered_id):
            return False
        named = False
        for own, other in ((self.message_id, known.message_id), (self.sent_at, known.sent_at)):
            if _differ(own, other):
                return False
            named = named or (own is not None and other is not None)
        if named:
            return self.at - known.at < REPEATED_WITHIN
        answered = known.is_answer or (known.is_command and known.is_answered)
        return is_latest and self.at - known.at < (ANSWERED_REPEATED_WITHIN if answered else NAMELESS_REPEATED_WITHIN)


class Inbox:
    """An account's; nothing of it is on disk."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Nothing has come in yet; now is in monotonic seconds."""
        self._now = now
        self._heard: dict[str, Heard] = {}
        self._waiters: set[asyncio.Future[str | None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Keep requests open from now on."""
        self._is_open = True

    def close(self) -> None:
        """End the waiting for answers, of which none came, and keep no request open any more."""
        self._is_open = False
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def hear(self, incoming: IncomingMessage) -> Heard | None:
        """Take a text, None where it is a repetition."""
        now = self._now()
        heard = Heard(
            id=ulid_now(),
            sender=incoming.sender,
            key=hash((incoming.sender, incoming.text.strip())),
            at=now,
            message_id=incoming.message_id,
            answered_id=incoming.answered_id,
            sent_at=incoming.sent_at,
        )
        latest = next((known for known in reversed(self._heard.values()) if known.sender == heard.sender), None)
        if any(heard.repeats(known, is_latest=known is latest) for known in self._heard.values()):
            return None
        self._forget(now)
        self._heard[heard.id] = heard
        return heard

    def keep_open(self, heard: Heard, seconds: float, is_connected: Callable[[], bool]) -> None:
        """Keep the request of a text open for an answer, where there is room for one more."""
        if seconds and self._is_open and len(self._waiters) < OPEN:
            heard.is_connected, heard.open_for = is_connected, seconds
            heard.waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(heard.waiter)

    def find(self, incoming_id: str) -> Heard | None:
        """A text that came in within KEPT_FOR, by its id."""
        heard = self._heard.get(incoming_id)
        return heard if heard and self._now() - heard.at < KEPT_FOR else None

    def answer(self, incoming_id: str, text: str) -> bool:
        """Answer within the request that told of it, if that is still open; whether it was."""
        heard = self.find(incoming_id)
        if not heard or not heard.waiter or heard.waiter.done() or not heard.is_connected():
            return False
        heard.waiter.set_result(text)
        return True

    def give_up(self, incoming_id: str) -> None:
        """End the waiting for an answer that does not come."""
        heard = self.find(incoming_id)
        if heard and heard.waiter and not heard.waiter.done():
            heard.waiter.set_result(None)

    async def wait(self, heard: Heard) -> str | None:
        """The answer that came in time; None where nobody answered."""
        if (waiter := heard.waiter) is None:
            return None
        try:
            await asyncio.wait([waiter], timeout=heard.open_for)
            heard.is_answered = waiter.done() and bool(waiter.result())
            return waiter.result() if waiter.done() else None
        finally:
            # A second call for the same text may come only after this one.
            heard.waiter, heard.at = None, self._now()
            self._waiters.discard(waiter)

    def _forget(self, now: float) -> None:
        """Make room for one more."""
        while self._heard:
            oldest = next(iter(self._heard.values()))
            if len(self._heard) < KEPT and now - oldest.at < KEPT_FOR:
                return
            del self._heard[oldest.id]


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
