"""The trigger of what happens to an alert: it was raised, somebody took it, nobody did, it is over."""

from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType

from .alerting.events import Announce, Occasion
from .alerting.model import Incident
from .alerting.outlook import minutes_of
from .alerts.by_hand import async_state_entity_id, shown_state
from .alerts.clock import async_clock
from .alerts.responders import ATTR_USER_ID
from .automations import alerts_in_target, async_listen, check_alert_target
from .const import PERSON
from .entries import alert_entry
from .people import is_person, person_entity_id, recipient_of_entity
from .signals import ALERT_TOLD

CONF_EVENTS = "events"
# They are about the person who takes care.
_OF_OWNER = frozenset({Occasion.ACKNOWLEDGED, Occasion.CLOSED})


class AlertTrigger(Trigger):
    """The trigger of what happens to alerts. Without a target, to any of them; without events, whatever happens."""

    schema: ClassVar[vol.Schema] = vol.Schema(
        {
            vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Required(CONF_OPTIONS, default=dict): {
                vol.Optional(CONF_EVENTS): vol.All(cv.ensure_list, [vol.In(list(map(str, Occasion)))])
            },
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        check_alert_target(hass, checked.get(CONF_TARGET, {}))
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._target: dict[str, Any] = config.target or {}
        self._events = frozenset((config.options or {}).get(CONF_EVENTS) or map(str, Occasion))

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each event. Home Assistant passes did_not_trigger from 2026.7 on."""

        @callback
        def told(entry_id: str, announce: Announce, incident: Incident) -> None:
            if announce.occasion not in self._events or (entry := alert_entry(self._hass, entry_id)) is None:
                return
            if self._target and entry not in alerts_in_target(self._hass, self._target):
                return
            variables = {
                "alert": entry.title,
                "alert_id": entry_id,
                "entity_id": async_state_entity_id(self._hass, entry_id),
                **_variables(self._hass, announce, incident),
            }
            run_action(variables, f"alert {entry.title}: {announce.occasion}")

        return async_listen(self._hass, ALERT_TOLD, told)


def _variables(hass: HomeAssistant, announce: Announce, incident: Incident) -> dict[str, Any]:
    """Return what a trigger tells of an incident, as it was when that happened."""
    began = incident.raised_at
    return {
        "event": str(announce.occasion),
        "who": announce.who or None,
        "person": _person(hass, announce, incident),
        "drill": incident.is_drill,
        "state": str(shown_state(incident)),
        "causes": [cause.name for cause in incident.causes.values() if cause.is_on],
        "since": None if began is None else async_clock(hass).local(began).replace(microsecond=0).isoformat(),
        "minutes": minutes_of(incident, incident.changed_at),
        "segments": incident.segments,
        "what": incident.what,
    }


def _person(hass: HomeAssistant, announce: Announce, incident: Incident) -> str | None:
    """Return the person of Home Assistant that an event is about, or None."""
    named = (each.id for each in incident.alert.responders.values() if announce.who and each.name == announce.who)
    known = incident.owner if announce.occasion in _OF_OWNER else next(named, None)
    if known is None or is_person(known):
        return known
    if found := recipient_of_entity(hass, known):
        return person_entity_id(hass, found.recipient)
    people = hass.states.async_all(PERSON)
    return next((each.entity_id for each in people if known and each.attributes.get(ATTR_USER_ID) == known), None)
