"""What a flood's calls led to: lines of the table by kind, and what was lost or doubled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scripts.flood_home.client import CUT, ENDED
from scripts.soak_home.count import align

STATUS_NAMES = {CUT: "cut by us", ENDED: "ended"}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def format_times(values: Sequence[float]) -> list[str]:
    """Return the median, the 99th percentile and the maximum."""
    return [f"{value:.1f}" for value in (percentile(values, 0.5), percentile(values, 0.99), max(values))]


def format_responses(responses: Iterable[tuple[str, int, float]]) -> str:
    """Return a table of the calls by kind: how many, the statuses of the responses, and the milliseconds they took."""
    times: dict[str, list[float]] = defaultdict(list)
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    for kind, status, taken in responses:
        times[kind].append(taken)
        statuses[kind][status] += 1
    lines = [
        [
            kind,
            " ".join(f"{STATUS_NAMES.get(status, status)}: {count}" for status, count in statuses[kind].most_common()),
            str(len(times[kind])),
            *format_times(times[kind]),
        ]
        for kind in sorted(times)
    ]
    return align([["webhook call", "status", "calls", "p50 ms", "p99 ms", "max ms"], *lines])


def format_requests(taken: Mapping[str, Sequence[float]]) -> str:
    """Return a table of the requests to the API, by what was requested."""
    lines = [[name, str(len(values)), *format_times(values)] for name, values in taken.items()]
    return align([["request to the API", "requests", "p50 ms", "p99 ms", "max ms"], *lines])


def find_lost(answered: Iterable[str], taken: Counter[str]) -> list[str]:
    """Return the calls that were answered and not taken."""
    return sorted(key for key in answered if not taken[key])


def find_doubled(taken: Counter[str]) -> list[str]:
    """Return the calls that were taken more than once."""
    return sorted(key for key, count in taken.items() if count > 1)
