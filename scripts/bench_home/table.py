"""The table of the results: one row for each measurement, with its limit if it has one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import median

# The keys of the methods that are compared with the integration.
COLUMNS = ("bare", "durable", "rest_command", "requests")
# The headings and the widths of their columns.
HEADINGS = {"÷ bare": 20, "÷ bare + write": 16, "÷ rest_command": 16, "÷ twilio_sms": 20}


@dataclass(frozen=True, slots=True)
class Limit:
    """The maximum of a value."""

    # The maximum.
    maximum: float
    # The unit to print after the value.
    unit: str = ""


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the median, from the order of the values."""
    ordered, half = sorted(values), 0.98 * sqrt(len(values))
    middle = (len(values) - 1) / 2
    return ordered[max(0, floor(middle - half))], ordered[min(len(values) - 1, ceil(middle + half))]


class Table:
    """Print the rows of the table."""

    def __init__(self, headings: Mapping[str, int] = HEADINGS) -> None:
        """Print the headings, each over a column of its width."""
        # How many limits are exceeded.
        self.exceeded = 0
        self._widths = tuple(headings.values())
        names = "".join(f"{heading:>{width}}" for heading, width in headings.items())
        print(f"{'':<58}{names}   limit")

    def add_ratios(self, name: str, ratios: Mapping[str, Sequence[float]], limit: Limit | None) -> None:
        """Print the medians of the ratios of one method of the integration to the others.

        The first column has its 95 % interval too. The limit is for its median.
        """
        first = ratios[COLUMNS[0]]
        low, high = interval(first)
        others = [f"{median(ratios[column]):.3g}" if ratios[column] else "" for column in COLUMNS[1:]]
        self.add_cells(name, [f"{median(first):.3g} ({low:.3g} - {high:.3g})", *others], median(first), limit)

    def add_cells(self, name: str, cells: Sequence[str], value: float, limit: Limit | None) -> None:
        """Print one cell in each column. The limit is for a value."""
        text = "".join(f"{cell:>{width}}" for cell, width in zip(cells, self._widths, strict=True))
        print(f"{name:<58}{text}   {self._verdict(value, limit) if limit else ''}".rstrip(), flush=True)

    def add_value(self, name: str, value: float, limit: Limit) -> None:
        """Print one value that is only compared with its limit."""
        text = f"{value:.3g}{limit.unit}"
        self.add_cells(name, [text, *[""] * (len(self._widths) - 1)], value, limit)

    def _verdict(self, value: float, limit: Limit) -> str:
        self.exceeded += value > limit.maximum
        return f"≤ {limit.maximum:g}{limit.unit}  {'ok' if value <= limit.maximum else '✗ exceeded'}"

    def add_note(self, text: str) -> None:
        """Print an explanation of the previous row."""
        print(f"    {text}", flush=True)
