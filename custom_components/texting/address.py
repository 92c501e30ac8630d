"""Whom a message shall go to: names, numbers, groups and notify entities, as addresses; what is none says why."""

from collections.abc import Iterable
from dataclasses import dataclass
import re

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .gateway.contacts import ContactGroup
from .gateway.errors import MessageRejected, redact
from .gateway.phone_number import mask, to_e164
from .gateway.status import FailureReason
from .line import Line, LineConfigEntry
from .recipient import Recipient, recipient_by_id, recipients

# So many digits may be somebody's number.
MASKED_FROM = 7
# An id: the rule for a gateway's words would take its digits out.
_ID = re.compile(r"(?!.*\d{7})[0-9A-Za-z]{1,15}")


@dataclass(frozen=True, slots=True)
class Address:
    """One number, or one group; label is what the user called it, error and reason why it is no address.

    Several groups that get one campaign are one, with their ids, their names and their contacts together; uncounted
    says that nobody has told yet how many these are.
    """

    label: str
    number: str | None = None
    recipient: Recipient | None = None
    error: ServiceValidationError | None = None
    reason: FailureReason | None = None
    group: ContactGroup | None = None
    uncounted: bool = False

    @property
    def target(self) -> str | None:
        """What a message is sent to."""
        return self.group.id if self.group else self.number

    @property
    def shown(self) -> str:
        """Whom it is, as a user is told."""
        return self.number or (self.group.name if self.group else self.label)


# None stands for what belongs to no account that could send.
type Targets = dict[Line | None, list[Address]]


def addresses_of(recipient: Recipient) -> list[Address]:
    """A recipient's numbers, or its group."""
    if recipient.group:
        return [Address(recipient.name, recipient=recipient, group=recipient.group)]
    return [Address(recipient.name, number, recipient) for number in recipient.numbers]


def each_once(addresses: Iterable[Address]) -> list[Address]:
    """No number and no group twice: who is named alone and with others gets one text."""
    found: dict[str, Address] = {}
    for address in addresses:
        found.setdefault(address.target or address.label.casefold(), address)
    return list(found.values())


def resolve(hass: HomeAssistant, line: Line, wanted: Iterable[str]) -> list[Address]:
    """Names of an account's recipients, and numbers, as addresses."""
    known = recipients(line.entry)
    by_name = {recipient.name.casefold(): recipient for recipient in known}
    by_number = {number: recipient for recipient in known for number in recipient.numbers}
    found: list[Address] = []
    for label in map(str.strip, wanted):
        if recipient := by_name.get(label.casefold()):
            found += addresses_of(recipient)
        elif label == line.test_number:
            found.append(Address(label, label))
        else:
            found.append(_number(label, by_number, hass.config.country, line.entry.title))
    return each_once(found)


def _number(text: str, by_number: dict[str, Recipient], country: str | None, account: str) -> Address:
    """A number, or a mistake that is named by what was written."""
    try:
        number = to_e164(text, country)
    except MessageRejected:
        is_name = any(character.isalpha() for character in text)
        label = redact(text) if is_name else _masked(text)
        error = mistake("unknown_recipient" if is_name else "limit_number", name=label, number=label, account=account)
        return Address(label, error=error, reason=FailureReason.INVALID_NUMBER)
    recipient = by_number.get(number)
    return Address(recipient.name if recipient else mask(number), number, recipient)


def _masked(number: str) -> str:
    """What was written, masked where it may be a whole number."""
    return number if sum(map(str.isdigit, number)) < MASKED_FROM else mask(number)


def hidden(name: str) -> str:
    """What was written for a name or an id, without what may be somebody's number."""
    if not any(character.isalpha() for character in name):
        return _masked(name)
    return name if _ID.fullmatch(name) else redact(name)


def entity_targets(call: ServiceCall) -> Targets:
    """The recipients whose notify entities were named, directly or by device, area, floor or label."""
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data))
    registry = er.async_get(call.hass)
    targets: Targets = {}
    for entity_id in sorted(selected.referenced | selected.indirectly_referenced):
        entity = registry.async_get(entity_id)
        if entity is not None and entity.platform == DOMAIN and entity.domain == Platform.NOTIFY:
            line, addresses = _of_entity(call.hass, entity)
            targets.setdefault(line, []).extend(addresses)
        elif entity_id in selected.referenced:
            targets.setdefault(None, []).append(_no_recipient(entity_id))
    missing = (selected.missing_devices, selected.missing_areas, selected.missing_floors, selected.missing_labels)
    for target_id in sorted(set().union(*missing)):
        targets.setdefault(None, []).append(_no_recipient(target_id))
    return targets


def _no_recipient(target_id: str) -> Address:
    return Address(target_id, error=mistake("not_a_recipient", entity=target_id), reason=FailureReason.OTHER)


def _of_entity(hass: HomeAssistant, entity: er.RegistryEntry) -> tuple[Line | None, list[Address]]:
    """The account and the numbers of a recipient's entity."""
    entry: LineConfigEntry | None = hass.config_entries.async_get_entry(entity.config_entry_id or "")
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        error = mistake("account_not_loaded", account=entry.title if entry else entity.entity_id)
        return None, [Address(entity.entity_id, error=error, reason=FailureReason.OTHER)]
    recipient = recipient_by_id(entry, entity.config_subentry_id or "")
    return entry.runtime_data, addresses_of(recipient) if recipient else []


def mistake(key: str, **placeholders: str) -> ServiceValidationError:
    """What the caller of an action did wrong."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
