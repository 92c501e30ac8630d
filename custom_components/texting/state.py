"""What of an account outlives a reload: its messages, what came in lately, its file, and news nobody has heard yet."""

from collections.abc import Callable
from dataclasses import dataclass, field

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN
from .delivery.ledger import Ledger, Record
from .gateway.message import IncomingMessage
from .store import AccountStore

# An old command must not be obeyed when the account is loaded at last.
NEWS_FOR = 600.0


@dataclass(slots=True, kw_only=True)
class AccountState:
    """One account's; ready while its entities are there to hear news, received are moments of monotonic seconds."""

    store: AccountStore
    ledger: Ledger
    last_record: Record | None = None
    received: dict[IncomingMessage, float] = field(default_factory=dict)
    ready: bool = False
    waiting: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @callback
    def async_tell[*Ts](self, hass: HomeAssistant, signal: SignalType[*Ts], *news: *Ts) -> None:
        """Tell the entities, or keep it until they are there."""
        if self.ready:
            async_dispatcher_send(hass, signal, *news)
        else:
            self.waiting.append((hass.loop.time(), lambda: async_dispatcher_send(hass, signal, *news)))

    @callback
    def async_ready(self, hass: HomeAssistant) -> None:
        """The entities are there: tell them what has come in meanwhile, unless it is no news any more."""
        self.ready = True
        waiting, self.waiting = self.waiting, []
        for since, tell in waiting:
            if hass.loop.time() - since < NEWS_FOR:
                tell()


_STATES: HassKey[dict[str, AccountState]] = HassKey(f"{DOMAIN}_states")


async def async_state(hass: HomeAssistant, entry_id: str, *, follows: bool) -> AccountState:
    """The account's state, read from its file where it is not known; follows: whether later news of messages come."""
    states = hass.data.setdefault(_STATES, {})
    if entry_id not in states:
        store = AccountStore(hass, entry_id)
        await store.async_load()
        # Somebody else may have asked while the file was read: all must get the same.
        states.setdefault(entry_id, AccountState(store=store, ledger=Ledger(hass.loop.time, follows=follows)))
    return states[entry_id]


async def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """The account is gone."""
    state = hass.data.get(_STATES, {}).pop(entry_id, None)
    await (state.store if state else AccountStore(hass, entry_id)).async_remove()
