"""The balance of an account, read now and then and after sending, and what it pays for."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import (
    DEFAULT_BALANCE_INTERVAL,
    DEFAULT_LOW_CREDIT,
    DOMAIN,
    OPTION_BALANCE_INTERVAL,
    OPTION_LOW_CREDIT,
)
from .delivery.guard import check_credit, is_low
from .exceptions import placeholders, translation_key
from .gateway.errors import AuthenticationFailed, GatewayError, MessageRejected
from .gateway.gateway import Gateway
from .gateway.message import Balance

_LOGGER = logging.getLogger(__name__)

AFTER_SENDING = 5.0
# How long a text waits for a balance that is asked for anew, in seconds; after it the gateway decides.
READ_WITHIN = 5.0


class BalanceCoordinator(DataUpdateCoordinator[Mapping[str | None, Balance]]):
    """Balances by pool; None is the only one's key."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway) -> None:
        """Read as often as the account's options say, and a little after a send."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} balance",
            update_interval=timedelta(minutes=entry.options.get(OPTION_BALANCE_INTERVAL, DEFAULT_BALANCE_INTERVAL)),
        )
        self._gateway = gateway
        self._soon: CALLBACK_TYPE | None = None
        self._threshold = Decimal(str(entry.options.get(OPTION_LOW_CREDIT, DEFAULT_LOW_CREDIT)))

    @property
    def is_low(self) -> bool | None:
        """Whether less is left than the account's options ask for; None where nothing is known."""
        return is_low((self.data or {}).values(), self._threshold)

    async def async_is_short(self, cost: int) -> bool:
        """Whether there seems to be too little credit, and the gateway was asked again in time."""
        if not self.cannot_pay(cost):
            return False
        refresh = self.hass.async_create_task(self.async_refresh())
        _, late = await asyncio.wait([refresh], timeout=READ_WITHIN)
        return not late

    def cannot_pay(self, cost: int) -> MessageRejected | None:
        """Why a cost cannot be paid, as far as the balance is known."""
        if not self.last_update_success:
            return None
        try:
            check_credit(self.data.values(), cost)
        except MessageRejected as err:
            return err
        return None

    @callback
    def async_refresh_soon(self) -> None:
        """Read once more after what is being sent now."""
        if not self._soon and not self._shutdown_requested:
            job = HassJob(self._async_read_after_sending, cancel_on_shutdown=True)
            self._soon = async_call_later(self.hass, AFTER_SENDING, job)

    async def _async_read_after_sending(self, _now: datetime) -> None:
        self._soon = None
        await self.async_refresh()

    @override
    async def async_shutdown(self) -> None:
        if self._soon:
            self._soon()
            self._soon = None
        await super().async_shutdown()

    @override
    @callback
    def _schedule_refresh(self) -> None:
        # A read may end after the account was unloaded: it is the last.
        if not self._shutdown_requested:
            super()._schedule_refresh()

    async def _async_update_data(self) -> Mapping[str | None, Balance]:
        try:
            return {balance.pool: balance for balance in await self._gateway.balance()}
        except AuthenticationFailed as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key=translation_key(err),
                translation_placeholders=placeholders(err, self.config_entry.title),
            ) from err
        except GatewayError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=translation_key(err),
                translation_placeholders=placeholders(err, self.config_entry.title),
            ) from err
