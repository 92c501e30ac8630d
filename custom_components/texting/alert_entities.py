"""The entities of an alert: what it is now, what happened, who takes it, a drill, and whether it is armed."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import Context, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .alerting.events import Announce, Occasion
from .alerting.model import Incident, State
from .alerting.outlook import outlook, told_names
from .alerting.report import drill_report
from .alerts.app_buttons import ACKNOWLEDGE_KEY
from .alerts.by_hand import STATE_KEY, async_acknowledge, async_begin_drill, shown_state
from .alerts.drills import REPORT_NAMES, report_attributes
from .alerts.engine import AlertConfigEntry, AlertEngine
from .const import DOMAIN
from .entity import ShownEntity
from .signals import ALERT_TOLD, STATE_CHANGED

# A trigger takes two events of the same millisecond for one, so an event waits for the next one. These tries take some
# milliseconds. They end also if the clock stands still.
_MAX_TRIES = 10_000


def alert_device(entry: AlertConfigEntry) -> DeviceInfo:
    """Return the device of an alert."""
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        manufacturer="Texting",
        model="Alert",
        entry_type=DeviceEntryType.SERVICE,
    )


class AlertEntity(ShownEntity):
    """An entity on the device of an alert."""

    def __init__(self, engine: AlertEngine, key: str) -> None:
        """Name it by its translation key."""
        self._engine = engine
        self._attr_translation_key = key
        self._attr_unique_id = f"{engine.entry.entry_id}_{key}"
        self._attr_device_info = alert_device(engine.entry)


class AlertStateEntity(AlertEntity):
    """An entity that follows what its alert is."""

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        signal = STATE_CHANGED.format(self._engine.entry.entry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self.async_write_changes))


class AlertStateSensor(AlertStateEntity, SensorEntity):
    """What an alert is now."""

    _attr_device_class = SensorDeviceClass.ENUM
    # A closed incident shows as idle.
    _attr_options = [str(state) for state in State if state is not State.CLOSED]
    _unrecorded_attributes = frozenset({"causes", "told", "owner"})

    def __init__(self, engine: AlertEngine) -> None:
        """Follow an alert."""
        super().__init__(engine, STATE_KEY)

    @property
    def native_value(self) -> str:
        """Return the state."""
        return shown_state(self._engine.incident)

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return who was told, and what comes next. Nothing while all is well."""
        incident = self._engine.incident
        if incident.is_over:
            return None
        following = outlook(incident)
        return {
            "causes": [cause.name for cause in incident.causes.values() if cause.is_on],
            "since": self._iso(incident.raised_at),
            "step": incident.step + 1 if incident.is_open and not incident.is_drill else None,
            "told": told_names(incident),
            "owner": incident.owner_name or None,
            "next": self._iso(following.due if following else None),
            "segments": incident.segments,
            "drill": incident.is_drill,
        }

    def _iso(self, moment: float | None) -> str | None:
        """Return a moment to the second, in the home's time zone."""
        return None if moment is None else self._engine.clock.local(moment).replace(microsecond=0).isoformat()


class AlertEvent(AlertEntity, EventEntity):
    """What happened to an alert."""

    _attr_event_types = [str(occasion) for occasion in Occasion]
    _unrecorded_attributes = frozenset({"who", *REPORT_NAMES})

    def __init__(self, engine: AlertEngine) -> None:
        """Belong to an alert."""
        super().__init__(engine, "alert")

    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, ALERT_TOLD, self._async_told))

    @callback
    def _async_told(self, entry_id: str, announce: Announce, incident: Incident) -> None:
        if entry_id != self._engine.entry.entry_id:
            return
        before = self.state
        attributes = {"who": announce.who or None, "drill": incident.is_drill}
        if announce.occasion is Occasion.DRILL_ENDED:
            attributes |= report_attributes(drill_report(incident))
        for _ in range(_MAX_TRIES):
            self._trigger_event(str(announce.occasion), attributes)
            if self.state != before:
                break
        self.async_write_ha_state()


class AlertButton(AlertEntity, ButtonEntity):
    """A button of an alert. It knows who pressed it."""

    def __init__(self, engine: AlertEngine, key: str) -> None:
        """Belong to an alert."""
        super().__init__(engine, key)
        # Of who pressed it last. Nobody has.
        self._pressed_by = Context()

    @override
    @callback
    def async_set_context(self, context: Context) -> None:
        """Remember who presses it."""
        super().async_set_context(context)
        self._pressed_by = context


class AcknowledgeButton(AlertButton):
    """A button for who takes care."""

    def __init__(self, engine: AlertEngine) -> None:
        """Belong to an alert."""
        super().__init__(engine, ACKNOWLEDGE_KEY)

    async def async_press(self) -> None:
        """Acknowledge the alert."""
        async_acknowledge(self._engine, self._pressed_by)
        await self._engine.async_saved()


class DrillButton(AlertButton):
    """A button that begins a drill."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, engine: AlertEngine) -> None:
        """Belong to an alert."""
        super().__init__(engine, "drill")

    async def async_press(self) -> None:
        """Begin a drill."""
        async_begin_drill(self._engine)
        await self._engine.async_saved()


class ArmedSwitch(AlertStateEntity, SwitchEntity):
    """Whether an alert is armed. It is an option of its entry."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, engine: AlertEngine) -> None:
        """Follow an alert."""
        super().__init__(engine, "armed")

    @property
    def is_on(self) -> bool:
        """Return True if its causes raise it."""
        return self._engine.is_armed

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Arm the alert."""
        self._engine.async_arm(is_armed=True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Disarm it. If it is open, it ends."""
        self._engine.async_arm(is_armed=False)
