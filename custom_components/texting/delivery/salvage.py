"""Read a table whose pages may be damaged."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
import sqlite3

from .serialization import Row


def read_end(
    connection: sqlite3.Connection,
    select: str,
    key: Sequence[str],
    *,
    descending: bool = False,
    limit: int | None = None,
) -> Iterator[Row]:
    """Yield rows in the order of a key, up to the first page that cannot be read; raise sqlite3.Error there.

    The key is the first columns that are selected. Without a limit, all rows are read.
    """
    order, compare = (" DESC", "<") if descending else ("", ">")
    by = f"ORDER BY {', '.join(f'{name}{order}' for name in key)}"
    last: Row | None = None
    try:
        for row in connection.execute(f"{select} {by} LIMIT ?", (-1 if limit is None else limit,)):
            last = row
            yield row
    except sqlite3.Error:
        # Python has read one more row and dropped it.
        if last:
            after = f"WHERE ({', '.join(key)}) {compare} ({', '.join('?' * len(key))})"
            with suppress(sqlite3.Error):
                yield from connection.execute(f"{select} {after} {by} LIMIT 1", last[: len(key)])
        raise


def read_both_ends(connection: sqlite3.Connection, select: str, key: Sequence[str]) -> Iterator[Row]:
    """Yield rows from both ends, each time up to the first page that cannot be read. A row may come twice."""
    for descending in (False, True):
        with suppress(sqlite3.Error):
            yield from read_end(connection, select, key, descending=descending)
            return
