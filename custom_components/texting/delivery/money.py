"""Amounts of money. Amounts of different currencies are never added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

# No sum of a day is larger.
_MAX_SUM = 10**15
# So many decimals are kept: a price may be a small part of a cent.
_PLACES = Decimal("0.000001")


def rounded(amount: Decimal | float) -> Decimal:
    """Return an amount without the noise of binary fractions."""
    number = Decimal(str(amount)).quantize(_PLACES).normalize()
    # Without an exponent: 10, not 1E+1, which a state would show.
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def sums_by_currency(rows: Iterable[Sequence[object]]) -> dict[str, Decimal]:
    """Return the sums of rows of a currency and an amount. A damaged row counts nothing."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in rows:
        if isinstance(currency, str) and isinstance(amount, int | float) and 0 <= amount <= _MAX_SUM:
            sums[currency] += Decimal(str(amount))
    return {currency: rounded(amount) for currency, amount in sums.items()}


def sums_by_month(rows: Iterable[Sequence[object]]) -> dict[str, dict[str, Decimal]]:
    """Return the sums of rows of a month, a currency and an amount, by month."""
    months: defaultdict[str, list[Sequence[object]]] = defaultdict(list)
    for month, *row in rows:
        months[str(month)].append(row)
    return {month: sums_by_currency(own) for month, own in months.items()}


def written(amount: Decimal | float, currency: str) -> str:
    """Return an amount as people read it: 12.50 EUR, 0.0725 EUR, 12 EUR."""
    number = rounded(amount)
    whole = number == number.to_integral_value()
    decimals = 0 if whole else max(2, -int(number.as_tuple().exponent))
    return f"{number:.{decimals}f} {currency}"
