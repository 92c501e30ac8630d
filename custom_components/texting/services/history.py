"""The actions get_history and resend_message."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from hmac import compare_digest
import json
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv, instance_id
from homeassistant.util import dt as dt_util

from ..const import (
    ATTR_ACCOUNT,
    ATTR_CURSOR,
    ATTR_DIRECTION,
    ATTR_END,
    ATTR_IF_UNSURE,
    ATTR_LIMIT,
    ATTR_MESSAGE,
    ATTR_REFERENCE,
    ATTR_SEND_AT,
    ATTR_START,
    ATTR_STATUS,
    ATTR_URGENT,
)
from ..delivery.history import HistoryQuery, Position
from ..delivery.record import MessageRecord
from ..entries import messenger_entry
from ..gateway.contacts import ContactGroup
from ..gateway.phone_number import mask
from ..gateway.status import Status
from ..history import DIRECTIONS, RECEIVED, SENT, Sources, as_rows, async_page, sources_of_everybody, sources_of_people
from ..messenger import Messenger, raise_for
from ..options import LEAVE, RESEND
from ..permissions import HISTORY, RESEND as MAY_RESEND
from ..recipients import recipient_of
from ..storage.open_database import async_find_whole_message
from ..targets import Address, has_target, named_people, nobody_error, validation_error
from .campaigns import async_address_of_groups
from .service import Action

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_FILTERS = (ATTR_ACCOUNT, ATTR_DIRECTION, ATTR_STATUS, ATTR_START, ATTR_END, *map(str, cv.ENTITY_SERVICE_FIELDS))
HISTORY_SCHEMA = vol.Schema(
    {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Optional(ATTR_ACCOUNT): cv.string,
        vol.Optional(ATTR_DIRECTION): vol.In(DIRECTIONS),
        vol.Optional(ATTR_STATUS): vol.All(cv.ensure_list, [vol.In((*map(str, Status), RECEIVED))]),
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT)),
        vol.Optional(ATTR_CURSOR): cv.string,
    }
)
RESEND_SCHEMA = vol.Schema({vol.Required(ATTR_REFERENCE): cv.string})
_DIGEST_SIZE = 16

# The fields of a message that a new one takes over. The text and the rest have other names.
_SAME = (
    *("title", "type", "sender", "media_url", "language", "gender", "commercial", "express", "template_id"),
    *("channel", ATTR_SEND_AT),
)


# -- reading -----------------------------------------------------------------------------------------------------------


async def _async_get_history(call: ServiceCall) -> ServiceResponse:
    """Return a page of the messages to and from some people, or everybody, newest first."""
    hass, data = call.hass, call.data
    cursor = Cursor(await instance_id.async_get(hass), {name: data[name] for name in _FILTERS if name in data})
    start, end = (_seconds(data[name]) if name in data else None for name in (ATTR_START, ATTR_END))
    if start is not None and end is not None and start >= end:
        raise validation_error("period_backwards")
    query = HistoryQuery(limit=data[ATTR_LIMIT])
    sent, received = _sources(call)
    statuses = data.get(ATTR_STATUS) or (*Status, RECEIVED)
    direction = data.get(ATTR_DIRECTION)
    page = await async_page(
        hass,
        HistoryQuery(
            sent=sent if direction != RECEIVED else frozenset(),
            received=received if direction != SENT and RECEIVED in statuses else frozenset(),
            statuses=frozenset(Status(each) for each in statuses if each != RECEIVED),
            since=query.since if start is None else start,
            until=query.until if end is None else end,
            before=cursor.read(data[ATTR_CURSOR]) if ATTR_CURSOR in data else None,
            limit=data[ATTR_LIMIT],
        ),
    )
    response: dict[str, Any] = {"messages": as_rows(hass, page.messages)}
    return {**response, "cursor": cursor.write(page.next) if page.next else None}


def _sources(call: ServiceCall) -> Sources:
    """Return whose messages are wanted; raise an error if somebody who is named is nobody."""
    hass, account = call.hass, call.data.get(ATTR_ACCOUNT)
    if account and messenger_entry(hass, account) is None:
        raise validation_error("unknown_account")
    if not has_target(call.data):
        return sources_of_everybody(hass, account)
    if not (people := named_people(hass, call.data, all_of_each=True)):
        raise validation_error("nobody_named")
    for named in people:
        if not named.recipients:
            raise nobody_error(named)
    return sources_of_people(hass, (each for named in people for each in named.recipients), account)


class Cursor:
    """The position where a page ends, as text that fits only the same search in the same home."""

    def __init__(self, key: str, filters: dict[str, Any]) -> None:
        """Take a secret of the home, and the filters of the search."""
        self._key = key.encode()
        self._filters = {name: _canonical(value) for name, value in sorted(filters.items())}

    def write(self, position: Position) -> str:
        """Return the cursor of a position."""
        content = json.dumps([self._filters, position]).encode()
        digest = blake2b(content, digest_size=_DIGEST_SIZE, key=self._key).digest()
        return base64.urlsafe_b64encode(digest + json.dumps(position).encode()).decode().rstrip("=")

    def read(self, cursor: str) -> Position:
        """Return the position of a cursor; raise wrong_cursor if this is not one of this search."""
        try:
            decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            position = Position(*json.loads(decoded[_DIGEST_SIZE:]))
            is_ours = compare_digest(self.write(position).encode(), cursor.encode())
        except ValueError, TypeError, RecursionError:
            is_ours = False
        if not is_ours:
            raise validation_error("wrong_cursor")
        return position


def _canonical(value: object) -> object:
    """Return what is equal for filters that mean the same."""
    if isinstance(value, datetime):
        return _seconds(value)
    return sorted(set(map(str, value))) if isinstance(value, list) else value


def _seconds(moment: datetime) -> float:
    """Return Unix seconds. A time without a zone is in the home's."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())).timestamp()


# -- sending again -----------------------------------------------------------------------------------------------------


async def _async_resend_message(call: ServiceCall) -> ServiceResponse:
    """Send a text that failed, or whose outcome is uncertain, as a new message to the same number or group."""
    messenger, record = await _async_failed(call)
    fields: dict[str, Any] = {name: getattr(record.message, name) for name in _SAME}
    if (send_at := record.message.send_at) and send_at <= datetime.now(UTC):
        del fields[ATTR_SEND_AT]
    fields |= {
        ATTR_MESSAGE: record.message.text,
        ATTR_URGENT: record.urgent,
        ATTR_IF_UNSURE: RESEND if record.resend else LEAVE,
    }
    address = await _async_address(messenger, record)
    (outcome,) = outcomes = await messenger.async_send([address], fields, call.context)
    raise_for(outcomes)
    return {**outcome.as_response(), "resends": record.reference}


async def _async_failed(call: ServiceCall) -> tuple[Messenger, MessageRecord]:
    """Return the failed message that is named, or the route's whose attempt it is, and what sends it."""
    hass = call.hass
    record = await async_find_whole_message(hass, call.data[ATTR_REFERENCE])
    entry = hass.config_entries.async_get_entry(record.entry_id) if record else None
    if record is None or entry is None:
        raise validation_error("unknown_message")
    if entry.state is not ConfigEntryState.LOADED:
        raise validation_error("account_not_loaded", account=entry.title)
    messenger: Messenger = entry.runtime_data
    record = messenger.outbox.get(record.reference) or record
    # What is uncertain may be looked for during days.
    if not record.status.is_failure or (record.is_pending and record.status is not Status.UNCERTAIN):
        raise validation_error("not_failed", status=record.status)
    return messenger, record


async def _async_address(messenger: Messenger, record: MessageRecord) -> Address:
    """Return whom a message went to. Groups are measured again.

    The settings are the recipient's as they are now, if the number or the group still is the recipient's.
    """
    recipient = recipient_of(messenger.entry, record)
    if record.groups is None:
        return Address(record.recipient_name or mask(record.message.to), record.message.to, recipient)
    ids = record.message.groups
    names = record.groups.split(", ") if len(ids) > 1 else [record.groups]
    named = zip(ids, names if len(names) == len(ids) else ids, strict=True)
    address, _ = await async_address_of_groups(messenger, [ContactGroup(id=key, name=name) for key, name in named])
    return replace(address, label=record.groups, recipient=recipient)


ACTIONS = (
    Action("get_history", _async_get_history, HISTORY_SCHEMA, HISTORY, SupportsResponse.ONLY),
    Action("resend_message", _async_resend_message, RESEND_SCHEMA, MAY_RESEND),
)
