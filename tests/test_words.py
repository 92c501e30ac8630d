"""One word for one thing, and plain words, in everything that people read."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re

from tests.support.home import TRANSLATIONS
from tests.support.texts import strings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components/texting"

# What people read besides the texts of the translations. "Gateway" is a class, which only developers read of.
READ = ("README.md", "SECURITY.md", "docs/*.md", "docs/providers/*.md", ".github/**/*.md", ".github/ISSUE_TEMPLATE/*")
READ_TOO = ("blueprints/**/*.yaml", "custom_components/texting/services.yaml")
FOR_DEVELOPERS = {"architecture.md", "adding_a_provider.md"}
FORMS = {"config", "config_subentries", "options", "exceptions", "issues"}
_VARIABLE = re.compile(r"\{\w+\}")
# Paths, names in code and the name of a test are no words.
_CODE = re.compile(r"`[^`]*`|\S*gateway[/_.]\S*")


def calls() -> Iterator[ast.Call]:
    for path in PACKAGE.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def read_by_people() -> Iterator[tuple[str, str]]:
    """Yield the place and the text of everything that people read."""
    yield from strings(TRANSLATIONS)
    for pattern in (*READ, *READ_TOO):
        for path in ROOT.glob(pattern):
            if path.name not in FOR_DEVELOPERS:
                yield str(path.relative_to(ROOT)), _CODE.sub("", path.read_text("utf-8"))
    for call in calls():
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "_LOGGER":
            yield ast.unparse(call), " ".join(str(part.value) for part in call.args if isinstance(part, ast.Constant))


def test_people_read_of_providers_never_of_gateways() -> None:
    places = list(read_by_people())
    assert {"README.md", "docs/sending.md"} <= {place for place, _ in places}
    assert [place for place, text in places if re.search(r"\bgateways?\b", text, re.IGNORECASE)] == []


def test_errors_and_forms_use_plain_words() -> None:
    """A segment is explained in the error, or in the form in which it is. Others are avoided."""
    places = {path: text for path, text in strings(TRANSLATIONS) if path.split(".")[0] in FORMS}
    words = re.compile(r"webhook|E\.164|entit(y|ies)|config entry|subentry|payload|MSISDN", re.IGNORECASE)
    told = {path: found.group() for path, text in places.items() if (found := words.search(_VARIABLE.sub("", text)))}
    assert told == {}
    segments = [path for path, text in places.items() if path.startswith("exceptions") and "segment" in text]
    assert [path for path in segments if "segments (" not in places[path]] == []
