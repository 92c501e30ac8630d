"""The hours in which TextingHouse sends commercial texts (section 4.3), in the recipient's time zone.

These are Monday to Friday from 8 to 20 and Saturday from 10 to 15, but no Sundays and no public holidays. This module
only knows the public holidays of France (the 11 of its Code du travail, article L3133-1, without the two more of
Alsace and Moselle) and the time zones of the countries below. For other countries it predicts nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .phone_number import regions_of

WEEKDAYS = (time(8), time(20))
SATURDAYS = (time(10), time(15))
SATURDAY, SUNDAY = 5, 6

# The time zones of each region (ISO 3166), from the tz database. A mobile number says nothing more exact.
_ZONES: Mapping[str, tuple[str, ...]] = {
    "AD": ("Europe/Andorra",), "AT": ("Europe/Vienna",), "BE": ("Europe/Brussels",), "BG": ("Europe/Sofia",),
    "BL": ("America/St_Barthelemy",), "CH": ("Europe/Zurich",), "CI": ("Africa/Abidjan",), "CY": ("Asia/Nicosia",),
    "CZ": ("Europe/Prague",), "DE": ("Europe/Berlin",), "DK": ("Europe/Copenhagen",), "DZ": ("Africa/Algiers",),
    "EE": ("Europe/Tallinn",), "ES": ("Europe/Madrid", "Atlantic/Canary"), "FI": ("Europe/Helsinki",),
    "FR": ("Europe/Paris",), "GB": ("Europe/London",), "GF": ("America/Cayenne",), "GG": ("Europe/Guernsey",),
    "GP": ("America/Guadeloupe",), "GR": ("Europe/Athens",), "HR": ("Europe/Zagreb",), "HU": ("Europe/Budapest",),
    "IE": ("Europe/Dublin",), "IM": ("Europe/Isle_of_Man",), "IN": ("Asia/Kolkata",), "IS": ("Atlantic/Reykjavik",),
    "IT": ("Europe/Rome",), "JE": ("Europe/Jersey",), "LI": ("Europe/Vaduz",), "LT": ("Europe/Vilnius",),
    "LU": ("Europe/Luxembourg",), "LV": ("Europe/Riga",), "MA": ("Africa/Casablanca",), "MC": ("Europe/Monaco",),
    "MF": ("America/Marigot",), "MQ": ("America/Martinique",), "MT": ("Europe/Malta",), "MU": ("Indian/Mauritius",),
    "NC": ("Pacific/Noumea",), "NL": ("Europe/Amsterdam",), "NO": ("Europe/Oslo",),
    "PF": ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier"), "PL": ("Europe/Warsaw",),
    "PM": ("America/Miquelon",), "PT": ("Europe/Lisbon", "Atlantic/Azores"), "RE": ("Indian/Reunion",),
    "RO": ("Europe/Bucharest",), "SE": ("Europe/Stockholm",), "SI": ("Europe/Ljubljana",),
    "SJ": ("Arctic/Longyearbyen",), "SK": ("Europe/Bratislava",), "SM": ("Europe/San_Marino",),
    "SN": ("Africa/Dakar",), "TN": ("Africa/Tunis",), "VA": ("Europe/Vatican",), "WF": ("Pacific/Wallis",),
    "YT": ("Indian/Mayotte",),
}  # fmt: skip
_FRENCH = frozenset({"FR", "BL", "GF", "GP", "MF", "MQ", "PM", "RE", "YT"})
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
# Days from Easter to Easter Monday, Ascension Day and Whit Monday.
_MOVABLE = (1, 39, 50)


def _read(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """Return the zones, or none if one is missing in this machine's tz database."""
    try:
        return tuple(map(ZoneInfo, names))
    except ZoneInfoNotFoundError:
        return ()


# Each zone is a file. They are read on import, outside of the event loop.
ZONES = {region: _read(names) for region, names in _ZONES.items()}


def next_opening(number: str, at: datetime) -> datetime | None:
    """Return when a text is sent that the provider receives at this time; None if it is sent at once or nobody knows.

    number is in E.164, and the times have a time zone. If the number may be in several zones, the latest time counts.
    """
    regions = regions_of(number)
    if not regions or not all(ZONES.get(region) for region in regions):
        return None
    latest = max(_opening(at.astimezone(zone), region) for region in regions for zone in ZONES[region])
    return latest if latest > at else None


def _opening(local: datetime, region: str) -> datetime:
    """Return this time if it is within the hours, else the next time they begin."""
    return next(max(begin, local) for begin, end in _hours(local, region) if local < end)


def _hours(local: datetime, region: str) -> Iterator[tuple[datetime, datetime]]:
    """Iterate over the hours of this day and of all days after it."""
    for days in count():
        day = local.date() + timedelta(days=days)
        if day.weekday() != SUNDAY and not (region in _FRENCH and day in french_holidays(day.year)):
            begin, end = SATURDAYS if day.weekday() == SATURDAY else WEEKDAYS
            yield datetime.combine(day, begin, local.tzinfo), datetime.combine(day, end, local.tzinfo)


@lru_cache(maxsize=8)
def french_holidays(year: int) -> frozenset[date]:
    """Return the public holidays of France."""
    movable = (easter(year) + timedelta(days=days) for days in _MOVABLE)
    return frozenset({*(date(year, month, day) for month, day in _FIXED), *movable})


def easter(year: int) -> date:
    """Return Easter Sunday in the Gregorian calendar (Nature, 20 April 1876; Meeus, chapter 8)."""
    century, in_century = divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    moon = (19 * (year % 19) + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (in_century // 4) - moon - in_century % 4) % 7
    late = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
