"""The actions texting.send_campaign and texting.get_campaign: one text to all contacts of groups."""

from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..address import Address, mistake
from ..const import (
    ATTR_ACCOUNT,
    ATTR_CAMPAIGN_ID,
    ATTR_CHANNEL,
    ATTR_COMMERCIAL,
    ATTR_EXPRESS,
    ATTR_GROUPS,
)
from ..contact_groups import async_choose, together
from ..gateway.capabilities import Capability
from ..send import MESSAGE_SCHEMA, as_response, async_measured, async_send, raise_for
from .action import Action, asked_account, asking, async_account

# What no provider has that has campaigns.
_NOT_HERE = {ATTR_CHANNEL, ATTR_COMMERCIAL, ATTR_EXPRESS}
SEND_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_ACCOUNT): cv.string,
        vol.Required(ATTR_GROUPS): vol.All(cv.ensure_list, [vol.All(cv.string, str.strip)]),
        **{marker: value for marker, value in MESSAGE_SCHEMA.items() if marker not in _NOT_HERE},
    }
)
GET_SCHEMA = vol.Schema(
    {vol.Required(ATTR_ACCOUNT): cv.string, vol.Required(ATTR_CAMPAIGN_ID): vol.All(cv.string, str.strip)}
)


async def _async_send_campaign(call: ServiceCall) -> ServiceResponse:
    """Send one text to all contacts of groups; it is kept, tried again and followed like any other."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.CAMPAIGNS)
    if not all(wanted := call.data[ATTR_GROUPS]) or not wanted:
        raise mistake("no_group")
    with asking(account):
        groups = await async_choose(account, wanted)
    addresses = await async_measured(account, [Address(group.name, group=group) for group in groups])
    measured = [address.group for address in addresses if address.group and not address.error]
    if len(measured) < len(groups):
        raise next(address.error for address in addresses if address.error)
    whole, uncounted = together(measured), any(group.size is None for group in measured)
    (outcome,) = outcomes = await async_send(
        account, [Address(whole.name, group=whole, uncounted=uncounted)], call.data
    )
    raise_for(outcomes)
    sent = as_response(outcome)
    return {
        "campaign_id": sent["message_id"],
        "groups": [{"id": group.id, "name": group.name, "size": group.size} for group in measured],
        "recipients": None if uncounted else whole.size,
        **{name: sent[name] for name in ("reference", "status", "segments", "reason", "error")},
    }


async def _async_get_campaign(call: ServiceCall) -> ServiceResponse:
    """What has become of a campaign, as the gateway says now."""
    with asked_account(call, Capability.CAMPAIGNS) as account:
        campaign = await account.gateway.contacts.campaign(call.data[ATTR_CAMPAIGN_ID])
    known: dict[str, Any] = {
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
    return known


ACTIONS = (
    Action("send_campaign", _async_send_campaign, SEND_SCHEMA),
    Action("get_campaign", _async_get_campaign, GET_SCHEMA, SupportsResponse.ONLY),
)
