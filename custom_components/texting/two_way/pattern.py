"""Searches a stranger's text for somebody's regular expression, and gives up in time."""

import re
import signal
from types import FrameType

MOST_PATTERN = 500
# A text may be of 10,000 characters; what is meant for a pattern stands in its beginning.
MOST_TEXT = 1000
# Of the processor.
MOST_SECONDS = 0.1


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A regular expression that ignores case; raises ValueError with what is wrong."""
    if len(pattern) > MOST_PATTERN:
        raise ValueError(f"it has {len(pattern)} characters, at most {MOST_PATTERN} are possible")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as err:
        raise ValueError(str(err)) from None


def search(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match in the first MOST_TEXT characters; raises TimeoutError after MOST_SECONDS; main thread only."""
    # Some patterns take hours over a text made for it, and neither a thread nor a task can end that: re lets
    # nothing else run but the handler of a signal. It stays in place, as an unheard signal would end the process.
    signal.signal(signal.SIGVTALRM, _give_up)
    _Search.runs = True
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        return pattern.search(text[:MOST_TEXT])
    finally:
        _Search.runs = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


class _Search:
    runs = False


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    if _Search.runs:
        raise TimeoutError
