"""The actions on what a provider offers besides texts: senders, templates, its own list, keywords, calls, carriers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..account import Account
from ..const import (
    ATTR_ACCOUNT,
    ATTR_AUTOREPLY,
    ATTR_CALLER_ID,
    ATTR_EMAIL,
    ATTR_GROUP,
    ATTR_KEYWORD,
    ATTR_LIMIT,
    ATTR_MESSAGE_ID,
    ATTR_SOUND_FILE,
    ATTR_SOUND_URL,
    ATTR_TO,
    ATTR_URGENT,
    ATTR_URL,
    ATTR_USE_WEBHOOK,
)
from ..error_messages import home_assistant_error
from ..gateway.capabilities import Capability
from ..gateway.message import IncomingMessage, ListedMessage, VoiceBroadcast
from ..gateway.orders import KeywordSetup
from ..gateway.status import Status
from ..inbound.pins import visible_text
from ..permissions import ADMINISTRATOR
from ..storage.opt_outs import opted_out
from ..targets import Address, resolve, validation_error
from ..webhook import async_webhook_url
from .service import ACCOUNT_SCHEMA, Action, async_account, has_one_of, request_errors, requested_account

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
_STRIPPED = vol.All(cv.string, str.strip)
MESSAGES_SCHEMA: dict[Any, Any] = {
    **ACCOUNT_SCHEMA,
    vol.Optional(ATTR_MESSAGE_ID): _STRIPPED,
    vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT)),
}
_KEYWORD: dict[Any, Any] = {**ACCOUNT_SCHEMA, vol.Required(ATTR_KEYWORD): _STRIPPED}
SET_UP_SCHEMA = vol.Schema(
    {
        **_KEYWORD,
        vol.Optional(ATTR_GROUP): cv.string,
        vol.Optional(ATTR_AUTOREPLY): cv.string,
        vol.Optional(ATTR_EMAIL): cv.string,
        vol.Optional(ATTR_URL): cv.string,
        vol.Optional(ATTR_USE_WEBHOOK): cv.boolean,
    }
)
# What an action can change of a keyword.
_CHANGES = (ATTR_GROUP, ATTR_AUTOREPLY, ATTR_EMAIL, ATTR_URL, ATTR_USE_WEBHOOK)
LOOK_UP_SCHEMA = vol.Schema({**ACCOUNT_SCHEMA, vol.Required(ATTR_TO): cv.string})
BROADCAST_SCHEMA = vol.Schema(
    {
        **ACCOUNT_SCHEMA,
        vol.Required(ATTR_TO): vol.All(cv.ensure_list, [cv.string]),
        vol.Required(ATTR_CALLER_ID): cv.string,
        vol.Optional(ATTR_SOUND_FILE): cv.string,
        vol.Optional(ATTR_SOUND_URL): cv.string,
        vol.Optional(ATTR_URGENT, default=False): cv.boolean,
    }
)


# -- what the provider keeps -------------------------------------------------------------------------------------------


async def _async_list_senders(call: ServiceCall) -> ServiceResponse:
    """Return the senders of an account. The provider refuses those that are not approved."""
    with requested_account(call, Capability.SENDER_LIST) as account:
        return {"senders": [asdict(sender) for sender in await account.gateway.fetch_senders()]}


async def _async_list_templates(call: ServiceCall) -> ServiceResponse:
    """Return the templates of an account. The provider refuses those that are not approved."""
    with requested_account(call, Capability.SENDER_LIST) as account:
        return {"templates": [asdict(template) for template in await account.gateway.fetch_templates()]}


async def _async_list_messages(call: ServiceCall) -> ServiceResponse:
    """Return the latest texts that the provider keeps, newest first, or one of them."""
    with requested_account(call, Capability.MESSAGE_LIST) as account:
        if (message_id := call.data.get(ATTR_MESSAGE_ID)) is None:
            latest = account.gateway.fetch_messages(call.data[ATTR_LIMIT])
            listed: list[Any] = [_message(account, message) async for message in latest]
        else:
            listed = [_message(account, await account.gateway.fetch_message(message_id))]
    return {"messages": listed}


def _message(account: Account, message: ListedMessage) -> dict[str, Any]:
    incoming = IncomingMessage(sender=message.sender, text=message.text)
    return {
        "message_id": message.message_id,
        "to": message.to,
        "from": message.sender,
        "text": visible_text(account.hass, account.entry, incoming),
        "status": message.status,
        "provider_status": message.provider_status,
        "incoming": message.incoming,
        "type": message.type,
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "cost": float(message.cost) if message.cost is not None else None,
    }


async def _async_get_profile(call: ServiceCall) -> ServiceResponse:
    """Return whose account it is, without the login."""
    with requested_account(call, Capability.PROFILE) as account:
        return asdict(await account.gateway.fetch_profile())


# -- keywords. Renting one needs a card, and so a dialog. --------------------------------------------------------------


async def _async_check_keyword(call: ServiceCall) -> ServiceResponse:
    """Return whether a keyword can be rented."""
    keyword: str = call.data[ATTR_KEYWORD]
    with requested_account(call, Capability.KEYWORD_SETUP) as account:
        return {"keyword": keyword, "free": await account.gateway.orders.is_free(keyword)}


async def _async_set_up_keyword(call: ServiceCall) -> ServiceResponse:
    """Set what happens when a keyword is texted in. The response does not show our own address, which is secret."""
    if not any(name in call.data for name in _CHANGES):
        raise validation_error("keyword_unchanged")
    if ATTR_URL in call.data and ATTR_USE_WEBHOOK in call.data:
        raise validation_error("one_address")
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.KEYWORD_SETUP)
    url, use_webhook = call.data.get(ATTR_URL), call.data.get(ATTR_USE_WEBHOOK, False)
    if use_webhook:
        url, is_public = await async_webhook_url(call.hass, account.entry)
        if not is_public:
            raise validation_error("no_public_address")
    fields = {name: call.data.get(name) for name in (ATTR_GROUP, ATTR_AUTOREPLY, ATTR_EMAIL)}
    setup = KeywordSetup(keyword=call.data[ATTR_KEYWORD], url=url, **fields)
    with request_errors(account):
        await account.gateway.orders.set_up(setup)
    return {"keyword": setup.keyword, **fields, "url": call.data.get(ATTR_URL), "use_webhook": use_webhook}


# -- phones ------------------------------------------------------------------------------------------------------------


async def _async_look_up_carrier(call: ServiceCall) -> ServiceResponse:
    """Return the carrier of a number."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.CARRIER_LOOKUP)
    numbers = list(_numbers(call.hass, account, [call.data[ATTR_TO]]))
    if len(numbers) != 1:
        raise validation_error("several_numbers" if numbers else "no_target", name=call.data[ATTR_TO])
    with request_errors(account):
        carrier = await account.gateway.look_up_carrier(numbers[0])
    account.balance.async_refresh_soon()
    return {"to": numbers[0], "carrier": carrier}


async def _async_broadcast_voice(call: ServiceCall) -> ServiceResponse:
    """Call numbers and play a sound. Skip people in quiet hours, since a call cannot wait, and who opted out."""
    if not has_one_of(call, ATTR_SOUND_FILE, ATTR_SOUND_URL):
        raise validation_error("one_sound")
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.VOICE_BROADCAST)
    addresses = _numbers(call.hass, account, call.data[ATTR_TO])
    opted = [number for number in addresses if number in account.state.opt_outs]
    quiet = [number for number, address in addresses.items() if _is_quiet(address) and not call.data[ATTR_URGENT]]
    skipped = [number for number in addresses if number in opted or number in quiet]
    numbers = tuple(number for number in addresses if number not in skipped)
    if opted and not numbers and set(quiet) <= set(opted):
        # Each once. A masked number is no name.
        names = dict.fromkeys(name for each in addresses.values() if (name := each.recipient_name))
        raise home_assistant_error(opted_out(), account.entry.title, name=" and ".join(names))
    if not numbers:
        raise validation_error("all_quiet" if quiet else "no_target")
    broadcast = VoiceBroadcast(
        numbers=numbers,
        caller_id=call.data[ATTR_CALLER_ID],
        sound_file=call.data.get(ATTR_SOUND_FILE),
        sound_url=call.data.get(ATTR_SOUND_URL),
    )
    with request_errors(account):
        # The documents do not say what a call costs. It is one credit at least.
        await account.async_check_credit(len(numbers))
        await account.gateway.broadcast(broadcast)
    account.balance.async_refresh_soon()
    return {"to": [*numbers], "skipped": [*skipped], "status": Status.ACCEPTED}


def _numbers(hass: HomeAssistant, account: Account, wanted: Sequence[str]) -> dict[str, Address]:
    """Return the numbers of names and numbers; raise the error of the first that is neither."""
    found: dict[str, Address] = {}
    for address in resolve(hass, account.entry, wanted, account.test_number):
        if address.number is None:
            raise address.error or validation_error("no_target")
        found[address.number] = address
    return found


def _is_quiet(address: Address) -> bool:
    quiet = address.recipient.quiet_hours if address.recipient else None
    return quiet is not None and quiet.seconds_left(dt_util.now()) > 0


_ONLY = SupportsResponse.ONLY
ACTIONS = (
    Action("list_senders", _async_list_senders, vol.Schema(ACCOUNT_SCHEMA), ADMINISTRATOR, _ONLY),
    Action("list_templates", _async_list_templates, vol.Schema(ACCOUNT_SCHEMA), ADMINISTRATOR, _ONLY),
    Action("list_messages", _async_list_messages, vol.Schema(MESSAGES_SCHEMA), ADMINISTRATOR, _ONLY),
    Action("get_profile", _async_get_profile, vol.Schema(ACCOUNT_SCHEMA), ADMINISTRATOR, _ONLY),
    Action("check_keyword", _async_check_keyword, vol.Schema(_KEYWORD), ADMINISTRATOR, _ONLY),
    Action("set_up_keyword", _async_set_up_keyword, SET_UP_SCHEMA, ADMINISTRATOR),
    Action("look_up_carrier", _async_look_up_carrier, LOOK_UP_SCHEMA, ADMINISTRATOR, _ONLY),
    Action("broadcast_voice", _async_broadcast_voice, BROADCAST_SCHEMA, ADMINISTRATOR),
)
