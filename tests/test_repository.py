"""Test that the repository's address is in one place, and that workflows and forms are safe and valid."""

from collections.abc import Iterator
import os
from pathlib import Path
import re
import sys
import tomllib
from typing import Any
from urllib.parse import quote, unquote

import pytest
import yaml

from custom_components.texting.gateway.providers import GATEWAYS
from scripts.repository_address import OWNED, address, replace_address, text_files

from .support.repository import ROOT, clone_repository, contents, copy_repository, run

GITHUB = ROOT / ".github"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in (GITHUB / "workflows").glob("*.yml")}
FORMS = {
    path.name: yaml.safe_load(path.read_text("utf-8"))
    for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml")
    if path.name != "config.yml"
}
JOBS = [(f"{name} {job}", content) for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()]
ADDRESS = address()
OWNER = ADDRESS.split("/", maxsplit=1)[0]

# Repositories of others that our files name, and why.
FOREIGN = {
    "actions/checkout": "workflows read the files with it",
    "actions/cache": "workflows keep downloaded packages with it",
    "hacs/action": "checks what HACS requires",
    "home-assistant/actions": "checks what Home Assistant requires",
}
# Other repositories that a page names.
LINKED = frozenset({"redstone99/hass-alert2"})


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_repository(tmp_path_factory.mktemp("original"))


@pytest.fixture
def clone(original: Path, tmp_path: Path) -> Path:
    return clone_repository(original, tmp_path / "clone")


# --- the address

REFERENCES = (
    re.compile(r"(?:github\.com[/:]|githubusercontent\.com/|api\.github\.com/repos/)([\w-]+/[\w.-]*[\w-])"),
    re.compile(r"\buses: ([\w-]+/[\w.-]+)[/@]"),
    re.compile(r"owner=([\w-]+)&repository=([\w.-]+)"),
)


def referenced(folder: Path) -> dict[str, list[str]]:
    """Return the repositories that the files name, each with the files that name it."""
    found: dict[str, list[str]] = {}
    for name, content in text_files(folder).items():
        for pattern in REFERENCES:
            for match in pattern.finditer(unquote(content)):
                found.setdefault("/".join(match.groups()), []).append(name)
    return found


def owners(folder: Path) -> set[str]:
    return {owner for name in OWNED for owner in re.findall(r"@[\w-]+", (folder / name).read_text("utf-8"))}


def test_there_is_one_address_and_the_others_are_known(original: Path) -> None:
    found = referenced(original)
    assert found.keys() == {ADDRESS, *FOREIGN, *LINKED}, found
    assert owners(original) == {f"@{OWNER}"}


def test_the_address_is_where_readers_and_programs_take_it_from(original: Path) -> None:
    where = set(referenced(original)[ADDRESS])
    assert {"pyproject.toml", "README.md", "docs/install.md", ".github/ISSUE_TEMPLATE/config.yml", OWNED[0]} <= where
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "blueprints").rglob("*.yaml")} <= where


def test_links_open_hacs_and_import_each_blueprint() -> None:
    owner, name = ADDRESS.split("/")
    site = "https://my.home-assistant.io/redirect"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"{site}/hacs_repository/?owner={owner}&repository={name}&category=integration\n" in readme
    assert f"{site}/config_flow_start/?domain=texting\n" in readme
    for badge in ("hacs_repository", "config_flow_start", "blueprint_import"):
        assert f"]: https://my.home-assistant.io/badges/{badge}.svg\n" in readme
    lines = readme.splitlines()
    for path in (ROOT / "blueprints").rglob("*.yaml"):
        source = f"https://github.com/{ADDRESS}/blob/main/{path.relative_to(ROOT)}"
        assert f"  source_url: {source}\n" in path.read_text("utf-8")
        assert f"[{path.stem}]: {site}/blueprint_import/?blueprint_url={quote(source, safe='')}" in lines
        (title,) = re.findall(rf"^\* \*\*\[([^]]+)\]\({path.relative_to(ROOT)}\)\*\* ", readme, re.MULTILINE)
        assert f"  [![Import {title}][import]][{path.stem}]" in lines


def test_the_script_replaces_the_address_everywhere_and_back(clone: Path) -> None:
    before = contents(clone)
    assert run(clone, "scripts/set_repository", ADDRESS).returncode == 0
    assert contents(clone) == before

    done = run(clone, "scripts/set_repository", "Somebody-1/home.texts")
    assert done.returncode == 0, done.stderr
    assert referenced(clone).keys() == {"Somebody-1/home.texts", *FOREIGN, *LINKED}
    assert owners(clone) == {"@Somebody-1"}
    left = [name for name, content in text_files(clone).items() if OWNER.lower() in unquote(content).lower()]
    assert left == []

    changed = contents(clone)
    assert run(clone, "scripts/set_repository", "Somebody-1/home.texts").returncode == 0
    assert contents(clone) == changed

    assert run(clone, "scripts/set_repository", ADDRESS).returncode == 0
    assert contents(clone) == before


@pytest.mark.parametrize("new", [f"{ADDRESS}-2", f"{OWNER}/x", f"x-{ADDRESS}", f"{OWNER}-x/{OWNER}", ADDRESS[:-1]])
def test_a_similar_address_is_told_apart(clone: Path, new: str) -> None:
    before = contents(clone)
    replace_address(clone, new)
    assert referenced(clone).keys() == {new, *FOREIGN, *LINKED}
    assert owners(clone) == {f"@{new.split('/', maxsplit=1)[0]}"}
    replace_address(clone, ADDRESS)
    assert contents(clone) == before


INVALID = ["", "texts", "a/b/c", "-a/b", "a-/b", "a/b.git", "a/b.", "a/b\n", f"https://github.com/{ADDRESS}"]


@pytest.mark.parametrize("new", INVALID)
def test_an_invalid_address_is_refused(original: Path, new: str) -> None:
    before = contents(original)
    with pytest.raises(ValueError, match="OWNER/NAME"):
        replace_address(original, new)
    assert contents(original) == before


def test_the_script_says_what_is_wrong(clone: Path) -> None:
    before = contents(clone)
    for arguments in ([], ["texts"]):
        done = run(clone, "scripts/set_repository", *arguments)
        assert done.returncode == 1
        assert "OWNER/NAME" in done.stderr
    assert contents(clone) == before


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("README.md", "https://github.com/{0}/issues"),
        ("README.md", "https%3A%2F%2Fgithub.com%2F{1}%2F{2}."),
        (".github/CODEOWNERS", "docs/ @{1}"),
    ],
)
def test_an_address_that_a_file_already_contains_is_refused(clone: Path, name: str, reference: str) -> None:
    new = "somebody/home"
    (clone / name).write_text(reference.format(new, *new.split("/")), "utf-8")
    before = contents(clone)
    with pytest.raises(ValueError, match=re.escape(name)):
        replace_address(clone, new)
    assert contents(clone) == before


# --- workflows

PINNED = re.compile(r"\s*(?:- )?uses: (\S+)@([0-9a-f]{40})  # (v?\d+\.\d+\.\d+|master)")


def test_everything_in_github_can_be_read() -> None:
    files = [*GITHUB.rglob("*.yml"), *GITHUB.rglob("*.yaml"), ROOT / ".pre-commit-config.yaml"]
    assert {path.name for path in files} >= {"test.yml", "validate.yml", "release.yml", "dependabot.yml", "config.yml"}
    for path in files:
        assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict), path.name


def used(node: Any) -> Iterator[str]:
    """Yield what `uses` names, at any depth."""
    if isinstance(node, list):
        for each in node:
            yield from used(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "uses":
                yield value
            else:
                yield from used(value)


def test_actions_are_pinned_by_commit_and_name_their_version() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for name, workflow in WORKFLOWS.items():
        lines = (GITHUB / "workflows" / name).read_text("utf-8").splitlines()
        pinned = [match for line in lines if (match := PINNED.fullmatch(line))]
        foreign = [each for each in used(workflow) if not each.startswith("./")]
        assert [f"{match[1]}@{match[2]}" for match in pinned] == foreign, name
        for match in pinned:
            pins.setdefault(match[1], set()).add((match[2], match[3]))
        for each in used(workflow):
            assert not each.startswith("./") or (ROOT / each).is_file()
    assert {"/".join(action.split("/")[:2]) for action in pins} == FOREIGN.keys()
    assert {action: len(versions) for action, versions in pins.items()} == dict.fromkeys(pins, 1)


def test_rights_are_the_least() -> None:
    assert {name: workflow["permissions"] for name, workflow in WORKFLOWS.items()} == {name: {} for name in WORKFLOWS}
    rights = {name: job.get("permissions") for name, job in JOBS}
    assert rights.pop("release.yml release") == {"contents": "write"}
    assert rights == {name: {"contents": "read"} for name in rights}


@pytest.mark.parametrize("job", [job for _, job in JOBS], ids=[name for name, _ in JOBS])
def test_a_job_ends_in_time_and_keeps_no_credentials(job: dict[str, Any]) -> None:
    if "steps" not in job:
        assert job["uses"].startswith("./")
        return
    assert 0 < job["timeout-minutes"] <= 30
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}
        assert "${{" not in step.get("run", ""), "pass values in env, so that a shell does not run them"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_scripts_that_a_workflow_runs_are_there(name: str) -> None:
    steps = [step for job in WORKFLOWS[name]["jobs"].values() for step in job.get("steps", [])]
    scripts = {script for step in steps for script in re.findall(r"\S*scripts/\w+", step.get("run", ""))}
    assert scripts or name == "validate.yml"
    for script in scripts:
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("name", ["test.yml", "validate.yml"])
def test_checks_run_on_each_change_each_week_and_on_request(name: str) -> None:
    when = WORKFLOWS[name][True]  # YAML reads the key `on` as true
    assert when["push"] == {"branches": ["main"]}
    assert {"pull_request", "workflow_dispatch"} <= when.keys()
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["schedule"][0]["cron"])
    assert WORKFLOWS[name]["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_tests_run_on_each_supported_home_assistant() -> None:
    versions = WORKFLOWS["test.yml"]["jobs"]["test"]["strategy"]["matrix"]["home_assistant"]
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert set(versions) == groups.keys() - {"tools", "demo", "foreign", "node"}
    assert all((ROOT / f"requirements/{version}.txt").is_file() for version in versions)


def test_workflows_run_all_that_continuous_integration_runs() -> None:
    ours = set(re.findall(r"^(scripts/.*)$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE))
    steps = [step for job in WORKFLOWS["test.yml"]["jobs"].values() for step in job["steps"]]
    assert ours == {step["run"].partition(" --only")[0] for step in steps if "run" in step}


# --- forms

# What a field may and must have, by its type.
FIELDS = {
    "markdown": ({"value"}, {"value"}),
    "textarea": ({"label", "description", "placeholder", "value", "render"}, {"label"}),
    "input": ({"label", "description", "placeholder", "value"}, {"label"}),
    "dropdown": ({"label", "description", "multiple", "options", "default"}, {"label", "options"}),
    "checkboxes": ({"label", "description", "options"}, {"label", "options"}),
}
PRIVATE = ("phone numbers", "texts", "tokens", "webhook addresses")


def test_there_are_three_forms_and_no_blank_issues() -> None:
    assert FORMS.keys() == {"bug.yml", "feature.yml", "provider.yml"}
    config = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE/config.yml").read_text("utf-8"))
    assert config["blank_issues_enabled"] is False
    assert all(link.keys() == {"name", "url", "about"} for link in config["contact_links"])


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_valid(name: str) -> None:
    form = FORMS[name]
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "title", "labels", "body"}
    for field in form["body"]:
        allowed, needed = FIELDS[field["type"]]
        assert needed <= field["attributes"].keys() <= allowed
        assert field.keys() <= {"type", "id", "attributes", "validations"}
        assert field.get("validations", {"required": True}) == {"required": True}
        assert ("id" in field) is (field["type"] != "markdown")
    fields = [field for field in form["body"] if "id" in field]
    assert all(re.fullmatch(r"[a-z_]+", field["id"]) for field in fields)
    for values in ([field["id"] for field in fields], [field["attributes"]["label"] for field in fields]):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_warns_first_and_asks_for_nothing_private(name: str) -> None:
    first, *fields = FORMS[name]["body"]
    assert first["type"] == "markdown"
    assert "Never paste" in first["attributes"]["value"]
    assert all(private in first["attributes"]["value"] for private in PRIVATE)
    for field in fields:
        asked = " ".join(str(field["attributes"].get(key, "")) for key in ("label", "description", "placeholder"))
        assert not re.search(r"\b(phone|numbers?|texts?|tokens?|passwords?|webhook)\b", asked, re.IGNORECASE), asked


@pytest.mark.parametrize("name", ["bug.yml", "provider.yml"])
def test_a_report_has_diagnostics_versions_and_the_provider(name: str) -> None:
    fields = {field["id"]: field for field in FORMS[name]["body"] if "id" in field}
    for needed in ("diagnostics", "texting_version", "home_assistant_version", "provider"):
        assert fields[needed]["validations"]["required"], needed
    assert "Download diagnostics" in fields["diagnostics"]["attributes"]["description"]
    providers = [gateway.info.name for gateway in GATEWAYS.values()]
    assert fields["provider"]["attributes"]["options"][:-1] == providers
    assert fields["private"]["attributes"]["options"][0]["required"]
    assert "log" in fields


@pytest.mark.parametrize("path", [".github/pull_request_template.md", "SECURITY.md"])
def test_other_templates_warn_too(path: str) -> None:
    warned = " ".join((ROOT / path).read_text("utf-8").split())
    assert all(private in warned for private in PRIVATE)


# --- hooks


def test_hooks_of_pre_commit_are_the_tools_and_arguments_of_lint() -> None:
    hooks = [
        hook
        for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
        for hook in repository["hooks"]
        if repository["repo"] == "local"
    ]
    lint = (ROOT / "scripts/lint").read_text("utf-8")
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "mypy"]
    for hook in hooks:
        assert hook["language"] == "system"
        tool, *arguments = hook["entry"].removeprefix(".env/newest/bin/").split()
        assert os.access(Path(sys.prefix) / "bin" / tool, os.X_OK)
        shared = [argument for argument in arguments if argument != "--force-exclude"]
        assert f'"$bin/{tool}" {" ".join(shared)}' in lint
