"""The sensors of an account, a route or a recipient: credit, how texts ended, pending texts, segments of today."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .account import Account
from .alert_drill_sensor import LastDrillSensor
from .alert_entities import AlertStateSensor
from .alert_sensors import alert_sensors
from .alerts.engine import AlertConfigEntry, AlertEngine
from .delivery.database import DatabaseError
from .delivery.history import HistoryQuery, SentBy
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .entity import BalanceEntity, CounterEntity, RecipientEntity, StateEntity, async_follow_recipients
from .gateway.message import Balance
from .gateway.status import Status
from .messenger import Messenger, MessengerConfigEntry
from .outcomes import reason_text
from .signals import MESSAGES_UPDATED
from .spending import CreditLastsUntilSensor, DeliveryRateSensor, async_follow_price

PARALLEL_UPDATES = 0

# The first state of the last text's status.
NOTHING_SENT = "none"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MessengerConfigEntry | AlertConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account or a route, or those of an alert."""
    if isinstance(entry.runtime_data, AlertEngine):
        engine = entry.runtime_data
        async_add_entities([AlertStateSensor(engine), *alert_sensors(engine), LastDrillSensor(engine)])
        return
    messenger = entry.runtime_data
    async_add_entities(
        [LastDeliveryStatusSensor(messenger), PendingMessagesSensor(messenger), OldestPendingSensor(messenger)]
    )
    if isinstance(messenger, Account):
        balances = [CreditBalanceSensor(messenger, pool) for pool in messenger.info.pools or (None,)]
        async_add_entities([*balances, SegmentsTodaySensor(messenger), CreditLastsUntilSensor(messenger)])
        if messenger.info.reports:
            async_add_entities([DeliveryRateSensor(messenger)])
        async_follow_price(messenger, async_add_entities)
    people = async_follow_recipients(
        messenger, async_add_entities, lambda subentry: LastMessageStatusSensor(messenger, subentry)
    )

    @callback
    def updated(entry_id: str, updates: Sequence[Update]) -> None:
        """Show the last of several texts to a recipient, so that each state is written once."""
        if entry_id == entry.entry_id:
            done = {record.recipient_id or "": record for record, change in updates if change is Change.ENDED}
            for recipient_id in done.keys() & people.keys():
                people[recipient_id].async_show(done[recipient_id])

    entry.async_on_unload(async_dispatcher_connect(hass, MESSAGES_UPDATED, updated))


class CreditBalanceSensor(BalanceEntity, SensorEntity):
    """The credit that is left, one sensor for each pool.

    The state is unknown if the account has no limit, or if the balance cannot be read.
    """

    def __init__(self, account: Account, pool: str | None) -> None:
        """Follow one balance."""
        super().__init__(account, "credit_balance")
        self._pool = pool
        # Credits are whole numbers. Money, and the units of some providers, have decimals.
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
    def device_class(self) -> SensorDeviceClass | None:
        """Return that it is money if the currency is known."""
        is_money = self._balance and self._balance.unit in ACTIVE_CURRENCIES
        return SensorDeviceClass.MONETARY if is_money else None

    @property
    def state_class(self) -> SensorStateClass:
        """Return TOTAL for money, as Home Assistant wants, else MEASUREMENT."""
        return SensorStateClass.TOTAL if self.device_class else SensorStateClass.MEASUREMENT

    @property
    def native_value(self) -> Decimal | None:
        """Return the amount that is left."""
        return self._balance.amount if self._balance else None

    @property
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit in which the provider counts."""
        return self._balance.unit if self._balance else None

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the attribute of an account without a limit."""
        return {"unlimited": True} if self._balance and self._balance.amount is None else None


class LastDeliveryStatusSensor(StateEntity, SensorEntity):
    """The status of the text that was accepted or ended last."""

    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, messenger: Messenger) -> None:
        """Follow the messages of an account or a route."""
        super().__init__(messenger, "last_delivery_status")
        self._attr_options = [NOTHING_SENT, *Status]

    @property
    def native_value(self) -> str:
        """Return the status."""
        return self._messenger.state.last_record.status if self._messenger.state.last_record else NOTHING_SENT

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the attributes of the text."""
        if not (record := self._messenger.state.last_record):
            return None
        return {
            "recipient_name": record.recipient_name,
            "reference": record.reference,
            "message_id": record.message_id,
            "reason": record.reason,
            "reason_text": reason_text(self.hass, record),
            **self._messenger.attributes(record),
        }


class LastMessageStatusSensor(RecipientEntity, SensorEntity):
    """How the last text to a recipient ended."""

    _unrecorded_attributes = frozenset({"reference"})
    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Belong to the recipient's device."""
        super().__init__(messenger, subentry, "last_message_status")
        self._attr_options = [NOTHING_SENT, *Status]
        self._record: MessageRecord | None = None

    async def async_added_to_hass(self) -> None:
        """Find the last text."""
        await super().async_added_to_hass()
        sent = frozenset({SentBy(self._messenger.entry.entry_id, self._subentry_id)})
        with suppress(DatabaseError):
            page = await self._messenger.outbox.database.history(HistoryQuery(sent=sent, only_done=True, limit=1))
            for record in page.messages:
                if isinstance(record, MessageRecord) and self._is_newer(record):
                    self._record = record

    @callback
    def async_show(self, record: MessageRecord) -> None:
        """Show a text that has ended, unless one that was sent later has ended before."""
        if self._is_newer(record):
            self._record = record
            if self.hass:
                self.async_write_ha_state()

    def _is_newer(self, record: MessageRecord) -> bool:
        return self._record is None or record.created_at >= self._record.created_at

    @property
    def native_value(self) -> str:
        """Return the status."""
        return self._record.status if self._record else NOTHING_SENT

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return why it failed, and when the provider took it."""
        if not (record := self._record):
            return None
        accepted_at = record.accepted_at
        return {
            "reason_text": reason_text(self.hass, record),
            "reference": record.reference,
            "sent_at": None if accepted_at is None else dt_util.utc_from_timestamp(accepted_at).isoformat(),
        }


class PendingMessagesSensor(StateEntity, SensorEntity):
    """The number of messages without a final status."""

    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    def __init__(self, messenger: Messenger) -> None:
        """Follow the messages of an account or a route."""
        super().__init__(messenger, "pending_messages")

    @property
    def native_value(self) -> int:
        """Return the number of messages."""
        return len(self._messenger.outbox)

    @property
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the number of opt-outs of an account. A route has none of its own."""
        return {"opted_out": len(self._messenger.state.opt_outs)} if isinstance(self._messenger, Account) else None


class OldestPendingSensor(StateEntity, SensorEntity):
    """When the oldest message without a final status was created."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    def __init__(self, messenger: Messenger) -> None:
        """Follow the messages of an account or a route."""
        super().__init__(messenger, "oldest_pending")

    @property
    def native_value(self) -> datetime | None:
        """Return the time."""
        oldest = min((record.created_at for record in self._messenger.outbox), default=None)
        return None if oldest is None else dt_util.utc_from_timestamp(oldest)


class SegmentsTodaySensor(CounterEntity, SensorEntity):
    """The segments that were sent since midnight, in local time."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, account: Account) -> None:
        """Follow the count of an account."""
        super().__init__(account, "segments_today")

    @property
    def native_value(self) -> int:
        """Return the number of segments."""
        return self._messenger.state.counters.segments_today
