"""The clock of an event loop, which a test can move forward."""

import asyncio
from collections.abc import Callable

import pytest


class LoopClock:
    """The loop's clock. A test moves it forward. It runs as always in addition, or it stands still."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, *, stands_still: bool = False
    ) -> None:
        self._loop = loop
        self._passed = 0.0
        clock, start = loop.time, loop.time()
        monkeypatch.setattr(loop, "time", lambda: (start if stands_still else clock()) + self._passed)

    def __call__(self) -> float:
        return self._loop.time()

    def advance(self, seconds: float) -> None:
        """Move the clock forward. What is due then runs in the next turns of the loop."""
        self._passed += seconds

    def timers(self) -> list[float]:
        """Return when the timers of the loop are due."""
        scheduled: list[asyncio.TimerHandle] = vars(self._loop)["_scheduled"]
        return [timer.when() for timer in scheduled if not timer.cancelled()]

    def waits_for(self, seconds: float) -> bool:
        """Return True if something waits for about this number of seconds, or for what is left of them."""
        return any(seconds / 2 < moment - self() <= seconds for moment in self.timers())

    async def advance_until(self, happened: Callable[[], object], step: float) -> None:
        """Move the clock forward by one step after another, until a condition is true."""
        while not happened():
            self.advance(step)
            for _ in range(10):
                await asyncio.sleep(0)
