"""The balance of an account, read now and then and after sending."""

from collections.abc import Coroutine, Mapping
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import (
    DEFAULT_BALANCE_INTERVAL,
    DEFAULT_LOW_CREDIT,
    DOMAIN,
    OPTION_BALANCE_INTERVAL,
    OPTION_LOW_CREDIT,
)
from .delivery.guard import is_low
from .exceptions import placeholders, translation_key
from .gateway.errors import AuthenticationFailed, GatewayError
from .gateway.message import Balance
from .gateway.provider import Gateway

_LOGGER = logging.getLogger(__name__)

AFTER_SENDING = 5.0


class BalanceCoordinator(DataUpdateCoordinator[Mapping[str | None, Balance]]):
    """Balances by pool; None is the only one's key."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway) -> None:
        """Read as often as the account's options say, and a little after a send."""
        self._soon = Debouncer[Coroutine[Any, Any, None]](hass, _LOGGER, cooldown=AFTER_SENDING, immediate=False)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} balance",
            update_interval=timedelta(minutes=entry.options.get(OPTION_BALANCE_INTERVAL, DEFAULT_BALANCE_INTERVAL)),
            request_refresh_debouncer=self._soon,
        )
        self._gateway = gateway
        self._threshold = Decimal(str(entry.options.get(OPTION_LOW_CREDIT, DEFAULT_LOW_CREDIT)))

    @property
    def is_low(self) -> bool | None:
        """Whether less is left than the account's options ask for; None where nothing is known."""
        return is_low((self.data or {}).values(), self._threshold)

    @callback
    def async_refresh_soon(self) -> None:
        """Read once more after what is being sent now."""
        self._soon.async_schedule_call()

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
