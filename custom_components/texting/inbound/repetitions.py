"""Which incoming text is a known one again. A provider repeats a call that was not answered."""

from ..delivery.incoming import IncomingRecord

# All in seconds. A text with an id of its own or a date is known for so long.
MEMORY = 48 * 3600.0
# Without id and date a repetition cannot be told from a person who repeats themselves, so only the latest text of the
# sender counts: ON, OFF and ON again are three.
WINDOW_WITHOUT_ID = 60.0
# A text that was answered is not repeated. But Club and Group may bring a keyword by both of their APIs.
WINDOW_AFTER_REPLY = 5.0


def repeats(new: IncomingRecord, known: IncomingRecord, age: float, *, is_latest: bool) -> bool:
    """Return True if a text is a known one again: the same words, and nothing that both tell differs.

    age is how long ago the known one came in, in seconds. is_latest: nothing came in from its sender since.
    """
    if new.fingerprint != known.fingerprint:
        return False
    one, other = new.message, known.message
    is_identified = False
    for own, others in ((one.message_id, other.message_id), (one.sent_at, other.sent_at)):
        if _differ(own, others):
            return False
        is_identified = is_identified or (own is not None and others is not None)
    if is_identified:
        return age < MEMORY
    if _differ(one.replied_message_id, other.replied_message_id):
        return False
    return is_latest and age < (WINDOW_AFTER_REPLY if known.was_answered else WINDOW_WITHOUT_ID)


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
