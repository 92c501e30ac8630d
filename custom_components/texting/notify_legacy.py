"""The legacy action notify.<account>: message, title, target (numbers or names of recipients), data."""

from typing import Any

import voluptuous as vol

from homeassistant.components.notify import (
    ATTR_DATA,
    ATTR_TARGET,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
    NOTIFY_SERVICE_SCHEMA,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.util import slugify

from .const import ATTR_MESSAGE
from .messenger import Messenger, raise_for
from .recipients import recipients
from .services.service import MESSAGE_OPTIONS
from .targets import resolve, validation_error

_DATA_SCHEMA = vol.Schema(MESSAGE_OPTIONS)
_FIELDS = {
    ATTR_MESSAGE: {"required": True, "selector": {"text": {"multiline": True}}},
    ATTR_TITLE: {"selector": {"text": None}},
    ATTR_TARGET: {"selector": {"object": None}},
    ATTR_DATA: {"selector": {"object": None}},
}


@callback
def async_register_legacy(hass: HomeAssistant, messenger: Messenger) -> CALLBACK_TYPE:
    """Register the action of an account or a route. Return a function that removes it."""
    title, number = messenger.entry.title, 2
    name = slugify(title)
    while hass.services.has_service(NOTIFY_DOMAIN, name):
        name, number = slugify(f"{title} {number}"), number + 1

    async def send(call: ServiceCall) -> None:
        await _async_send(hass, messenger, call.data)

    hass.services.async_register(NOTIFY_DOMAIN, name, send, schema=NOTIFY_SERVICE_SCHEMA)
    description = {"name": f"Send a text with {title}", "description": f"Sends a text with {title}.", "fields": _FIELDS}
    async_set_service_schema(hass, NOTIFY_DOMAIN, name, description)
    return lambda: hass.services.async_remove(NOTIFY_DOMAIN, name)


async def _async_send(hass: HomeAssistant, messenger: Messenger, data: dict[str, Any]) -> None:
    """Send a text to each target, or to all recipients if there is none."""
    try:
        fields = _DATA_SCHEMA(data.get(ATTR_DATA) or {})
    except vol.Invalid as err:
        raise validation_error("invalid_data", field=".".join(str(part) for part in err.path)) from None
    # A contact of a group may be a recipient too, so groups must be named.
    everyone = [recipient.name for recipient in recipients(messenger.entry) if not recipient.group]
    targets = data.get(ATTR_TARGET) or everyone
    if not targets:
        raise validation_error("no_recipients", account=messenger.entry.title)
    wanted = [str(target) for target in targets]
    addresses = resolve(hass, messenger.entry, wanted, messenger.test_number)
    fields |= {ATTR_MESSAGE: data[ATTR_MESSAGE], ATTR_TITLE: data.get(ATTR_TITLE)}
    raise_for(await messenger.async_send(addresses, fields))
