"""Compare each message in three places: the result of the action, the gateway, and the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from tests.simulator.messages import TITLES

# Provider, number (+33612345601) and text. Each message of a soak has a different key.
type MessageKey = tuple[str, str, str]

ARRIVED = frozenset({"accepted", "sent", "delivered"})
FAILED = frozenset({"undelivered", "rejected", "expired"})
UNCERTAIN = "uncertain"
# Providers that can resolve every uncertain message.
RESOLVABLE = frozenset({"textinghouse"})


class CallResult(StrEnum):
    """The result of the action for one message."""

    NONE = "none"
    RETURNED = "returned"
    FAILED = "failed"


@dataclass(slots=True)
class Row:
    """The counts of one provider's messages. The fields are the columns of the table."""

    # The provider's key.
    provider: str
    # Messages that a caller requested.
    requested: int = 0
    # Messages that the action returned without an error.
    returned: int = 0
    # Messages that the action returned with an error, or whose action failed.
    failed: int = 0
    # Returned messages that are not at the gateway although the database does not call them failed or uncertain.
    lost: int = 0
    # Messages that are at the gateway more than once.
    doubled: int = 0
    # Messages that the database calls uncertain.
    uncertain: int = 0
    # Messages at the gateway that the database calls failed, and the reverse.
    contradicted: int = 0
    # Messages whose action never returned because the home was killed.
    never_returned: int = 0

    @property
    def is_wrong(self) -> bool:
        """Return True if a forbidden outcome occurred, or if no message returned and the row proves nothing."""
        uncertain = self.uncertain if self.provider in RESOLVABLE else 0
        return bool(
            self.lost or self.doubled or self.contradicted or uncertain or (self.requested and not self.returned)
        )


def count_messages(
    results: Mapping[MessageKey, CallResult],
    gateway_counts: Mapping[MessageKey, int],
    statuses: Mapping[MessageKey, str],
) -> list[Row]:
    """Return one row for each provider.

    `gateway_counts` says how often the gateway has each message. `statuses` are the statuses in the database.
    """
    rows = {provider: Row(provider) for provider in TITLES}
    for key, result in results.items():
        row, copies, status = rows[key[0]], gateway_counts.get(key, 0), statuses.get(key)
        row.requested += 1
        row.returned += result is CallResult.RETURNED
        row.failed += result is CallResult.FAILED
        row.never_returned += result is CallResult.NONE
        row.lost += result is CallResult.RETURNED and not copies and status not in {UNCERTAIN, *FAILED}
        row.doubled += copies > 1
        row.uncertain += status == UNCERTAIN
        row.contradicted += status in (FAILED if copies else ARRIVED)
    return list(rows.values())


def format_table(rows: Iterable[Row]) -> str:
    """Format a heading, the rows and their sum."""
    names = [field.name for field in fields(Row)]
    numbers = [[getattr(row, name) for name in names[1:]] for row in rows]
    lines = [
        names,
        *([TITLES[row.provider], *counts] for row, counts in zip(rows, numbers, strict=True)),
        ["all", *map(sum, zip(*numbers, strict=True))],
    ]
    return align([[str(cell).replace("_", " ") for cell in line] for line in lines])


def align(cells: Sequence[Sequence[str]]) -> str:
    """Format lines of cells with equal widths."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(" | ".join(_align(first, others, widths)) for first, *others in cells)


def _align(first: str, others: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    """Align the first cell left and the others right."""
    yield first.ljust(widths[0])
    yield from (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
