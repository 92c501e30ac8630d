"""Persons of Home Assistant, and recipients that are linked to them or to each other."""

from types import MappingProxyType
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component


async def add_persons(hass: HomeAssistant, *names: str, picture: str | None = None) -> None:
    """Add persons to Home Assistant: person.anna for Anna."""
    persons = [{"id": name.lower(), "name": name, **({"picture": picture} if picture else {})} for name in names]
    assert await async_setup_component(hass, "person", {"person": persons})
    await hass.async_block_till_done()


def person_id(hass: HomeAssistant, entity_id: str) -> str:
    """Return the id of a person in the entity registry."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity
    return entity.id


def recipient_id(entry: MockConfigEntry, name: str) -> str:
    """Return the id of the recipient with a name."""
    return next(each.subentry_id for each in entry.subentries.values() if each.title == name)


def change(hass: HomeAssistant, entry: MockConfigEntry, name: str, *, title: str | None = None, **data: Any) -> None:
    """Change a recipient: its name, and some of its data."""
    subentry = entry.subentries[recipient_id(entry, name)]
    hass.config_entries.async_update_subentry(entry, subentry, title=title or name, data={**subentry.data, **data})


def remove(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> None:
    """Remove a recipient."""
    hass.config_entries.async_remove_subentry(entry, recipient_id(entry, name))


def add(hass: HomeAssistant, entry: MockConfigEntry, name: str, **data: Any) -> None:
    """Add a recipient."""
    new = ConfigSubentry(data=MappingProxyType(data), subentry_type="recipient", title=name, unique_id=None)
    hass.config_entries.async_add_subentry(entry, new)


def link(hass: HomeAssistant, entry: MockConfigEntry, name: str, person: str) -> None:
    """Link a recipient to a person, given as entity id."""
    change(hass, entry, name, person=person_id(hass, person))
