"""Campaigns of the "Ultimate SMS" software: one text to all contacts of groups."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
import re

from ...contacts import Campaign
from ...errors import MessageRejected, NotFound
from ...json_fields import Row, count, read_json, rows, text
from ...message import DeliveryReport, Message, SendResult, read_id
from ...status import FailureReason, Status
from ...time_text import read_time
from . import responses as wire

# "done" means that all texts were handed over, but not that they were delivered.
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
# The campaign is over, and its counts decide its status.
FINISHED = frozenset({"done", "delivered", "failed", "error", "cancelled", "canceled"})
# The counts are in the row, in its field "stats" or, as JSON in a string, in its field "cache" [seen].
TOTAL = ("contact_count", "ContactCount", "total", "total_count")
DELIVERED = ("delivered_count", "DeliveredCount", "delivered")
FAILED = ("failed_count", "FailedDeliveredCount", "failed")
# The counts in "stats" of messages that failed. Each message has one status, so all counts together are the total.
FAILURES = ("failed_count", "undelivered_count", "expired_count", "rejected_count", "skipped_count")
# The software's name of a campaign that came by the API: API_<Unix time>.
_API_NAME = re.compile(r"API_([0-9]{10})", re.ASCII)
# Seconds between the times of the name and of the response: a minute of clock difference, and a slow response.
_MAX_NAME_AGE = 90.0
_NAMES = ("campaign_name", "name", "title")


def campaign_of(row: Row, campaign_id: str, zone: tzinfo) -> Campaign:
    """Return the campaign of a row; zone is the time zone of its times."""
    counts = _counts(row)
    return Campaign(
        id=text(row, "uid") or campaign_id,
        status=_state(row)[0],
        provider_status=wire.status_word(row),
        name=_name_of(row),
        text=text(row, "message"),
        send_at=read_time(text(row, "schedule_time"), zone),
        total=count(counts, *TOTAL),
        delivered=count(counts, *DELIVERED),
        failed=count(counts, *FAILED),
    )


def row_of(data: object) -> Row:
    """Return the object of a response; raise NotFound if there is none."""
    if not (listed := rows(data)):
        raise NotFound("no data")
    return listed[0]


def report(data: object, campaign_id: str) -> DeliveryReport:
    """Return the report of a campaign; an unknown status is uncertain and changes nothing."""
    row = row_of(data)
    status, reason, status_on_timeout = _state(row)
    return DeliveryReport(
        status=status,
        reason=reason,
        status_on_timeout=status_on_timeout,
        provider_status=wire.status_word(row),
        message_id=campaign_id,
    )


def results(messages: Sequence[Message], data: object, now: datetime) -> list[SendResult]:
    """Return the results of a campaign that was accepted just now.

    A scheduled one may have no data, and cannot be looked up then. Neither can one whose row is another campaign's:
    some versions respond with the first campaign of the site [seen].
    """
    row = next(iter(rows(data)), {})
    if not _is_own(row, messages[0], now):
        row = {}
    status, reason, _ = _state(row)
    word, uid = wire.status_word(row), read_id(text(row, "uid"))
    return [
        SendResult(
            message=message,
            status=Status.ACCEPTED if status is Status.UNCERTAIN else status,
            message_id=uid,
            provider_status=word or None,
            error=MessageRejected(word, reason=reason) if reason else None,
        )
        for message in messages
    ]


def _is_own(row: Row, message: Message, now: datetime) -> bool:
    """Return True if a row can be the campaign of a message. The time in the name counts more than a text.

    The same text may have been sent before. A row with neither name nor text says nothing against it.
    """
    name = _name_of(row)
    if created := _API_NAME.fullmatch(name):
        return abs(now.timestamp() - int(created[1])) <= _MAX_NAME_AGE
    return text(row, "message") == message.text.strip() if "message" in row else not name


def _name_of(row: Row) -> str:
    return next(filter(None, (text(row, name) for name in _NAMES)), "")


def _state(row: Row) -> tuple[Status, FailureReason | None, Status | None]:
    """Return the status of a campaign, why it failed, and its final status if no better report comes.

    A finished campaign is delivered if one contact got it, and undelivered if it failed for all. Between the two,
    reports may still come.
    """
    word, counts = wire.status_word(row).lower(), _counts(row)
    status, reason = STATUSES.get(word, (Status.UNCERTAIN, None))
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
    """Return the row with the fields of its stats or of its cache."""
    if isinstance(stats := row.get("stats"), dict):
        known = {name: count(stats, name) or 0 for name in stats if name.endswith("_count")}
        total = count(stats, *TOTAL) or sum(known.values())
        return {**stats, "total": total, "failed_count": sum(known.get(name, 0) for name in FAILURES), **row}
    cache = row.get("cache")
    if isinstance(cache, str):
        try:
            cache = read_json(cache)
        except ValueError, RecursionError:
            cache = None
    return {**cache, **row} if isinstance(cache, dict) else row
