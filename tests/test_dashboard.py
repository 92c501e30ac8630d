"""Test the dashboard of docs/dashboard.md: its cards, entities and sentences, and the icons of what it shows."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from custom_components.texting.alerting.model import OPEN, State
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.status import Status
from custom_components.texting.issues import GUIDED, Issue
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.template import Template
from scripts.demo_home.dashboard import documented_dashboard, documented_entities, documented_yaml
from tests.support.home import TRANSLATIONS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/dashboard.md").read_text("utf-8")
DASHBOARD: dict[str, Any] = yaml.safe_load(documented_yaml())
ICONS: dict[str, Any] = json.loads((ROOT / "custom_components/texting/icons.json").read_text("utf-8"))["entity"]
FAILURES = (Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED, Status.UNCERTAIN)
ALERT = "sensor.water_in_the_cellar_state"
# What every Home Assistant has.
CORE_CARDS = {"heading", "tile", "statistic", "markdown", "logbook"}
ENTRY, RECIPIENT = "01JAAAAAAAAAAAAAAAAAAAAAAA", "01JBBBBBBBBBBBBBBBBBBBBBBB"


def cards() -> Iterator[dict[str, Any]]:
    """Yield all cards of the dashboard."""
    for view in DASHBOARD["views"]:
        for section in view["sections"]:
            yield from section["cards"]


(MARKDOWN,) = (card["content"] for card in cards() if card["type"] == "markdown")


def test_the_demo_shows_the_first_block_as_it_is() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```\n", PAGE, re.DOTALL)
    assert documented_yaml() == blocks[0]
    assert documented_dashboard() == yaml.safe_load(blocks[0])
    card = {"type": "tile", "entity": "sensor.textinghouse_credit_balance", "name": "Credit balance"}
    balance, alert = map(yaml.safe_load, blocks[1:])
    assert balance == card
    assert alert["entity"] == alert["visibility"][0]["entity"] == "sensor.water_leak_state"
    assert set(alert["visibility"][0]["state"]) < set(TRANSLATIONS["entity"]["sensor"]["alert_state"]["state"])
    assert set(alert["state_content"]) - {"state"} < set(
        TRANSLATIONS["entity"]["sensor"]["alert_state"]["state_attributes"]
    )


def test_only_core_cards_are_used() -> None:
    assert {card["type"] for card in cards()} == CORE_CARDS


def test_each_entity_has_the_name_of_an_entity_of_ours() -> None:
    """scripts/demo --check tells whether each is there."""
    named = {
        f"{kind}.{prefix}_{each['name'].lower().replace(' ', '_')}"
        for kind, entities in TRANSLATIONS["entity"].items()
        for each in entities.values()
        for prefix in ("textinghouse", "anna", "ben", "water_in_the_cellar")
    }
    assert documented_entities()
    assert set(documented_entities()) <= named


def test_two_words_are_all_that_a_reader_replaces_of_a_person() -> None:
    """Anna and Ben stand only in ids, in small letters, and equally often."""
    assert "Anna" not in documented_yaml()
    assert documented_yaml().count("anna") == documented_yaml().count("ben") > 0


@pytest.mark.parametrize("person", ["anna", "ben"])
def test_every_failure_is_shown_in_red(person: str) -> None:
    shown = [card for card in cards() if card.get("visibility") and card["entity"] == f"sensor.{person}_last_message"]
    assert [set(card["visibility"][0]["state"]) for card in shown] == [set(FAILURES)]
    assert all(card["color"] == "red" for card in cards() if card.get("visibility") and card["entity"] != ALERT)


def test_an_open_alert_is_red_until_somebody_takes_care() -> None:
    shown = {card["color"]: card["visibility"][0]["state"] for card in cards() if card.get("entity") == ALERT}
    assert shown == {"red": [State.ALERTING, State.EXHAUSTED], "green": State.ACKNOWLEDGED}
    (section,) = (each for view in DASHBOARD["views"] for each in view["sections"] if each.get("visibility"))
    assert set(section["visibility"][0]["state"]) == OPEN


@pytest.mark.parametrize("key", ["last_message_status", "last_delivery_status"])
def test_each_failure_has_an_icon_of_its_own(key: str) -> None:
    icons = ICONS["sensor"][key]
    every = [icons["default"], *icons["state"].values()]
    assert len(set(every)) == len(every)
    assert set(icons["state"]) == {"none", *Status}
    # The events of a report look alike.
    reported = ICONS["event"]["delivery_report"]["state_attributes"]["event_type"]["state"]
    assert reported == {status: icons["state"][status] for status in Status}


def render(hass: HomeAssistant) -> str:
    """Return what the card of problems shows, in one line."""
    return " ".join(Template(MARKDOWN, hass).async_render(parse_result=False).split())


def create(hass: HomeAssistant, domain: str, issue_id: str, kind: Issue) -> None:
    """Create an issue with what its text names. A dialog of its own names more."""
    text = TRANSLATIONS["issues"][kind]
    named = re.findall(r"{(\w+)}", json.dumps(text["title"] if kind in GUIDED else text))
    ir.async_create_issue(
        hass,
        domain,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=kind,
        translation_placeholders=dict.fromkeys(named, "…"),
    )


# Tiles show these.
ON_TILES = (Issue.LOW_CREDIT, Issue.OPTED_OUT)


@pytest.mark.parametrize("issue", ON_TILES)
async def test_what_a_tile_shows_is_not_said_again(hass: HomeAssistant, issue: Issue) -> None:
    create(hass, DOMAIN, f"{issue}_{ENTRY}", issue)
    assert render(hass) == "[Open Repairs](/config/repairs)"


@pytest.mark.parametrize("issue", [each for each in Issue if each not in ON_TILES])
@pytest.mark.parametrize("suffix", ["", f"_{ENTRY}", f"_{ENTRY}_{RECIPIENT}"])
async def test_each_kind_of_issue_has_a_sentence(hass: HomeAssistant, issue: Issue, suffix: str) -> None:
    create(hass, DOMAIN, f"{issue}{suffix}", issue)
    shown = render(hass)
    assert re.search(
        r'<ha-alert alert-type="(?:error|warning)">[A-Z][^<_]+\.</ha-alert> \[Open Repairs\]\(/config/repairs\)$', shown
    )
    assert "See Repairs" not in shown
    assert issue not in shown


async def test_an_issue_names_its_account(hass: HomeAssistant) -> None:
    """Issues of others are not shown, nor those that somebody ignores."""
    entry = MockConfigEntry(domain=DOMAIN, title="TextingHouse")
    entry.add_to_hass(hass)
    for domain, issue_id in ((DOMAIN, f"budget_spent_{entry.entry_id}"), (DOMAIN, "new_kind"), ("other", "broken")):
        create(hass, domain, issue_id, Issue.BUDGET_SPENT)
    shown = render(hass)
    assert shown.count("<ha-alert") == 2
    assert "TextingHouse: The month’s budget is spent." in shown
    assert "See Repairs." in shown
    assert "broken" not in shown
    ir.async_ignore_issue(hass, DOMAIN, f"budget_spent_{entry.entry_id}", ignore=True)
    assert "TextingHouse" not in render(hass)


@pytest.mark.parametrize(
    ("entity_id", "state"),
    [
        *(("sensor.ben_last_message", status) for status in FAILURES),
        ("binary_sensor.anna_opted_out", "on"),
        ("binary_sensor.textinghouse_low_credit", "on"),
    ],
)
async def test_no_problems_is_said_only_if_there_are_none(hass: HomeAssistant, entity_id: str, state: str) -> None:
    assert render(hass) == "No problems"
    hass.states.async_set(entity_id, "delivered")
    assert render(hass) == "No problems"
    hass.states.async_set(entity_id, state)
    assert render(hass) == ""


@pytest.mark.parametrize("state", ["alerting", "exhausted", "acknowledged"])
async def test_an_open_alert_is_no_other_problem(hass: HomeAssistant, state: str) -> None:
    hass.states.async_set(ALERT, state)
    assert render(hass) == "No other problems"
    hass.states.async_set(ALERT, "idle")
    assert render(hass) == "No problems"


async def test_the_list_of_issues_is_read_again_each_minute(hass: HomeAssistant) -> None:
    """Home Assistant does not tell templates of issues, so the template asks for the time."""
    info = Template(MARKDOWN, hass).async_render_to_info()
    assert info.has_time
