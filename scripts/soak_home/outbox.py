"""The outbox as it lies on the disk, read by somebody else than its home."""

from contextlib import closing
import json
from pathlib import Path
import sqlite3

from scripts.soak_home.count import Key


def unsettled(path: Path) -> int:
    """How many messages wait or are being sent; 0 where there is no outbox."""
    return sum(1 for _ in _rows(path, "SELECT 1 FROM message WHERE phase IN ('waiting', 'sending')"))


def statuses(path: Path) -> dict[Key, str]:
    """The status of every message; accounts are called as their providers are."""
    rows = _rows(path, "SELECT account, number, body, status FROM message")
    return {(account, number, json.loads(body)["message"]["text"]): status for account, number, body, status in rows}


def _rows(path: Path, query: str) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()
