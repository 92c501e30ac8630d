"""QuestionRegistry: the open questions of a home. A number gets one question at a time, so a reply is unambiguous."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ..gateway.message import IncomingMessage

# Messages of closed questions that are remembered.
MAX_CLOSED = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """A question that waits for a reply."""

    # The entry ids of the accounts through which the reply can come in.
    accounts: Collection[str]
    # Gets the reply.
    reply: asyncio.Future[IncomingMessage]


class QuestionRegistry:
    """All questions of a home."""

    def __init__(self) -> None:
        """Start without questions."""
        self._locks: dict[str, asyncio.Lock] = {}
        # How many questions want a number, including open ones.
        self._users: Counter[str] = Counter()
        self._open: dict[str, Question] = {}
        # References of messages.
        self._closed: deque[str] = deque(maxlen=MAX_CLOSED)
        # Who answered, with the context of the action that asked.
        self._answered: deque[tuple[str, str]] = deque(maxlen=MAX_CLOSED)

    @property
    def is_busy(self) -> bool:
        """Return True if a question is open or waits for its slot."""
        return bool(self._locks)

    @asynccontextmanager
    async def slot(
        self, numbers: Collection[str], accounts: Collection[str]
    ) -> AsyncIterator[asyncio.Future[IncomingMessage]]:
        """Wait until no other question is open at any of the numbers, then open one. Yield the future of its reply."""
        # The order is fixed, so that two questions never wait for each other.
        ordered = sorted(set(numbers))
        self._users.update(ordered)
        try:
            async with AsyncExitStack() as stack:
                for number in ordered:
                    await stack.enter_async_context(self._locks.setdefault(number, asyncio.Lock()))
                question = Question(accounts, asyncio.get_running_loop().create_future())
                self._open |= dict.fromkeys(ordered, question)
                try:
                    yield question.reply
                finally:
                    question.reply.cancel()
                    for number in ordered:
                        del self._open[number]
        finally:
            self._users.subtract(ordered)
            for number in ordered:
                if not self._users[number]:
                    del self._users[number]
                    self._locks.pop(number, None)

    def close(self, references: Iterable[str]) -> None:
        """Remember the messages of a closed question. A reply to one of them does not answer a later question."""
        self._closed.extend(references)

    def note_answer(self, context_id: str, number: str) -> None:
        """Remember that a number answered. If the same script asks it again, the answer caused that."""
        self._answered.append((context_id, number))

    def has_answered(self, context_id: str, number: str) -> bool:
        """Return True if a number answered a question of the same script lately."""
        return (context_id, number) in self._answered

    def receive(self, account_id: str, incoming: IncomingMessage) -> bool:
        """Give a text to the open question of its sender. Return True if it answers that question."""
        question = self._open.get(incoming.sender)
        if question is None or account_id not in question.accounts or question.reply.done():
            return False
        if incoming.reference in self._closed:
            return False
        question.reply.set_result(incoming)
        return True
