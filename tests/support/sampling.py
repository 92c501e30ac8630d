"""How much a test tries: a fixed sample, or everything with --full."""

from collections.abc import Iterable, Sequence

from hypothesis import settings

# Examples of each property.
EXAMPLES, ALL_EXAMPLES = 100, 2000


class _Choice:
    is_full = False


def choose(*, full: bool) -> None:
    """Try everything if full is True. Called once, before the tests are collected."""
    _Choice.is_full = full
    # The same examples in each run, and no limit of time for one of them.
    settings.register_profile(
        "texting", derandomize=True, deadline=None, max_examples=ALL_EXAMPLES if full else EXAMPLES
    )
    settings.load_profile("texting")


def is_full() -> bool:
    """Return True if everything is tried."""
    return _Choice.is_full


def sample[Case](cases: Iterable[Case], size: int, *named: Case) -> Sequence[Case]:
    """Return at most this number of cases, evenly spread, and the named ones; all cases with --full."""
    every = list(cases)
    if _Choice.is_full or len(every) <= size:
        return every
    spread = {number * len(every) // size for number in range(size)}
    return [case for number, case in enumerate(every) if number in spread or case in named]
