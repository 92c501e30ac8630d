"""The people a home texts: subentries of an account, each a name and numbers, or a name and a contact group."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from .const import (
    CONF_GROUP,
    CONF_GROUP_NAME,
    CONF_MAY_COMMAND,
    CONF_NUMBERS,
    CONF_PIN,
    CONF_QUIET_FROM,
    CONF_QUIET_TO,
    CONF_SENDER,
    CONF_TYPE,
    DOMAIN,
    SUBENTRY_RECIPIENT,
)
from .delivery.guard import QuietHours
from .gateway.capabilities import MessageType
from .gateway.contacts import ContactGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A name and its numbers (E.164), or a contact group of the account in their place.

    id is the subentry's, quiet is when nothing is sent to it, pin is what its commands begin with.
    """

    id: str
    name: str
    numbers: tuple[str, ...]
    group: ContactGroup | None = None
    type: MessageType = MessageType.SMS
    sender: str | None = None
    quiet: QuietHours | None = None
    may_command: bool = False
    pin: str | None = field(default=None, repr=False)


def recipients(entry: ConfigEntry) -> list[Recipient]:
    """All recipients of an account, as they are now."""
    return [_recipient(subentry) for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)]


def recipient_of(entry: ConfigEntry, number: str) -> Recipient | None:
    """Whose number it is."""
    return next((recipient for recipient in recipients(entry) if number in recipient.numbers), None)


def commander_of(entry: ConfigEntry, number: str) -> Recipient | None:
    """Whose commands come from a number; of several, the most careful: one with a PIN before one without."""
    own = [recipient for recipient in recipients(entry) if number in recipient.numbers]
    return max(own, key=lambda recipient: (recipient.may_command, recipient.pin is not None), default=None)


def pins_of(hass: HomeAssistant, number: str) -> set[str]:
    """Every PIN of whoever has a number, at whatever account."""
    known = (recipient for entry in hass.config_entries.async_entries(DOMAIN) for recipient in recipients(entry))
    return {recipient.pin for recipient in known if recipient.pin and number in recipient.numbers}


def known_as(hass: HomeAssistant, entry_id: str, number: str) -> Recipient | None:
    """Whose number it is: a recipient of this account, else of any other account or route."""
    entries = sorted(hass.config_entries.async_entries(DOMAIN), key=lambda entry: entry.entry_id != entry_id)
    return next((recipient for entry in entries if (recipient := recipient_of(entry, number))), None)


def recipient_by_id(entry: ConfigEntry, subentry_id: str) -> Recipient | None:
    """The recipient of a subentry."""
    subentry = entry.subentries.get(subentry_id)
    return _recipient(subentry) if subentry and subentry.subentry_type == SUBENTRY_RECIPIENT else None


def _recipient(subentry: ConfigSubentry) -> Recipient:
    return Recipient(
        id=subentry.subentry_id,
        name=subentry.title,
        numbers=tuple(subentry.data[CONF_NUMBERS]),
        group=_group(subentry.data),
        type=MessageType(subentry.data.get(CONF_TYPE, MessageType.SMS)),
        sender=subentry.data.get(CONF_SENDER),
        quiet=_quiet(subentry.data),
        may_command=subentry.data.get(CONF_MAY_COMMAND, False),
        pin=subentry.data.get(CONF_PIN),
    )


def _group(data: Mapping[str, Any]) -> ContactGroup | None:
    """The group as it was when it was chosen."""
    if CONF_GROUP not in data:
        return None
    return ContactGroup(id=data[CONF_GROUP], name=data.get(CONF_GROUP_NAME, data[CONF_GROUP]))


def _quiet(data: Mapping[str, Any]) -> QuietHours | None:
    if CONF_QUIET_FROM not in data:
        return None
    return QuietHours(time.fromisoformat(data[CONF_QUIET_FROM]), time.fromisoformat(data[CONF_QUIET_TO]))
