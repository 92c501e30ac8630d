"""The daily totals. Triggers of the message table keep them; here they are read, and taken over from another file."""

from contextlib import suppress
from dataclasses import dataclass
import sqlite3

from .salvage import read_both_ends

_KEY = ("entry_id", "day", "recipient_id", "currency")
_SUMS = ("texts", "segments", "urgent_segments", "cost", "delivered", "failed")
_FIELDS = ", ".join(_KEY + _SUMS)
_PLACES = ", ".join("?" * len(_KEY + _SUMS))
# Messages and totals of a damaged file may be lost, but none are invented. So of two sums the higher one is right.
_HIGHER = ", ".join(f"{name} = max({name}, excluded.{name})" for name in _SUMS)
_MERGE = (
    f"INSERT INTO daily_total ({_FIELDS}) VALUES ({_PLACES}) "  # noqa: S608  our own names
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {_HIGHER}"
)


# It comes after each day.
LAST_DAY = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over some days."""

    # Messages that the provider accepted.
    texts: int
    # What was billed for them.
    segments: int
    # Messages that arrived.
    delivered: int
    # Messages that are known not to have arrived.
    failed: int


def merge_totals(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Take over the totals that can be read, after the messages: those have counted themselves already."""
    with target:
        for row in read_both_ends(source, f"SELECT {_FIELDS} FROM daily_total", _KEY):  # noqa: S608  our own names
            with suppress(sqlite3.IntegrityError):
                target.execute(_MERGE, row)
