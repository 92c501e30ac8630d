"""The history as people see it: whose messages a search covers, and each message as a row."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .delivery.database import DatabaseError, MessageDatabase
from .delivery.history import HistoryQuery, Page, ReceivedBy, SentBy
from .delivery.incoming import IncomingRecord
from .delivery.money import rounded
from .delivery.record import MessageRecord
from .delivery.totals import Totals
from .entries import messenger_entries
from .outcomes import reason_text
from .people import RecipientOf
from .recipients import recipient_by_id, recipient_for_number
from .routing.accounts import account_ids
from .storage.open_database import open_database

SENT, RECEIVED = DIRECTIONS = ("sent", "received")

type Sources = tuple[frozenset[SentBy], frozenset[ReceivedBy]]


def sources_of_everybody(hass: HomeAssistant, account: str | None = None) -> Sources:
    """Return all messages of all entries, or of one with its attempts for messages of routes.

    Without an entry, an attempt is no message of its own: the route's message stands for it.
    """
    ids = [account] if account else [entry.entry_id for entry in messenger_entries(hass)]
    sent = {SentBy(each, attempts=attempts) for each in ids for attempts in (False, bool(account))}
    return frozenset(sent), frozenset(map(ReceivedBy, ids))


def sources_of_people(hass: HomeAssistant, people: Iterable[RecipientOf], account: str | None = None) -> Sources:
    """Return the messages to and from recipients, or only those that an account or a route sent or received.

    What came in from a number is of the recipient who has the number now.
    """
    entries = messenger_entries(hass)
    sent: set[SentBy] = set()
    received: set[ReceivedBy] = set()
    for entry, recipient in people:
        accounts, _ = account_ids(hass, entry.entry_id)
        sent.add(SentBy(entry.entry_id, recipient.id))
        if account in (*accounts, entry.entry_id):
            sent.add(SentBy(account, recipient.id, attempts=True))
        for number, other in product(recipient.numbers, entries):
            shown_by = recipient_for_number(hass, other.entry_id, number)
            if other.entry_id in accounts or (shown_by and shown_by.id == recipient.id):
                received.add(ReceivedBy(other.entry_id, number))
    return (
        frozenset(each for each in sent if account in (None, each.entry_id)),
        frozenset(each for each in received if account in (None, each.entry_id)),
    )


async def async_page(hass: HomeAssistant, query: HistoryQuery) -> Page:
    """Return a page of the history, also of accounts that are not loaded; raise history_closed if none is loaded."""
    return await _async_read(hass, lambda database: database.history(query))


async def async_totals(hass: HomeAssistant, entry_id: str, first: date) -> tuple[Totals, dict[str, Decimal]]:
    """Return what an entry sent since a day of the home, and what it cost by currency; raise history_closed."""
    day = first.isoformat()
    totals = await _async_read(hass, lambda database: database.totals(entry_id, day))
    return totals, await _async_read(hass, lambda database: database.spent(entry_id, day))


async def _async_read[Result](hass: HomeAssistant, read: Callable[[MessageDatabase], Awaitable[Result]]) -> Result:
    try:
        if database := open_database(hass):
            return await read(database)
    except DatabaseError:  # it was closed
        pass
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="history_closed")


def as_row(hass: HomeAssistant, message: MessageRecord | IncomingRecord) -> dict[str, Any]:
    """Return a message as responses show it. What does not apply, or is not known, is None."""
    return _sent_row(hass, message) if isinstance(message, MessageRecord) else _received_row(hass, message)


def as_rows(hass: HomeAssistant, messages: Sequence[MessageRecord | IncomingRecord]) -> list[dict[str, Any]]:
    """Return messages as responses show them."""
    return [as_row(hass, each) for each in messages]


def _sent_row(hass: HomeAssistant, record: MessageRecord) -> dict[str, Any]:
    entry = hass.config_entries.async_get_entry(record.entry_id)
    recipient = recipient_by_id(entry, record.recipient_id) if entry and record.recipient_id else None
    return {
        "time": _iso(record.created_at),
        "direction": SENT,
        "account": _title(hass, record.entry_id),
        "account_id": record.entry_id,
        "via": _title(hass, record.via),
        "recipient": recipient.name if recipient else record.recipient_name or record.groups,
        "number": None if record.groups else record.message.to,
        "text": record.message.text,
        "status": record.status.value,
        "reason": record.reason.value if record.reason else None,
        "reason_text": reason_text(hass, record),
        "provider_status": record.provider_status,
        "segments": record.segments,
        # Nothing is charged for what the provider did not accept.
        "cost": 0 if record.accepted_at is None else record.cost,
        "price": None if record.price is None else 0.0 if record.accepted_at is None else float(rounded(record.price)),
        "currency": record.currency,
        "reference": record.reference,
        "message_id": record.message_id,
        "incoming_id": None,
        "in_reply_to": None,
        "type": record.message.type.value,
        "accepted_at": _iso(record.accepted_at),
        "delivered_at": _iso(record.delivered_at),
    }


def _received_row(hass: HomeAssistant, record: IncomingRecord) -> dict[str, Any]:
    message = record.message
    recipient = recipient_for_number(hass, record.entry_id, message.sender)
    return {
        "time": _iso(record.received_at),
        "direction": RECEIVED,
        "account": _title(hass, record.entry_id),
        "account_id": record.entry_id,
        "via": None,
        "recipient": recipient.name if recipient else None,
        "number": message.sender,
        "text": message.text if record.keeps_text else None,
        "status": RECEIVED,
        "reason": None,
        "reason_text": None,
        "provider_status": None,
        "segments": None,
        "cost": None,
        "price": None,
        "currency": None,
        "reference": None,
        "message_id": message.message_id,
        "incoming_id": record.id,
        "in_reply_to": message.in_reply_to,
        "type": message.type.value,
        "accepted_at": None,
        "delivered_at": None,
    }


def _title(hass: HomeAssistant, entry_id: str | None) -> str | None:
    entry = hass.config_entries.async_get_entry(entry_id) if entry_id else None
    return entry.title if entry else None


def _iso(moment: float | None) -> str | None:
    """Return a moment in the home's time zone."""
    return dt_util.as_local(datetime.fromtimestamp(moment, UTC)).isoformat() if moment is not None else None
