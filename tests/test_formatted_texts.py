"""Every text, formatted as Home Assistant does it: by Python, and by the formatter of its frontend (ICU).

Here each text of a dialog, an issue or an exception gets the variables that it has, and each other text gets none. The
fixture `_given_variables` looks, in every test with a Home Assistant, at those that the code gives: a missing one fails
the test, and so does a surplus one of an issue or an exception. Home Assistant ignores surplus ones of dialogs.
"""

import ast
import json
import os
from pathlib import Path
import subprocess
from typing import Any

import pytest

from custom_components.texting.config_flow import TextingConfigFlow
from homeassistant.data_entry_flow import FlowResultType
from tests.support.home import TRANSLATIONS
from tests.support.texts import ALWAYS, GivenVariables, placeholders, strings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components/texting"
FOLDER = Path(os.environ.get("TEXTING_ENV", ROOT / ".env")) / "messages"
# The kinds of texts that get variables. The names of entities and devices are formatted by Python only.
FORMATTED = {"config", "config_subentries", "options", "issues", "exceptions"}
NAMES = {"entity", "device"}
# Nodes of ICU: a literal, and a variable.
SIMPLE = {0, 1}
TEXTS = dict(strings(TRANSLATIONS))


def kind_of(path: str) -> str:
    return path.split(".", maxsplit=1)[0]


def is_name(path: str) -> bool:
    """Return True if a text is the name of an entity or a device."""
    return kind_of(path) in NAMES and path.endswith(".name") and ".state_attributes." not in path


def given_to(path: str) -> set[str]:
    """Return the variables that a text gets."""
    if is_name(path):
        return names_given()
    return placeholders(TEXTS[path]) if kind_of(path) in FORMATTED else set()


def names_given() -> set[str]:
    """Return the variables that the code gives to names of entities and devices."""
    return {
        str(key.value)
        for file in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "self._attr_translation_placeholders"
        and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }


def formatted_by_icu(texts: list[tuple[str, dict[str, str]]]) -> list[tuple[list[str], list[int], str]]:
    """Return of each text the names of its variables, the kinds of its nodes and the result, or the error."""
    module = FOLDER / "node_modules/intl-messageformat/index.js"
    assert module.exists(), "Run scripts/setup: it installs the formatter"
    script = Path(__file__).parent / "support/format.mjs"
    ended = subprocess.run(  # noqa: S603  our own script
        [FOLDER / "node", script, module], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return [(list(found), list(kinds), result) for found, kinds, result in json.loads(ended.stdout)]


def test_every_text_is_formatted_alike_by_python_and_by_home_assistants_frontend() -> None:
    values = {path: {name: f"“{name}”" for name in given_to(path)} for path in TEXTS}
    results = formatted_by_icu([(text, values[path]) for path, text in TEXTS.items()])
    wrong = {}
    for (path, text), (found, _, result) in zip(TEXTS.items(), results, strict=True):
        try:
            expected = text.format(**values[path])
        except (KeyError, IndexError, ValueError) as err:
            expected = f"Python: {err!r}"
        # A name without the variable in it is formatted for an entity that gives it.
        if result != expected or not set(found) <= set(values[path]):
            wrong[path] = (result, expected)
    assert wrong == {}


def test_exceptions_and_names_have_only_plain_variables() -> None:
    paths = [path for path in TEXTS if kind_of(path) == "exceptions" or is_name(path)]
    results = formatted_by_icu([(TEXTS[path], dict.fromkeys(given_to(path), "x")) for path in paths])
    assert {path for path, (_, kinds, _) in zip(paths, results, strict=True) if not set(kinds) <= SIMPLE} == set()


def test_no_text_has_markup_or_straight_quotes_around_a_variable() -> None:
    assert [path for path, text in TEXTS.items() if "<" in text] == []
    near = [path for path, text in TEXTS.items() if any(quoted in text for quoted in ("'{", "}'", '"{', '}"'))]
    assert near == []


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("Wait {seconds}", True),
        ("Slots such as {name}, which", False),
        ("Wait {", False),
        ("The <b>text</b>", False),
        ("It's '{seconds}'", False),
        ("{seconds, plural, one {a} other {b}}", False),
    ],
)
def test_the_formatter_notices_what_home_assistant_refuses(text: str, works: bool) -> None:
    values = {"seconds": "3"}
    ((_, _, result),) = formatted_by_icu([(text, values)])
    try:
        expected = text.format(**values)
    except KeyError, IndexError, ValueError:
        expected = "refused"
    assert (result == expected) is works


def test_variables_that_are_missing_or_surplus_are_noticed() -> None:
    given = GivenVariables()
    given.see_issue("route_broken", {"route": "R"})
    given.see_exception("not_found", dict.fromkeys(ALWAYS, ""))
    given.see_exception("order_too_small", {"account": "A"})
    assert given.wrong == []
    given.see_issue("route_broken", None)
    given.see_issue("route_broken", {"route": "R", "more": ""})
    given.see_issue("nothing", None)
    given.see_exception("not_found", {"account": "A"})
    given.see_exception("not_found", dict.fromkeys({*ALWAYS, "more"}, ""))
    given.see_exception("order_too_small", {"account": "A", "detail": ""})
    assert given.wrong == [
        "issues.route_broken: missing ['route'], surplus []",
        "issues.route_broken: missing [], surplus ['more']",
        "issues.nothing: no such text",
        "exceptions.not_found.message: missing ['detail'], surplus []",
        "exceptions.not_found.message: missing [], surplus ['more']",
        "exceptions.order_too_small.message: missing [], surplus ['detail']",
    ]


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ({"step_id": "reauth_confirm", "description_placeholders": {"account": "A", "name": "A"}}, []),
        ({"step_id": "reauth_confirm"}, ["config.step.reauth_confirm.description: missing ['account'], surplus []"]),
        (
            {"step_id": "route", "errors": {"base": "cannot_connect"}},
            ["config.error.cannot_connect: missing ['host'], surplus []"],
        ),
        ({"step_id": "route", "errors": {"base": "nothing"}}, ["config.error.nothing: no such text"]),
        ({"type": FlowResultType.ABORT, "reason": "nothing"}, ["config.abort.nothing: no such text"]),
    ],
)
def test_dialogs_without_a_variable_or_a_text_are_noticed(shown: dict[str, Any], wrong: list[str]) -> None:
    given = GivenVariables()
    given.see_dialog(TextingConfigFlow(), {"type": FlowResultType.FORM, **shown})
    assert given.wrong == wrong


def test_every_kind_of_texts_is_known() -> None:
    """A new kind must be put where it belongs, with or without variables."""
    assert set(TRANSLATIONS) <= FORMATTED | NAMES | {"selector", "services", "triggers", "conditions", "common"}
