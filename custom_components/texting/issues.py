"""What a home is asked to mend, under Settings > Repairs: one function for each kind of issue."""

from decimal import Decimal
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .delivery.guard import most_credit, written


class Issue(StrEnum):
    """The kinds of issues."""

    LOW_CREDIT = "low_credit"
    CERTIFICATE_INVALID = "certificate_invalid"
    OUTBOX_DAMAGED = "outbox_damaged"
    OUTBOX_UNWRITABLE = "outbox_unwritable"
    REMOVED = "removed"
    ROUTE_BROKEN = "route_broken"


# News of what is over: it stays, over a restart too, until the user confirms it. All else is deleted when it is mended.
NEWS = frozenset({Issue.OUTBOX_DAMAGED, Issue.REMOVED})


@callback
def async_low_credit(hass: HomeAssistant, entry: ConfigEntry, left: Decimal | None) -> None:
    """The account can pay for few texts or none; left is what it has, None where that is not known."""
    amount = "—" if left is None else written(left)
    _create(hass, Issue.LOW_CREDIT, entry, ir.IssueSeverity.WARNING, account=entry.title, left=amount)


@callback
def async_certificate_invalid(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The gateway's host cannot prove who it is, so texts wait."""
    _create(hass, Issue.CERTIFICATE_INVALID, entry, account=entry.title)


@callback
def async_outbox_damaged(hass: HomeAssistant, file: str, count: int) -> None:
    """The outbox was damaged and put aside as file; count messages were intact."""
    _create(hass, Issue.OUTBOX_DAMAGED, file=file, count=str(count))


@callback
def async_outbox_unwritable(hass: HomeAssistant) -> None:
    """Nothing can be written to the outbox: what is sent now would be lost or repeated at a restart."""
    _create(hass, Issue.OUTBOX_UNWRITABLE)


@callback
def async_removed(hass: HomeAssistant, entry: ConfigEntry, count: int) -> None:
    """The account was removed while count texts waited, which were not sent."""
    _create(hass, Issue.REMOVED, entry, ir.IssueSeverity.WARNING, account=entry.title, count=str(count))


@callback
def async_route_broken(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The route names accounts that are gone, or itself."""
    _create(hass, Issue.ROUTE_BROKEN, entry, route=entry.title)


@callback
def async_delete(hass: HomeAssistant, issue: Issue, entry: ConfigEntry | None = None) -> None:
    """It is mended, or no longer matters; nothing happens where it is not there."""
    ir.async_delete_issue(hass, DOMAIN, _id(issue, entry))


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The entry is gone, and with it whatever was to be mended about it."""
    for issue in set(Issue) - NEWS:
        async_delete(hass, issue, entry)


@callback
def async_watch_credit(hass: HomeAssistant, entry: ConfigEntry, balance: BalanceCoordinator) -> CALLBACK_TYPE:
    """Keep the issue of low credit true from now on; returns what ends that and takes the issue away."""

    @callback
    def look() -> None:
        if not balance.last_update_success or balance.is_low is None:
            return
        if balance.is_low:
            async_low_credit(hass, entry, most_credit(balance.data.values()))
        else:
            async_delete(hass, Issue.LOW_CREDIT, entry)

    @callback
    def stop() -> None:
        unsubscribe()
        async_delete(hass, Issue.LOW_CREDIT, entry)

    unsubscribe = balance.async_add_listener(look)
    look()
    return stop


def _create(
    hass: HomeAssistant,
    issue: Issue,
    entry: ConfigEntry | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    **placeholders: str,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _id(issue, entry),
        is_fixable=issue in NEWS,
        is_persistent=issue in NEWS,
        severity=severity,
        translation_key=issue,
        translation_placeholders=placeholders,
    )


def _id(issue: Issue, entry: ConfigEntry | None) -> str:
    return f"{issue}_{entry.entry_id}" if entry else issue.value
