"""Feed parsers with inputs, and count the errors, the violations and the CPU time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
import gc
import logging
from random import Random
import time
import traceback

from . import answers, calls, connections, stored, texts
from .mutate import Mutator
from .parser import AnyParser
from .wrong_types import check_types

# One of so many inputs is large.
LARGE_EVERY = 16
_LOGGER_NAME = "custom_components.texting"
# Violations that are kept of one parser.
MAX_KEPT = 20


class LoggedError(Exception):
    """The integration logged an error, so it met something that it did not expect."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An input that raised an error outside the tree."""

    parser: str
    # None: an example of Hypothesis.
    index: int | None
    # The class of the error, and where it was raised, without any value.
    error: str


@dataclass(slots=True)
class Tally:
    """What came out of the inputs of one parser."""

    parser: str
    # Seconds of CPU that 99.9 % of the large inputs may take.
    limit: float
    inputs: int = 0
    # The documented errors, by class.
    errors: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    # The first of them.
    violations: list[Violation] = field(default_factory=list)
    # Seconds of CPU of all inputs, and of each large one.
    cpu: float = 0.0
    large: list[float] = field(default_factory=list)
    # The index and the seconds of the slowest large input.
    slowest: tuple[int, float] = (0, 0.0)

    def add(self, other: Tally) -> None:
        """Add what another process counted."""
        self.inputs += other.inputs
        self.errors += other.errors
        self.outside += other.outside
        self.violations = [*self.violations, *other.violations][:MAX_KEPT]
        self.cpu += other.cpu
        self.large += other.large
        self.slowest = max(self.slowest, other.slowest, key=lambda each: each[1])

    def percentile(self, percent: float) -> float:
        """Return the seconds of CPU that so many of the large inputs take at most."""
        ordered = sorted(self.large)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


class _Watch(logging.Handler):
    """Remembers that an error was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self.seen = True


class Fuzzing:
    """All parsers in this process."""

    def __init__(self, seed: int) -> None:
        """Prepare the parsers."""
        self.seed = seed
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._watch = _Watch()
        logging.getLogger(_LOGGER_NAME).addHandler(self._watch)
        self._server = connections.Server(self._loop)
        self.parsers: Sequence[AnyParser] = list(all_parsers(self._loop, self._server))
        # Else what Python collects now and then is all of Home Assistant, and counts as the time of some input.
        gc.collect()
        gc.freeze()

    def input_of(self, parser: AnyParser, index: int) -> object:
        """Return an input of a parser. It depends on the seed and the index only."""
        random = Random(f"{self.seed}/{parser.name}/{index}")  # noqa: S311  not for cryptography
        return parser.make(Mutator(random), is_large(index))

    def run(self, parser: AnyParser, indexes: range, on_input: Callable[[int], None] = lambda _index: None) -> Tally:
        """Feed a parser with the inputs of these indexes. on_input hears of each before."""
        tally = Tally(parser.name, parser.limit)
        for index in indexes:
            on_input(index)
            made = self.input_of(parser, index)
            error, took = self.feed(parser, made)
            tally.inputs += 1
            tally.cpu += took
            if is_large(index):
                tally.large.append(took)
                tally.slowest = max(tally.slowest, (index, took), key=lambda each: each[1])
            if isinstance(error, parser.errors):
                tally.errors[type(error).__name__] += 1
            elif error is not None:
                tally.outside += 1
                if len(tally.violations) < MAX_KEPT:
                    tally.violations.append(Violation(parser.name, index, describe(error)))
        return tally

    def feed(self, parser: AnyParser, made: object) -> tuple[Exception | None, float]:
        """Feed a parser. Return what is wrong or was raised, and the seconds of CPU."""
        self._watch.seen = False
        began, took = time.thread_time(), 0.0
        try:
            try:
                found = parser.feed(made)
            finally:
                took = time.thread_time() - began
            check_types(found)
        except Exception as err:  # noqa: BLE001  every error is counted
            return err, took
        return LoggedError("an error was logged") if self._watch.seen else None, took

    def close(self) -> None:
        """End the event loop and its threads, and leave everything as it was."""
        gc.unfreeze()
        logging.getLogger(_LOGGER_NAME).removeHandler(self._watch)
        self._server.close()
        asyncio.set_event_loop(None)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


def all_parsers(loop: asyncio.AbstractEventLoop, server: connections.Server) -> Iterator[AnyParser]:
    """Yield every parser of foreign data."""
    yield from answers.parsers(loop)
    yield from connections.parsers(server)
    yield from calls.parsers(loop)
    yield from texts.parsers()
    yield from stored.parsers()


def is_large(index: int) -> bool:
    """Return True if the input of an index is large."""
    return index % LARGE_EVERY == LARGE_EVERY - 1


def describe(error: Exception) -> str:
    """Return the class of an error, its text if it is one of ours, and the line that raised it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "custom_components" in frame.filename]
    where = f" in {frames[-1].filename.rpartition('/texting/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}: {str(error)[:200]!r}"
