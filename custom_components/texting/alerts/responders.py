"""Responders: the people in the steps of an alert, and how they can be reached now."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_FRIENDLY_NAME, Platform
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..alerting.model import Responder, Target
from ..const import PERSON
from ..messenger import Messenger
from ..opt_outs import has_opted_out
from ..people import (
    RecipientOf,
    identity,
    is_person,
    person_entity_id,
    preferred,
    recipient_entity,
    recipient_of_entity,
    recipients_of_person,
)
from .app import app_user_id, apps_of_person, is_app, person_of_app

# Of the state of a person of Home Assistant.
ATTR_USER_ID = "user_id"


@callback
def async_responders(hass: HomeAssistant, entity_ids: Iterable[str], *, urgent: bool) -> dict[str, Responder]:
    """Return the responders as they are reached now, by entity id. One that cannot be reached has no targets."""
    return {entity_id: _responder(hass, entity_id, urgent=urgent) for entity_id in entity_ids}


def _responder(hass: HomeAssistant, entity_id: str, *, urgent: bool) -> Responder:
    """Return a person who is texted, and gets push notifications if no text can leave now."""
    found = _recipient(hass, entity_id)
    if found is None:
        person = _person_of(hass, entity_id) or ""
        targets = tuple(_pushes(hass, entity_id))
        return Responder(id=entity_id, name=_name(hass, entity_id), person=person, targets=targets)
    entry, recipient = found
    quiet = None if urgent else recipient.quiet_hours
    phones = [] if entry.disabled_by else _targets(hass, found, urgent=urgent)
    is_texted = bool(phones) and found.is_reachable
    pushes = _pushes(hass, entity_id) if is_person(entity_id) and not is_texted else []
    return Responder(
        id=entity_id,
        name=recipient.name,
        person=_person_of(hass, entity_id) or identity(recipient),
        targets=(*phones, *pushes),
        quiet_for=quiet.seconds_left(dt_util.now()) if quiet else 0.0,
        has_opted_out=bool(recipient.numbers) and not phones and not entry.disabled_by,
    )


def _name(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of an entity, or of the person whose phone shows its push notifications."""
    state = person_of_app(hass, entity_id) or hass.states.get(entity_id)
    return str((state.attributes.get(ATTR_FRIENDLY_NAME) if state else None) or entity_id)


def _pushes(hass: HomeAssistant, entity_id: str) -> list[Target]:
    """Return what shows push notifications: the apps of a person, or another integration's notify entity."""
    if is_person(entity_id):
        shown = apps_of_person(hass, entity_id)
    else:
        # While Home Assistant starts, it may only be about to come.
        is_there = hass.states.get(entity_id) is not None or hass.state is CoreState.not_running
        is_notifier = is_there and entity_id.startswith(f"{Platform.NOTIFY}.")
        is_ours = recipient_entity(er.async_get(hass), entity_id) is not None
        shown = [entity_id] if is_app(hass, entity_id) or (is_notifier and not is_ours) else []
    return [Target(id=each, is_text=False) for each in shown]


def _targets(hass: HomeAssistant, found: RecipientOf, *, urgent: bool) -> list[Target]:
    """Return the phones of a recipient, except those that opted out."""
    entry, recipient = found
    if urgent and recipient.urgent_after_stop and _may_text_opted_out(entry):
        numbers = list(recipient.numbers)
    else:
        numbers = [number for number in recipient.numbers if not has_opted_out(hass, entry, number)]
    return [Target(id=number, messenger=entry.entry_id) for number in numbers]


def _may_text_opted_out(entry: ConfigEntry[Messenger]) -> bool:
    return entry.state is ConfigEntryState.LOADED and entry.runtime_data.may_text_opted_out


def _recipient(hass: HomeAssistant, entity_id: str) -> RecipientOf | None:
    """Return the recipient that an entity is, or through which a person is reached."""
    if is_person(entity_id):
        return preferred([each for each in recipients_of_person(hass, entity_id) if not each.entry.disabled_by])
    return recipient_of_entity(hass, entity_id)


@callback
def async_user(hass: HomeAssistant, entity_ids: Iterable[str], user_id: str | None) -> tuple[str | None, str]:
    """Return which responder a user is, and the user's name if it is known.

    It is the responder who belongs to the user's person, or else an app in which the user logged in.
    """
    names, entity_ids = _persons_of(hass, user_id), list(entity_ids)
    for entity_id in entity_ids:
        if (person := _person_of(hass, entity_id)) in names:
            return entity_id, names[person or ""]
    for entity_id in entity_ids:
        if user_id and app_user_id(hass, entity_id) == user_id and person_of_app(hass, entity_id) is None:
            return entity_id, next(iter(names.values()), "") or _name(hass, entity_id)
    return None, next(iter(names.values()), "")


def is_user(hass: HomeAssistant, entity_id: str, user_id: str) -> bool:
    """Return True if a responder belongs to the person of a user."""
    return _person_of(hass, entity_id) in _persons_of(hass, user_id)


def _persons_of(hass: HomeAssistant, user_id: str | None) -> dict[str | None, str]:
    """Return the names of the persons that a user is, by entity id."""
    people = hass.states.async_all(PERSON) if user_id else []
    return {each.entity_id: each.name for each in people if each.attributes.get(ATTR_USER_ID) == user_id}


def _person_of(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the entity id of the person whom a responder belongs to."""
    if is_person(entity_id):
        return entity_id
    if found := _recipient(hass, entity_id):
        return person_entity_id(hass, found.recipient)
    person = person_of_app(hass, entity_id)
    return person.entity_id if person else None
