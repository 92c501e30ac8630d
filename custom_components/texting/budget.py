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
        self._refused: tuple[str, float] | None = None

    @property
    def is_set(self) -> bool:
        """Return True if there is a budget."""
        return bool(read_options(self._entry).monthly_budget and self._pricing.currency)

    def refusals(self, records: Sequence[MessageRecord]) -> list[tuple[MessageRecord, MessageRejected]]:
        """Return the messages that the budget does not pay for, with their errors. Urgent ones it always pays for."""
        budget, currency = read_options(self._entry).monthly_budget, self._pricing.currency
        if not budget or not currency:
            return []
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
        currency, counted = self._pricing.currency, self._pricing.currency_of_balance
        due = self._due(currency)
        for issue in (Issue.BUDGET_SPENT, Issue.BUDGET_NEARLY_SPENT):
            if issue is due and currency:
                budget = written(read_options(self._entry).monthly_budget or 0, currency)
                async_budget(self._hass, issue, self._entry, budget)
            else:
                async_delete(self._hass, issue, self._entry)
        if currency and counted and counted != currency:
            async_currency_differs(self._hass, self._entry, counted, currency)
        else:
            async_delete(self._hass, Issue.CURRENCY_DIFFERS, self._entry)

    def _due(self, currency: str | None) -> Issue | None:
        """Return the issue that what was spent this month calls for."""
        budget = read_options(self._entry).monthly_budget
        if not budget or not currency:
            return None
        spent, most = self._state.counters.spent_this_month.get(currency, Decimal(0)), Decimal(str(budget))
        # What is left may not pay for the next text.
        is_refused = self._refused == (month_of(today()), budget)
        if is_refused or spent >= most or spent + (self._pricing.price_of(1) or 0) > most:
            return Issue.BUDGET_SPENT
        return Issue.BUDGET_NEARLY_SPENT if spent >= most * NEARLY else None

    @callback
    def async_stop(self) -> None:
        """Delete the issues."""
        for issue in (Issue.BUDGET_SPENT, Issue.BUDGET_NEARLY_SPENT, Issue.CURRENCY_DIFFERS):
            async_delete(self._hass, issue, self._entry)
