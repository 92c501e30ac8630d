"""How long the event loop was kept from its work, and by whom."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import gc
import selectors
import sys
import threading
from time import perf_counter
from types import FrameType
from typing import override

# A turn of the loop that takes longer is looked into, again and again until it ends.
LONG = 0.008
LOOK = 0.002
OURS = "custom_components/texting/"


@dataclass(slots=True)
class Watch:
    """The longest turn of the loop, seconds; at, where it was spent, by looks; garbage, the longest collection."""

    longest: float = 0.0
    at: Counter[str] = field(default_factory=Counter)
    garbage: float = 0.0
    _looks: Counter[str] = field(default_factory=Counter)
    _collecting_since: float = 0.0

    def turned(self, seconds: float) -> None:
        """Take a turn of the loop."""
        looks, self._looks = self._looks, Counter()
        if seconds > self.longest:
            self.longest, self.at = seconds, looks

    def look(self, thread: int) -> None:
        """Note where the loop's thread is."""
        if frame := _frames().get(thread):
            self._looks[_place(frame)] += 1

    def collecting(self, phase: str, _info: dict[str, int]) -> None:
        """Measure a garbage collection."""
        if phase == "start":
            self._collecting_since = perf_counter()
        else:
            self.garbage = max(self.garbage, perf_counter() - self._collecting_since)


class WatchedSelector(selectors.DefaultSelector):
    """A loop's selector, which knows how long the loop works between two waits: nothing else runs meanwhile.

    A timer that comes late would tell the same, and that the machine was busy with others.
    """

    def __init__(self) -> None:
        """Be watched by nobody."""
        super().__init__()
        self._watch: Watch | None = None
        self._working_since: float | None = None

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait, between two turns."""
        if self._watch and self._working_since:
            self._watch.turned(perf_counter() - self._working_since)
        self._working_since = None
        ready = super().select(timeout)
        self._working_since = perf_counter()
        return ready

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Watch the loop, which runs in this thread."""
        watch, thread, ended = Watch(), threading.get_ident(), threading.Event()
        self._watch = watch

        def look() -> None:
            while not ended.wait(LOOK):
                if (since := self._working_since) and perf_counter() - since > LONG:
                    watch.look(thread)

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        gc.callbacks.append(watch.collecting)
        try:
            yield watch
        finally:
            self._watch = None
            gc.callbacks.remove(watch.collecting)
            ended.set()
            looking.join()


def _frames() -> dict[int, FrameType]:
    return sys._current_frames()  # noqa: SLF001  the documented way to another thread's stack


def _place(frame: FrameType) -> str:
    """The innermost function of the integration that is at work, and the innermost of all."""
    inner, ours = _name(frame), ""
    current: FrameType | None = frame
    while current and not ours:
        if OURS in current.f_code.co_filename:
            ours = _name(current)
        current = current.f_back
    return inner if ours == inner else f"{ours or 'not ours'} ({inner})"


def _name(frame: FrameType) -> str:
    path = frame.f_code.co_filename.split("/")
    return f"{'/'.join(path[-2:])} {frame.f_code.co_qualname}"
