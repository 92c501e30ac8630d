"""What the README and its neighbours say is true."""

import json
from pathlib import Path
import tomllib

from custom_components.texting.gateway.capabilities import Capability, MessageType
from scripts.capability_matrix import CAPABILITIES, README, TYPES, readme_with_table

ROOT = README.parent


def test_the_capability_table_is_current() -> None:
    text = README.read_text("utf-8")
    assert readme_with_table(text) == text, "run: python -m scripts.capability_matrix"


def test_the_capability_table_names_everything() -> None:
    assert set(CAPABILITIES) == set(Capability)
    assert set(TYPES) == set(MessageType)


def test_pictures_of_the_readme_are_there() -> None:
    text = README.read_text("utf-8")
    pictures = [part.split(")")[0] for part in text.split("![")[1:] for part in [part.split("](")[1]]]
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_versions_and_requirements_agree() -> None:
    manifest = json.loads((ROOT / "custom_components/texting/manifest.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert manifest["version"] == project["version"]
    assert manifest["requirements"] == project["dependencies"]


def test_hacs_asks_for_the_oldest_home_assistant_that_is_tested() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text("utf-8"))
    pinned = Path(ROOT / "requirements/minimum.txt").read_text("utf-8")
    assert f"homeassistant=={hacs['homeassistant']} " in pinned
