"""The sensors of an account that tell what its texts cost, how long its credit lasts, and how many texts arrive."""

from abc import abstractmethod
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
import logging
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .account import Account
from .delivery.checks import is_counted
from .delivery.database import DatabaseError, MessageDatabase
from .delivery.forecast import MIN_TEXTS, lasts_until, use_period
from .delivery.money import written
from .entity import CounterEntity, MessengerEntity
from .gateway.message import Balance
from .signals import STATE_CHANGED

_LOGGER = logging.getLogger(__name__)

# Days of the delivery rate, today included.
RATE_DAYS = 30
# Seconds between two reads of the totals.
_READ_INTERVAL = 5.0


@callback
def async_follow_price(account: Account, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensor of the spending once a price is known, now or later."""
    is_added = False

    @callback
    def update() -> None:
        nonlocal is_added
        if not is_added and account.pricing.currency:
            is_added = True
            async_add_entities([SpentThisMonthSensor(account)])

    update()
    account.async_listen_changes(update)
    # The first read of the balance may tell that the provider counts in money.
    account.entry.async_on_unload(account.balance.async_add_listener(update))


class SpentThisMonthSensor(CounterEntity, SensorEntity):
    """What the texts of this month cost, in the home's calendar month. Each currency has a sum of its own."""

    _attr_device_class = SensorDeviceClass.MONETARY
    _attr_state_class = SensorStateClass.TOTAL
    _attr_suggested_display_precision = 2

    def __init__(self, account: Account) -> None:
        """Follow the count of an account."""
        super().__init__(account, "spent_this_month")
        self._account = account

    @override
    def _what_is_shown(self) -> tuple[object, ...]:
        return *super()._what_is_shown(), self.native_unit_of_measurement

    @property
    def native_unit_of_measurement(self) -> str | None:
        """Return the ISO code of the currency."""
        return self._account.pricing.currency

    @property
    def native_value(self) -> Decimal | None:
        """Return the sum in this currency. None: there is no price any more."""
        if not (currency := self.native_unit_of_measurement):
            return None
        return self._account.state.counters.spent_this_month.get(currency, Decimal(0))

    @property
    def last_reset(self) -> datetime:
        """Return when the month began."""
        return dt_util.start_of_local_day(dt_util.now().date().replace(day=1))

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the budget, and the sums in other currencies."""
        currency, spent = self.native_unit_of_measurement, self._account.state.counters.spent_this_month
        others = [written(amount, each) for each, amount in sorted(spent.items()) if each != currency and amount]
        return {
            "budget": self._account.options.monthly_budget or None,
            **({"other_currencies": others} if others else {}),
        }


class TotalsEntity(MessengerEntity):
    """An entity that is made from the daily totals. They are read again after a text, and each hour."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    def __init__(self, account: Account, key: str) -> None:
        """Follow the totals of an account."""
        super().__init__(account, key)
        self._account = account

    async def async_added_to_hass(self) -> None:
        """Read them now, and whenever they may have changed."""
        await self._async_read()
        await super().async_added_to_hass()
        reader = Debouncer(self.hass, _LOGGER, cooldown=_READ_INTERVAL, immediate=True, function=self._async_update)
        self.async_on_remove(reader.async_shutdown)
        signal = STATE_CHANGED.format(self._account.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, reader.async_schedule_call))
        self.async_on_remove(self._account.balance.async_add_listener(reader.async_schedule_call))

        @callback
        def hour(_now: datetime) -> None:
            reader.async_schedule_call()

        self.async_on_remove(async_track_time_change(self.hass, hour, minute=0, second=0))

    async def _async_update(self) -> None:
        await self._async_read()
        self.async_write_changes()

    async def _async_read(self) -> None:
        # What was read before stays while the database is closed, or if a damaged row has no day.
        with suppress(DatabaseError, ValueError):
            await self._async_read_totals(self._account.outbox.database, self._account.entry.entry_id)

    @abstractmethod
    async def _async_read_totals(self, database: MessageDatabase, entry_id: str) -> None:
        """Read what the state is made from; raise DatabaseError."""


class CreditLastsUntilSensor(TotalsEntity, SensorEntity):
    """When the credit is used up if people text as much as in the last weeks. Unknown if too little is known."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    def __init__(self, account: Account) -> None:
        """Follow the balance and the totals."""
        super().__init__(account, "credit_lasts_until")
        # What was used, as segments and as money by currency, and in how many days.
        self._segments = 0
        self._spent: dict[str, Decimal] = {}
        self._days = 0

    @override
    async def _async_read_totals(self, database: MessageDatabase, entry_id: str) -> None:
        # Costs may be known only since a price was entered. The days before it tell nothing.
        self._days, first = 0, await database.first_day(entry_id, self._account.pricing.currency_of_balance)
        period = use_period(date.fromisoformat(first), dt_util.now().date()) if first else None
        if period is None:
            return
        days = [each.isoformat() for each in period]
        totals, self._spent = await database.totals(entry_id, *days), await database.spent(entry_id, *days)
        if totals.texts >= MIN_TEXTS:
            self._segments, self._days = totals.segments, (period[1] - period[0]).days + 1

    @property
    def _used(self) -> Decimal | None:
        """What was used in the unit of the balance."""
        if currency := self._account.pricing.currency_of_balance:
            return self._spent.get(currency)
        balance = self._balance
        return Decimal(self._segments) if balance and is_counted(balance.unit) else None

    @property
    def _balance(self) -> Balance | None:
        """The balance that pays. Of several pools, it is the only one that is not empty."""
        known = list((self._account.balance.data or {}).values())
        with_credit = [each for each in known if each.amount is None or each.amount > 0]
        return with_credit[0] if len(with_credit) == 1 else known[0] if len(known) == 1 else None

    @property
    def native_value(self) -> datetime | None:
        """Return the time."""
        balance, used = self._balance, self._used
        if not self._days or balance is None or balance.amount is None or used is None:
            return None
        return lasts_until(dt_util.now(), balance.amount, used, self._days)


class DeliveryRateSensor(TotalsEntity, SensorEntity):
    """How many of the texts that the provider accepted in the last 30 days, and that have ended, were delivered."""

    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 1

    def __init__(self, account: Account) -> None:
        """Follow the totals."""
        super().__init__(account, "delivery_rate")
        self._delivered = 0
        self._ended = 0

    @override
    async def _async_read_totals(self, database: MessageDatabase, entry_id: str) -> None:
        since = (dt_util.now().date() - timedelta(days=RATE_DAYS - 1)).isoformat()
        totals = await database.totals(entry_id, since)
        pending = sum(record.accepted_at is not None and (record.day or "") >= since for record in self._account.outbox)
        self._delivered, self._ended = totals.delivered, totals.texts - pending

    @property
    def native_value(self) -> float | None:
        """Return the share in percent. None: no text has ended, or the provider only says that it handed texts over."""
        if self._ended <= 0 or not (self._delivered or self._account.gateway.reports_delivery):
            return None
        return round(100 * self._delivered / self._ended, 1)
