"""Test that docs/coverage.md is true: each row has a source, and a test or a reason, and all that it names exists."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re

import yaml

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.services import alerts

TESTS = Path(__file__).parent
ROOT = TESTS.parent
COMPONENT = ROOT / "custom_components/texting"
COVERAGE = ROOT / "docs/coverage.md"
HEAD = ["| fact | source | where | test |", "| --- | --- | --- | --- |"]
SOURCES = {"document", "server code", "recorded", "assumed"}
NOT_OFFERED, NO_TEST = "not offered: ", "–"
# The minimum number of rows per provider. If you remove rows of a provider, lower its number here.
ROWS = {
    "TextingHouse": 55,
    "TextioPro": 100,
    "Club Texting and Group Texting": 95,
    "TheSMSPoint": 50,
    "Every provider": 4,
}
# Labels that come from Home Assistant itself.
HOME_ASSISTANTS = {"Configure", "Repairs"}
TEST = re.compile(r"`([\w/]+\.py)::(\w+)(?:\[([^`\]]+)\])?`")


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    heading: str
    part: str
    fact: str
    source: str
    where: str
    test: str

    @property
    def tests(self) -> list[tuple[str, str, str]]:
        """Return the file, name and case of each test."""
        return [(part[1], part[2], part[3] or "") for part in TEST.finditer(self.test)]


def read() -> Iterator[Row]:
    """Yield all rows. Fail if a table does not have the four columns."""
    heading, part, lines = "", "", COVERAGE.read_text("utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("## "):
            heading, part = line.removeprefix("## "), ""
        if line.startswith("### "):
            part = line.removeprefix("### ")
        if not line.startswith("|") or line in HEAD:
            continue
        assert before.startswith("|"), f"a table without a head: {line}"
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        assert len(cells) == 6, f"not four columns: {line}"
        assert cells[0] == cells[5] == ""
        yield Row(heading, part, *cells[1:5])


TABLE = list(read())
OFFERED = [row for row in TABLE if not row.where.startswith(NOT_OFFERED)]


@cache
def module(file: str) -> ast.Module:
    """Return the syntax tree of a test file."""
    return ast.parse((TESTS / file).read_text("utf-8"))


def functions(file: str) -> dict[str, list[str]]:
    """Return the top-level functions of a file with the names of their decorators."""
    return {
        node.name: [ast.unparse(each).partition("(")[0] for each in node.decorator_list]
        for node in module(file).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def cases(file: str) -> set[str]:
    """Return the IDs of the test cases that a file defines as pytest.param(…, id="this")."""
    keywords = (node for node in ast.walk(module(file)) if isinstance(node, ast.keyword) and node.arg == "id")
    return {node.value.value for node in keywords if isinstance(node.value, ast.Constant)}


def test_each_provider_has_its_rows() -> None:
    counts = {
        heading: sum(row.heading == heading for row in TABLE) for heading in dict.fromkeys(r.heading for r in TABLE)
    }
    assert counts.keys() == ROWS.keys()
    assert [heading for heading, count in counts.items() if count < ROWS[heading]] == []
    for gateway in GATEWAYS.values():
        assert any(gateway.info.name in heading for heading in counts), gateway.info.name
    assert len(GATEWAYS) == len(Provider)


def test_nothing_stands_twice() -> None:
    keys = [(row.heading, row.part, row.fact) for row in TABLE]
    assert [key for key in keys if keys.count(key) > 1] == []


def test_each_row_says_how_we_know() -> None:
    assert [row for row in TABLE if row.source not in SOURCES] == []
    assert {row.source for row in TABLE} == SOURCES


def test_each_row_has_a_test_or_a_reason() -> None:
    assert [row for row in TABLE if not (row.fact and row.where)] == []
    for row in TABLE:
        if row in OFFERED:
            assert row.test == ", ".join(match[0] for match in TEST.finditer(row.test)) != "", row
        else:
            assert row.test == NO_TEST, row
            assert len(row.where.removeprefix(NOT_OFFERED).split()) > 2, f"a reason: {row}"


def test_tests_that_are_named_are_there() -> None:
    for file, name, case in sorted({test for row in OFFERED for test in row.tests}):
        found = functions(file)
        assert name in found, f"{file} has no {name}"
        assert name.startswith("test_") or "checks" in found[name], f"{file}: {name} is no test"
        assert not case or case in cases(file), f"{file} has no case {case}"


def test_no_test_of_the_documents_is_left_out() -> None:
    named = {(file, name) for row in OFFERED for file, name, _ in row.tests}
    for path in (TESTS / "gateway").glob("test_documented_*.py"):
        file = str(path.relative_to(TESTS))
        assert {name for name in functions(file) if name.startswith("test_")} <= {n for f, n in named if f == file}


def test_actions_are_there() -> None:
    text = COVERAGE.read_text("utf-8")
    described = set(yaml.safe_load((COMPONENT / "services.yaml").read_text("utf-8")))
    # No provider has alerts.
    assert set(re.findall(r"`texting\.(\w+)`", text)) == described - {action.name for action in alerts.ACTIONS}


def test_names_on_screen_are_those_of_the_translations() -> None:
    names = set(_texts(json.loads((COMPONENT / "translations/en.json").read_text("utf-8"))))
    shown = {name for row in OFFERED for name in re.findall(r"\*([^*]+)\*", row.where)}
    pools = {f"Credit balance {pool}" for gateway in GATEWAYS.values() for pool in gateway.info.pools}
    assert shown - names - HOME_ASSISTANTS - pools == set()
    assert len(shown) > 20


def test_fields_are_those_of_actions() -> None:
    """Each name in `code` in the column "where" is a field of an action or of its response."""
    text = (COMPONENT / "services.yaml").read_text("utf-8")
    sources = text + "".join(path.read_text("utf-8") for path in COMPONENT.rglob("*.py"))
    fields = {name for row in OFFERED for name in re.findall(r"`([a-z_]+)`", row.where)}
    assert {name for name in fields if not re.search(rf"\b{name}\b", sources)} == set()


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for each in node.values():
            yield from _texts(each)
    elif isinstance(node, str):
        yield node
