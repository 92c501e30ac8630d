"""The actions that automations call."""

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from . import asking, campaigns, contacts, following, keywords, lists, phones, reply, sending

ACTIONS = (
    *sending.ACTIONS,
    *asking.ACTIONS,
    *reply.ACTIONS,
    *following.ACTIONS,
    *contacts.ACTIONS,
    *campaigns.ACTIONS,
    *lists.ACTIONS,
    *keywords.ACTIONS,
    *phones.ACTIONS,
)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register them."""
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN, action.name, action.handler, action.schema, supports_response=action.response
        )
