"""What the "Ultimate SMS" software answers of campaigns: one text to all contacts of groups."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from ..answers import Row, count, read_json, rows, text
from ..contacts import Campaign
from ..errors import MessageRejected, NotFound
from ..message import DeliveryReport, Message, SendResult
from ..status import FailureReason, Status
from . import ultimate_sms as wire

# "done" says that all was handed over, which is not yet delivered.
STATUSES: Mapping[str, tuple[Status, FailureReason | None]] = {
    "new": (Status.ACCEPTED, None),
    "queued": (Status.ACCEPTED, None),
    "queuing": (Status.ACCEPTED, None),
    "scheduled": (Status.ACCEPTED, None),
    "paused": (Status.ACCEPTED, None),
    "sending": (Status.SENT, None),
    "processing": (Status.SENT, None),
    "done": (Status.SENT, None),
    "delivered": (Status.DELIVERED, None),
    "failed": (Status.UNDELIVERED, FailureReason.OTHER),
    "error": (Status.UNDELIVERED, FailureReason.OTHER),
    "cancelled": (Status.REJECTED, FailureReason.OTHER),
    "canceled": (Status.REJECTED, FailureReason.OTHER),
}
# Nothing is sent any more: the counts say what became of it.
FINISHED = frozenset({"done", "delivered", "failed", "error", "cancelled", "canceled"})
# The counts stand in the row or, as JSON within JSON, in its "cache" [seen].
TOTAL = ("contact_count", "ContactCount", "total")
DELIVERED = ("delivered_count", "DeliveredCount", "delivered")
FAILED = ("failed_count", "FailedDeliveredCount", "failed")
_NAMES = ("campaign_name", "name", "title")


def campaign_of(row: Row, campaign_id: str, zone: tzinfo) -> Campaign:
    """A campaign's row; zone is the one its times are in."""
    counts = _counts(row)
    return Campaign(
        id=text(row, "uid") or campaign_id,
        status=_fate(row)[0],
        provider_status=wire.word_of(row),
        name=next(filter(None, (text(row, name) for name in _NAMES)), ""),
        text=text(row, "message"),
        send_at=_send_at(row, zone),
        total=count(counts, *TOTAL),
        delivered=count(counts, *DELIVERED),
        failed=count(counts, *FAILED),
    )


def row_of(data: object) -> Row:
    """The one object of an answer; raises NotFound where there is none."""
    if not (listed := rows(data)):
        raise NotFound("no data")
    return listed[0]


def report(data: object, campaign_id: str) -> DeliveryReport:
    """The data of a campaign as news of its message; an unknown word is kept and changes nothing."""
    row = row_of(data)
    status, reason, otherwise = _fate(row)
    return DeliveryReport(
        status=status,
        reason=reason,
        otherwise=otherwise,
        provider_status=wire.word_of(row),
        message_id=campaign_id,
    )


def results(messages: Sequence[Message], data: object) -> list[SendResult]:
    """A campaign that was accepted; without data where it was scheduled, so that nobody can ask for it."""
    row = next(iter(rows(data)), {})
    status, reason, _ = _fate(row)
    word, uid = wire.word_of(row), text(row, "uid") or None
    return [
        SendResult(
            message=message,
            status=Status.ACCEPTED if status is Status.UNKNOWN else status,
            message_id=uid,
            provider_status=word or None,
            error=MessageRejected(word, reason=reason) if reason else None,
        )
        for message in messages
    ]


def _fate(row: Row) -> tuple[Status, FailureReason | None, Status | None]:
    """What has become of a campaign, why it failed, and what it ends with when no better news comes.

    A finished one is delivered where any contact has it; where none has, it failed once all failed, and reports
    may still come until then.
    """
    word, counts = wire.word_of(row).lower(), _counts(row)
    status, reason = STATUSES.get(word, (Status.UNKNOWN, None))
    total, delivered, failed = count(counts, *TOTAL), count(counts, *DELIVERED), count(counts, *FAILED)
    if word not in FINISHED or delivered is None:
        return status, reason, None
    if delivered:
        return Status.DELIVERED, None, None
    if reason:
        return status, reason, None
    if total is not None and failed is not None and failed >= total > 0:
        return Status.UNDELIVERED, FailureReason.OTHER, None
    return Status.SENT, None, Status.UNDELIVERED


def _counts(row: Row) -> Row:
    cache = row.get("cache")
    if isinstance(cache, str):
        try:
            cache = read_json(cache)
        except ValueError, RecursionError:
            cache = None
    return {**cache, **row} if isinstance(cache, dict) else row


def _send_at(row: Row, zone: tzinfo) -> datetime | None:
    try:
        time = datetime.fromisoformat(text(row, "schedule_time"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=zone)
