"""The diagnostics of an account or a route, without secrets, phone numbers, names or texts."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .account import Account
from .const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN
from .messenger import MessengerConfigEntry
from .options import stored_options
from .recipients import recipients

# Fields that identify the home. The secret fields are added from what the provider declares.
_PRIVATE = {"username", "sender", "sender_id", "template_id", CONF_WEBHOOK_ID}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: MessengerConfigEntry) -> dict[str, Any]:
    """Return the state of the account or the route."""
    messenger = entry.runtime_data
    database = messenger.outbox.database
    return {
        **(_account(messenger) if isinstance(messenger, Account) else _route(entry)),
        "options": stored_options(entry),
        "recipients": [
            {
                "numbers": len(recipient.numbers),
                "group": recipient.group.id if recipient.group else None,
                "type": recipient.type,
                "own_sender": recipient.sender is not None,
            }
            for recipient in recipients(entry)
        ],
        "messages": await database.count(entry.entry_id),
        "pending_messages": len(messenger.outbox),
        "database": {
            "failing": database.failing,
            "damaged": database.damaged is not None,
            "recovered": database.recovered,
        },
    }


def _route(entry: MessengerConfigEntry) -> dict[str, Any]:
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
