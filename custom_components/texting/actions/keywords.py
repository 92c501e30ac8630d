"""The actions texting.check_keyword and texting.set_up_keyword; renting one needs a card, and so a dialog."""

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..address import mistake
from ..const import (
    ATTR_ACCOUNT,
    ATTR_AUTOREPLY,
    ATTR_EMAIL,
    ATTR_GROUP,
    ATTR_KEYWORD,
    ATTR_URL,
    ATTR_USE_WEBHOOK,
)
from ..gateway.capabilities import Capability
from ..gateway.orders import KeywordSetup
from ..webhook import async_address
from .action import Action, asked_account, asking, async_account

_KEYWORD = {vol.Required(ATTR_ACCOUNT): cv.string, vol.Required(ATTR_KEYWORD): vol.All(cv.string, str.strip)}
CHECK_SCHEMA = vol.Schema(_KEYWORD)
SET_UP_SCHEMA = vol.All(
    vol.Schema(
        {
            **_KEYWORD,
            vol.Optional(ATTR_GROUP): cv.string,
            vol.Optional(ATTR_AUTOREPLY): cv.string,
            vol.Optional(ATTR_EMAIL): cv.string,
            vol.Exclusive(ATTR_URL, "url"): cv.string,
            vol.Exclusive(ATTR_USE_WEBHOOK, "url"): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(ATTR_GROUP, ATTR_AUTOREPLY, ATTR_EMAIL, ATTR_URL, ATTR_USE_WEBHOOK),
)


async def _async_check_keyword(call: ServiceCall) -> ServiceResponse:
    """Whether a keyword can be rented."""
    keyword: str = call.data[ATTR_KEYWORD]
    with asked_account(call, Capability.KEYWORD_SETUP) as account:
        return {"keyword": keyword, "free": await account.gateway.orders.is_free(keyword)}


async def _async_set_up_keyword(call: ServiceCall) -> ServiceResponse:
    """Set what happens when a keyword is texted in; our own address is secret, so the response does not hold it."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.KEYWORD_SETUP)
    url, own = call.data.get(ATTR_URL), call.data.get(ATTR_USE_WEBHOOK, False)
    if own:
        url, public = await async_address(call.hass, account.entry)
        if not public:
            raise mistake("no_public_address")
    told = {name: call.data.get(name) for name in (ATTR_GROUP, ATTR_AUTOREPLY, ATTR_EMAIL)}
    setup = KeywordSetup(keyword=call.data[ATTR_KEYWORD], url=url, **told)
    with asking(account):
        await account.gateway.orders.set_up(setup)
    return {"keyword": setup.keyword, **told, "url": call.data.get(ATTR_URL), "use_webhook": own}


ACTIONS = (
    Action("check_keyword", _async_check_keyword, CHECK_SCHEMA, SupportsResponse.ONLY),
    Action("set_up_keyword", _async_set_up_keyword, SET_UP_SCHEMA),
)
