"""A gateway that answers as it is told to, and a bench with a worker for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from custom_components.texting.delivery.book import Book
from custom_components.texting.delivery.desk import Desk
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.delivery.worker import Worker
from custom_components.texting.gateway.errors import GatewayError, OutcomeUnknown
from custom_components.texting.gateway.gateway import Gateway, accepted, refused
from custom_components.texting.gateway.message import Balance, DeliveryReport, Message, SendResult
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import Status
from custom_components.texting.gateway.transport import Transport

from .clock import ACCOUNT, Clocks

INFO = replace(GATEWAYS[Provider.TEXTIOPRO].info, batch_size=3, in_flight=2)

# What a request ends in: all accepted, an error of the request, or one for each message (None: accepted).
type Ending = Exception | Sequence[GatewayError | None] | None


class Toy(Gateway):
    """Keeps what it was sent and asked; answers with the next ending, or accepts."""

    info = INFO

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, {})
        self.sent: list[list[str]] = []
        self.at: list[float] = []
        self.asked: list[list[str]] = []
        self.endings: deque[Ending] = deque()
        # What became of lost messages, one list for each question; None: cannot be asked now.
        self.findings: deque[Status | Exception | None] = deque()
        self.news: deque[Sequence[DeliveryReport] | Exception] = deque()
        self.open = asyncio.Event()
        self.open.set()
        self.before: Callable[[], object] = lambda: None
        self.in_flight = self.most_in_flight = 0

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        self.sent.append([message.reference for message in messages])
        self.at.append(asyncio.get_running_loop().time())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.before()
        try:
            await self.open.wait()
        finally:
            self.in_flight -= 1
        ending = self.endings.popleft() if self.endings else None
        if isinstance(ending, Exception):
            raise ending
        errors = ending or [None] * len(messages)
        return [
            refused(message, error) if error else accepted(message, message_id=f"id-{message.reference}")
            for message, error in zip(messages, errors, strict=True)
        ]

    async def find_out(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        self.asked.append([message.reference for message in lost])
        await asyncio.sleep(0)
        found = self.findings.popleft() if self.findings else Status.UNKNOWN
        if isinstance(found, Exception):
            raise found
        if found is Status.UNKNOWN:
            return [refused(message, OutcomeUnknown("not found")) for message in lost]
        return [SendResult(message=message, status=found) for message in lost] if found else []

    async def reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        self.asked.append([result.message.reference for result in sent])
        news = self.news.popleft() if self.news else ()
        if isinstance(news, Exception):
            raise news
        return news

    async def balance(self) -> Sequence[Balance]:
        return ()


@dataclass
class Bench:
    """One run of an account: its dates can be set, its monotonic clock is the loop's."""

    outbox: Outbox
    gateway: Toy
    clocks: Clocks
    told: list[tuple[str, Status]] = field(default_factory=list)
    trouble: list[GatewayError | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = Book(asyncio.get_running_loop().time, self.clocks.today)
        self.desk = Desk(ACCOUNT, self.outbox, self.book)
        self.desk.on_news = lambda record: self.told.append((record.reference, record.status))
        self.worker = Worker(self.desk, self.gateway)
        self.worker.on_trouble = self.trouble.append

    async def ask(self, *references: str, start: bool = True, **changes: object) -> list[Record]:
        """Ask for messages to be sent."""
        records = [self.clocks.message(reference, **changes) for reference in references]
        await self.desk.add(records)
        if start:
            self.worker.start(self.gateway)
        return records

    async def answered(self, records: Sequence[Record]) -> list[Status]:
        """What became of messages, which must be told soon."""
        async with asyncio.timeout(5):
            await self.desk.answered(records, 10)
        return [record.status for record in records]

    async def phase(self, reference: str) -> Phase | None:
        """As the disk has it."""
        record = await self.outbox.find(reference=reference)
        return record.phase if record else None

    async def restart(self) -> Bench:
        """The same file in another run."""
        self.worker.stop()
        again = Bench(self.outbox, self.gateway, self.clocks)
        await again.desk.load()
        return again


async def until(happened: Callable[[], object]) -> None:
    """Wait for it, not for ever."""
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110  it is no event
            await asyncio.sleep(0.001)
