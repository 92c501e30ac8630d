"""Diagnostics of an account or a route: what helps to find a fault, without secrets, numbers, names or texts."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .account import Account
from .const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN
from .line import LineConfigEntry
from .recipient import recipients

# The login, and what names the home: secrets come from what the provider declares.
_PRIVATE = {"username", "sender", "sender_id", "template_id", CONF_WEBHOOK_ID}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: LineConfigEntry) -> dict[str, Any]:
    """The account or the route as it stands."""
    line = entry.runtime_data
    outbox = line.desk.outbox
    return {
        **(_account(line) if isinstance(line, Account) else _route(entry)),
        "options": dict(entry.options),
        "recipients": [
            {
                "numbers": len(recipient.numbers),
                "group": recipient.group.id if recipient.group else None,
                "type": recipient.type,
                "own_sender": recipient.sender is not None,
            }
            for recipient in recipients(entry)
        ],
        "messages": await outbox.count(entry.entry_id),
        "pending_messages": len(line.desk.book),
        "outbox": {
            "failing": outbox.failing,
            "damaged": outbox.damaged is not None,
            "salvaged": outbox.salvaged,
        },
    }


def _route(entry: LineConfigEntry) -> dict[str, Any]:
    return {"accounts": len(entry.data[CONF_ACCOUNTS]), "confirm_within": entry.data[CONF_CONFIRM_WITHIN]}


def _account(account: Account) -> dict[str, Any]:
    secrets = {field.name for field in account.info.fields if field.secret}
    memory = account.store.memory
    return {
        "account": async_redact_data(dict(account.entry.data), _PRIVATE | secrets),
        "provider": {
            "name": account.info.name,
            "capabilities": sorted(account.info.capabilities),
        },
        "balances": [
            {"pool": balance.pool, "amount": str(balance.amount), "unit": balance.unit}
            for balance in (account.balance.data or {}).values()
        ],
        "balance_read": account.balance.last_update_success,
        "segments_today": account.state.segments_today,
        "webhook": {
            "called_at": memory.webhook_called_at,
            "refused": memory.webhook_refused,
            "unknown_reports": memory.reports_unknown,
        },
        "opted_out": len(memory.opted_out),
    }
