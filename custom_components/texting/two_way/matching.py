"""Which message a text answers; texts are told in the order they came in."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging

from ..delivery.desk import Desk
from ..delivery.outbox import OutboxError
from ..gateway.message import IncomingMessage

_LOGGER = logging.getLogger(__name__)

# How long the outbox may take, in seconds.
FOUND_WITHIN = 1.0
# A text without a reference or message id answers the last message to its number within 72 hours.
ANSWERED_WITHIN = 72 * 3600.0


class Matcher:
    """An account's."""

    def __init__(self, desk: Desk) -> None:
        """Nothing has come in yet."""
        self._desk = desk
        self._last: asyncio.Future[None] | None = None

    async def tell(self, incoming: IncomingMessage, tell: Callable[[IncomingMessage], None]) -> None:
        """Tell of a text, with what it answers where the outbox says so in time, after those that came in before."""
        before, self._last = self._last, asyncio.get_running_loop().create_future()
        turn, answers = self._last, None
        try:
            answers = await self._find(incoming)
            if before:
                await asyncio.wait([before])
        finally:
            # Nothing keeps a text from being told.
            try:
                tell(replace(incoming, answers=answers))
            finally:
                turn.set_result(None)

    async def _find(self, incoming: IncomingMessage) -> str | None:
        """The reference that the user knows: that of the route's message where it was sent for one."""
        desk = self._desk
        try:
            async with asyncio.timeout(FOUND_WITHIN):
                record = await desk.outbox.answered(
                    desk.account,
                    incoming.sender,
                    desk.book.today() - ANSWERED_WITHIN,
                    reference=incoming.reference,
                    message_id=incoming.answered_id,
                )
        except (OutboxError, TimeoutError) as err:
            _LOGGER.debug("What a text answers was not found out: %s", type(err).__name__)
            return None
        return (record.parent or record.reference) if record else None
