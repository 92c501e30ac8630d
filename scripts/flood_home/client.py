"""The client of a flood, in its own process: python -m scripts.flood_home.client. It reads a plan, writes results."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from itertools import count
import json
from random import Random
import sys
import time
from typing import Any

from scripts.flood_home.calls import OK, REPEAT_WITHIN, REPEATED_SHARE, SLOW_PAUSE, TIMED_OUT, Call, Calls, endless_head

# Statuses that no server gives: we closed the connection, or the server did.
CUT, ENDED = -1, 0
# Seconds.
RESPONSE_TIMEOUT = 30.0
RETRY_DELAY = 0.5
MAX_TRIES = 30
ENDLESS_PAUSE = 0.5


@dataclass(slots=True, kw_only=True)
class Plan:
    """What the client is to do. It is passed as JSON."""

    host: str
    port: int
    # The path of each provider's webhook.
    paths: dict[str, str]
    # The messages that reports are sent for: [message id, our reference, last status].
    sent: list[list[str]]
    seed: int
    seconds: float
    # Calls a second; with fewer, the server is slower than that.
    rate: float
    connections: int
    # Connections that send a body without end, besides the others.
    endless: int


@dataclass(slots=True, kw_only=True)
class Results:
    """What happened. It is passed as JSON."""

    # Each call: its kind, the status of the response (CUT, ENDED), and the milliseconds until then.
    responses: list[tuple[str, int, float]] = field(default_factory=list)
    # How often each genuine call was answered with 200.
    answered: dict[str, int] = field(default_factory=dict)
    # How often each genuine call was made.
    made: dict[str, int] = field(default_factory=dict)
    # Calls that got another status than expected: kind, status.
    unexpected: list[tuple[str, int]] = field(default_factory=list)
    # Calls that the integration refused and has to count, and calls that we cut in their body, which it may count.
    refused: int = 0
    cut: int = 0
    # The seconds of the flood.
    seconds: float = 0.0


class Connection:
    """One connection, which is opened again when it was closed."""

    def __init__(self, plan: Plan) -> None:
        """Do not connect yet."""
        self._address = plan.host, plan.port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def make(self, call: Call) -> int:
        """Make a call and return the status of its response."""
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT):
                return await self._make(call)
        except OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError:
            await self.close()
            return ENDED

    async def _make(self, call: Call) -> int:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        first, *others = call.parts
        self._writer.write(first)
        for part in others:
            await asyncio.sleep(SLOW_PAUSE)
            self._writer.write(part)
        if call.is_cut:
            await self._writer.drain()
            await self.close()
            return CUT
        # A server may respond before it has read everything.
        status, is_open = await self._read_response()
        # Home Assistant closes a connection some time after it refused a body without reading it.
        if not is_open or status != OK:
            await self.close()
        return status

    async def _read_response(self) -> tuple[int, bool]:
        """Return the status, and whether the connection stays open."""
        if self._reader is None:
            raise ConnectionError
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1]), headers.get("connection") != "close"

    async def close(self) -> None:
        """Close the connection."""
        if self._writer:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None


class Client:
    """All connections of a flood."""

    def __init__(self, plan: Plan) -> None:
        """Prepare the calls."""
        self.results = Results()
        self._plan = plan
        self._random = Random(plan.seed)  # noqa: S311  not for cryptography
        self._calls: Iterator[Call] = iter(Calls(plan.paths, plan.sent, plan.seed))
        self._repeats: list[tuple[float, int, Call]] = []
        self._numbers = count()
        self._started = self._ends = 0.0
        self._begun = 0
        self._under_way = 0

    async def run(self) -> None:
        """Make calls for the planned time, then what is still to be repeated."""
        self._started = time.monotonic()
        self._ends = self._started + self._plan.seconds
        endless = [asyncio.create_task(self._send_endless()) for _ in range(self._plan.endless)]
        await asyncio.gather(*(self._work() for _ in range(self._plan.connections)))
        for task in endless:
            task.cancel()
        await asyncio.wait(endless)

    async def _work(self) -> None:
        connection = Connection(self._plan)
        while call := await self._next():
            self._under_way += 1
            began = time.perf_counter()
            status = await connection.make(call)
            self._note(call, status, began)
            self._under_way -= 1
        await connection.close()

    async def _next(self) -> Call | None:
        """Wait until the next call is due, and return it; None at the end."""
        while True:
            now = time.monotonic()
            if self._repeats and self._repeats[0][0] <= now:
                return heappop(self._repeats)[2]
            if now < self._ends:
                due = self._started + self._begun / self._plan.rate
                self._begun += 1
                await asyncio.sleep(max(0.0, due - now))
                return next(self._calls)
            self.results.seconds = self.results.seconds or now - self._started
            if not self._repeats and not self._under_way:
                return None
            await asyncio.sleep(0.05)

    def _note(self, call: Call, status: int, began: float) -> None:
        """Keep the result of a call, and plan its repetition as a provider does."""
        results = self.results
        results.responses.append((call.kind, status, (time.perf_counter() - began) * 1000))
        if call.expected is not None and status != call.expected:
            results.unexpected.append((call.kind, status))
        results.refused += call.is_counted and status == call.expected
        results.cut += call.is_cut and call.key is None
        if call.key is None:
            return
        _add_one(results.made, call.key)
        if status == OK:
            _add_one(results.answered, call.key)
            if self._random.random() < REPEATED_SHARE:
                self._repeat(call, self._random.choice((0.0, self._random.uniform(0, REPEAT_WITHIN))))
        elif results.made[call.key] < MAX_TRIES:
            self._repeat(call, RETRY_DELAY)

    def _repeat(self, call: Call, delay: float) -> None:
        heappush(self._repeats, (time.monotonic() + delay, next(self._numbers), call.again()))

    async def _send_endless(self) -> None:
        """Send a body without end, again and again."""
        path = self._plan.paths["textinghouse"]
        while True:
            began = time.perf_counter()
            status = CUT
            reader, writer = await asyncio.open_connection(self._plan.host, self._plan.port)
            try:
                writer.write(endless_head(path))
                response = asyncio.ensure_future(reader.readline())
                while not response.done():
                    writer.write(b"1\r\nx\r\n")
                    await asyncio.wait([response], timeout=ENDLESS_PAUSE)
                line = response.result().split()
                status = int(line[1]) if line else ENDED
            except OSError:
                status = ENDED
            finally:
                writer.close()
                taken = (time.perf_counter() - began) * 1000
                self.results.responses.append(("body without end", status, taken))
                self.results.refused += status == TIMED_OUT
                self.results.cut += status == CUT


def _add_one(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def main() -> None:
    """Read the plan from standard input, run, and write the results to standard output."""
    content: dict[str, Any] = json.load(sys.stdin)
    client = Client(Plan(**content))
    asyncio.run(client.run())
    json.dump(asdict(client.results), sys.stdout)


if __name__ == "__main__":
    main()
