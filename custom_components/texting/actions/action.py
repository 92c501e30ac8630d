"""What an action is, and what all of them need: the account or the route that a caller names, and its errors."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.service import async_get_config_entry

from ..account import Account
from ..address import mistake
from ..const import ATTR_ACCOUNT, DOMAIN
from ..exceptions import asked_error
from ..gateway.capabilities import Capability
from ..gateway.errors import GatewayError
from ..gateway.providers import GATEWAYS
from ..line import Line, LineConfigEntry


@dataclass(frozen=True, slots=True)
class Action:
    """An action by name; what it finds out is its response."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    schema: Any
    response: SupportsResponse = SupportsResponse.OPTIONAL


def async_line(hass: HomeAssistant, entry_id: str) -> Line:
    """The loaded account or route of a config entry's id."""
    entry: LineConfigEntry = async_get_config_entry(hass, DOMAIN, entry_id)
    return entry.runtime_data


def async_account(hass: HomeAssistant, entry_id: str, capability: Capability) -> Account:
    """The loaded account of a config entry's id; raises not_offered where its provider lacks this, or it is a route."""
    line = async_line(hass, entry_id)
    if not isinstance(line, Account) or capability not in line.info.capabilities:
        offering = [gateway.info.name for gateway in GATEWAYS.values() if capability in gateway.info.capabilities]
        raise mistake("not_offered", account=line.entry.title, providers=", ".join(offering))
    return line


@contextmanager
def asked_account(call: ServiceCall, capability: Capability) -> Iterator[Account]:
    """The account that the caller names, whose gateway is asked; raises as async_account and asking do."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], capability)
    with asking(account):
        yield account


@contextmanager
def asking(account: Account) -> Iterator[None]:
    """Raise what goes wrong at the gateway, sending aside, as Home Assistant's; refused credentials are asked for."""
    try:
        yield
    except GatewayError as err:
        account.async_failed(err)
        raise asked_error(err, account.entry.title) from err
