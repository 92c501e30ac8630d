"""The form of the options of an account or a route, and what it stores."""

from collections.abc import Mapping
import re
from typing import Any

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.helpers.selector import (
    BooleanSelector,
    ConversationAgentSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ..delivery.checks import format_amount
from ..delivery.money import rounded
from ..gateway.capabilities import Capability, MessageType
from ..gateway.provider import ProviderInfo
from ..options import IF_UNSURE, bounds_of, default_of, read_stored
from .forms import select, whole

# The section of prices and budget, and the one of prices by the type of a message. The latter is stored as it is.
MONEY, TYPE_PRICES = "money", "type_prices"
MONEY_FIELDS = _PRICE, _CURRENCY, _BUDGET = "segment_price", "currency", "monthly_budget"
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,6}))?")
# So many digits after a comma or point may also be thousands.
_THOUSANDS = 3


def settings_schema(info: ProviderInfo | None, currency: str = "", *, is_open: bool = False) -> vol.Schema:
    """Return the form of the options that apply to a provider, or of a route's options.

    currency is the ISO code that the form suggests. is_open: no section is collapsed, since one may hold an error.
    """
    messages: dict[vol.Marker, Any] = {_option("keep_days"): _number("keep_days")}
    if info is None:
        return vol.Schema(messages)
    fields: dict[vol.Marker, Any] = {
        vol.Optional(MONEY): section(_money_schema(currency), {"collapsed": False}),
    }
    if types := priced_types(info):
        prices = vol.Schema({vol.Optional(kind): TextSelector() for kind in types})
        fields[vol.Optional(TYPE_PRICES)] = section(prices, {"collapsed": not is_open})
    fields[_option("balance_interval")] = _number("balance_interval")
    if Capability.INCOMING_POLL in info.capabilities:
        fields[_option("incoming_interval")] = _number("incoming_interval")
    fields |= {
        _option("low_credit"): _number("low_credit"),
        _option("daily_limit"): _number("daily_limit"),
        _option("urgent_limit"): _number("urgent_limit"),
        _option("if_unsure"): select(IF_UNSURE, "if_unsure"),
        **messages,
    }
    if info.receives:
        fields[_option("keep_incoming_days")] = _number("keep_incoming_days")
    if Capability.REPLACE_CHARACTERS in info.capabilities:
        fields[_option("replace_characters")] = BooleanSelector()
    if Capability.WEBHOOK_REPLY in info.capabilities:
        fields[_option("reply_timeout")] = _number("reply_timeout")
    if info.receives:
        fields[vol.Optional("conversation_agent")] = ConversationAgentSelector()
    if Capability.COMMERCIAL in info.capabilities:
        fields[_option("add_stop_mention")] = BooleanSelector()
    return vol.Schema(fields)


def _money_schema(currency: str) -> vol.Schema:
    """Return the fields of prices and budget. An amount is a text: a browser drops the comma of a number."""
    currencies = SelectSelector(
        SelectSelectorConfig(options=sorted(ACTIVE_CURRENCIES), mode=SelectSelectorMode.DROPDOWN)
    )
    return vol.Schema(
        {
            vol.Optional(_PRICE): TextSelector(),
            vol.Optional(_CURRENCY, description={"suggested_value": currency}): currencies,
            vol.Optional(_BUDGET): TextSelector(),
        }
    )


def priced_types(info: ProviderInfo) -> tuple[str, ...]:
    """Return the types of messages that may have a price of their own."""
    return tuple(kind.value for kind in info.message_types if kind is not MessageType.SMS)


def settings_shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored options in the shape of the form."""
    # What was stored by hand may be anything.
    options = read_stored(stored)
    amounts = {_PRICE: options.segment_price, _BUDGET: options.monthly_budget}
    money = {name: format_amount(rounded(amount)) for name, amount in amounts.items() if amount}
    money |= {_CURRENCY: options.currency} if options.currency in ACTIVE_CURRENCIES else {}
    prices = {kind: format_amount(rounded(price)) for kind, price in options.type_prices.items() if price}
    return {**stored, MONEY: money, TYPE_PRICES: prices}


def read_settings(user_input: Mapping[str, Any], balance_currency: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options that a form says, and its errors.

    balance_currency is the ISO code of the currency in which the provider counts, None if that is not known.
    """
    options, money = dict(user_input), dict(user_input.get(MONEY, {}))
    try:
        amounts = {
            _PRICE: _amount(money.get(_PRICE)),
            _BUDGET: _amount(money.get(_BUDGET), may_be_thousands=True),
        }
        prices = {kind: _amount(price) for kind, price in user_input.get(TYPE_PRICES, {}).items()}
    except ValueError:
        return {}, {"base": "invalid_amount"}
    options.pop(MONEY, None)
    options |= {name: amount for name, amount in amounts.items() if amount}
    known = {kind: price for kind, price in prices.items() if price}
    options.pop(TYPE_PRICES, None)
    options |= {TYPE_PRICES: known} if known else {}
    has_price = bool(known or amounts[_PRICE])
    if has_price or amounts[_BUDGET]:
        currency = money.get(_CURRENCY) or balance_currency
        options |= {_CURRENCY: currency} if currency else {}
    if (has_price or amounts[_BUDGET]) and balance_currency and options[_CURRENCY] != balance_currency:
        return {}, {"base": "currency_of_provider"}
    if amounts[_BUDGET] and not (has_price or balance_currency):
        return {}, {"base": "budget_needs_price"}
    return options, {}


def _amount(text: str | None, *, may_be_thousands: bool = False) -> float | None:
    """Return the amount that a text says, with a decimal point or comma. None: it is empty.

    Raise ValueError if it is no amount above 0, or one that may also mean thousands: a budget of 1,500 is refused.
    """
    if not (text := "".join((text or "").split())):
        return None
    if not (match := _AMOUNT.fullmatch(text)):
        raise ValueError
    whole_part, decimals = match[1], match[2] or ""
    amount = float(f"{whole_part}.{decimals or 0}")
    if amount <= 0 or (may_be_thousands and len(decimals) == _THOUSANDS and whole_part != "0"):
        raise ValueError
    return amount


def _option(name: str) -> vol.Marker:
    return vol.Required(name, default=default_of(name))


def _number(name: str) -> Any:
    bounds = bounds_of(name)
    return whole(bounds.min, bounds.max, bounds.unit)
