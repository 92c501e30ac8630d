"""Test each kind of issue: its text, its placeholders and its removal."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import issues
from custom_components.texting.gateway.errors import Blocked, CertificateInvalid, GatewayError, Redirected
from custom_components.texting.gateway.message import Balance
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.issues import Issue
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import TRANSLATIONS

TEXTS: dict[str, Any] = TRANSLATIONS["issues"]
ENTRY = MockConfigEntry(domain="texting", title="Home", entry_id="ENTRY")
SITE = "https://sms.example.com"
LEFT = Balance(amount=Decimal("1.50"), unit="EUR")


def connection(error: GatewayError) -> Callable[[HomeAssistant], None]:
    """Return a function that creates the issue of an error of sms.example.com."""
    error.host = "sms.example.com"
    return lambda hass: issues.async_connection_failed(hass, ENTRY, error)


def alert(kind: Issue, **placeholders: str) -> Callable[[HomeAssistant], None]:
    """Return a function that creates an issue of an alert."""
    return lambda hass: issues.async_alert_issue(hass, ENTRY, kind, on=True, **placeholders)


KINDS: dict[Issue, tuple[Callable[[HomeAssistant], None], str, str]] = {
    Issue.LOW_CREDIT: (lambda hass: issues.async_low_credit(hass, ENTRY, LEFT, SITE), "_ENTRY", "warning"),
    Issue.ACCESS_DENIED: (lambda hass: issues.async_access_denied(hass, ENTRY, "No plan"), "_ENTRY", "error"),
    Issue.CERTIFICATE_INVALID: (connection(CertificateInvalid()), "_ENTRY", "error"),
    Issue.REDIRECTED: (connection(Redirected(target="new.example.com")), "_ENTRY", "error"),
    Issue.BLOCKED: (connection(Blocked(firewall="Cloudflare")), "_ENTRY", "error"),
    Issue.DATABASE_DAMAGED: (lambda hass: issues.async_database_damaged(hass, "texting.db.damaged", 7), "", "error"),
    Issue.DATABASE_UNWRITABLE: (issues.async_database_unwritable, "", "error"),
    Issue.ACCOUNT_REMOVED: (lambda hass: issues.async_account_removed(hass, ENTRY, 3), "_ENTRY", "warning"),
    Issue.REPLIES_UNREADABLE: (lambda hass: issues.async_replies_unreadable(hass, ENTRY), "_ENTRY", "warning"),
    Issue.OPTED_OUT: (lambda hass: issues.async_people_opted_out(hass, ENTRY, {"R": "Anna"}), "_ENTRY_R", "error"),
    Issue.URGENT_REFUSED: (lambda hass: issues.async_urgent_refused(hass, ENTRY, "R", "Anna"), "_ENTRY_R", "error"),
    Issue.URGENT_REFUSED_NUMBER: (lambda hass: issues.async_urgent_refused(hass, ENTRY, None, None), "_ENTRY", "error"),
    Issue.LOOP_STOPPED: (lambda hass: issues.async_loop_stopped(hass, ENTRY, "R", "Anna"), "_ENTRY_R", "error"),
    Issue.LOOP_STOPPED_NUMBER: (lambda hass: issues.async_loop_stopped(hass, ENTRY, None, None), "_ENTRY", "error"),
    Issue.COMMANDS_LOCKED: (lambda hass: issues.async_commands_locked(hass, "ANNA", "Anna", 20), "_ANNA", "warning"),
    Issue.ORIGINAL_REMOVED: (
        lambda hass: issues.async_originals_removed(hass, ENTRY, {"R": "Anna"}),
        "_ENTRY_R",
        "warning",
    ),
    Issue.NEVER_CALLED: (lambda hass: issues.async_never_called(hass, ENTRY), "_ENTRY", "warning"),
    Issue.BUDGET_NEARLY_SPENT: (
        lambda hass: issues.async_budget(hass, Issue.BUDGET_NEARLY_SPENT, ENTRY, "10 EUR"),
        "_ENTRY",
        "warning",
    ),
    Issue.BUDGET_SPENT: (
        lambda hass: issues.async_budget(hass, Issue.BUDGET_SPENT, ENTRY, "10 EUR"),
        "_ENTRY",
        "error",
    ),
    Issue.CURRENCY_DIFFERS: (
        lambda hass: issues.async_currency_differs(hass, ENTRY, "USD", "EUR"),
        "_ENTRY",
        "warning",
    ),
    Issue.ALERT_UNREACHABLE: (alert(Issue.ALERT_UNREACHABLE), "_ENTRY", "error"),
    Issue.ALERT_EXHAUSTED: (alert(Issue.ALERT_EXHAUSTED), "_ENTRY", "error"),
    Issue.RESPONDER_MISSING: (alert(Issue.RESPONDER_MISSING, entities="person.eve"), "_ENTRY", "error"),
    Issue.CAUSE_MISSING: (alert(Issue.CAUSE_MISSING, entities="binary_sensor.a"), "_ENTRY", "warning"),
    Issue.DRILL_FAILED: (alert(Issue.DRILL_FAILED, report="Nobody answered."), "_ENTRY", "warning"),
    Issue.ROUTE_BROKEN: (lambda hass: issues.async_route_broken(hass, ENTRY), "_ENTRY", "error"),
}
EVERY_KIND = pytest.mark.parametrize("kind", Issue)


def create(hass: HomeAssistant, kind: Issue) -> ir.IssueEntry:
    make, suffix, _ = KINDS[kind]
    make(hass)
    issue = ir.async_get(hass).async_get_issue("texting", f"{kind}{suffix}")
    assert issue is not None
    return issue


def texts(branch: object) -> list[str]:
    if isinstance(branch, dict):
        return [text for part in branch.values() for text in texts(part)]
    return [str(branch)]


def test_every_kind_has_its_texts_and_no_other() -> None:
    assert set(TEXTS) == set(map(str, Issue))


@EVERY_KIND
async def test_what_the_texts_name_is_given(hass: HomeAssistant, kind: Issue) -> None:
    issue = create(hass, kind)
    assert (issue.translation_key, issue.severity) == (kind, KINDS[kind][2])
    shown = TEXTS[kind]["title"] if kind in issues.GUIDED else TEXTS[kind]
    named = {name for text in texts(shown) for _, name, _, _ in Formatter().parse(text) if name}
    assert named == set(issue.translation_placeholders or {})


@EVERY_KIND
async def test_what_is_only_news_is_confirmed_and_the_rest_described(hass: HomeAssistant, kind: Issue) -> None:
    issue = create(hass, kind)
    news = kind in issues.NEWS
    has_dialog = news or kind in issues.GUIDED
    assert issue.is_fixable is has_dialog
    assert issue.data == ({"entry_id": "ENTRY"} if kind in issues.GUIDED else None)
    # What names a person is not kept on disk.
    named = "name" in (issue.translation_placeholders or {})
    assert issue.is_persistent is (news and not named)
    assert set(TEXTS[kind]) == {"title", "fix_flow" if has_dialog else "description"}


@EVERY_KIND
async def test_an_issue_is_deleted(hass: HomeAssistant, kind: Issue) -> None:
    issue = create(hass, kind)
    suffix = KINDS[kind][1]
    for _ in range(2):
        if kind in (Issue.OPTED_OUT, Issue.URGENT_REFUSED):
            issues.async_people_opted_out(hass, ENTRY, {})
        elif kind is Issue.ORIGINAL_REMOVED:
            issues.async_originals_removed(hass, ENTRY, {})
        elif "alert" in (issue.translation_placeholders or {}):
            issues.async_alert_issue(hass, ENTRY, kind, on=False)
        elif kind is Issue.LOOP_STOPPED:
            issues.async_delete_issues(hass, ENTRY)
        elif kind is Issue.COMMANDS_LOCKED:
            issues.async_delete(hass, kind, about="ANNA")
        else:
            issues.async_delete(hass, kind, ENTRY if suffix else None)
        assert ir.async_get(hass).async_get_issue("texting", issue.issue_id) is None


async def test_what_an_account_has_left_may_be_unknown(hass: HomeAssistant) -> None:
    for left, told in ((None, "—"), (Balance(amount=None), "—"), (LEFT, "1.5 EUR")):
        issues.async_low_credit(hass, ENTRY, left, SITE)
        issue = ir.async_get(hass).async_get_issue("texting", "low_credit_ENTRY")
        assert issue is not None
        assert issue.translation_placeholders == {"account": "Home", "left": told, "site": SITE}
        assert issue.learn_more_url == SITE


async def test_an_account_takes_along_what_was_to_be_mended(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    issues.async_low_credit(hass, entry, LEFT, SITE)
    issues.async_access_denied(hass, entry, "No plan")
    issues.async_connection_failed(hass, entry, CertificateInvalid())
    issues.async_route_broken(hass, entry)
    issues.async_account_removed(hass, entry, 2)
    issues.async_database_unwritable(hass)
    issues.async_people_opted_out(hass, entry, {"R": "Anna"})
    await hass.config_entries.async_remove(entry.entry_id)
    left = {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == "texting"}
    assert left == {f"account_removed_{entry.entry_id}", "database_unwritable"}


@pytest.mark.parametrize("kind", [Issue.DATABASE_DAMAGED, Issue.ACCOUNT_REMOVED])
@pytest.mark.usefixtures("_loopback")
async def test_news_goes_when_it_is_confirmed(
    hass: HomeAssistant, hass_client: Callable[[], Awaitable[Any]], kind: Issue
) -> None:
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "repairs", {})
    issue = create(hass, kind)
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": "texting", "issue_id": issue.issue_id})
    form = await answer.json()
    assert (form["type"], form["step_id"]) == ("form", "confirm")
    assert form["description_placeholders"] == issue.translation_placeholders
    answer = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    assert (await answer.json())["type"] == "create_entry"
    assert ir.async_get(hass).async_get_issue("texting", issue.issue_id) is None
