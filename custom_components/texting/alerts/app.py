"""Phones with the app of Home Assistant. Each is known by the notify entity of its app."""

from collections.abc import Iterator
from typing import Any

from homeassistant.components.notify import DOMAIN as NOTIFY
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er

from ..const import PERSON

# The integration of the app.
APP = "mobile_app"
# Of the state of a person of Home Assistant.
ATTR_DEVICE_TRACKERS = "device_trackers"
# Of the config entry of an app: the user who logged in there.
CONF_USER_ID = "user_id"


def app_entry(hass: HomeAssistant, entity_id: str) -> ConfigEntry[Any] | None:
    """Return the entry of the app that has this notify entity, or None if the entity is another one or disabled."""
    entity = er.async_get(hass).async_get(entity_id)
    if entity is None or entity.platform != APP or entity.domain != Platform.NOTIFY or entity.disabled:
        return None
    return hass.config_entries.async_get_entry(entity.config_entry_id or "")


def is_app(hass: HomeAssistant, entity_id: str) -> bool:
    """Return True for the notify entity of an app."""
    return app_entry(hass, entity_id) is not None


def app_user_id(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the id of the user who logged in to an app."""
    entry = app_entry(hass, entity_id)
    return entry.data.get(CONF_USER_ID) if entry else None


def apps_of_person(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Return the notify entities of the apps that track where a person is."""
    registry, person = er.async_get(hass), hass.states.get(entity_id)
    entries = _tracking_entries(registry, person) if person else set()
    entities = [entity for each in sorted(entries) for entity in er.async_entries_for_config_entry(registry, each)]
    return [entity.entity_id for entity in entities if is_app(hass, entity.entity_id)]


def person_of_app(hass: HomeAssistant, entity_id: str) -> State | None:
    """Return the person whom an app tracks."""
    if (entry := app_entry(hass, entity_id)) is None:
        return None
    registry, people = er.async_get(hass), hass.states.async_all(PERSON)
    return next((each for each in people if entry.entry_id in _tracking_entries(registry, each)), None)


def app_action(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the name of the notify action of an app, which shows buttons. None: it is not there, or not yet."""
    entry = app_entry(hass, entity_id)
    if entry is None or APP not in hass.config.components:
        return None
    from homeassistant.components.mobile_app.util import get_notify_service  # noqa: PLC0415  many homes have no app

    try:
        action: str | None = get_notify_service(hass, entry.data[CONF_WEBHOOK_ID])
    except KeyError, AttributeError:  # the app's integration has not set up its actions yet
        return None
    return action if action and hass.services.has_service(NOTIFY, action) else None


def _tracking_entries(registry: er.EntityRegistry, person: State) -> set[str]:
    """Return the ids of the entries of the apps that track a person."""
    return {entity.config_entry_id for entity in _trackers(registry, person) if entity.config_entry_id}


def _trackers(registry: er.EntityRegistry, person: State) -> Iterator[er.RegistryEntry]:
    trackers = person.attributes.get(ATTR_DEVICE_TRACKERS)
    for entity_id in trackers if isinstance(trackers, list | tuple) else ():
        entity = registry.async_get(entity_id) if isinstance(entity_id, str) else None
        if entity and entity.platform == APP:
            yield entity
