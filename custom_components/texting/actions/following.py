"""The actions texting.get_status and texting.cancel_message: what became of a message, and taking it back."""

from datetime import UTC, datetime

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..address import mistake
from ..const import ATTR_ACCOUNT, ATTR_MESSAGE_ID, ATTR_REFERENCE, DOMAIN
from ..delivery.record import Record
from ..line import Line, LineConfigEntry
from .action import Action, async_line

CANCEL_SCHEMA = vol.Schema({vol.Required(ATTR_REFERENCE): cv.string})
STATUS_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Exclusive(ATTR_REFERENCE, "message"): cv.string,
            vol.Exclusive(ATTR_MESSAGE_ID, "message"): cv.string,
            vol.Optional(ATTR_ACCOUNT): cv.string,
        }
    ),
    cv.has_at_least_one_key(ATTR_REFERENCE, ATTR_MESSAGE_ID),
)


async def _async_cancel_message(call: ServiceCall) -> ServiceResponse:
    """Take back a message that has not left."""
    line, record = await _find(call)
    if line is None or not await line.async_cancel(record):
        raise mistake("not_queued", status=record.status)
    return {"reference": record.reference, "status": record.status, "cancelled": True}


async def _async_get_status(call: ServiceCall) -> ServiceResponse:
    """What has become of a message, as the gateway says now where it can be asked."""
    line, record = await _find(call)
    if line:
        await line.async_look(record)
    held = line.held_until(record) if line else None
    return {
        "to": record.to,
        "recipient": record.recipient,
        "reference": record.reference,
        "message_id": record.message_id,
        "account": record.account,
        "status": record.status,
        "provider_status": record.provider_status,
        "reason": record.reason,
        "segments": record.segments,
        "asked_at": _time(record.asked_at),
        "sent_at": _time(record.taken_at),
        "held_until": held.isoformat() if held else None,
    }


async def _find(call: ServiceCall) -> tuple[Line | None, Record]:
    """The message that the caller names, and what it leaves through where that is loaded; raises unknown_message."""
    account: str | None = call.data.get(ATTR_ACCOUNT)
    lines = {account: async_line(call.hass, account)} if account else _lines(call.hass)
    # All have the same outbox.
    outbox = next((line.desk.outbox for line in lines.values()), None)
    found = outbox and await outbox.find(
        reference=call.data.get(ATTR_REFERENCE), message_id=call.data.get(ATTR_MESSAGE_ID), account=account
    )
    if not found:
        raise mistake("unknown_message")
    line = lines.get(found.account)
    return line, (line.desk.book.get(found.reference) if line else None) or found


def _lines(hass: HomeAssistant) -> dict[str, Line]:
    entries: list[LineConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return {entry.entry_id: entry.runtime_data for entry in entries}


def _time(moment: float | None) -> str | None:
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment is not None else None


ACTIONS = (
    Action("cancel_message", _async_cancel_message, CANCEL_SCHEMA),
    Action("get_status", _async_get_status, STATUS_SCHEMA, SupportsResponse.ONLY),
)
