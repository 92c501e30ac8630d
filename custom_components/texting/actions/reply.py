"""The action texting.reply: an answer to a text that came in."""

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv

from ..account import Account, TextingConfigEntry
from ..address import Address, mistake
from ..const import ATTR_IF_UNSURE, ATTR_INCOMING_ID, ATTR_MESSAGE, ATTR_URGENT, ATTR_VALID_FOR, DOMAIN
from ..gateway.phone_number import mask
from ..recipient import recipient_of
from ..send import MESSAGE_OPTIONS, as_response, async_send_reply, raise_for
from ..state import async_known_state
from .action import Action

_OPTIONS = (ATTR_VALID_FOR, ATTR_URGENT, ATTR_IF_UNSURE)
REPLY_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_INCOMING_ID): cv.string,
        vol.Required(ATTR_MESSAGE): cv.string,
        **{marker: check for marker, check in MESSAGE_OPTIONS.items() if marker in _OPTIONS},
    }
)


async def _async_reply(call: ServiceCall) -> ServiceResponse:
    """Answer a text, in the provider's own request where that still waits for it."""
    incoming_id: str = call.data[ATTR_INCOMING_ID]
    account, sender = _find(call.hass, incoming_id)
    recipient = recipient_of(account.entry, sender)
    if not sender.startswith("+"):
        raise mistake("cannot_reply", account=account.entry.title)
    address = Address(recipient.name if recipient else mask(sender), sender, recipient)
    outcome, within = await async_send_reply(account, incoming_id, address, call.data)
    raise_for([outcome])
    return {"way": "webhook" if within else "message", **as_response(outcome)}


def _find(hass: HomeAssistant, incoming_id: str) -> tuple[Account, str]:
    """The account that a text came in through, and who sent it."""
    entries: list[TextingConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        state = async_known_state(hass, entry.entry_id)
        if state and (heard := state.inbox.find(incoming_id)):
            if entry.state is not ConfigEntryState.LOADED:
                raise mistake("account_not_loaded", account=entry.title)
            return entry.runtime_data, heard.sender
    raise mistake("unknown_incoming")


ACTIONS = (Action("reply", _async_reply, REPLY_SCHEMA),)
