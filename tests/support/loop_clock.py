"""The clock of an event loop, which a test can move forward."""

import asyncio
from collections.abc import Callable

import pytest

from homeassistant.util.async_ import get_scheduled_timer_handles


class LoopClock:
    """The loop's clock. It runs as always, and a test moves it forward in addition."""

    def __init__(self, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = loop
        self._passed = 0.0
        clock = loop.time
        monkeypatch.setattr(loop, "time", lambda: clock() + self._passed)

    def __call__(self) -> float:
        return self._loop.time()

    def advance(self, seconds: float) -> None:
        """Move the clock forward. What is due then runs in the next turns of the loop."""
        self._passed += seconds

    def waits_for(self, seconds: float) -> bool:
        """Return True if something waits for about this number of seconds, or for what is left of them."""
        timers = [timer for timer in get_scheduled_timer_handles(self._loop) if not timer.cancelled()]
        return any(seconds / 2 < timer.when() - self() <= seconds for timer in timers)

    async def advance_until(self, happened: Callable[[], object], step: float) -> None:
        """Move the clock forward by one step after another, until a condition is true."""
        while not happened():
            self.advance(step)
            for _ in range(10):
                await asyncio.sleep(0)
