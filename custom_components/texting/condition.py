"""The condition of automations: an account's credit is low."""

from decimal import Decimal
from math import isfinite
from typing import Any, Unpack, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
    condition_trace_update_result,
)
from homeassistant.helpers.typing import ConfigType

from .account import Account
from .automations import account_of, is_route, words, wrong
from .const import ATTR_ACCOUNT, CONF_PROVIDER
from .delivery.guard import most_credit, written
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS

CONF_AMOUNT = "amount"
CONF_POOL = "pool"


def _amount(value: Any) -> float:
    """A number, of whatever an account is paid in."""
    try:
        amount = float(value)
    except TypeError, ValueError:
        amount = float("nan")
    if isinstance(value, bool) or not isfinite(amount):
        raise vol.Invalid("expected a number")
    return amount


class CreditBelow(Condition):
    """The credit of an account, or of one of its pools, is known and below an amount."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS): {
                vol.Required(ATTR_ACCOUNT): words,
                vol.Required(CONF_AMOUNT): _amount,
                vol.Optional(CONF_POOL): words,
            }
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        entry = account_of(hass, checked[CONF_OPTIONS][ATTR_ACCOUNT])
        if is_route(entry):
            raise wrong(ATTR_ACCOUNT, f"{entry.title} is a route: its accounts have the credit")
        pool, pools = checked[CONF_OPTIONS].get(CONF_POOL), GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info.pools
        if pool is not None and pool.casefold() not in map(str.casefold, pools):
            raise wrong(CONF_POOL, f"{entry.title} has no such pool" + (f", but {', '.join(pools)}" if pools else ""))
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the options, which are checked."""
        super().__init__(hass, config)
        options = config.options or {}
        self._account: str = options[ATTR_ACCOUNT]
        self._pool = options[CONF_POOL].casefold() if CONF_POOL in options else None
        self._amount = Decimal(str(options[CONF_AMOUNT]))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        left, why = self._left()
        known = {"why": why} if left is None else {"credit": written(left)}
        condition_trace_update_result(**known, below=written(self._amount))
        return left is not None and left < self._amount

    def _left(self) -> tuple[Decimal | None, str]:
        """What is left, or None and why that is not known."""
        entry = self._hass.config_entries.async_get_entry(self._account)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None, "the account is not loaded"
        account: Account = entry.runtime_data
        known = account.balance.data if account.balance.last_update_success else {}
        balances = [balance for pool, balance in known.items() if self._pool in (None, str(pool).casefold())]
        if not balances:
            return None, "the balance is not known"
        return most_credit(balances), "the credit has no limit"


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """The conditions by name."""
    return {"credit_below": CreditBelow}
