"""How long the credit lasts, as far as the use of the last days tells."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

# Days of use that a forecast needs, and whole weeks that it takes at most: people text more on some days of a week.
WEEK = 7
MAX_WEEKS = 4
# Messages that they need to have.
MIN_TEXTS = 5
# A forecast of more days is rounded to a day, a shorter one to an hour.
_LONG = 14


def use_period(first_day: date, today: date) -> tuple[date, date] | None:
    """Return the first and last day of the use that a forecast is made from; None if there was too little time.

    The day that counted the first message and today are not whole days.
    """
    weeks = min(((today - first_day).days - 1) // WEEK, MAX_WEEKS)
    return None if weeks < 1 else (today - timedelta(weeks * WEEK), today - timedelta(1))


def lasts_until(now: datetime, left: Decimal, used: Decimal, days: int) -> datetime | None:
    """Return when the credit is used up, in the zone of now; None if nothing was used or it lasts 100 years.

    left is the balance, and used what so many days took of it, in the same unit.
    """
    if used <= 0:
        return None
    seconds = float(max(left, Decimal(0)) * days / used) * 86400
    if seconds > 100 * 365 * 86400:
        return None
    end = now + timedelta(seconds=seconds)
    if seconds > _LONG * 86400:
        return datetime.combine((end + timedelta(hours=12)).date(), time(), now.tzinfo)
    return (end + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
