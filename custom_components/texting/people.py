"""People: who is behind entities. A person of Home Assistant may be several recipients, at several accounts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import SelectedEntities, TargetSelection, async_extract_referenced_entity_ids

from .const import CONF_PROVIDER, DOMAIN, PERSON, ROUTE
from .entries import messenger_entries
from .recipients import Recipient, recipient_by_id, recipients

# The part of a target that newer versions of Home Assistant take away from it.
_EXCLUDE = "exclude"


class RecipientOf(NamedTuple):
    """A recipient, and the account or route that texts it."""

    entry: ConfigEntry[Any]
    recipient: Recipient

    @property
    def is_reachable(self) -> bool:
        """Return True if a text to it can leave: its account or route is loaded, and it has a number or a group."""
        has_target = bool(self.recipient.numbers or self.recipient.group)
        return has_target and self.entry.state is ConfigEntryState.LOADED


def is_person(entity_id: str) -> bool:
    """Return True if an entity is a person of Home Assistant."""
    return entity_id.startswith(f"{PERSON}.")


def recipient_entity(registry: er.EntityRegistry, entity_id: str) -> er.RegistryEntry | None:
    """Return a recipient's notify entity, or None if the entity is another one or does not exist."""
    entity = registry.async_get(entity_id)
    return entity if entity and entity.platform == DOMAIN and entity.domain == Platform.NOTIFY else None


def recipient_of_entity(hass: HomeAssistant, entity_id: str) -> RecipientOf | None:
    """Return the recipient of a notify entity, also if its account is not loaded."""
    entity = recipient_entity(er.async_get(hass), entity_id)
    entry = hass.config_entries.async_get_entry(entity.config_entry_id or "") if entity else None
    recipient = recipient_by_id(entry, entity.config_subentry_id or "") if entry and entity else None
    return RecipientOf(entry, recipient) if entry and recipient else None


def all_recipients(hass: HomeAssistant) -> Iterator[RecipientOf]:
    """Yield all recipients, those of routes first."""
    entries = sorted(messenger_entries(hass), key=lambda entry: entry.data[CONF_PROVIDER] != ROUTE)
    return (RecipientOf(entry, recipient) for entry in entries for recipient in recipients(entry))


def recipients_of_person(hass: HomeAssistant, entity_id: str) -> list[RecipientOf]:
    """Return the recipients that are linked to a person, those of routes first."""
    person = er.async_get(hass).async_get(entity_id)
    if person is None or not is_person(entity_id):
        return []
    return [each for each in all_recipients(hass) if each.recipient.person == person.id]


def preferred(
    candidates: Sequence[RecipientOf], works: Callable[[RecipientOf], bool] = attrgetter("is_reachable")
) -> RecipientOf | None:
    """Return the first recipient that works, which is the one through which a person is reached.

    If none works, return the first one: its error says why.
    """
    return next(filter(works, candidates), candidates[0] if candidates else None)


def recipients_named(hass: HomeAssistant, entity_ids: Iterable[str]) -> Iterator[RecipientOf]:
    """Yield the recipients that notify entities are, and all recipients of persons. Others are ignored."""
    for entity_id in entity_ids:
        if is_person(entity_id):
            yield from recipients_of_person(hass, entity_id)
        elif found := recipient_of_entity(hass, entity_id):
            yield found


def selected_entities(hass: HomeAssistant, target: Mapping[str, Any]) -> SelectedEntities:
    """Return the entities that a target selects.

    Home Assistant takes away the entities that the target excludes. Here all entities of excluded people go too.
    """
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(target)))
    if not (exclude := target.get(_EXCLUDE)):
        return selected
    left_out = async_extract_referenced_entity_ids(hass, TargetSelection(dict(exclude)))
    named = recipients_named(hass, left_out.referenced | left_out.indirectly_referenced)
    excluded = {identity(each.recipient) for each in named}

    def is_excluded(entity_id: str) -> bool:
        return any(identity(each.recipient) in excluded for each in recipients_named(hass, [entity_id]))

    selected.referenced = {each for each in selected.referenced if not is_excluded(each)}
    selected.indirectly_referenced = {each for each in selected.indirectly_referenced if not is_excluded(each)}
    return selected


def person_entity_id(hass: HomeAssistant, recipient: Recipient) -> str | None:
    """Return the entity id of the person that a recipient is linked to, or None."""
    entity = er.async_get(hass).async_get(recipient.person) if recipient.person else None
    return entity.entity_id if entity else None


def identity(recipient: Recipient) -> str:
    """Return what recipients that are the same person have in common."""
    return recipient.person or recipient.original or recipient.id


def everybody(hass: HomeAssistant, *, all_of_each: bool = False) -> list[str]:
    """Return the notify entities of all recipients but groups, which must be named.

    Of recipients that are the same person, it is the preferred one, unless all of each person are wanted. Entities that
    are disabled do not count.
    """
    registry = er.async_get(hass)
    entities: dict[str, str] = {}
    by_identity: dict[str, list[RecipientOf]] = {}
    for found in all_recipients(hass):
        recipient = found.recipient
        entity = registry.async_get(registry.async_get_entity_id(Platform.NOTIFY, DOMAIN, recipient.id) or "")
        if entity and not entity.disabled and not recipient.group:
            entities[recipient.id] = entity.entity_id
            by_identity.setdefault(recipient.id if all_of_each else identity(recipient), []).append(found)
    chosen = filter(None, map(preferred, by_identity.values()))
    return [entities[found.recipient.id] for found in chosen]
