"""What keeps a message from being sent now: quiet hours, credit that is not there, the day's limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from ..gateway.errors import Limit, MessageRejected
from ..gateway.message import Balance
from ..gateway.status import FailureReason

# Units that a message's cost is told in; money cannot be held against it.
COUNTED = frozenset({"credit", "credits", "crédit", "crédits", "segment", "segments", "sms", "unit", "units"})


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of each day, over midnight where it ends before it begins; the end is no part of it."""

    begin: time
    end: time

    def seconds_left(self, now: datetime) -> float:
        """Seconds that really pass from now (aware, local) until it ends; 0.0 outside of it.

        The clock decides what is in it, also when it is put back and shows an hour twice. An end that the clock
        skips comes as much later as it skips.
        """
        if not self._has(now.time()):
            return 0.0
        moment = now.timestamp()
        # The end of today, its repetition where the clock is put back, the end of tomorrow.
        ends = (
            datetime.combine(now.date() + timedelta(days), self.end.replace(fold=fold), now.tzinfo).timestamp()
            for days, fold in ((0, 0), (0, 1), (1, 0))
        )
        return next(end - moment for end in ends if end > moment)

    def _has(self, clock: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def most_credit(balances: Iterable[Balance]) -> Decimal | None:
    """The largest pool; None where one has no limit, or nothing is known."""
    amounts = [balance.amount for balance in balances]
    known = [amount for amount in amounts if amount is not None]
    return max(known) if known and len(known) == len(amounts) else None


def is_low(balances: Iterable[Balance], threshold: Decimal) -> bool | None:
    """Whether the largest pool is used up or below the threshold, in its own unit; None where nothing is known."""
    known = list(balances)
    if not known:
        return None
    most = most_credit(known)
    return most is not None and (most <= 0 or most < threshold)


def check_credit(balances: Iterable[Balance], cost: int) -> None:
    """Raise MessageRejected where no pool has as many credits as a message costs."""
    known = list(balances)
    left = most_credit(known)
    if (
        left is None
        or max(left, Decimal(0)) >= cost
        or any(balance.unit.casefold() not in COUNTED for balance in known)
    ):
        return
    raise MessageRejected(limit=Limit.CREDIT, reason=FailureReason.INSUFFICIENT_CREDIT, cost=cost, left=written(left))


def check_daily(used: int, segments: int, limit: int) -> None:
    """Raise MessageRejected where the segments used today and a message's are more than the limit; 0 is none."""
    if limit and used + segments > limit:
        raise MessageRejected(limit=Limit.DAILY, reason=FailureReason.RATE_LIMITED, used=used, most=limit)


def check_counted(limit: int, *, uncounted: bool) -> None:
    """Raise MessageRejected where a limit cannot be held against a message, whose recipients nobody has counted."""
    if limit and uncounted:
        raise MessageRejected(limit=Limit.GROUP_UNCOUNTED, reason=FailureReason.RATE_LIMITED)


def written(amount: Decimal) -> str:
    """An amount in plain digits: no exponent, no needless zeros."""
    return f"{amount.normalize():f}" if amount else "0"
