"""Long lists in pieces, so that the event loop is never busy for long."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import batched

# Items that are handled at a stretch. Parsing one phone number takes about 0.1 ms.
PIECE = 50


async def in_pieces[T](items: Sequence[T], size: int = PIECE) -> AsyncIterator[tuple[T, ...]]:
    """Iterate over pieces of a list, and let the event loop run after each."""
    for piece in batched(items, size, strict=False):
        yield piece
        await asyncio.sleep(0)
