"""Push notifications of alerts: in an app of Home Assistant with buttons, in all others one way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.components.notify import (
    ATTR_DATA,
    ATTR_MESSAGE,
    ATTR_TITLE,
    DOMAIN as NOTIFY,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.core import CoreState, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.start import async_at_start

from ..alerting.events import Answer
from ..alerting.model import ASKING, Incident, Notification, Progress
from ..alerting.wording import by_hand, words_of
from .app import app_action, is_app
from .app_buttons import action_of, answers_of

# Shows one notification of an incident. Nobody says whether it arrives: it is ACCEPTED, or FAILED if it cannot leave.
# It may raise anything, since another integration does it.
type Push = Callable[[HomeAssistant, Incident, Notification], Awaitable[Progress]]

# Shown at once, and with sound although the phone is silent: for Android, and for iOS.
CRITICAL: dict[str, Any] = {
    "ttl": 0,
    "priority": "high",
    "channel": "alarm_stream",
    "push": {"interruption-level": "critical", "sound": {"name": "default", "critical": 1, "volume": 1.0}},
}


async def async_push(hass: HomeAssistant, incident: Incident, notification: Notification) -> Progress:
    """Show a notification through a notify entity of another integration."""
    entity_id, text = notification.target.id, notification.text
    if hass.state is CoreState.not_running:  # the other integration may be about to start
        await _async_started(hass)
    if action := app_action(hass, entity_id):
        data = {ATTR_TITLE: incident.alert.name, ATTR_MESSAGE: text, ATTR_DATA: _data(hass, incident, notification)}
        await _run(hass, action, data)
        return Progress.ACCEPTED
    state = hass.states.get(entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:  # the action would leave it out without an error
        return Progress.FAILED
    if is_app(hass, entity_id):  # its text relies on buttons
        text = f"{text} {by_hand(notification.kind, words_of(hass.config.language))}".strip()
    data = {ATTR_ENTITY_ID: entity_id, ATTR_MESSAGE: text}
    await _run(hass, SERVICE_SEND_MESSAGE, data)
    return Progress.ACCEPTED


async def _async_started(hass: HomeAssistant) -> None:
    """Wait until Home Assistant has set up everything."""
    started = asyncio.Event()

    @callback
    def set_started(_hass: HomeAssistant) -> None:
        started.set()

    stop = async_at_start(hass, set_started)
    try:
        await started.wait()
    finally:
        stop()


async def _run(hass: HomeAssistant, action: str, data: dict[str, Any]) -> None:
    """Run a notify action without the event call_service, in which the recorder would keep the words."""
    service = hass.services.async_services_for_domain(NOTIFY)[action]
    call = ServiceCall(hass, NOTIFY, action, service.schema(data) if service.schema else data)
    if running := hass.async_run_hass_job(service.job, call):
        await running


def _data(hass: HomeAssistant, incident: Incident, notification: Notification) -> dict[str, Any]:
    """Return what the app needs besides the words. With the same tag, a notification takes the place of the last."""
    words = words_of(hass.config.language)
    titles = {Answer.YES: words.take, Answer.NO: words.decline}
    answers = answers_of(notification.kind) if incident.is_open and incident.nonce else ()
    actions = [{"action": action_of(incident, notification, each), "title": titles[each]} for each in answers]
    is_critical = notification.kind in ASKING and incident.alert.urgent and not incident.is_drill
    return {
        "tag": f"texting_{incident.id}",
        **({"actions": actions} if actions else {}),
        **(CRITICAL if is_critical else {}),
    }
