"""Who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import custom_components.texting.gateway as gateway_package
import tests.simulator as simulator_package

GATEWAY = Path(gateway_package.__file__).parent
TWO_WAY = GATEWAY.parent / "two_way"
SIMULATOR = Path(simulator_package.__file__).parent


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports by its full name, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def climbs_out(path: Path, folder: Path) -> bool:
    """Whether a file has a relative import of something outside the folder."""
    depth = len(path.relative_to(folder).parts)
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.ImportFrom) and node.level > depth for node in nodes)


@pytest.mark.parametrize("path", modules(GATEWAY), ids=lambda path: str(path.relative_to(GATEWAY)))
def test_the_gateway_knows_nothing_of_home_assistant(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    assert not roots & {"homeassistant", "custom_components", "tests", "voluptuous"}
    assert not climbs_out(path, GATEWAY)


@pytest.mark.parametrize("name", ["words", "pattern", "filter", "pages", "pin", "speakers", "legible"])
def test_what_a_text_means_has_nothing_to_do_with_home_assistant(name: str) -> None:
    path = TWO_WAY / f"{name}.py"
    assert not {root.partition(".")[0] for root in imported(path)} & {
        "homeassistant",
        "custom_components",
        "voluptuous",
    }
    assert not climbs_out(path, TWO_WAY)


@pytest.mark.parametrize("path", modules(GATEWAY), ids=lambda path: str(path.relative_to(GATEWAY)))
def test_only_the_transport_touches_aiohttp(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    assert ("aiohttp" in roots) is (path.name == "transport.py")
    assert not roots & {"requests", "urllib3", "httpx", "http"}


@pytest.mark.parametrize("path", modules(SIMULATOR), ids=lambda path: str(path.relative_to(SIMULATOR)))
def test_the_simulator_knows_nothing_of_the_integration(path: Path) -> None:
    names = set(imported(path))
    assert not {name.partition(".")[0] for name in names} & {"homeassistant", "custom_components"}
    assert not {name for name in names if name.startswith("tests") and not name.startswith("tests.simulator")}
    assert not climbs_out(path, SIMULATOR)
