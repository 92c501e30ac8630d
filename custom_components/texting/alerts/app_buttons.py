"""The buttons of the app's notifications: who presses one answers the alert, as with a text or the alert's own button.

A button sends back a secret of the incident, so that only a notification of it can answer it, and only while it is
open. It counts if its user may press the alert's own button. All other presses change nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
import re
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.hass_dict import HassKey

from ..alerting.events import Answer, Answered
from ..alerting.model import ASKING, Incident, Kind, Notification
from ..const import DOMAIN
from ..entries import alert_entries
from .app import app_user_id
from .definition import read_definition
from .responders import async_responders, async_user, is_user

# The event of the app's integration.
EVENT = "mobile_app_notification_action"
ATTR_ACTION = "action"
# What the unique id of the alert's button *I take it* ends with, besides the entry's id.
ACKNOWLEDGE_KEY = "acknowledge"
# So many presses are kept while the home starts, or an alert is loaded again.
MAX_KEPT = 32

_ACTION = re.compile(r"TEXTING_(YES|NO)_([1-9][0-9]{0,5})_([0-9A-F]{32})")
_BUTTONS: HassKey[AppButtons] = HassKey(f"{DOMAIN}_app_buttons")


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed."""

    answer: Answer
    # The notification that has the button.
    number: int
    # The secret of the incident.
    nonce: str = field(repr=False)
    user_id: str


def answers_of(kind: Kind) -> tuple[Answer, ...]:
    """Return what a notification of this kind can be answered with."""
    if kind is Kind.DRILL:
        return (Answer.YES,)
    if kind is Kind.THANKS:
        return (Answer.NO,)
    return (Answer.YES, Answer.NO) if kind in ASKING else ()


def action_of(incident: Incident, notification: Notification, answer: Answer) -> str:
    """Return what a button of a notification sends back."""
    return f"TEXTING_{answer.upper()}_{notification.number}_{incident.nonce}"


def read_press(event: Event) -> Press | None:
    """Return the press that an event of the app tells of. None: it is not ours, or nobody knows who pressed."""
    action, user_id = event.data.get(ATTR_ACTION), event.context.user_id
    found = _ACTION.fullmatch(action) if isinstance(action, str) else None
    if found is None or user_id is None:
        return None
    answer, number, nonce = found.groups()
    return Press(Answer(answer.lower()), int(number), nonce, user_id)


class AppButtons:
    """Listens to all apps, as long as Home Assistant runs."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self._hass = hass
        # Each takes a press that belongs to its alert, and returns True then.
        self._takers: list[Callable[[Press, User], bool]] = []
        # Presses of alerts that are not loaded at the moment.
        self._kept: deque[Press] = deque(maxlen=MAX_KEPT)
        hass.bus.async_listen(EVENT, self._async_pressed)

    @callback
    def async_follow(self, take: Callable[[Press, User], bool]) -> CALLBACK_TYPE:
        """Give presses to an alert from now on, also those that were kept. Return a function that ends this."""
        self._takers.append(take)
        kept = list(self._kept)
        self._kept.clear()
        for press in kept:
            self._hass.async_create_task(self._async_take(press), "texting button")

        @callback
        def stop() -> None:
            self._takers.remove(take)

        return stop

    async def _async_pressed(self, event: Event) -> None:
        if press := read_press(event):
            await self._async_take(press)

    async def _async_take(self, press: Press) -> None:
        user = await self._hass.auth.async_get_user(press.user_id)
        if user is None or not user.is_active or any(take(press, user) for take in self._takers):
            return
        if len(self._takers) < sum(not entry.disabled_by for entry in alert_entries(self._hass)):
            self._kept.append(press)


@callback
def async_app_buttons(hass: HomeAssistant) -> AppButtons:
    """Return the buttons of all apps of the home."""
    if _BUTTONS not in hass.data:
        hass.data[_BUTTONS] = AppButtons(hass)
    return hass.data[_BUTTONS]


@callback
def async_follow_buttons(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    incident: Callable[[], Incident],
    take: Callable[[str, Answered], None],
) -> CALLBACK_TYPE:
    """Give take the answers to the incident of an alert from now on. Return a function that ends this."""

    @callback
    def taken(press: Press, user: User) -> bool:
        known = incident()
        if not known.nonce or not compare_digest(known.nonce, press.nonce):
            return False
        if known.is_open and _may_answer(hass, entry, user):
            take(known.id, _answered(hass, entry, known, press, user))
        return True

    return async_app_buttons(hass).async_follow(taken)


def _may_answer(hass: HomeAssistant, entry: ConfigEntry[Any], user: User) -> bool:
    """Return True if a user may press the alert's own button."""
    unique_id = f"{entry.entry_id}_{ACKNOWLEDGE_KEY}"
    entity_id = er.async_get(hass).async_get_entity_id(Platform.BUTTON, DOMAIN, unique_id)
    return entity_id is not None and user.permissions.check_entity(entity_id, POLICY_CONTROL)


def _answered(hass: HomeAssistant, entry: ConfigEntry[Any], incident: Incident, press: Press, user: User) -> Answered:
    """Return the answer of whose notification it is, if it is the user's; else of the user, by name."""
    responders = async_responders(hass, read_definition(entry).responders, urgent=True)
    shown = incident.notification(press.number) if press.number <= len(incident.notifications) else None
    if shown and (responder := responders.get(shown.responder)):
        is_theirs = app_user_id(hass, shown.target.id) == user.id or is_user(hass, responder.id, user.id)
        if is_theirs and not shown.target.is_text:
            return Answered(answer=press.answer, who=responder.id, name=responder.name, target=shown.target.id)
    responder_id, name = async_user(hass, responders, user.id)
    return Answered(answer=press.answer, who=responder_id or user.id, name=name or user.name or "")
