"""The form of a credit card, and one order paid with it: what is entered goes to the provider and is kept nowhere."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
import logging
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..account import Account
from ..const import DOMAIN
from ..exceptions import form_error
from ..gateway.errors import GatewayError, OrderTooSmall, OutcomeUnknown
from ..gateway.orders import Card, Orders, check_card
from .forms import select

_LOGGER = logging.getLogger(__name__)
# Accounts by entry id that an order is on its way from: a form that is submitted twice orders once.
_ORDERING: HassKey[set[str]] = HassKey(f"{DOMAIN}_ordering")

CREDITS = "credits"
_TYPE = "type"
# The fields of the card, and what browsers fill in there.
_AUTOCOMPLETE: Mapping[str, str] = {
    "first_name": "cc-given-name",
    "last_name": "cc-family-name",
    "address": "billing street-address",
    "city": "billing address-level2",
    "state": "billing address-level1",
    "zip": "billing postal-code",
    "country": "billing country",
    _TYPE: "",
    "number": "cc-number",
    "code": "cc-csc",
    "month": "cc-exp-month",
    "year": "cc-exp-year",
}
# These never go back to the form, not even when it comes again.
SECRET = ("number", "code")
# What is wrong with these is told of each; the others may only not be empty.
_EXPLAINED = frozenset({"number", "code", "month", "year", _TYPE})
_WHOLE_YEAR, _CENTURY = 4, "20"


def card_fields(types: Sequence[str]) -> dict[vol.Marker, Any]:
    """The fields of a card of these types. Only checks of ours follow, since those of a schema may tell the value."""
    return {
        vol.Required(name): select(tuple(name_of_type(kind) for kind in types), "card_type")
        if name == _TYPE
        else TextSelector(
            TextSelectorConfig(
                type=TextSelectorType.PASSWORD if name in SECRET else TextSelectorType.TEXT, autocomplete=autocomplete
            )
        )
        for name, autocomplete in _AUTOCOMPLETE.items()
    }


def name_of_type(kind: str) -> str:
    """The provider's word for a card type as a key of our texts."""
    return kind.lower()


def suggestions(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a form shows when it comes again."""
    return {name: value for name, value in (user_input or {}).items() if name not in SECRET}


def loaded_account(entry: ConfigEntry) -> Account:
    """The account that orders; ends the dialog where it is not running."""
    if entry.state is not ConfigEntryState.LOADED:
        raise AbortFlow("account_not_loaded")
    account: Account = entry.runtime_data
    return account


@dataclass(slots=True)
class Ordered:
    """What became of a dialog's order: a dialog whose browser hung up hears of it when its form comes again."""

    done: bool = False
    unknown: bool = False


async def async_order(
    account: Account, ordered: Ordered, user_input: Mapping[str, Any], order: Callable[[Orders, Card], Awaitable[None]]
) -> dict[str, str]:
    """Check the card, then order once; what is wrong by field, or nothing where it was bought.

    Where nobody knows whether it was, the dialog ends: only the user may order again. A browser that hangs up ends
    the step, and not the order.
    """
    entry_id, ordering = account.entry.entry_id, account.hass.data.setdefault(_ORDERING, set())
    if entry_id in ordering:
        return {"base": "order_under_way"}
    if ordered.done:
        return {}
    if ordered.unknown:
        _read_balance(account)
        raise AbortFlow("order_unknown")
    orders = account.gateway.orders
    card = _card(user_input, orders.card_types)
    if wrong := check_card(card, _today()):
        return {wrong: f"invalid_{wrong}" if wrong in _EXPLAINED else "invalid_field"}
    ordering.add(entry_id)
    placing = _async_place(account, ordered, order(orders, card))
    errors = await asyncio.shield(account.hass.async_create_task(placing, "texting order"))
    if ordered.unknown:
        raise AbortFlow("order_unknown")
    return errors


async def _async_place(account: Account, ordered: Ordered, order: Awaitable[None]) -> dict[str, str]:
    """Order; what is wrong by field. Raises nothing, since what it had to say may reach nobody."""
    ordered.unknown = True
    try:
        await order
    except OutcomeUnknown:
        return {}
    except GatewayError as err:
        ordered.unknown = False
        account.async_failed(err)
        return _refused(err)
    except Exception as err:  # noqa: BLE001  what became of the order is unknown
        _log_unexpected(err)
        return {}
    else:
        ordered.done, ordered.unknown = True, False
        return {}
    finally:
        account.hass.data[_ORDERING].discard(account.entry.entry_id)
        if ordered.done or ordered.unknown:
            _read_balance(account)


def _card(user_input: Mapping[str, Any], types: Sequence[str]) -> Card:
    """The card as the provider takes it: month and year of two digits each, its own word for the type."""
    words = {name_of_type(kind): kind for kind in types}
    values = {name: str(user_input[name]).strip() for name in _AUTOCOMPLETE}
    values[_TYPE] = words[values[_TYPE]]
    values["month"] = values["month"].zfill(2)
    if len(values["year"]) == _WHOLE_YEAR:
        values["year"] = values["year"].removeprefix(_CENTURY)
    return Card(**values)


def _refused(error: GatewayError) -> dict[str, str]:
    """What a form shows; a gateway's own words and codes stay out of the log, since it may repeat what it was told."""
    key = form_error(error)
    return {CREDITS if isinstance(error, OrderTooSmall) else "base": "declined" if key == "unknown" else key}


def _log_unexpected(error: Exception) -> None:
    """Tell only the type of a fault of ours: its words may hold the card."""
    _LOGGER.error("Unexpected %s during an order; whether it was made is unknown", type(error).__name__)


def _today() -> date:
    return dt_util.now().date()


def _read_balance(account: Account) -> None:
    """Let the balance be read again: now, and once more where credits come a little later."""
    account.entry.async_create_background_task(account.hass, account.balance.async_refresh(), "texting balance")
    account.balance.async_refresh_soon()
