"""What the gateways and the simulator may import."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import custom_components.texting.gateway as gateway_package
import tests.simulator as simulator_package

GATEWAY = Path(gateway_package.__file__).parent
SIMULATOR = Path(simulator_package.__file__).parent


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports by its full name, anywhere in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def climbs_out(path: Path, folder: Path) -> bool:
    """Return True if a file has a relative import from outside the folder."""
    depth = len(path.relative_to(folder).parts)
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.ImportFrom) and node.level > depth for node in nodes)


@pytest.mark.parametrize("path", modules(GATEWAY), ids=lambda path: str(path.relative_to(GATEWAY)))
def test_the_gateway_knows_nothing_of_home_assistant(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    assert not roots & {"homeassistant", "custom_components", "tests", "voluptuous"}
    assert not climbs_out(path, GATEWAY)


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
