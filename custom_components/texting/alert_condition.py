"""The condition that an alert is open."""

from typing import Any, Unpack, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_OPTIONS, CONF_STATE, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
    condition_trace_update_result,
)
from homeassistant.helpers.typing import ConfigType

from .alerting.model import State
from .alerts.engine import AlertEngine
from .automations import alerts_in_target, check_alert_target

# The states of an open alert, in the order of the editor.
OPEN_STATES = (State.ALERTING, State.ACKNOWLEDGED, State.EXHAUSTED)


class IsAlertOpen(Condition):
    """True if one of the alerts is open, in one of the states if they are given. A drill does not count.

    An alert that is not loaded is not open.
    """

    schema = vol.Schema(
        {
            vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Required(CONF_OPTIONS, default=dict): {
                vol.Optional(CONF_STATE): vol.All(cv.ensure_list, [vol.In(list(map(str, OPEN_STATES)))])
            },
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        check_alert_target(hass, checked.get(CONF_TARGET, {}))
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._target: dict[str, Any] = config.target or {}
        self._states = frozenset((config.options or {}).get(CONF_STATE) or map(str, OPEN_STATES))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        found = [entry.title for entry in alerts_in_target(self._hass, self._target) if self._is_open(entry)]
        condition_trace_update_result(open=found)
        return bool(found)

    def _is_open(self, entry: ConfigEntry) -> bool:
        if entry.state is not ConfigEntryState.LOADED:
            return False
        engine: AlertEngine = entry.runtime_data
        return engine.incident.state in self._states and not engine.incident.is_drill
