"""A clock that jumps: when an event loop has nothing to do, its time moves to the next timer.

So hours pass in milliseconds, and in the same order each time. The time of day goes with it, and can be set, as by a
user, a time server or a suspended machine.

* Jobs of `run_in_executor` end first, as those of the database's thread. A thread that the loop does not know of is not
  waited for, and sees the real time if it sleeps.
* What is on its way through sockets of this machine arrives first. Other machines are not waited for.
* `time.time` moves. `time.monotonic`, the functions that imported modules have copied, and `datetime.now` do not.
"""

import asyncio
from collections.abc import Callable
import selectors
import time
from typing import Any

import pytest

# For so long, in real seconds, data between sockets may be on its way.
_GRACE = 0.001


class VirtualClock:
    """The clock of an event loop, and the time of day. Both stand still while anything is to do."""

    def __init__(self, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, time_of_day: float) -> None:
        """Take over the clock of a loop with a selector. time_of_day is in Unix seconds."""
        self._now = loop.time()
        self._set_by = time_of_day - self._now
        self._jobs = 0
        self._selector: selectors.BaseSelector = vars(loop)["_selector"]
        self._select: Callable[[float | None], list[tuple[selectors.SelectorKey, int]]] = self._selector.select
        self._run_in_executor = loop.run_in_executor
        monkeypatch.setattr(loop, "time", lambda: self._now)
        # After years, two moments that differ by less are the same number.
        monkeypatch.setattr(loop, "_clock_resolution", 1e-6)
        monkeypatch.setattr(loop, "run_in_executor", self._run)
        monkeypatch.setattr(self._selector, "select", self._wait)
        monkeypatch.setattr(time, "time", self.time)

    def __call__(self) -> float:
        """Return the loop's time in seconds. It never goes back."""
        return self._now

    def time(self) -> float:
        """Return the time of day in Unix seconds."""
        return self._now + self._set_by

    def set_time(self, seconds: float) -> None:
        """Move only the time of day, also back. No timer comes earlier or later."""
        self._set_by += seconds

    def _run(self, executor: Any, job: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        future = self._run_in_executor(executor, job, *arguments)
        self._jobs += 1
        future.add_done_callback(self._end_job)
        return future

    def _end_job(self, _future: asyncio.Future[Any]) -> None:
        self._jobs -= 1

    def _wait(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready. timeout is how far away the next timer is, or None."""
        if timeout is None or self._jobs:
            # Only a thread or a socket can go on. It wakes the loop.
            return self._select(0 if timeout is not None and timeout <= 0 else None)
        # Each loop has a socket of its own, which wakes it.
        has_sockets = len(self._selector.get_map()) > 1
        ready = self._select(_GRACE if timeout > 0 and has_sockets else 0)
        if not ready and timeout > 0:
            self._now += timeout
        return ready
