"""Recipients: the people a home texts. Each is a subentry with a name, and numbers or a contact group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .const import (
    CONF_ALLOW_COMMANDS,
    CONF_GROUP,
    CONF_GROUP_NAME,
    CONF_NUMBERS,
    CONF_ORIGINAL,
    CONF_PERSON,
    CONF_PIN,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_SENDER,
    CONF_TYPE,
    CONF_URGENT_AFTER_STOP,
    DOMAIN,
    SUBENTRY_RECIPIENT,
)
from .delivery.checks import QuietHours
from .delivery.record import MessageRecord
from .entries import messenger_entries
from .gateway.capabilities import MessageType
from .gateway.contacts import ContactGroup
from .options import read_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient of an account or a route."""

    # The subentry's id.
    id: str
    name: str
    # In E.164; empty if it is a group.
    numbers: tuple[str, ...]
    # A contact group of the account, in place of numbers.
    group: ContactGroup | None = None
    # The person of Home Assistant that it is, as the id in the entity registry, which outlives a new entity id.
    person: str | None = None
    # The id of the recipient whose name, numbers and person it has. links.py keeps them equal.
    original: str | None = None
    # The type of its messages.
    type: MessageType = MessageType.SMS
    # The sender that it sees, if it is not the account's.
    sender: str | None = None
    # When nothing is sent to it that is not urgent.
    quiet_hours: QuietHours | None = None
    # Whether it gets urgent texts also after it opted out. The person agreed to that.
    urgent_after_stop: bool = False
    # Whether its texts are commands.
    allow_commands: bool = False
    # What its commands begin with.
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """The recipients of one entry."""

    # When the entry was last changed, as it says. After a change it is another object.
    modified_at: datetime
    # By the subentry's id.
    by_id: Mapping[str, Recipient]
    # By number; several recipients may have the same one.
    by_number: Mapping[str, Sequence[Recipient]]


# By the entry's id.
_KNOWN: dict[str, _Known] = {}


def _known(entry: ConfigEntry) -> _Known:
    known = _KNOWN.get(entry.entry_id)
    if known is None or known.modified_at is not entry.modified_at:
        by_id = {each.subentry_id: read_subentry(each) for each in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)}
        by_number: dict[str, list[Recipient]] = {}
        for recipient in by_id.values():
            for number in recipient.numbers:
                by_number.setdefault(number, []).append(recipient)
        known = _KNOWN[entry.entry_id] = _Known(entry.modified_at, by_id, by_number)
    return known


def recipients(entry: ConfigEntry) -> list[Recipient]:
    """Return all recipients of an entry, as they are now."""
    return list(_known(entry).by_id.values())


def recipient_by_id(entry: ConfigEntry, subentry_id: str) -> Recipient | None:
    """Return the recipient of a subentry."""
    return _known(entry).by_id.get(subentry_id)


def recipient_of(entry: ConfigEntry, record: MessageRecord) -> Recipient | None:
    """Return the recipient whom a message of an entry went to, if it still has that number or group."""
    recipient = recipient_by_id(entry, record.recipient_id or "")
    if recipient is None:
        return None
    target = recipient.group.id if recipient.group else None
    return recipient if record.message.to in (*recipient.numbers, target) else None


def recipient_with_number(entry: ConfigEntry, number: str) -> Recipient | None:
    """Return the first recipient of an entry with a number."""
    return next(iter(_known(entry).by_number.get(number, ())), None)


def recipient_for_number(hass: HomeAssistant, entry_id: str, number: str) -> Recipient | None:
    """Return the recipient with a number: one of this entry, else one of any other account or route."""
    return next(recipients_for_number(hass, entry_id, number), None)


def recipients_for_number(hass: HomeAssistant, entry_id: str, number: str) -> Iterator[Recipient]:
    """Yield all recipients with a number: those of this entry, then those of the other accounts and routes."""
    entries = sorted(messenger_entries(hass), key=lambda entry: entry.entry_id != entry_id)
    return (recipient for entry in entries for recipient in _known(entry).by_number.get(number, ()))


def commanding_recipient(entry: ConfigEntry, number: str) -> Recipient | None:
    """Return the recipient whose commands come from a number. If several have it, one with a PIN comes first."""
    known = _known(entry).by_number.get(number, ())
    return max(known, key=lambda recipient: (recipient.allow_commands, recipient.pin is not None), default=None)


def device_of(hass: HomeAssistant, entry: ConfigEntry, recipient_id: str | None) -> str | None:
    """Return the id of the device of a recipient, of whatever account, or else that of this account or route."""
    entries = (entry, *(each for each in messenger_entries(hass) if each is not entry))
    devices = [dr.async_entries_for_config_entry(dr.async_get(hass), each.entry_id) for each in entries]
    by_identifier = {identifier: device.id for each in devices for device in each for identifier in device.identifiers}
    return by_identifier.get((DOMAIN, recipient_id or "")) or by_identifier.get((DOMAIN, entry.entry_id))


def allowed_recipient(entry: ConfigEntry, number: str) -> Recipient | None:
    """Return the recipient whose texts from a number are commands, or None if commands are not allowed."""
    recipient = commanding_recipient(entry, number)
    return recipient if recipient and recipient.allow_commands and read_options(entry).conversation_agent else None


def pins_for_number(hass: HomeAssistant, number: str) -> set[str]:
    """Return every PIN of recipients with a number, at any account."""
    entries = messenger_entries(hass)
    return {known.pin for entry in entries for known in _known(entry).by_number.get(number, ()) if known.pin}


def read_subentry(subentry: ConfigSubentry) -> Recipient:
    """Return the recipient of a subentry. A value of a wrong type counts as missing."""
    data, pin = subentry.data, subentry.data.get(CONF_PIN)
    return Recipient(
        id=subentry.subentry_id,
        name=subentry.title,
        numbers=_numbers(data.get(CONF_NUMBERS)),
        group=_group(data),
        person=_text(data.get(CONF_PERSON)),
        original=_text(data.get(CONF_ORIGINAL)),
        type=_type(data.get(CONF_TYPE)),
        sender=_text(data.get(CONF_SENDER)),
        quiet_hours=_quiet_hours(data),
        urgent_after_stop=data.get(CONF_URGENT_AFTER_STOP) is True,
        # A PIN that cannot be read must not let commands through without one.
        allow_commands=data.get(CONF_ALLOW_COMMANDS) is True and isinstance(pin, str | None),
        pin=_text(pin),
    )


def _text(stored: object) -> str | None:
    return stored if isinstance(stored, str) else None


def _numbers(stored: object) -> tuple[str, ...]:
    listed = stored if isinstance(stored, list | tuple) else ()
    return tuple(number for number in listed if isinstance(number, str))


def _type(stored: object) -> MessageType:
    return MessageType(stored) if isinstance(stored, str) and stored in set(MessageType) else MessageType.SMS


def _group(data: Mapping[str, Any]) -> ContactGroup | None:
    """Return the group as it was when it was chosen."""
    group_id, name = data.get(CONF_GROUP), data.get(CONF_GROUP_NAME)
    if not isinstance(group_id, str):
        return None
    return ContactGroup(id=group_id, name=name if isinstance(name, str) else group_id)


def _quiet_hours(data: Mapping[str, Any]) -> QuietHours | None:
    try:
        return QuietHours(time.fromisoformat(data[CONF_QUIET_START]), time.fromisoformat(data[CONF_QUIET_END]))
    except KeyError, ValueError, TypeError:
        return None
