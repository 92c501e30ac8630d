"""Builds the gateway of an account from the fields of its config entry."""

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientSession

from .const import CONF_PROVIDER
from .gateway.gateway import Gateway
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS
from .gateway.transport import Transport


def gateway_for(session: ClientSession, account: Mapping[str, Any]) -> Gateway:
    """The gateway for an account's fields, CONF_PROVIDER among them."""
    gateway = GATEWAYS[Provider(account[CONF_PROVIDER])]
    return gateway(Transport(session, in_flight=gateway.info.in_flight, busy=gateway.info.busy), account)
