"""The logbook's lines: "Anna wrote", "Text to Anna was not delivered"."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .const import (
    ATTR_MINUTES,
    ATTR_NAME,
    DOMAIN,
    EVENT_COMMANDS_LOCKED,
    EVENT_MESSAGE,
    EVENT_OPTED_IN,
    EVENT_OPTED_OUT,
)

# The lines of incoming texts, by their type.
RECEIVED = {"reply": "wrote", "keyword": "wrote"}
# The lines of opt-outs, by their event.
OPT_OUTS = {EVENT_OPTED_OUT: "wants no more texts", EVENT_OPTED_IN: "wants texts again"}
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
    """Describe the events of texts that came in or were sent, and of commands that are locked."""
    async_describe_event(DOMAIN, EVENT_MESSAGE, _describe)
    for event_type in OPT_OUTS:
        async_describe_event(DOMAIN, event_type, _describe_opt_out)
    async_describe_event(DOMAIN, EVENT_COMMANDS_LOCKED, _describe_lock)


@callback
def _describe(event: Event) -> dict[str, Any]:
    kind, name = (str(event.data.get(key) or "") for key in ("kind", "name"))
    return {
        LOGBOOK_ENTRY_NAME: name if kind in RECEIVED else f"Text to {name}",
        LOGBOOK_ENTRY_MESSAGE: RECEIVED.get(kind) or SENT.get(kind, kind),
    }


@callback
def _describe_opt_out(event: Event) -> dict[str, Any]:
    name = str(event.data.get("name") or "Somebody")
    return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: OPT_OUTS[str(event.event_type)]}


@callback
def _describe_lock(event: Event) -> dict[str, Any]:
    return {
        LOGBOOK_ENTRY_NAME: f"{event.data.get(ATTR_NAME)}’s commands",  # noqa: RUF001  an apostrophe
        LOGBOOK_ENTRY_MESSAGE: f"are locked for {event.data.get(ATTR_MINUTES)} minutes",
    }
