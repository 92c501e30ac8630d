"""Activity's lines: "Anna wrote", "Text to Ben was not delivered: phone off or out of reach".

The message is the whole sentence, and there is no name: Home Assistant shows it in front of the message, or above it.
"""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_ICON, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .alert_activity import ICON, ICONS, sentence_of
from .const import (
    ATTR_MINUTES,
    ATTR_NAME,
    DOMAIN,
    EVENT_ALERT,
    EVENT_COMMANDS_LOCKED,
    EVENT_MESSAGE,
    EVENT_OPTED_IN,
    EVENT_OPTED_OUT,
)
from .outcomes import sentence
from .text.single_line import single_line

# The types of incoming texts.
RECEIVED = ("reply", "keyword")
RECEIVED_ICON = "mdi:message-text"
STOP_ICON, START_ICON, LOCK_ICON = "mdi:message-off", "mdi:message-text", "mdi:lock-alert"
# The icons of sent texts, by how they ended.
SENT_ICONS = {
    "delivered": "mdi:message-check",
    "undelivered": "mdi:message-off",
    "expired": "mdi:clock-alert",
    "rejected": "mdi:message-alert",
    "uncertain": "mdi:message-question",
    "cancelled": "mdi:message-minus",
}
SENT_ICON = "mdi:send"


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None],
) -> None:
    """Describe the events of texts that came in or were sent, of alerts, of opt-outs, and of locked commands."""

    @callback
    def message(event: Event) -> dict[str, Any]:
        kind, name, reason = str(event.data.get("kind") or ""), _name(event), event.data.get("reason")
        if kind in RECEIVED:
            return _line(f"{name} wrote", RECEIVED_ICON)
        told = sentence(hass, kind, name, reason if isinstance(reason, str) else None)
        return _line(told, SENT_ICONS.get(kind, SENT_ICON))

    @callback
    def opted_out(event: Event) -> dict[str, Any]:
        return _line(f"{_name(event)} wants no more texts", STOP_ICON)

    @callback
    def opted_in(event: Event) -> dict[str, Any]:
        return _line(f"{_name(event)} wants texts again", START_ICON)

    @callback
    def locked(event: Event) -> dict[str, Any]:
        minutes = event.data.get(ATTR_MINUTES)
        told = f"{_name(event)}’s commands are locked for {minutes} minutes"  # noqa: RUF001  an apostrophe
        return _line(told, LOCK_ICON)

    @callback
    def alert(event: Event) -> dict[str, Any]:
        return _line(sentence_of(event.data), ICONS.get(str(event.data.get("event")), ICON))

    async_describe_event(DOMAIN, EVENT_MESSAGE, message)
    async_describe_event(DOMAIN, EVENT_ALERT, alert)
    async_describe_event(DOMAIN, EVENT_OPTED_OUT, opted_out)
    async_describe_event(DOMAIN, EVENT_OPTED_IN, opted_in)
    async_describe_event(DOMAIN, EVENT_COMMANDS_LOCKED, locked)


def _name(event: Event) -> str:
    return single_line(str(event.data.get(ATTR_NAME) or "Somebody"))


def _line(text: str, icon: str) -> dict[str, Any]:
    return {LOGBOOK_ENTRY_NAME: "", LOGBOOK_ENTRY_MESSAGE: text, LOGBOOK_ENTRY_ICON: icon}
