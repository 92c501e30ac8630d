"""When TextingHouse sends a commercial text: our prediction, and the simulator's behavior."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.texting.gateway import commercial_hours
from custom_components.texting.gateway.commercial_hours import easter, french_holidays, next_opening
from custom_components.texting.gateway.provider import Provider
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway
from tests.support.samples import new_message, send

HOUSE = Provider.TEXTINGHOUSE
FRANCE, REUNION, MAYOTTE_OR_REUNION = "+33612345601", "+262692123456", "+262639123456"
GUADELOUPE, BRITAIN, SPAIN, PORTUGAL, INDIA = (
    "+590690123456", "+447400123456", "+34612345678", "+351912345678", "+919812345601",
)  # fmt: skip
# From printed calendars.
HOLIDAYS_2026 = {
    *(date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25)),
    *(date(2026, 7, 14), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25)),
}


@pytest.mark.parametrize(
    ("number", "at", "opens"),
    [
        # Monday 2 March 2026 and the days around it.
        (FRANCE, "2026-03-02T07:59:59+01:00", "2026-03-02T08:00:00+01:00"),
        (FRANCE, "2026-03-02T08:00:00+01:00", None),
        (FRANCE, "2026-03-02T19:59:59+01:00", None),
        (FRANCE, "2026-03-02T20:00:00+01:00", "2026-03-03T08:00:00+01:00"),
        (FRANCE, "2026-03-06T20:00:00+01:00", "2026-03-07T10:00:00+01:00"),
        (FRANCE, "2026-03-07T09:59:00+01:00", "2026-03-07T10:00:00+01:00"),
        (FRANCE, "2026-03-07T14:59:59+01:00", None),
        (FRANCE, "2026-03-07T15:00:00+01:00", "2026-03-09T08:00:00+01:00"),
        (FRANCE, "2026-03-08T12:00:00+01:00", "2026-03-09T08:00:00+01:00"),
        # The same time in another zone.
        (FRANCE, "2026-03-02T19:00:00+00:00", "2026-03-03T08:00:00+01:00"),
        # Friday 1 May and Friday 8 May are holidays before a Saturday, Friday 25 December too.
        (FRANCE, "2026-04-30T20:00:00+02:00", "2026-05-02T10:00:00+02:00"),
        (FRANCE, "2026-05-08T12:00:00+02:00", "2026-05-09T10:00:00+02:00"),
        (FRANCE, "2026-12-24T21:00:00+01:00", "2026-12-26T10:00:00+01:00"),
        # Saturday 15 August; Thursday 31 December 2026 at night, into the next year.
        (FRANCE, "2026-08-14T20:30:00+02:00", "2026-08-17T08:00:00+02:00"),
        (FRANCE, "2026-12-31T20:00:00+01:00", "2027-01-02T10:00:00+01:00"),
        # Easter Monday 2026; the clocks go forward on Sunday 29 March, back on Sunday 25 October.
        (FRANCE, "2026-04-04T15:00:00+02:00", "2026-04-07T08:00:00+02:00"),
        (FRANCE, "2026-03-28T15:00:00+01:00", "2026-03-30T08:00:00+02:00"),
        (FRANCE, "2026-10-24T15:00:00+02:00", "2026-10-26T08:00:00+01:00"),
        # Other countries.
        (REUNION, "2026-03-02T17:00:00+01:00", "2026-03-03T08:00:00+04:00"),
        (GUADELOUPE, "2026-03-02T08:00:00+01:00", "2026-03-02T08:00:00-04:00"),
        (BRITAIN, "2026-03-02T08:30:00+01:00", "2026-03-02T08:00:00+00:00"),
        (INDIA, "2026-03-02T08:00:00+01:00", None),
        # French holidays do not count in other countries.
        (BRITAIN, "2026-07-14T12:00:00+01:00", None),
        # If a number may be in several zones, the latest time counts, also if it is before the hours in one zone.
        (SPAIN, "2026-03-02T08:30:00+01:00", "2026-03-02T08:00:00+00:00"),
        (SPAIN, "2026-03-02T20:30:00+01:00", "2026-03-03T08:00:00+01:00"),
        (SPAIN, "2026-03-02T06:00:00+01:00", "2026-03-02T08:00:00+00:00"),
        (PORTUGAL, "2026-03-02T08:30:00+00:00", "2026-03-02T08:00:00-01:00"),
        (MAYOTTE_OR_REUNION, "2026-03-02T04:00:00+00:00", "2026-03-02T08:00:00+03:00"),
        # Unknown time zones.
        ("+12125550142", "2026-03-01T12:00:00+01:00", None),
        ("+79123456789", "2026-03-01T12:00:00+01:00", None),
        ("+999", "2026-03-01T12:00:00+01:00", None),
        ("999", "2026-03-01T12:00:00+01:00", None),
        ("", "2026-03-01T12:00:00+01:00", None),
    ],
)
def test_when_it_opens(number: str, at: str, opens: str | None) -> None:
    found = next_opening(number, datetime.fromisoformat(at))
    assert (found.isoformat() if found else None) == opens


def test_french_holidays() -> None:
    assert french_holidays(2026) == HOLIDAYS_2026
    assert len(french_holidays(2027)) == 11
    # In 2008 Ascension Day fell on 1 May.
    assert len(french_holidays(2008)) == 10


@pytest.mark.parametrize(
    "day", ["1818-03-22", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"]
)
def test_easter(day: str) -> None:
    assert easter(int(day[:4])).isoformat() == day


def test_every_zone_is_known() -> None:
    assert all(commercial_hours.ZONES.values())
    assert commercial_hours._read(("Europe/Nowhere",)) == ()


@pytest.mark.parametrize(("number", "zone"), [(FRANCE, "Europe/Paris"), (REUNION, "Indian/Reunion")])
async def test_as_the_gateway_holds_it(gateway: OpenGateway, simulator: Simulator, number: str, zone: str) -> None:
    """Return every fifth hour of the two weeks around 1 May."""
    account, kept = gateway(HOUSE), simulator.accounts[HOUSE]
    kept.holidays = HOLIDAYS_2026
    kept.credit = 10**6
    begin = datetime(2026, 4, 27, 0, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    held = 0
    for place in range(70):
        now = begin + timedelta(hours=5 * place)
        account.clock = simulator.clock = lambda now=now: now
        message = new_message(HOUSE, to=number, text=f"Sale {place} STOP sms-s.top", commercial=True)
        foretold = account.preview(message).held_until
        await send(account, [message])
        assert simulator.messages()[-1].not_before == (foretold or now)
        held += foretold is not None
    assert 20 < held < 60


async def test_what_is_never_held(gateway: OpenGateway, simulator: Simulator) -> None:
    account = gateway(HOUSE)
    sunday = datetime(2026, 3, 1, 12, tzinfo=UTC)
    account.clock = simulator.clock = lambda: sunday
    text = "Sale STOP sms-s.top"
    assert account.preview(new_message(HOUSE, text=text)).held_until is None
    assert account.preview(new_message(HOUSE, to="999", text=text, commercial=True)).held_until is None
    assert account.preview(new_message(HOUSE, text=text, commercial=True)).held_until is not None
    await send(account, [new_message(HOUSE, to="999", text=text, commercial=True)])
    assert simulator.messages()[0].not_before == sunday
