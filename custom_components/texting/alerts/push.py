"""Push notifications of alerts. They go one way, and nobody says whether they arrive."""

from collections.abc import Awaitable, Callable

from homeassistant.components.notify import ATTR_MESSAGE, DOMAIN as NOTIFY, SERVICE_SEND_MESSAGE
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from ..alerting.model import Notification

# Shows one notification. It may raise anything, since another integration does it.
type Push = Callable[[HomeAssistant, Notification], Awaitable[None]]


async def async_notify(hass: HomeAssistant, notification: Notification) -> None:
    """Send a push notification to a notify entity of another integration."""
    data = {ATTR_ENTITY_ID: notification.target.id, ATTR_MESSAGE: notification.text}
    await hass.services.async_call(NOTIFY, SERVICE_SEND_MESSAGE, data, blocking=True)
