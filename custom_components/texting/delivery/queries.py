"""What the database is asked. Each query finds its rows by an index, so it takes the same time with any history."""

from ..gateway.status import Status
from .record import Phase
from .schema import FIELDS, SELECT, SELECT_CODE, SELECT_INCIDENT, SELECT_INCOMING, WITHOUT_COMMAND

# The condition is that of the index, word for word. Without its name, SQLite may take another index and read all rows.
_PENDING = f"FROM message INDEXED BY message_pending WHERE phase != '{Phase.DONE}'"
PENDING = f"SELECT {FIELDS} {_PENDING} AND entry_id = ? ORDER BY created_at, id"
# Of all entries, with the id of the row.
ALL_PENDING = f"SELECT id, {FIELDS} {_PENDING}"


def history_of_sent(*, by_recipient: bool, only_done: bool) -> str:
    """Return the query for positions of sent messages of one status, newest first.

    It takes the recipient's id if it finds only messages to one, the entry's id, the status, 1 for messages that are no
    attempts, the first moment, the position that comes after all, and how many are wanted.
    """
    index = "message_recipient" if by_recipient else "message_history"
    recipient = "recipient_id = ? AND " if by_recipient else ""
    done = f" AND phase = '{Phase.DONE}'" if only_done else ""
    return (
        f"SELECT created_at, id FROM message INDEXED BY {index} WHERE {recipient}entry_id = ? AND status = ? "  # noqa: S608  our own names
        f"AND (parent IS NULL) = ? AND created_at >= ? AND (created_at, id) < (?, ?){done} "
        "ORDER BY created_at DESC, id DESC LIMIT ?"
    )


# The ids of received messages, newest first: of an entry, and of a number. Each takes the lowest id and the one that
# comes after all, and how many are wanted.
HISTORY_OF_RECEIVED = tuple(
    f"SELECT id FROM incoming WHERE {key} AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?"  # noqa: S608  our own names
    for key in ("entry_id = ?", "entry_id = ? AND number = ?")
)
# Each takes a JSON list of ids.
MESSAGES_BY_ID = f"SELECT id, {FIELDS} FROM message WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  our own names
TEXTS_BY_ID = f"{SELECT_INCOMING} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  our own names

# Takes the value, then the entry's id, or None for any entry. The plus stops SQLite from using the entry's index.
FIND_BY_REFERENCE = f"{SELECT} WHERE reference = ?1 AND (?2 IS NULL OR +entry_id = ?2)"
FIND_BY_MESSAGE_ID = f"{SELECT} WHERE message_id = ?1 AND (?2 IS NULL OR +entry_id = ?2) ORDER BY id DESC LIMIT 1"

# Which message an incoming text answers, the surest way first.
REPLIED = (
    f"{SELECT} WHERE entry_id = ? AND reference = ?",
    f"{SELECT} WHERE +entry_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1",
    f"{SELECT} WHERE entry_id = ? AND number = ? AND accepted_at >= ? ORDER BY accepted_at DESC, id DESC LIMIT 1",
)

# Takes a JSON list. Only the few rows that are found are sorted.
ATTEMPTS = f"{SELECT} WHERE parent IN (SELECT value FROM json_each(?)) ORDER BY created_at, id"  # noqa: S608  our own names

SEGMENTS_ON = "SELECT sum(segments), sum(urgent_segments) FROM daily_total WHERE entry_id = ? AND day = ?"

TOTALS = """
SELECT coalesce(sum(texts), 0), coalesce(sum(segments), 0), coalesce(sum(delivered), 0), coalesce(sum(failed), 0)
FROM daily_total WHERE entry_id = ? AND day BETWEEN ? AND ?
"""
SPENT = """
SELECT currency, cost FROM daily_total WHERE entry_id = ? AND day BETWEEN ? AND ? AND currency != ''
"""
SPENT_BY_MONTH = """
SELECT substr(day, 1, 7), currency, cost FROM daily_total WHERE entry_id = ? AND day >= ? AND currency != ''
"""
# The first day that counts a message, of one currency or of any.
FIRST_DAY = "SELECT day FROM daily_total WHERE entry_id = ?1 AND (?2 IS NULL OR currency = ?2) ORDER BY day LIMIT 1"


def _entries(table: str) -> str:
    """Return the query for the entries that have rows in a table. Each step looks the next one up in the index."""
    return f"""
SELECT * FROM (
    WITH RECURSIVE entry (id) AS (
        SELECT min(entry_id) FROM {table}
        UNION ALL
        SELECT (SELECT min(entry_id) FROM {table} WHERE entry_id > entry.id) FROM entry WHERE id IS NOT NULL
    )
    SELECT id FROM entry WHERE id IS NOT NULL
)
"""  # noqa: S608  our own names


# The entries that have rows, in each table.
ENTRIES = " UNION ALL ".join(map(_entries, ("message", "daily_total", "incoming", "reply_code", "incident")))

# Deletes some messages of an entry that are done and were created before a moment. Takes their number last. All columns
# of the index are named, so that SQLite looks only at old messages.
PURGE = f"""
DELETE FROM message WHERE id IN (
    SELECT id FROM message INDEXED BY message_history
    WHERE entry_id = ? AND status IN ({", ".join(f"'{status}'" for status in Status)}) AND (parent IS NULL) IN (0, 1)
        AND created_at < ? AND phase = '{Phase.DONE}'
    LIMIT ?
)
"""  # noqa: S608  our own names

# Pending attempts of other entries for messages of a route. Takes the route's entry id.
PENDING_ATTEMPTS = f"""
SELECT {FIELDS} {_PENDING} AND parent IS NOT NULL
    AND EXISTS (SELECT 1 FROM message AS own WHERE own.reference = message.parent AND own.entry_id = ?)
"""  # noqa: S608  our own names

# Some messages of a removed entry, as id and reference. Takes the entry's id and their number. A message stays as long
# as a pending one of another entry belongs to it: its route's message must not be sent again, and its attempt goes on.
REMOVABLE = f"""
SELECT id, reference FROM message AS own WHERE entry_id = ?
    AND NOT EXISTS (SELECT 1 FROM message WHERE reference = own.parent AND phase != '{Phase.DONE}')
    AND NOT EXISTS (SELECT 1 FROM message WHERE parent = own.reference AND phase != '{Phase.DONE}')
LIMIT ?
"""  # noqa: S608  our own names
REMOVE = "DELETE FROM message WHERE id = ?"
# Deletes the attempts for a message. Takes its reference.
REMOVE_ATTEMPTS = "DELETE FROM message WHERE parent = ?"
# Each deletes some rows of an entry in another table. Takes its id and their number.
REMOVE_OTHERS = tuple(
    f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE entry_id = ? LIMIT ?)"  # noqa: S608  our own names
    for table, key in {
        "daily_total": "entry_id, day, recipient_id, currency",
        "incoming": "id",
        "reply_code": "number, code",
        "incident": "entry_id, id",
    }.items()
)

MAX_KNOWN = 50
# The newest texts with a fingerprint, which the provider gave no id. Takes it and the lowest id of ours.
KNOWN_WITHOUT_ID = f"""
{SELECT_INCOMING} WHERE fingerprint = ? AND message_id = '' AND id >= ? ORDER BY id DESC LIMIT {MAX_KNOWN}
"""
# The same, which the provider gave an id. Takes it too, or None for any. No text is above a BLOB.
KNOWN_WITH_ID = f"""
{SELECT_INCOMING} WHERE id IN (
    SELECT id FROM incoming
    WHERE fingerprint = ?1 AND message_id BETWEEN coalesce(?3, char(1)) AND coalesce(?3, x'') AND id >= ?2
    ORDER BY id DESC LIMIT {MAX_KNOWN}
)
"""  # noqa: S608  our own names
LATEST_INCOMING = f"{SELECT_INCOMING} WHERE entry_id = ? AND number = ? ORDER BY id DESC LIMIT 1"
FIND_INCOMING = f"{SELECT_INCOMING} WHERE id = ?"
# The newest ones, newest first.
NOT_HANDED_ON = f"{SELECT_INCOMING} WHERE entry_id = ? AND id >= ? AND handed_on = 0 ORDER BY id DESC LIMIT 1000"
# There are at most 90 codes of a phone, and nearly all rows are found.
REPLY_CODES = f"{SELECT_CODE} WHERE closed_at IS NULL OR closed_at >= ?"

# Each takes an entry's id and the id of the first text that stays as it is, and the number of rows last.
PURGE_INCOMING = """
DELETE FROM incoming WHERE id IN (SELECT id FROM incoming WHERE entry_id = ? AND id < ? ORDER BY id LIMIT ?)
"""
PURGE_TEXTS = f"""
UPDATE incoming SET text = NULL, keyword = NULL, content = {WITHOUT_COMMAND} WHERE id IN (
    SELECT id FROM incoming WHERE entry_id = ? AND id < ? AND text IS NOT NULL ORDER BY id LIMIT ?
)
"""  # noqa: S608  our own names
# Takes the moment and the number of rows.
PURGE_CODES = """
DELETE FROM reply_code WHERE (number, code) IN (SELECT number, code FROM reply_code WHERE closed_at < ? LIMIT ?)
"""

# Of an alert, oldest first. All rows of the alert are looked at, without their content.
OPEN_INCIDENTS = f"{SELECT_INCIDENT} WHERE entry_id = ? AND ended_at IS NULL ORDER BY id"
# Takes the alert and a moment. The newest ones, newest first.
ENDED_INCIDENTS = f"{SELECT_INCIDENT} WHERE entry_id = ? AND ended_at >= ? ORDER BY id DESC LIMIT 1000"
FIND_INCIDENT = f"{SELECT_INCIDENT} WHERE entry_id IN ({_entries('incident')}) AND id = ?"
# Of an alert, the last one that is over. In the content of another incident these words have backslashes between them.
_DRILL = """WHERE entry_id = ?1 AND ended_at IS NOT NULL AND instr(content, '"is_drill":true')"""
LAST_DRILL = f"{SELECT_INCIDENT} {_DRILL} ORDER BY id DESC LIMIT 1"
# Takes the alert, the moment, and the number of rows. The last drill stays.
PURGE_INCIDENTS = f"""
DELETE FROM incident WHERE entry_id = ?1 AND id IN (
    SELECT id FROM incident WHERE entry_id = ?1 AND ended_at < ?2
        AND id IS NOT (SELECT id FROM incident {_DRILL} ORDER BY id DESC LIMIT 1)
    ORDER BY id LIMIT ?3
)
"""  # noqa: S608  our own names
# Deletes all incidents that are over but those that ended last. Takes their number.
TRIM_INCIDENTS = """
DELETE FROM incident WHERE ended_at <= (
    SELECT ended_at FROM incident WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET ?
)
"""

# Each index that has the ids of all texts, with its columns.
INCOMING_INDEXES = {
    "incoming_entry": ("entry_id", "id"),
    "incoming_number": ("entry_id", "number", "id"),
    "incoming_fingerprint": ("fingerprint", "message_id", "id"),
}
# The text with an id, read from its left and from its right. A text between two pages is on neither of them, but SQLite
# reads one of them first.
SALVAGE_INCOMING = (
    f"{SELECT_INCOMING} WHERE id >= ? ORDER BY id LIMIT 1",
    f"{SELECT_INCOMING} WHERE id <= ? ORDER BY id DESC LIMIT 1",
)
# Deletes all texts but the newest. Takes their number.
TRIM_INCOMING = "DELETE FROM incoming WHERE id <= (SELECT id FROM incoming ORDER BY id DESC LIMIT 1 OFFSET ?)"
# Deletes all texts but the newest that are so many bytes together.
TRIM_TEXTS = """
DELETE FROM incoming WHERE id <= (
    SELECT max(id) FROM (
        SELECT id, sum(coalesce(length(CAST(text AS BLOB)), 0)) OVER (ORDER BY id DESC) AS size FROM incoming
    ) WHERE size > ?
)
"""
