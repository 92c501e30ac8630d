"""The table: one row a measurement, each with its limit where it has one."""

from dataclasses import dataclass

COLUMNS = ("bare", "durable", "rest_command", "requests")
HEADS = ("÷ bare", "÷ bare + write", "÷ rest_command", "÷ twilio_sms's way")
WIDTHS = (8, 16, 16, 20)


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a figure may be."""

    most: float
    unit: str = ""


class Table:
    """Prints rows as they come."""

    def __init__(self) -> None:
        """Print the head."""
        self.exceeded = 0
        heads = "".join(f"{head:>{width}}" for head, width in zip(HEADS, WIDTHS, strict=True))
        print(f"{'':<58}{heads}   limit")

    def ratios(self, what: str, ratios: dict[str, float], limit: Limit | None) -> None:
        """One way of ours against the others; the limit is that of the first column."""
        cells = "".join(
            f"{f'{ratios[name]:.3g}' if name in ratios else '':>{width}}"
            for name, width in zip(COLUMNS, WIDTHS, strict=True)
        )
        print(f"{what:<58}{cells}   {self._verdict(ratios[COLUMNS[0]], limit) if limit else ''}".rstrip(), flush=True)

    def figure(self, what: str, measured: float, limit: Limit) -> None:
        """One figure that is compared with nothing but its limit."""
        shown = f"{measured:.3g}{limit.unit}"
        print(f"{what:<58}{shown:>{WIDTHS[0]}}{'':>{sum(WIDTHS[1:])}}   {self._verdict(measured, limit)}", flush=True)

    def _verdict(self, measured: float, limit: Limit) -> str:
        self.exceeded += measured > limit.most
        return f"≤ {limit.most:g}{limit.unit}  {'holds' if measured <= limit.most else '✗ exceeded'}"

    def note(self, text: str) -> None:
        """What explains the row above."""
        print(f"    {text}", flush=True)
