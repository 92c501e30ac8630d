"""The actions texting.list_senders, list_templates, list_messages and get_profile: what a provider keeps."""

from dataclasses import asdict
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..account import Account
from ..const import ATTR_ACCOUNT, ATTR_LIMIT, ATTR_MESSAGE_ID
from ..gateway.capabilities import Capability
from ..gateway.message import IncomingMessage, ListedMessage
from ..two_way.hearing import without_pin
from .action import Action, asked_account

DEFAULT_LIMIT = 100
MOST = 10_000
_ACCOUNT: dict[Any, Any] = {vol.Required(ATTR_ACCOUNT): cv.string}
_MESSAGES: dict[Any, Any] = {
    **_ACCOUNT,
    vol.Optional(ATTR_MESSAGE_ID): vol.All(cv.string, str.strip),
    vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(vol.Coerce(int), vol.Range(min=1, max=MOST)),
}


async def _async_list_senders(call: ServiceCall) -> ServiceResponse:
    """The senders that an account may use; what is not approved is refused until it is."""
    with asked_account(call, Capability.SENDER_LIST) as account:
        return {"senders": [asdict(sender) for sender in await account.gateway.senders()]}


async def _async_list_templates(call: ServiceCall) -> ServiceResponse:
    """The templates that an account may use; what is not approved is refused until it is."""
    with asked_account(call, Capability.SENDER_LIST) as account:
        return {"templates": [asdict(template) for template in await account.gateway.templates()]}


async def _async_list_messages(call: ServiceCall) -> ServiceResponse:
    """The latest texts that the provider keeps, newest first, or one of them."""
    with asked_account(call, Capability.MESSAGE_LIST) as account:
        if (message_id := call.data.get(ATTR_MESSAGE_ID)) is None:
            latest = account.gateway.messages(call.data[ATTR_LIMIT])
            listed: list[Any] = [_message(account, message) async for message in latest]
        else:
            listed = [_message(account, await account.gateway.message(message_id))]
    return {"messages": listed}


def _message(account: Account, message: ListedMessage) -> dict[str, Any]:
    told, _ = without_pin(account.hass, account.entry, IncomingMessage(sender=message.sender, text=message.text))
    return {
        "message_id": message.message_id,
        "to": message.to,
        "from": message.sender,
        "text": told.text,
        "status": message.status,
        "provider_status": message.provider_status,
        "incoming": message.incoming,
        "type": message.type,
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "cost": float(message.cost) if message.cost is not None else None,
    }


async def _async_get_profile(call: ServiceCall) -> ServiceResponse:
    """Whose account it is; what signs in is no part of it."""
    with asked_account(call, Capability.PROFILE) as account:
        return asdict(await account.gateway.profile())


ACTIONS = (
    Action("list_senders", _async_list_senders, vol.Schema(_ACCOUNT), SupportsResponse.ONLY),
    Action("list_templates", _async_list_templates, vol.Schema(_ACCOUNT), SupportsResponse.ONLY),
    Action("list_messages", _async_list_messages, vol.Schema(_MESSAGES), SupportsResponse.ONLY),
    Action("get_profile", _async_get_profile, vol.Schema(_ACCOUNT), SupportsResponse.ONLY),
)
