"""The phone network: moves accepted messages to simulated phones and reports their status."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from .accounts import TextingHouseAccount
from .callbacks import Callbacks, textinghouse_status
from .messages import PROGRESS, Message, final_status, off_status

_HOLD_POLL = 0.05


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class Network:
    """All messages, and the tasks that change their status."""

    def __init__(
        self, accounts: dict[str, Any], callbacks: Callbacks, sent_after: float | None, delivered_after: float | None
    ) -> None:
        """Begin without messages; a delay of None means that the step never comes."""
        self.accounts = accounts
        self.callbacks = callbacks
        self.sent_after = sent_after
        self.delivered_after = delivered_after
        self.clock: Callable[[], datetime] = utc_now
        self.messages: list[Message] = []
        self.incoming: list[Message] = []
        # The digits of phones that are off.
        self.switched_off: set[str] = set()
        self._accepted: list[Message] = []
        self._listeners: list[Callable[[Message], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._carrying: dict[str, asyncio.Task[None]] = {}

    def accept(
        self,
        provider: str,
        message_id: str,
        to: str,
        text: str,
        *,
        segments: int,
        sender: str = "",
        client_id: str | None = None,
        not_before: datetime | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Message:
        """Store an accepted message; it starts after the response to its request."""
        now = self.clock()
        message = Message(
            provider=provider,
            id=message_id,
            client_id=client_id,
            to=to,
            text=text,
            sender=sender,
            status=PROGRESS[provider][0],
            segments=segments,
            accepted_at=now,
            not_before=not_before or now,
            extra=extra or {},
        )
        self.messages.append(message)
        self._accepted.append(message)
        return message

    def take_accepted(self) -> list[Message]:
        """Return the messages that were accepted since the last call and have not started."""
        accepted, self._accepted = self._accepted, []
        return accepted

    def carry(self, messages: list[Message]) -> None:
        """Start messages."""
        for message in messages:
            self._carrying[message.id] = self._start(self._carry(message))

    def set_status(self, message: Message, status: str) -> asyncio.Task[None]:
        """Set the last status of a message now; await the result to await the callback."""
        if carrying := self._carrying.pop(message.id, None):
            carrying.cancel()
        return self._start(self._move(message, status, changed=self._apply(message, status)))

    def on_text(self, listener: Callable[[Message], None]) -> Callable[[], None]:
        """Call `listener` with each message that a phone receives; return a function that ends this."""
        self._listeners.append(listener)

        def remove() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    async def settle(self) -> None:
        """Wait until no message is on its way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Stop all messages on their way."""
        for task in self._tasks:
            task.cancel()
        await self.settle()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _carry(self, message: Message) -> None:
        held = message.not_before > self.clock()
        while held:
            await asyncio.sleep(_HOLD_POLL)
            held = message.not_before > self.clock()
        _, sent, delivered = PROGRESS[message.provider]
        if not message.extra.get("test"):
            if self.sent_after is None:
                return
            await asyncio.sleep(self.sent_after)
            await self._move(message, sent, changed=self._apply(message, sent))
            if self.delivered_after is None:
                return
            await asyncio.sleep(self.delivered_after)
        failed = off_status(message) if message.phone_number in self.switched_off else final_status(message)
        if failed is None:
            self._receive(message)
        await self._move(message, failed or delivered, changed=self._apply(message, failed or delivered))

    def _apply(self, message: Message, status: str) -> bool:
        changed = message.status != status
        message.status = status
        if changed and status == PROGRESS[message.provider][2]:
            self._receive(message)
        return changed

    def _receive(self, message: Message) -> None:
        if message.received or message.extra.get("test"):
            return
        message.received = True
        for listener in list(self._listeners):
            listener(message)

    async def _move(self, message: Message, status: str, *, changed: bool) -> None:
        """Report a status if the provider pushes reports, which only TextingHouse does."""
        account = self.accounts[message.provider]
        if not changed or not isinstance(account, TextingHouseAccount) or not account.callback_url:
            return
        report = {**textinghouse_status(message), "status": status}
        await self.callbacks.post(message.provider, account.callback_url, report, form=account.callback_form)
