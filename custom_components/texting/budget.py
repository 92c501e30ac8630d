"""The monthly budget of an account: what it refuses, and the repair issues that tell of it."""

from collections.abc import Sequence
from decimal import Decimal

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .delivery.checks import check_budget
from .delivery.money import written
from .delivery.record import MessageRecord
from .gateway.errors import MessageRejected
from .issues import Issue, async_budget, async_currency_differs, async_delete
from .options import read_options
from .storage.counters import month_of, today
from .storage.entry_state import EntryState
from .storage.pricing import Pricing

# The share of the budget from which people are warned.
NEARLY = Decimal("0.8")


class Budget:
    """What texts of an account may cost in a month of the home."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, state: EntryState, pricing: Pricing) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._state = state
        self._pricing = pricing
        # The month in which a text was refused last, and the budget then.
        self._refused: tuple[str, Decimal] | None = None

    @property
    def _limit(self) -> tuple[Decimal, str] | None:
        """The amount, and the ISO code of its currency. None: there is no budget."""
        budget, currency = read_options(self._entry).monthly_budget, self._pricing.currency
        return (Decimal(str(budget)), currency) if budget and currency else None

    @property
    def is_set(self) -> bool:
        """Return True if there is a budget."""
        return self._limit is not None

    def refusals(self, records: Sequence[MessageRecord]) -> list[tuple[MessageRecord, MessageRejected]]:
        """Return the messages that the budget does not pay for, with their errors. Urgent ones it always pays for."""
        if (limit := self._limit) is None:
            return []
        budget, currency = limit
        used = self._state.money_used(currency)
        refused: list[tuple[MessageRecord, MessageRejected]] = []
        for record in records:
            price = Decimal(str(record.price or 0)) if record.currency == currency else Decimal(0)
            if not record.urgent:
                try:
                    check_budget(used, price, budget, currency)
                except MessageRejected as err:
                    refused.append((record, err))
                    continue
            used += price
        if refused:
            self._refused = month_of(today()), budget
            self.async_update()
        return refused

    @callback
    def async_update(self) -> None:
        """Keep the repair issues true."""
        limit = self._limit
        due = self._due(*limit) if limit else None
        for issue in (Issue.BUDGET_SPENT, Issue.BUDGET_NEARLY_SPENT):
            if limit and issue is due:
                async_budget(self._hass, issue, self._entry, written(*limit))
            else:
                async_delete(self._hass, issue, self._entry)
        currency, counted = self._pricing.currency, self._pricing.currency_of_balance
        if currency and counted and counted != currency:
            async_currency_differs(self._hass, self._entry, counted, currency)
        else:
            async_delete(self._hass, Issue.CURRENCY_DIFFERS, self._entry)

    def _due(self, budget: Decimal, currency: str) -> Issue | None:
        """Return the issue that what was spent this month calls for."""
        spent = self._state.counters.spent_this_month.get(currency, Decimal(0))
        # What is left may not pay for the next text.
        is_refused = self._refused == (month_of(today()), budget)
        if is_refused or spent >= budget or spent + (self._pricing.price_of(1) or 0) > budget:
            return Issue.BUDGET_SPENT
        return Issue.BUDGET_NEARLY_SPENT if spent >= budget * NEARLY else None

    @callback
    def async_stop(self) -> None:
        """Delete the issues."""
        for issue in (Issue.BUDGET_SPENT, Issue.BUDGET_NEARLY_SPENT, Issue.CURRENCY_DIFFERS):
            async_delete(self._hass, issue, self._entry)
