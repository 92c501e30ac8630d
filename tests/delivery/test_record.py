"""A record on its way to the disk and back."""

from dataclasses import fields
from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.texting.delivery.record import COLUMNS, Phase, Record, from_row, to_row
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.errors import OutcomeUnknown
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import FailureReason, Status

FULL = Record(
    message=Message(
        reference="one",
        to="+33612345678",
        text="Wasser \U0001f6b0",
        title="Keller",
        type=MessageType.VOICE,
        sender="MyHome",
        media_url="https://example.com/a.png",
        language="de-de",
        gender="female",
        send_at=datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        commercial=True,
        express=False,
        template_id="110",
        channel=2,
        group_size=3,
    ),
    account="account",
    asked_at=1.5,
    expires_at=2.5,
    due_at=1.75,
    taken_at=2.0,
    recipient="Anna",
    recipient_id="sub",
    groups="Family",
    parent="parent",
    via="account",
    urgent=True,
    resend=True,
    resent=2,
    segments=3,
    phase=Phase.FOLLOWED,
    status=Status.SENT,
    message_id="id",
    batch_id="job",
    provider_status="Enroute",
    reason=FailureReason.FLOOD,
    otherwise=Status.EXPIRED,
)
# What is of one run only.
PASSING = {"error", "is_in_flight", "ticket", "ready", "deadline", "poll_due", "interval"}
SMALL = Record(message=Message(reference="two", to="+1", text="x"), account="a", asked_at=1.0, expires_at=2.0)


def values(record: Record) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(Record) if field.name not in PASSING}


@pytest.mark.parametrize("record", [FULL, SMALL])
def test_a_record_outlives_a_restart(record: Record) -> None:
    row = to_row(record)
    assert len(row) == len(COLUMNS)
    assert values(from_row(row)) == values(record)


def test_what_the_disk_holds_names_every_field() -> None:
    """A field that is added and not kept would be lost at a restart."""
    default = values(SMALL)
    assert all(value not in (None, False) and value != default[name] for name, value in values(FULL).items())


@pytest.mark.parametrize(
    ("column", "value"),
    [("phase", "lost"), ("status", "?"), ("body", "{"), ("body", "[]"), ("body", "{}"), ("news", '{"reason": "?"}')],
)
def test_a_row_that_is_none_of_ours_is_refused(column: str, value: str) -> None:
    row = list(to_row(SMALL))
    row[COLUMNS.index(column)] = value
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        from_row(tuple(row))


def test_the_body_does_not_change_when_news_come() -> None:
    record = from_row(to_row(FULL))
    record.status, record.phase, record.provider_status, record.resent = Status.DELIVERED, Phase.ENDED, "3", 3
    body = COLUMNS.index("body")
    assert to_row(record)[body] == to_row(FULL)[body]
    assert json.loads(str(to_row(record)[COLUMNS.index("news")]))["resent"] == 3


def test_a_snapshot_is_the_record_as_it_was() -> None:
    record = from_row(to_row(SMALL))
    copy = record.snapshot()
    assert copy is not record
    assert all(getattr(copy, field.name) == getattr(record, field.name) for field in fields(Record))
    record.status = Status.DELIVERED
    assert copy.status is Status.QUEUED


@pytest.mark.parametrize("phase", Phase)
def test_an_error_is_told_when_it_is_the_last_word(phase: Phase) -> None:
    record = from_row(to_row(SMALL))
    record.phase, record.error = phase, OutcomeUnknown()
    assert record.is_pending is (phase is not Phase.ENDED)
    assert record.is_answered is (phase in (Phase.FOLLOWED, Phase.ENDED))
    assert record.failure is (record.error if record.is_answered else None)
