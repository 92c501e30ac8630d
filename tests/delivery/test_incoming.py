"""Incoming messages and reply codes as rows, and back."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
import json
from typing import Any

import pytest

from custom_components.texting.delivery import incoming as module, reply_codes
from custom_components.texting.delivery.incoming import IncomingRecord, fingerprint, from_row, lowest_id, to_row
from custom_components.texting.delivery.serialization import INVALID
from custom_components.texting.gateway.message import IncomingMessage, IncomingType
from tests.support.records import KEY, incoming, reply_code

# A text that sets every field.
FULL = IncomingMessage(
    sender="+33612345678",
    text="HOME Oui \U0001f44d\0",
    type=IncomingType.KEYWORD,
    keyword="HOME",
    message_id="17",
    replied_message_id="16",
    reference="01JD",
    sent_at=datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2))),
    in_reply_to="01JC",
    opts_in=True,
    takes_reply=False,
    late=True,
)
RECORD = IncomingRecord(
    id="01JE",
    entry_id="account",
    message=FULL,
    received_at=1795786944.875311,
    fingerprint="f" * 32,
    is_handed_on=True,
    was_answered=True,
)


def values(record: IncomingRecord) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def changed(**columns: Any) -> tuple[Any, ...]:
    """Return the row of RECORD with other columns."""
    return tuple((dict(zip(module.COLUMNS, to_row(RECORD), strict=True)) | columns).values())


def content(**changes: Any) -> str:
    return json.dumps(json.loads(str(changed()[-1])) | changes)


def message(**changes: Any) -> str:
    return content(message=json.loads(str(changed()[-1]))["message"] | changes)


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        IncomingMessage(sender="Bank", text=""),
        replace(FULL, keyword="", sent_at=datetime(2026, 3, 29, 2, 30, fold=1)),  # noqa: DTZ001  it has no zone
        replace(FULL, sent_at=datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        replace(FULL, message_id="\u20ac", type=IncomingType.OPT_OUT),
    ],
)
@pytest.mark.parametrize("flag", [True, False])
def test_a_text_comes_back_as_it_was(text: IncomingMessage, *, flag: bool) -> None:
    record = IncomingRecord(
        id="01JE",
        entry_id="account",
        message=text,
        received_at=5.0,
        fingerprint="f",
        is_handed_on=flag,
        was_answered=not flag,
    )
    assert values(from_row(to_row(record))) == values(record)


def test_every_field_is_set_above() -> None:
    """Or the test would not notice that a new field is not stored."""
    assert [each.name for each in fields(FULL) if getattr(FULL, each.name) == each.default] == []


def test_a_text_that_is_not_kept_is_in_no_column() -> None:
    record = IncomingRecord(
        id="01JE", entry_id="account", message=FULL, received_at=5.0, fingerprint="f", keeps_text=False
    )
    row = to_row(record)
    assert "HOME" not in repr(row)
    assert values(from_row(row)) == values(record) | {"message": replace(FULL, text="", keyword=None)}


def test_half_a_surrogate_pair_is_replaced() -> None:
    odd = {"keyword": "\udc00", "message_id": "1\ud800"}
    found = from_row(to_row(incoming(1, message=odd, text="Oui \ud83d", sender="\ud800"))).message
    assert (found.sender, found.text, found.keyword, found.message_id) == ("?", "Oui ?", "?", "1?")


@pytest.mark.parametrize(
    "row",
    [
        changed(id=b"\xff"),
        changed(entry_id=None),
        changed(number=None),
        changed(number=b"+336"),
        changed(fingerprint=None),
        changed(message_id=17),
        changed(message_id=b"\xff"),
        changed(handed_on=None),
        changed(handed_on=2),
        changed(text=5),
        changed(keyword=b"\xff"),
        changed(content=None),
        changed(content=b"\xff"),
        changed(content="{"),
        changed(content="[]"),
        changed(content="[" * 100_000),
        changed(content=content(received_at="5")),
        changed(content=content(received_at=-1)),
        changed(content=content(received_at=1e300)),
        changed(content=content(received_at=True)),
        changed(content=content(was_answered=1)),
        changed(content=content(message=[])),
        changed(content=message(type="gone")),
        changed(content=message(type=[])),
        changed(content=message(sent_at=5)),
        changed(content=message(sent_at="yesterday")),
        changed(content=message(sent_at="0001-01-01T00:00:00+14:00")),
        changed(content=message(replied_message_id=17)),
        changed(content=message(opts_in=1)),
        changed(content=message(takes_reply=None)),
        changed()[:-1],
    ],
)
def test_a_row_of_wrong_types_is_refused(row: tuple[Any, ...]) -> None:
    from_row(changed())
    with pytest.raises(INVALID):
        from_row(row)


def test_more_that_a_newer_version_stored_is_ignored() -> None:
    assert values(from_row(changed(content=message(more=1)))) == values(RECORD)
    assert values(from_row(changed(content=content(more=1)))) == values(RECORD)


def test_a_fingerprint_tells_account_sender_and_words() -> None:
    """Outer spaces do not count: providers cut them off in one of two calls."""
    one = fingerprint(KEY, "account", "+336", "Yes")
    assert fingerprint(KEY, "account", "+336", " Yes\n") == one
    others = {
        fingerprint(KEY, "account2", "+336", "Yes"),
        fingerprint(KEY, "account", "+337", "Yes"),
        fingerprint(KEY, "account", "+336", "yes"),
        fingerprint(KEY, "account", "+336Y", "es"),
        fingerprint(KEY, "account", "+336", "Yes\ud800"),
        fingerprint(KEY, "account", "+336", "Yes?"),
        fingerprint("another key", "account", "+336", "Yes"),
    }
    assert len(others | {one}) == 8
    assert {len(each) for each in others} == {32}


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        # The example of the ULID specification, whose time is 1469918176385.
        (1469918176.385, "01ARYZ6S41"),
        (0.0, "0000000000"),
        (-5.0, "0000000000"),
        (0.001, "0000000001"),
        (0.0329, "0000000010"),
        (1e15, "7ZZZZZZZZZ"),
    ],
)
def test_the_time_of_an_id(seconds: float, digits: str) -> None:
    assert lowest_id(seconds) == digits


def test_ids_are_in_the_order_of_time() -> None:
    moments = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in range(1970, 9999, 7)]
    ids = [lowest_id(each) for each in moments]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("code", [reply_code(10), reply_code(99, closed_at=100.5)])
def test_a_code_comes_back_as_it_was(code: reply_codes.ReplyCode) -> None:
    assert reply_codes.from_row(reply_codes.to_row(code)) == code


@pytest.mark.parametrize(
    "row",
    [
        (None, 10, "account", "item", 1.0, None),
        ("+336", "10", "account", "item", 1.0, None),
        ("+336", 9, "account", "item", 1.0, None),
        ("+336", 100, "account", "item", 1.0, None),
        ("+336", 10, "account", b"\xff", 1.0, None),
        ("+336", 10, "account", "item", None, None),
        ("+336", 10, "account", "item", 1.0, -1.0),
        ("+336", 10, "account", "item", 1.0),
    ],
)
def test_a_code_of_wrong_types_is_refused(row: tuple[Any, ...]) -> None:
    with pytest.raises(INVALID):
        reply_codes.from_row(row)


def test_a_fingerprint_does_not_give_away_a_pin() -> None:
    """Who reads the database knows everything but the key."""
    stored = fingerprint(KEY, "account", "+336", "4711 open the garage")
    guesses = {fingerprint("", "account", "+336", f"{pin:04} open the garage") for pin in range(10_000)}
    assert stored not in guesses
    assert stored in {fingerprint(KEY, "account", "+336", f"{pin:04} open the garage") for pin in range(10_000)}
