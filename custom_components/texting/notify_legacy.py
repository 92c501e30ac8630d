"""The legacy action notify.<account>: message, title, target (numbers or names of recipients), data.

It is registered by ourselves, because Home Assistant's own platform does not tell which user called it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import voluptuous as vol

from homeassistant.components.notify import (
    ATTR_DATA,
    ATTR_TARGET,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
    NOTIFY_SERVICE_SCHEMA,
)
from homeassistant.components.notify.const import (
    SERVICE_NOTIFY,
    SERVICE_PERSISTENT_NOTIFICATION,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.util import slugify

from .const import ATTR_MESSAGE, DOMAIN
from .messenger import Messenger, raise_for
from .permissions import TARGETS, Resource, guarded, resources_of_account
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
# Home Assistant's own actions. It may register them later, and would replace ours.
_RESERVED = {SERVICE_NOTIFY, SERVICE_PERSISTENT_NOTIFICATION, SERVICE_SEND_MESSAGE}


@callback
def async_register_legacy(hass: HomeAssistant, messenger: Messenger) -> CALLBACK_TYPE:
    """Register the action of an account or a route. Return a function that removes it."""
    entry, title = messenger.entry, messenger.entry.title
    name = next(name for name in _names(slugify(title)) if not hass.services.has_service(NOTIFY_DOMAIN, name))

    async def resources(call: ServiceCall) -> list[Resource]:
        return resources_of_account(hass, entry.entry_id, _targets(entry, call.data))

    async def send(call: ServiceCall) -> None:
        await _async_send(hass, messenger, call)

    action = guarded(replace(TARGETS, resources=resources), send)
    hass.services.async_register(NOTIFY_DOMAIN, name, action, schema=NOTIFY_SERVICE_SCHEMA)
    description = {"name": f"Send a text with {title}", "description": f"Sends a text with {title}.", "fields": _FIELDS}
    async_set_service_schema(hass, NOTIFY_DOMAIN, name, description)

    @callback
    def remove() -> None:
        # Another integration may have registered an action of the same name, which replaced ours.
        registered = hass.services.async_services_for_domain(NOTIFY_DOMAIN).get(name)
        if registered and registered.job.target is action:
            hass.services.async_remove(NOTIFY_DOMAIN, name)

    return remove


def _names(slug: str) -> Iterator[str]:
    """Yield the names that an action may have, the best first."""
    if slug not in _RESERVED:
        yield slug
    yield f"{DOMAIN}_{slug}"
    yield from (f"{DOMAIN}_{slug}_{number}" for number in count(2))


def _targets(entry: ConfigEntry[Any], data: Mapping[str, Any]) -> list[str]:
    """Return the names and numbers of a call; all recipients if it has none."""
    # A contact of a group may be a recipient too, so groups must be named.
    return data.get(ATTR_TARGET) or [recipient.name for recipient in recipients(entry) if not recipient.group]


async def _async_send(hass: HomeAssistant, messenger: Messenger, call: ServiceCall) -> None:
    """Send a text to each target."""
    data = call.data
    try:
        fields = _DATA_SCHEMA(data.get(ATTR_DATA) or {})
    except vol.Invalid as err:
        raise validation_error("invalid_data", field=".".join(str(part) for part in err.path)) from None
    if not (targets := _targets(messenger.entry, data)):
        raise validation_error("no_recipients", account=messenger.entry.title)
    addresses = resolve(hass, messenger.entry, targets, messenger.test_number)
    fields |= {ATTR_MESSAGE: data[ATTR_MESSAGE], ATTR_TITLE: data.get(ATTR_TITLE)}
    raise_for(await messenger.async_send(addresses, fields, call.context))
