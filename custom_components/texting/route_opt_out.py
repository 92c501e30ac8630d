"""Who wants no more texts from one account of a route gets none through the others, not even what waits there."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .opt_out import opted_out
from .route_accounts import account_ids, routes
from .signals import OPTED_OUT
from .state import LineState, async_known_state


@callback
def async_listen_opt_outs(hass: HomeAssistant) -> None:
    """Take back what waits whenever somebody opts out, for as long as Home Assistant runs."""

    @callback
    def take_back(entry_id: str) -> None:
        async_take_back_routed(hass, entry_id)

    async_dispatcher_connect(hass, OPTED_OUT, take_back)


@callback
def async_take_back_routed(hass: HomeAssistant, entry_id: str) -> None:
    """Take back what waits in the routes of an account, or in a route, for whoever opted out at one of its accounts."""
    for route_id in routes(hass):
        ids, _ = account_ids(hass, route_id)
        route = async_known_state(hass, route_id)
        if route and entry_id in (route_id, *ids):
            states = [state for each in ids if (state := async_known_state(hass, each))]
            _take_back(hass, route, states)


def _take_back(hass: HomeAssistant, route: LineState, states: list[LineState]) -> None:
    parents = {
        record.reference for record in route.desk.book if any(record.message.to in state.opt_outs for state in states)
    }
    for state in states if parents else ():
        if worker := state.worker:
            for record in [record for record in state.desk.book if record.parent in parents]:
                hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")
