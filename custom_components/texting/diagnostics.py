"""Diagnostics of an account: what helps to find a fault, without secrets, numbers, names or texts."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .account import TextingConfigEntry
from .recipient import recipients

# The login, and what names the home: secrets come from what the provider declares.
_PRIVATE = {"username", "sender", "sender_id", "template_id", CONF_WEBHOOK_ID}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: TextingConfigEntry) -> dict[str, Any]:
    """The account as it stands."""
    account = entry.runtime_data
    secrets = {field.name for field in account.info.fields if field.secret}
    memory, outbox = account.store.memory, account.desk.outbox
    return {
        "account": async_redact_data(dict(entry.data), _PRIVATE | secrets),
        "options": dict(entry.options),
        "provider": {
            "name": account.info.name,
            "capabilities": sorted(account.info.capabilities),
        },
        "recipients": [
            {"numbers": len(recipient.numbers), "type": recipient.type, "own_sender": recipient.sender is not None}
            for recipient in recipients(entry)
        ],
        "balances": [
            {"pool": balance.pool, "amount": str(balance.amount), "unit": balance.unit}
            for balance in (account.balance.data or {}).values()
        ],
        "balance_read": account.balance.last_update_success,
        "messages": await outbox.count(entry.entry_id),
        "pending_messages": len(account.desk.book),
        "outbox": {
            "failing": outbox.failing,
            "damaged": outbox.damaged is not None,
            "salvaged": outbox.salvaged,
        },
        "segments_today": account.state.segments_today,
        "webhook": {
            "called_at": memory.webhook_called_at,
            "refused": memory.webhook_refused,
            "unknown_reports": memory.reports_unknown,
        },
    }
