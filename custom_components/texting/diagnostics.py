"""The diagnostics of an account, a route or an alert, without secrets, phone numbers, names or texts."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .account import Account
from .alerting.model import Timer
from .alerts.engine import AlertConfigEntry, AlertEngine
from .const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN
from .messenger import Messenger, MessengerConfigEntry
from .options import stored_options
from .recipients import recipients

# Days of the totals, today included.
TOTAL_DAYS = 30
# Fields that identify the home. The secret fields are added from what the provider declares.
_PRIVATE = {"username", "sender", "sender_id", "own_number", "template_id", CONF_WEBHOOK_ID}

# What an alert and its incident say in numbers and words of ours.
_ALERT_NUMBERS = (
    *("rounds", "hold", "remind_every", "acknowledged_for", "cleared_after", "all_clear", "urgent", "max_segments"),
)
_INCIDENT_NUMBERS = (
    *("state", "end_reason", "is_drill", "round", "step", "visits", "further", "segments", "max_segments"),
    *("is_limited", "is_unreachable", "cleared_after"),
)
_INCIDENT_MOMENTS = ("raised_at", "acknowledged_at", "changed_at", "ended_at")


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MessengerConfigEntry | AlertConfigEntry
) -> dict[str, Any]:
    """Return the state of the account, the route or the alert."""
    if isinstance(entry.runtime_data, AlertEngine):
        return {"alert": _alert(entry.runtime_data), "incident": _incident(entry.runtime_data)}
    return await _async_messenger(entry.runtime_data)


async def _async_messenger(messenger: Messenger) -> dict[str, Any]:
    entry = messenger.entry
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


def _alert(engine: AlertEngine) -> dict[str, Any]:
    """Return the definition, and how many people can be reached now."""
    definition, responders = engine.definition, engine.incident.alert.responders
    return {
        "armed": definition.is_armed,
        "causes": len(definition.causes),
        "states": len(definition.states),
        "own_message": definition.message is not None,
        "steps": [
            {
                "wait": step.wait,
                "people": [
                    {
                        "texts": sum(target.is_text for target in targets),
                        "pushes": sum(not target.is_text for target in targets),
                    }
                    for each in step.responders
                    for targets in [responders[each].targets if each in responders else ()]
                ],
            }
            for step in definition.alert.steps
        ],
        **{name: getattr(definition.alert, name) for name in _ALERT_NUMBERS},
    }


def _incident(engine: AlertEngine) -> dict[str, Any]:
    """Return the latest incident: how far it is, when, and how many notifications of each kind it has."""
    incident = engine.incident

    def iso(moment: float | None) -> str | None:
        return None if moment is None else engine.clock.local(moment).isoformat()

    def timer(known: Timer) -> dict[str, Any]:
        return {"since": iso(known.since), "seconds": known.seconds}

    kinds: dict[str, Counter[str]] = {}
    for each in incident.notifications:
        kinds.setdefault(str(each.kind), Counter())[str(each.progress)] += 1
    causes = incident.causes.values()
    return {
        **{name: getattr(incident, name) for name in _INCIDENT_NUMBERS},
        **{name: iso(getattr(incident, name)) for name in _INCIDENT_MOMENTS},
        "has_owner": incident.owner is not None,
        "causes": {
            "on": sum(cause.is_on for cause in causes),
            "off": sum(not cause.is_on for cause in causes),
            "by_hand": sum(cause.is_by_hand for cause in causes),
            "hold": [timer(cause.hold) for cause in causes if cause.hold],
        },
        "declined": len(incident.declined),
        "answered": sorted(incident.answered.values()),
        "timers": {str(timing): timer(known) for timing, known in incident.timers.items()},
        "notifications": {kind: dict(count) for kind, count in kinds.items()},
    }
