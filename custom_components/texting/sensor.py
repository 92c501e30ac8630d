"""Sensors of an account: what is left, what became of the last text, what is on its way, what today cost."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change, async_track_time_interval
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import Account
from .coordinator import BalanceCoordinator
from .entity import ChangingEntity, LineEntity
from .gateway.message import Balance
from .gateway.status import Status
from .line import Line, LineConfigEntry

PARALLEL_UPDATES = 0
AGE_INTERVAL = timedelta(minutes=1)


async def async_setup_entry(
    hass: HomeAssistant, entry: LineConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of an account or a route."""
    line = entry.runtime_data
    async_add_entities([LastDeliveryStatusSensor(line), PendingMessagesSensor(line), OldestPendingAgeSensor(line)])
    if isinstance(line, Account):
        balances = [CreditBalanceSensor(line, pool) for pool in line.info.pools or (None,)]
        async_add_entities([*balances, SegmentsTodaySensor(line)])


class CreditBalanceSensor(LineEntity, CoordinatorEntity[BalanceCoordinator], SensorEntity):
    """What is left, in one pool where there are several; unknown where the account has no limit."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, account: Account, pool: str | None) -> None:
        """Follow one balance."""
        CoordinatorEntity.__init__(self, account.balance)
        LineEntity.__init__(self, account, "credit_balance")
        self._pool = pool
        # Credits are whole; money, or what a provider counts in parts, is not.
        if self._balance:
            self._attr_suggested_display_precision = 2 if "." in str(self._balance.amount) else 0
        if pool is not None:
            self._attr_translation_key = "credit_balance_pool"
            self._attr_translation_placeholders = {"pool": pool}
            self._attr_unique_id = f"{self._attr_unique_id}_{pool.lower()}"

    @property
    def _balance(self) -> Balance | None:
        return (self.coordinator.data or {}).get(self._pool)

    @property
    def available(self) -> bool:
        """Whether the gateway told the balance when it was last asked."""
        return super().available and self._balance is not None

    @property
    def native_value(self) -> Decimal | None:
        """The amount left."""
        return self._balance.amount if self._balance else None

    @property
    def native_unit_of_measurement(self) -> str | None:
        """Credits, or what else the provider counts in."""
        return self._balance.unit if self._balance else None

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Whether there is no limit."""
        return {"unlimited": True} if self._balance and self._balance.amount is None else None


class LastDeliveryStatusSensor(ChangingEntity, SensorEntity):
    """What became of the text that there was news of last."""

    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, line: Line) -> None:
        """Follow an account's messages."""
        super().__init__(line, "last_delivery_status")
        self._attr_options = list(Status)

    @property
    def native_value(self) -> str | None:
        """Its status."""
        return self._line.state.last_record.status if self._line.state.last_record else None

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Which text it was."""
        if not (record := self._line.state.last_record):
            return None
        return {
            "recipient_name": record.recipient,
            "reference": record.reference,
            "message_id": record.message_id,
            "provider_status": record.provider_status,
            "reason": record.reason,
            **self._line.attributes(record),
        }


class PendingMessagesSensor(ChangingEntity, SensorEntity):
    """How many texts were accepted and are not known to have arrived or failed."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, line: Line) -> None:
        """Follow an account's messages."""
        super().__init__(line, "pending_messages")

    @property
    def native_value(self) -> int:
        """The number of messages."""
        return len(self._line.desk.book)

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """How many want no more texts from the account; a route asks its accounts."""
        return {"opted_out": len(self._line.state.opt_outs)} if isinstance(self._line, Account) else None


class OldestPendingAgeSensor(ChangingEntity, SensorEntity):
    """How long the oldest text that is on its way has been so; 0 while none is."""

    _attr_device_class = SensorDeviceClass.DURATION
    _attr_native_unit_of_measurement = UnitOfTime.SECONDS
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_suggested_display_precision = 0

    def __init__(self, line: Line) -> None:
        """Follow an account's messages."""
        super().__init__(line, "oldest_pending_age")

    async def async_added_to_hass(self) -> None:
        """Grow once a minute."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._async_minute, AGE_INTERVAL))

    @callback
    def _async_minute(self, _now: datetime) -> None:
        if self._line.desk.book:
            self.async_write_ha_state()

    @property
    def native_value(self) -> int:
        """Whole seconds."""
        oldest = min((record.asked_at for record in self._line.desk.book), default=None)
        return 0 if oldest is None else max(0, int(self._line.desk.book.today() - oldest))


class SegmentsTodaySensor(ChangingEntity, SensorEntity):
    """Segments sent since midnight, local time."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, account: Account) -> None:
        """Follow an account's count."""
        super().__init__(account, "segments_today")

    async def async_added_to_hass(self) -> None:
        """Begin anew at midnight."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_change(self.hass, self._async_midnight, hour=0, minute=0, second=0))

    @callback
    def _async_midnight(self, _now: datetime) -> None:
        self.async_write_ha_state()

    @property
    def native_value(self) -> int:
        """The number of segments."""
        return self._line.state.segments_today
