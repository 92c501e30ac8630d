"""The table of the results: one row for each measurement, with its limit if it has one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import median

# The keys of the methods that are compared with the integration.
COLUMNS = ("bare", "durable", "rest_command", "requests")
HEADINGS = ("÷ bare", "÷ bare + write", "÷ rest_command", "÷ twilio_sms")
WIDTHS = (20, 16, 16, 20)


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

    def __init__(self) -> None:
        """Print the headings."""
        # How many limits are exceeded.
        self.exceeded = 0
        headings = "".join(f"{heading:>{width}}" for heading, width in zip(HEADINGS, WIDTHS, strict=True))
        print(f"{'':<58}{headings}   limit")

    def add_ratios(self, name: str, ratios: Mapping[str, Sequence[float]], limit: Limit | None) -> None:
        """Print the medians of the ratios of one method of the integration to the others.

        The first column has its 95 % interval too. The limit is for its median.
        """
        first = ratios[COLUMNS[0]]
        low, high = interval(first)
        cells = f"{f'{median(first):.3g} ({low:.3g} - {high:.3g})':>{WIDTHS[0]}}" + "".join(
            f"{f'{median(ratios[column]):.3g}' if ratios[column] else '':>{width}}"
            for column, width in zip(COLUMNS[1:], WIDTHS[1:], strict=True)
        )
        print(f"{name:<58}{cells}   {self._verdict(median(first), limit) if limit else ''}".rstrip(), flush=True)

    def add_value(self, name: str, value: float, limit: Limit) -> None:
        """Print one value that is only compared with its limit."""
        text = f"{value:.3g}{limit.unit}"
        print(f"{name:<58}{text:>{WIDTHS[0]}}{'':>{sum(WIDTHS[1:])}}   {self._verdict(value, limit)}", flush=True)

    def _verdict(self, value: float, limit: Limit) -> str:
        self.exceeded += value > limit.maximum
        return f"≤ {limit.maximum:g}{limit.unit}  {'ok' if value <= limit.maximum else '✗ exceeded'}"

    def add_note(self, text: str) -> None:
        """Print an explanation of the previous row."""
        print(f"    {text}", flush=True)
