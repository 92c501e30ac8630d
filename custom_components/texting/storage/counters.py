"""Counters: what an entry sent today and spent this month, in the days of the home."""

from collections.abc import Mapping
from decimal import Decimal

from homeassistant.util import dt as dt_util

from ..delivery.database import MessageDatabase
from ..delivery.money import rounded
from ..delivery.record import MessageRecord


class Counters:
    """Each message counts once, when the provider accepted it. The numbers begin again with each day or month."""

    def __init__(self) -> None:
        """Know nothing yet."""
        # Of all messages, and of urgent ones alone.
        self._segments = 0
        self._urgent_segments = 0
        self._day = ""
        # By currency.
        self._spent: dict[str, Decimal] = {}
        self._month = ""

    async def async_load(self, database: MessageDatabase, entry_id: str) -> None:
        """Read what an earlier run counted."""
        day = today()
        self._segments, self._urgent_segments = await database.segments_on(entry_id, day)
        self._spent = await database.spent(entry_id, first_of_month(day), day)
        self._day, self._month = day, month_of(day)

    def count(self, record: MessageRecord) -> None:
        """Count a message that was accepted. One of an earlier day counts there only."""
        day = today()
        if record.day == day:
            if self._day != day:
                self._day, self._segments, self._urgent_segments = day, 0, 0
            self._segments += record.segments
            self._urgent_segments += record.segments if record.urgent else 0
        month = month_of(day)
        if record.price is not None and record.currency and month_of(record.day or "") == month:
            if self._month != month:
                self._month, self._spent = month, {}
            before = self._spent.get(record.currency, Decimal(0))
            self._spent[record.currency] = rounded(before + Decimal(str(record.price)))

    @property
    def segments_today(self) -> int:
        """Segments that the provider accepted since midnight, local time."""
        return self._segments if self._day == today() else 0

    @property
    def urgent_segments_today(self) -> int:
        """The same of urgent messages alone."""
        return self._urgent_segments if self._day == today() else 0

    @property
    def spent_this_month(self) -> Mapping[str, Decimal]:
        """What messages of this month cost, by the ISO code of the currency."""
        return self._spent if self._month == month_of(today()) else {}


def today() -> str:
    """Return the day of the home, in ISO format."""
    return dt_util.now().date().isoformat()


def month_of(day: str) -> str:
    """Return the month of a day in ISO format."""
    return day[:7]


def first_of_month(day: str) -> str:
    """Return the first day of the month of a day, in ISO format."""
    return f"{month_of(day)}-01"
