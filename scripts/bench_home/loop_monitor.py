"""Measure how long the event loop is blocked, and find the code that blocks it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import gc
import selectors
import sys
import threading
from time import perf_counter, thread_time
from types import FrameType
from typing import override

# Seconds. A longer iteration of the loop is sampled until it ends.
LONG_ITERATION = 0.008
SAMPLE_INTERVAL = 0.002
INTEGRATION = "custom_components/texting/"


@dataclass(slots=True)
class LoopMeasurement:
    """The measurement of an event loop during some time."""

    # The seconds of the longest iteration.
    longest: float = 0.0
    # The seconds of CPU time of the busiest iteration. Other processes do not add to them.
    longest_busy: float = 0.0
    # The number of samples of the longest iteration by place in the code.
    places: Counter[str] = field(default_factory=Counter)
    # The seconds of the longest garbage collection.
    garbage: float = 0.0
    # The samples of the current iteration.
    _samples: Counter[str] = field(default_factory=Counter)
    # When the current garbage collection started.
    _collection_started: float = 0.0

    def end_iteration(self, seconds: float, busy: float) -> None:
        """Add the duration and the CPU time of an iteration."""
        self.longest_busy = max(self.longest_busy, busy)
        samples, self._samples = self._samples, Counter()
        if seconds > self.longest:
            self.longest, self.places = seconds, samples

    def sample(self, thread: int) -> None:
        """Add the current place of the loop's thread."""
        if frame := _frames().get(thread):
            self._samples[_place(frame)] += 1

    def on_collection(self, phase: str, _info: dict[str, int]) -> None:
        """Measure a garbage collection. This is a callback of `gc`."""
        if phase == "start":
            self._collection_started = perf_counter()
        else:
            self.garbage = max(self.garbage, perf_counter() - self._collection_started)


class MonitoredSelector(selectors.DefaultSelector):
    """A selector that measures how long the event loop works between two waits.

    The delay of a timer would be less exact: it also depends on the load of the machine.
    """

    def __init__(self) -> None:
        """Start without a measurement."""
        super().__init__()
        self._measurement: LoopMeasurement | None = None
        self._iteration_started: float | None = None
        self._busy_before = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events. The loop calls this between two iterations."""
        if self._measurement and self._iteration_started:
            busy = thread_time() - self._busy_before
            self._measurement.end_iteration(perf_counter() - self._iteration_started, busy)
        self._iteration_started = None
        ready = super().select(timeout)
        self._iteration_started, self._busy_before = perf_counter(), thread_time()
        return ready

    @contextmanager
    def monitor(self) -> Iterator[LoopMeasurement]:
        """Measure the loop, which runs in this thread."""
        measurement, thread, ended = LoopMeasurement(), threading.get_ident(), threading.Event()
        self._measurement = measurement

        def sample() -> None:
            while not ended.wait(SAMPLE_INTERVAL):
                if (started := self._iteration_started) and perf_counter() - started > LONG_ITERATION:
                    measurement.sample(thread)

        sampler = threading.Thread(target=sample, daemon=True)
        sampler.start()
        gc.callbacks.append(measurement.on_collection)
        try:
            yield measurement
        finally:
            self._measurement = None
            gc.callbacks.remove(measurement.on_collection)
            ended.set()
            sampler.join()


def _frames() -> dict[int, FrameType]:
    return sys._current_frames()  # noqa: SLF001  the documented access to the stack of another thread


def _place(frame: FrameType) -> str:
    """Return the innermost function of the integration, and the innermost function of all."""
    innermost, integration = _name(frame), ""
    current: FrameType | None = frame
    while current and not integration:
        if INTEGRATION in current.f_code.co_filename:
            integration = _name(current)
        current = current.f_back
    return innermost if integration == innermost else f"{integration or 'other code'} ({innermost})"


def _name(frame: FrameType) -> str:
    path = frame.f_code.co_filename.split("/")
    return f"{'/'.join(path[-2:])} {frame.f_code.co_qualname}"
