"""The table of the results: one row for each measurement, with its limit if it has one."""

from dataclasses import dataclass

# The keys of the methods that are compared with the integration.
COLUMNS = ("bare", "durable", "rest_command", "requests")
HEADINGS = ("÷ bare", "÷ bare + write", "÷ rest_command", "÷ twilio_sms")
WIDTHS = (8, 16, 16, 20)


@dataclass(frozen=True, slots=True)
class Limit:
    """The maximum of a value."""

    # The maximum.
    maximum: float
    # The unit to print after the value.
    unit: str = ""


class Table:
    """Print the rows of the table."""

    def __init__(self) -> None:
        """Print the headings."""
        # How many limits are exceeded.
        self.exceeded = 0
        headings = "".join(f"{heading:>{width}}" for heading, width in zip(HEADINGS, WIDTHS, strict=True))
        print(f"{'':<58}{headings}   limit")

    def add_ratios(self, name: str, ratios: dict[str, float], limit: Limit | None) -> None:
        """Print the ratios of one method of the integration to the others. The limit is for the first column."""
        cells = "".join(
            f"{f'{ratios[column]:.3g}' if column in ratios else '':>{width}}"
            for column, width in zip(COLUMNS, WIDTHS, strict=True)
        )
        print(f"{name:<58}{cells}   {self._verdict(ratios[COLUMNS[0]], limit) if limit else ''}".rstrip(), flush=True)

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
