"""The logbook's lines: "Anna wrote", "Text to Anna was not delivered"."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_MESSAGE

# The lines of incoming texts, by their type.
RECEIVED = {"reply": "wrote", "keyword": "wrote", "opt_out": "wants no more texts"}
# The lines of sent texts, by their status.
SENT = {
    "queued": "is waiting",
    "accepted": "was sent",
    "sent": "was sent",
    "delivered": "was delivered",
    "undelivered": "was not delivered",
    "expired": "was not delivered in time",
    "rejected": "was not delivered",
    "uncertain": "may not have been delivered",
    "cancelled": "was canceled",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None],
) -> None:
    """Describe the event of a text that came in or was sent."""
    async_describe_event(DOMAIN, EVENT_MESSAGE, _describe)


@callback
def _describe(event: Event) -> dict[str, Any]:
    kind, name = (str(event.data.get(key) or "") for key in ("kind", "name"))
    return {
        LOGBOOK_ENTRY_NAME: name if kind in RECEIVED else f"Text to {name}",
        LOGBOOK_ENTRY_MESSAGE: RECEIVED.get(kind) or SENT.get(kind, kind),
    }
