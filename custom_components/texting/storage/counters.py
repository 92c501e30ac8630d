"""Counters: what an entry sent today and spent this month, in the days of the home."""

from collections.abc import Mapping
from datetime import timedelta
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
        # By month, since a clock may be wrong for a while; then by currency.
        self._spent: dict[str, dict[str, Decimal]] = {}

    async def async_load(self, database: MessageDatabase, entry_id: str) -> None:
        """Read what an earlier run counted."""
        day = today()
        self._segments, self._urgent_segments = await database.segments_on(entry_id, day)
        # The months that the clock may be wrong about too.
        since = (dt_util.now().date().replace(day=1) - timedelta(1)).replace(day=1)
        self._spent = await database.spent_by_month(entry_id, since.isoformat())
        self._day = day

    def count(self, record: MessageRecord) -> None:
        """Count a message that was accepted. One of an earlier day counts there only."""
        day = today()
        if record.day == day:
            if self._day != day:
                self._day, self._segments, self._urgent_segments = day, 0, 0
            self._segments += record.segments
            self._urgent_segments += record.segments if record.urgent else 0
        if record.price is not None and record.currency and record.day:
            spent = self._spent.setdefault(month_of(record.day), {})
            spent[record.currency] = rounded(spent.get(record.currency, Decimal(0)) + Decimal(str(record.price)))

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
        return self._spent.get(month_of(today()), {})


def today() -> str:
    """Return the day of the home, in ISO format."""
    return dt_util.now().date().isoformat()


def month_of(day: str) -> str:
    """Return the month of a day in ISO format."""
    return day[:7]
