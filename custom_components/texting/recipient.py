"""The people a home texts: subentries of an account, each a name and numbers, or a name and a contact group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .const import (
    CONF_GROUP,
    CONF_GROUP_NAME,
    CONF_NUMBERS,
    CONF_QUIET_FROM,
    CONF_QUIET_TO,
    CONF_SENDER,
    CONF_TYPE,
    SUBENTRY_RECIPIENT,
)
from .delivery.guard import QuietHours
from .gateway.capabilities import MessageType
from .gateway.contacts import ContactGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A name and its numbers (E.164), or a contact group of the account in their place.

    id is the subentry's, quiet is when nothing is sent to it.
    """

    id: str
    name: str
    numbers: tuple[str, ...]
    group: ContactGroup | None = None
    type: MessageType = MessageType.SMS
    sender: str | None = None
    quiet: QuietHours | None = None


def recipients(entry: ConfigEntry) -> list[Recipient]:
    """All recipients of an account, as they are now."""
    return [_recipient(subentry) for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)]


def recipient_of(entry: ConfigEntry, number: str) -> Recipient | None:
    """Whose number it is."""
    return next((recipient for recipient in recipients(entry) if number in recipient.numbers), None)


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
