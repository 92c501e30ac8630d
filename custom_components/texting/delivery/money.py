"""Amounts of money. Amounts of different currencies are never added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

# So many decimals are kept: a price may be a small part of a cent.
_PLACES = Decimal("0.000001")


def rounded(amount: Decimal | float) -> Decimal:
    """Return an amount without the noise of binary fractions."""
    return Decimal(str(amount)).quantize(_PLACES).normalize()


def sums_by_currency(rows: Iterable[Sequence[object]]) -> dict[str, Decimal]:
    """Return the sums of rows of a currency and an amount."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in rows:
        sums[str(currency)] += Decimal(str(amount))
    return {currency: rounded(amount) for currency, amount in sums.items()}


def plain(amount: Decimal | float) -> str:
    """Return an amount in plain digits: 12.5, 0.0725, 12."""
    return f"{rounded(amount):f}"


def written(amount: Decimal | float, currency: str) -> str:
    """Return an amount as people read it: 12.50 EUR, 0.0725 EUR, 12 EUR."""
    number = rounded(amount)
    whole = number == number.to_integral_value()
    decimals = 0 if whole else max(2, -int(number.as_tuple().exponent))
    return f"{number:.{decimals}f} {currency}"
