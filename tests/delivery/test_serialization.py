"""A record as a row of the database, and back."""

from dataclasses import fields
import json
from typing import Any

import pytest

from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.serialization import (
    CHANGING_COLUMNS,
    COLUMNS,
    Row,
    from_row,
    to_changes,
    to_row,
    valid_records,
)
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import Status
from tests.support.records import FULL

# Fields of one run, which are not stored.
NOT_STORED = {"error", "is_in_flight", "queue_token", "ready", "deadline"}
SMALL = MessageRecord(message=Message(reference="two", to="+1", text="x"), entry_id="a", created_at=1.0, expires_at=2.0)


def values(record: MessageRecord) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(MessageRecord) if field.name not in NOT_STORED}


@pytest.mark.parametrize("record", [FULL, SMALL])
def test_a_record_comes_back_from_its_row(record: MessageRecord) -> None:
    row = to_row(record)
    assert len(row) == len(COLUMNS)
    assert values(from_row(row)) == values(record)


def test_the_full_record_sets_every_stored_field() -> None:
    """A field that is added and not stored would be lost at a restart."""
    default = values(SMALL)
    assert all(value not in (None, False) and value != default[name] for name, value in values(FULL).items())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("phase", "lost"),
        ("status", "?"),
        ("content", "{"),
        ("content", "[]"),
        ("content", "{}"),
        ("progress", '{"reason": "?"}'),
        ("progress", '{"status_on_timeout": "?"}'),
        ("progress", "null"),
    ],
)
def test_an_invalid_row_is_refused_and_skipped(column: str, value: str) -> None:
    assert_skipped(changed(FULL, column, value))


def changed(record: MessageRecord, column: str, value: Any) -> Row:
    """Return the row of a record with another value in a column."""
    row = list(to_row(record))
    row[COLUMNS.index(column)] = value
    return tuple(row)


def assert_skipped(row: Row) -> None:
    """Assert that a row holds no message, is counted, and stops no other."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError, RecursionError)):
        from_row(row)
    skipped: list[object] = []
    assert [record.reference for record in valid_records([row, to_row(SMALL)], skipped.append)] == ["two"]
    assert skipped == [row[0]]


@pytest.mark.parametrize("record", [FULL, SMALL])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_another_type(record: MessageRecord, column: str) -> None:
    is_number = isinstance(getattr(FULL, column, None), int | float)
    others: list[Any] = ["1", b"1"] if is_number else [5, 5.5, b"\xff", float("nan")]
    for value in (*others, [], {}):
        assert_skipped(changed(record, column, value))


@pytest.mark.parametrize("column", ["created_at", "expires_at", "not_before", "accepted_at", "segments"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, -0.5, 1e300, 2**62])
def test_a_number_that_is_no_time_and_no_count(column: str, value: float) -> None:
    assert_skipped(changed(FULL, column, value))


CONTENT, PROGRESS = (
    json.loads(str(dict(zip(COLUMNS, to_row(FULL), strict=True))[name])) for name in ("content", "progress")
)


@pytest.mark.parametrize("name", CONTENT["message"])
@pytest.mark.parametrize("value", [{"a": 1}, [], ["x"], -1, 1.5, float("inf"), "\ud800x"])
def test_a_field_of_the_message_of_another_type(name: str, value: Any) -> None:
    if isinstance(value, str) and isinstance(CONTENT["message"][name], str) and name not in ("type", "send_at"):
        return  # any text will do
    assert_skipped(changed(FULL, "content", json.dumps(CONTENT | {"message": CONTENT["message"] | {name: value}})))


@pytest.mark.parametrize("name", ["recipient_name", "groups", "urgent", "resend"])
@pytest.mark.parametrize("value", [{"a": 1}, [], 1, 1.5, float("nan")])
def test_other_content_of_another_type(name: str, value: Any) -> None:
    assert_skipped(changed(FULL, "content", json.dumps(CONTENT | {name: value})))


@pytest.mark.parametrize("name", PROGRESS)
@pytest.mark.parametrize("value", [{"a": 1}, [], -1, 1.5, float("inf"), True])
def test_progress_of_another_type(name: str, value: Any) -> None:
    if name in ("delivered_at", "cost") and value == 1.5:
        return  # a time, or a part of a credit
    assert_skipped(changed(FULL, "progress", json.dumps(PROGRESS | {name: value})))


@pytest.mark.parametrize(
    "content",
    [
        '{"message": [], "urgent": "yes"}',
        '{"message": {"text": "x", "type": "sms"}, "urgent": "yes"}',
        '{"message": {"text": "x", "type": "sms", "title": {"a": 1}}}',
        "[" * 100_000,
        '{"message": ' * 100_000,
        "1" * 5000,
        '{"message": {"text": "x", "type": "sms", "group_size": 1e400}}',
        '{"message": {"text": "x", "type": "sms", "send_at": "2026-03-29T02:30:00"}}',
        '{"message": {"text": "x", "type": "sms", "send_at": "0001-01-01T00:00:00+23:59"}}',
        '{"message": {"text": "x", "type": "sms"}, "phase": "done"}',
    ],
)
def test_content_that_is_no_message(content: str) -> None:
    assert_skipped(changed(SMALL, "content", content))


def test_what_a_newer_version_stored_besides_is_ignored() -> None:
    row = list(to_row(FULL))
    progress = COLUMNS.index("progress")
    row[progress] = json.dumps(json.loads(str(row[progress])) | {"more": 1})
    assert values(from_row(tuple(row))) == values(FULL)


def test_progress_changes_and_content_does_not() -> None:
    record = from_row(to_row(FULL))
    record.status, record.phase, record.provider_status, record.resend_count = Status.DELIVERED, Phase.DONE, "3", 3
    before, after = (dict(zip(COLUMNS, to_row(each), strict=True)) for each in (FULL, record))
    assert {name for name in COLUMNS if before[name] != after[name]} == {"phase", "status", "progress"}
    assert json.loads(str(after["progress"]))["resend_count"] == 3


def test_the_changes_are_the_changing_columns_and_the_reference() -> None:
    row = dict(zip(COLUMNS, to_row(FULL), strict=True))
    assert to_changes(FULL) == (*(row[name] for name in CHANGING_COLUMNS), "one")
