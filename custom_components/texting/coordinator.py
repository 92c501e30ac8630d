"""The coordinators of an account: its balance, and the incoming texts of a provider that must be asked for them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .access import Access, Request
from .const import DOMAIN, MAX_EVENT_AGE
from .delivery.checks import check_credit, is_low, most_credit
from .error_messages import logged_text
from .gateway.base import MAX_INCOMING, Gateway
from .gateway.errors import AuthenticationFailed, BalanceUnreadable, GatewayError, MessageRejected
from .gateway.message import Balance, IncomingMessage
from .gateway.pieces import in_pieces
from .issues import Issue, async_delete, async_low_credit
from .options import read_options
from .storage.account_store import AccountStore
from .storage.pricing import Pricing

_LOGGER = logging.getLogger(__name__)

# Seconds between a send and the read of the balance.
REFRESH_DELAY = 5.0
# Seconds that a text waits for a balance that is read again. Afterwards the provider decides.
BALANCE_TIMEOUT = 5.0
# Incoming texts that are told at a stretch.
PIECE = 50
# Ids of incoming texts that are remembered.
MAX_SEEN = 500


class BalanceCoordinator(DataUpdateCoordinator[Mapping[str | None, Balance]]):
    """The balances by pool. The key is None if there is only one. A balance that cannot be read is left out."""

    config_entry: ConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway[Any], access: Access, pricing: Pricing
    ) -> None:
        """Read as often as the options say, and a little after a send."""
        self._debouncer = Debouncer[Coroutine[Any, Any, None]](hass, _LOGGER, cooldown=REFRESH_DELAY, immediate=False)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} balance",
            request_refresh_debouncer=self._debouncer,
        )
        self._gateway = gateway
        self._access = access
        self._pricing = pricing
        self._is_unreadable = False
        self._read_options()

    def _read_options(self) -> None:
        options = read_options(self.config_entry)
        self.update_interval = timedelta(minutes=options.balance_interval)
        self._low_credit = options.low_credit

    @callback
    def async_apply_options(self) -> None:
        """Apply options that changed, at once."""
        interval = self.update_interval
        self._read_options()
        if self.update_interval != interval:
            self._schedule_refresh()
        self.async_update_listeners()

    @property
    def is_low(self) -> bool | None:
        """Return True if the balance is empty, or pays for fewer segments than the option low_credit says.

        None: it is unknown. A balance of money is only low when it is empty, unless the price of a segment is known.
        """
        balances = (self.data or {}).values()
        thresholds = (self._pricing.in_unit(self._low_credit, each.unit) for each in balances)
        return is_low(balances, max((each or Decimal(0) for each in thresholds), default=Decimal(0)))

    @property
    def most(self) -> Balance | None:
        """The largest balance, None if none has a limit or nothing is known."""
        amount = most_credit((self.data or {}).values())
        return next((each for each in (self.data or {}).values() if each.amount == amount is not None), None)

    async def async_is_short(self, cost: int) -> bool:
        """Return True if the balance seems too low, also after it was read again in time."""
        if not self.shortage(cost):
            return False
        refresh = self.hass.async_create_task(self.async_refresh())
        _, late = await asyncio.wait([refresh], timeout=BALANCE_TIMEOUT)
        return not late

    def shortage(self, cost: int) -> MessageRejected | None:
        """Return the error of a cost that the known balance cannot pay."""
        if not self.last_update_success:
            return None
        try:
            check_credit(self.data.values(), cost)
        except MessageRejected as err:
            return err
        return None

    @callback
    def async_refresh_soon(self) -> None:
        """Read the balance once, a little after the last send."""
        self._debouncer.async_schedule_call()

    async def async_stop(self) -> None:
        """Read no more after sends, since Home Assistant stops."""
        self._debouncer.async_shutdown()

    @callback
    def async_watch_credit(self) -> CALLBACK_TYPE:
        """Keep the repair issue of low credit true. Return a function that ends this and deletes the issue."""
        hass, entry = self.hass, self.config_entry

        @callback
        def update() -> None:
            if not self.last_update_success or self.is_low is None:
                return
            if self.is_low:
                async_low_credit(hass, entry, self.most, self._gateway.site)
            else:
                async_delete(hass, Issue.LOW_CREDIT, entry)

        @callback
        def stop() -> None:
            unsubscribe()
            async_delete(hass, Issue.LOW_CREDIT, entry)

        unsubscribe = self.async_add_listener(update)
        update()
        return stop

    @override
    @callback
    def _schedule_refresh(self) -> None:
        # A read may end after the account was unloaded. It is the last one.
        if not self._shutdown_requested:
            super()._schedule_refresh()

    async def _async_update_data(self) -> Mapping[str | None, Balance]:
        try:
            found = await self._gateway.fetch_balance()
            self._is_unreadable = False
        except BalanceUnreadable as err:
            self._access.async_failed(Request.BALANCE, err)
            # The account works, so it is only logged, and once.
            if not self._is_unreadable:
                _LOGGER.warning("The balance of %s cannot be read: %s", self.config_entry.title, err)
            self._is_unreadable, found = True, []
        except GatewayError as err:
            self._access.async_failed(Request.BALANCE, err)
            error = ConfigEntryAuthFailed if isinstance(err, AuthenticationFailed) else UpdateFailed
            raise error(**logged_text(err, self.config_entry.title)) from err
        self._access.async_works(Request.BALANCE)
        self._pricing.async_note_balances(found)
        return {balance.pool: balance for balance in found}


class IncomingCoordinator(DataUpdateCoordinator[None]):
    """Reads the incoming texts. The first read ever only remembers what is there."""

    config_entry: ConfigEntry

    def __init__(  # noqa: PLR0913, PLR0917  each is a part of its own
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        gateway: Gateway[Any],
        store: AccountStore,
        on_received: Callable[[IncomingMessage, bool], Awaitable[None]],
        on_failed: Callable[[GatewayError], None],
    ) -> None:
        """Read as often as the options say. on_received gets each new text, and True if it is no old one."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=f"{DOMAIN} incoming texts")
        self._gateway = gateway
        self._store = store
        self._on_received = on_received
        self._on_failed = on_failed
        self._read_at: float | None = None
        self._read_options()

    def _read_options(self) -> None:
        self.update_interval = timedelta(seconds=read_options(self.config_entry).incoming_interval)

    @callback
    def async_apply_options(self) -> None:
        """Apply options that changed, at once."""
        interval = self.update_interval
        self._read_options()
        if self.update_interval != interval:
            self._schedule_refresh()

    async def _async_update_data(self) -> None:
        memory = self._store.memory
        try:
            latest = await self._gateway.fetch_incoming(memory.seen)
        except GatewayError as err:
            self._on_failed(err)
            raise UpdateFailed(**logged_text(err, self.config_entry.title)) from err
        now, read_at = self.hass.loop.time(), self._read_at
        if memory.seen is None or len(latest) < MAX_INCOMING:
            # The other texts of an incomplete read are as old as these.
            self._read_at = now
        known = set(memory.seen or ())
        new = [message for message in latest if message.message_id and message.message_id not in known]
        if memory.seen is None:
            self._remember(new)
            return
        # A text that was not there a moment ago is new, whatever zone its date is in.
        is_new = read_at is not None and now - read_at < MAX_EVENT_AGE
        async for piece in in_pieces(new[::-1], PIECE):
            taken = await asyncio.gather(*(self._on_received(each, is_new) for each in piece), return_exceptions=True)
            for error in filter(None, taken):
                # It must not stop all later reads.
                _LOGGER.warning("Unexpected %s while an incoming text was taken", type(error).__name__)
            # Only now: after a crash they are read again, and those that were taken are recognized.
            self._remember(piece[::-1])
            if self._shutdown_requested:
                return  # the account reads the others when it is loaded again

    @callback
    def _remember(self, new: Sequence[IncomingMessage]) -> None:
        """Save the ids of texts, newest first."""
        memory = self._store.memory
        memory.seen = [*(message.message_id or "" for message in new), *(memory.seen or ())][:MAX_SEEN]
        self._store.async_changed()
