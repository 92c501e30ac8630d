"""The conditions of automations: the credit of an account is below an amount. alert_condition.py has that of alerts."""

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
from .alert_condition import IsAlertOpen
from .automations import entry_option, invalid_option, is_route, text_option
from .const import ATTR_ACCOUNT, CONF_PROVIDER
from .delivery.checks import format_amount, most_credit
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS

CONF_AMOUNT = "amount"
CONF_POOL = "pool"


def _amount(value: Any) -> float:
    """Validate an amount of credit or money."""
    try:
        amount = float(value)
    except TypeError, ValueError:
        amount = float("nan")
    if isinstance(value, bool) or not isfinite(amount):
        raise vol.Invalid("expected a number")
    return amount


class IsCreditBelow(Condition):
    """True if the credit of an account, or of one of its pools, is known and below an amount."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS): {
                vol.Required(ATTR_ACCOUNT): text_option,
                vol.Required(CONF_AMOUNT): _amount,
                vol.Optional(CONF_POOL): text_option,
            }
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        entry = entry_option(hass, checked[CONF_OPTIONS][ATTR_ACCOUNT])
        if is_route(entry):
            raise invalid_option(ATTR_ACCOUNT, f"{entry.title} is a route: its accounts have the credit")
        pool, pools = checked[CONF_OPTIONS].get(CONF_POOL), GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info.pools
        if pool is not None and pool.casefold() not in map(str.casefold, pools):
            known = f", but {', '.join(pools)}" if pools else ""
            raise invalid_option(CONF_POOL, f"{entry.title} has no such pool{known}")
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        options = config.options or {}
        self._account: str = options[ATTR_ACCOUNT]
        self._pool = options[CONF_POOL].casefold() if CONF_POOL in options else None
        self._amount = Decimal(str(options[CONF_AMOUNT]))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        left, why = self._left()
        result = {"why": why} if left is None else {"credit": format_amount(left)}
        condition_trace_update_result(**result, below=format_amount(self._amount))
        return left is not None and left < self._amount

    def _left(self) -> tuple[Decimal | None, str]:
        """Return the credit that is left, or None and the reason why there is no number."""
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
    """Return the conditions by name."""
    return {"is_credit_below": IsCreditBelow, "alert_is_open": IsAlertOpen}
