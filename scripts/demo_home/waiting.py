"""Wait until a condition is true."""

import asyncio
from collections.abc import Awaitable, Callable
import time


class WaitTimeout(Exception):
    """A condition did not become true in time. The text says what is wrong."""


async def until(condition: Callable[[], Awaitable[bool]], error: str, seconds: float = 60.0) -> None:
    """Wait until the condition is true. Raise WaitTimeout with the error after this many seconds."""
    end = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > end:
            raise WaitTimeout(f"{error} within {seconds:.0f} s.")
        await asyncio.sleep(0.1)
