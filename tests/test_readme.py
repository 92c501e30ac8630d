"""Test that the README and the other documents are true."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import tomllib
from typing import Any

import pytest
import yaml

from custom_components.texting.condition import async_get_conditions
from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.capabilities import Capability, MessageType
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.trigger import async_get_triggers
from homeassistant.components.recorder import CONFIG_SCHEMA as RECORDER_SCHEMA
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util import slugify
from homeassistant.util.yaml import load_yaml_dict
from scripts.capability_matrix import (
    CAPABILITIES,
    PAGES,
    PROVIDERS,
    README,
    SUITS,
    TYPES,
    WHERE,
    page_of,
    page_with_list,
    providers_with_table,
    readme_with_choice,
    sends_to,
)

ROOT = README.parent
DOCS = ROOT / "docs"
COMPONENT = ROOT / "custom_components/texting"
TOLD = (README, *sorted(DOCS.rglob("*.md")))
TRANSLATIONS = json.loads((COMPONENT / "translations/en.json").read_text("utf-8"))
SERVICES = yaml.safe_load((COMPONENT / "services.yaml").read_text("utf-8"))
INFOS = [gateway.info for gateway in GATEWAYS.values()]


def test_the_tables_are_current() -> None:
    for path, current in ((README, readme_with_choice), (PROVIDERS, providers_with_table)):
        text = path.read_text("utf-8")
        assert current(text) == text, "run: python -m scripts.capability_matrix"


def test_the_table_of_the_readme_says_what_each_provider_does() -> None:
    """Its words fit ProviderInfo, whatever made them."""
    text = README.read_text("utf-8")
    for info in INFOS:
        row = next(line for line in text.splitlines() if line.startswith(f"| [{info.name}]"))
        _, _, countries, replies, reports, suits, _ = (cell.strip() for cell in row.split("|"))
        assert (countries == "most countries: see its price list") is (not info.calling_codes)
        assert (replies == "no") is not info.receives
        assert ("reaches your home" in replies) is (info.receives and info.uses_webhook)
        assert (reports == "yes") is info.reports
        assert suits == SUITS[info.provider]


def test_countries_are_named() -> None:
    (club,) = (info for info in INFOS if info.name == "Club Texting")
    assert club.calling_codes == ("1",)
    assert sends_to(club) == "the United States and Canada"


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=list(GATEWAYS))
def test_each_providers_page_is_current(gateway: type[Gateway]) -> None:
    text = page_of(gateway.info).read_text("utf-8")
    assert text.startswith(f"# {gateway.info.name}\n")
    assert page_with_list(text, gateway.info) == text, "run: python -m scripts.capability_matrix"


def test_there_are_no_other_pages_and_all_are_linked() -> None:
    pages = {page_of(gateway.info) for gateway in GATEWAYS.values()}
    assert set(PAGES.iterdir()) == pages
    for page in (README, PROVIDERS, DOCS / "README.md"):
        links = re.findall(r"\]\(((?:docs/)?providers/[^)]+)\)", page.read_text("utf-8"))
        assert {page.parent / link for link in links} == pages


def test_where_a_capability_is_offered_is_told_of_each() -> None:
    assert set(WHERE) == set(Capability)


def test_the_capability_table_names_everything() -> None:
    assert set(CAPABILITIES) == set(Capability)
    assert set(TYPES) == set(MessageType)


def test_actions_that_are_named_are_there() -> None:
    files = [COMPONENT / f"{kind}.yaml" for kind in ("services", "triggers", "conditions")]
    described = {name for path in files for name in yaml.safe_load(path.read_text("utf-8"))}
    for path in TOLD:
        named = set(re.findall(r"`texting\.(?!(?:db|zip)`)(\w+)`", path.read_text("utf-8")))
        assert named <= described, path.name


def test_each_action_each_entity_and_each_setting_is_told() -> None:
    actions = (DOCS / "actions.md").read_text("utf-8")
    assert [name for name in SERVICES if f"`texting.{name}`" not in actions] == []

    entities = (DOCS / "entities.md").read_text("utf-8")
    names = [entity["name"] for platform in TRANSLATIONS["entity"].values() for entity in platform.values()]
    assert [name for name in names if "{" not in name and f"*{name}*" not in entities] == []

    settings = (DOCS / "settings.md").read_text("utf-8")
    money = (DOCS / "money.md").read_text("utf-8")
    labels = _labels(TRANSLATIONS["options"]["step"]["settings"])
    assert [label for label in labels if label not in settings + money] == []
    told = re.findall(r"^\| ([^|]+) \|", settings.partition("| setting |")[2], re.MULTILINE)
    assert set(told) - {"---"} <= labels


def test_settings_and_dialogs_that_are_named_are_there() -> None:
    menu = set(TRANSLATIONS["selector"]["configure"]["options"].values())
    labels = menu | _labels(TRANSLATIONS["options"]["step"]["settings"])
    for path in TOLD:
        for way in re.findall(r"\*Configure > ([^*]+)\*", path.read_text("utf-8")):
            assert {" ".join(name.split()) for name in way.split(" > ")} <= labels, path.name


def test_it_is_found_by_searching_for_sms() -> None:
    name = json.loads((COMPONENT / "manifest.json").read_text("utf-8"))["name"]
    assert "sms" in name.lower()
    assert json.loads((ROOT / "hacs.json").read_text("utf-8"))["name"] == name
    assert README.read_text("utf-8").startswith(f"# {name}\n")
    for path in TOLD:
        ways = re.findall(r"Devices & services > Texting[^*,\n]*", path.read_text("utf-8"))
        assert all(way.endswith(f"> {name}") for way in ways), path.name


def test_messages_that_are_explained_are_shown() -> None:
    shown = json.dumps(TRANSLATIONS, ensure_ascii=False)
    shown += "".join(path.read_text("utf-8") for path in COMPONENT.rglob("*.py"))
    table = (DOCS / "troubleshooting.md").read_text("utf-8").partition("| --- | --- |\n")[2]
    rows = re.findall(r"^\| ([^|]+) \| ", table, re.MULTILINE)
    phrases = [phrase for row in rows for phrase in row.removesuffix(" (in the log)").split(", ")]
    assert len(rows) > 10
    assert [phrase for phrase in phrases if phrase not in shown] == []


def _labels(step: dict[str, Any]) -> set[str]:
    """Return the labels of a form's fields and sections, including the fields in sections."""
    labels = {*step["data"].values()}
    for section in step.get("sections", {}).values():
        labels |= {section["name"], *section["data"].values()}
    return labels


EXAMPLES = [
    (path.name, example)
    for path in TOLD
    for example in re.findall(r"^ *```yaml\n(.*?)^ *```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]
# The keys of an automation, of a single action, and of a script.
AUTOMATION = {"triggers", "conditions", "actions"}
ACTION = {"action", "target", "data"}
SCRIPT = {"sequence"}
# What the title of an account or the name of a recipient becomes in the IDs of its entities.
OURS = {slugify(info.name) for info in INFOS} | {"anna", "ben", "clara", "dev", "elena", "grace", "neighbor"}


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=[f"{page} {n}" for n, (page, _) in enumerate(EXAMPLES)])
async def test_examples_work(hass: HomeAssistant, page: str, example: str) -> None:
    content = yaml.safe_load(example)
    _check_entities(example)
    if "use_blueprint" in content:
        await _check_inputs(content["use_blueprint"])
    elif "recorder" in content:
        RECORDER_SCHEMA(content)
    elif AUTOMATION & content.keys():
        assert content.keys() <= AUTOMATION
        await _check_automation(hass, content)
    elif "action" in content:
        assert content.keys() <= ACTION
        await _check_automation(hass, {"actions": [content]})
    elif "sequence" in content:
        assert content.keys() == SCRIPT
        await _check_automation(hass, {"actions": content["sequence"]})
    else:
        assert "views" in content or "type" in content, f"{page}: neither an automation nor a card"


def _check_entities(example: str) -> None:
    """Check that the entities of our accounts and recipients have names that we give."""
    names = {
        slugify(entity["name"].replace(" {pool}", "")): platform
        for platform, entities in TRANSLATIONS["entity"].items()
        for entity in entities.values()
    }
    for platform, entity in re.findall(r"\b(sensor|binary_sensor|event|button)\.([a-z0-9_]+)", example):
        for owner in OURS:
            if entity.startswith(f"{owner}_"):
                kinds = [kind for name, kind in names.items() if entity.removeprefix(f"{owner}_").startswith(name)]
                assert platform in kinds, entity


async def _check_automation(hass: HomeAssistant, automation: dict[str, Any]) -> None:
    """Check that Home Assistant takes the automation, and that our actions have these fields."""
    cv.SCRIPT_SCHEMA(automation["actions"])
    await _check_ours(hass, automation)
    cv.CONDITIONS_SCHEMA(automation.get("conditions", []))
    cv.TRIGGER_SCHEMA(automation.get("triggers", []))
    for called in _called(automation):
        domain, _, name = called["action"].partition(".")
        given = called.get("data", {})
        if domain != "texting" or isinstance(given, str):  # a template makes the fields
            continue
        fields = dict(_fields(SERVICES[name].get("fields", {})))
        assert given.keys() <= fields.keys(), called["action"]
        needed = {name for name, field in fields.items() if field.get("required")}
        assert needed <= given.keys(), called["action"]


async def _check_ours(hass: HomeAssistant, automation: dict[str, Any]) -> None:
    """Check that our own triggers and conditions accept the options of the example."""
    for kind, known in (
        ("trigger", await async_get_triggers(hass)),
        ("condition", await async_get_conditions(hass)),
    ):
        for each in automation.get(f"{kind}s", []):
            domain, _, name = each[kind].partition(".") if isinstance(each, dict) else ("", "", "")
            if domain == "texting":
                known[name].schema({key: each[key] for key in ("target", "options") if key in each})


async def _check_inputs(used: dict[str, Any]) -> None:
    """Check that the blueprint exists, accepts these inputs and requires no others."""
    blueprint = load_yaml_dict(ROOT / "blueprints/automation" / used["path"])["blueprint"]
    assert used["input"].keys() <= blueprint["input"].keys()
    assert {name for name, field in blueprint["input"].items() if "default" not in field} <= used["input"].keys()


def _called(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all actions that an example calls, at any depth."""
    if isinstance(node, list):
        for each in node:
            yield from _called(each)
    elif isinstance(node, dict):
        if "action" in node:
            yield node
        for each in node.values():
            yield from _called(each)


def _fields(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an action, including those in sections."""
    for name, field in fields.items():
        if "fields" in field:
            yield from _fields(field["fields"])
        else:
            yield name, field


def test_pictures_are_shown() -> None:
    shown = {name for path in TOLD for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", path.read_text("utf-8"))}
    assert {Path(name).name for name in shown} == {
        path.name for path in DOCS.iterdir() if path.suffix in {".png", ".svg"}
    }


def test_blueprints_are_listed() -> None:
    listed = re.findall(r"\]\((blueprints/[^)]+)\)", README.read_text("utf-8"))
    assert sorted(ROOT / name for name in listed) == sorted((ROOT / "blueprints").rglob("*.yaml"))


def test_versions_and_requirements_agree() -> None:
    manifest = json.loads((ROOT / "custom_components/texting/manifest.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert manifest["version"] == project["version"]
    assert manifest["requirements"] == project["dependencies"]


def test_hacs_asks_for_the_oldest_home_assistant_that_is_tested() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text("utf-8"))
    pinned = Path(ROOT / "requirements/minimum.txt").read_text("utf-8")
    assert f"homeassistant=={hacs['homeassistant']} " in pinned
