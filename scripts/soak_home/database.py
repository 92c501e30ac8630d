"""Read the database from a process other than its home."""

from contextlib import closing
import json
from pathlib import Path
import sqlite3

from scripts.soak_home.count import MessageKey


def count_pending(path: Path) -> int:
    """Count the messages that wait or are being sent. Return 0 if there is no database."""
    return sum(1 for _ in _rows(path, "SELECT 1 FROM message WHERE phase IN ('waiting', 'sending')"))


def read_statuses(path: Path) -> dict[MessageKey, str]:
    """Return the status of every message. In a soak, the entry ID of an account is its provider."""
    rows = _rows(path, "SELECT entry_id, number, content, status FROM message")
    return {
        (provider, number, json.loads(content)["message"]["text"]): status for provider, number, content, status in rows
    }


def read_handed_on(path: Path) -> dict[str, bool]:
    """Return for each incoming text whether it was handed on."""
    rows = _rows(path, "SELECT text, handed_on FROM incoming WHERE text IS NOT NULL")
    return {text: bool(handed_on) for text, handed_on in rows}


def _rows(path: Path, query: str) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()
