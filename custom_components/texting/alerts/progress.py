"""How far a notification is, as its message tells."""

from ..alerting.events import Progressed
from ..alerting.model import Notification, Progress
from ..delivery.record import MessageRecord
from ..gateway.status import Status

_PROGRESS = {
    Status.ACCEPTED: Progress.ACCEPTED,
    Status.SENT: Progress.ACCEPTED,
    Status.DELIVERED: Progress.DELIVERED,
    Status.UNDELIVERED: Progress.UNDELIVERED,
    Status.UNCERTAIN: Progress.UNCERTAIN,
    Status.REJECTED: Progress.FAILED,
}


def progress_of(notification: Notification, record: MessageRecord) -> Progressed | None:
    """Return what is known of the message of a notification; None while it waits."""
    progress = _PROGRESS.get(record.status)
    if record.status is Status.EXPIRED:
        progress = Progress.FAILED if record.accepted_at is None else Progress.UNDELIVERED
    elif record.status is Status.REJECTED and notification.is_withdrawn:
        progress = Progress.CANCELLED
    return Progressed(notification.number, progress, max(record.segments, 1)) if progress else None
