"""A person who opted out at one account of a route gets nothing through the other accounts of it."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..signals import OPTED_OUT
from ..storage.entry_state import EntryState, async_get_state
from ..storage.opt_outs import opted_out
from .accounts import account_ids, routes


@callback
def async_setup_opt_outs(hass: HomeAssistant) -> None:
    """Cancel what waits whenever a person opts out, as long as Home Assistant runs."""

    @callback
    def cancel(entry_id: str) -> None:
        async_cancel_routed(hass, entry_id)

    async_dispatcher_connect(hass, OPTED_OUT, cancel)


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
                hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")
