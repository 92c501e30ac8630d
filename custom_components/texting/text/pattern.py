"""Search a stranger's text for a user's regular expression within a time limit."""

from math import prod
import re

import regex

from .normalize import MAX_TEXT

MAX_PATTERN = 500
# Seconds of CPU time. Some patterns take hours for a text that is made for them.
TIMEOUT = 0.05
# The package regex repeats a part that must occur n times n times in memory: 500,000 characters take up to 70 MB.
_MAX_UNROLLED = 500_000
_MIN_COUNT = re.compile(r"\{(\d+)")


def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """Return a regular expression of Python's re that ignores case.

    Raises ValueError with what is wrong.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"it has {len(pattern)} characters, at most {MAX_PATTERN} are possible")
    try:
        # The package regex has a timeout, but its language is larger than the documented one.
        re.compile(pattern, re.IGNORECASE)
        if len(pattern) * prod(max(1, int(count)) for count in _MIN_COUNT.findall(pattern)) > _MAX_UNROLLED:
            raise ValueError("its repetition numbers are too large together")
        return regex.compile(pattern, regex.IGNORECASE | regex.V0)
    except (re.error, regex.error, OverflowError, RecursionError) as err:
        raise ValueError(str(err)) from None


def search(pattern: regex.Pattern[str], text: str) -> regex.Match[str] | None:
    """Return the first match in the first MAX_TEXT characters. Raises TimeoutError after TIMEOUT."""
    return pattern.search(text[:MAX_TEXT], timeout=TIMEOUT)
