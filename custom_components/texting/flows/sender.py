"""The choice of a sender and a template, from what an account has at its provider now."""

from collections.abc import Sequence
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant

from ..gateway.gateway import Gateway
from ..gateway.message import Sender, Template
from ..gateway.provider import ProviderInfo
from ..texts import CONFIGURE, async_texts
from .forms import select, suggest

SENDER_STEP = "sender"


class SenderChoice:
    """What a form offers; empty where it could not be read."""

    def __init__(self, hass: HomeAssistant, info: ProviderInfo) -> None:
        """Begin with nothing known."""
        self._hass = hass
        self._info = info
        self._senders: Sequence[Sender] = ()
        self._templates: Sequence[Template] = ()

    async def async_read(self, gateway: Gateway) -> None:
        """Ask the gateway; raises GatewayError, and keeps what was read before it."""
        self._senders = await gateway.senders()
        self._templates = await gateway.templates()

    async def async_schema(self) -> vol.Schema:
        """Choices by field; what waits for approval is marked, since the gateway refuses it until then."""
        pending = (await async_texts(self._hass, CONFIGURE))["pending"]
        choices = {
            "sender_id": {
                sender.sender_id: _label(sender.sender_id, sender.type, "" if sender.approved else pending)
                for sender in self._senders
            },
            "template_id": {
                template.template_id: _label(template.name, template.type, "" if template.approved else pending)
                for template in self._templates
            },
        }
        fields: dict[vol.Marker, Any] = {
            vol.Required(field.name, default=field.default or vol.UNDEFINED): suggest(choices[field.name])
            if field.name in choices
            else select(field.choices, field.name)
            for field in self._info.fields
            if field.step == SENDER_STEP
        }
        return vol.Schema(fields)


def _label(name: str, *details: str) -> str:
    said = ", ".join(filter(None, details))
    return f"{name} ({said})" if said else name
