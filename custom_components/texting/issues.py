"""The repair issues, one function for each kind. The user finds them in **Settings > Repairs**."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .delivery.checks import format_amount
from .error_messages import hosts_named
from .gateway.errors import Blocked, CertificateInvalid, GatewayError, Redirected


class Issue(StrEnum):
    """The kinds of issues."""

    LOW_CREDIT = "low_credit"
    ACCESS_DENIED = "access_denied"
    CERTIFICATE_INVALID = "certificate_invalid"
    REDIRECTED = "redirected"
    BLOCKED = "blocked"
    DATABASE_DAMAGED = "database_damaged"
    DATABASE_UNWRITABLE = "database_unwritable"
    ACCOUNT_REMOVED = "account_removed"
    ROUTE_BROKEN = "route_broken"
    REPLIES_UNREADABLE = "replies_unreadable"
    COMMANDS_LOCKED = "commands_locked"


# News of something that is over. It stays until the user confirms it, also after a restart. The others are deleted
# when they are solved.
NEWS = frozenset({Issue.DATABASE_DAMAGED, Issue.ACCOUNT_REMOVED})
# What keeps an account from its provider, with its error and what its text names besides the account.
_CONNECTION: Mapping[Issue, tuple[type[GatewayError], tuple[str, ...]]] = {
    Issue.CERTIFICATE_INVALID: (CertificateInvalid, ()),
    Issue.REDIRECTED: (Redirected, ("host", "target")),
    Issue.BLOCKED: (Blocked, ("host", "firewall")),
}


@callback
def async_low_credit(hass: HomeAssistant, entry: ConfigEntry, left: Decimal | None) -> None:
    """The account can pay for few texts or none. left is its balance, None if that is unknown."""
    amount = "—" if left is None else format_amount(left)
    _create(hass, Issue.LOW_CREDIT, entry, ir.IssueSeverity.WARNING, account=entry.title, left=amount)


@callback
def async_access_denied(hass: HomeAssistant, entry: ConfigEntry, detail: str) -> None:
    """The credentials are right, but the account may not use the API. detail is what the provider says."""
    _create(hass, Issue.ACCESS_DENIED, entry, account=entry.title, detail=detail or "—")


@callback
def async_connection_failed(hass: HomeAssistant, entry: ConfigEntry, error: GatewayError) -> None:
    """Create the issue of an error that only the user or the provider can solve. It replaces that of another one."""
    hosts = hosts_named(error)
    for issue, (kind, names) in _CONNECTION.items():
        if isinstance(error, kind):
            for other in _CONNECTION.keys() - {issue}:
                async_delete(hass, other, entry)
            named = {name: hosts[name] for name in names}
            _create(hass, issue, entry, ir.IssueSeverity.ERROR, account=entry.title, **named)


@callback
def async_connection_works(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issues that kept the account from its provider."""
    for issue in _CONNECTION:
        async_delete(hass, issue, entry)


@callback
def async_database_damaged(hass: HomeAssistant, file: str, count: int) -> None:
    """The message database was damaged and moved to a file of this name. count messages were intact."""
    _create(hass, Issue.DATABASE_DAMAGED, file=file, count=str(count))


@callback
def async_database_unwritable(hass: HomeAssistant) -> None:
    """The message database cannot be written, so a restart may lose or repeat texts."""
    _create(hass, Issue.DATABASE_UNWRITABLE)


@callback
def async_account_removed(hass: HomeAssistant, entry: ConfigEntry, count: int) -> None:
    """The account was removed while count texts were waiting. They were not sent."""
    _create(hass, Issue.ACCOUNT_REMOVED, entry, ir.IssueSeverity.WARNING, account=entry.title, count=str(count))


@callback
def async_route_broken(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The route names accounts that do not exist any more, or itself."""
    _create(hass, Issue.ROUTE_BROKEN, entry, route=entry.title)


@callback
def async_replies_unreadable(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The provider's list does not say which texts came in, and the account's own number is unknown."""
    _create(hass, Issue.REPLIES_UNREADABLE, entry, ir.IssueSeverity.WARNING, account=entry.title)


@callback
def async_watch_replies(hass: HomeAssistant, entry: ConfigEntry, *, is_readable: bool) -> None:
    """Keep the issue true that says that replies cannot be read."""
    if is_readable:
        async_delete(hass, Issue.REPLIES_UNREADABLE, entry)
    else:
        async_replies_unreadable(hass, entry)


@callback
def async_commands_locked(hass: HomeAssistant, recipient_id: str, name: str, minutes: int) -> None:
    """Too many wrong PINs came from a number of a recipient, so commands from it are ignored for some minutes."""
    _create(hass, Issue.COMMANDS_LOCKED, recipient_id, ir.IssueSeverity.WARNING, name=name, minutes=str(minutes))


@callback
def async_delete(hass: HomeAssistant, issue: Issue, entry: ConfigEntry | str | None = None) -> None:
    """Delete an issue that is solved or no longer matters, if it exists."""
    ir.async_delete_issue(hass, DOMAIN, _id(issue, entry))


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of a removed entry, except news."""
    for issue in set(Issue) - NEWS:
        async_delete(hass, issue, entry)


def _create(
    hass: HomeAssistant,
    issue: Issue,
    entry: ConfigEntry | str | None = None,
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


def _id(issue: Issue, entry: ConfigEntry | str | None) -> str:
    """Return the id of an issue about an entry, a recipient with this id, or the whole home."""
    about = entry.entry_id if isinstance(entry, ConfigEntry) else entry
    return f"{issue}_{about}" if about else issue.value
