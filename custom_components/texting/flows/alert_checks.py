"""What is wrong with the forms of an alert."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from homeassistant.const import CONF_NAME, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.template import Template

from ..alerts.definition import (
    CONF_CAUSES,
    CONF_MESSAGE,
    CONF_STATES,
    CONF_STEPS,
    CONF_TEMPLATE,
    CONF_WAIT,
    CONF_WHO,
)
from ..alerts.responders import async_responders
from ..const import PERSON
from ..people import is_person, recipient_of_entity, recipients_of_person
from ..text.single_line import single_line
from .alert_form import MAX_WAIT, MIN_WAIT

# What is either on or off, whatever a page calls that, and what is never so.
_ON_OFF = frozenset({STATE_ON, STATE_OFF})
_SWITCHED = {Platform.BINARY_SENSOR, Platform.SWITCH, Platform.LIGHT, "input_boolean"}
_NEVER_ON = {
    Platform.LOCK,
    Platform.COVER,
    Platform.VALVE,
    Platform.ALARM_CONTROL_PANEL,
    Platform.DEVICE_TRACKER,
    PERSON,
}


class Mistakes(NamedTuple):
    """The errors of a form by field, and the variables of their texts."""

    errors: dict[str, str]
    variables: Mapping[str, str]


@callback
def name_and_causes(
    hass: HomeAssistant, values: Mapping[str, Any], taken: Iterable[str], entry_id: str | None
) -> Mistakes:
    """Return what is wrong with the first form. taken are the names of other alerts, entry_id is that of this one."""
    errors: dict[str, str] = {}
    if not values[CONF_NAME]:
        errors[CONF_NAME] = "no_name"
    elif values[CONF_NAME].casefold() in {name.casefold() for name in taken}:
        errors[CONF_NAME] = "name_exists"
    if error := _template_error(hass, values.get(CONF_TEMPLATE), {}):
        # A form shows the error of a field in a section only at the top.
        errors["base"] = "template_fails"
    states = frozenset(values[CONF_STATES])
    if states & {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        errors[CONF_STATES] = "no_known_state"
    variables = {"error": error, "entity": "", "state": ""}
    for entity_id in values[CONF_CAUSES]:
        if CONF_CAUSES not in errors and (wrong := _cause_error(hass, entity_id, states, entry_id)):
            errors[CONF_CAUSES] = wrong
            state = hass.states.get(entity_id)
            variables |= {"entity": entity_id, "state": single_line(state.state) if state else STATE_UNKNOWN}
    return Mistakes(errors, variables)


def _cause_error(hass: HomeAssistant, entity_id: str, states: frozenset[str], entry_id: str | None) -> str:
    """Return why an entity cannot raise an alert in these states."""
    found = er.async_get(hass).async_get(entity_id)
    if found and entry_id and found.config_entry_id == entry_id:
        return "own_cause"
    domain = entity_id.partition(".")[0]
    never = (domain in _SWITCHED and not states & _ON_OFF) or (domain in _NEVER_ON and states <= _ON_OFF)
    return "never_in_state" if never else ""


@callback
def people(hass: HomeAssistant, values: Mapping[str, Any]) -> Mistakes:
    """Return what is wrong with the people: the first error."""
    steps = values[CONF_STEPS]
    error, named = "" if steps else "nobody_chosen", ""
    for entity_id in [each for step in steps for each in step[CONF_WHO]]:
        if not error and (error := _person_error(hass, entity_id)):
            named = entity_id
    if not error and any(not MIN_WAIT <= step[CONF_WAIT] <= MAX_WAIT for step in steps):
        error = "wait_range"
    return Mistakes({CONF_STEPS: error} if error else {}, {"entity": named})


@callback
def texts(hass: HomeAssistant, values: Mapping[str, Any], causes: Iterable[str]) -> Mistakes:
    """Return what is wrong with the texts. causes are the names of what may be wrong."""
    error = _template_error(hass, values[CONF_MESSAGE], {"causes": list(causes)})
    return Mistakes({CONF_MESSAGE: "template_fails"} if error else {}, {"error": error})


def _person_error(hass: HomeAssistant, entity_id: str) -> str:
    """Return why nobody can be asked there. Who cannot be reached only now is no error."""
    if is_person(entity_id):
        is_reached = recipients_of_person(hass, entity_id) or _targets(hass, entity_id)
        return "" if is_reached else "person_without_recipient"
    if found := recipient_of_entity(hass, entity_id):
        return "group_cannot_answer" if found.recipient.group else ""
    is_notifier = entity_id.startswith(f"{Platform.NOTIFY}.")
    is_known = er.async_get(hass).async_get(entity_id) or hass.states.get(entity_id)
    return "" if is_notifier and is_known else "not_a_recipient"


def _targets(hass: HomeAssistant, entity_id: str) -> bool:
    return bool(async_responders(hass, [entity_id], urgent=True)[entity_id].targets)


def _template_error(hass: HomeAssistant, template: str | None, variables: Mapping[str, Any]) -> str:
    if not template:
        return ""
    try:
        Template(template, hass).async_render(variables, parse_result=False)
    except TemplateError as err:
        return single_line(str(err)) or type(err).__name__
    return ""
