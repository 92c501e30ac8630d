"""Whom a message goes to: names, numbers and contact groups as addresses. What is none carries its error."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er

from .const import DOMAIN
from .entries import alert_entries, alert_entry
from .gateway.contacts import ContactGroup
from .gateway.errors import MessageRejected
from .gateway.phone_number import mask, to_e164
from .gateway.redaction import redact
from .gateway.status import FailureReason
from .people import RecipientOf, everybody, is_person, recipients_named, selected_entities
from .recipients import Recipient, recipients

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
    def recipient_name(self) -> str | None:
        """Who has the number at the account or route that is asked, as a log may show it: a number is masked."""
        return redact_name(self.recipient.name) if self.recipient else None

    @property
    def display_name(self) -> str:
        """What a response shows."""
        return self.number or (self.group.name if self.group else self.label)


def addresses_of(recipient: Recipient) -> list[Address]:
    """Return a recipient's numbers, or its group."""
    if recipient.group:
        return [Address(recipient.name, recipient=recipient, group=recipient.group)]
    return [Address(recipient.name, number, recipient) for number in recipient.numbers]


def reachable_addresses(recipient: Recipient | None) -> list[Address]:
    """Return the same; raise recipient_without_number if there are none."""
    if not (addresses := addresses_of(recipient) if recipient else []):
        raise validation_error("recipient_without_number", name=recipient.name if recipient else "—")
    return addresses


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


class Named(NamedTuple):
    """Somebody whom an action's data names: by an entity, or by a device, an area, a floor or a label."""

    # The id that the caller wrote, or the entity that it stands for.
    target_id: str
    # The recipients that it may mean, the preferred one first. A person may be several. Empty: it is nobody.
    recipients: Sequence[RecipientOf] = ()


def has_target(data: Mapping[str, Any]) -> bool:
    """Return True if an action's data has a target, even if that names nobody."""
    return any(str(key) in data for key in cv.ENTITY_SERVICE_FIELDS)


def named_people(hass: HomeAssistant, data: Mapping[str, Any], *, all_of_each: bool = False) -> list[Named]:
    """Return whom an action's data names. An area may hold other things; only what is named itself may be nobody.

    A person who is also named by one of its own recipients is not named twice, unless all recipients of each person are
    wanted.
    """
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        data = {**data, ATTR_ENTITY_ID: everybody(hass, all_of_each=all_of_each)}
    selected = selected_entities(hass, data)
    found: list[Named] = []
    persons: list[Named] = []
    for entity_id in sorted(selected.referenced | selected.indirectly_referenced):
        recipients = list(recipients_named(hass, [entity_id]))
        if recipients or entity_id in selected.referenced:
            (persons if is_person(entity_id) else found).append(Named(entity_id, recipients))
    known = set() if all_of_each else {each.recipient.id for named in found for each in named.recipients}
    found += [each for each in persons if known.isdisjoint(one.recipient.id for one in each.recipients)]
    missing = (selected.missing_devices, selected.missing_areas, selected.missing_floors, selected.missing_labels)
    return [*found, *(Named(target_id) for target_id in sorted(set().union(*missing)))]


class NamedAlert(NamedTuple):
    """An alert that an action's data names: by one of its entities, or by a device, an area, a floor or a label."""

    # The id that the caller wrote, or the entity that it stands for.
    target_id: str
    # None: it is no alert.
    entry: ConfigEntry[Any] | None = None


def named_alerts(hass: HomeAssistant, data: Mapping[str, Any]) -> list[NamedAlert]:
    """Return the alerts that an action's data names, each once.

    An area may hold other things; only what is named itself may be no alert.
    """
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        return [NamedAlert(entry.entry_id, entry) for entry in alert_entries(hass)]
    selected, registry = selected_entities(hass, data), er.async_get(hass)
    found: dict[str, NamedAlert] = {}
    for entity_id in sorted(selected.referenced | selected.indirectly_referenced):
        entity = registry.async_get(entity_id)
        entry = alert_entry(hass, entity.config_entry_id) if entity and entity.platform == DOMAIN else None
        if entry or entity_id in selected.referenced:
            found.setdefault(entry.entry_id if entry else entity_id, NamedAlert(entity_id, entry))
    missing = (selected.missing_devices, selected.missing_areas, selected.missing_floors, selected.missing_labels)
    return [*found.values(), *(NamedAlert(target_id) for target_id in sorted(set().union(*missing)))]


def nobody_error(named: Named) -> ServiceValidationError:
    """Return the error of somebody who is named and is no recipient."""
    return validation_error(
        "person_unknown" if is_person(named.target_id) else "not_a_recipient", entity=named.target_id
    )


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
