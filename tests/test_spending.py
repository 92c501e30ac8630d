"""How long the credit lasts, and how many texts arrive."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import do_adhoc_statistics

from custom_components.texting.delivery.forecast import lasts_until, use_period
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_at_time
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, state_of

HOUSE, PRO, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.THESMSPOINT
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
LASTS, RATE = "sensor.textinghouse_credit_lasts_until", "sensor.textinghouse_delivery_rate"


# -- the calculation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "weeks"), [(0, None), (7, None), (8, 1), (14, 1), (15, 2), (28, 3), (29, 4), (300, 4)]
)
def test_the_use_of_whole_weeks_counts(days_ago: int, weeks: int | None) -> None:
    """Neither the first day nor today is a whole day."""
    period = use_period(TODAY - timedelta(days_ago), TODAY)
    expected = weeks and (TODAY - timedelta(7 * weeks), TODAY - timedelta(1))
    assert period == expected


@pytest.mark.parametrize(
    ("left", "used", "days", "expected"),
    [
        (Decimal(10), Decimal(28), 28, NOW + timedelta(days=10)),
        (Decimal("7.5"), Decimal(14), 28, NOW + timedelta(days=15, hours=9)),  # the next midnight
        (Decimal(0), Decimal(28), 28, NOW),
        (Decimal(-5), Decimal(28), 28, NOW),
        (Decimal(10), Decimal(0), 28, None),
        (Decimal(10), Decimal(-1), 28, None),
        (Decimal(10**9), Decimal(1), 28, None),
    ],
)
def test_when_the_credit_is_used_up(left: Decimal, used: Decimal, days: int, expected: datetime | None) -> None:
    assert lasts_until(NOW, left, used, days) == expected


# Segments of a day, by its number and the day of the week.
PATTERNS: dict[str, Callable[[int], int]] = {
    "three a day": lambda _day: 3,
    "one a day": lambda _day: 1,
    "a digest of two segments, and an alarm each week": lambda day: 2 + 5 * (day % 7 == 3),
    "only on workdays": lambda day: 0 if day % 7 in (5, 6) else 4,
    "every other day": lambda day: day % 2 * 3,
    "forty a day": lambda _day: 40,
}


# What changes from day to day needs time to even out.
STEADY = ("three a day", "one a day", "forty a day")
FORECASTS = [
    (pattern, lasting, history)
    for pattern in PATTERNS
    for lasting in ((2, 5, 20, 60, 300) if pattern in STEADY else (20, 60, 300))
    for history in ((8, 15, 30, 200) if pattern in STEADY else (15, 30, 200))
]


@pytest.mark.parametrize(("pattern", "lasting", "history"), FORECASTS)
def test_a_forecast_of_steady_use_is_right_within_a_tenth(pattern: str, lasting: int, history: int) -> None:
    """The use goes on as before. The credit ends between the last text that it pays and the first that it does not."""
    use, today = PATTERNS[pattern], TODAY.toordinal()
    left = sum(use(today + day) for day in range(1, lasting + 1))
    last = next(day for day in range(lasting, 0, -1) if use(today + day))
    missing = next(day for day in count(lasting + 1) if use(today + day))
    period = use_period(TODAY - timedelta(history), TODAY)
    assert period is not None
    first, latest = (day.toordinal() for day in period)
    used = sum(use(day) for day in range(first, latest + 1))
    forecast = lasts_until(NOW, Decimal(left), Decimal(used), latest - first + 1)
    assert forecast is not None
    # A day's texts are sent at noon.
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    begin, end = noon + timedelta(last), noon + timedelta(missing)
    error = max(begin - forecast, forecast - end, timedelta())
    assert error <= (end - NOW) / 10


# -- the sensors ---------------------------------------------------------------------------------------------------


async def text_daily(entry: Any, days: int, *, segments: int = 1, **changes: Any) -> None:
    """Write texts into the database, three on each of so many days before today."""
    database = entry.runtime_data.outbox.database
    records = []
    for ago in range(1, days + 1):
        day = dt_util.now().date() - timedelta(ago)
        for number in range(3):
            at = dt_util.utcnow().timestamp() - ago * 86400 + number
            values: dict[str, Any] = {"status": Status.DELIVERED, "segments": segments, "accepted_at": at} | changes
            records.append(
                MessageRecord(
                    message=Message(reference=ulid_at_time(at), to="+33612345601", text="Water"),
                    entry_id=entry.entry_id,
                    created_at=at,
                    expires_at=at + 3600,
                    day=day.isoformat(),
                    phase=Phase.DONE,
                    **values,
                )
            )
    await database.write(records)


@pytest.fixture(autouse=True)
def _at_three(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


async def reloaded(hass: HomeAssistant, entry: Any) -> None:
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_too_little_is_known_in_the_first_week(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    assert state_of(hass, LASTS).state == "unknown"
    await text_daily(entry, 7)
    await reloaded(hass, entry)
    assert state_of(hass, LASTS).state == "unknown"


async def test_the_credit_lasts_as_long_as_the_use_of_the_last_weeks_says(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    simulator.accounts[HOUSE].credit = Decimal(60)
    entry = await set_up(HOUSE)
    await text_daily(entry, 30, segments=2)
    await reloaded(hass, entry)
    assert state_of(hass, LASTS).state == (NOW + timedelta(days=10)).isoformat()
    # A top-up is no negative use.
    simulator.accounts[HOUSE].credit = Decimal(72)
    await entry.runtime_data.balance.async_refresh()
    await reloaded(hass, entry)
    assert state_of(hass, LASTS).state == (NOW + timedelta(days=12)).isoformat()


async def test_few_texts_tell_nothing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await text_daily(entry, 10, status=Status.REJECTED, accepted_at=None)
    await reloaded(hass, entry)
    assert state_of(hass, LASTS).state == "unknown"


@pytest.mark.parametrize(
    ("options", "price", "expected"),
    [
        # 0.3 a day of 3 euros
        ({}, {"price": 0.1, "currency": "EUR"}, 10),
        ({"segment_price": 0.1, "currency": "EUR"}, {"price": 0.1, "currency": "EUR"}, 10),
        # Nobody knows what it costs in the currency of the balance.
        ({}, {"price": 0.1, "currency": "USD"}, None),
        ({}, {}, None),
    ],
)
async def test_money_lasts_as_long_as_the_spending_says(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    options: dict[str, Any],
    price: dict[str, Any],
    expected: int | None,
) -> None:
    account = simulator.accounts[PRO]
    account.balance_shape, account.balance_text, account.credit = "remaining", "€{:.2f}", Decimal(3)
    entry = await set_up(PRO, options=options)
    await text_daily(entry, 30, **price)
    await reloaded(hass, entry)
    state = state_of(hass, "sensor.textiopro_credit_lasts_until").state
    assert state == ("unknown" if expected is None else (NOW + timedelta(days=expected)).isoformat())


async def test_days_before_a_price_was_known_tell_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    account = simulator.accounts[PRO]
    account.balance_shape, account.balance_text, account.credit = "remaining", "€{:.2f}", Decimal(3)
    entry = await set_up(PRO)
    await text_daily(entry, 30)
    await text_daily(entry, 2, price=0.1, currency="EUR")
    await reloaded(hass, entry)
    assert state_of(hass, "sensor.textiopro_credit_lasts_until").state == "unknown"


async def test_unlimited_credit_has_no_end(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[PRO].unlimited, simulator.accounts[PRO].balance_shape = True, "remaining"
    entry = await set_up(PRO)
    await text_daily(entry, 30)
    await reloaded(hass, entry)
    assert state_of(hass, "sensor.textiopro_credit_lasts_until").state == "unknown"


async def test_of_several_pools_the_only_one_with_credit_pays(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    sensor = "sensor.thesmspoint_credit_lasts_until"
    entry = await set_up(POINT)
    await text_daily(entry, 30)
    await reloaded(hass, entry)
    assert state_of(hass, sensor).state == "unknown"
    simulator.accounts[POINT].credit = {"OTP": Decimal(0), "Promotional": Decimal(0), "Transactional": Decimal(30)}
    await entry.runtime_data.balance.async_refresh()
    await reloaded(hass, entry)
    assert state_of(hass, sensor).state == (NOW + timedelta(days=10)).isoformat()


async def test_the_delivery_rate(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    assert state_of(hass, RATE).state == "unknown"
    await text_daily(entry, 40)
    await text_daily(entry, 10, status=Status.UNDELIVERED)
    await reloaded(hass, entry)
    # 87 of 29 days, and 30 that did not arrive
    assert state_of(hass, RATE).state == str(round(100 * 87 / 117, 1))


async def test_a_text_that_is_under_way_does_not_count_yet(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await text_daily(entry, 2)
    simulator.delivered_after = simulator.sent_after = 3600
    await ask_to_send(hass, "Water", entity_id="notify.anna")
    assert len(entry.runtime_data.outbox) == 1
    await reloaded(hass, entry)
    assert state_of(hass, RATE).state == "100.0"


async def test_a_provider_without_reports_has_no_rate(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    assert hass.states.get("sensor.club_texting_delivery_rate") is None


# -- long-term statistics ------------------------------------------------------------------------------------------


async def test_credit_and_spending_have_long_term_statistics(
    recorder_mock: Any, hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """What is spent in two months is the sum of both, although the sensor begins again."""
    spent, credit = "sensor.textinghouse_spent_this_month", "sensor.textinghouse_credit_balance"
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime(2026, 11, 30, 23, 50, tzinfo=UTC))
    entry = await set_up(HOUSE, options={"segment_price": 0.07, "currency": "EUR"})
    for at, texts in ((datetime(2026, 11, 30, 23, 55, tzinfo=UTC), 2), (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), 3)):
        for number in range(texts):
            await ask_to_send(hass, f"Water {at} {number}", account=entry.entry_id, to=["+33612345601"])
        await entry.runtime_data.balance.async_refresh()
        await get_instance(hass).async_block_till_done()
        do_adhoc_statistics(hass, start=at - timedelta(minutes=5))
        await get_instance(hass).async_block_till_done()
        freezer.move_to(at)
        async_fire_time_changed(hass, at)
        await hass.async_block_till_done()
    found = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass, NOW, None, {spent, credit}, "5minute", None, {"change", "mean", "sum", "state"}
        )
    )
    assert round(sum(each["change"] or 0 for each in found[spent]), 6) == 0.35
    assert [each["mean"] is not None for each in found[credit]] == [True, True]
