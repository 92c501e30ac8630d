"""Asks the gateway what became of messages, where it does not tell by itself or its news might not reach us."""

import asyncio
from collections.abc import Callable
import logging

from ..gateway.errors import GatewayError
from ..gateway.gateway import Gateway
from .desk import Desk
from .worker import Spawn, call_in

_LOGGER = logging.getLogger(__name__)

# Messages that one poll asks about at most; others due are asked about right after.
POLL_AT_ONCE = 500


class Tracker:
    """Asks between start and stop, with growing intervals, until all is known or too old."""

    def __init__(self, desk: Desk, gateway: Gateway, spawn: Spawn, on_failed: Callable[[GatewayError], None]) -> None:
        """Nothing is asked before start; on_failed hears of a poll that failed."""
        self._desk = desk
        self._gateway = gateway
        self._spawn = spawn
        self._on_failed = on_failed
        self._next: asyncio.Handle | None = None
        self._polling: asyncio.Task[None] | None = None
        self._asks = False

    def start(self) -> None:
        """Begin to ask."""
        self._desk.book.on_follow = self._schedule
        self._schedule()

    def stop(self) -> None:
        """Ask no more."""
        self._desk.book.on_follow = lambda: None
        if self._next:
            self._next.cancel()
        if self._polling:
            self._polling.cancel()

    def _schedule(self) -> None:
        """Ask when the next message is due; one poll after the other."""
        if self._next:
            self._next.cancel()
        self._next = None
        due = self._desk.book.next_poll()
        if due is not None and not self._asks:
            self._next = call_in(due - self._desk.book.now(), self._begin)

    def _begin(self) -> None:
        self._asks = True  # before the task: it may begin at once
        self._polling = self._spawn(self._poll(), "texting delivery status")
        self._polling.add_done_callback(self._polled)

    def _polled(self, polling: asyncio.Task[None]) -> None:
        self._polling, self._asks = None, False
        if not polling.cancelled():
            self._schedule()

    async def _poll(self) -> None:
        due, ended = self._desk.book.take_due(POLL_AT_ONCE)
        self._desk.keep(ended, moved=[record for record in ended if record.otherwise])
        if not due:
            return
        try:
            await self._desk.report(await self._gateway.reports([record.result for record in due]))
        except GatewayError as err:
            self._on_failed(err)
        except Exception as err:  # noqa: BLE001  the next poll may do better
            _LOGGER.warning("Unexpected %s while reading what became of messages", type(err).__name__)
