"""Read the database from a process other than its home."""

from contextlib import closing
from dataclasses import dataclass
import json
from pathlib import Path
import sqlite3

from custom_components.texting.alerting.model import Alert, Incident, State
from custom_components.texting.alerting.stored import from_content
from scripts.soak_home.count import MessageKey


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in the database."""

    reference: str
    # The reference of a route's message, if this is an attempt to send it.
    parent: str | None
    # In a soak, the entry id of an account is its provider.
    key: MessageKey
    status: str
    # It is the home's response to a provider's request, so nobody knows that the provider took it.
    is_response: bool = False


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


def read_open_states(path: Path) -> dict[str, str]:
    """Return the state of each open incident by the entry id of its alert."""
    rows = _rows(path, "SELECT entry_id, content FROM incident WHERE ended_at IS NULL")
    return {entry_id: json.loads(content).get("state", State.IDLE) for entry_id, content in rows}


def read_incidents(path: Path) -> list[Incident]:
    """Return all incidents, oldest first. Their moments are in Unix time."""
    rows = _rows(path, "SELECT entry_id, content FROM incident ORDER BY id")
    return [from_content(content, Alert(id=entry_id, name=""), now=0.0, shift=0.0) for entry_id, content in rows]


def read_messages(path: Path) -> list[MessageRow]:
    """Return all messages, oldest first."""
    columns = "reference, parent, entry_id, number, content, status, progress"
    return [
        MessageRow(
            reference=reference,
            parent=parent,
            key=(entry_id, number, json.loads(content)["message"]["text"]),
            status=status,
            is_response=status == "accepted" and "provider_status" not in json.loads(progress),
        )
        for reference, parent, entry_id, number, content, status, progress in _rows(
            path,
            f"SELECT {columns} FROM message ORDER BY id",  # noqa: S608  our own names
        )
    ]


def _rows(path: Path, query: str) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()
