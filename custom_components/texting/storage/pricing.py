"""Pricing: what the messages of an account cost in money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.generated.currencies import ACTIVE_CURRENCIES

from ..delivery.checks import is_counted
from ..delivery.record import MessageRecord
from ..gateway.balance_text import SHARED
from ..gateway.capabilities import Capability, MessageType
from ..gateway.message import Balance
from ..gateway.provider import ProviderInfo
from ..options import Options, read_options
from .account_store import AccountStore


class Pricing:
    """The prices of one account, as its options and its provider are now."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], info: ProviderInfo, store: AccountStore) -> None:
        """The store remembers in which unit the provider counts."""
        self._hass = hass
        self._entry = entry
        self._store = store
        # Whether a text is sent again only if it is not in the provider's list.
        self._finds_lost = Capability.LOST_ANSWERS in info.capabilities

    @property
    def _options(self) -> Options:
        return read_options(self._entry)

    @callback
    def async_note_balances(self, balances: Sequence[Balance]) -> None:
        """Remember in which unit the provider counts. With several balances it does not tell which one pays."""
        unit = balances[0].unit if len(balances) == 1 else None
        if unit and unit != self._store.memory.balance_unit:
            self._store.memory.balance_unit = unit
            self._store.async_changed()

    @property
    def _chosen(self) -> str | None:
        """The ISO code of the currency of the prices in the options. None: there is no price."""
        options = self._options
        return (options.currency or self._hass.config.currency) if options.has_price else None

    @property
    def currency(self) -> str | None:
        """The ISO code of what prices, the budget and the spending are in. None: no price is known."""
        return self._chosen or self.currency_of_balance

    @property
    def currency_of_balance(self) -> str | None:
        """The ISO code of the currency in which the provider counts. None: it counts in something else."""
        unit, chosen = self._store.memory.balance_unit or "", self._chosen
        if unit in ACTIVE_CURRENCIES:
            return unit
        return chosen if chosen in SHARED.get(unit.casefold(), ()) else None

    def price_of(self, units: float | Decimal | None, kind: MessageType = MessageType.SMS) -> Decimal | None:
        """Return what so many billed units cost, in the currency. None: that is not known.

        Without a price in the options, a unit is expected to cost as much as the provider charged last.
        """
        options = self._options
        price = options.price_of(kind)
        if not options.has_price and self.currency_of_balance:
            price = self._store.memory.charged_price
        return None if price is None or units is None else Decimal(str(units)) * Decimal(str(price))

    def set_expected(self, record: MessageRecord) -> None:
        """Note what a message will cost."""
        price = self.price_of(record.cost, record.message.type)
        record.price, record.currency = (None, None) if price is None else (float(price), self.currency)

    def charge(self, record: MessageRecord, reported: Decimal | None) -> None:
        """Note what an accepted message costs. What the provider reports is preferred."""
        if record.price is None:  # the price was entered, or learned, while the message waited
            self.set_expected(record)
        if reported is not None:
            self._take_reported(record, reported)
        times = 1 if self._finds_lost and record.message.group_size is None else 1 + record.resend_count
        if times > 1:
            # Each time, the provider may have charged it.
            record.cost = None if record.cost is None else record.cost * times
            record.price = None if record.price is None else record.price * times

    def _take_reported(self, record: MessageRecord, reported: Decimal) -> None:
        """Take a cost in the unit of the balance."""
        if currency := self.currency_of_balance:
            record.price, record.currency = float(reported), currency
            if record.cost and record.message.type is MessageType.SMS:
                self._store.memory.charged_price = float(reported) / record.cost
                self._store.async_changed()
        elif is_counted(self._store.memory.balance_unit or ""):
            record.cost = int(reported) if reported == int(reported) else float(reported)
            self.set_expected(record)

    def in_unit(self, segments: float, unit: str) -> Decimal | None:
        """Return what so many segments cost in the unit of a balance. None: that is not known."""
        if is_counted(unit):
            return Decimal(str(segments))
        is_ours = self.currency is not None and self.currency in {unit, *SHARED.get(unit.casefold(), ())}
        return self.price_of(segments) if is_ours else None
