"""What an opt-out does besides refusing texts: it is told, and it cancels what waits in routes."""

from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import ATTR_ACCOUNT, ATTR_NAME, DOMAIN, EVENT_OPTED_IN, EVENT_OPTED_OUT
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .gateway.status import FailureReason
from .issues import async_people_opted_out, async_urgent_refused
from .messenger import Messenger
from .recipients import Recipient, device_of, recipient_for_number, recipients
from .routing.accounts import account_ids, routes
from .signals import MESSAGES_UPDATED, OPT_OUT_CHANGED
from .storage.entry_state import EntryState, async_get_state
from .storage.opt_outs import opted_out


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
                async_urgent_refused(hass, entry, record.recipient_id, record.recipient_name)

    async_dispatcher_connect(hass, OPT_OUT_CHANGED, changed)
    async_dispatcher_connect(hass, MESSAGES_UPDATED, updated)


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


def is_opted_out(hass: HomeAssistant, entry_id: str, recipient: Recipient) -> bool:
    """Return True if a recipient opted out of the texts of an account, or of one of the accounts of a route."""
    states = [async_get_state(hass, account) for account in account_ids(hass, entry_id)[0]]
    return any(number in state.opt_outs for state in states if state for number in recipient.numbers)


@callback
def async_watch_opt_outs(hass: HomeAssistant, messenger: Messenger) -> None:
    """Keep the issues about an entry's recipients true while it is loaded."""
    entry = messenger.entry

    @callback
    def unloaded() -> None:
        # Who ignores an issue still ignores it after a reload.
        if entry.disabled_by:
            async_people_opted_out(hass, entry, {})

    messenger.async_listen_changes(lambda: _update_issues(hass, entry))
    entry.async_on_unload(unloaded)
    _update_issues(hass, entry)
    # The opt-outs of an account count for its routes too.
    _update_all_issues(hass)


@callback
def _update_all_issues(hass: HomeAssistant) -> None:
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        _update_issues(hass, entry)


@callback
def _update_issues(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    people = {each.id: each.name for each in recipients(entry) if is_opted_out(hass, entry.entry_id, each)}
    async_people_opted_out(hass, entry, people)


# -- what waits --------------------------------------------------------------------------------------------------------


@callback
def async_cancel_routed(hass: HomeAssistant, entry_id: str) -> None:
    """Cancel what waits in a route, or in the routes of an account, for people who opted out at one of its accounts."""
    for route_id in routes(hass):
        ids, _ = account_ids(hass, route_id)
        route = async_get_state(hass, route_id)
        if route and entry_id in (route_id, *ids):
            _cancel(hass, route, [state for each in ids if (state := async_get_state(hass, each))])


def _cancel(hass: HomeAssistant, route: EntryState, accounts: list[EntryState]) -> None:
    parents = {
        record.reference for record in route.outbox if any(record.message.to in state.opt_outs for state in accounts)
    }
    for state in accounts if parents else ():
        if worker := state.worker:
            for record in [record for record in state.outbox if record.parent in parents]:
                if not record.ignores_opt_out:
                    hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")
