"""Waiters: who waits for messages of an outbox to get as far as they want."""

import asyncio
from collections.abc import Callable, Iterable

from .record import MessageRecord

type Reached = Callable[[MessageRecord], bool]


class _Waiter:
    """Waits for several messages."""

    def __init__(self, missing: set[str], is_reached: Reached) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._missing = missing
        self._is_reached = is_reached

    def take(self, record: MessageRecord) -> None:
        if record.reference in self._missing and self._is_reached(record):
            self._missing.discard(record.reference)
            if not self._missing:
                finish(self.done)


class Waiters:
    """All who wait for messages of one outbox."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: set[_Waiter] = set()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def take(self, records: Iterable[MessageRecord]) -> None:
        """Take messages as they were saved, and wake those who waited for them."""
        for record in records if self._waiting else ():
            for waiter in self._waiting:
                waiter.take(record)

    async def wait(self, missing: set[str], is_reached: Reached, timeout: float) -> None:  # noqa: ASYNC109  it raises nothing
        """Wait until each of these messages, by reference, is reached, and no longer than timeout seconds."""
        if not missing:
            return
        self._waiting.add(waiter := _Waiter(missing, is_reached))
        timer = asyncio.get_running_loop().call_later(timeout, finish, waiter.done)
        try:
            await waiter.done
        finally:
            timer.cancel()
            self._waiting.discard(waiter)


def finish(future: asyncio.Future[None]) -> None:
    """Finish a future, unless its waiter was cancelled."""
    if not future.done():
        future.set_result(None)
