"""What accounts remember, loaded or not."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .account_store import AccountStore, Memory
from .entry_state import async_get_state
from .opt_outs import OptOuts

# The stores of accounts that were not loaded when they were read, by entry id.
_STORES: HassKey[dict[str, AccountStore]] = HassKey(f"{DOMAIN}_stores")


async def async_store(hass: HomeAssistant, entry_id: str) -> AccountStore:
    """Return an account's store; it is read from disk if the account was never loaded."""
    if state := async_get_state(hass, entry_id):
        return state.store
    stores = hass.data.setdefault(_STORES, {})
    if entry_id not in stores:
        store = AccountStore(hass, entry_id)
        await store.async_load()
        stores.setdefault(entry_id, store)
    return stores[entry_id]


@callback
def known_opt_outs(hass: HomeAssistant, entry_id: str) -> OptOuts | None:
    """Return the opt-outs of an account, loaded or not. None if they were not read in this run."""
    if state := async_get_state(hass, entry_id):
        return state.opt_outs
    store = hass.data.get(_STORES, {}).get(entry_id)
    return OptOuts(store) if store else None


async def async_memory(hass: HomeAssistant, entry_id: str) -> Memory:
    """Return what an account remembers."""
    return (await async_store(hass, entry_id)).memory
