"""Questions to people: one at a time for each number, so that an answer belongs to one question."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ..gateway.message import IncomingMessage

type Answer = asyncio.Future[IncomingMessage]


# So many messages of questions that are over are remembered.
ENDED = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """One that waits for its answer; accounts are the ids of those it can come in through."""

    accounts: Collection[str]
    answer: Answer


class Asks:
    """All questions of a home."""

    def __init__(self) -> None:
        """Nobody is asked yet."""
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._open: dict[str, Question] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    @property
    def busy(self) -> bool:
        """Whether anybody is asked, or waits for a turn."""
        return bool(self._turns)

    @asynccontextmanager
    async def turn(
        self, numbers: Collection[str], accounts: Collection[str]
    ) -> AsyncIterator[asyncio.Future[IncomingMessage]]:
        """Wait until none of the numbers is asked anything else; then what comes from one of them is the answer."""
        # Always in one order, so that no two wait for each other.
        ordered = sorted(set(numbers))
        self._waiting.update(ordered)
        try:
            async with AsyncExitStack() as stack:
                for number in ordered:
                    await stack.enter_async_context(self._turns.setdefault(number, asyncio.Lock()))
                question = Question(accounts, asyncio.get_running_loop().create_future())
                self._open |= dict.fromkeys(ordered, question)
                try:
                    yield question.answer
                finally:
                    question.answer.cancel()
                    for number in ordered:
                        del self._open[number]
        finally:
            self._waiting.subtract(ordered)
            for number in ordered:
                if not self._waiting[number]:
                    del self._waiting[number]
                    self._turns.pop(number, None)

    def end(self, references: Iterable[str]) -> None:
        """Let what a provider calls an answer to these messages be none to a later question."""
        self._ended.update(dict.fromkeys(references))
        while len(self._ended) > ENDED:
            self._ended.popitem(last=False)

    def hear(self, account: str, incoming: IncomingMessage) -> bool:
        """Take a text that came in; whether it is the answer to a question."""
        question = self._open.get(incoming.sender)
        if question is None or account not in question.accounts or question.answer.done():
            return False
        if incoming.reference in self._ended:
            return False
        question.answer.set_result(incoming)
        return True
