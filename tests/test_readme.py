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
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util.yaml import load_yaml_dict
from scripts.capability_matrix import (
    CAPABILITIES,
    PAGES,
    README,
    TYPES,
    WHERE,
    page_of,
    page_with_list,
    readme_with_table,
)

ROOT = README.parent
TWO_WAYS = ROOT / "docs/two_ways.md"
SENDING = ROOT / "docs/sending.md"
TOLD = (README, TWO_WAYS, SENDING, *sorted(PAGES.iterdir()))


def test_the_capability_table_is_current() -> None:
    text = README.read_text("utf-8")
    assert readme_with_table(text) == text, "run: python -m scripts.capability_matrix"


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=list(GATEWAYS))
def test_each_providers_page_is_current(gateway: type[Gateway]) -> None:
    text = page_of(gateway.info).read_text("utf-8")
    assert text.startswith(f"# {gateway.info.name}\n")
    assert page_with_list(text, gateway.info) == text, "run: python -m scripts.capability_matrix"


def test_there_are_no_other_pages_and_all_are_linked() -> None:
    pages = {page_of(gateway.info) for gateway in GATEWAYS.values()}
    assert set(PAGES.iterdir()) == pages
    links = re.findall(r"\]\((docs/providers/[^)]+)\)", README.read_text("utf-8"))
    assert {ROOT / link for link in links} == pages


def test_where_a_capability_is_offered_is_told_of_each() -> None:
    assert set(WHERE) == set(Capability)


def test_the_capability_table_names_everything() -> None:
    assert set(CAPABILITIES) == set(Capability)
    assert set(TYPES) == set(MessageType)


def test_actions_that_are_named_are_there() -> None:
    files = [ROOT / f"custom_components/texting/{kind}.yaml" for kind in ("services", "triggers", "conditions")]
    described = {name for path in files for name in yaml.safe_load(path.read_text("utf-8"))}
    for path in TOLD:
        named = set(re.findall(r"`texting\.(?!(?:db|zip)`)(\w+)`", path.read_text("utf-8")))
        assert named <= described, path.name


EXAMPLES = [
    (path.name, example)
    for path in TOLD
    for example in re.findall(r"^```yaml\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=[f"{page} {n}" for n, (page, _) in enumerate(EXAMPLES)])
async def test_examples_are_automations_whose_actions_are_there(hass: HomeAssistant, page: str, example: str) -> None:
    automation = yaml.safe_load(example)
    if "use_blueprint" in automation:
        await _check_inputs(automation["use_blueprint"])
        return
    assert automation.keys() <= {"triggers", "conditions", "actions"}
    cv.SCRIPT_SCHEMA(automation["actions"])
    await _check_ours(hass, automation)
    cv.CONDITIONS_SCHEMA(automation.get("conditions", []))
    cv.TRIGGER_SCHEMA(automation.get("triggers", []))
    described = yaml.safe_load((ROOT / "custom_components/texting/services.yaml").read_text("utf-8"))
    for called in _called(automation):
        domain, _, name = called["action"].partition(".")
        if domain != "texting":
            continue
        fields = dict(_fields(described[name].get("fields", {})))
        assert called.get("data", {}).keys() <= fields.keys(), called["action"]
        needed = {name for name, field in fields.items() if field.get("required")}
        assert needed <= called.get("data", {}).keys(), called["action"]


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


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_pictures_and_pages_are_there(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", path.read_text("utf-8"))
    assert links or path.parent == PAGES
    assert [link for link in links if not (path.parent / link).is_file()] == []


def test_pictures_are_shown() -> None:
    shown = {name for path in TOLD for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", path.read_text("utf-8"))}
    assert {Path(name).name for name in shown} == {path.name for path in (ROOT / "docs").glob("*.png")}


def test_blueprints_are_listed() -> None:
    listed = re.findall(r"\]\(\.\./(blueprints/[^)]+)\)", TWO_WAYS.read_text("utf-8"))
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
