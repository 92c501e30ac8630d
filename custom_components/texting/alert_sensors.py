"""The sensors of an alert beside its state: when it began, who took it, who was told, what comes next, what it costs.

If the alert is not open, they show the last incident since Home Assistant started.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .alert_activity import shown_name
from .alert_entities import AlertStateEntity
from .alerting.model import Incident
from .alerting.outlook import minutes_of, outlook, told_names
from .alerts.engine import AlertEngine
from .delivery.database import DatabaseError
from .delivery.money import rounded, written
from .delivery.outbox import Update
from .delivery.record import MessageRecord
from .signals import MESSAGES_UPDATED
from .storage.open_database import open_database
from .text.single_line import single_line

# States that have a translation. A person may be called so too.
NOBODY, SOMEBODY = "nobody", "somebody"


def alert_sensors(engine: AlertEngine) -> list[SensorEntity]:
    """Return the sensors of an alert."""
    kinds = (BeganSensor, TakenBySensor, ToldSensor, NextSensor, AlertSegmentsSensor, AlertCostSensor)
    return [kind(engine) for kind in kinds]


class AlertSensor(AlertStateEntity, SensorEntity):
    """A sensor that shows something of the latest incident."""

    # The translation key.
    key: str

    def __init__(self, engine: AlertEngine) -> None:
        """Follow an alert."""
        super().__init__(engine, self.key)
        self._known: Incident | None = None

    @property
    def _incident(self) -> Incident:
        """The latest incident that was raised. One that is pending may never be, and has asked nobody."""
        latest = self._engine.incident
        if self._known is None or latest.raised_at is not None:
            self._known = latest
        return self._known

    def _moment(self, moment: float | None) -> datetime | None:
        """Return a moment to the second, as the clock of the home shows it."""
        return None if moment is None else self._engine.clock.local(moment).replace(microsecond=0)


class BeganSensor(AlertSensor):
    """When the incident began that is open, or the last one."""

    key = "alert_began"
    _attr_device_class = SensorDeviceClass.TIMESTAMP

    @property
    def native_value(self) -> datetime | None:
        """Return the moment."""
        return self._moment(self._incident.raised_at)

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return how long it lasted, once it is over."""
        if (ended_at := self._incident.ended_at) is None or self._incident.raised_at is None:
            return None
        return {"minutes": minutes_of(self._incident, ended_at)}


class TakenBySensor(AlertSensor):
    """Who takes care, or took care of the last incident."""

    key = "alert_taken_by"

    @property
    def native_value(self) -> str:
        """Return the name. An automation has none, nor has a user without a person."""
        if self._incident.owner is None:
            return NOBODY
        return shown_name(self._incident.owner_name) or SOMEBODY


class ToldSensor(AlertSensor):
    """Who was told."""

    key = "alert_told"

    @property
    def native_value(self) -> str:
        """Return the names, as many as a state can hold."""
        names = [shown_name(name) for name in told_names(self._incident)]
        return single_line(", ".join(names), MAX_LENGTH_STATE_STATE) or NOBODY


class NextSensor(AlertSensor):
    """What comes next, and when."""

    key = "alert_next"
    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _unrecorded_attributes = frozenset({"who"})

    @property
    def native_value(self) -> datetime | None:
        """Return when."""
        following = outlook(self._engine.incident)
        return self._moment(following.due) if following else None

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what, and whom it is about."""
        if (following := outlook(self._engine.incident)) is None:
            return None
        return {"what": str(following.what), "who": list(following.who)}


class AlertSegmentsSensor(AlertSensor):
    """The segments of the incident that left, or may still leave."""

    key = "alert_segments"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    def native_value(self) -> int | None:
        """Return the number. None: there was no incident yet."""
        return None if self._incident.raised_at is None else self._incident.segments


class AlertCostSensor(AlertSensor):
    """What the texts of the incident cost. Unknown if the price of one of them is not known."""

    key = "alert_cost"
    _attr_device_class = SensorDeviceClass.MONETARY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_suggested_display_precision = 2

    def __init__(self, engine: AlertEngine) -> None:
        """Know no text yet."""
        super().__init__(engine)
        # The price and the currency of each text that was accepted, by reference. None: it is not known.
        self._prices: dict[str, tuple[float, str] | None] = {}
        # The references of the texts of an incident: its id, how many notifications it has, and the references.
        self._texts: tuple[str, int, Sequence[str]] = ("", 0, ())

    async def async_added_to_hass(self) -> None:
        """Read what is known of the texts, and follow them."""
        if database := open_database(self.hass):
            for reference in self._references():
                with suppress(DatabaseError):
                    if record := await database.find(reference=reference):
                        self._note(record)
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, MESSAGES_UPDATED, self._async_updated))

    @callback
    def _async_updated(self, _entry_id: str, updates: Sequence[Update]) -> None:
        known = set(self._references())
        if own := [record for record, _ in updates if record.reference in known]:
            self._prices = {each: price for each, price in self._prices.items() if each in known}
            for record in own:
                self._note(record)
            self.async_write_changes()

    def _references(self) -> Sequence[str]:
        """Return the references of the texts of the latest incident."""
        incident = self._incident
        if self._texts[:2] != (incident.id, len(incident.notifications)):
            texts = [incident.reference(each) for each in incident.notifications if each.target.is_text]
            self._texts = incident.id, len(incident.notifications), texts
        return self._texts[2]

    def _note(self, record: MessageRecord) -> None:
        if record.accepted_at is None:
            return
        price, currency = record.price, record.currency
        self._prices[record.reference] = None if price is None or currency is None else (price, currency)

    @property
    def _sums(self) -> dict[str, Decimal]:
        """The sums by currency, that of the first text first. Empty if a price is not known."""
        prices = [self._prices[each] for each in self._references() if each in self._prices]
        sums: dict[str, Decimal] = {}
        for price in prices:
            if price is None:
                return {}
            amount, currency = price
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(str(amount))
        return {currency: rounded(amount) for currency, amount in sums.items()}

    @override
    def _what_is_shown(self) -> tuple[object, ...]:
        return *super()._what_is_shown(), self.native_unit_of_measurement

    @property
    def native_unit_of_measurement(self) -> str | None:
        """Return the ISO code of the currency of the first text."""
        return next(iter(self._sums), None)

    @property
    def native_value(self) -> Decimal | None:
        """Return the sum in this currency."""
        return next(iter(self._sums.values()), None)

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the sums in other currencies."""
        _, *others = [*self._sums.items()] or [("", Decimal(0))]
        return {"other_currencies": [written(amount, each) for each, amount in others]} if others else None
