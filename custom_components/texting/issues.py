"""The repair issues, one function for each kind. The user finds them in **Settings > Repairs**."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .delivery.checks import format_amount
from .error_messages import hosts_named
from .gateway.errors import Blocked, CertificateInvalid, GatewayError, Redirected
from .gateway.message import Balance


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
    OPTED_OUT = "opted_out"
    URGENT_REFUSED = "urgent_refused"
    URGENT_REFUSED_NUMBER = "urgent_refused_number"
    LOOP_STOPPED = "loop_stopped"
    LOOP_STOPPED_NUMBER = "loop_stopped_number"
    COMMANDS_LOCKED = "commands_locked"
    ORIGINAL_REMOVED = "original_removed"
    NEVER_CALLED = "never_called"
    BUDGET_NEARLY_SPENT = "budget_nearly_spent"
    BUDGET_SPENT = "budget_spent"
    CURRENCY_DIFFERS = "currency_differs"
    ALERT_UNREACHABLE = "alert_unreachable"
    ALERT_EXHAUSTED = "alert_exhausted"
    RESPONDER_MISSING = "responder_missing"
    CAUSE_MISSING = "cause_missing"
    DRILL_FAILED = "drill_failed"


# News of something that is over. It stays until the user confirms it, also after a restart if it names nobody. The
# others are deleted when they are solved.
NEWS = frozenset(
    {
        *(Issue.DATABASE_DAMAGED, Issue.ACCOUNT_REMOVED),
        *(Issue.URGENT_REFUSED_NUMBER, Issue.LOOP_STOPPED, Issue.LOOP_STOPPED_NUMBER),
    }
)
# What a dialog of its own helps to solve (repairs.py).
GUIDED = frozenset({Issue.NEVER_CALLED})
# What keeps an account from its provider, with its error and what its text names besides the account.
_CONNECTION: Mapping[Issue, tuple[type[GatewayError], tuple[str, ...]]] = {
    Issue.CERTIFICATE_INVALID: (CertificateInvalid, ()),
    Issue.REDIRECTED: (Redirected, ("host", "target")),
    Issue.BLOCKED: (Blocked, ("host", "firewall")),
}


@callback
def async_low_credit(hass: HomeAssistant, entry: ConfigEntry, left: Balance | None, site: str) -> None:
    """The account can pay for few texts or none.

    left is its largest balance, None if that is unknown. site is the address of the page where credit is bought.
    """
    amount = "—" if left is None or left.amount is None else f"{format_amount(left.amount)} {left.unit}"
    _create(hass, Issue.LOW_CREDIT, entry, ir.IssueSeverity.WARNING, account=entry.title, left=amount, site=site)


@callback
def async_budget(hass: HomeAssistant, issue: Issue, entry: ConfigEntry, budget: str) -> None:
    """The account has spent its budget of this month, or most of it: BUDGET_SPENT or BUDGET_NEARLY_SPENT."""
    severity = ir.IssueSeverity.ERROR if issue is Issue.BUDGET_SPENT else ir.IssueSeverity.WARNING
    _create(hass, issue, entry, severity, account=entry.title, budget=budget)


@callback
def async_currency_differs(hass: HomeAssistant, entry: ConfigEntry, counted: str, chosen: str) -> None:
    """The provider counts in one currency, and the account's prices and budget are in another one."""
    _create(
        hass,
        Issue.CURRENCY_DIFFERS,
        entry,
        ir.IssueSeverity.WARNING,
        account=entry.title,
        counted=counted,
        chosen=chosen,
    )


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
def async_people_opted_out(hass: HomeAssistant, entry: ConfigEntry, people: Mapping[str, str]) -> None:
    """Keep one issue for each of an entry's recipients who opted out. people are {recipient id: name}."""
    for recipient_id, name in people.items():
        _create(hass, Issue.OPTED_OUT, entry, about=recipient_id, account=entry.title, name=name)
    _keep_only(hass, Issue.OPTED_OUT, entry, people)
    _keep_only(hass, Issue.URGENT_REFUSED, entry, people)


@callback
def async_originals_removed(hass: HomeAssistant, entry: ConfigEntry, people: Mapping[str, str]) -> None:
    """Keep one issue for each of a route's recipients whose original was removed. people are {recipient id: name}."""
    for recipient_id, name in people.items():
        severity = ir.IssueSeverity.WARNING
        _create(hass, Issue.ORIGINAL_REMOVED, entry, severity, about=recipient_id, route=entry.title, name=name)
    _keep_only(hass, Issue.ORIGINAL_REMOVED, entry, people)


@callback
def async_urgent_refused(hass: HomeAssistant, entry: ConfigEntry, recipient_id: str | None, name: str | None) -> None:
    """An urgent text was refused, because the person opted out. Who is no recipient has no name."""
    _create_for(hass, (Issue.URGENT_REFUSED, Issue.URGENT_REFUSED_NUMBER), entry, recipient_id, name)


@callback
def async_loop_stopped(hass: HomeAssistant, entry: ConfigEntry, recipient_id: str | None, name: str | None) -> None:
    """A phone caused too many texts to itself. Who is no recipient has no name."""
    _create_for(hass, (Issue.LOOP_STOPPED, Issue.LOOP_STOPPED_NUMBER), entry, recipient_id, name)


@callback
def async_commands_locked(hass: HomeAssistant, recipient_id: str, name: str, minutes: int) -> None:
    """Too many wrong PINs came from a number of a recipient, so commands from it are ignored for some minutes."""
    severity = ir.IssueSeverity.WARNING
    _create(hass, Issue.COMMANDS_LOCKED, None, severity, about=recipient_id, name=name, minutes=str(minutes))


@callback
def async_never_called(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The provider should have called the account's webhook long ago, and never did."""
    _create(hass, Issue.NEVER_CALLED, entry, ir.IssueSeverity.WARNING, account=entry.title)


@callback
def async_alert_issue(hass: HomeAssistant, entry: ConfigEntry, issue: Issue, *, on: bool, **placeholders: str) -> None:
    """Keep one of the issues of an alert true.

    They are ALERT_UNREACHABLE and ALERT_EXHAUSTED, RESPONDER_MISSING and CAUSE_MISSING with the placeholder entities,
    which names what is missing, and DRILL_FAILED with the placeholder report.
    """
    if on:
        is_less = issue in (Issue.CAUSE_MISSING, Issue.DRILL_FAILED)
        severity = ir.IssueSeverity.WARNING if is_less else ir.IssueSeverity.ERROR
        _create(hass, issue, entry, severity, alert=entry.title, **placeholders)
    else:
        async_delete(hass, issue, entry)


@callback
def async_delete(hass: HomeAssistant, issue: Issue, entry: ConfigEntry | None = None, about: str = "") -> None:
    """Delete an issue that is solved or no longer matters, if it exists."""
    ir.async_delete_issue(hass, DOMAIN, _id(issue, entry, about))


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete all issues of a removed entry, except news that still matter."""
    for issue in set(Issue) - {Issue.DATABASE_DAMAGED, Issue.ACCOUNT_REMOVED}:
        for issue_id in _known(hass, _id(issue, entry)):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def _keep_only(hass: HomeAssistant, issue: Issue, entry: ConfigEntry, people: Iterable[str]) -> None:
    """Delete the issues of a kind about other recipients of an entry. people are recipient ids."""
    kept = {_id(issue, entry, recipient_id) for recipient_id in people}
    for issue_id in _known(hass, _id(issue, entry)) - kept:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _known(hass: HomeAssistant, prefix: str) -> set[str]:
    """Return the ids of our issues that begin with a prefix."""
    return {
        issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN and issue_id.startswith(prefix)
    }


def _create_for(
    hass: HomeAssistant, kinds: tuple[Issue, Issue], entry: ConfigEntry, recipient_id: str | None, name: str | None
) -> None:
    """Create the first kind of issue about a recipient, or the second one about a number without a name."""
    if recipient_id and name:
        _create(hass, kinds[0], entry, about=recipient_id, account=entry.title, name=name)
    else:
        _create(hass, kinds[1], entry, account=entry.title)


def _create(
    hass: HomeAssistant,
    issue: Issue,
    entry: ConfigEntry | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    about: str = "",
    **placeholders: str,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _id(issue, entry, about),
        data={"entry_id": entry.entry_id} if entry and issue in GUIDED else None,
        is_fixable=issue in NEWS | GUIDED,
        # Home Assistant shows in its diagnostics what it keeps, so nobody is named there.
        is_persistent=issue in NEWS and not about,
        severity=severity,
        learn_more_url=placeholders.get("site"),
        translation_key=issue,
        translation_placeholders=placeholders,
    )


def _id(issue: Issue, entry: ConfigEntry | None, about: str = "") -> str:
    """Return the id of the issue of an entry, or about a recipient of it."""
    return "_".join(filter(None, (issue.value, entry.entry_id if entry else "", about)))
