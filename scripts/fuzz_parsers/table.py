"""The result of a run as a table."""

from collections.abc import Sequence

from .run import Tally

MS = 1000
PERCENTS = (50, 99, 99.9)
_COLUMNS = ("parser", "inputs", "inputs/s", "outside", "p50", "p99", "p99.9", "max", "documented errors")


def slow_share(tallies: Sequence[Tally]) -> float:
    """Return the part of the large inputs that took longer than the limit of their parser."""
    slow = sum(took > tally.limit for tally in tallies for took in tally.large)
    return slow / max(1, sum(len(tally.large) for tally in tallies))


def format_table(tallies: Sequence[Tally], seconds: float) -> str:
    """Return the table, with a line for the sum. p50 to max are milliseconds of CPU for a large input."""
    total = Tally("all", max((tally.limit for tally in tallies), default=0))
    for tally in tallies:
        total.add(tally)
    lines = [_COLUMNS, *(_line(tally, tally.cpu) for tally in tallies), _line(total, seconds)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS) - 1)]
    return "\n".join(
        " ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:], strict=True)),
                f" {line[-1]}",
            ]
        ).rstrip()
        for line in lines
    )


def _line(tally: Tally, seconds: float) -> tuple[str, ...]:
    """Return the cells of a line. The inputs of a parser are counted by its CPU time, those of all by the clock."""
    times = (*map(tally.percentile, PERCENTS), tally.slowest[1])
    errors = ", ".join(f"{name} {count}" for name, count in tally.errors.most_common())
    return (
        tally.parser,
        f"{tally.inputs}",
        f"{tally.inputs / seconds:.0f}" if seconds else "-",
        f"{tally.outside}",
        *(f"{each * MS:.1f}" for each in times),
        errors if tally.parser != "all" else "",
    )
