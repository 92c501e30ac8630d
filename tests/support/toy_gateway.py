"""A gateway whose results a test chooses, and a test bench with an outbox and a worker."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import Outbox, Update
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.status_poller import StatusPoller
from custom_components.texting.delivery.worker import Worker
from custom_components.texting.gateway.base import Gateway, accepted, refused
from custom_components.texting.gateway.errors import GatewayError, OutcomeUnknown
from custom_components.texting.gateway.message import Balance, DeliveryReport, Message, SendResult
from custom_components.texting.gateway.provider import Provider, Settings
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import Status
from custom_components.texting.gateway.transport import Transport
from tests.simulator.loop_clock import LoopClock

from .clock import ACCOUNT, Clocks
from .records import UpdateLog

# Seconds that no test waits for a result.
FOREVER = 30 * 86_400.0
INFO = replace(GATEWAYS[Provider.TEXTIOPRO].info, batch_size=3, in_flight=2)

# The result of a request: None accepts all messages, an exception fails the request, and a list has an error or None
# (accepted) for each message.
type Ending = Exception | Sequence[GatewayError | None] | None


class ToyGateway(Gateway[Settings]):
    """A gateway that remembers its requests.

    Each request uses the next item of `endings`. If there is none, all messages are accepted.
    """

    info = INFO

    def __init__(self) -> None:
        # This gateway makes no HTTP requests.
        super().__init__(cast("Transport", None), Settings(url="https://toy.example"))
        self.sent: list[list[str]] = []
        self.sent_at: list[float] = []
        self.asked: list[list[str]] = []
        self.asked_at: list[float] = []
        self.endings: deque[Ending] = deque()
        # The result of each search for lost messages. None means that the search finds no result yet.
        self.findings: deque[Status | Exception | None] = deque()
        # What each poll returns or raises.
        self.reports: deque[Sequence[DeliveryReport] | Exception] = deque()
        # Requests wait until this event is set.
        self.open = asyncio.Event()
        self.open.set()
        # This function is called when a request begins.
        self.before: Callable[[], object] = lambda: None
        self.in_flight = self.max_in_flight = 0

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        self.sent.append([message.reference for message in messages])
        self.sent_at.append(asyncio.get_running_loop().time())
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
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

    async def resolve_unknown(self, lost: Sequence[Message]) -> Sequence[SendResult]:
        self.asked.append([message.reference for message in lost])
        await asyncio.sleep(0)
        found = self.findings.popleft() if self.findings else Status.UNCERTAIN
        if isinstance(found, Exception):
            raise found
        if found is Status.UNCERTAIN:
            return [refused(message, OutcomeUnknown("not found")) for message in lost]
        return [SendResult(message=message, status=found) for message in lost] if found else []

    async def fetch_reports(self, sent: Sequence[SendResult]) -> Sequence[DeliveryReport]:
        self.asked.append([result.message.reference for result in sent])
        self.asked_at.append(asyncio.get_running_loop().time())
        reports = self.reports.popleft() if self.reports else ()
        if isinstance(reports, Exception):
            raise reports
        return reports

    async def fetch_balance(self) -> Sequence[Balance]:
        return ()


@dataclass
class Bench:
    """One run of an account. Time passes only in `pass_time`, `until` and `statuses`."""

    database: MessageDatabase
    gateway: ToyGateway
    # Its wall clock, which a test may also set.
    clocks: Clocks
    # Its monotonic clock, which is the event loop's and stands still.
    loop_clock: LoopClock
    log: UpdateLog = field(default_factory=UpdateLog)
    # The connection errors that the worker reported. None means that the connection works again.
    trouble: list[GatewayError | None] = field(default_factory=list)
    # If a test sets this, it polls the status of the messages that the outbox tracks.
    poller: StatusPoller | None = None

    def __post_init__(self) -> None:
        self.outbox = Outbox(ACCOUNT, self.database, self, now=self.loop_clock, time=self.clocks.time)
        self.worker = Worker(self.outbox, self.gateway, self.trouble.append)

    def messages_updated(self, updates: Sequence[Update]) -> None:
        """Handle updates of the outbox as an account does."""
        self.log.messages_updated(updates)
        if self.poller:
            for record, _ in updates:
                self.poller.track(record)

    async def add(self, *references: str, start: bool = True, **changes: object) -> list[MessageRecord]:
        """Add messages, and start the worker unless `start` is False."""
        records = [self.clocks.message(reference, **changes) for reference in references]
        saved = self.outbox.add(records)
        self.worker.enqueue(records)
        await saved
        if start:
            self.worker.start(self.gateway)
        return records

    async def statuses(self, records: Sequence[MessageRecord]) -> list[Status]:
        """Let time pass until these messages have results. Return their statuses."""
        waiting = asyncio.create_task(self.outbox.wait_for_results(records, FOREVER), eager_start=True)
        await self.until(waiting.done)
        return [record.status for record in records]

    async def pass_time(self, seconds: float) -> None:
        """Let this many seconds pass at once, and everything happen that is due then."""
        await self.settle()
        self._advance(seconds)
        await self.settle()

    async def until(self, happened: Callable[[], object]) -> None:
        """Let time pass, from one timer to the next, until a condition is true."""
        while not await self.settle(happened):
            timers = self.loop_clock.timers()
            assert timers, "Nothing will happen any more."
            self._advance(max(0.0, min(timers) - self.loop_clock()))

    def _advance(self, seconds: float) -> None:
        self.loop_clock.advance(seconds)
        self.clocks.time.at += seconds

    async def settle(self, happened: Callable[[], object] = lambda: False) -> bool:
        """Let everything happen for which no time must pass, or stop in the turn in which a condition becomes true.

        Return True if it is true.
        """
        before: object = None
        while before != (now := self._progress()):
            before = now
            written, ready = self.database.write(()), vars(asyncio.get_running_loop())["_ready"]
            while ready or not written.done():
                if happened():
                    return True
                await asyncio.sleep(0)
        return bool(happened())

    def _progress(self) -> object:
        """Return what changes whenever something happens."""
        phases = [(record.reference, record.phase) for record in self.outbox]
        gateway = self.gateway
        return (
            phases,
            len(gateway.sent),
            len(gateway.asked),
            gateway.in_flight,
            len(self.log.updates),
            len(asyncio.all_tasks()),
        )

    async def stored_phase(self, reference: str) -> Phase | None:
        """Return the phase of a message on disk."""
        record = await self.database.find(reference=reference)
        return record.phase if record else None

    async def restart(self) -> Bench:
        """Load the same database in another run."""
        self.worker.stop()
        again = Bench(self.database, self.gateway, self.clocks, self.loop_clock)
        again.worker.enqueue(await again.outbox.load())
        return again
