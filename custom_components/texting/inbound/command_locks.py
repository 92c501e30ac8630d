"""Locks of commands after too many wrong PINs, and who is told: the bus, Activity and Repairs.

A lock ends after its time, or when its PIN does not matter any more: it was changed or removed, or its recipient was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from ..const import ATTR_ACCOUNT, ATTR_MINUTES, ATTR_NAME, DOMAIN, EVENT_COMMANDS_LOCKED
from ..issues import Issue, async_commands_locked, async_delete
from ..recipients import Recipient, allowed_recipient, device_of
from ..text.single_line import single_line
from .command_sessions import CommandSession


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandLock:
    """The lock of one number's commands, at all accounts."""

    # The account where the last wrong PIN came in.
    entry_id: str
    number: str = field(repr=False)
    # The recipient whose PIN it was not, as it was then.
    recipient: Recipient = field(repr=False)
    session: CommandSession
    minutes: int
    # Cancels the timer that ends the lock.
    cancel: Callable[[], None]


# By number.
_LOCKS: HassKey[dict[str, CommandLock]] = HassKey(f"{DOMAIN}_command_locks")


@callback
def async_watch_locks(hass: HomeAssistant) -> None:
    """End locks whose PIN does not matter any more, as long as Home Assistant runs."""

    @callback
    def changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        for lock in [lock for lock in hass.data.get(_LOCKS, {}).values() if lock.entry_id == entry.entry_id]:
            if _current_recipient(hass, lock) is None:
                lock.session.accept_pin()
                _end(hass, lock)
            else:
                # The recipient may have another name.
                _update_issue(hass, lock.recipient.id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)


@callback
def async_lock_commands(  # noqa: PLR0913, PLR0917  each is a part of the lock
    hass: HomeAssistant,
    entry: ConfigEntry,
    recipient: Recipient,
    number: str,
    session: CommandSession,
    seconds: float,
) -> None:
    """Tell that the commands of a number are locked now, until the lock is over."""

    @callback
    def over(_now: datetime) -> None:
        _end(hass, lock)

    lock = CommandLock(
        entry_id=entry.entry_id,
        number=number,
        recipient=recipient,
        session=session,
        minutes=round(seconds / 60),
        cancel=async_call_later(hass, seconds, HassJob(over, cancel_on_shutdown=True)),
    )
    hass.data.setdefault(_LOCKS, {})[number] = lock
    _update_issue(hass, recipient.id)
    data = {
        ATTR_DEVICE_ID: device_of(hass, entry, recipient.id),
        ATTR_NAME: single_line(recipient.name),
        ATTR_ACCOUNT: entry.entry_id,
        ATTR_MINUTES: lock.minutes,
    }
    hass.bus.async_fire(EVENT_COMMANDS_LOCKED, data)


@callback
def _end(hass: HomeAssistant, lock: CommandLock) -> None:
    lock.cancel()
    locks = hass.data[_LOCKS]
    if locks.get(lock.number) is lock:
        del locks[lock.number]
    _update_issue(hass, lock.recipient.id)


def _current_recipient(hass: HomeAssistant, lock: CommandLock) -> Recipient | None:
    """Return the recipient of a lock as it is now, or None if nobody can command with the PIN of the lock."""
    entry = hass.config_entries.async_get_entry(lock.entry_id)
    recipient = allowed_recipient(entry, lock.number) if entry else None
    known = (lock.recipient.id, lock.recipient.pin)
    return recipient if recipient and (recipient.id, recipient.pin) == known else None


@callback
def _update_issue(hass: HomeAssistant, recipient_id: str) -> None:
    """Keep the issue about a recipient true. It has one issue, also if several of its numbers are locked."""
    locks = [lock for lock in hass.data[_LOCKS].values() if lock.recipient.id == recipient_id]
    if locks and (recipient := _current_recipient(hass, locks[-1])):
        async_commands_locked(hass, recipient.id, single_line(recipient.name), locks[-1].minutes)
    else:
        async_delete(hass, Issue.COMMANDS_LOCKED, about=recipient_id)
