"""The layers of the integration: a module imports only from its own layer and from lower ones."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import custom_components.texting as package

ROOT = Path(package.__file__).parent
# From the lowest to the highest layer. A folder includes all of its modules.
LAYERS = (
    ("gateway", "text"),
    ("delivery",),
    ("alerting",),
    (
        "const",
        "options",
        "recipients",
        "people",
        "translations",
        "error_messages",
        "outcomes",
        "targets",
        "issues",
        "country_names",
        "entries",
    ),
    ("inbound",),
    ("signals",),
    ("storage",),
    ("access", "automations", "contact_groups", "coordinator", "links", "open_questions", "permissions"),
    ("budget", "call_watch"),
    ("messenger", "receiver", "own_call"),
    ("account",),
    ("routing", "replies", "webhook", "assist"),
    ("opt_outs", "history", "history_view", "test_text"),
    ("alerts",),
    ("services",),
    ("flows", "config_flow"),
    ("entity",),
    ("alert_activity",),
    ("spending", "alert_entities"),
    ("alert_sensors", "alert_drill_sensor", "alert_trigger", "alert_condition"),
    (
        *("notify", "notify_legacy", "sensor", "binary_sensor", "event", "button", "switch"),
        *("trigger", "condition", "activity", "logbook", "diagnostics", "backup", "repairs"),
    ),
    ("__init__",),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
# The code that talks to providers and the code that delivers messages work without Home Assistant.
PURE = ("gateway", "text", "delivery", "alerting")
FRAMEWORK = {"homeassistant", "voluptuous", "custom_components", "tests"}
MODULES = sorted(ROOT.rglob("*.py"))


def layer_of(path: Path) -> str:
    """Return the name of the folder or module as LAYERS lists it."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of a module's imports. The name of our own package is shortened to "texting"."""
    package_parts = ("texting", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.ImportFrom):
            base = package_parts[: len(package_parts) - node.level + 1]
            if node.module:
                yield ".".join((*base, node.module))
            else:
                yield from (".".join((*base, alias.name)) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_runs_upward(path: Path) -> None:
    level = LEVELS[layer_of(path)]
    own = [name.split(".") for name in imports(path) if name.startswith("texting.")]
    upward = [".".join(name) for name in own if LEVELS[name[1]] > level]
    assert upward == []


def test_each_module_has_a_layer() -> None:
    assert {layer_of(path) for path in MODULES} == set(LEVELS)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if layer_of(path) in PURE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_lower_layers_know_nothing_of_home_assistant(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports(path)} & FRAMEWORK


@pytest.mark.parametrize("folder", ["gateway", "text"])
def test_ground_layers_import_only_themselves(folder: str) -> None:
    own = {name for path in MODULES if layer_of(path) == folder for name in imports(path)}
    assert {name.split(".")[1] for name in own if name.startswith("texting.")} == {folder}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400
