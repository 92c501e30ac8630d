"""Read the times that providers write."""

from datetime import datetime, tzinfo

# Times of other years are no times of messages. Those at the ends of the calendar do not exist in every zone.
_YEARS = range(1970, 9999)


def read_time(text: str, zone: tzinfo | None) -> datetime | None:
    """Return a time in ISO 8601, with a zone; None for anything else.

    zone is that of a time that names none. Without it, such a time is None too.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    zone = moment.tzinfo or zone
    return moment.replace(tzinfo=zone) if zone and moment.year in _YEARS else None
