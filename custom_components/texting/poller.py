"""Asks the gateway for texts that came in, where it does not tell of them by itself."""

from datetime import datetime, timedelta
import logging

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.dt import utcnow

from .account import Account
from .const import DEFAULT_INCOMING_INTERVAL, NEWS_FOR, OPTION_INCOMING_INTERVAL
from .gateway.capabilities import Capability
from .gateway.errors import GatewayError
from .two_way.hearing import is_late

_LOGGER = logging.getLogger(__name__)

SEEN_LIMIT = 500


@callback
def async_poll_incoming(hass: HomeAssistant, account: Account) -> CALLBACK_TYPE:
    """Begin to ask where the provider can be asked; returns what ends it."""
    if Capability.INCOMING_POLL not in account.info.capabilities:
        return lambda: None
    poller, entry = _Poller(account), account.entry
    # At once too: what comes in after the first look is news.
    entry.async_create_background_task(hass, poller.ask(utcnow()), "texting incoming texts")
    interval = timedelta(seconds=entry.options.get(OPTION_INCOMING_INTERVAL, DEFAULT_INCOMING_INTERVAL))
    return async_track_time_interval(hass, poller.ask, interval, cancel_on_shutdown=True)


class _Poller:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._asking = False
        self._read_at: float | None = None

    async def ask(self, _now: datetime) -> None:
        """Take what was not seen before; the very first look only remembers what is there."""
        if self._asking:
            return
        self._asking = True
        try:
            latest = await self._account.gateway.incoming(self._account.store.memory.seen or ())
        except GatewayError as err:
            self._account.async_failed(err)
            _LOGGER.debug("%s: incoming texts not read: %s", self._account.info.name, err)
            return
        finally:
            self._asking = False
        now, read_at = self._account.hass.loop.time(), self._read_at
        self._read_at = now
        memory = self._account.store.memory
        seen = memory.seen
        new = [message for message in latest if message.message_id and message.message_id not in (seen or ())]
        if not new and seen is not None:
            return
        memory.seen = [*(message.message_id or "" for message in new), *(seen or ())][:SEEN_LIMIT]
        self._account.store.async_changed()
        if seen is not None:
            for message in reversed(new):
                # What was not there a moment ago is new, in whatever zone its date is.
                just_came = read_at is not None and now - read_at < NEWS_FOR
                self._account.async_receive(message, is_late=not just_came and is_late(message))
