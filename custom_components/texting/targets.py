"""Whom a message goes to: names, numbers and contact groups as addresses. What is none carries its error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import SelectedEntities, TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .gateway.contacts import ContactGroup
from .gateway.errors import MessageRejected
from .gateway.phone_number import mask, to_e164
from .gateway.redaction import redact
from .gateway.status import FailureReason
from .recipients import Recipient, recipient_by_id, recipients

# A text with this many digits may be somebody's number.
MASK_DIGITS = 7
# An id that redact would take for a number or a token.
_ID = re.compile(r"(?!.*\d{7})[0-9A-Za-z]{1,15}")


@dataclass(frozen=True, slots=True)
class Address:
    """One number or one contact group. Several groups of one campaign count as one group."""

    # What the user called it.
    label: str
    # In E.164.
    number: str | None = None
    # Whose number it is.
    recipient: Recipient | None = None
    # Why this is no address.
    error: ServiceValidationError | None = None
    reason: FailureReason | None = None
    # The group, if it is one.
    group: ContactGroup | None = None
    # Whether it is unknown how many contacts the group has.
    is_uncounted: bool = False

    @property
    def target(self) -> str | None:
        """What a message is sent to."""
        return self.group.id if self.group else self.number

    @property
    def display_name(self) -> str:
        """What a response shows."""
        return self.number or (self.group.name if self.group else self.label)


def addresses_of(recipient: Recipient) -> list[Address]:
    """Return a recipient's numbers, or its group."""
    if recipient.group:
        return [Address(recipient.name, recipient=recipient, group=recipient.group)]
    return [Address(recipient.name, number, recipient) for number in recipient.numbers]


def deduplicate(addresses: Iterable[Address]) -> list[Address]:
    """Return each number and each group once, so that nobody gets the same text twice."""
    found: dict[str, Address] = {}
    for address in addresses:
        found.setdefault(address.target or address.label.casefold(), address)
    return list(found.values())


def resolve(
    hass: HomeAssistant, entry: ConfigEntry[Any], wanted: Iterable[str], test_number: str | None = None
) -> list[Address]:
    """Return names of an entry's recipients, and numbers, as addresses."""
    known = recipients(entry)
    by_name = {recipient.name.casefold(): recipient for recipient in known}
    by_number = {number: recipient for recipient in known for number in recipient.numbers}
    found: list[Address] = []
    for label in map(str.strip, wanted):
        if recipient := by_name.get(label.casefold()):
            found += addresses_of(recipient)
        elif label == test_number:
            found.append(Address(label, label))
        else:
            found.append(_number(label, by_number, hass.config.country, entry.title))
    return deduplicate(found)


def _number(text: str, by_number: dict[str, Recipient], country: str | None, account: str) -> Address:
    """Return the address of a number, or an error that names what was written."""
    try:
        number = to_e164(text, country)
    except MessageRejected:
        if any(character.isalpha() for character in text):
            label = redact(text)
            error = validation_error("unknown_recipient", name=label, account=account)
        else:
            label = _mask_number(text)
            error = validation_error("limit_number", number=label)
        return Address(label, error=error, reason=FailureReason.INVALID_NUMBER)
    recipient = by_number.get(number)
    return Address(recipient.name if recipient else mask(number), number, recipient)


def named_entities(hass: HomeAssistant, data: Mapping[str, Any]) -> SelectedEntities:
    """Return the entities that an action's data names, directly or by device, area, floor or label."""
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        data = {**data, ATTR_ENTITY_ID: _everyone(hass)}
    return async_extract_referenced_entity_ids(hass, TargetSelection(dict(data)))


def _everyone(hass: HomeAssistant) -> list[str]:
    """Return the notify entities of all recipients except groups, which must be named."""
    return [
        entity.entity_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.domain == Platform.NOTIFY
        and not entity.disabled
        and (recipient := recipient_by_id(entry, entity.config_subentry_id or ""))
        and not recipient.group
    ]


def recipient_entity(registry: er.EntityRegistry, entity_id: str) -> er.RegistryEntry | None:
    """Return a recipient's notify entity, or None if the entity is another one or does not exist."""
    entity = registry.async_get(entity_id)
    return entity if entity and entity.platform == DOMAIN and entity.domain == Platform.NOTIFY else None


def _mask_number(number: str) -> str:
    """Mask a text if it may be a whole number."""
    return number if sum(map(str.isdigit, number)) < MASK_DIGITS else mask(number)


def redact_name(name: str) -> str:
    """Return a name or an id without anything that may be somebody's number."""
    if not any(character.isalpha() for character in name):
        return _mask_number(name)
    return name if _ID.fullmatch(name) else redact(name)


def validation_error(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error of a caller's mistake."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
