"""The forms of an alert: what raises it, who is asked, and what is texted. Each form has the values of its own step."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_NAME, Platform, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    DurationSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
)

from ..alerts.definition import (
    CONF_ACKNOWLEDGED_FOR,
    CONF_ALL_CLEAR,
    CONF_CAUSES,
    CONF_CLEARED_AFTER,
    CONF_HOLD,
    CONF_MAX_SEGMENTS,
    CONF_MESSAGE,
    CONF_REMIND_EVERY,
    CONF_ROUNDS,
    CONF_STATES,
    CONF_STEPS,
    CONF_TEMPLATE,
    CONF_TEMPLATE_ID,
    CONF_URGENT,
    CONF_WAIT,
    CONF_WHEN_UNAVAILABLE,
    CONF_WHO,
    DEFAULT_STATES,
    DEFAULT_WAIT,
    KEEP,
    MINUTE,
    RAISE,
    Definition,
    parse_definition,
)
from ..const import CONF_ADVANCED, PERSON
from .forms import as_options, select

# The states that the form suggests. A user may enter any other.
ALERT_STATES = ("on", "off", "open", "unlocked", "not_home", "triggered")
# The durations, which forms have as hours, minutes and seconds.
_DURATIONS = (CONF_HOLD, CONF_CLEARED_AFTER)
# The longest time to answer, and between reminders, in minutes.
_DAY = 1440
MIN_WAIT, MAX_WAIT = 0.5, _DAY
_RANGES: Mapping[str, tuple[float, float]] = {
    CONF_ROUNDS: (1, 20),
    CONF_REMIND_EVERY: (0, _DAY),
    CONF_ACKNOWLEDGED_FOR: (1, _DAY),
    CONF_MAX_SEGMENTS: (4, 500),
}
_PEOPLE = EntitySelectorConfig(multiple=True, filter=[{"domain": PERSON}, {"domain": Platform.NOTIFY}])
_MINUTES = NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any", unit_of_measurement=UnitOfTime.MINUTES)
# The fields are plain dicts, which every version takes. None takes defaults there.
_STEPS = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_WHO,
        description_field=CONF_WAIT,
        translation_key="alert_steps",
        fields={
            CONF_WHO: {"selector": {"entity": dict(_PEOPLE)}, "required": True},
            CONF_WAIT: {"selector": {"number": dict(_MINUTES)}},
        },
    )
)


def alert_schema(*, opened: bool = False) -> vol.Schema:
    """Return the form of what raises the alert. opened tells whether the section is open."""
    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Optional(CONF_CAUSES, default=[]): EntitySelector(EntitySelectorConfig(multiple=True)),
            vol.Optional(CONF_STATES, default=[*DEFAULT_STATES]): SelectSelector(
                SelectSelectorConfig(
                    options=list(ALERT_STATES),
                    multiple=True,
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                    translation_key="alert_states",
                )
            ),
            _duration(CONF_HOLD): DurationSelector(),
            vol.Optional(CONF_ADVANCED): section(
                vol.Schema(
                    {
                        vol.Optional(CONF_TEMPLATE): TemplateSelector(),
                        vol.Required(CONF_WHEN_UNAVAILABLE, default=KEEP): select((KEEP, RAISE), CONF_WHEN_UNAVAILABLE),
                    }
                ),
                {"collapsed": not opened},
            ),
        }
    )


def people_schema() -> vol.Schema:
    """Return the form of who is asked."""
    return vol.Schema(
        {
            vol.Required(CONF_STEPS, default=[]): _STEPS,
            _number(CONF_ROUNDS): _number_selector(CONF_ROUNDS),
        }
    )


def texts_schema(templates: Mapping[str, str], *, opened: bool = False) -> vol.Schema:
    """Return the form of the texts. templates are {id: label} of those to choose from, empty if none are needed."""
    advanced: dict[vol.Marker, Any] = {
        vol.Required(CONF_URGENT, default=True): BooleanSelector(),
        _number(CONF_MAX_SEGMENTS): _number_selector(CONF_MAX_SEGMENTS),
        _duration(CONF_CLEARED_AFTER): DurationSelector(),
    }
    if templates:
        advanced[vol.Optional(CONF_TEMPLATE_ID)] = SelectSelector(
            SelectSelectorConfig(options=as_options(templates), mode=SelectSelectorMode.DROPDOWN)
        )
    return vol.Schema(
        {
            vol.Optional(CONF_MESSAGE): TemplateSelector(),
            _number(CONF_REMIND_EVERY): _number_selector(CONF_REMIND_EVERY, UnitOfTime.MINUTES),
            _number(CONF_ACKNOWLEDGED_FOR): _number_selector(CONF_ACKNOWLEDGED_FOR, UnitOfTime.MINUTES),
            vol.Required(CONF_ALL_CLEAR, default=True): BooleanSelector(),
            vol.Optional(CONF_ADVANCED): section(vol.Schema(advanced), {"collapsed": not opened}),
        }
    )


def values_of(definition: Definition) -> dict[str, Any]:
    """Return an alert as it is stored, with the default in place of what is missing or damaged."""
    alert = definition.alert
    return {
        CONF_NAME: alert.name,
        CONF_CAUSES: list(definition.causes),
        CONF_STATES: sorted(definition.states),
        CONF_HOLD: _whole(alert.hold),
        CONF_TEMPLATE: definition.template or "",
        CONF_WHEN_UNAVAILABLE: RAISE if definition.raises_when_unavailable else KEEP,
        CONF_STEPS: [{CONF_WHO: list(step.responders), CONF_WAIT: _whole(step.wait / MINUTE)} for step in alert.steps],
        CONF_ROUNDS: alert.rounds,
        CONF_MESSAGE: definition.message or "",
        CONF_REMIND_EVERY: _whole(alert.remind_every / MINUTE),
        CONF_ACKNOWLEDGED_FOR: _whole(alert.acknowledged_for / MINUTE),
        CONF_ALL_CLEAR: alert.all_clear,
        CONF_URGENT: alert.urgent,
        CONF_MAX_SEGMENTS: alert.max_segments,
        CONF_CLEARED_AFTER: _whole(alert.cleared_after),
        CONF_TEMPLATE_ID: definition.template_id,
    }


def shown(schema: vol.Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as a form shows them, in its shape. What is empty is left out."""
    found: dict[str, Any] = {}
    for marker, selector in schema.schema.items():
        name = str(marker)
        if isinstance(selector, section):
            found[name] = shown(selector.schema, values)
        elif values[name] != "":
            found[name] = _as_duration(values[name]) if name in _DURATIONS else _in_range(name, values[name])
    return found


def is_filled(schema: vol.Schema, values: Mapping[str, Any]) -> bool:
    """Return True if the section of a form has anything that is not as in a new alert."""
    inside = schema.schema[CONF_ADVANCED].schema.schema
    return any(values[str(marker)] != _DEFAULTS[str(marker)] for marker in inside)


def read(schema: vol.Schema, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a user entered as it is stored. An empty field is empty; a section that is missing says nothing."""
    values: dict[str, Any] = {}
    for marker, selector in schema.schema.items():
        name = str(marker)
        if not isinstance(selector, section):
            values[name] = _entered(name, user_input.get(name, ""))
        elif name in user_input:
            values |= read(selector.schema, user_input[name])
    return values


def _entered(name: str, value: Any) -> Any:
    match value:
        case str():
            return value.strip()
        case Mapping() if name in _DURATIONS:
            return _whole(timedelta(**value).total_seconds())
        case list() if name == CONF_STEPS:
            return [
                {CONF_WHO: each[CONF_WHO], CONF_WAIT: _whole(float(each.get(CONF_WAIT, DEFAULT_WAIT)))}
                for each in value
                if each.get(CONF_WHO)
            ]
        case list() if name == CONF_STATES:
            return list(filter(None, map(str.strip, value))) or [*DEFAULT_STATES]
        case float():
            return _whole(value)
    return value


def _number(name: str) -> vol.Marker:
    return vol.Required(name, default=_DEFAULTS[name])


def _number_selector(name: str, unit: str | None = None) -> NumberSelector:
    least, most = _RANGES[name]
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    return NumberSelector({**config, "unit_of_measurement": unit} if unit else config)


def _duration(name: str) -> vol.Marker:
    return vol.Required(name, default=_as_duration(_DEFAULTS[name]))


def _as_duration(seconds: float) -> dict[str, float]:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return {"hours": hours, "minutes": minutes, "seconds": seconds}


def _in_range(name: str, value: Any) -> Any:
    if name not in _RANGES:
        return value
    least, most = _RANGES[name]
    return min(max(value, least), most)


def _whole(value: float) -> float:
    """Return a number as a whole one if it is. Forms have 5.0."""
    return int(value) if float(value).is_integer() else value


# What a new alert has.
_DEFAULTS = values_of(parse_definition({}))
