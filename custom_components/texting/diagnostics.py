"""The diagnostics of an account or a route, without secrets, phone numbers, names or texts."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .account import Account
from .const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN
from .messenger import MessengerConfigEntry
from .options import stored_options
from .recipients import recipients

# Days of the totals, today included.
TOTAL_DAYS = 30
# Fields that identify the home. The secret fields are added from what the provider declares.
_PRIVATE = {"username", "sender", "sender_id", "own_number", "template_id", CONF_WEBHOOK_ID}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: MessengerConfigEntry) -> dict[str, Any]:
    """Return the state of the account or the route."""
    messenger = entry.runtime_data
    database = messenger.outbox.database
    since_day = dt_util.now().date() - timedelta(days=TOTAL_DAYS - 1)
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
        "pending_messages": dict(Counter(record.status.value for record in messenger.outbox)),
        f"last_{TOTAL_DAYS}_days": asdict(await database.totals(entry.entry_id, since_day.isoformat())),
        "database": {
            "failing": database.failing,
            "damaged": database.damaged is not None,
            "recovered": database.recovered,
            "skipped_rows": database.skipped,
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
        "segments_today": account.state.counters.segments_today,
        "webhook": {
            "called_at": memory.webhook_called_at,
            "refused": memory.webhook_refused,
            "unknown_reports": memory.reports_unknown,
        },
        "reads_incoming": account.info.receives and account.gateway.reads_incoming,
        "unknown_words": dict(memory.unknown_words),
        "opted_out": len(memory.opted_out),
        "skipped_values": account.store.skipped,
    }
