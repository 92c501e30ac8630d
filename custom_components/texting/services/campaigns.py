"""The actions texting.send_campaign and texting.get_campaign: one text to all contacts of groups."""

import asyncio
from collections.abc import Sequence
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..const import (
    ATTR_ACCOUNT,
    ATTR_CAMPAIGN_ID,
    ATTR_CHANNEL,
    ATTR_COMMERCIAL,
    ATTR_EXPRESS,
    ATTR_GROUPS,
)
from ..contact_groups import join_groups
from ..gateway.capabilities import Capability
from ..gateway.contacts import ContactGroup
from ..messenger import Messenger, raise_for
from ..permissions import ADMINISTRATOR
from ..targets import Address, validation_error
from .service import MESSAGE_SCHEMA, Action, async_account, request_errors, requested_account

# Options that no provider with campaigns has.
_NOT_OFFERED = {ATTR_CHANNEL, ATTR_COMMERCIAL, ATTR_EXPRESS}
SEND_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_ACCOUNT): cv.string,
        vol.Required(ATTR_GROUPS): vol.All(cv.ensure_list, [vol.All(cv.string, str.strip)]),
        **{marker: value for marker, value in MESSAGE_SCHEMA.items() if marker not in _NOT_OFFERED},
    }
)
GET_SCHEMA = vol.Schema(
    {vol.Required(ATTR_ACCOUNT): cv.string, vol.Required(ATTR_CAMPAIGN_ID): vol.All(cv.string, str.strip)}
)


async def _async_send_campaign(call: ServiceCall) -> ServiceResponse:
    """Send one text to all contacts of groups. It is saved, retried and tracked like any other text."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.CAMPAIGNS)
    if not all(wanted := call.data[ATTR_GROUPS]) or not wanted:
        raise validation_error("no_group")
    with request_errors(account):
        groups = await account.contact_groups.async_choose(wanted)
    address, measured = await async_address_of_groups(account, groups)
    (outcome,) = outcomes = await account.async_send([address], call.data, call.context)
    raise_for(outcomes)
    sent = outcome.as_response()
    return {
        "campaign_id": sent["message_id"],
        "groups": [{"id": group.id, "name": group.name, "size": group.size} for group in measured],
        "recipients": None if address.is_uncounted or not address.group else address.group.size,
        **{name: sent[name] for name in ("reference", "status", "segments", "reason", "error")},
    }


async def async_address_of_groups(
    messenger: Messenger, groups: Sequence[ContactGroup]
) -> tuple[Address, list[ContactGroup]]:
    """Return the address of all contacts of groups, and the groups with their sizes; raise unknown_group."""
    addresses = await asyncio.gather(*(messenger.async_measure(Address(each.name, group=each)) for each in groups))
    measured = [address.group for address in addresses if address.group and not address.error]
    if len(measured) < len(groups):
        raise next(address.error for address in addresses if address.error)
    whole, is_uncounted = join_groups(measured), any(group.size is None for group in measured)
    return Address(whole.name, group=whole, is_uncounted=is_uncounted), measured


async def _async_get_campaign(call: ServiceCall) -> ServiceResponse:
    """Ask the provider for the status of a campaign."""
    with requested_account(call, Capability.CAMPAIGNS) as account:
        campaign = await account.gateway.contacts.campaign(call.data[ATTR_CAMPAIGN_ID])
    response: dict[str, Any] = {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "status": campaign.status,
        "provider_status": campaign.provider_status,
        "text": campaign.text,
        "send_at": campaign.send_at.isoformat() if campaign.send_at else None,
        "recipients": campaign.total,
        "delivered": campaign.delivered,
        "failed": campaign.failed,
    }
    return response


ACTIONS = (
    Action("send_campaign", _async_send_campaign, SEND_SCHEMA, ADMINISTRATOR),
    Action("get_campaign", _async_get_campaign, GET_SCHEMA, ADMINISTRATOR, SupportsResponse.ONLY),
)
