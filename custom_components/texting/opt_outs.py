"""What an opt-out does besides refusing texts: it is told, and it cancels what waits in routes."""

from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import ATTR_ACCOUNT, ATTR_NAME, DOMAIN, EVENT_OPTED_IN, EVENT_OPTED_OUT
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .entries import messenger_entries
from .gateway.status import FailureReason
from .issues import async_people_opted_out, async_urgent_refused
from .recipients import device_of, recipient_for_number, recipients
from .routing.accounts import account_ids, routes
from .signals import MESSAGES_UPDATED, OPT_OUT_CHANGED
from .storage.entry_state import EntryState, async_get_state
from .storage.opt_outs import OptOuts, opted_out
from .storage.stores import known_opt_outs


@callback
def async_setup_opt_outs(hass: HomeAssistant) -> None:
    """Act on opt-outs from now on, as long as Home Assistant runs."""

    @callback
    def changed(entry_id: str, number: str, is_opted_out: bool) -> None:
        async_cancel_routed(hass, entry_id)
        _fire(hass, entry_id, number, is_opted_out=is_opted_out)
        _update_all_issues(hass)

    @callback
    def updated(entry_id: str, updates: Sequence[Update]) -> None:
        refused = [record for record, change in updates if change is Change.ENDED and _is_refused_alert(record)]
        if refused and (entry := hass.config_entries.async_get_entry(entry_id)):
            for record in refused:
                _tell_refused(hass, entry, record)

    @callback
    def entry_changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """An account or its recipients came, went or changed. Its routes depend on it."""
        if entry.domain == DOMAIN:
            _update_all_issues(hass)

    async_dispatcher_connect(hass, OPT_OUT_CHANGED, changed)
    async_dispatcher_connect(hass, MESSAGES_UPDATED, updated)
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)


def _is_refused_alert(record: MessageRecord) -> bool:
    """Return True for an urgent text to a person who opted out. An attempt for a route is told by the route."""
    return record.urgent and record.reason is FailureReason.OPTED_OUT and not record.parent


@callback
def _fire(hass: HomeAssistant, entry_id: str, number: str, *, is_opted_out: bool) -> None:
    """Fire the event. The recorder keeps it, so it holds no number."""
    if (entry := hass.config_entries.async_get_entry(entry_id)) is None:
        return
    recipient = recipient_for_number(hass, entry_id, number)
    data = {
        ATTR_DEVICE_ID: device_of(hass, entry, recipient.id if recipient else None),
        ATTR_NAME: recipient.name if recipient else None,
        ATTR_ACCOUNT: entry_id,
    }
    hass.bus.async_fire(EVENT_OPTED_OUT if is_opted_out else EVENT_OPTED_IN, data)


# -- who opted out -----------------------------------------------------------------------------------------------------


def people_opted_out(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dict[str, str]:
    """Return the recipients of an account, or of a route, who opted out there or at an account of the route.

    As {recipient id: name}.
    """
    known = _known_opt_outs(hass, account_ids(hass, entry.entry_id)[0])
    return {
        recipient.id: recipient.name
        for recipient in recipients(entry)
        if any(number in opt_outs for opt_outs in known for number in recipient.numbers)
    }


def has_opted_out(hass: HomeAssistant, entry: ConfigEntry[Any], number: str) -> bool:
    """Return True if a number opted out at an account, or at an account of a route."""
    return any(number in opt_outs for opt_outs in _known_opt_outs(hass, account_ids(hass, entry.entry_id)[0]))


def _known_opt_outs(hass: HomeAssistant, ids: Sequence[str]) -> list[OptOuts]:
    return [opt_outs for each in ids if (opt_outs := known_opt_outs(hass, each))]


# -- issues ------------------------------------------------------------------------------------------------------------


@callback
def _tell_refused(hass: HomeAssistant, entry: ConfigEntry, record: MessageRecord) -> None:
    """Create the issue of an urgent text that was refused, and remember to do so after a restart."""
    async_urgent_refused(hass, entry, record.recipient_id, record.recipient_name)
    state = async_get_state(hass, entry.entry_id)
    if state and record.recipient_id and record.recipient_id not in state.store.memory.urgent_refused:
        state.store.memory.urgent_refused.append(record.recipient_id)
        state.store.async_changed()


@callback
def _update_all_issues(hass: HomeAssistant) -> None:
    """Keep one issue for each recipient who opted out.

    An entry that is only unloaded keeps its issues, since who ignores one ignores it after a reload too.
    """
    for entry in messenger_entries(hass):
        if entry.disabled_by:
            async_people_opted_out(hass, entry, {})
        elif entry.state is ConfigEntryState.LOADED:
            _update_issues(hass, entry)


@callback
def _update_issues(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    people = people_opted_out(hass, entry)
    async_people_opted_out(hass, entry, people)
    if not (state := async_get_state(hass, entry.entry_id)) or not (refused := state.store.memory.urgent_refused):
        return
    kept = [recipient_id for recipient_id in refused if recipient_id in people]
    for recipient_id in kept:
        async_urgent_refused(hass, entry, recipient_id, people[recipient_id])
    if kept != refused:
        state.store.memory.urgent_refused = kept
        state.store.async_changed()


# -- what waits --------------------------------------------------------------------------------------------------------


@callback
def async_cancel_routed(hass: HomeAssistant, entry_id: str) -> None:
    """Cancel what waits in a route, or in the routes of an account, for people who opted out at one of its accounts."""
    for route_id in routes(hass):
        ids, _ = account_ids(hass, route_id)
        route = async_get_state(hass, route_id)
        if route and entry_id in (route_id, *ids):
            _cancel_attempts(hass, route, ids)
            entry = hass.config_entries.async_get_entry(route_id)
            if entry and entry.state is ConfigEntryState.LOADED:
                # What has no attempt yet, such as in quiet hours.
                entry.runtime_data.async_advance_all()


def _cancel_attempts(hass: HomeAssistant, route: EntryState, ids: Sequence[str]) -> None:
    known = _known_opt_outs(hass, ids)
    parents = {record.reference for record in route.outbox if any(record.message.to in each for each in known)}
    states = [state for each in ids if (state := async_get_state(hass, each))]
    for state in states if parents else ():
        if worker := state.worker:
            for record in [record for record in state.outbox if record.parent in parents]:
                if not record.ignores_opt_out:
                    hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")
