"""The actions, one module for each family."""

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..permissions import guarded
from . import alerts, campaigns, contacts, history, messages, provider, questions

ACTIONS = (
    *messages.ACTIONS,
    *history.ACTIONS,
    *questions.ACTIONS,
    *alerts.ACTIONS,
    *contacts.ACTIONS,
    *campaigns.ACTIONS,
    *provider.ACTIONS,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN,
            action.name,
            guarded(action.needs, action.handler),
            action.schema,
            supports_response=action.response,
        )
