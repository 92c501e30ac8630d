"""Renames: the definition of an alert follows new entity ids of its causes and people."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .definition import CONF_CAUSES, CONF_STEPS, CONF_WHO


@callback
def async_follow_renames(
    hass: HomeAssistant, entry: ConfigEntry[Any], tell: Callable[[str, str], None]
) -> CALLBACK_TYPE:
    """Follow new entity ids from now on; tell gets the old and the new one. Return a function that ends this."""

    @callback
    def renamed(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] != "update" or not (old := event.data.get("old_entity_id")):
            return
        new, options = event.data["entity_id"], dict(entry.options)
        if CONF_CAUSES in options:
            options[CONF_CAUSES] = _replaced(options[CONF_CAUSES], old, new)
        if isinstance(steps := options.get(CONF_STEPS), list | tuple):
            options[CONF_STEPS] = [
                {**step, CONF_WHO: _replaced(step.get(CONF_WHO), old, new)} if isinstance(step, dict) else step
                for step in steps
            ]
        # The incident knows a cause by its new id before the definition does, and people after it does. Else it would
        # take a cause for one that went off, and people for some that nobody can reach.
        is_cause = options.get(CONF_CAUSES) != entry.options.get(CONF_CAUSES)
        if is_cause:
            tell(old, new)
        hass.config_entries.async_update_entry(entry, options=options)
        if not is_cause:
            tell(old, new)

    return hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, renamed)


def _replaced(listed: Any, old: str, new: str) -> Any:
    if listed == old:
        return new
    return [new if each == old else each for each in listed] if isinstance(listed, list | tuple) else listed
