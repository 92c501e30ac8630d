"""CheckTask: runs full checks of the file, each in a thread of its own, so that the database's thread goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from .integrity import FullCheck

# Seconds between two tries to interrupt a check.
_INTERRUPT_INTERVAL = 0.05


class CheckTask:
    """At most one check runs at a time."""

    def __init__(self, on_end: Callable[[FullCheck, bool | None], Awaitable[object]]) -> None:
        """on_end gets each check that has ended, and whether the file is intact: None if that cannot be told."""
        self._on_end = on_end
        # The check that runs or ran last, and its task.
        self._check: FullCheck | None = None
        self.task: asyncio.Task[None] | None = None

    def begin(self, check: FullCheck) -> None:
        """Begin a check, if it did not run before and no other one runs."""
        if check is not self._check and (self.task is None or self.task.done()):
            self._check = check
            self.task = asyncio.get_running_loop().create_task(self._run(check))

    async def end(self) -> None:
        """Interrupt a check. It may not have begun to read, so that is tried until the check has ended."""
        while self._check and self.task and not self.task.done():
            self._check.interrupt()
            await asyncio.wait([self.task], timeout=_INTERRUPT_INTERVAL)

    async def _run(self, check: FullCheck) -> None:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="texting check") as thread:
            is_intact = await asyncio.get_running_loop().run_in_executor(thread, check.run)
        await self._on_end(check, is_intact)
