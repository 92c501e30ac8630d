"""What all actions need: their definition, the fields of a message, the account that is named, its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..account import Account
from ..const import (
    ATTR_ACCOUNT,
    ATTR_CHANNEL,
    ATTR_COMMERCIAL,
    ATTR_EXPRESS,
    ATTR_GENDER,
    ATTR_IF_UNSURE,
    ATTR_LANGUAGE,
    ATTR_MEDIA_URL,
    ATTR_MESSAGE,
    ATTR_SEND_AT,
    ATTR_SENDER,
    ATTR_TEMPLATE_ID,
    ATTR_TITLE,
    ATTR_TYPE,
    ATTR_URGENT,
    ATTR_VALID_FOR,
)
from ..entries import messenger_entry
from ..error_messages import request_error
from ..gateway.capabilities import Capability, MessageType
from ..gateway.errors import GatewayError
from ..gateway.providers import GATEWAYS
from ..messenger import Messenger, MessengerConfigEntry
from ..options import IF_UNSURE
from ..permissions import Handler, Need
from ..targets import validation_error

MAX_VALID_FOR = timedelta(hours=48)

# What a message may hold besides its text and title. The legacy action takes the same in its data.
MESSAGE_OPTIONS: dict[Any, Any] = {
    vol.Optional(ATTR_TYPE): vol.Coerce(MessageType),
    vol.Optional(ATTR_SENDER): cv.string,
    vol.Optional(ATTR_MEDIA_URL): cv.url,
    vol.Optional(ATTR_LANGUAGE): vol.All(cv.string, vol.Lower),
    vol.Optional(ATTR_GENDER): vol.In(("male", "female")),
    vol.Optional(ATTR_SEND_AT): cv.datetime,
    vol.Optional(ATTR_COMMERCIAL): cv.boolean,
    vol.Optional(ATTR_EXPRESS): cv.boolean,
    vol.Optional(ATTR_TEMPLATE_ID): cv.string,
    vol.Optional(ATTR_CHANNEL): vol.All(vol.Coerce(int), vol.Range(min=1, max=3)),
    vol.Optional(ATTR_VALID_FOR): vol.All(cv.time_period, vol.Range(min=timedelta(seconds=1), max=MAX_VALID_FOR)),
    vol.Optional(ATTR_URGENT): cv.boolean,
    vol.Optional(ATTR_IF_UNSURE): vol.In(IF_UNSURE),
}
MESSAGE_SCHEMA: dict[Any, Any] = {
    vol.Required(ATTR_MESSAGE): cv.string,
    vol.Optional(ATTR_TITLE): cv.string,
    **MESSAGE_OPTIONS,
}
ACCOUNT_SCHEMA: dict[Any, Any] = {vol.Required(ATTR_ACCOUNT): cv.string}


@dataclass(frozen=True, slots=True)
class Action:
    """One action."""

    name: str
    handler: Handler
    schema: Any
    # What it needs from the user who calls it.
    needs: Need
    # Whether it returns data always, on request, or never.
    response: SupportsResponse = SupportsResponse.OPTIONAL


def async_messenger(hass: HomeAssistant, entry_id: str) -> Messenger:
    """Return the loaded account or route with this entry id; raise unknown_account or account_not_loaded."""
    entry: MessengerConfigEntry | None = messenger_entry(hass, entry_id)
    if entry is None:
        raise validation_error("unknown_account")
    if entry.state is not ConfigEntryState.LOADED:
        raise validation_error("account_not_loaded", account=entry.title)
    return entry.runtime_data


def has_one_of(call: ServiceCall, *names: str) -> bool:
    """Return True if the caller gives exactly one of these fields."""
    return sum(name in call.data for name in names) == 1


def async_account(hass: HomeAssistant, entry_id: str, capability: Capability) -> Account:
    """Return the loaded account with this entry id; raise not_offered if its provider lacks the capability."""
    messenger = async_messenger(hass, entry_id)
    if not isinstance(messenger, Account) or capability not in messenger.info.capabilities:
        offering = [gateway.info.name for gateway in GATEWAYS.values() if capability in gateway.info.capabilities]
        raise validation_error("not_offered", account=messenger.entry.title, providers=", ".join(offering))
    return messenger


@contextmanager
def requested_account(call: ServiceCall, capability: Capability) -> Iterator[Account]:
    """Return the account that the caller names. Raise as async_account and request_errors do."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], capability)
    with request_errors(account):
        yield account


@contextmanager
def request_errors(account: Account) -> Iterator[None]:
    """Raise errors of a request that is no send as Home Assistant's. Wrong credentials start a reauth."""
    try:
        yield
    except GatewayError as err:
        account.async_failed(err)
        raise request_error(err, account.entry.title) from err
