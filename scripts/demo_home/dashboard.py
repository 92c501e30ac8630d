"""The dashboard: credit balances, delivery statuses, incoming messages, and a form to send a message."""

from collections.abc import Iterable
from typing import Any

from scripts.demo_home.accounts import Account
from scripts.demo_home.api import Api

URL_PATH = "texting-demo"

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

# How the unique ids of a recipient's entities end.
OF_PEOPLE = ("_last_message_status", "_message")

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

`{number}: I am on my way`
{{% endfor %}}
"""


async def show_dashboard(api: Api, accounts: Iterable[Account], number: str) -> str:
    """Create the default dashboard and return its URL. `number` is an example of a phone that can reply."""
    registry = await api.command("config/entity_registry/list")
    people = [each["entity_id"] for each in registry if each["unique_id"].endswith(OF_PEOPLE)]
    config = {"title": "Texting", "views": [_view(list(accounts), people, number)]}
    await api.command("lovelace/dashboards/create", url_path=URL_PATH, title="Texting", icon="mdi:message-text")
    await api.command("lovelace/config/save", url_path=URL_PATH, config=config)
    await api.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    for dashboard in await api.command("lovelace/dashboards/list"):
        if dashboard["url_path"] == "map":
            await api.command("lovelace/dashboards/delete", dashboard_id=dashboard["id"])
    return f"{api.url}/{URL_PATH}"


def _view(accounts: list[Account], people: list[str], number: str) -> dict[str, Any]:
    """Return the view. people are the entities that show the last text to a recipient, and what the recipient wrote."""
    return {
        "title": "Texting",
        "type": "sections",
        "max_columns": 3,
        "sections": [
            _section("Credit", "mdi:wallet", _fill_rows([_credit(account) for account in accounts])),
            _section("Last text", "mdi:send-check", _fill_rows([_status(account) for account in accounts])),
            _section("Incoming", "mdi:message-reply-text", [_incoming(accounts, number)]),
            _section("Send a test text", "mdi:message-plus", _send(accounts)),
            _section("What happened", "mdi:history", [_log(people)], span=2),
        ],
    }


def _section(title: str, icon: str, cards: list[dict[str, Any]], span: int = 1) -> dict[str, Any]:
    heading = {"type": "heading", "heading": title, "icon": icon}
    return {"type": "grid", "cards": [heading, *cards], "column_span": span}


def _fill_rows(tiles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put two tiles in each row. If the number is odd, the last tile takes a whole row."""
    return [*tiles[:-1], tiles[-1] | (WIDE if len(tiles) % 2 else {})]


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


def _incoming(accounts: list[Account], number: str) -> dict[str, Any]:
    events = [
        (account.entities["incoming_message"], account.title)
        for account in accounts
        if "incoming_message" in account.entities
    ]
    return {"type": "markdown", "content": INCOMING.format(accounts=events, number=number)}


def _send(accounts: list[Account]) -> list[dict[str, Any]]:
    script = {"action": "perform-action", "perform_action": "script.send_test_text"}
    return [
        {"type": "entities", "entities": ["input_select.recipient", "input_text.message"]},
        _button("Send", "mdi:send", "primary", "input_select.recipient", script),
        *(
            _button(
                f"{account.title} free test", ICONS[account.provider], COLORS[account.provider], entity, _press(entity)
            )
            for account in accounts
            if (entity := account.entities.get("send_test_message"))
        ),
        _button("Water in the cellar", "mdi:water-alert", "red", "input_boolean.water", {"action": "toggle"}) | WIDE,
    ]


def _button(name: str, icon: str, color: str, entity: str, tap: dict[str, Any]) -> dict[str, Any]:
    look = {"name": name, "icon": icon, "color": color, "hide_state": True}
    return {"type": "tile", "entity": entity, "tap_action": tap, "icon_tap_action": tap, **look}


def _press(entity: str) -> dict[str, Any]:
    return {"action": "perform-action", "perform_action": "button.press", "target": {"entity_id": entity}}


def _log(people: list[str]) -> dict[str, Any]:
    return {
        "type": "logbook",
        "target": {"entity_id": people},
        "hours_to_show": 24,
        "grid_options": {"columns": "full"},
    }
