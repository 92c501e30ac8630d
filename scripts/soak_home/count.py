"""What became of the messages: what a caller was told, what the gateway holds, what the outbox says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from tests.simulator.messages import TITLES

# Provider, number as +33612345601, text: no two messages of a soak are alike.
type Key = tuple[str, str, str]

ARRIVED = frozenset({"accepted", "sent", "delivered"})
FAILED = frozenset({"undelivered", "rejected", "expired"})
UNKNOWN = "unknown"
# Providers where the outcome of every message can be found out.
KNOWABLE = frozenset({"textinghouse"})


class Told(StrEnum):
    """What the action answered."""

    NOTHING = "nothing"
    RETURNED = "returned"
    FAILED = "failed"


@dataclass(slots=True)
class Row:
    """Messages of one provider.

    lost: returned, not at the gateway, and the outbox does not say that it failed or may have. doubled: more than
    once at the gateway. untrue: the outbox says of one that arrived that it failed, or the other way round.
    """

    provider: str
    asked: int = 0
    returned: int = 0
    failed: int = 0
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    untrue: int = 0
    never_returned: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether anything happened that must not, or nothing did that proves anything."""
        unknown = self.unknown if self.provider in KNOWABLE else 0
        return bool(self.lost or self.doubled or self.untrue or unknown or (self.asked and not self.returned))


def count(told: Mapping[Key, Told], held: Mapping[Key, int], outbox: Mapping[Key, str]) -> list[Row]:
    """One row a provider; held is how often the gateway holds a message, outbox its status."""
    rows = {provider: Row(provider) for provider in TITLES}
    for key, answer in told.items():
        row, times, status = rows[key[0]], held.get(key, 0), outbox.get(key)
        row.asked += 1
        row.returned += answer is Told.RETURNED
        row.failed += answer is Told.FAILED
        row.never_returned += answer is Told.NOTHING
        row.lost += answer is Told.RETURNED and not times and status not in {UNKNOWN, *FAILED}
        row.doubled += times > 1
        row.unknown += status == UNKNOWN
        row.untrue += status in (FAILED if times else ARRIVED)
    return list(rows.values())


def table(rows: Iterable[Row]) -> str:
    """The rows under their names, and their sum."""
    names = [field.name for field in fields(Row)]
    numbers = [[getattr(row, name) for name in names[1:]] for row in rows]
    lines = [
        names,
        *([TITLES[row.provider], *found] for row, found in zip(rows, numbers, strict=True)),
        ["all", *map(sum, zip(*numbers, strict=True))],
    ]
    cells = [[str(cell).replace("_", " ") for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(" | ".join(_aligned(first, others, widths)) for first, *others in cells)


def _aligned(first: str, others: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    """Words to the left, numbers to the right."""
    yield first.ljust(widths[0])
    yield from (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
