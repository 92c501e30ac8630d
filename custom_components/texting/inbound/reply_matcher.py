"""ReplyMatcher: which of our messages an incoming text answers. Texts are passed on in the order they came in."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging

from ..delivery.database import DatabaseError
from ..delivery.outbox import Outbox
from ..gateway.message import IncomingMessage

_LOGGER = logging.getLogger(__name__)

# How long the database may take, in seconds.
LOOKUP_TIMEOUT = 1.0
# A text that names no message answers the last one to its number within 72 hours.
REPLY_WINDOW = 72 * 3600.0


class ReplyMatcher:
    """The matcher of one account."""

    def __init__(self, outbox: Outbox) -> None:
        """Start with no text."""
        self._outbox = outbox
        self._last: asyncio.Future[None] | None = None

    async def match(self, incoming: IncomingMessage, pass_on: Callable[[IncomingMessage], None]) -> None:
        """Find what a text answers, then pass the text on, after all texts that came in before it."""
        before, self._last = self._last, asyncio.get_running_loop().create_future()
        turn, in_reply_to = self._last, None
        try:
            in_reply_to = await self._find(incoming)
            if before:
                await asyncio.wait([before])
        finally:
            # A text is passed on even if the search failed.
            try:
                pass_on(replace(incoming, in_reply_to=in_reply_to))
            finally:
                turn.set_result(None)

    async def _find(self, incoming: IncomingMessage) -> str | None:
        """Return the reference that the user knows: the one of the route's message if it was an attempt for one."""
        outbox = self._outbox
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                record = await outbox.database.find_replied(
                    outbox.entry_id,
                    incoming.sender,
                    outbox.time() - REPLY_WINDOW,
                    reference=incoming.reference,
                    message_id=incoming.replied_message_id,
                )
        except (DatabaseError, TimeoutError) as err:
            _LOGGER.debug("The message that a text answers was not found: %s", type(err).__name__)
            return None
        return (record.parent or record.reference) if record else None
