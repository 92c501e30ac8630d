"""Looking again and again until something holds."""

import asyncio
from collections.abc import Awaitable, Callable
import time


class NotInTime(Exception):
    """It did not come to hold; the text says what is wrong."""


async def until(look: Callable[[], Awaitable[bool]], otherwise: str, seconds: float = 60.0) -> None:
    """Return once it holds; raise NotInTime when it has not after these seconds."""
    end = time.monotonic() + seconds
    while not await look():
        if time.monotonic() > end:
            raise NotInTime(f"{otherwise} within {seconds:.0f} s.")
        await asyncio.sleep(0.1)
