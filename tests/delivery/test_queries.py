"""Each query finds its rows by an index, so old messages do not make it slower."""

from contextlib import closing
from pathlib import Path
import re
import sqlite3

import pytest

from custom_components.texting.delivery import queries, schema
from custom_components.texting.delivery.serialization import to_row
from tests.support.records import ACCOUNT, OTHER, ended, record

# What SQLite must do to find the rows.
PLANS = {
    queries.PENDING: "INDEX message_pending (entry_id=?)",
    queries.history_of_sent(
        by_recipient=False, only_done=False
    ): "COVERING INDEX message_history (entry_id=? AND status=? AND <expr>=? AND created_at>? AND created_at<?)",
    queries.history_of_sent(
        by_recipient=True, only_done=False
    ): "COVERING INDEX message_recipient (recipient_id=? AND entry_id=? AND status=? AND <expr>=? AND created_at>? AND",
    queries.history_of_sent(
        by_recipient=True, only_done=True
    ): "INDEX message_recipient (recipient_id=? AND entry_id=? AND status=? AND <expr>=? AND created_at>? AND",
    queries.HISTORY_OF_RECEIVED[0]: "COVERING INDEX incoming_entry (entry_id=? AND id>? AND id<?)",
    queries.HISTORY_OF_RECEIVED[1]: "COVERING INDEX incoming_number (entry_id=? AND number=? AND id>? AND id<?)",
    queries.MESSAGES_BY_ID: "INTEGER PRIMARY KEY (rowid=?)",
    queries.TEXTS_BY_ID: "PRIMARY KEY (id=?)",
    queries.FIND_BY_REFERENCE: "INDEX sqlite_autoindex_message_1 (reference=?)",
    queries.FIND_BY_MESSAGE_ID: "INDEX message_message_id (message_id=?)",
    queries.REPLIED[0]: "INDEX sqlite_autoindex_message_1 (reference=?)",
    queries.REPLIED[1]: "INDEX message_message_id (message_id=?)",
    queries.REPLIED[2]: "INDEX message_number (entry_id=? AND number=? AND accepted_at>?)",
    queries.ATTEMPTS: "INDEX message_parent (parent=?)",
    queries.SEGMENTS_ON: "PRIMARY KEY (entry_id=? AND day=?)",
    queries.TOTALS: "PRIMARY KEY (entry_id=? AND day>? AND day<?)",
    queries.SPENT: "PRIMARY KEY (entry_id=? AND day>? AND day<?)",
    queries.SPENT_BY_MONTH: "PRIMARY KEY (entry_id=? AND day>?)",
    queries.FIRST_DAY: "PRIMARY KEY (entry_id=?)",
    queries.ENTRIES: "COVERING INDEX message_history (entry_id>?)",
    queries.PURGE: "INDEX message_history (entry_id=? AND status=? AND <expr>=? AND created_at<?)",
    queries.REMOVABLE: "INDEX message_history (entry_id=?)",
    queries.REMOVE: "INTEGER PRIMARY KEY (rowid=?)",
    queries.REMOVE_ATTEMPTS: "INDEX message_parent (parent=?)",
    queries.REMOVE_OTHERS[0]: "PRIMARY KEY (entry_id=?)",
    queries.REMOVE_OTHERS[1]: "COVERING INDEX incoming_entry (entry_id=?)",
    queries.REMOVE_OTHERS[3]: "PRIMARY KEY (entry_id=?)",
    queries.OPEN_INCIDENTS: "PRIMARY KEY (entry_id=?)",
    queries.ENDED_INCIDENTS: "PRIMARY KEY (entry_id=?)",
    queries.FIND_INCIDENT: "PRIMARY KEY (entry_id=? AND id=?)",
    queries.LAST_DRILL: "PRIMARY KEY (entry_id=?)",
    queries.PURGE_INCIDENTS: "PRIMARY KEY (entry_id=? AND id=?)",
    queries.KNOWN_WITHOUT_ID: "INDEX incoming_fingerprint (fingerprint=? AND message_id=? AND id>?)",
    queries.KNOWN_WITH_ID: "COVERING INDEX incoming_fingerprint (fingerprint=? AND message_id>? AND message_id<?)",
    queries.LATEST_INCOMING: "INDEX incoming_number (entry_id=? AND number=?)",
    queries.FIND_INCOMING: "PRIMARY KEY (id=?)",
    queries.NOT_HANDED_ON: "INDEX incoming_entry (entry_id=? AND id>?)",
    queries.PURGE_INCOMING: "INDEX incoming_entry (entry_id=? AND id<?)",
    queries.PURGE_TEXTS: "INDEX incoming_text (entry_id=? AND id<?)",
    queries.TRIM_INCOMING: "PRIMARY KEY (id<?)",
    queries.TRIM_TEXTS: "PRIMARY KEY (id<?)",
    schema.UPDATE: "INDEX sqlite_autoindex_message_1 (reference=?)",
}


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    """A database with messages of two entries, read without statistics, as in a home."""
    path = tmp_path / "texting.db"
    records = [
        ended(number, entry_id=OTHER if number % 3 else ACCOUNT, accepted_at=float(number), day="2026-11-21")
        for number in range(500)
    ]
    rows = [to_row(each) for each in (*records, record(500))]
    schema.create(path, lambda connection: schema.insert(connection, rows))
    return sqlite3.connect(path)


def plan(connection: sqlite3.Connection, sql: str) -> str:
    """Return the steps that SQLite takes."""
    places = max(map(int, re.findall(r"\?(\d)", sql)), default=sql.count("?"))
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["1"] * places))


@pytest.mark.parametrize("sql", PLANS)
def test_no_query_reads_all_messages(connection: sqlite3.Connection, sql: str) -> None:
    with closing(connection):
        steps = plan(connection, sql)
    assert PLANS[sql] in steps
    assert "SCAN message" not in steps
    assert "SCAN daily_total" not in steps
    assert "SCAN incident" not in steps
    assert "SCAN incoming" not in steps or sql in (queries.TRIM_INCOMING, queries.TRIM_TEXTS)
    # Only the attempts of a few messages are sorted, and ids of texts with the same words.
    assert "TEMP B-TREE" not in steps or sql in (queries.ATTEMPTS, queries.KNOWN_WITH_ID)


def test_the_pending_messages_of_all_entries_are_read_by_their_index(connection: sqlite3.Connection) -> None:
    with closing(connection):
        assert plan(connection, queries.ALL_PENDING) == "SCAN message USING INDEX message_pending"
        attempts = plan(connection, queries.PENDING_ATTEMPTS).splitlines()
        assert attempts[0] == "SCAN message USING INDEX message_pending"
        assert attempts[-1].startswith("SEARCH own")
        assert attempts[-1].endswith("INDEX sqlite_autoindex_message_1 (reference=?)")
        assert len(connection.execute(queries.ALL_PENDING).fetchall()) == 1


def test_entries_are_found_once_in_each_table(connection: sqlite3.Connection) -> None:
    with closing(connection):
        assert connection.execute(queries.ENTRIES).fetchall() == [(ACCOUNT,), (OTHER,)] * 2
        connection.execute("DELETE FROM message")
        assert connection.execute(queries.ENTRIES).fetchall() == [(ACCOUNT,), (OTHER,)]
        connection.execute("DELETE FROM daily_total")
        assert connection.execute(queries.ENTRIES).fetchall() == []
