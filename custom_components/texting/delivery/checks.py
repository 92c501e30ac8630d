"""What stops a message from being sent now: quiet hours, missing credit, and the daily limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from ..gateway.errors import Limit, MessageRejected
from ..gateway.message import Balance
from ..gateway.status import FailureReason
from .money import written

# Units that the cost of a message is measured in. A balance in money cannot be compared with a cost.
_COUNTED = frozenset({"credit", "credits", "crédit", "crédits", "segment", "segments", "sms", "unit", "units"})


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of each day. If it ends before it begins, it includes midnight."""

    # The first moment of it.
    begin: time
    # The first moment after it.
    end: time

    def seconds_left(self, now: datetime) -> float:
        """Return the real seconds from now until the end, 0.0 outside the quiet hours. now is aware and local.

        The time on the clock decides, also when the clock is set back and shows an hour twice. If the clock skips the
        end, the end comes as much later as the clock skips.
        """
        if not self._includes(now.time()):
            return 0.0
        moment = now.timestamp()
        # Today's end, its repetition if the clock is set back, and tomorrow's end.
        ends = (
            datetime.combine(now.date() + timedelta(days), self.end.replace(fold=fold), now.tzinfo).timestamp()
            for days, fold in ((0, 0), (0, 1), (1, 0))
        )
        return next(end - moment for end in ends if end > moment)

    def _includes(self, clock: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def most_credit(balances: Iterable[Balance]) -> Decimal | None:
    """Return the amount of the largest pool, None if a pool has no limit or nothing is known."""
    amounts = [balance.amount for balance in balances]
    known = [amount for amount in amounts if amount is not None]
    return max(known) if known and len(known) == len(amounts) else None


def is_low(balances: Iterable[Balance], threshold: Decimal) -> bool | None:
    """Return True if the largest pool is empty or below the threshold, in its own unit. None if nothing is known."""
    known = list(balances)
    if not known:
        return None
    most = most_credit(known)
    return most is not None and (most <= 0 or most < threshold)


def is_counted(unit: str) -> bool:
    """Return True if the cost of a message is measured in this unit of a balance."""
    return unit.casefold() in _COUNTED


def check_credit(balances: Iterable[Balance], cost: int) -> None:
    """Raise MessageRejected if no pool has as many credits as a message costs."""
    known = list(balances)
    left = most_credit(known)
    if left is None or max(left, Decimal(0)) >= cost:
        return
    if not all(is_counted(balance.unit) for balance in known):
        return
    raise MessageRejected(
        limit=Limit.CREDIT, reason=FailureReason.INSUFFICIENT_CREDIT, cost=cost, left=format_amount(left)
    )


def check_daily(used: int, segments: int, limit: int, *, urgent: bool = False) -> None:
    """Raise MessageRejected if the segments of today and those of a message exceed the limit. 0 means no limit.

    Urgent messages have a limit of their own, so used counts either them or the others.
    """
    if limit and used + segments > limit:
        if urgent:
            raise MessageRejected(limit=Limit.DAILY_URGENT, reason=FailureReason.RATE_LIMITED, used=used, most=limit)
        raise MessageRejected(limit=Limit.DAILY, reason=FailureReason.RATE_LIMITED, used=used, most=limit)


def check_budget(used: Decimal, price: Decimal, budget: Decimal, currency: str) -> None:
    """Raise MessageRejected if what was spent this month and the price of a message exceed the budget."""
    if used >= budget or used + price > budget:
        raise MessageRejected(
            limit=Limit.BUDGET,
            code="budget",
            reason=FailureReason.RATE_LIMITED,
            used=written(used, currency),
            most=written(budget, currency),
        )


def check_counted(limit: int, *, is_uncounted: bool) -> None:
    """Raise MessageRejected if there is a limit, but the number of recipients is unknown."""
    if limit and is_uncounted:
        raise MessageRejected(limit=Limit.GROUP_UNCOUNTED, reason=FailureReason.RATE_LIMITED)


def format_amount(amount: Decimal) -> str:
    """Return an amount in plain digits, without an exponent and without trailing zeros."""
    return f"{amount.normalize():f}" if amount else "0"
