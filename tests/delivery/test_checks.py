from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import assume, given, strategies as st
import pytest

from custom_components.texting.delivery.checks import (
    QuietHours,
    check_credit,
    check_daily,
    format_amount,
    is_low,
    most_credit,
)
from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.status import FailureReason

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(22), time(7))
NOON = QuietHours(time(12), time(13, 30))
# In spring the clock jumps from 2:00 to 3:00, in autumn from 3:00 back to 2:00.
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
CHANGEOVERS = (SPRING, AUTUMN)
HOUR = 3600.0


def paris(day: date, clock: str, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), PARIS).replace(fold=fold)


def has(hours: QuietHours, clock: time) -> bool:
    """Return True if a time is within the hours. This counts from their begin, unlike the code."""
    length, since = (
        (moment.hour * 3600 + moment.minute * 60 + moment.second - _second(hours.begin)) % 86400
        for moment in (hours.end, clock)
    )
    return since < length


def _second(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


# -- quiet hours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "clock", "left"),
    [
        (NOON, "11:59:59.999999", 0.0),
        (NOON, "12:00", 1.5 * HOUR),
        (NOON, "13:29:59", 1.0),
        (NOON, "13:29:59.500", 0.5),
        (NOON, "13:30", 0.0),
        (NOON, "00:00", 0.0),
        (NIGHT, "21:59:59", 0.0),
        (NIGHT, "22:00", 9 * HOUR),
        (NIGHT, "23:59:59", 7 * HOUR + 1),
        (NIGHT, "00:00", 7 * HOUR),
        (NIGHT, "06:59:59", 1.0),
        (NIGHT, "07:00", 0.0),
        (NIGHT, "12:00", 0.0),
        (QuietHours(time(22), time(0)), "23:00", HOUR),
        (QuietHours(time(22), time(0)), "00:00", 0.0),
        (QuietHours(time(0), time(6)), "00:00", 6 * HOUR),
        (QuietHours(time(9), time(9)), "09:00", 0.0),
    ],
)
def test_the_begin_is_quiet_and_the_end_is_not(hours: QuietHours, clock: str, left: float) -> None:
    assert hours.seconds_left(paris(date(2026, 11, 20), clock)) == left


@pytest.mark.parametrize(
    ("day", "clock", "fold", "left"),
    [
        (SPRING - timedelta(1), "22:00", 0, 8 * HOUR),
        (SPRING, "01:59:59", 0, 4 * HOUR + 1),
        (SPRING, "03:00", 0, 4 * HOUR),
        (SPRING, "22:00", 0, 9 * HOUR),
        (AUTUMN - timedelta(1), "22:00", 0, 10 * HOUR),
        (AUTUMN, "02:30", 0, 5.5 * HOUR),
        (AUTUMN, "02:30", 1, 4.5 * HOUR),
        (AUTUMN, "03:00", 0, 4 * HOUR),
        (AUTUMN, "22:00", 0, 9 * HOUR),
    ],
)
def test_seconds_are_those_that_pass_when_the_clock_is_changed(day: date, clock: str, fold: int, left: float) -> None:
    assert NIGHT.seconds_left(paris(day, clock, fold)) == left


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    hours = QuietHours(time(22), time(2, 30))
    evening = paris(AUTUMN - timedelta(1), "22:00")
    assert hours.seconds_left(evening) == 4.5 * HOUR
    assert hours.seconds_left(paris(AUTUMN, "02:30")) == 0.0
    assert hours.seconds_left(paris(AUTUMN, "02:00", fold=1)) == 0.5 * HOUR
    assert hours.seconds_left(paris(AUTUMN, "02:30", fold=1)) == 0.0


def test_quiet_hours_that_begin_between_two_ends_end_with_the_second() -> None:
    hours = QuietHours(time(2, 40), time(2, 30))
    assert hours.seconds_left(paris(AUTUMN, "02:45")) == 0.75 * HOUR


def test_an_end_that_the_clock_skips_comes_later() -> None:
    hours = QuietHours(time(22), time(2, 30))
    assert hours.seconds_left(paris(SPRING - timedelta(1), "22:00")) == 4.5 * HOUR
    assert hours.seconds_left(paris(SPRING, "03:00")) == 0.0


CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31)) | st.sampled_from(
    [day + timedelta(shift) for day in CHANGEOVERS for shift in (-1, 0)]
)


@given(begin=CLOCKS, end=CLOCKS, day=DAYS, seconds=st.integers(0, 86399))
def test_the_time_on_the_clock_decides(begin: time, end: time, day: date, seconds: int) -> None:
    hours = QuietHours(begin, end)
    now = (datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)).astimezone(PARIS)
    assert (hours.seconds_left(now) > 0) is has(hours, now.time())


@given(begin=CLOCKS, end=CLOCKS, day=DAYS, seconds=st.integers(0, 86399))
def test_after_the_seconds_the_clock_shows_the_end(begin: time, end: time, day: date, seconds: int) -> None:
    assume(not time(2) <= end < time(3))
    now = (datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)).astimezone(PARIS)
    left = QuietHours(begin, end).seconds_left(now)
    assume(left)
    assert left <= 25 * HOUR
    then = (now.astimezone(UTC) + timedelta(seconds=left)).astimezone(PARIS)
    assert then.time() == end
    assert QuietHours(begin, end).seconds_left(then) == 0.0


# -- credit --------------------------------------------------------------------------------------------------------


def balances(*amounts: str | None, unit: str = "credits") -> list[Balance]:
    return [Balance(amount=Decimal(amount) if amount else None, unit=unit) for amount in amounts]


@pytest.mark.parametrize(
    ("amounts", "most"),
    [((), None), (("5",), "5"), (("1", "2.5", "2"), "2.5"), (("-3", "-1"), "-1"), ((None,), None), (("7", None), None)],
)
def test_the_largest_pool_counts(amounts: tuple[str | None, ...], most: str | None) -> None:
    assert most_credit(iter(balances(*amounts))) == (Decimal(most) if most else None)


@pytest.mark.parametrize(
    ("amounts", "threshold", "low"),
    [
        ((), "0", None),
        ((), "10", None),
        ((None,), "10", False),
        (("0", None), "10", False),
        (("0.01",), "0", False),
        (("0",), "0", True),
        (("-1",), "0", True),
        (("10",), "10", False),
        (("9.99",), "10", True),
        (("0", "10"), "10", False),
        (("0", "9"), "10", True),
    ],
)
def test_credit_is_low_below_the_threshold_or_at_zero(
    amounts: tuple[str | None, ...], threshold: str, low: bool | None
) -> None:
    assert is_low(iter(balances(*amounts)), Decimal(threshold)) is low


@pytest.mark.parametrize("unit", ["credits", "SMS", "sms", "Credits", "segments"])
@pytest.mark.parametrize(("amounts", "cost"), [(("2.99",), 3), (("1", "2"), 3), (("0",), 1), (("-5",), 1)])
def test_a_message_that_no_pool_covers_is_refused(amounts: tuple[str, ...], cost: int, unit: str) -> None:
    with pytest.raises(MessageRejected) as caught:
        check_credit(iter(balances(*amounts, unit=unit)), cost)
    error = caught.value
    assert (error.limit, error.reason) == (Limit.CREDIT, FailureReason.INSUFFICIENT_CREDIT)
    assert error.details == {"cost": cost, "left": amounts[-1]}


@pytest.mark.parametrize(
    ("known", "cost"),
    [
        (balances("3"), 3),
        (balances("0", "3"), 3),
        (balances("0"), 0),
        (balances("-1"), 0),
        (balances(), 3),
        (balances(None), 3),
        (balances("0", None), 3),
        (balances("0.50", unit="$"), 3),
        (balances("0.50", unit="EUR"), 3),
        ([*balances("0"), *balances("0.50", unit="$")], 3),
    ],
)
def test_a_message_that_may_be_covered_is_accepted(known: list[Balance], cost: int) -> None:
    check_credit(known, cost)


@given(st.decimals(-(10**12), 10**12, places=4))
def test_amounts_have_plain_digits(amount: Decimal) -> None:
    text = format_amount(amount)
    assert Decimal(text) == amount
    assert set(text) <= set("-.0123456789")
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(("amount", "text"), [("1E+3", "1000"), ("12.50", "12.5"), ("0E+5", "0"), ("-0.00", "0")])
def test_amounts_have_no_exponent_and_no_trailing_zeros(amount: str, text: str) -> None:
    assert format_amount(Decimal(amount)) == text


# -- the daily limit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "segments", "limit"), [(10, 1, 10), (8, 3, 10), (0, 2, 1), (99, 1, 10)])
def test_a_message_over_the_daily_limit_is_refused(used: int, segments: int, limit: int) -> None:
    with pytest.raises(MessageRejected) as caught:
        check_daily(used, segments, limit)
    error = caught.value
    assert (error.limit, error.reason) == (Limit.DAILY, FailureReason.RATE_LIMITED)
    assert error.details == {"used": used, "most": limit}
    with pytest.raises(MessageRejected) as caught:
        check_daily(used, segments, limit, urgent=True)
    assert caught.value.limit is Limit.DAILY_URGENT


@pytest.mark.parametrize(("used", "segments", "limit"), [(9, 1, 10), (0, 10, 10), (10**6, 5, 0)])
def test_a_message_within_the_daily_limit_is_accepted(used: int, segments: int, limit: int) -> None:
    check_daily(used, segments, limit)
