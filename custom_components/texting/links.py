"""Links: recipients of routes that have the name, the numbers and the person of a recipient of another entry.

A link keeps a copy of them, which follows every change of the original at once. If the original is removed, the copy
stays, and an issue asks the user to look at it.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import CONF_NUMBERS, CONF_ORIGINAL, CONF_PERSON, DOMAIN
from .entries import messenger_entries
from .issues import async_originals_removed
from .people import RecipientOf, all_recipients
from .recipients import Recipient, recipients


@callback
def async_setup_links(hass: HomeAssistant) -> None:
    """Keep links equal to their originals from now on, as long as Home Assistant runs."""

    @callback
    def changed(_change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        if entry.domain == DOMAIN:
            _update(hass)

    _update(hass)
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)


def originals(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dict[str, RecipientOf]:
    """Return the recipients that a recipient of an entry may be linked to, by id: never a group, nor a link."""
    return {each.recipient.id: each for each in _originals(hass) if each.entry is not entry}


def linked_data(original: Recipient) -> dict[str, Any]:
    """Return what a link stores of its original, besides the name."""
    person = {CONF_PERSON: original.person} if original.person else {}
    return {CONF_ORIGINAL: original.id, CONF_NUMBERS: list(original.numbers), **person}


def linked_name(entry: ConfigEntry[Any], original: RecipientOf, link_id: str | None = None) -> str:
    """Return the name of a link: its original's, with the account if another recipient of the entry has that name."""
    name = original.recipient.name
    others = {each.name.casefold() for each in recipients(entry) if each.id != link_id}
    return f"{name} ({original.entry.title})" if name.casefold() in others else name


def _originals(hass: HomeAssistant) -> list[RecipientOf]:
    return [each for each in all_recipients(hass) if each.recipient.numbers and not each.recipient.original]


@callback
def _update(hass: HomeAssistant) -> None:
    """Make all links equal to their originals, and keep one issue for each that has none."""
    known = {each.recipient.id: each for each in _originals(hass)}
    for entry in messenger_entries(hass):
        copies = {}
        for link in recipients(entry):
            if original := known.get(link.original or ""):
                _copy(hass, entry, link, original)
            elif link.original and not entry.disabled_by:
                copies[link.id] = link.name
        async_originals_removed(hass, entry, copies)


@callback
def _copy(hass: HomeAssistant, entry: ConfigEntry[Any], link: Recipient, original: RecipientOf) -> None:
    subentry = entry.subentries[link.id]
    own: Mapping[str, Any] = {name: value for name, value in subentry.data.items() if name != CONF_PERSON}
    data, name = {**own, **linked_data(original.recipient)}, linked_name(entry, original, link.id)
    # It does nothing if both are as before.
    hass.config_entries.async_update_subentry(entry, subentry, data=data, title=name)
