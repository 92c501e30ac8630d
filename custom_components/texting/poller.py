"""Asks the gateway what it does not tell by itself: what became of messages, and texts that came in."""

from datetime import datetime, timedelta
import logging

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util.dt import utcnow

from .account import Account
from .const import DEFAULT_INCOMING_INTERVAL, OPTION_INCOMING_INTERVAL
from .gateway.capabilities import Capability
from .gateway.errors import AuthenticationFailed, GatewayError
from .signals import CHANGED

_LOGGER = logging.getLogger(__name__)

SEEN_LIMIT = 500


class Poller:
    """The timers of one account."""

    def __init__(self, hass: HomeAssistant, account: Account) -> None:
        """Nothing is asked before async_start."""
        self._hass = hass
        self._account = account
        self._timer: CALLBACK_TYPE | None = None
        self._due = 0.0
        self._stops: list[CALLBACK_TYPE] = []
        self._asking = False

    @callback
    def async_start(self) -> None:
        """Begin to ask for what the provider can be asked for."""
        capabilities, entry = self._account.info.capabilities, self._account.entry
        if Capability.STATUS in capabilities:
            signal = CHANGED.format(entry.entry_id)
            self._stops.append(async_dispatcher_connect(self._hass, signal, self._async_schedule))
            self._async_schedule()
        if Capability.INCOMING_POLL in capabilities:
            interval = timedelta(seconds=entry.options.get(OPTION_INCOMING_INTERVAL, DEFAULT_INCOMING_INTERVAL))
            self._stops.append(
                async_track_time_interval(self._hass, self._ask_incoming, interval, cancel_on_shutdown=True)
            )
            # At once too: what comes in after the first look is news.
            entry.async_create_background_task(self._hass, self._ask_incoming(utcnow()), "texting incoming texts")

    @callback
    def async_stop(self) -> None:
        """Stop every timer."""
        while self._stops:
            self._stops.pop()()
        if self._timer:
            self._timer()
            self._timer = None

    @callback
    def _async_schedule(self) -> None:
        """Wake when the next message is due to be asked for."""
        due = self._account.ledger.next_due()
        if not self._stops or due is None or (self._timer and self._due <= due):
            return
        if self._timer:
            self._timer()
        self._due = due
        self._timer = async_call_later(self._hass, max(0.0, due - self._hass.loop.time()), self._ask_reports)

    async def _ask_reports(self, _now: datetime) -> None:
        self._timer = None
        due = self._account.ledger.take_due()
        self._account.async_give_up()
        try:
            await self._account.async_report(
                await self._account.gateway.reports([record.result for record in due]) if due else ()
            )
        except GatewayError as err:
            self._failed("delivery status", err)
        self._async_schedule()

    async def _ask_incoming(self, _now: datetime) -> None:
        """Take what was not seen before; the very first look only remembers what is there."""
        if self._asking:
            return
        self._asking = True
        try:
            latest = await self._account.gateway.incoming(self._account.store.memory.seen or ())
        except GatewayError as err:
            self._failed("incoming texts", err)
            return
        finally:
            self._asking = False
        memory = self._account.store.memory
        seen = memory.seen
        new = [message for message in latest if message.message_id and message.message_id not in (seen or ())]
        if not new and seen is not None:
            return
        memory.seen = [*(message.message_id or "" for message in new), *(seen or ())][:SEEN_LIMIT]
        self._account.store.async_changed()
        if seen is not None:
            for message in reversed(new):
                self._account.async_receive(message)

    @callback
    def _failed(self, what: str, error: GatewayError) -> None:
        if isinstance(error, AuthenticationFailed):
            self._account.async_refused()
        _LOGGER.debug("%s: %s not read: %s", self._account.info.name, what, error)
