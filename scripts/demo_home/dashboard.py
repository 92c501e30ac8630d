"""The dashboard: the page of docs/dashboard.md as it stands there, and a page with what only the demo has."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import re
from typing import Any

from homeassistant.util.yaml import parse_yaml
from scripts.demo_home.accounts import CURRENCY, Account
from scripts.demo_home.alert import CAUSE, STATE, TAKE, WATER
from scripts.demo_home.api import Api
from scripts.demo_home.home import ROOT

PAGE = ROOT / "docs/dashboard.md"
URL_PATH = "texting-demo"
# The account that the page shows.
SHOWN = "textinghouse"
SPENT = "sensor.textinghouse_spent_this_month"

COLORS = {
    "textinghouse": "teal",
    "textiopro": "blue",
    "club_texting": "deep-orange",
    "group_texting": "purple",
    "thesmspoint": "green",
}
ICONS = {
    "textinghouse": "mdi:home-heart",
    "textiopro": "mdi:rocket-launch",
    "club_texting": "mdi:cards-club",
    "group_texting": "mdi:account-group",
    "thesmspoint": "mdi:message-badge",
}

WIDE = {"grid_options": {"columns": "full"}}

INCOMING = """\
{{% set ns = namespace(texts=[]) %}}
{{% for entity, account in {accounts} if has_value(entity) %}}
{{% set ns.texts = ns.texts + [(states(entity), entity, account)] %}}
{{% endfor %}}
{{% for at, entity, account in ns.texts | sort(reverse=true) %}}
**{{{{ state_attr(entity, 'sender_name') or state_attr(entity, 'from') }}}}** · {{{{ account }}}} · \
{{{{ relative_time(as_datetime(at)) }}}} ago

> {{{{ state_attr(entity, 'text') }}}}

{{% else %}}
No replies yet. Reply from a phone in the demo's terminal:

`{example}`
{{% endfor %}}
"""


async def show_dashboard(api: Api, accounts: Sequence[Account], example: str) -> str:
    """Create the default dashboard and return its URL. `example` is a line that can be typed in the terminal."""
    config = documented_dashboard()
    config["views"] = [*config["views"], _try_it(accounts, example)]
    await api.command("lovelace/dashboards/create", url_path=URL_PATH, title="Texting", icon="mdi:message-text")
    await api.command("lovelace/config/save", url_path=URL_PATH, config=config)
    await api.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    for dashboard in await api.command("lovelace/dashboards/list"):
        if dashboard["url_path"] == "map":
            await api.command("lovelace/dashboards/delete", dashboard_id=dashboard["id"])
    return f"{api.url}/{URL_PATH}"


async def begin_statistics(api: Api) -> None:
    """Write what was spent so far into the statistics, as if it was sent an hour ago. They begin in five minutes."""
    spent = await api.state(SPENT)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    rows = [
        {"start": start.isoformat(), "state": amount, "sum": amount, "last_reset": spent["attributes"]["last_reset"]}
        for start, amount in ((hour - timedelta(hours=1), 0.0), (hour, float(spent["state"])))
    ]
    of_spending = {
        "statistic_id": SPENT,
        "source": "recorder",
        "name": None,
        "has_mean": False,
        "mean_type": 0,
        "has_sum": True,
        "unit_class": None,
        "unit_of_measurement": CURRENCY,
    }
    await api.command("recorder/import_statistics", metadata=of_spending, stats=rows)


def documented_yaml() -> str:
    """Return the dashboard in docs/dashboard.md, which is its first block of YAML."""
    block = re.search(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return block[1] if block else ""


def documented_dashboard() -> dict[str, Any]:
    """Return the configuration of the dashboard in docs/dashboard.md."""
    config = parse_yaml(documented_yaml())
    if not isinstance(config, dict):
        raise TypeError(f"{PAGE.name} has no dashboard.")
    return config


def documented_entities() -> list[str]:
    """Return the ids of all entities that the dashboard in docs/dashboard.md names."""
    return sorted(set(re.findall(r"\b(?:sensor|binary_sensor|event)\.\w+", documented_yaml())))


def alert_cards() -> list[dict[str, Any]]:
    """Return the cards of the alert in docs/dashboard.md."""
    (view,) = documented_dashboard()["views"]
    return [card for section in view["sections"] for card in section["cards"] if card.get("entity") == STATE]


def red_states() -> set[str]:
    """Return the states of the alert in which one of its cards is shown in red."""
    conditions = [card["visibility"] for card in alert_cards() if card["color"] == "red"]
    return {state for (condition,) in conditions for state in condition["state"]}


def _try_it(accounts: Sequence[Account], example: str) -> dict[str, Any]:
    """Return the view with what only the demo has."""
    others = [account for account in accounts if account.provider != SHOWN]
    return {
        "title": "Try it",
        "path": "try",
        "type": "sections",
        "max_columns": 2,
        "sections": [
            _section("Send a text", "mdi:message-plus", _send(accounts)),
            _section("Incoming", "mdi:message-reply-text", [_incoming(accounts, example)]),
            _section("Credit of the other accounts", "mdi:wallet", [_credit(account) for account in others]),
            _section("Their last text", "mdi:message-text", [_status(account) for account in others]),
        ],
    }


def _section(title: str, icon: str, cards: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title, "icon": icon}, *cards]}


def _credit(account: Account) -> dict[str, Any]:
    entity = account.entities.get("credit_balance") or account.entities["credit_balance_transactional"]
    look = {"icon": ICONS[account.provider], "color": COLORS[account.provider]}
    return {"type": "tile", "entity": entity, "name": account.title, **look}


def _status(account: Account) -> dict[str, Any]:
    return {
        "type": "tile",
        "entity": account.entities["last_delivery_status"],
        "name": account.title,
        "color": COLORS[account.provider],
        "state_content": ["state", "recipient_name"],
    }


def _incoming(accounts: Sequence[Account], example: str) -> dict[str, Any]:
    events = [
        (account.entities["incoming_message"], account.title)
        for account in accounts
        if "incoming_message" in account.entities
    ]
    return {"type": "markdown", "content": INCOMING.format(accounts=events, example=example)}


def _send(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    script = {"action": "perform-action", "perform_action": "script.send_test_text"}
    return [
        {"type": "entities", "entities": ["input_select.recipient", "input_text.message"]},
        _button("Send", "mdi:send", "primary", "input_select.recipient", script),
        *(
            _button("Free test", "mdi:message-flash", COLORS[account.provider], entity, _press(entity))
            for account in accounts
            if (entity := account.entities.get("send_test_message"))
        ),
        _button(WATER, "mdi:water-alert", "red", CAUSE, {"action": "toggle"}) | WIDE,
        *alert_cards(),
        _button("I take it", "mdi:hand-back-right", "red", TAKE, _press(TAKE)) | WIDE | _shown_in(sorted(red_states())),
    ]


def _button(name: str, icon: str, color: str, entity: str, tap: dict[str, Any]) -> dict[str, Any]:
    look = {"name": name, "icon": icon, "color": color, "hide_state": True}
    return {"type": "tile", "entity": entity, "tap_action": tap, "icon_tap_action": tap, **look}


def _shown_in(states: list[str]) -> dict[str, Any]:
    """Show a card only while the alert is in one of these states."""
    return {"visibility": [{"condition": "state", "entity": STATE, "state": states}]}


def _press(entity: str) -> dict[str, Any]:
    return {"action": "perform-action", "perform_action": "button.press", "target": {"entity_id": entity}}
