"""The actions texting.send_message and texting.preview_message."""

import asyncio
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..address import Address, Targets, each_once, entity_targets, mistake, resolve
from ..const import ATTR_ACCOUNT, ATTR_TO
from ..exceptions import home_assistant_error
from ..gateway.errors import Limit, MessageRejected
from ..gateway.status import FailureReason
from ..send import MESSAGE_SCHEMA, as_response, async_measured, async_send, message_to, raise_for
from .action import Action, async_line

SEND_SCHEMA = vol.All(
    vol.Schema(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_ACCOUNT): cv.string,
            vol.Optional(ATTR_TO): vol.All(cv.ensure_list, [cv.string]),
            **MESSAGE_SCHEMA,
        }
    ),
    cv.has_at_least_one_key(*(str(key) for key in cv.ENTITY_SERVICE_FIELDS), ATTR_ACCOUNT),
)
PREVIEW_SCHEMA = vol.Schema({vol.Required(ATTR_ACCOUNT): cv.string, vol.Optional(ATTR_TO): cv.string, **MESSAGE_SCHEMA})


async def _async_send_message(call: ServiceCall) -> ServiceResponse:
    """Send to entities, or through an account to names and numbers; accounts send side by side.

    With a response asked for, messages that failed beside others that did not are told there; else they raise.
    """
    parts = await asyncio.gather(
        *(async_send(account, each_once(addresses), call.data) for account, addresses in targets_of(call).items())
    )
    outcomes = [outcome for part in parts for outcome in part]
    if not call.return_response or all(outcome.error for outcome in outcomes):
        raise_for(outcomes)
    return {"messages": [as_response(outcome) for outcome in outcomes]} if call.return_response else None


def targets_of(call: ServiceCall) -> Targets:
    """Whom to send to, by account."""
    targets = entity_targets(call)
    if ATTR_ACCOUNT in call.data:
        try:
            account = async_line(call.hass, call.data[ATTR_ACCOUNT])
        except ServiceValidationError as err:
            targets.setdefault(None, []).append(Address(call.data[ATTR_ACCOUNT], error=err, reason=FailureReason.OTHER))
        else:
            targets.setdefault(account, []).extend(resolve(call.hass, account, call.data.get(ATTR_TO) or ()))
    elif ATTR_TO in call.data:
        raise mistake("no_account")
    if not any(targets.values()):
        raise mistake("no_target")
    return targets


async def _async_preview_message(call: ServiceCall) -> ServiceResponse:
    """What a text would be at an account, without sending it; the cost is that of all phones of a recipient."""
    account = async_line(call.hass, call.data[ATTR_ACCOUNT])
    addresses = resolve(call.hass, account, [call.data[ATTR_TO]]) if ATTR_TO in call.data else [Address("")]
    addresses = await async_measured(account, addresses)
    if error := next((address.error for address in addresses if address.error), None):
        limit = None if addresses[0].group else Limit.NUMBER
        return {"refused": str(error), "reason": FailureReason.INVALID_NUMBER, "limit": limit}
    try:
        prepared = [account.prepare(message_to(account, address, call.data)) for address in addresses]
    except MessageRejected as err:
        told = home_assistant_error(err, account.entry.title)
        return {"refused": str(told), "reason": err.reason, "limit": err.limit}
    message, preview = prepared[0]
    replaced = dict[str, Any](preview.replaced)
    held_until = max((each.held_until for _, each in prepared if each.held_until), default=None)
    return {
        "refused": None,
        "text": preview.text,
        "encoding": preview.encoding,
        "segments": preview.segments // (message.group_size or 1),
        "units": preview.units,
        "cost": None if any(address.uncounted for address in addresses) else sum(each.cost for _, each in prepared),
        "replaced": replaced,
        "doubtful": preview.doubtful,
        "held_until": held_until.isoformat() if held_until else None,
    }


ACTIONS = (
    Action("send_message", _async_send_message, SEND_SCHEMA),
    Action("preview_message", _async_preview_message, PREVIEW_SCHEMA, SupportsResponse.ONLY),
)
