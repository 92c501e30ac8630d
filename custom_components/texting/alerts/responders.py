"""Responders: the people in the steps of an alert, and how they can be reached now."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_FRIENDLY_NAME, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..alerting.model import Responder, Target
from ..const import PERSON
from ..messenger import Messenger
from ..opt_outs import has_opted_out
from ..people import (
    RecipientOf,
    is_person,
    person_entity_id,
    preferred,
    recipient_entity,
    recipient_of_entity,
    recipients_of_person,
)

# Of the state of a person of Home Assistant.
ATTR_USER_ID = "user_id"


@callback
def async_responders(hass: HomeAssistant, entity_ids: Iterable[str], *, urgent: bool) -> dict[str, Responder]:
    """Return the responders as they are reached now, by entity id. One that cannot be reached has no targets."""
    return {entity_id: _responder(hass, entity_id, urgent=urgent) for entity_id in entity_ids}


def _responder(hass: HomeAssistant, entity_id: str, *, urgent: bool) -> Responder:
    found = _recipient(hass, entity_id)
    if found is None:
        state = hass.states.get(entity_id)
        name = state.attributes.get(ATTR_FRIENDLY_NAME) if state else None
        is_notifier = state is not None and entity_id.startswith(f"{Platform.NOTIFY}.")
        is_ours = recipient_entity(er.async_get(hass), entity_id) is not None
        targets = (Target(id=entity_id, is_text=False),) if is_notifier and not is_ours else ()
        return Responder(id=entity_id, name=str(name or entity_id), targets=targets)
    entry, recipient = found
    quiet = None if urgent else recipient.quiet_hours
    return Responder(
        id=entity_id,
        name=recipient.name,
        targets=() if entry.disabled_by else tuple(_targets(hass, found, urgent=urgent)),
        quiet_for=quiet.seconds_left(dt_util.now()) if quiet else 0.0,
    )


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
    """Return which responder a user is, through the person that both belong to, and the user's name if it is known."""
    people = hass.states.async_all(PERSON) if user_id else []
    names = {each.entity_id: each.name for each in people if each.attributes.get(ATTR_USER_ID) == user_id}
    for entity_id in entity_ids:
        found = _recipient(hass, entity_id)
        person = person_entity_id(hass, found.recipient) if found else None
        if entity_id in names or person in names:
            return entity_id, names.get(entity_id) or names[person or ""]
    return None, next(iter(names.values()), "")
