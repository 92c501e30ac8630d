"""Activity: one line for each text that came in or ended, on the device of the person, or else of the account."""

from collections.abc import Sequence
import re

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import EVENT_MESSAGE
from .delivery.outbox import Change, Update
from .gateway.message import IncomingMessage, IncomingType
from .outcomes import kind_of, why_failed
from .recipients import device_of, recipient_for_number
from .signals import MESSAGE_RECEIVED, MESSAGES_UPDATED
from .targets import redact_name
from .text.single_line import single_line

# A phone number, or the name that a company texts with.
_SENDER = re.compile(r"\+?[0-9A-Za-z]{1,15}")


@callback
def async_setup_activity(hass: HomeAssistant) -> None:
    """Write lines from now on, as long as Home Assistant runs."""

    @callback
    def received(entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
        # An opt-out has a line of its own.
        if incoming.type is not IncomingType.OPT_OUT and (entry := hass.config_entries.async_get_entry(entry_id)):
            sender = recipient_for_number(hass, entry_id, incoming.sender)
            name = sender.name if sender else _sender(incoming.sender)
            _write(hass, entry, sender.id if sender else None, {"kind": str(incoming.type), "name": name})

    @callback
    def updated(entry_id: str, updates: Sequence[Update]) -> None:
        # An attempt for a route is the route's line.
        ended = [record for record, change in updates if change is Change.ENDED and not record.parent]
        if ended and (entry := hass.config_entries.async_get_entry(entry_id)):
            for record in ended:
                name = record.recipient_name or redact_name(record.to)
                why = why_failed(hass, record)
                reason = {"reason": str(why)} if why else {}
                _write(hass, entry, record.recipient_id, {"kind": kind_of(record, why), "name": name, **reason})

    async_dispatcher_connect(hass, MESSAGE_RECEIVED, received)
    async_dispatcher_connect(hass, MESSAGES_UPDATED, updated)


def _sender(sender: str) -> str:
    """Return a sender as the recorder may keep it, else nothing. Who knows the webhook's address can write anything."""
    return redact_name(sender) if _SENDER.fullmatch(sender) else ""


@callback
def _write(hass: HomeAssistant, entry: ConfigEntry, recipient_id: str | None, line: dict[str, str]) -> None:
    """Fire the event of a line. The recorder keeps events, so it has neither a text nor a whole number."""
    device_id = device_of(hass, entry, recipient_id)
    hass.bus.async_fire(EVENT_MESSAGE, {ATTR_DEVICE_ID: device_id, **line, "name": single_line(line["name"])})
