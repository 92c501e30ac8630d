"""The sensor Last drill of an alert."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory

from .alert_entities import AlertStateEntity
from .alerts.drills import REPORT_NAMES, report_attributes
from .alerts.engine import AlertEngine


class LastDrillSensor(AlertStateEntity, SensorEntity):
    """When the last drill ended, and what it showed."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _unrecorded_attributes = REPORT_NAMES

    def __init__(self, engine: AlertEngine) -> None:
        """Follow the drills of an alert."""
        super().__init__(engine, "last_drill")

    @property
    def native_value(self) -> datetime | None:
        """Return when it ended, to the second."""
        report = self._engine.drills.report
        if report is None or report.ended_at is None:
            return None
        return self._engine.clock.local(report.ended_at).replace(microsecond=0)

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what it showed."""
        report = self._engine.drills.report
        return report_attributes(report) if report else None
