"""The actions send_message, preview_message, reply, get_status and cancel_message."""

import asyncio
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..account import Account, TextingConfigEntry
from ..const import (
    ATTR_ACCOUNT,
    ATTR_IF_UNSURE,
    ATTR_INCOMING_ID,
    ATTR_MESSAGE,
    ATTR_MESSAGE_ID,
    ATTR_REFERENCE,
    ATTR_TO,
    ATTR_URGENT,
    ATTR_VALID_FOR,
    ATTR_WAIT_FOR,
    ATTR_WAIT_LIMIT,
)
from ..delivery.money import rounded
from ..delivery.record import MessageRecord
from ..entries import messenger_entries
from ..error_messages import home_assistant_error
from ..gateway.capabilities import MessageType
from ..gateway.errors import Limit, MessageRejected
from ..gateway.phone_number import mask
from ..gateway.status import FailureReason
from ..history import as_row
from ..messenger import Messenger, Outcome, raise_for
from ..outcomes import reason_text, words_of
from ..people import RecipientOf, preferred
from ..permissions import INCOMING, MESSAGE, TARGETS
from ..recipients import recipient_with_number
from ..replies import async_reply
from ..storage.received import async_find_received
from ..targets import (
    Address,
    Named,
    addresses_of,
    deduplicate,
    named_people,
    nobody_error,
    resolve,
    validation_error,
)
from .service import ACCOUNT_SCHEMA, MESSAGE_OPTIONS, MESSAGE_SCHEMA, Action, async_messenger, has_one_of
from .wait_for import DEFAULT_LIMIT, WAIT_SCHEMA, DeliveryWait, limit_needs_wait, who_got_it

# The key None holds addresses that belong to no account that could send.
type Targets = dict[Messenger | None, list[Address]]

SEND_SCHEMA = vol.All(
    vol.Schema(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_ACCOUNT): cv.string,
            vol.Optional(ATTR_TO): vol.All(cv.ensure_list, [cv.string]),
            **MESSAGE_SCHEMA,
            **WAIT_SCHEMA,
        }
    ),
    limit_needs_wait,
)
PREVIEW_SCHEMA = vol.Schema({**ACCOUNT_SCHEMA, vol.Optional(ATTR_TO): cv.string, **MESSAGE_SCHEMA})
_REPLY_OPTIONS = (ATTR_VALID_FOR, ATTR_URGENT, ATTR_IF_UNSURE)
REPLY_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_INCOMING_ID): cv.string,
        vol.Required(ATTR_MESSAGE): cv.string,
        **{marker: check for marker, check in MESSAGE_OPTIONS.items() if marker in _REPLY_OPTIONS},
    }
)
STATUS_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_REFERENCE): cv.string,
        vol.Optional(ATTR_MESSAGE_ID): cv.string,
        vol.Optional(ATTR_ACCOUNT): cv.string,
    }
)
CANCEL_SCHEMA = vol.Schema({vol.Required(ATTR_REFERENCE): cv.string})


# -- sending -----------------------------------------------------------------------------------------------------------


async def _async_send_message(call: ServiceCall) -> ServiceResponse:
    """Send to entities, or through an account to names and numbers. Accounts send side by side.

    If a response is requested, single messages that failed are told there. Otherwise they raise. A call that waits for
    the delivery does not raise because all failed: its response names them.
    """
    hass, limit = call.hass, call.data.get(ATTR_WAIT_LIMIT, DEFAULT_LIMIT)
    wait = DeliveryWait(hass, limit) if ATTR_WAIT_FOR in call.data else None
    targets = targets_of(call)
    sends = [_async_send(messenger, addresses, call, wait) for messenger, addresses in targets.items()]
    # One account needs no task of its own.
    parts = await asyncio.gather(*sends) if len(sends) > 1 else [await sends[0]]
    outcomes = [outcome for part in parts for outcome in part]
    if not call.return_response or (wait is None and all(outcome.error for outcome in outcomes)):
        raise_for(outcomes)
    if not call.return_response:
        return None
    people: dict[str, Any] = who_got_it(hass, zip(targets.values(), parts, strict=True)) if wait else {}
    return {**people, "messages": [_as_response(hass, outcome) for outcome in outcomes]}


async def _async_send(
    messenger: Messenger | None, addresses: list[Address], call: ServiceCall, wait: DeliveryWait | None
) -> list[Outcome]:
    if messenger is None:
        return [Outcome(address, error=address.error) for address in addresses]
    outcomes = await messenger.async_send(deduplicate(addresses), call.data, call.context)
    return await wait.async_follow(messenger, outcomes) if wait else outcomes


def _as_response(hass: HomeAssistant, outcome: Outcome) -> dict[str, Any]:
    """Return a message as the response shows it, with the reason of a failure also in words."""
    record = outcome.record
    return {**outcome.as_response(), "reason_text": reason_text(hass, record) if record else None}


def targets_of(call: ServiceCall, *, receives: bool = False) -> Targets:
    """Return whom the caller names, by account or route.

    receives: a person is reached through an account or route that gets the replies, if there is one.
    """
    targets: Targets = {}
    for named in named_people(call.hass, call.data):
        messenger, addresses = _of_named(named, receives=receives)
        targets.setdefault(messenger, []).extend(addresses)
    if ATTR_ACCOUNT in call.data:
        try:
            messenger = async_messenger(call.hass, call.data[ATTR_ACCOUNT])
        except ServiceValidationError as err:
            targets.setdefault(None, []).append(Address(call.data[ATTR_ACCOUNT], error=err, reason=FailureReason.OTHER))
        else:
            wanted = call.data.get(ATTR_TO) or ()
            addresses = resolve(call.hass, messenger.entry, wanted, messenger.test_number)
            targets.setdefault(messenger, []).extend(addresses)
    elif ATTR_TO in call.data:
        raise validation_error("no_account")
    if not any(targets.values()):
        raise validation_error("no_target")
    return targets


def _of_named(named: Named, *, receives: bool) -> tuple[Messenger | None, list[Address]]:
    """Return the account or route of somebody who is named, and the addresses there."""

    def works(candidate: RecipientOf) -> bool:
        return candidate.is_reachable and bool(not receives or candidate.entry.runtime_data.receiving_accounts)

    if (found := preferred(named.recipients, works)) is None:
        error = nobody_error(named)
    elif found.entry.state is not ConfigEntryState.LOADED:
        error = validation_error("account_not_loaded", account=found.entry.title)
    elif addresses := addresses_of(found.recipient):
        return found.entry.runtime_data, addresses
    else:
        error = validation_error("recipient_without_number", name=found.recipient.name)
    label = found.recipient.name if found else named.target_id
    return None, [Address(label, recipient=found.recipient if found else None, error=error, reason=FailureReason.OTHER)]


async def _async_preview_message(call: ServiceCall) -> ServiceResponse:
    """Return what a text would be without sending it. The cost is that of all numbers of a recipient."""
    messenger = async_messenger(call.hass, call.data[ATTR_ACCOUNT])
    addresses = [Address("")]
    if ATTR_TO in call.data:
        addresses = resolve(call.hass, messenger.entry, [call.data[ATTR_TO]], messenger.test_number)
    addresses = await asyncio.gather(*map(messenger.async_measure, addresses))
    if error := next((address.error for address in addresses if address.error), None):
        limit = None if addresses[0].group else Limit.NUMBER
        return {"error": str(error), "reason": FailureReason.INVALID_NUMBER, "limit": limit}
    try:
        items = [messenger.compose(address, call.data) for address in addresses]
        prepared = [messenger.prepare(item.message, ignores_opt_out=messenger.ignores_opt_out(item)) for item in items]
    except MessageRejected as err:
        reason, name = words_of(call.hass, err.reason), addresses[0].recipient_name
        in_words = str(home_assistant_error(err, messenger.entry.title, reason, name))
        return {"error": in_words, "reason": err.reason, "limit": err.limit}
    message, preview = prepared[0]
    held_until = max((each.held_until for _, each in prepared if each.held_until), default=None)
    is_uncounted = any(address.is_uncounted for address in addresses)
    cost = None if is_uncounted else sum(each.cost for _, each in prepared)
    return {
        "error": None,
        "text": preview.text,
        "encoding": preview.encoding,
        "segments": preview.segments // (message.group_size or 1),
        "units": preview.units,
        "cost": cost,
        **_price(messenger, message.type, cost),
        "replaced": dict[str, Any](preview.replaced),
        "may_be_replaced": preview.may_be_replaced,
        "held_until": held_until.isoformat() if held_until else None,
    }


def _price(messenger: Messenger, kind: MessageType, cost: int | None) -> dict[str, Any]:
    """Return what a text would cost in money, if that is known. A route cannot tell which account sends it."""
    price = messenger.pricing.price_of(cost, kind) if isinstance(messenger, Account) else None
    if price is None or not isinstance(messenger, Account):
        return {"price": None, "currency": None}
    return {"price": float(rounded(price)), "currency": messenger.pricing.currency}


# -- replying ----------------------------------------------------------------------------------------------------------


async def _async_reply(call: ServiceCall) -> ServiceResponse:
    """Reply to a text, within the provider's own request if that still waits for it."""
    incoming_id: str = call.data[ATTR_INCOMING_ID]
    account, sender = await _find_incoming(call.hass, incoming_id)
    recipient = recipient_with_number(account.entry, sender)
    if not sender.startswith("+"):
        raise validation_error("cannot_reply", account=account.entry.title)
    address = Address(recipient.name if recipient else mask(sender), sender, recipient)
    record, within_request = await async_reply(account, incoming_id, account.compose(address, call.data))
    outcome = account.outcome(address, record)
    raise_for([outcome])
    return {"method": "webhook" if within_request else "message", **outcome.as_response()}


async def _find_incoming(hass: HomeAssistant, incoming_id: str) -> tuple[Account, str]:
    """Return the account that a text came in through, and its sender."""
    if not (found := await async_find_received(hass, incoming_id)):
        raise validation_error("unknown_incoming")
    entry: TextingConfigEntry = found[0]
    if entry.state is not ConfigEntryState.LOADED:
        raise validation_error("account_not_loaded", account=entry.title)
    return entry.runtime_data, found[1].message.sender


# -- afterwards --------------------------------------------------------------------------------------------------------


async def _async_get_status(call: ServiceCall) -> ServiceResponse:
    """Return a message as the history shows it. The provider is asked for its status if it can be asked."""
    messenger, record = await _find(call)
    if messenger:
        await messenger.async_refresh_status(record)
    held = messenger.held_until(record) if messenger else None
    return {**as_row(call.hass, record), "held_until": held.isoformat() if held else None}


async def _async_cancel_message(call: ServiceCall) -> ServiceResponse:
    """Cancel a message that has not left."""
    messenger, record = await _find(call)
    if messenger is None or not await messenger.async_cancel(record):
        raise validation_error("not_queued", status=record.status)
    return {"reference": record.reference, "status": record.status, "cancelled": True}


async def _find(call: ServiceCall) -> tuple[Messenger | None, MessageRecord]:
    """Return the message that the caller names, and its account or route if that is loaded; raise unknown_message."""
    if not has_one_of(call, ATTR_REFERENCE, ATTR_MESSAGE_ID):
        raise validation_error("one_reference")
    entry_id: str | None = call.data.get(ATTR_ACCOUNT)
    messengers = {entry_id: async_messenger(call.hass, entry_id)} if entry_id else _loaded(call.hass)
    # All of them have the same database.
    database = next((messenger.outbox.database for messenger in messengers.values()), None)
    found = database and await database.find(
        reference=call.data.get(ATTR_REFERENCE), message_id=call.data.get(ATTR_MESSAGE_ID), entry_id=entry_id
    )
    if not found:
        raise validation_error("unknown_message")
    messenger = messengers.get(found.entry_id)
    return messenger, (messenger.outbox.get(found.reference) if messenger else None) or found


def _loaded(hass: HomeAssistant) -> dict[str, Messenger]:
    return {entry.entry_id: entry.runtime_data for entry in messenger_entries(hass, only_loaded=True)}


ACTIONS = (
    Action("send_message", _async_send_message, SEND_SCHEMA, TARGETS),
    Action("preview_message", _async_preview_message, PREVIEW_SCHEMA, TARGETS, SupportsResponse.ONLY),
    Action("reply", _async_reply, REPLY_SCHEMA, INCOMING),
    Action("get_status", _async_get_status, STATUS_SCHEMA, MESSAGE, SupportsResponse.ONLY),
    Action("cancel_message", _async_cancel_message, CANCEL_SCHEMA, MESSAGE),
)
